"""What a recording may show: replacements of the same form, the same for the same, and of an original nothing."""

import gzip
import json
import os
import stat
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import pytest
from aiohttp import web
from hypothesis import assume, given
from hypothesis import strategies as st

from jackfield.clock import SystemClock
from jackfield.config import Secret
from jackfield.errors import BadConfig, Transient
from jackfield.http import ApiKey, Harmless, fields_of
from jackfield.log import NoLog
from jackfield.recording import Exchange, Recording, open_recording, read_recording
from jackfield.recording.forms import Forms
from jackfield.recording.masking import Masker

from .loopback import asynchronous, session, web_server

FORMS = Forms(b"k" * 32)
KNOWN = Harmless(
    fields=frozenset(["id", "name", "email", "status", "users", "next", "message", "note", "count", "tags"]),
    words={"status": frozenset(["active", "suspended"]), "tags": frozenset(["active"])},
    numbers=frozenset(["count"]),
    times=frozenset(["created"]),
    paths=("users", "users/{}", "token"),
    prefixes=("usr:",),
)
MASKER = Masker(FORMS, KNOWN)
PERSON, ADDRESS, ID, WORD = "Wilhelmina Ångström", "Wil.Helm@Corp-Secret.test", "usr:ZX81a-77", "hunter2-battery"

texts = st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_:.@/%+=-]{1,40}", fullmatch=True) | st.emails()
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def letters(text: str) -> list[str]:
    return ["9" if one.isdecimal() else "a" if one.islower() else "A" if one.isupper() else one for one in text]


class TestForms:
    @given(texts)
    def test_a_text_becomes_another_and_always_the_same(self, text: str) -> None:
        made = FORMS.text(text)
        assert made == FORMS.text(text) == Forms(b"k" * 32).text(text)
        if text.strip() and text not in "0123456789":
            assert made != text
            assert made != Forms(b"l" * 32).text(text) or len(text) < 6
        made.encode()

    @given(texts, texts)
    def test_two_texts_stay_two(self, one: str, other: str) -> None:
        same = one.lower() == other.lower() or one.rpartition("@")[2].lower() == other.rpartition("@")[2].lower()
        if one != other and not same:
            assert FORMS.text(one) != FORMS.text(other)

    @given(st.from_regex(r"[A-Za-z0-9_-]{0,20}[0-9][A-Za-z0-9_-]{0,20}", fullmatch=True))
    def test_an_id_keeps_its_length_its_kinds_of_characters_and_what_separates_them(self, id: str) -> None:
        assume(2 * sum(map(str.isalnum, id)) >= len(id))  # with more signs than letters it is no id
        made = FORMS.id(id)
        assert len(made) == len(id)
        assert set(letters(made)) == set(letters(id))
        assert [one for one in made if not one.isalnum()] == [one for one in id if not one.isalnum()]

    def test_every_short_id_has_an_id_of_its_own(self) -> None:
        ids = [f"{first}{second}{third}" for first in "abcdef" for second in "0123456789" for third in "xyz"]
        made = {FORMS.text(each) for each in ids}
        assert len(made) == len(ids)
        assert all(FORMS.text(each) != each for each in ids)
        numbers = {FORMS.number(each) for each in range(10, 1000)}
        assert numbers == set(range(10, 1000))
        assert all(FORMS.number(each) != each for each in numbers)
        assert all(FORMS.text(str(each)) == str(FORMS.number(each)) for each in range(2000))

    @given(st.emails())
    def test_an_address_stays_one_in_any_case(self, address: str) -> None:
        made = FORMS.text(address)
        local, _, host = made.rpartition("@")
        assert local.isalpha() and host.endswith(".example")
        assert FORMS.text(address.lower()) == FORMS.text(address).lower()

    def test_a_host_alone_is_that_of_its_addresses(self) -> None:
        assert FORMS.text("jane@corp.test").endswith("@" + FORMS.text("Corp.Test"))

    def test_times_move_by_the_same_whole_weeks_and_keep_the_hour(self) -> None:
        assert FORMS.text("2024-02-29T13:14:15.5Z")[10:] == "T13:14:15.5Z"
        assert FORMS.shift.days % 7 == 0 and FORMS.shift.days < 0
        at = 1_700_000_000
        assert (
            FORMS.moment(at * 1000) - at * 1000 == (FORMS.moment(at) - at) * 1000 == FORMS.shift.total_seconds() * 1000
        )
        assert "2024" not in Forms(b"l" * 32).text("0001-01-01")  # before which there is nothing

    def test_what_only_looks_like_a_time_is_replaced_whole(self) -> None:
        assert "88:77" not in FORMS.text("2024-01-01T88:77Z")

    def test_a_token_of_a_megabyte_keeps_its_length(self) -> None:
        token = "aB3" * 400_000
        assert len(FORMS.text(token)) == len(token) and FORMS.text(token) != token
        assert len(FORMS.text("7" * 100_000)) == 100_000

    @pytest.mark.parametrize("name", ["jane", "Jane", "JANE", "Jane Roe", "Łukasz", "田中", "o'neil", "Jean-Luc"])
    def test_a_name_stays_a_name(self, name: str) -> None:
        made = FORMS.text(name)
        assert made.replace(" ", "").isalpha()
        assert made.isascii() == name.isascii()
        assert made[0].isupper() == name[0].isupper() or not name.isascii()
        assert len(made.split()) == len(name.split())
        assert FORMS.text("Jane").lower() == FORMS.text("jane") == FORMS.text("JANE").lower()


class TestMasking:
    @given(values)
    def test_of_hostile_json_no_text_is_left(self, value: Any) -> None:
        def plain(each: Any, name: str = "") -> Any:
            if isinstance(each, dict):
                return [plain(item, key) for key, item in each.items()] + [("key", key) for key in each]
            return [plain(item, name) for item in each] if isinstance(each, list) else (name, each)

        made = MASKER.body(msgspec.json.encode(value), "application/json")
        shown = msgspec.json.encode(made).decode()
        for text in leaves(value):
            if len(text) >= 8 and text.lower() not in KNOWN.fields and text not in ("active", "suspended"):
                assert json.dumps(text, ensure_ascii=False)[1:-1] not in shown

    @given(
        st.binary(max_size=200),
        st.sampled_from(["", "application/json", "text/html", "application/x-www-form-urlencoded"]),
    )
    def test_whatever_bytes_a_body_has_it_can_be_recorded(self, content: bytes, media: str) -> None:
        msgspec.json.encode(MASKER.body(content, media))

    @given(st.text(max_size=80))
    def test_whatever_an_address_is_it_can_be_recorded(self, text: str) -> None:
        MASKER.place(text)
        MASKER.place(f"https://corp.test/{text}?{text}")
        MASKER.value({"next": f"https://{text}"})

    def test_a_name_that_is_also_a_tag_is_replaced(self) -> None:
        made = MASKER.value({"status": "active", "name": "active", "tags": ["active", "Wil"], "users": {"active": 1}})
        assert made["status"] == "active" and made["name"] != "active"
        assert made["tags"][0] == "active" and made["tags"][1] != "Wil"
        assert "active" not in made["users"]

    def test_numbers_that_may_be_ids_are_replaced_and_the_same_as_text_and_in_an_address(self) -> None:
        made = MASKER.value({"id": 48151623, "count": 48151623, "note": "48151623", "other": [12.75, -42, 7, True]})
        assert made["count"] == 48151623 and made["id"] != 48151623 and made["note"] == str(made["id"])
        assert MASKER.place("https://corp.test/users/48151623").path == f"/users/{made['id']}"
        assert ("count", "250") in MASKER.place("https://corp.test/users?count=250").query
        (other,) = (value for key, value in made.items() if key not in ("id", "count", "note"))
        assert other[0] != 12.75 and other[1] != -42 and other[2:] == [7, True]

    def test_an_address_is_the_same_wherever_it_stands(self) -> None:
        made = MASKER.value(
            {"email": ADDRESS, "users": {ADDRESS: 1}, "next": f"https://corp.test/users/{quote(ADDRESS)}"}
        )
        assert [*made["users"]] == [made["email"]]
        assert made["next"].endswith("/users/" + quote(made["email"], safe=""))
        inner = MASKER.value({"note": json.dumps({"email": ADDRESS})})
        assert json.loads(inner["note"])["email"] == made["email"]

    def test_only_the_end_of_a_path_is_taken_for_a_route(self) -> None:
        place = MASKER.place("https://corp.test:8443/tenant-42/users/users?email=a%40b.test&Wil=1")
        assert place.path == "/users/" + FORMS.text("users")
        assert "tenant" not in place.prefix and place.prefix.count("/") == 1
        assert [name for name, _ in place.query] == ["email", FORMS.text("Wil")]
        assert "42" not in MASKER.place("https://corp.test/v42/unknown").path

    def test_fields_and_words_of_types_are_found(self) -> None:
        from typing import Literal

        class Inner(msgspec.Struct, rename="camel"):
            given_name: str

        class Outer(msgspec.Struct, tag_field="kind", tag="outer"):
            inner: list[Inner] | None
            state: Literal["on", "off"] | None = None
            table: dict[str, Inner] = {}

        found = fields_of(Outer)
        assert found.fields == {"kind", "inner", "givenName", "state", "table"}
        assert found.words == {"kind": {"outer"}, "state": {"on", "off"}}


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for key, each in value.items() for text in (key, *leaves(each))]
    if isinstance(value, list):
        return [text for each in value for text in leaves(each)]
    return [value] if isinstance(value, str) else []


HOSTILE: dict[str, tuple[Any, str]] = {
    "keys": ({ADDRESS: {PERSON: ID}, "Wilhelmina": 1}, "application/json"),
    "an error that quotes": ({"message": f"{ADDRESS} is unknown, ask {PERSON} ({ID})"}, "application/json"),
    "json in a string": ({"note": json.dumps({"a": [ADDRESS, {"b": PERSON}]})}, "application/json"),
    "base64 in a string": ({"note": b64encode(f"{ADDRESS} {PERSON}".encode()).decode()}, "application/json"),
    "escapes": (
        '{"name":"Wilhelmina \\u00c5ngstr\\u00f6m","email":"Wil.Helm\\u0040Corp-Secret.test"}',
        "application/json",
    ),
    "decomposed": ({"name": "Wilhelmina A\u030angstro\u0308m", "note": PERSON.upper()}, "application/json"),
    "a part of json": (f'{{"email":"{ADDRESS}","na', "application/json"),
    "two keys": (f'{{"name":"{PERSON}","name":"x"}}', "application/json"),
    "html": (f"<p>{PERSON} &lt;{ADDRESS}&gt;</p>", "text/html"),
    "media type": ({"id": ID}, f"application/json; profile={ADDRESS}; charset={WORD}"),
    "no type": (f"{PERSON},{ADDRESS}", WORD),
    "form": (urlencode({"grant_type": "password", "username": ADDRESS, "password": WORD, PERSON: ID}), "text/plain"),
}


def traces(content: str) -> list[str]:
    """What of the person is in *content*, in any form that comes to mind."""
    plain = content.casefold()
    words = ("wilhelmina", "ngstr", "wil.helm", "helm@", "corp-secret", "zx81", "hunter2", "battery")
    coded = [b64encode(bytes(shift) + each.encode()).decode()[4:-4] for shift in range(3) for each in (ADDRESS, PERSON)]
    return [each for each in (*words, *(each.casefold() for each in coded)) if each in plain]


async def recorded(file: Path, answer: web.Response, **request: Any) -> tuple[list[Exchange], str]:
    """What a recording holds of one request that is answered so."""

    async def handler(_: web.Request) -> web.Response:
        return answer

    with open_recording(file, SystemClock(), NoLog()) as recording:
        async with (
            web_server(handler) as base,
            session(between=recording.of("acme-of-wilhelmina", "tiny", KNOWN)) as http,
        ):
            given = {"method": "GET", "path": "/users", **request}
            url = base + given.pop("path")
            await http.request(given.pop("method"), url, **given)
    return list(read_recording(file).exchanges), file.read_text()


class TestAttacks:
    @pytest.mark.parametrize("where", ["answer", "request"])
    @pytest.mark.parametrize("name", HOSTILE)
    @asynchronous
    async def test_nothing_of_a_body_is_left(self, tmp_path: Path, name: str, where: str) -> None:
        value, media = HOSTILE[name]
        body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
        answer = web.Response(body=body if where == "answer" else b"{}", headers={"Content-Type": media})
        asked = {"method": "POST", "body": body, "headers": {"Content-Type": media}} if where == "request" else {}
        exchanges, content = await recorded(tmp_path / "rec", answer, **asked)
        assert len(exchanges) == 1
        assert traces(content) == []

    @asynchronous
    async def test_a_packed_answer_is_read_and_a_packed_request_left_out(self, tmp_path: Path) -> None:
        packed = gzip.compress(json.dumps({"email": ADDRESS, "status": "active"}).encode())
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        exchanges, content = await recorded(
            tmp_path / "rec", web.Response(body=packed, headers=headers), method="POST", body=packed, headers=headers
        )
        assert exchanges[0].answer is not None and exchanges[0].answer.body.value["status"] == "active"
        assert exchanges[0].body.kind == "broken"
        assert traces(content) == []

    @asynchronous
    async def test_of_headers_only_what_tells_how_to_go_on_is_left(self, tmp_path: Path) -> None:
        link = f'<https://corp-secret.test/users?email={quote(ADDRESS)}&count=2>; rel="next"; title="{WORD}"'
        headers = {
            "Set-Cookie": f"session={WORD}; Domain=corp-secret.test",
            "X-Request-Id": "hunter2-battery-ZX81",
            "X-User": ADDRESS,
            "WWW-Authenticate": f'Bearer realm="{ADDRESS}"',
            "Location": f"/users/{quote(ADDRESS)}",
            "ETag": f'W/"{WORD}"',
            "Link": link,
            "Retry-After": "12",
            "X-RateLimit-Remaining": "17",
            "X-RateLimit-User": ADDRESS,
            "Content-Type": "application/json",
        }
        exchanges, content = await recorded(
            tmp_path / "rec",
            web.Response(body=b"{}", headers=headers),
            headers={"Authorization": f"Bearer {WORD}", "Cookie": WORD, "X-Select-User": ID, "If-Match": f'"{WORD}"'},
        )
        assert traces(content) == []
        assert exchanges[0].answer is not None
        shown = exchanges[0].answer.headers
        assert set(shown) == {
            *("x-request-id", "location", "etag", "link", "retry-after", "x-ratelimit-remaining", "content-type")
        }
        assert exchanges[0].headers["if-match"] == shown["etag"].removeprefix("W/")
        assert shown["link"].endswith('&count=2>; rel="next"') or "count=" in shown["link"]

    @asynchronous
    async def test_nothing_of_an_address_is_left_nor_of_a_key_in_it(self, tmp_path: Path) -> None:
        key = ApiKey(secret=Secret(WORD), parameter="api_key")
        path = f"/{quote(PERSON)}/users/{quote(ID)}?email={quote(ADDRESS)}&{quote(PERSON)}=1"
        exchanges, content = await recorded(tmp_path / "rec", web.Response(text="{}"), path=path, auth=key)
        assert traces(content) == []
        assert exchanges[0].path.startswith("/users/usr%3A") and exchanges[0].query[-1][1] is None

    def test_what_was_said_of_nothing_leaves_nothing_but_signing_in(self, tmp_path: Path) -> None:
        bare = Masker(FORMS, Harmless())
        made = msgspec.json.encode(bare.value({"userLogin": "wil", "access_token": WORD, "expires_in": 3600})).decode()
        assert "userLogin" not in made and "wil" not in made and '"expires_in":3600' in made and traces(made) == []


class TestWriting:
    @asynchronous
    async def test_what_failed_is_told_by_its_class(self, tmp_path: Path) -> None:
        with open_recording(tmp_path / "rec", SystemClock(), NoLog()) as recording:
            async with session(between=recording.of("acme", "tiny", KNOWN)) as http:
                with pytest.raises(Transient):
                    await http.request("GET", "http://127.0.0.1:1/users")
        (one,) = read_recording(tmp_path / "rec").exchanges
        assert one.failed == "Transient" and one.answer is None

    @asynchronous
    async def test_a_file_that_cannot_be_written_fails_no_request(self, tmp_path: Path) -> None:
        full = os.open("/dev/full", os.O_WRONLY)
        file = os.open(tmp_path / "rec", os.O_RDWR | os.O_CREAT)
        recording = Recording(file, SystemClock(), NoLog())
        os.dup2(full, file)

        async def handler(_: web.Request) -> web.Response:
            return web.Response(text="{}")

        async with web_server(handler) as base, session(between=recording.of("acme", "tiny", KNOWN)) as http:
            for _ in range(2):
                assert (await http.request("GET", f"{base}/users")).status == 200
        assert recording.written == 0
        os.close(full)
        os.close(file)

    def test_it_is_for_its_owner_and_nothing_is_written_over(self, tmp_path: Path) -> None:
        with open_recording(tmp_path / "rec", SystemClock(), NoLog()):
            assert stat.S_IMODE((tmp_path / "rec").stat().st_mode) == 0o600
        with pytest.raises(BadConfig, match="there already"), open_recording(tmp_path / "rec", SystemClock(), NoLog()):
            pass

    @asynchronous
    async def test_what_was_cut_off_is_read_up_to_there(self, tmp_path: Path) -> None:
        await recorded(tmp_path / "rec", web.Response(text="{}"))
        whole = (tmp_path / "rec").read_bytes()
        (tmp_path / "cut").write_bytes(whole + whole.splitlines()[1][:-9])
        found = read_recording(tmp_path / "cut")
        assert len(found.exchanges) == 1 and not found.whole and read_recording(tmp_path / "rec").whole

    @pytest.mark.parametrize("content", [b"", b"{}\n", b'{"jackfield_recording":9,"version":""}\n', b"\xff\n", b"[]"])
    def test_what_is_none_is_told(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "rec").write_bytes(content)
        with pytest.raises(BadConfig):
            read_recording(tmp_path / "rec")
        (tmp_path / "rec").write_bytes(b'{"jackfield_recording":1,"version":"0"}\n{"number":1}\n')
        with pytest.raises(BadConfig, match="line 2"):
            read_recording(tmp_path / "rec")
        with pytest.raises(BadConfig):
            read_recording(tmp_path / "nowhere")
