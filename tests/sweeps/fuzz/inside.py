"""The command line within this process: with a clock by which waiting costs no time, and without a way out of loopback."""

import asyncio
import io
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from harness.hostile import MOST_MB, MOST_SECONDS, TABLE, driving

from jackfield.cli.app import App
from jackfield.cli.guard import guarded
from jackfield.cli.main import cli
from jackfield.clock import SystemClock

ALLOWED = TABLE
_GUESSED = re.compile(r"[0-9a-f]{6,}|\d+|'[^']*'|\"[^\"]*\"|`[^`]*`|/\S+|\(.*\)")
_BUG = re.compile(r"exit code 70: .*?(?:failed in (\w+): (\w+)|did not expect \((\w+)\))")


class TooLong(BaseException):
    """A case goes on for longer than it may."""


class Fast(SystemClock):
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> datetime:
        """The date and time in UTC."""
        return datetime.now(UTC) + timedelta(seconds=min(self._ahead, 1e9))

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return super().monotonic() + self._ahead

    async def sleep(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self._ahead += max(0.0, seconds)
        await asyncio.sleep(0.0005)


class Ran(NamedTuple):
    """How a command ended; ``wrong`` is what no command may do."""

    code: int
    out: str
    err: str
    seconds: float
    wrong: list[str]


def run(
    *arguments: str, home: Path, environ: Mapping[str, str] | None = None, given: bytes | Callable[[str], bytes] = b""
) -> Ran:
    """Run one command line, held to the bounds of time and memory. *given*: what is typed, or who types by what is shown."""
    app = App(environ or {})
    app.__dict__["clock"] = Fast()
    streams = [
        io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True) for _ in "oe"
    ]
    stdin = sys.stdin
    typed = io.BytesIO(given) if isinstance(given, bytes) else Typist(streams[1], given)
    sys.stdin = io.TextIOWrapper(typed, encoding="utf-8", errors="surrogateescape")
    before = _start_counting()
    started = time.monotonic()
    wrong: list[str] = []
    line = ["--home", str(home), *arguments]
    code = -1
    try:
        with _bounded(2 * MOST_SECONDS), redirect_stdout(streams[0]), redirect_stderr(streams[1]):
            code = guarded(app, lambda: cli.main(args=line, prog_name="jackfield", obj=app, standalone_mode=False))
    except TooLong:
        wrong.append(f"it did not end within {2 * MOST_SECONDS:.0f} s")
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException as error:  # noqa: BLE001 - what would have ended the process with a traceback
        wrong.append(f"it raised {type(error).__name__}: {error}")
    finally:
        sys.stdin = stdin
    seconds = time.monotonic() - started
    out, err = (stream.buffer.getvalue().decode("utf-8", "backslashreplace") for stream in streams)  # type: ignore[attr-defined]
    wrong += _judged(code, out, err, seconds, _peak_mb() - before)
    return Ran(code, out, err, seconds, wrong)


class Typist(io.BytesIO):
    """A standard input on which somebody types when asked, by what is shown."""

    def __init__(self, shown: io.TextIOWrapper, types: Callable[[str], bytes]) -> None:
        super().__init__()
        self._shown = shown
        self._types: Callable[[str], bytes] | None = types

    def read1(self, size: int | None = -1, /) -> bytes:
        """What is typed, once."""
        types, self._types = self._types, None
        return types(self._shown.buffer.getvalue().decode()) if types else b""  # type: ignore[attr-defined]

    def readline(self, size: int | None = -1, /) -> bytes:
        """As ``read1``: whoever is asked types one line."""
        return self.read1(size)


def _judged(code: int, out: str, err: str, seconds: float, grown: float) -> Generator[str]:
    if code not in ALLOWED and code != -1:
        yield f"exit code {code}: {' '.join(err.split())[-400:]}"
    if seconds > MOST_SECONDS:
        yield f"it took {seconds:.0f} s"
    if grown > MOST_MB:
        yield f"it took {grown:.0f} MB more"
    # The log of the debug level has it in a field, in one line with the time in front.
    if re.search(r"^\W*Traceback", out + err, re.MULTILINE):
        yield "a traceback: " + (out + err).rpartition("Traceback")[2].strip().splitlines()[-1]
    if found := driving(out + err):
        yield f"characters that drive a terminal or do not show: {found}"
    if code > 0 and not (out + err).strip():
        yield f"exit code {code} without a word"


def signature(wrong: str) -> str:
    """What is the same of two findings of one kind: for a bug, where it came up and the name of the error."""
    if found := _BUG.search(wrong):
        return f"exit code 70, {found.group(1) or 'the host'}: {found.group(2) or found.group(3)}"
    return _GUESSED.sub("…", wrong)[:160]


@contextmanager
def _bounded(seconds: float) -> Generator[None]:
    def late(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _start_counting() -> float:
    """Forget the highest memory so far; gives what is held now, in MB."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return float("inf")  # not a system that can count it; the sweep `hostile` does
    return _status("VmRSS")


def _peak_mb() -> float:
    return _status("VmHWM")


def _status(name: str) -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def stay_inside() -> None:
    """Refuse every address but those of loopback, for the whole process and for good."""

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event == "socket.connect":
            address = arguments[1]
            host = str(address[0]) if isinstance(address, tuple) and address else ""
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            found = arguments[0]
            host = found.decode("latin-1") if isinstance(found, bytes) else str(found or "localhost")
        else:
            return
        if host not in ("localhost", "::1", "") and not host.startswith("127."):
            raise ConnectionRefusedError(111, "outside of loopback")

    sys.addaudithook(watch)
    os.environ.pop("http_proxy", None)
