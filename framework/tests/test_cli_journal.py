"""``jackfield changes``: the journal of what was changed, and what is left undecided."""

from pathlib import Path

import msgspec
import pytest

from jackfield_contracts import JournalEntry, JournalStatus

from .making import ENTRY
from .writable import WritableLine, held


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


def journal(line: WritableLine, *entries: JournalEntry) -> None:
    from jackfield.state import Home, open_state

    with open_state(Home(folder=line.home).ensure().database) as state:
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
        assert line.run("changes", "list", "--output", "json").json() == {"changes": []}
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
        for text in ("yesterday", "2x", "h", "", "9" * 40 + "w"):
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
