"""How far changes are, in lines where no terminal looks on: never on standard output, and not one for each."""

from datetime import UTC, datetime
from typing import cast

import pytest

from jackfield.cli.progress import shown_changes
from jackfield_contracts import JournalEntry

ENTRY = cast("JournalEntry", None)


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


def test_lines_come_now_and_then_and_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with shown_changes("acme", 200, clock) as tell:
        assert tell is not None
        for _ in range(200):
            clock.at += 0.0625
            tell(ENTRY)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [f"acme: {settled} of 200 changes" for settled in (80, 160, 200)]


def test_one_change_needs_none(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_changes("acme", 1, Clock()) as tell:
        assert tell is None
    assert capsys.readouterr() == ("", "")
