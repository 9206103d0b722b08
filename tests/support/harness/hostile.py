"""Hostile and broken input: each case builds one, gives it to the real command line, and is judged by what that does.

The bounds are the same for all: an exit code of the table that fits, never 70 and never the end by a signal; no traceback
and no character that drives a terminal; no secret; at most so much memory above an idle process, and so many seconds.
"""

import os
import re
import sys
import unicodedata
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from jackfield_dropbox_simulator.options import TeamOptions

from .cli import JACKFIELD, NAME, Site
from .measured import Measured, measure
from .twisted import Twisted, twisted

MOST_MB = 300.0
"""Memory above that of an idle process."""

MOST_SECONDS = 20.0
GRACE = 5.0
"""Seconds beyond what is allowed after which a process is killed."""

PATIENCE: dict[str, Any] = {"request_timeout": 2.0, "retry_deadline": 2.0, "stall_timeout": 6.0}
TEAM = TeamOptions(members=12, groups=4, seed=1)
TABLE = frozenset({0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 75})
"""The exit codes that the documentation has, without that of a bug."""

_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
_MOST_MESSAGE = 300
_MOST_OUTPUT = 200_000
"""Bytes of output that a command with hostile input may need; none of the cases asks for a long listing."""


class Command(NamedTuple):
    """What is run: ``jackfield`` with these arguments, or another program."""

    arguments: tuple[str | bytes, ...]
    given: bytes = b""
    environ: Mapping[str | bytes, str | bytes] = MappingProxyType({})
    program: tuple[str, ...] = (JACKFIELD,)


def run(*arguments: str | bytes, given: bytes = b"", **environ: str | bytes) -> Command:
    """``jackfield ARGUMENT…`` with *given* on its standard input, and further variables."""
    return Command(arguments, given, {**environ})


class Stage:
    """A team behind a server of raw bytes, and a folder from which commands are run."""

    def __init__(self, folder: Path, server: Twisted) -> None:
        self.folder = folder
        self.server = server
        self.site = Site(folder, server, provisioning=True, **PATIENCE)
        self.victim = folder.parent / "victim"
        self.victim.write_text("the content of another\n", encoding="utf-8")

    @property
    def home(self) -> Path:
        """The home folder."""
        return self.site.home.folder

    def put(self, name: str, content: bytes | str) -> Path:
        """Write a file into the folder."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def prepare(self, *arguments: str) -> Measured:
        """Run something that belongs to the case's past, and has to go well."""
        done = self.measure(run(*arguments))
        if done.code:
            raise RuntimeError(f"{arguments} ended with {done.code}: {done.err[-500:]}")
        return done

    def sync(self) -> Path:
        """Publish a snapshot of the team; gives its file."""
        self.prepare("sync", NAME)
        return max((self.home / "snapshots").rglob("*.sqlite*"), key=lambda file: file.stat().st_mtime)

    def measure(self, command: Command, *, timeout: float = 3 * MOST_SECONDS) -> Measured:
        """Run a command to its end."""
        environ: dict[bytes, bytes] = {
            name: value for name, value in os.environb.items() if not name.startswith(b"JACKFIELD")
        }
        environ |= {os.fsencode(name): os.fsencode(value) for name, value in command.environ.items()}
        home = ["--home", str(self.home)] if command.program == (JACKFIELD,) else []
        line = [*command.program, *home, *command.arguments]
        return measure(line, folder=self.folder, environ=environ, given=command.given, timeout=timeout)


Play = Callable[[Stage], Command]
"""Builds an input, and says what is run with it."""


def always(command: Command) -> Play:
    """Nothing to build: the command is the input."""
    return lambda _: command


class Hostile(NamedTuple):
    """One input. ``codes`` are those that fit; every one of ``says`` (patterns) is in what is told.

    ``look`` finds what else is wrong afterwards. ``most`` are seconds where the case waits for longer than others.
    """

    part: str
    name: str
    bound: str
    codes: tuple[int, ...]
    play: Play
    says: tuple[str, ...] = ()
    look: Callable[[Stage, Measured], Sequence[str]] = lambda _, __: ()
    most: float = MOST_SECONDS


class Seen(NamedTuple):
    """What became of a case."""

    case: Hostile
    code: int
    message: str
    peak_mb: float
    seconds: float
    wrong: tuple[str, ...]


@contextmanager
def staged(folder: Path) -> Generator[Stage]:
    """A stage in *folder*."""
    with twisted(TEAM) as server:
        yield Stage(folder / "site", server)


def idle_mb(folder: Path) -> float:
    """The memory of a command that reads a healthy team."""
    with staged(folder) as stage:
        return stage.prepare("sync", NAME).peak_mb


def show(case: Hostile, folder: Path, idle: float) -> Seen:
    """Play a case in a folder of its own."""
    with staged(folder) as stage:
        try:
            command = case.play(stage)
            done = stage.measure(command, timeout=case.most + GRACE)
        finally:
            # What the case made is to be in nobody's way, however it ends.
            for each in (stage.folder, stage.home):
                if each.is_dir():
                    each.chmod(0o700)
        wrong = [*judge(case, command, stage, done, idle), *stage.server.wrong]
    return Seen(case, done.code, last_message(done), done.peak_mb - idle, done.seconds, tuple(wrong))


def judge(case: Hostile, command: Command, stage: Stage, done: Measured, idle: float) -> Generator[str]:
    """What is wrong about how a command ended."""
    told = done.out + done.err
    if done.late:
        yield f"it did not end within {done.seconds:.0f} s"
    elif done.seconds > case.most:
        yield f"it took {done.seconds:.0f} s, and {case.most:.0f} are allowed"
    if done.code not in case.codes and not done.late:
        yield f"exit code {done.code} instead of {' or '.join(map(str, case.codes))}"
    if done.peak_mb - idle > MOST_MB:
        yield f"it took {done.peak_mb - idle:.0f} MB more than an idle process"
    if "Traceback" in (done.out if "debug" in command.arguments else told):  # in the log it belongs to the debug level
        yield "a traceback"
    if found := driving(told):
        yield f"characters that drive a terminal or do not show: {found}"
    if any(secret in told for secret in (stage.server.app_secret, stage.server.refresh_token)):
        yield "a secret came out"
    if done.flooded > _MOST_OUTPUT:
        yield f"{done.flooded:,} bytes of output"
    if done.code and not done.late:
        said = " ".join(told.split())
        yield from (f"it does not say {what!r}" for what in case.says if not re.search(what, said))
        if not last_message(done):
            yield "it says nothing"
    if stage.victim.read_text(encoding="utf-8") != "the content of another\n":
        yield "the file of another was overwritten"
    yield from case.look(stage, done)


def driving(text: str) -> list[str]:
    """Control, format and private characters in *text*, by name; colours of our own and line ends are none."""
    odd = {
        each for each in _ESCAPES.sub("", text) if unicodedata.category(each) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
    }
    return sorted(f"U+{ord(each):04X}" for each in odd - {"\n", "\t", "\r"})


def last_message(done: Measured) -> str:
    """What was said at last, on one line: the error, or else the end of the result."""
    error = done.err.rpartition("Error: ")
    if error[1]:
        return cut(error[2])
    lines = [line for line in (done.err.strip() or done.out.strip()).splitlines() if line.strip()]
    incomplete = [line for line in lines if "partial" in line or "unreadable" in line or "not complete" in line]
    return cut(" ".join(incomplete[:2] or lines[-1:]))


def cut(text: str) -> str:
    """*text* on one line, shortened in its middle."""
    plain = " ".join(text.split())
    half = _MOST_MESSAGE // 2
    return plain if len(plain) <= _MOST_MESSAGE else f"{plain[:half]} … {plain[-half:]}"


def python(code: str) -> tuple[str, ...]:
    """A program: this Python with *code*."""
    return sys.executable, "-c", code
