"""What a person is asked before many changes are made, and what others may do meanwhile."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jackfield.state import Home, hold_lock
from jackfield.state.lock import Holder
from jackfield_contracts import AccountStatus, Tenant

from .test_cli_changes import on_terminal, write
from .writable import Person, Telling, WritableLine, held


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    made = WritableLine(tmp_path, monkeypatch, capsys)
    made.app.people |= {f"p{n}": Person(name=f"Person {n}", email=f"p{n}@example.com") for n in range(88)}
    return made


def many(line: WritableLine) -> str:
    """A plan in which what is destructive comes last: 80 grants, 4 to disable, 4 to delete, a privilege."""
    rows = [f"grant,group:g2/member,user:p{n},," for n in range(80)]
    rows += [f"disable_account,,,user:p{n}," for n in range(80, 83)]
    rows += ["disable_account,,,user:p83,false"]
    rows += [f"delete_account,,,user:p{n}," for n in range(84, 88)]
    rows += ["grant,role:r1/member,user:u1,,"]
    file = write(line, *rows, heading="kind,entitlement,principal,account,arg.wipe_data")
    assert line.run("plan", "acme", file, "-o", "p").code == 0
    return "p"


COUNTS = "80 to grant, 1 to grant a PRIVILEGE, 1 to disable, 4 to DELETE, 3 to disable: wipes devices"


class TestCounts:
    def test_they_stand_in_the_question_and_nothing_destructive_is_cut(
        self, line: WritableLine, monkeypatch: pytest.MonkeyPatch
    ):
        plan = many(line)
        code, screen = on_terminal(lambda: line.code("apply", plan), b"n\n", monkeypatch)
        assert (code, line.app.writes) == (130, [])
        assert f"Make 89 changes in acme: {COUNTS}? [y/N]" in screen
        assert "… and 30 to grant\r\n" in screen
        rows = [row for row in screen.splitlines() if row.startswith("would change")]
        assert [row.split()[2] for row in rows[:9]] == [*["disable_user"] * 4, *["delete"] * 4, "grant"]
        assert len(rows) == 9 + 50
        assert "would change: disable_user Person 80 <p80@example.com>: wipes devices" in rows
        assert "would change: disable_user Person 83 <p83@example.com>: wipe_data no" in rows

    def test_without_a_terminal_the_message_says_what_is_destructive(self, line: WritableLine):
        ran = line.run("apply", many(line))
        assert (ran.code, ran.out, line.app.writes) == (2, "", [])
        assert COUNTS.removeprefix("80 to grant, ") in ran.err
        for n in range(84, 88):
            assert f"delete the account Person {n} <p{n}@example.com>" in ran.err
        assert ran.err.count("wipes devices") == 4
        assert "--yes" in ran.err

    def test_programs_are_told_as_much(self, line: WritableLine):
        found = line.run("apply", many(line), "--output", "json").json()
        assert "4 to DELETE" in found["reason"]
        assert "delete the account Person 87 <p87@example.com>" in found["reason"]


def test_the_words_for_a_kind_are_those_of_the_question(line: WritableLine):
    file = write(
        line,
        *("action,,user:u1,disable_user,,", "create_account,,,,new@example.com,"),
        *("revoke,group:g1/member,,,,user:u1", "action,,,send_mail,,"),
        heading="kind,entitlement,account,name,arg.email,principal",
    )
    ran = line.run("plan", "acme", file)
    assert ran.code == 2
    assert "line 5" in ran.err, "the letter lacks whom it goes to"


def while_asked(work: Callable[[], object], patch: pytest.MonkeyPatch) -> None:
    """Let *work* happen while the person thinks who then says yes."""

    async def line() -> str:
        work()
        return "y\n"

    patch.setattr("jackfield.cli.making._line", line)


class TestMeanwhile:
    def grant(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
        return on_terminal(
            lambda: line.code("grant", "acme", "role:r2/member", "user:u1", "--output", "json"), b"y\n", monkeypatch
        )

    def test_the_lock_is_not_held(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch):
        lock = Home(folder=line.home).ensure().lock("acme", "changes")
        taken: list[bool] = []

        def look() -> None:
            with hold_lock(lock, connection="acme", purpose="change", holder=Holder(pid=1, run="x", since="now")):
                taken.append(True)

        while_asked(look, monkeypatch)
        code, screen = self.grant(line, monkeypatch)
        assert (code, taken) == (0, [True]), screen
        assert held("role:r2/member", "u1") in line.app.held
        look()
        assert len(taken) == 2, "it is let go at the end"

    def test_it_is_taken_again_before_anything_is_made(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch):
        lock = Home(folder=line.home).ensure().lock("acme", "changes")
        holder = Holder(pid=os.getpid(), run="x", since="now")
        open_ = hold_lock(lock, connection="acme", purpose="change", holder=holder)
        while_asked(open_.__enter__, monkeypatch)
        code, screen = self.grant(line, monkeypatch)
        open_.__exit__(None, None, None)
        assert (code, line.app.writes) == (13, []), screen

    @pytest.mark.parametrize(
        "event",
        [
            lambda app: app.held.add(held("role:r1/member", "u1")),
            lambda app: setattr(app.people["u1"], "status", AccountStatus.DISABLED),
            lambda app: app.people.update(u9=app.people.pop("u1")),
        ],
        ids=["another role", "disabled", "gone, and invited anew"],
    )
    def test_what_others_change_is_drift(
        self, line: WritableLine, monkeypatch: pytest.MonkeyPatch, event: Callable[[object], object]
    ):
        while_asked(lambda: event(line.app), monkeypatch)
        code, screen = self.grant(line, monkeypatch)
        assert (code, line.app.writes) == (14, []), screen

    def test_so_is_what_became_privileged(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch):
        write(line, "grant,group:g2/member,user:u1", "revoke,group:g1/member,user:u1")
        line.run("plan", "acme", "changes.csv", "-o", "p")
        while_asked(lambda: line.app.privileged.add("g2"), monkeypatch)
        code, screen = on_terminal(lambda: line.code("apply", "p"), b"y\n", monkeypatch)
        assert (code, len(line.app.writes)) == (14, 1), screen
        assert "is privileged by now" in screen
        assert held("group:g2/member", "u1") not in line.app.held

    def test_what_was_not_to_be_made_when_it_was_shown_is_not_made(
        self, line: WritableLine, monkeypatch: pytest.MonkeyPatch
    ):
        line.app.held.add(held("group:g2/member", "u1"))
        write(line, "grant,group:g2/member,user:u1", "revoke,group:g1/member,user:u1")
        line.run("plan", "acme", "changes.csv", "-o", "p")
        while_asked(lambda: line.app.held.discard(held("group:g2/member", "u1")), monkeypatch)
        code, screen = on_terminal(lambda: line.code("apply", "p"), b"y\n", monkeypatch)
        assert (code, held("group:g2/member", "u1") in line.app.held) == (14, False), screen

    def test_another_account_that_is_reached_by_then_is_not_touched(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ):
        line = WritableLine(tmp_path, monkeypatch, capsys, Telling)
        line.app.tenant = Tenant(id="t1", name="One")
        while_asked(lambda: setattr(line.app, "tenant", Tenant(id="t2", name="Two")), monkeypatch)
        code, screen = self.grant(line, monkeypatch)
        assert (code, line.app.writes) == (2, []), screen
        assert "reached t1 when it was asked about, and reaches t2 now" in screen

    def test_without_anything_it_takes_one_read_more(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch):
        while_asked(lambda: None, monkeypatch)
        assert self.grant(line, monkeypatch)[0] == 0
        assert len(line.app.reads) == 3


class TestWipes:
    """A device that is wiped stands in every sentence of the change."""

    def test_in_the_outcome_and_in_the_journal(self, line: WritableLine):
        ran = line.run("account", "disable", "acme", "user:u1", "--yes")
        assert ran.out == "changed: disable_user Ann <ann@example.com>: wipes devices (confirmed by a read)\n"
        (one,) = line.run("changes", "list", "--output", "json").json()["changes"]
        assert one["effects"] == ["wipes devices"]
        shown = line.run("changes", "show", one["change"]).out
        assert "disable_user Ann <ann@example.com>: wipes devices" in shown
        assert "wipe_data yes" in shown
        assert "wipes devices" in line.run("changes", "list").out
        assert "wipes devices" in line.run("changes", "list", "--output", "csv").out

    def test_not_where_nothing_is_wiped(self, line: WritableLine):
        ran = line.run("account", "disable", "acme", "user:u1", "wipe_data=false", "--yes", "--output", "json")
        assert "effects" not in ran.json()
        assert "wipes" not in ran.json()["title"]
