"""``python doomed.py TRACE POINT ARGUMENT…``: the command line, which ends itself as ``kill -9`` would at one point.

The points that it passes are written to the file TRACE, a line each: a change is being written to the journal
(``saving``), half of it is (``writing``), it is there (``saved``), a request leaves (``asking``) or its answer has come
(``answered``). POINT is a line of such a trace; without one it runs to its end.
"""

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jackfield.cli.main import main
from jackfield.http.transport import Client, route_of
from jackfield.state.journal import Journal
from jackfield_contracts import JournalEntry, JournalStatus


class Fate:
    """Points as they are passed; the one that is chosen is the last, unless another *signal* than SIGKILL ends it."""

    def __init__(self, trace: Path, point: str, signal: signal.Signals = signal.SIGKILL) -> None:
        self._signal = signal
        self._trace = trace.open("a", encoding="utf-8", buffering=1)
        self._point = point
        self._passed: Counter[str] = Counter()

    def pass_by(self, what: str) -> None:
        """Note a point, and end the process if it is the chosen one."""
        self._passed[what] += 1
        point = f"{what} #{self._passed[what]}"
        self._trace.write(point + "\n")
        if point == self._point:
            os.kill(os.getpid(), self._signal)


def stage_of(entries: list[JournalEntry]) -> str:
    """How far changes are that are written down together."""
    first = entries[0]
    if first.status is JournalStatus.INTENT:
        return "intent" if first.outcome is None else "answer"
    return first.status.value


def watch(fate: Fate) -> None:
    """Let *fate* hear of the journal's writes and of the requests."""
    save, send = Journal.save_changes, Client.send

    def save_changes(self: Journal, entries: Iterable[JournalEntry]) -> None:
        listed = list(entries)
        if not listed:
            return save(self, listed)
        stage = stage_of(listed)

        def written() -> Iterator[JournalEntry]:
            for number, entry in enumerate(listed):
                yield entry
                if number == 0:
                    fate.pass_by(f"writing {stage}")

        fate.pass_by(f"saving {stage}")
        save(self, written())
        return fate.pass_by(f"saved {stage}")

    async def sent(self: Client, method: str, url: str, **rest: Any) -> Any:
        route = route_of(url).removeprefix("/2").strip("/")
        fate.pass_by(f"asking {route}")
        answer = await send(self, method, url, **rest)
        fate.pass_by(f"answered {route}")
        return answer

    Journal.save_changes = save_changes  # type: ignore[method-assign]
    Client.send = sent  # type: ignore[method-assign]


if __name__ == "__main__":
    watch(Fate(Path(sys.argv[1]), sys.argv[2]))
    sys.exit(main(sys.argv[3:]))
