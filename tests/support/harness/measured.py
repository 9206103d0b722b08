"""Commands as processes of their own, with what they took: seconds, and the memory that they needed at most.

The system counts to a process the memory of the one that it was forked from. So a small one stands between: this module as
a program, which imports nothing large.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

MOST_OUTPUT = 4 << 20
"""Bytes kept of each stream; a flood is cut, and counted."""

CEILING = 6 << 30
"""Address space of a process: what would take more than that is ended by the system instead of taking the machine."""

FILE_CEILING = 2 << 30
"""Size up to which a process may write a file, for what would fill the disk."""


class Measured(NamedTuple):
    """A process that has ended; ``code`` is negative after a signal, which ``late`` says we have sent."""

    code: int
    out: str
    err: str
    seconds: float
    peak_mb: float
    late: bool
    flooded: int


def measure(
    command: Sequence[str | bytes],
    *,
    folder: Path,
    environ: Mapping[bytes, bytes],
    given: bytes = b"",
    timeout: float = 60.0,
) -> Measured:
    """Run *command* in *folder*, with *given* on its standard input; it and its children are killed after *timeout*."""
    told, tell = os.pipe()
    with (
        os.fdopen(told, "rb") as result,
        tempfile.TemporaryFile() as stdin,
        tempfile.TemporaryFile() as stdout,
        tempfile.TemporaryFile() as stderr,
    ):
        stdin.write(given)
        stdin.seek(0)
        try:
            between = subprocess.Popen(
                [sys.executable, "-S", "-E", __file__, str(tell), str(timeout), *command],
                cwd=folder,
                env=environ,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                pass_fds=(tell,),
            )
        finally:
            os.close(tell)
        code, seconds, peak, late = json.loads(result.readline())
        between.wait(10)
        texts: list[str] = []
        flooded = 0
        for stream in (stdout, stderr):
            flooded = max(flooded, stream.seek(0, os.SEEK_END))
            stream.seek(0)
            texts.append(stream.read(MOST_OUTPUT).decode("utf-8", "backslashreplace"))
    return Measured(code, texts[0], texts[1], seconds, peak, late, flooded)


def _run(tell: int, timeout: float, command: list[str]) -> None:
    os.set_inheritable(tell, False)
    started = time.monotonic()
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_AS, (CEILING, CEILING))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_CEILING, FILE_CEILING))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # Of what Python has ignored, a program started by a shell knows nothing.
        for each in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(each, signal.SIG_DFL)
        os.execv(command[0], command)
    late, pause = False, 0.002
    while True:
        found, status, usage = os.wait4(child, os.WNOHANG)
        if found:
            break
        if not late and time.monotonic() - started > timeout:
            late = True
            os.killpg(child, signal.SIGKILL)
        time.sleep(pause)
        pause = min(0.05, pause * 1.5)
    told = (os.waitstatus_to_exitcode(status), time.monotonic() - started, usage.ru_maxrss / 1024, late)
    os.write(tell, json.dumps(told).encode() + b"\n")


if __name__ == "__main__":
    _run(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
