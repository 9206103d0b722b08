"""Recordings under attack: values that are hostile to being replaced."""

import json
from datetime import date, timedelta
from unicodedata import normalize

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.http import Harmless
from jackfield.recording.forms import Forms
from jackfield.recording.masking import Masker
from jackfield_scim.harmless import harmless as scim_harmless

KEY = b"a key that only this test knows."
FORMS = Forms(KEY)
SCIM = Masker(FORMS, scim_harmless())
days = st.dates(date(1900, 1, 1), date(2040, 12, 31))


class TestForms:
    @pytest.mark.parametrize("secret", ["!!!!----$$$$----====1", "#1!", "p$w0rd!^", "----====1", "a1-.-.-.-"])
    def test_signs_that_are_no_separators_of_an_id_are_not_left_in_their_places(self, secret: str) -> None:
        assert FORMS.text(secret).replace(" ", "").isalpha()
        assert SCIM.string(f"{secret}", "note").replace(" ", "").isalpha()

    @pytest.mark.parametrize("name", ["password", "Password", "client_secret", "clientSecret", "passphrase", "new_pin"])
    def test_of_the_form_of_a_password_nothing_is_told(self, name: str) -> None:
        made = {
            SCIM.string(value, name) for value in ("ab1", "a-much-longer-1-than-that", "https://u:p@x.test/1", "[1]")
        }
        assert len(made) == 4 and all(each.replace(" ", "").isalpha() for each in made)

    @pytest.mark.parametrize("name", ["Schmidt-Leutheusser-Schnarrenberger", "finance-department-berlin-mitte"])
    def test_of_the_length_of_a_long_name_without_blanks_nothing_is_told(self, name: str) -> None:
        assert FORMS.text(name).isalpha() and len(FORMS.text(name)) == 20

    def test_what_is_long_and_no_words_keeps_the_form_of_an_id(self) -> None:
        assert len(FORMS.text("AbcDEfgHIjkLmNopQRstuV")) == 22

    def test_where_the_capitals_of_an_address_stand_is_not_told(self) -> None:
        made = FORMS.text("KATARZYNA@corp.test")
        assert made.partition("@")[0].isupper()
        mixed = [FORMS.text(f"{each}@corp.test").partition("@")[0] for each in ("McDonald", "MCdonald", "mcdonald")]
        assert len(set(mixed)) == 3 and len({each.lower() for each in mixed}) == 1
        at = [tuple(one.isupper() for one in each) for each in mixed[:2]]
        assert at[0] != (True, False, True, *[False] * 11) and at[1] != (True, True, *[False] * 12)

    def test_the_normal_forms_of_a_name_stay_those_of_one_name(self) -> None:
        composed, decomposed = (FORMS.text(normalize(form, "Zoë Å")) for form in ("NFC", "NFD"))
        assert composed != decomposed and normalize("NFC", decomposed) == composed

    @pytest.mark.parametrize("id", ["jsmith42", "550e8400-e29b-41d4-a716-446655440000", "a1", "ab12cd34ef"])
    def test_an_id_in_capitals_stays_the_same_id(self, id: str) -> None:
        assert FORMS.text(id.upper()) == FORMS.text(id).upper() != FORMS.text(id)

    def test_a_hexadecimal_id_in_capitals_stays_one(self) -> None:
        assert not {*FORMS.text("550E8400E29B41D4A716446655440000")} - {*"0123456789ABCDEF"}

    def test_the_name_of_a_header_is_no_vendors_nor_customers(self) -> None:
        names = (
            "X-RateLimit-Kowalczyk",
            "Kowalczyk-Request-Id",
            "X-Kowalczyk-RateLimit-Limit",
            "Kowalczyk-Retry-After",
        )
        assert [*SCIM.headers(dict.fromkeys(names, "1"))] == ["x-request-id"]
        assert SCIM.headers({"X-RateLimit-Remaining": "17", "RateLimit-Reset": "5"}) == {
            "x-ratelimit-remaining": "17",
            "ratelimit-reset": "5",
        }

    def test_a_table_by_address_keeps_every_row(self) -> None:
        table = dict.fromkeys(("a@corp.test", "a@Corp.test", "a@CORP.TEST", "A@corp.test", "Corp.test", "corp.test"), 1)
        assert len(SCIM.value(table)) == len(table)

    def test_what_follows_the_beginning_of_an_id_and_is_none_is_replaced_whole(self) -> None:
        known = Masker(FORMS, Harmless(prefixes=("g:",)))
        assert known.string("g:Marketing and 3 others", "").removeprefix("g:").replace(" ", "").isalpha()
        assert len(known.string("g:ab12-9", "")) == 8


class TestDays:
    @given(days)
    def test_a_day_alone_is_not_where_the_shift_of_times_leads(self, day: date) -> None:
        made = date.fromisoformat(FORMS.text(day.isoformat()))
        if day < date(2011, 1, 1):
            assert made < date(2010, 1, 3)
        else:
            assert timedelta() < day - made < timedelta(days=2 * 364)
        assert FORMS.text(f"{day}T00:00:00Z") == f"{made}T00:00:00Z"

    def test_days_do_not_all_move_alike_and_no_two_become_one(self) -> None:
        some = [date(1899, 1, 1) + timedelta(days=each) for each in range(0, 55_000, 7)]
        made = [date.fromisoformat(FORMS.text(each.isoformat())) for each in some]
        assert len(set(made)) == len(some)
        assert sum(before - after == -FORMS.shift for before, after in zip(some, made, strict=True)) < 200

    def test_times_of_accounts_still_move_together(self) -> None:
        first, second = (FORMS.text(f"2024-03-0{each}T10:11:12Z") for each in (1, 9))
        assert date.fromisoformat(second[:10]) - date.fromisoformat(first[:10]) == timedelta(days=8)
        assert FORMS.text("1971-03-05T10:11:12Z")[:10] == FORMS.text("1971-03-05")


class TestExpressions:
    def test_a_filter_keeps_its_form_and_its_value_is_the_one_of_the_answers(self) -> None:
        address = SCIM.string("o'neil+x@corp.test", "userName")
        assert SCIM.string('userName eq "o\'neil+x@corp.test"', "filter") == f'userName eq "{address}"'
        path = SCIM.string('members[value eq "48151623"]', "path")
        assert path == f'members[value eq "{SCIM.string("48151623", "value")}"]'
        odd = SCIM.string('displayName eq "Zo\\u00eb \\"B\\""', "filter")
        assert json.loads(odd.removeprefix("displayName eq ")) == SCIM.string('Zoë "B"', "displayName")

    @pytest.mark.parametrize(
        "text",
        [
            'userName eq "a" Kowalczyk',
            'Kowalczyk eq "a"',
            'urn:kowalczyk:User:userName eq "a"',
            'userName eq "Kowalczyk',
            'userName eq "Kowalczyk" "',
            '"Kowalczyk" eq "active"',
            'active.kowalczyk eq "a"',
            '"' * 50_000 + "Kowalczyk",
            '"\\q Kowalczyk"',
        ],
    )
    @pytest.mark.parametrize("field", ["filter", "path", "type", "note"])
    def test_what_is_not_known_in_an_expression_is_replaced(self, text: str, field: str) -> None:
        assert "kowalczyk" not in SCIM.string(text, field).lower()

    def test_the_way_to_an_attribute_is_no_value(self) -> None:
        enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
        for path in (f"{enterprise}:department", f"{enterprise}:manager.value", "name.familyName", "title"):
            assert SCIM.string(path, "path") == path
            assert SCIM.name(path) == path
            assert SCIM.string(path, "value") != path
        for path in (
            f"{enterprise}:kowalczyk",
            "urn:kowalczyk:department",
            "name.kowalczyk",
            "kowalczyk.name",
            "name.",
        ):
            assert "kowalczyk" not in SCIM.string(path, "path") + SCIM.name(path)

    def test_marks_without_end_take_no_longer_than_their_number(self) -> None:
        assert len(FORMS.text("\u0301\u0323" * 500_000)) < 50

    def test_a_word_of_the_protocol_in_quotes_is_a_value(self) -> None:
        assert SCIM.string('userName eq "active"', "filter") == f'userName eq "{SCIM.string("active", "userName")}"'
        assert "active" not in SCIM.string('userName eq "active"', "filter")

    def test_an_entity_tag_is_the_same_in_a_header_and_in_the_resource(self) -> None:
        tag = 'W/"Kowalczyk-1"'
        assert SCIM.headers({"ETag": tag})["etag"] == SCIM.value({"version": tag})["version"]
        assert "owalczyk" not in msgspec.json.encode(SCIM.headers({"If-Match": tag})).decode()
