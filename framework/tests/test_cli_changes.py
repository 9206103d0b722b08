"""``plan`` and ``apply``: many changes, how they end, and what a person is asked."""

import os
import pty
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from jackfield.cli import exits
from jackfield.cli.app import App
from jackfield.errors import BadCredentials
from jackfield_contracts import Outcome, OutcomeKind

from .making import ENTRY
from .writable import Person, WritableLine, held


@pytest.fixture
def line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    state_of_commands: None,
) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


def write(line: WritableLine, *rows: str, heading: str = "kind,entitlement,principal") -> str:
    (line.folder / "changes.csv").write_text("\n".join((heading, *rows)) + "\n")
    return "changes.csv"


THREE = ("grant,group:g2/member,user:u1", "grant,group:g1/member,user:u1", "revoke,role:r1/member,user:u2")


class TestPlan:
    def test_it_shows_what_would_change_beside_the_limits_and_changes_nothing(self, line: WritableLine):
        line.configure()
        ran = line.run("plan", "acme", write(line, *THREE))
        assert ran.code == 0
        assert ran.out.splitlines() == [
            "would change: grant Sales member (group:g2/member) to Ann <ann@example.com>",
            "already: grant Design member (group:g1/member) to Ann <ann@example.com>; it is held already",
            "would change: revoke User management member (role:r1/member) from Bob <bob@example.com>",
            "acme: 2 would change, 1 already",
            "  grant: 1",
            "  privileged: 1 (at most 5 in an hour)",
            "  revoke: 1 (at most 200 in an hour)",
        ]
        assert line.app.writes == []

    def test_programs_get_one_object(self, line: WritableLine):
        found = line.run("plan", "acme", write(line, *THREE), "-o", "p.json", "--output", "json").json()
        assert list(found) == [
            *("plan", "connection", "created", "file", "outcomes", "blast_radius", "limits", "tenant", "warnings"),
            "changes",
        ]
        assert found["outcomes"] == {"changed": 2, "already": 1}
        assert found["blast_radius"] == {"grant": 1, "revoke": 1, "privileged": 1}
        assert [one["outcome"] for one in found["changes"]] == ["changed", "already", "changed"]
        assert found["file"] == "p.json"

    def test_tables_for_programs(self, line: WritableLine):
        rows = line.run("plan", "acme", write(line, *THREE), "--output", "csv").out.splitlines()
        assert rows[0].startswith("change,kind,action,outcome,tag,reason")
        assert len(rows) == 4

    def test_the_file_of_a_plan_is_private(self, line: WritableLine):
        ran = line.run("plan", "acme", write(line, *THREE), "-o", "p.json")
        assert "jackfield apply p.json" in ran.err
        assert (line.folder / "p.json").stat().st_mode & 0o777 == 0o600

    def test_arguments_do_in_place_of_a_file(self, line: WritableLine):
        ran = line.run(
            "plan", "acme", "--grant", "group:g2/member", "user:u1", "--revoke", "group:g1/member", "user:u1"
        )
        assert (ran.code, "2 would change" in ran.out) == (0, True)
        assert line.run("plan", "acme").code == 2

    def test_all_wrong_rows_are_told_and_nothing_is_written(self, line: WritableLine):
        line.published()
        file = write(line, "grant,Nothing/member,Ann", "grant,Design/member,Twin", "grant,Design/member,Bob")
        ran = line.run("plan", "acme", file, "-o", "p.json")
        assert (ran.code, ran.out) == (2, "")
        assert not (line.folder / "p.json").exists()
        told = ran.err.splitlines()
        assert told[0] == "Error: 2 of 3 changes are wrong; nothing was done."
        assert [row.strip().split(":")[0] for row in told[1:]] == ["line 2", "line 3"]

    def test_many_names_are_looked_up_together(self, line: WritableLine):
        line.app.people |= {f"p{n}": Person(name=f"Person {n}", email=f"p{n}@example.com") for n in range(3000)}
        line.published()
        line.app.people |= {f"q{n}": Person(name=f"New {n}", email=f"q{n}@example.com") for n in range(100)}
        rows = [f"grant,Sales/member,person {n}" for n in range(3000)]
        rows += [f"grant,Sales/member,q{n}@example.com" for n in range(100)]
        line.app.reads.clear()
        started = time.process_time()
        found = line.run("plan", "acme", write(line, *rows), "--output", "json").json()
        assert time.process_time() - started < 10
        assert found["outcomes"] == {"changed": 3100}
        assert len(line.app.reads) == 2


class TestApply:
    def test_a_plan_is_carried_out_and_then_changes_nothing_more(self, line: WritableLine):
        line.run("plan", "acme", write(line, *THREE), "-o", "p.json")
        ran = line.run("apply", "p.json", "--yes")
        assert ran.code == 0
        assert ran.out.splitlines()[-1] == "acme: 2 changed, 1 already"
        assert ran.out.splitlines()[0].endswith("(confirmed by a read)")
        assert held("group:g2/member", "u1") in line.app.held
        writes = len(line.app.writes)
        again = line.run("apply", "p.json", "--yes", "--output", "json")
        assert (again.code, again.json()["outcomes"]) == (0, {"already": 3})
        assert len(line.app.writes) == writes

    def test_programs_get_one_object_or_a_table(self, line: WritableLine):
        line.run("plan", "acme", write(line, *THREE), "-o", "p.json")
        found = line.run("apply", "p.json", "--yes", "--output", "json").json()
        assert list(found) == ["plan", "connection", "outcomes", "changes"]
        assert [one["kind"] for one in found["changes"]] == ["grant", "grant", "revoke"]
        rows = line.run("apply", "p.json", "--yes", "--output", "csv").out.splitlines()
        assert len(rows) == 4

    def test_what_drifted_is_refused_one_by_one(self, line: WritableLine):
        line.run("plan", "acme", write(line, "grant,group:g2/owner,user:u1", "grant,group:g2/owner,user:u2"), "-o", "p")
        line.app.held.add(held("group:g2/member", "u1"))
        dry = line.run("apply", "p", "--dry-run", "--output", "json")
        assert (dry.code, dry.json()["dry_run"]) == (14, True)
        assert [one["tag"] for one in dry.json()["changes"]] == ["drifted", None]
        assert line.app.writes == []
        ran = line.run("apply", "p", "--output", "json")
        assert (ran.code, ran.json()["outcomes"]) == (14, {"refused": 1, "changed": 1})
        assert held("group:g2/member", "u1") in line.app.held

    def test_what_another_change_lets_be_made_is_asked_about_too(self, line: WritableLine):
        line.run(
            "plan", "acme", write(line, "grant,group:g2/member,user:u1", "revoke,group:g2/member,user:u1"), "-o", "p"
        )
        ran = line.run("apply", "p")
        assert (ran.code, line.app.writes) == (2, [])
        assert "--yes" in ran.err
        assert line.run("apply", "p", "--yes").out.splitlines()[-1] == "acme: 2 changed"

    def test_a_tampered_plan_is_refused_whole(self, line: WritableLine):
        line.run("plan", "acme", write(line, *THREE), "-o", "p")
        file = line.folder / "p"
        file.write_text(file.read_text().replace("u1", "u2"))
        ran = line.run("apply", "p", "--yes")
        assert (ran.code, ran.out, line.app.writes) == (14, "", [])
        file.write_text("{}")
        assert line.run("apply", "p", "--yes").code == 2
        assert line.run("apply", "nothing", "--yes").code == 2

    def test_what_takes_away_needs_yes_without_a_terminal(self, line: WritableLine):
        line.run("plan", "acme", write(line, *THREE), "-o", "p")
        ran = line.run("apply", "p")
        assert (ran.code, line.app.writes) == (2, [])
        assert "asks for confirmation" in ran.err

    def test_what_was_made_before_an_error_is_printed(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch):
        line.run("plan", "acme", write(line, *THREE), "-o", "p")

        async def fail(session: object, plan: object, progress: object = None) -> None:
            entry = msgspec.structs.replace(ENTRY, plan=plan.id)  # type: ignore[attr-defined]
            session.state.save_changes([entry])  # type: ignore[attr-defined]
            raise BadCredentials("the token is over")

        monkeypatch.setattr("jackfield.changes.apply.apply_plan", fail)
        monkeypatch.setattr("jackfield.cli.making.apply_plan", fail)
        ran = line.run("apply", "p", "--yes", "--output", "json")
        assert (ran.code, ran.json()["outcomes"]) == (3, {"changed": 1})
        assert "the token is over" in ran.err


class TestExits:
    @pytest.mark.parametrize(
        ("outcomes", "code"),
        [
            ("", 0),
            ("changed already", 0),
            ("already pending", 10),
            ("pending drifted", 14),
            ("drifted refused pending", 5),
            ("refused unverified drifted", 11),
            ("unverified retryable refused", 75),
            ("retryable failed", 12),
            ("undecided refused", 11),
            ("failed forbidden unverified", 4),
            ("forbidden signed_out failed", 3),
        ],
    )
    def test_the_worst_outcome_gives_the_exit_code(self, outcomes: str, code: int):
        made = {
            "drifted": Outcome(outcome=OutcomeKind.REFUSED, tag="drifted"),
            "retryable": Outcome(outcome=OutcomeKind.FAILED, retryable=True),
            "undecided": None,
            "forbidden": Outcome(outcome=OutcomeKind.FAILED, tag="missing_permission"),
            "signed_out": Outcome(outcome=OutcomeKind.FAILED, tag="bad_credentials"),
            **{kind.value: Outcome(outcome=kind) for kind in OutcomeKind},
        }
        assert exits.of_outcomes(made[name] for name in outcomes.split()) == code


def on_terminal(work: Callable[[], int], answer: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """Run *work* on a terminal where *answer* is typed once it asks, Ctrl-C if that is empty; the code and the screen."""
    main, side = pty.openpty()
    screen: list[bytes] = []

    def watch() -> None:
        typed = False
        while True:
            try:
                screen.append(os.read(main, 4096))
            except OSError:
                return
            if not typed and b"[y/N]" in b"".join(screen):
                typed = True
                if answer:
                    os.write(main, answer)
                else:
                    os.kill(os.getpid(), signal.SIGINT)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    with open(side, closefd=False) as stdin, open(side, "w", closefd=False) as stdout:
        monkeypatch.setattr("sys.stdin", stdin)
        monkeypatch.setattr("sys.stdout", stdout)
        monkeypatch.setattr("sys.stderr", stdout)
        code = work()
    os.close(side)
    watcher.join(5)
    os.close(main)
    return code, b"".join(screen).decode()


class TestTerminal:
    @pytest.mark.parametrize(
        ("answer", "code"), [(b"y\n", 0), (b"YES\n", 0), (b"n\n", 130), (b"\n", 130), (b"\x04", 130)]
    )
    def test_a_person_is_asked_and_sees_the_plan(
        self, line: WritableLine, monkeypatch: pytest.MonkeyPatch, answer: bytes, code: int
    ):
        def work() -> int:
            return line.code("account", "disable", "acme", "user:u1")

        ended, shown = on_terminal(work, answer, monkeypatch)
        assert ended == code, shown
        assert "would change: disable_user Ann <ann@example.com>" in shown
        assert "WARNING: The data on linked devices is wiped." in shown
        assert "Make 1 change in acme: 1 to disable: wipes devices? [y/N]" in shown
        assert len(line.app.writes) == (0 if code else 1)
        assert ("Nothing was done." in shown) == bool(code)

    def test_plain_grants_are_not_asked_about(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch):
        code, shown = on_terminal(lambda: line.code("grant", "acme", "group:g2/member", "user:u1"), b"", monkeypatch)
        assert (code, "[y/N]" in shown) == (0, False)

    def test_ctrl_c_while_asking_ends_it(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch):
        code, screen = on_terminal(lambda: line.code("revoke", "acme", "group:g1/member", "user:u1"), b"", monkeypatch)
        assert (code, line.app.writes) == (130, [])
        assert "Interrupted." in screen


def test_ctrl_c_during_a_change_keeps_the_intent_and_says_how_to_settle_it(line: WritableLine):
    def answer() -> Outcome:
        os.kill(os.getpid(), signal.SIGINT)
        return Outcome(outcome=OutcomeKind.PENDING, job="j1")

    line.app.answer = answer
    line.app.jobs["j1"] = Outcome(outcome=OutcomeKind.PENDING, job="j1")
    ran = line.run("grant", "acme", "group:g2/member", "user:u1")
    assert (ran.code, ran.out) == (130, "")
    assert "1 change is undecided: `jackfield changes recover acme`" in ran.err
    (one,) = line.run("changes", "list", "--undecided", "--output", "json").json()["changes"]
    assert one["kind"] == "grant"
    line.app.answer = None
    line.app.jobs["j1"] = Outcome(outcome=OutcomeKind.CHANGED)
    line.app.held.add(held("group:g2/member", "u1"))
    assert line.run("changes", "recover", "acme").out.startswith("changed: grant Sales member")


def test_two_at_once_are_busy(line: WritableLine):
    from jackfield.state import hold
    from jackfield.state.lock import Holder

    app = App()
    holder = Holder(pid=os.getpid(), run="changes", since="2026-11-24T08:00:00+00:00")
    with app.state() as state, hold(app.home, state, "acme", "changes", purpose="change", holder=holder):
        ran = line.run("grant", "acme", "group:g2/member", "user:u1")
        assert (ran.code, ran.out, line.app.writes) == (13, "", [])
        assert line.run("grant", "acme", "group:g2/member", "user:u1", "--dry-run").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        *(["grant"], ["revoke"], ["account", "create"], ["account", "delete"], ["account", "enable"]),
        *(["account", "disable"], ["action", "run"], ["apply"], ["changes", "recover"]),
    ],
)
def test_every_command_that_changes_something_has_the_same_options(line: WritableLine, arguments: list[str]):
    ran = line.run(*arguments, "--help")
    assert ran.code == 0
    for option in ("--yes", "--reason TEXT", "--dry-run", "--wait SECONDS", "--limit KIND=N", "--provisioning"):
        assert option in ran.out
    assert "--output" in ran.out


def test_their_help_imports_nothing_heavy(line: WritableLine):
    import subprocess
    import sys

    code = "import sys; from jackfield.cli.main import main; main({!r}); print(*sys.modules)"
    for arguments in (["grant", "--help"], ["plan", "--help"], ["changes", "list", "--help"], ["action", "--help"]):
        done = subprocess.run([sys.executable, "-c", code.format(arguments)], capture_output=True, text=True)
        loaded = set(done.stdout.splitlines()[-1].split())
        assert not {"httpx", "aiohttp", "structlog", "rich", "stevedore", "msgspec", "pluggy", "asyncio"} & loaded


class TestEndings:
    """Each command that changes something prints one object, however it ends."""

    @pytest.mark.parametrize(
        ("arguments", "code", "tag"),
        [
            (("grant", "acme", "gone/member", "user:u1"), 5, "not_found"),
            (("grant", "nowhere", "group:g1/member", "user:u1"), 2, "bad_config"),
            (("revoke", "acme", "group:g1/member", "user:u1"), 2, "bad_config"),
            (("action", "run", "acme", "nosuch"), 7, "unsupported"),
        ],
    )
    def test_nothing_could_be_asked_for(self, line: WritableLine, arguments: tuple[str, ...], code: int, tag: str):
        ran = line.run(*arguments, "--output", "json")
        found = ran.json()
        assert (ran.code, found["tag"], found["change"], found["state"]) == (code, tag, None, None)
        assert ran.out.count("\n") == 1
        assert ran.err.startswith("Error: ")

    def test_a_limit_is_foreseen(self, line: WritableLine):
        asked = ("grant", "acme", "group:g2/owner", "user:u1", "--limit", "grant=0", "--output", "json")
        foreseen, made = line.run(*asked, "--dry-run"), line.run(*asked)
        for ran in (foreseen, made):
            assert (ran.code, ran.json()["outcome"], ran.json()["tag"]) == (5, "refused", "limit")


def test_a_plan_is_written_over_no_other_file(line: WritableLine):
    other = line.folder / "other.csv"
    other.write_text("kind,entitlement,principal\ngrant,group:g2/owner,user:u1\n")
    for target in (other, line.folder / "jackfield.toml"):
        before = target.read_bytes()
        ran = line.run("plan", "acme", str(other), "-o", str(target))
        assert (ran.code, target.read_bytes()) == (2, before)
        assert target.name in ran.err
    plan = line.folder / "the.plan"
    assert [line.run("plan", "acme", str(other), "-o", str(plan)).code for _ in range(2)] == [0, 0]


def test_a_dry_plan_writes_no_file(line: WritableLine):
    plan = line.folder / "the.plan"
    ran = line.run("plan", "acme", "--grant", "group:g2/owner", "user:u1", "-o", str(plan), "--dry-run")
    assert (ran.code, plan.exists()) == (0, False)


def test_one_wrong_row_has_its_place_and_the_same_exit_code_as_many(line: WritableLine):
    file = line.folder / "one.jsonl"
    good = '{"entitlement": "group:g2/owner", "principal": "user:u1"}'
    for wrong, word in (
        ('{"entitlement": "gone/member", "principal": "user:u1"}', "gone"),
        ('{"entitlement": "group:g2/owner", "principal": "user:u1", "principal": "user:u2"}', "twice"),
    ):
        for rows in ([wrong], [good, wrong]):
            file.write_text("\n".join(rows))
            ran = line.run("plan", "acme", str(file))
            assert ran.code == 2
            assert f"line {len(rows)}" in ran.err
            assert word in ran.err
