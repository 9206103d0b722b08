"""What ``jackfield diff`` tells people: who came, left, was disabled or enabled, and what access came and went."""

import csv
import io
from pathlib import Path

import pytest

from jackfield_contracts import AccountStatus

from .imaginary import Line


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    made = Line(tmp_path, monkeypatch, capsys)
    made.world.groups = {"g1": {"u1", "u2", "u3"}, "g2": {"u3"}, "g3": {"u4"}, "g4": set()}
    made.world.names |= {"g3": "Legal", "g4": "Legal"}
    made.world.users |= {"u5": "Twin", "u6": "Twin"}
    made.published()
    return made


def words(text: str) -> list[list[str]]:
    return [row.split() for row in text.splitlines()[1:]]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_people_of_one_name_are_told_apart_by_their_address(line: Line):
    del line.world.users["u6"]
    line.published()
    ran = line.run("diff", "acme")
    assert words(ran.out) == [["left", "person", "Twin", "u6@example.com"]]
    (one,) = rows(line.run("diff", "acme", "--output", "csv").out)
    assert (one["event"], one["login"], one["email"]) == ("left", "u6", "u6@example.com")
    assert line.run("diff", "acme", "--output", "json").json()["removed"][0]["event"] == "left"


def test_a_login_is_no_address_and_stands_beside_the_name(line: Line):
    line.world.without_address |= {"u6", "u7"}
    line.world.users["u7"] = "u7"
    line.published()
    del line.world.users["u6"], line.world.users["u7"]
    line.world.groups["g2"] = {"u8"}
    line.world.without_address.add("u8")
    line.published()
    told = words(line.run("diff", "acme", "--columns", "change,kind,name,e-mail").out)
    assert told[:2] == [["left", "person", "Twin", "(u6)"], ["left", "person", "u7"]]
    assert ["added", "grant", "Person", "8", "(u8)"] in told


def test_groups_of_one_name_are_told_apart_by_their_id(line: Line):
    line.world.groups["g4"] = {"u1"}
    line.published()
    ran = line.run("diff", "acme")
    assert "Legal (group:g4)" in ran.out
    assert "u1@example.com" in ran.out
    (one,) = line.run("diff", "acme", "--output", "json").json()["added"]
    names = "principal_name", "principal_email", "principal_login", "resource_name", "entitlement_name"
    assert [one[key] for key in names] == ["Person 1", "u1@example.com", "u1", "Legal", "Member"]


def test_what_those_who_left_had_is_summed_up(line: Line):
    del line.world.users["u3"]
    line.world.groups = {"g1": {"u2"}, "g2": set(), "g3": {"u4"}, "g4": set()}
    line.published()
    ran = line.run("diff", "acme")
    assert [row[:2] for row in words(ran.out)] == [["left", "person"], ["removed", "grant"]]
    assert "held 2 grants" in ran.out
    assert "3 grants removed (2 of them of those who left)" in ran.err
    assert "Not shown: 2 grants of those who left; --all shows them." in ran.err
    every = line.run("diff", "acme", "--all")
    assert len(words(every.out)) == 4
    assert "Not shown" not in every.err
    assert len(rows(line.run("diff", "acme", "--output", "csv").out)) == 4
    assert len(words(line.run("diff", "acme", "--person", "u3@example.com").out)) == 3


def test_a_change_of_status_is_told_as_what_it_is(line: Line):
    line.world.statuses["u1"] = AccountStatus.DISABLED
    line.published()
    ran = line.run("diff", "acme")
    assert words(ran.out) == [["disabled", "person", "Person", "1", "u1@example.com", "was", "enabled"]]
    assert "people: 1 is disabled now" in ran.err
    assert line.run("diff", "acme", "--output", "json").json()["changed"][0]["event"] == "disabled"
    line.world.statuses.clear()
    line.published()
    assert words(line.run("diff", "acme").out)[0][0] == "enabled"


def test_counts_are_shown_on_demand_only(line: Line):
    line.world.counted = True
    line.published()
    line.world.groups["g2"].add("u1")
    line.published()
    ran = line.run("diff", "acme")
    assert len(words(ran.out)) == 1
    assert "Not shown: 1 change of a count alone, such as of members; --all shows them." in ran.err
    assert "member_count: 1 → 2" in line.run("diff", "acme", "--all").out
    assert len(line.run("diff", "acme", "--output", "json").json()["changed"]) == 1


def test_of_a_profile_only_what_is_another_is_told_and_in_words(line: Line):
    line.world.profiles["u1"] = {"title": "Clerk", "floor": 3, "remote": False, "team": "A", "desk": None}
    line.published()
    line.world.profiles["u1"] = {"title": "Chief", "floor": 3, "remote": True, "badge": "", "desk": 7}
    line.published()
    (one,) = rows(line.run("diff", "acme", "--output", "csv").out)
    assert one["details"].split("; ") == [
        "profile.title: Clerk → Chief",
        "profile.remote: no → yes",
        "profile.team: A → nothing",
        "profile.desk: nothing → 7",
        'profile.badge: nothing → ""',
    ]
    (told,) = line.run("diff", "acme").out.splitlines()[1:]
    assert "profile.title: Clerk → Chief" in told
    line.world.profiles.clear()
    line.published()
    assert "profile.title: Chief → nothing" in line.run("diff", "acme").out


def test_addresses_that_came_or_went_are_told_in_words(line: Line):
    line.world.without_address.add("u1")
    line.published()
    assert "emails: u1@example.com (primary) → nothing" in line.run("diff", "acme").out


class TestFilters:
    @pytest.fixture
    def line(self, line: Line) -> Line:
        del line.world.users["u20"]
        line.world.users["new"] = "New"
        line.world.groups["g2"] = {"new"}
        line.world.names["g1"] = "Builders"
        line.published()
        return line

    @pytest.mark.parametrize(
        ("asked", "kinds"),
        [
            (("--kind", "person"), ["person", "person"]),
            (("--kind", "resource"), ["person", "person", "group"]),
            (("--kind", "grant"), ["grant", "grant"]),
            (("--type", "group"), ["grant", "grant", "group"]),
            (("--type", "user"), ["person", "person"]),
            (("--person", "new@example.com"), ["person", "grant"]),
            (("--person", "u20"), ["person"]),
            (("--person", "u3", "--kind", "grant"), ["grant"]),
        ],
    )
    def test_only_what_is_asked_for(self, line: Line, asked: tuple[str, ...], kinds: list[str]):
        assert [row[1] for row in words(line.run("diff", "acme", *asked).out)] == kinds
        found = line.run("diff", "acme", *asked, "--output", "json").json()
        assert sum(len(found[key]) for key in ("added", "removed", "changed", "newly_seen")) == len(kinds)
        assert sum(sum(each.values()) for each in found["counts"].values()) == len(kinds)
        assert len(rows(line.run("diff", "acme", *asked, "--output", "csv").out)) == len(kinds)

    def test_nothing_of_it_is_not_nothing_at_all(self, line: Line):
        ran = line.run("diff", "acme", "--person", "u9")
        assert (ran.code, ran.out) == (0, "")
        assert "Nothing of what was asked for changed." in ran.err

    def test_what_is_not_there_is_an_error(self, line: Line):
        assert line.run("diff", "acme", "--kind", "people").code == 2
        assert line.run("diff", "acme", "--type", "team").code == 5
        ran = line.run("diff", "acme", "--person", "nobody")
        assert ran.code == 5
        assert "neither snapshot" in ran.err
