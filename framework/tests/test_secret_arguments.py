"""Secret arguments: the connector is given the value, and nothing else ever holds it."""

import json
import sqlite3
from pathlib import Path
from urllib.parse import quote, quote_plus

import msgspec
import pytest

from jackfield.errors import BadCredentials, Refused
from jackfield.host.discovery import Discovery
from jackfield.state import open_state
from jackfield_contracts import (
    Action,
    Argument,
    Confirmation,
    CreateAccount,
    JournalEntry,
    JournalStatus,
    Outcome,
    OutcomeKind,
    TargetState,
)

from .writable import CAPABILITIES, USER, WritableLine, connector

VALUE = 'pa"ss wörd/4711'
FORMS = (VALUE, json.dumps(VALUE)[1:-1], quote(VALUE), quote(VALUE, safe=""), quote_plus(VALUE), 'pa\\"ss wörd/4711')
PASSWORD = Argument(name="password", secret=True, sets="password", description="The first password.")


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    made = WritableLine(tmp_path, monkeypatch, capsys)
    reset = Action(
        name="set_password",
        description="Sets a password.",
        arguments=(USER, msgspec.structs.replace(PASSWORD, required=True)),
        account="user_id",
        confirmed_by=Confirmation.ANSWER,
    )
    made.app.actions = (*made.app.actions, reset)
    capabilities = tuple(
        msgspec.structs.replace(each, arguments=(*each.arguments, PASSWORD)) if each.hook == "create_account" else each
        for each in CAPABILITIES
    )

    def discovery() -> Discovery:  # type: ignore[type-arg]
        found = connector(made.app)
        return Discovery(
            found={
                "writable": msgspec.structs.replace(
                    found, type=msgspec.structs.replace(found.type, capabilities=capabilities)
                )
            },
            failures=(),
        )

    monkeypatch.setattr("jackfield.host.discovery.discover_connectors", discovery)
    monkeypatch.setenv("NEW_PASSWORD", VALUE)
    return made


COMMANDS = {
    "create": ("account", "create", "acme", "email=new@example.com", "password=env:NEW_PASSWORD"),
    "action": ("action", "run", "acme", "set_password", "user_id=u1", "password=env:NEW_PASSWORD"),
}


def nowhere(line: WritableLine, *texts: str) -> None:
    """The value is in none of *texts* and in no file that was left."""
    files = [file for file in line.folder.rglob("*") if file.is_file() and file.name != "pw"]
    for form in FORMS:
        assert all(form not in text for text in texts)
        assert [file for file in files if form.encode() in file.read_bytes()] == []


def given(line: WritableLine) -> list[object]:
    return [change.arguments["password"] for change in line.app.writes]  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("output", ["table", "json"])
def test_the_connector_is_given_it_and_nothing_else(line: WritableLine, command: str, output: str) -> None:
    ran = line.run("--log-level", "debug", *COMMANDS[command], "--yes", "--output", output)
    assert (ran.code, given(line)) == (0, [VALUE])
    shown = line.run("changes", "list", "--output", "json")
    assert shown.json()["changes"][0]["asked"]["arguments"]["password"] == "env:NEW_PASSWORD"
    nowhere(line, ran.out, ran.err, shown.out, line.run("changes", "list", "--output", "csv").out)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_the_application_says_of_it_is_masked(
    line: WritableLine, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr("jackfield.changes.confirm.READS_FOR", 0.0)
    for form in FORMS:
        told = f"bad password {form}, try again"
        for answer in (
            Outcome(outcome=OutcomeKind.REFUSED, tag="weak", reason=told, results={"echo": told}),
            Outcome(outcome=OutcomeKind.CHANGED, reason=told, results={"echo": told, "all": (told,)}),
            Refused(told, hint=told),
            BadCredentials(told),
            RuntimeError(told),
        ):

            def answered(answer: object = answer) -> Outcome:
                if isinstance(answer, Exception):
                    raise answer
                assert isinstance(answer, Outcome)
                return answer

            line.app.answer = answered
            for output in ("table", "json"):
                ran = line.run("--log-level", "debug", *COMMANDS[command], "--yes", "--output", output)
                nowhere(line, ran.out, ran.err, line.run("changes", "list", "--output", "json").out)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_value_in_its_place_is_refused_and_not_shown(line: WritableLine, command: str) -> None:
    words = *COMMANDS[command][:-1], f"password={VALUE}"
    for more in ((), ("--dry-run",)):
        ran = line.run("--log-level", "debug", *words, "--yes", *more)
        assert (ran.code, line.app.writes) == (2, [])
        assert "env:NAME or file:PATH" in ran.err
        nowhere(line, ran.out, ran.err)


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("env:NOT_THERE", "NOT_THERE is not set"),
        ("file:nothing", "does not exist"),
        ("env:SHORT", "fewer than 4 characters"),
        ("vault:some", "password is secret"),
    ],
)
def test_a_reference_that_leads_nowhere_is_told_before_anything_is_made(
    line: WritableLine, monkeypatch: pytest.MonkeyPatch, reference: str, told: str
) -> None:
    monkeypatch.setenv("SHORT", "pin")
    ran = line.run("account", "create", "acme", "email=new@example.com", f"password={reference}")
    assert (ran.code, told in ran.err, line.app.writes) == (2, True, [])
    assert line.run("changes", "list", "--output", "json").json()["changes"] == []


class TestPlans:
    def planned(self, line: WritableLine, password: str = "env:NEW_PASSWORD") -> Path:
        rows = line.folder / "new.jsonl"
        row = {"kind": "create_account", "arguments": {"email": "new@example.com", "password": password}}
        rows.write_text(json.dumps(row))
        ran = line.run("plan", "acme", str(rows), "-o", "the.plan")
        assert ran.code == 0, ran.err
        assert f"WARNING: the value of password is read from {password} when it is made" in ran.out
        nowhere(line, ran.out, ran.err)
        return line.folder / "the.plan"

    def test_a_plan_is_made_without_the_value_and_applied_with_it(
        self, line: WritableLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("NEW_PASSWORD")
        plan = self.planned(line)
        ran = line.run("apply", str(plan))
        assert (ran.code, "NEW_PASSWORD is not set" in ran.err, line.app.writes) == (2, True, [])
        monkeypatch.setenv("NEW_PASSWORD", VALUE)
        ran = line.run("apply", str(plan), "--output", "json")
        assert (ran.code, given(line)) == (0, [VALUE])
        nowhere(line, ran.out, ran.err)

    def test_of_a_file_too(self, line: WritableLine) -> None:
        (line.folder / "pw").write_text(VALUE + "\n")
        assert line.run("apply", str(self.planned(line, f"file:{line.folder / 'pw'}"))).code == 0
        assert given(line) == [VALUE]

    def test_applied_again_it_needs_no_value(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch) -> None:
        plan = self.planned(line)
        assert line.run("apply", str(plan)).code == 0
        monkeypatch.delenv("NEW_PASSWORD")
        assert line.run("apply", str(plan)).code == 0
        assert len(line.app.writes) == 1


class TestRecovery:
    @pytest.fixture(autouse=True)
    def left(self, line: WritableLine) -> None:
        """A creation whose process ended before an answer came."""
        line.run("grant", "acme", "group:g2/member", "user:u1")
        with open_state(line.home / "state.db") as state:
            (made,) = state.changes("acme")
            entry = JournalEntry(
                id="crashed.1",
                connection="acme",
                connector="writable",
                change=CreateAccount(arguments={"email": "new@example.com", "password": "env:NEW_PASSWORD"}),
                title="create the account new@example.com",
                status=JournalStatus.INTENT,
                intended=made.intended,
                before=TargetState(exists=False),
                kinds=("create",),
            )
            state.save_changes([entry])
        line.app.writes.clear()

    def test_it_is_made_now_where_the_value_is_there(self, line: WritableLine) -> None:
        ran = line.run("changes", "recover", "acme")
        assert (ran.code, given(line)) == (0, [VALUE])
        nowhere(line, ran.out, ran.err)

    def test_without_the_value_it_was_not_made(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NEW_PASSWORD")
        ran = line.run("changes", "recover", "acme", "--output", "json")
        (one,) = ran.json()["changes"]
        assert (ran.code, one["outcome"], one["tag"], line.app.writes) == (75, "failed", "not_made", [])
        assert "NEW_PASSWORD is not set" in one["reason"]

    def test_what_was_made_needs_no_value(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NEW_PASSWORD")
        line.app.people["u9"] = type(line.app.people["u1"])(name="New", email="new@example.com")
        assert line.run("changes", "recover", "acme").code == 0
        assert line.app.writes == []


def test_the_keys_say_that_they_are_secret(line: WritableLine) -> None:
    ran = line.run("action", "list", "acme")
    assert "password (secret: env:NAME or file:PATH, required): The first password." in ran.out
    found = line.run("action", "list", "acme", "--output", "json").json()["actions"][-1]["arguments"]
    assert [one["secret"] for one in found] == [False, True]


def test_the_search_finds_what_it_looks_for(line: WritableLine) -> None:
    file = line.folder / "left.db"
    db = sqlite3.connect(file)
    db.execute("CREATE TABLE t (x)")
    db.execute("INSERT INTO t VALUES (?)", (json.dumps({"password": VALUE}),))
    db.commit()
    db.close()
    with pytest.raises(AssertionError):
        nowhere(line)
