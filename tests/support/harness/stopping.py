"""``python stopping.py TRACE POINT ARGUMENT…``: the command line, which stops at one point as a host does that hangs.

Beside the points of ``doomed`` there are those of publishing: the snapshot is ``sealed`` but not looked at once more, and it
is put in its place (``renaming``, ``renamed``). Whoever started it lets it go on by SIGCONT.
"""

import signal
import sys
import time
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from harness.cli import Site, Started
from harness.doomed import Fate, watch
from jackfield.cli.main import main
from jackfield.snapshots.file import digest
from jackfield.sync import publish


class Stopped:
    """A command that has stopped at a point, on a host of its own."""

    def __init__(self, site: Site, point: str, *arguments: str) -> None:
        trace = site.folder / "trace"
        program = (sys.executable, __file__, str(trace), point)
        self.started: Started = site.start(*arguments, program=program)
        status = Path(f"/proc/{self.started.process.pid}/stat")
        until = time.monotonic() + 30
        while status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "T":
            passed = trace.read_text(encoding="utf-8") if trace.exists() else ""
            assert time.monotonic() < until, passed
            assert self.started.process.poll() is None, (passed, self.started.end())
            time.sleep(0.02)

    def go_on(self) -> Any:
        """Let it go on, to its end."""
        self.started.process.send_signal(signal.SIGCONT)
        return self.started.end()


def _watch_publishing(fate: Fate) -> None:
    rename = Path.rename

    def digested(file: Path) -> str:
        found = digest(file)
        fate.pass_by("sealed")
        return found

    def renamed(file: Path, to: Path) -> Path:
        if file.suffix == ".finished":
            fate.pass_by("renaming")
        there = rename(file, to)
        if file.suffix == ".finished":
            fate.pass_by("renamed")
        return there

    publish.__dict__["digest"] = digested
    Path.rename = renamed  # type: ignore[method-assign]


if __name__ == "__main__":
    fate = Fate(Path(sys.argv[1]), sys.argv[2], signal.SIGSTOP)
    watch(fate)
    _watch_publishing(fate)
    sys.exit(main(sys.argv[3:]))
