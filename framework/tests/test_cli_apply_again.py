"""A plan that is applied again, and accounts that are not those any more that it was made for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jackfield_contracts import AccountStatus, Outcome, OutcomeKind

from .test_cli_changes import write
from .writable import Person, World, WritableLine, held


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


HEADING = "kind,entitlement,principal,account,name,arg.email,arg.to"
KINDS: dict[str, tuple[str, Callable[[World], object]]] = {
    "grant": (
        "grant,group:g2/member,user:u1,,,,",
        lambda app: app.held.discard(held("group:g2/member", "u1")),
    ),
    "revoke": (
        "revoke,group:g1/member,user:u1,,,,",
        lambda app: app.held.add(held("group:g1/member", "u1")),
    ),
    "create": (
        "create_account,,,,,new@example.com,",
        lambda app: [app.people.pop(id) for id, one in [*app.people.items()] if one.email == "new@example.com"],
    ),
    "delete": (
        "delete_account,,,user:u2,,,",
        lambda app: app.people.update(u2=Person(name="Bob", email="bob@example.com")),
    ),
    "disable": (
        "disable_account,,,user:u1,,,",
        lambda app: setattr(app.people["u1"], "status", AccountStatus.ENABLED),
    ),
    "enable": (
        "enable_account,,,user:u4,,,",
        lambda app: setattr(app.people["u4"], "status", AccountStatus.DISABLED),
    ),
}
"""Of each kind that a read tells of, a change, and how somebody undoes it."""


def applied(line: WritableLine, *rows: str) -> None:
    line.app.people["u4"].status = AccountStatus.DISABLED
    assert line.run("plan", "acme", write(line, *rows, heading=HEADING), "-o", "p").code == 0
    assert line.run("apply", "p", "--yes").code == 0
    line.app.reads.clear()
    line.app.writes.clear()


def again(line: WritableLine, code: int, *more: str) -> dict[str, Any]:
    """What the plan answers the second time; nothing is written."""
    ran = line.run("apply", "p", "--yes", "--output", "json", *more)
    assert (ran.code, line.app.writes) == (code, []), ran.out
    return ran.json()


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
class TestAgain:
    @pytest.mark.parametrize("kind", KINDS)
    def test_what_somebody_has_undone_is_not_told_as_so(self, line: WritableLine, kind: str, more: tuple[str, ...]):
        row, undo = KINDS[kind]
        applied(line, row)
        undo(line.app)
        (one,) = again(line, 14, *more)["changes"]
        assert (one["outcome"], one["tag"], one["confirmed_by"]) == ("refused", "drifted", None)
        assert "it is so no more" in one["reason"]
        assert 1 <= len(line.app.reads) <= 2

    def test_what_is_so_yet_is_told_by_one_read(self, line: WritableLine, more: tuple[str, ...]):
        applied(line, *(row for row, _ in KINDS.values()))
        found = again(line, 0, *more)
        assert found["outcomes"] == {"already": 6}
        assert {(one["confirmed_by"], tuple(one["request_ids"])) for one in found["changes"]} == {("read", ("r1",))}
        assert len(line.app.reads) == 1

    def test_without_an_application_nothing_is_told(
        self, line: WritableLine, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
    ):
        applied(line, KINDS["grant"][0])

        async def fails(*_: object) -> None:
            from jackfield.errors import MissingPermission

            raise MissingPermission("it may not be read", permission="read")

        monkeypatch.setattr("jackfield.host.connection.Connection.read_state", fails)
        ran = line.run("apply", "p", "--yes", *more)
        assert (ran.code, ran.out) == (4, "")

    def test_what_no_read_tells_is_not_told_as_read(self, line: WritableLine, more: tuple[str, ...]):
        applied(line, "action,,,,send_mail,,a@x")
        (one,) = again(line, 0, *more)["changes"]
        assert (one["outcome"], one["confirmed_by"]) == ("already", "answer")
        assert "no read can tell more" in one["reason"]

    def test_what_a_later_change_of_the_plan_undid_was_undone_by_nobody_else(
        self, line: WritableLine, more: tuple[str, ...]
    ):
        applied(line, "grant,group:g2/member,user:u1,,,,", "revoke,group:g2/member,user:u1,,,,")
        first, second = again(line, 0, *more)["changes"]
        assert (first["outcome"], first["confirmed_by"]) == ("already", None)
        assert "a later change of it came after that" in first["reason"]
        assert (second["outcome"], second["confirmed_by"]) == ("already", "read")

    def test_what_was_so_before_is_read_too(self, line: WritableLine, more: tuple[str, ...]):
        applied(line, "grant,group:g1/member,user:u1,,,,")
        (one,) = again(line, 0, *more)["changes"]
        assert (one["outcome"], one["confirmed_by"]) == ("already", "read")
        line.app.held.clear()
        (one,) = again(line, 14, *more)["changes"]
        assert (one["tag"], "found it so" in one["reason"]) == ("drifted", True)

    @pytest.mark.parametrize("so", [True, False])
    def test_what_was_never_verified_is_looked_at_again(self, line: WritableLine, so: bool, more: tuple[str, ...]):
        line.app.answer = lambda: Outcome(outcome=OutcomeKind.UNVERIFIED, reason="nobody knows")
        line.run("plan", "acme", "--grant", "group:g2/member", "user:u1", "-o", "p")
        assert line.run("apply", "p", "--yes").code == 11
        line.app.writes.clear()
        if so:
            line.app.held.add(held("group:g2/member", "u1"))
        (one,) = again(line, 0 if so else 11, *more)["changes"]
        assert (one["outcome"], one["confirmed_by"]) == (("already", "read") if so else ("unverified", None))


GONE = {
    "delete": "delete_account,,,user:u1,,,",
    "disable": "disable_account,,,user:u1,,,",
    "revoke": "revoke,group:g1/member,user:u1,,,,",
    "grant": "grant,group:g2/member,user:u1,,,,",
}


class TestInvitedAnew:
    """The account that was meant was removed, and somebody was invited under its address."""

    @pytest.mark.parametrize("kind", GONE)
    @pytest.mark.parametrize("more", [(), ("--dry-run",)])
    def test_it_has_drifted_and_says_who_is_there(self, line: WritableLine, kind: str, more: tuple[str, ...]):
        line.run("plan", "acme", write(line, GONE[kind], heading=HEADING), "-o", "p")
        del line.app.people["u1"]
        line.app.people["u9"] = Person(name="Ann", email="ann@example.com")
        line.app.reads.clear()
        (one,) = again(line, 14, *more)["changes"]
        assert (one["outcome"], one["tag"]) == ("refused", "drifted")
        assert "ann@example.com (user:u1), who is not there any more" in one["reason"]
        assert "user:u9" in one["reason"]
        assert len(line.app.reads) == 2

    def test_where_nobody_came_a_deletion_is_met(self, line: WritableLine):
        line.run("plan", "acme", write(line, GONE["delete"], heading=HEADING), "-o", "p")
        del line.app.people["u1"]
        (one,) = again(line, 0)["changes"]
        assert (one["outcome"], one["confirmed_by"]) == ("already", "read")

    def test_another_address_makes_no_other_account(self, line: WritableLine):
        line.run("plan", "acme", write(line, GONE["delete"], heading=HEADING), "-o", "p")
        line.app.people["u1"].email = "moved@example.com"
        line.app.people["u9"] = Person(name="Other", email="ann@example.com")
        ran = line.run("apply", "p", "--yes")
        assert (ran.code, "u1" in line.app.people, "u9" in line.app.people) == (0, False, True)
        assert "delete the account Ann <moved@example.com>" in ran.out
