"""A group that holds something may be given by its name, as a person may, and as entitlements are."""

import json
from pathlib import Path

import pytest

from jackfield_contracts import EntitlementId, GrantId, ResourceId

from .writable import Person, WritableLine

SALES = ResourceId(type="group", id="g2")


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    made = WritableLine(tmp_path, monkeypatch, capsys)
    made.published()
    return made


def holds(line: WritableLine, who: ResourceId = SALES) -> bool:
    return GrantId(entitlement=EntitlementId.parse("group:g1/member"), principal=who) in line.app.held


@pytest.mark.parametrize("text", ["group:g2", "g2", "Sales", "sales", "group:Sales", "group:SALES"])
def test_a_group_by_its_name_with_its_type_or_without(line: WritableLine, text: str):
    ran = line.run("grant", "acme", "Design/member", text)
    assert (ran.code, ran.err, holds(line)) == (0, "", True)
    assert "to Sales (group:g2) (confirmed" in ran.out
    assert line.run("revoke", "acme", "Design/member", text, "--yes").code == 0
    assert not holds(line)


@pytest.mark.parametrize("text", ["user:Bob", "user:bob@example.com", "user:BOB@example.com"])
def test_a_person_by_name_or_address_with_the_type(line: WritableLine, text: str):
    assert line.run("grant", "acme", "Design/member", text).code == 0
    assert holds(line, ResourceId(type="user", id="u2"))
    assert line.run("account", "disable", "acme", text, "--yes").code == 0


def test_an_address_with_the_type_means_who_has_it_now(line: WritableLine):
    line.app.people["u2"].email = "moved@example.com"
    line.app.people["u9"] = Person(name="Eve", email="bob@example.com")
    assert line.run("grant", "acme", "Design/member", "user:bob@example.com").code == 0
    assert holds(line, ResourceId(type="user", id="u9"))


def test_in_a_plan_and_in_what_somebody_is_taken(line: WritableLine):
    asked = line.folder / "asked.jsonl"
    asked.write_text(json.dumps({"kind": "grant", "entitlement": "Design/member", "principal": "group:Sales"}) + "\n")
    assert line.run("plan", "acme", str(asked), "-o", "p").code == 0
    assert (line.run("apply", "p", "--yes").code, holds(line)) == (0, True)
    line.published()
    assert line.run("plan", "acme", "--revoke-all", "Sales", "-o", "q").code == 0
    assert (line.run("apply", "q", "--yes").code, holds(line)) == (0, False)


def test_an_identifier_means_itself_also_where_it_is_the_name_of_another(line: WritableLine):
    line.app.names["group"]["g2"] = "new"
    line.published()
    line.app.names["group"]["new"] = "Just made"
    assert line.run("grant", "acme", "Design/member", "group:new").code == 0
    assert holds(line, ResourceId(type="group", id="new"))


@pytest.mark.parametrize("name", ["Bob", "bob", "bob@example.com", "BOB@example.com"])
def test_what_a_person_and_a_group_are_called_is_ambiguous(line: WritableLine, name: str):
    """Also where the one is an address and the other a name, and whichever letters they have."""
    line.app.names["group"]["g2"] = name
    line.published()
    ran = line.run("grant", "acme", "Design/member", "Bob" if "@" not in name else "bob@example.com")
    assert (ran.code, line.app.writes) == (2, [])
    assert ("user:u2" in ran.err, "group:g2" in ran.err) == (True, True)


@pytest.mark.parametrize("published", [True, False])
def test_so_is_a_login_that_a_group_has_as_its_name(line: WritableLine, published: bool):
    line.app.people["u9"] = Person(name="Eve", email="Sales")
    if published:
        line.published()
    ran = line.run("grant", "acme", "Design/member", "Sales")
    assert (ran.code, line.app.writes, "means several" in ran.err) == (2, [], True)
    assert ("user:u9" in ran.err, "group:g2" in ran.err) == (True, True)
    assert line.run("grant", "acme", "Design/member", "group:Sales").code == 0
    assert line.run("account", "disable", "acme", "Sales", "--yes").code == 0, "a group has no account"


def test_two_groups_of_one_name_are_listed(line: WritableLine):
    line.app.names["group"]["g1"] = "Sales"
    line.published()
    ran = line.run("grant", "acme", "group:g:3/member", "group:Sales")
    assert (ran.code, "group:g1 (Sales), group:g2 (Sales)" in ran.err) == (2, True)


def test_who_is_near_is_offered_groups_too(line: WritableLine):
    ran = line.run("grant", "acme", "Design/member", "Sale")
    assert (ran.code, "Did you mean 'Sales'?" in ran.err) == (5, True)
    assert "there is nobody 'Sale'" in ran.err
    assert "the snapshot has no group of that name" in ran.err


def test_an_account_is_a_persons(line: WritableLine):
    ran = line.run("account", "disable", "acme", "Sales", "--yes")
    assert (ran.code, "there is nobody 'Sales'" in ran.err, line.app.writes) == (5, True, [])


class TestProtected:
    @pytest.mark.parametrize("text", ["Sales", "group:sales", "group:g2"])
    def test_a_group_by_its_name(self, line: WritableLine, text: str):
        line.configure(provisioning=True, protected=[text])
        assert "is no person (Team): what it holds itself is protected" in line.run("check", "acme").out
        ran = line.run("grant", "acme", "Design/member", "group:g2", "--output", "json")
        assert (ran.code, ran.json()["tag"], line.app.writes) == (5, "protected", [])

    @pytest.mark.parametrize("text", ["Bob", "user:bob", "user:Bob@example.com"])
    def test_a_person_by_the_name_that_is_shown(self, line: WritableLine, text: str):
        line.configure(provisioning=True, protected=[text])
        ran = line.run("grant", "acme", "Design/member", "user:u2", "--output", "json")
        assert (ran.code, ran.json()["tag"], line.app.writes) == (5, "protected", [])

    def test_nobody_is_protected_by_giving_themselves_the_address_of_another_as_a_name(self, line: WritableLine):
        line.app.people["u1"].name = "bob@example.com"
        line.published()
        line.configure(provisioning=True, protected=["bob@example.com"])
        assert line.run("account", "disable", "acme", "user:u1", "--yes").code == 0
        assert line.run("account", "disable", "acme", "user:u2", "--yes").code == 5

    def test_a_person_and_a_group_of_one_name_are_both_protected_and_told(self, line: WritableLine):
        line.app.names["group"]["g2"] = "BOB"
        line.published()
        line.configure(provisioning=True, protected=["bob"])
        assert "means several, and protects them all: group:g2, user:u2" in line.run("check", "acme").out
        for who in ("group:g2", "user:u2"):
            assert line.run("grant", "acme", "Design/member", who).code == 5
