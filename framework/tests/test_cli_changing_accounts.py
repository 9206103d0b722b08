"""``account`` and ``action``: what is made, taken away, switched or run, and what is asked before."""

from pathlib import Path

import pytest

from jackfield_contracts import AccountStatus, RunAction

from .writable import ACTIONS, WritableLine


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


class TestAccount:
    def test_create_takes_keys_and_values(self, line: WritableLine):
        ran = line.run("account", "create", "acme", "email=new@example.com", "groups=a,b", "--output", "json")
        assert (ran.code, ran.json()["kind"], ran.json()["outcome"]) == (0, "create_account", "changed")
        assert ran.json()["account"] == "user:n4"
        (change,) = line.app.writes
        assert change.arguments == {"email": "new@example.com", "groups": ("a", "b")}  # type: ignore[attr-defined]

    def test_wrong_keys_and_values_are_named(self, line: WritableLine):
        for pairs, told in (
            (["emial=x"], "Did you mean 'email'?"),
            ([], "needs email"),
            (["email"], "Write key=value."),
            (["email=a", "email=b"], "email takes one value, not several"),
        ):
            ran = line.run("account", "create", "acme", *pairs)
            assert (ran.code, line.app.writes) == (2, [])
            assert told in ran.err

    def test_delete_asks_and_converts(self, line: WritableLine):
        assert line.run("account", "delete", "acme", "ann@example.com").code == 2
        ran = line.run("account", "delete", "acme", "ann@example.com", "keep=yes", "--yes")
        assert (ran.code, ran.out.startswith("changed: delete the account Ann <ann@example.com>")) == (0, True)
        (change,) = line.app.writes
        assert change.arguments == {"keep": True}  # type: ignore[attr-defined]

    def test_disable_and_enable_run_the_actions_of_that_kind(self, line: WritableLine):
        ran = line.run("account", "disable", "acme", "ann@example.com")
        assert (ran.code, line.app.writes) == (2, [])
        dry = line.run("account", "disable", "acme", "ann@example.com", "--dry-run")
        assert "WARNING: The data on linked devices is wiped." in dry.out
        ran = line.run("account", "disable", "acme", "ann@example.com", "--yes", "wipe_data=false", "--output", "json")
        assert (ran.code, ran.json()["kind"], ran.json()["action"]) == (0, "disable_account", "disable_user")
        assert ran.json()["state"]["status"] == "disabled"
        (change,) = line.app.writes
        assert isinstance(change, RunAction)
        assert change.arguments == {"user_id": "u1", "wipe_data": False}
        again = line.run("account", "disable", "acme", "ann@example.com", "--dry-run")
        assert (again.out.startswith("already: "), "WARNING" in again.out) == (True, False), "nothing comes of it"
        again = line.run("account", "disable", "acme", "ann@example.com", "--output", "json", "--dry-run").json()
        assert (again["outcome"], again["warnings"]) == ("already", [])
        assert line.run("account", "enable", "acme", "u1").code == 0
        assert line.app.people["u1"].status is AccountStatus.ENABLED

    def test_where_there_is_no_such_action_it_says_so(self, line: WritableLine):
        line.app.actions = ()
        ran = line.run("account", "enable", "acme", "user:u1")
        assert (ran.code, "no action that can enable accounts" in ran.err) == (7, True)

    def test_several_of_that_kind_are_listed(self, line: WritableLine):
        import msgspec

        line.app.actions = (*ACTIONS, msgspec.structs.replace(ACTIONS[1], name="wake_user"))
        ran = line.run("account", "enable", "acme", "user:u1")
        assert ran.code == 2
        assert "enable_user, wake_user" in ran.err


class TestAction:
    def test_they_are_listed_with_their_keys(self, line: WritableLine):
        ran = line.run("action", "list", "acme")
        assert ran.code == 0
        for text in (
            "disable_user  disable_account (asks for confirmation)",
            "user_id (string, required): Whose account.",
            "wipe_data (boolean, default true)",
            "style (string, one of plain, fine)",
            "WARNING: The data on linked devices is wiped.",
        ):
            assert text in ran.out
        found = line.run("action", "list", "acme", "--output", "json").json()["actions"]
        assert [one["name"] for one in found] == ["disable_user", "enable_user", "send_mail"]
        assert line.run("action", "list", "acme", "--output", "csv").out.startswith("action,kind,arguments")

    def test_values_are_converted(self, line: WritableLine):
        ran = line.run(
            "action", "run", "acme", "send_mail", "to=a@x, b@x", "to=c@x", "times=3", "style=fine", "--output", "json"
        )
        assert (ran.code, ran.json()["confirmed_by"], ran.json()["results"]) == (0, "answer", {"sent": True})
        (change,) = line.app.writes
        assert change.arguments == {"to": ("a@x", "b@x", "c@x"), "times": 3, "style": "fine"}  # type: ignore[attr-defined]
        told = line.run("action", "run", "acme", "send_mail", "to=a@x")
        assert told.out.startswith(
            "changed: send_mail: to a@x (confirmed by the application's answer alone)\n  sent: yes\n"
        )

    def test_wrong_ones_are_named(self, line: WritableLine):
        for arguments, code, told in (
            (["send_mial"], 7, "Did you mean 'send_mail'?"),
            (["send_mail", "to=a", "times=often"], 2, "times must be a whole number"),
            (["send_mail", "to=a", "style=odd"], 2, "style must be one of plain, fine"),
            (["disable_user", "user_id=u1", "wipe_data=perhaps", "--yes"], 2, "wipe_data must be true or false"),
            (["disable_user"], 2, "needs user_id"),
        ):
            ran = line.run("action", "run", "acme", *arguments)
            assert (ran.code, line.app.writes) == (code, [])
            assert told in ran.err

    def test_the_account_may_be_named(self, line: WritableLine):
        line.published()
        for text in ("u1", "ann@example.com", "Ann"):
            ran = line.run("action", "run", "acme", "disable_user", f"user_id={text}", "--yes")
            assert ran.code == 0
            line.app.people["u1"].status = AccountStatus.ENABLED
        ran = line.run("action", "run", "acme", "disable_user", "user_id=Twin", "--yes")
        assert (ran.code, "user:u3" in ran.err) == (2, True)
        ran = line.run("action", "run", "acme", "disable_user", "user_id=nobody", "--yes", "--output", "json")
        assert (ran.code, ran.json()["tag"]) == (5, "not_found")
