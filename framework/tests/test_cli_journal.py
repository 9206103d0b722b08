"""``jackfield changes``: the journal of what was changed, and what is left undecided."""

import re
from pathlib import Path

import msgspec
import pytest

from jackfield.cli.app import App
from jackfield_contracts import JournalEntry, JournalStatus, Outcome, StateQuery

from .making import ENTRY
from .test_cli_changes import on_terminal
from .writable import CHANGED, WritableLine, held


@pytest.fixture
def line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    state_of_commands: None,
) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


def journal(line: WritableLine, *entries: JournalEntry) -> None:
    with App().state() as state:
        state.save_changes(entries)


def lost(line: WritableLine, **more: object) -> JournalEntry:
    """An intent of just now whose process ended."""
    from jackfield.clock import SystemClock

    now = SystemClock().now().isoformat(timespec="microseconds")
    before = {"exists": True, "account": {"type": "user", "id": "u1"}, "status": "enabled", "status_raw": "enabled"}
    entry = msgspec.structs.replace(
        ENTRY,
        status=JournalStatus.INTENT,
        outcome=None,
        settled=None,
        intended=now,
        before=msgspec.convert(before, type(ENTRY.before)),
        **more,
    )
    journal(line, entry)
    return entry


class TestJournal:
    def test_without_any_change_it_says_so(self, line: WritableLine):
        assert line.run("changes", "list", "--output", "json").json() == {"changes": [], "total": 0}
        assert line.run("changes", "list", "--connection", "acmee").code == 2
        assert line.run("changes", "show", "nothing").code == 5
        assert "No change is undecided." in line.run("changes", "recover").out

    def test_changes_are_listed_the_newest_first(self, line: WritableLine):
        line.run("grant", "acme", "group:g2/member", "user:u1", "--reason", "wanted")
        line.run("revoke", "acme", "group:g1/member", "user:u1", "--yes")
        found = line.run("changes", "list", "--output", "json").json()["changes"]
        assert [one["kind"] for one in found] == ["revoke", "grant"]
        assert (found[1]["why"], found[1]["actor"], found[1]["status"]) == ("wanted", "tester", "settled")
        assert (found[1]["before"]["held"], found[1]["after"]["held"]) == ([], ["group:g2/member"])
        ran = line.run("changes", "list", "--limit", "1")
        told = ran.out.splitlines()
        assert told[1].startswith("  changed: revoke Design member")
        assert (len(told), told[2]) == (3, "  by tester")
        assert "  by tester: wanted\n" in line.run("changes", "list").out
        assert len(line.run("changes", "list", "--output", "csv").out.splitlines()) == 3
        assert line.run("changes", "list", "--connection", "acme", "--output", "json").json()["changes"] == found

    def test_since_takes_times_and_spans(self, line: WritableLine):
        journal(line, ENTRY)
        line.run("grant", "acme", "group:g2/member", "user:u1")

        def since(text: str) -> int:
            return len(line.run("changes", "list", "--since", text, "--output", "json").json()["changes"])

        assert [since(text) for text in ("2h", "30m", "2026-03-02", "2026-03-01T07:00:00Z", "2026-02-27")] == [
            1,
            1,
            1,
            2,
            2,
        ]
        for text in ("some day", "2x", "h", "", "9" * 40 + "w"):
            assert line.run("changes", "list", "--since", text).code == 2

    def test_one_is_shown_whole(self, line: WritableLine):
        journal(line, ENTRY)
        ran = line.run("changes", "show", "x.1")
        assert ran.code == 0
        for text in ("changed: grant Sales member", "tester", "because", "2026-03-01 08:00:00 UTC", "user:u1"):
            assert text in ran.out

    def test_what_is_undecided_is_listed_and_recovered(self, line: WritableLine):
        entry = lost(line)
        line.app.held.add(held("group:g2/member", "u1"))
        (one,) = line.run("changes", "list", "--undecided", "--output", "json").json()["changes"]
        assert (one["outcome"], one["status"]) == ("undecided", "intent")
        assert "jackfield changes recover acme" in line.run("changes", "show", entry.id).out
        dry = line.run("changes", "recover", "--dry-run", "--output", "json")
        assert (dry.code, dry.json()["outcomes"]) == (0, {"undecided": 1})
        ran = line.run("changes", "recover", "acme", "--output", "json")
        assert (ran.code, ran.json()["outcomes"]) == (0, {"changed": 1})
        assert line.app.writes == []
        assert line.run("changes", "list", "--undecided", "--output", "json").json()["changes"] == []

    def test_all_connections_are_recovered_and_one_that_fails_stops_no_other(self, line: WritableLine):
        lost(line)
        lost(line, id="y.1", connection="another")
        ran = line.run("changes", "recover", "--output", "json")
        assert (ran.code, ran.json()["outcomes"]) == (2, {"changed": 1, "undecided": 1})
        assert "there is no connection 'another'" in ran.err

    def test_the_next_change_tells_what_it_settled_before(self, line: WritableLine):
        lost(line)
        line.app.held.add(held("group:g2/member", "u1"))
        ran = line.run("grant", "acme", "group:g1/owner", "user:u2", "--output", "json")
        assert (ran.code, ran.json()["outcome"]) == (0, "changed")
        assert "Left undecided before, and settled now: changed: grant Sales member" in ran.err


ANSWERED = {
    "nothing": None,
    "changed": {"outcome": "changed", "request_ids": ["w1"]},
    "already": {"outcome": "already"},
    "refused": {"outcome": "refused", "tag": "no", "reason": "it may not"},
    "failed": {"outcome": "failed", "retryable": True},
}


class TestUndecided:
    """What the application answered is not what became of it, until a read or the operation's own rule has settled it."""

    @pytest.mark.parametrize("answer", ANSWERED)
    def test_it_is_undecided_everywhere(self, line: WritableLine, answer: str):
        entry = lost(line)
        given = ANSWERED[answer]
        journal(line, msgspec.structs.replace(entry, outcome=msgspec.convert(given, Outcome) if given else None))
        (one,) = line.run("changes", "list", "--output", "json").json()["changes"]
        shown = line.run("changes", "show", entry.id, "--output", "json").json()
        for document in (one, shown):
            assert (document["outcome"], document["tag"], document["confirmed_by"]) == ("undecided", None, None)
            assert not document["retryable"]
        heading, row = line.run("changes", "list", "--output", "csv").out.splitlines()
        assert dict(zip(heading.split(","), row.split(","), strict=False))["outcome"] == "undecided"
        for ran in (line.run("changes", "list"), line.run("changes", "show", entry.id)):
            assert "undecided: grant Sales member" in ran.out
            assert "confirmed by" not in ran.out
            # What failed, or was not answered at all, is no answer of the application's.
            told = (
                "whether it was made is not known yet" if answer == "failed" else f"the application answered {answer}"
            )
            assert (told in ran.out) == (given is not None)
        dry = line.run("changes", "recover", "--dry-run", "--output", "json").json()
        assert dry["outcomes"] == {"undecided": 1}

    def test_in_the_object_of_an_interrupted_plan_too(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("jackfield.changes.confirm.READS_FOR", 0.3)
        rows = "\n".join(f'{{"entitlement": "group:g2/member", "principal": "user:u{n}"}}' for n in (1, 2, 3))
        (line.folder / "changes.jsonl").write_text(rows)
        assert line.run("plan", "acme", "changes.jsonl", "-o", "p").code == 0

        def answer() -> Outcome:
            if len(line.app.writes) == 3:
                # The answers are written down, and the read that would confirm them is what is interrupted.
                line.app.reads = Interrupting()
            return CHANGED

        line.app.answer = answer
        ran = line.run("apply", "p", "--yes", "--output", "json")
        assert ran.code == 130
        assert [one["outcome"] for one in ran.json()["changes"]] == ["undecided"] * 3
        assert "the application answered changed" in ran.json()["changes"][0]["reason"]
        line.app.reads = []
        again = line.run("apply", "p", "--yes", "--output", "json").json()
        assert again["outcomes"] == {"unverified": 3}, "what was only answered is not told as made"

    def test_an_answer_that_nothing_confirmed_counts_for_the_limits(self, line: WritableLine):
        entry = lost(line, kinds=("grant",), id="z.1", connection="acme")
        refused = msgspec.convert(ANSWERED["refused"], Outcome)
        journal(line, msgspec.structs.replace(entry, outcome=refused))
        ran = line.run(
            "grant", "acme", "group:g1/member", "user:u2", "--limit", "grant=1", "--dry-run", "--output", "json"
        )
        assert (ran.code, ran.json()["tag"]) == (5, "limit")


class Interrupting(list[StateQuery]):
    """Reads of which the next one is interrupted."""

    def append(self, _: StateQuery) -> None:
        raise KeyboardInterrupt


class TestFilters:
    @pytest.fixture
    def line(self, line: WritableLine) -> WritableLine:
        line.published()
        line.run("grant", "acme", "group:g2/member", "user:u1", "--reason", "wanted")
        line.run("grant", "acme", "group:g2/member", "user:u1")
        line.run("revoke", "acme", "group:g1/member", "user:u1", "--yes")
        return line

    @pytest.mark.parametrize(
        ("words", "kinds"),
        [
            (("--principal", "user:u1"), ["revoke", "grant", "grant"]),
            (("--principal", "u1"), ["revoke", "grant", "grant"]),
            (("--principal", "user:u2"), []),
            (("--actor", "tester"), ["revoke", "grant", "grant"]),
            (("--outcome", "already"), ["grant"]),
            (("--outcome", "changed", "--kind", "revoke"), ["revoke"]),
            (("--kind", "grant"), ["grant", "grant"]),
            (("--since", "2h", "--until", "1h"), []),
            (("--until", "2999-01-01"), ["revoke", "grant", "grant"]),
        ],
    )
    def test_the_journal_is_asked_by_who_what_and_when(
        self, line: WritableLine, words: tuple[str, ...], kinds: list[str]
    ):
        ran = line.run("changes", "list", *words, "--output", "json")
        assert (ran.code, [each["kind"] for each in ran.json()["changes"]]) == (0, kinds)

    @pytest.mark.parametrize(
        ("words", "code", "told"),
        [
            (("--principal", "nobody@x.org"), 5, "nobody is called 'nobody@x.org'"),
            (("--actor", "testr"), 5, "Did you mean 'tester'?"),
            (("--outcome", "chagned"), 2, "Did you mean 'changed'?"),
            (("--kind", "revok"), 2, "Did you mean 'revoke'?"),
            (("--until", "tomorrow"), 2, "write a date"),
            (("--connection", "acmee"), 2, "acme"),
        ],
    )
    def test_a_name_that_is_not_there_is_an_error(
        self, line: WritableLine, words: tuple[str, ...], code: int, told: str
    ):
        ran = line.run("changes", "list", *words)
        assert (ran.code, told in ran.err) == (code, True), ran.err


class TestWhatIsListed:
    def made(self, line: WritableLine) -> None:
        for _ in range(2):
            line.run("grant", "acme", "group:g2/member", "user:u1")
        line.run("account", "disable", "acme", "user:u1", "wipe_data=false", "--yes")

    def test_what_was_so_already_can_be_left_out(self, line: WritableLine):
        self.made(line)
        found = line.run("changes", "list", "--no-already", "--output", "json").json()
        assert ([one["outcome"] for one in found["changes"]], found["total"]) == (["changed", "changed"], 2)
        ran = line.run("changes", "list", "--no-already", "--limit", "1")
        assert (ran.out.count("changed: "), "1 of 2" in ran.err) == (1, True)
        assert line.run("changes", "list", "--no-already", "--outcome", "changed").out.count("changed: ") == 2

    @pytest.mark.parametrize("kind", ["disable", "disable_account"])
    def test_a_kind_is_found_by_the_name_that_a_listing_gives_it(self, line: WritableLine, kind: str):
        self.made(line)
        found = line.run("changes", "list", "--kind", kind, "--output", "json").json()["changes"]
        assert [one["kind"] for one in found] == ["disable_account"]

    def test_a_terminal_shows_a_table(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch):
        self.made(line)
        monkeypatch.setenv("COLUMNS", "160")
        code, screen = on_terminal(lambda: line.code("changes", "list"), b"", monkeypatch)
        assert code == 0
        heading = re.sub(r"\x1b\[[0-9;]*m", "", screen).split("\r\n")[0].split()
        assert heading == ["WHEN", "CONNECTION", "OUTCOME", "KIND", "WHAT", "WHY", "CHANGE"]
        assert ("disable" in screen, "disable_account" in screen, "already" in screen) == (True, False, True)

    def test_a_narrow_terminal_shows_a_block_for_each_and_breaks_no_id(
        self, line: WritableLine, monkeypatch: pytest.MonkeyPatch
    ):
        self.made(line)
        ids = [one["change"] for one in line.run("changes", "list", "--output", "json").json()["changes"]]
        monkeypatch.setenv("COLUMNS", "80")
        code, screen = on_terminal(lambda: line.code("changes", "list"), b"", monkeypatch)
        lines = [text.rstrip() for text in re.sub(r"\x1b\[[0-9;]*m", "", screen).split("\r\n")]
        assert code == 0
        assert [text.split()[-1] for text in lines if text.startswith("CHANGE ")] == ids
        assert sum(text.startswith("CONNECTION ") for text in lines) == len(ids)
        assert max(map(len, lines)) <= 80
