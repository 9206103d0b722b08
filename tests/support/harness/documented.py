"""Documented commands: found in a page with their lines, and run in their order as they stand there.

Commands stand in blocks of the language ``console``, behind ``$ `` (a backslash at the end goes on in the next line). What
stands below a command is what it prints; ``…`` is anything, alone on a line any number of lines, and an id of a run or a
change stands for the one printed there, also in later commands. A command must succeed, unless ``$ echo $?`` comes next.
Comments, which a reader does not see, tell the rest:

    <!-- runs-in: dropbox-team -->          where the page plays, see ``SETTINGS``; an empty folder if it does not say
    <!-- file: NAME -->                     the next block is that file in the folder, from there on
    <!-- files-of: PAGE -->                 the files of another page lie there already
    <!-- before: COMMAND -->                a command that the reader has run before
    <!-- meanwhile: NAME JSON -->           something that happens in the application: a method of ``Control``
"""

import json
import os
import random
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from jackfield_dropbox_simulator.launch import Control, Spawned

from .programs import script
from .spawned import spawn

BIN = Path(sys.executable).parent
CONFIGURATION = """\
[connections.acme]
connector = "dropbox"
app_key = "the app key"
app_secret = "env:DROPBOX_APP_SECRET"
refresh_token = "file:dropbox-refresh-token"
"""
PEOPLE = {
    "jane@example.com": ("Jane", "Doe"),
    "bob@example.com": ("Bob", "Ray"),
    "ann@example.com": ("Ann", "Smith"),
    "boss@example.com": ("Grace", "Chief"),
}
GROUPS = ("Design", "Research")

_COMMENT = re.compile(r"<!-- (runs-in|file|files-of|before|meanwhile): (.*?) -->")
_FENCE = re.compile(r"( *)(```+)(\w*)")
_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]+(?:\.\d+)?")
_PIECES = re.compile(rf"(…|{_ID.pattern})")
CONSENT = re.compile(r"https?://\S+/oauth2/authorize\S+")
_SCRIPT = """\
[ ! -f "$STATE/exports" ] || . "$STATE/exports"
(exit {code})
{command}
code=$?
export -p >"$STATE/exports"
pwd >"$STATE/folder"
exit $code
"""


class Command(NamedTuple):
    """A command, the line that it stands in, and the lines that it prints, if the page shows them."""

    line: int
    text: str
    shown: tuple[str, ...] = ()


class File(NamedTuple):
    """A file that the reader writes."""

    name: str
    text: str


class Meanwhile(NamedTuple):
    """Something that happens in the application: a method of its control, and what it takes."""

    name: str
    arguments: list[Any]
    settings: dict[str, Any]


Step = Command | File | Meanwhile


class Block(NamedTuple):
    """A fenced block without its indentation; ``line`` is that of its first line, ``file`` the file that it is, if any."""

    line: int
    language: str
    lines: tuple[str, ...]
    file: str | None = None


class Page(NamedTuple):
    """A page: where it plays, and what happens in it."""

    setting: str
    steps: tuple[Step, ...]
    blocks: tuple[Block, ...]


def read_page(file: Path) -> Page:
    """The page in *file*."""
    setting, steps, blocks, name = "folder", list[Step](), list[Block](), None
    lines = iter(enumerate(file.read_text(encoding="utf-8").splitlines(), 1))
    for number, line in lines:
        if comment := _COMMENT.fullmatch(line.strip()):
            kind, given = comment.groups()
            if kind == "runs-in":
                setting = given
            elif kind == "file":
                name = given
            elif kind == "files-of":
                steps += [each for each in read_page(file.parent / given).steps if isinstance(each, File)]
            elif kind == "before":
                steps.append(Command(number, given))
            else:
                event, _, rest = given.partition(" ")
                what = json.loads(rest or "[]")
                steps.append(Meanwhile(event, [], what) if rest.startswith("{") else Meanwhile(event, what, {}))
        elif fence := _FENCE.match(line):
            indent, ticks, language = fence.groups()
            inside: list[str] = []
            for _, within in lines:
                if within.strip() == ticks:
                    break
                inside.append(within.removeprefix(indent))
            block = Block(number + 1, language, tuple(inside), name)
            name = None
            blocks.append(block)
            steps += _steps(block)
    return Page(setting, tuple(steps), tuple(blocks))


def _steps(block: Block) -> list[Step]:
    if block.file is not None:
        return [File(block.file, "\n".join(block.lines) + "\n")]
    return list(_commands(block)) if block.language == "console" else []


def _commands(block: Block) -> Generator[Command]:
    """The commands of a block of the language console."""
    found: Command | None = None
    for number, line in enumerate(block.lines, block.line):
        if found is not None and not found.shown and found.text.endswith("\\"):
            found = found._replace(text=f"{found.text[:-1].rstrip()} {line.strip()}")
        elif line.startswith("$ "):
            if found is not None:
                yield found
            found = Command(number, line[2:])
        elif found is not None:
            found = found._replace(shown=(*found.shown, line))
    if found is not None:
        yield found


def matched(
    shown: tuple[str, ...], printed: str, known: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str] | None:
    """The ids that a page shows with those *printed* in their place; None if it shows something else than *printed*.

    *known* are those of before.
    """
    ids: list[str] = []

    def pattern(line: str) -> str:
        if line.strip() == "…":
            return r"(?:.*\n)*?"
        parts: list[str] = []
        for part in _PIECES.split(line.rstrip()):
            if not _ID.fullmatch(part):
                parts.append(".*" if part == "…" else re.escape(part))
            elif part in known:
                parts.append(re.escape(known[part]))
            elif part in ids:
                parts.append(rf"\{ids.index(part) + 1}")
            else:
                ids.append(part)
                parts.append(f"({_ID.pattern})")
        return "".join(parts) + r"\n"

    lines = [line.rstrip() for line in printed.rstrip().splitlines()]
    found = re.fullmatch("".join(map(pattern, shown)), "".join(f"{line}\n" for line in lines))
    return None if found is None else {**known, **dict(zip(ids, found.groups(), strict=True))}


class Reader:
    """Somebody who does what a page says, in a folder.

    ``$PORT`` and ``$PORT2`` are free ports. What a command leaves running behind ``&`` ends with the block. ``jackfield`` is
    not started anew, see ``forking``; the suites of connectors, where a page runs them by pytest, take one seed of the three.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], team: Control | None = None) -> None:
        self.folder = folder
        self.team = team
        self._at = folder
        self._code = 0
        self._ids: dict[str, str] = {}
        self._behind: list[subprocess.Popen[bytes]] = []
        self._state = folder / ".shell"
        self._state.mkdir()
        self._programs = folder / ".programs"
        self._programs.mkdir()
        self._held = ExitStack()
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("JACKFIELD", "PYTEST"))},
            "PATH": os.pathsep.join([str(self._programs), str(BIN), os.environ["PATH"]]),
            "HOME": str(folder),
            "JACKFIELD_HOME": str(folder / "home"),
            "JACKFIELD_ACTOR": "jane",
            "BROWSER": "true",
            "PYTEST_ADDOPTS": "--jackfield-seeds=1",
            **_into(folder / ".site"),
            "STATE": str(self._state),
            "PORT": str(_free_port()),
            "PORT2": str(_free_port()),
            **environment,
        }

    def __enter__(self) -> Self:
        self._held.enter_context(script(self._programs))
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._behind:
            process.terminate()
            process.wait()
        self._held.close()

    def follow(self, page: Page, name: str) -> None:
        """Do all that *page* says; an AssertionError names the line of what is not as it says."""
        for step, following in zip(page.steps, (*page.steps[1:], None), strict=True):
            if isinstance(step, File):
                file = self._at / step.name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(step.text, encoding="utf-8")
            elif isinstance(step, Meanwhile):
                self._happen(step)
            else:
                told = self.run(_ID.sub(lambda found: self._ids.get(found.group(), found.group()), step.text))
                at = f"{name}:{step.line}: $ {step.text}"
                asked = isinstance(following, Command) and following.text == "echo $?"
                assert asked or self._code == 0, f"{at}\nends with exit code {self._code}:\n{told}"
                if step.shown:
                    ids = matched(step.shown, told, self._ids)
                    assert ids is not None, "\n".join([at, "prints", told, "and not", *step.shown])
                    self._ids = ids

    def run(self, command: str) -> str:
        """Run one command of a shell, and give all that it prints; consent that it asks for is given."""
        if command.endswith(" &"):
            return self._leave(command.removesuffix(" &"))
        script = _SCRIPT.format(code=self._code, command=command)
        process = subprocess.Popen(
            ["bash", "-c", script], cwd=self._at, env=self._environment, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            printed = self._consent(process) if "jackfield authorize" in command else ""
            process.stdin.close()
            printed += process.stdout.read()
        self._code = process.returncode
        self._at = Path((self._state / "folder").read_text().strip())
        return printed

    def _leave(self, command: str) -> str:
        """Start a command that goes on, and give the first line that it prints."""
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"], cwd=self._at, env=self._environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._behind.append(process)
        assert process.stdout is not None
        with process.stdout:
            return process.stdout.readline().decode()

    @property
    def code(self) -> int:
        """The exit code of the last command."""
        return self._code

    def _consent(self, process: "subprocess.Popen[str]") -> str:
        """Read until the command asks for consent, and give it as an administrator does."""
        assert process.stdin is not None
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if found := CONSENT.search(line):
                if code := consent_code(found.group()):
                    process.stdin.write(code + "\n")
                break
        return "".join(lines)

    def _happen(self, event: Meanwhile) -> None:
        assert self.team is not None, f"{event.name} happens nowhere: the page says no setting"
        method = getattr(self.team, event.name)
        method(*event.arguments, **event.settings)


def _into(site: Path) -> dict[str, str]:
    """Let ``pip install`` put a package into a folder of its own, without a network and beside what is installed here."""
    site.mkdir()
    # What is installed as editable is found by a .pth file, which only a folder of packages may have.
    (site / "sitecustomize.py").write_text("import pathlib, site\nsite.addsitedir(pathlib.Path(__file__).parent)\n")
    return {
        "PIP_TARGET": str(site),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONPATH": str(site),
    }


def _free_port() -> int:
    """A port that nothing has, below those that a system gives out by itself: it stays free until it is used."""
    for port in random.sample(range(20_000, 30_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("none of a hundred ports is free")


def consent_code(address: str) -> str | None:
    """What an administrator sees after allowing the app at *address*; None where the browser is sent back instead."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address) as page:
        found = re.search(r"<code[^>]*>([^<]+)</code>", page.read().decode())
    return found.group(1) if found else None


@contextmanager
def _folder(folder: Path) -> Generator[Reader]:
    """An empty folder, and no application."""
    with Reader(folder, {}) as reader:
        yield reader


@contextmanager
def _team(folder: Path) -> Generator[Reader]:
    """A team of thirty, Jane, Bob, Ann and their boss, an app that may do everything, a configuration, and no snapshot."""
    with spawn("--members", "30", "--seed", "3") as team:
        people(team)
        (folder / "jackfield.toml").write_text(CONFIGURATION, encoding="utf-8")
        token = folder / "dropbox-refresh-token"
        token.touch(mode=0o600)
        token.write_text(team.refresh_token, encoding="utf-8")
        with Reader(folder, _credentials(team), team) as reader:
            yield reader


@contextmanager
def _app(folder: Path) -> Generator[Reader]:
    """The same team and an app; nothing is configured, and nobody has given consent."""
    with spawn("--members", "30", "--seed", "3") as team:
        people(team)
        with Reader(folder, _credentials(team), team) as reader:
            yield reader


def _credentials(team: Spawned) -> dict[str, str]:
    return {
        "DROPBOX_APP_SECRET": team.app_secret,
        "JACKFIELD_CONNECTIONS__ACME__APP_KEY": team.app_key,
        "JACKFIELD_CONNECTIONS__ACME__BASE_URL": team.base_url,
    }


def people(team: Control) -> None:
    """Let those join whom the documents name, with their groups: Ann owns both, Jane and Bob are in the first."""
    for email, (given, surname) in PEOPLE.items():
        team.change({"do": "join", "email": email, "given": given, "surname": surname})
    for name in GROUPS:
        (group,) = team.change({"do": "create_group", "name": name})
        team.change({"do": "group_add", "group": group, "email": "ann@example.com", "access": "owner"})
        if name == GROUPS[0]:
            for email in ("jane@example.com", "bob@example.com"):
                team.change({"do": "group_add", "group": group, "email": email})


SETTINGS: Mapping[str, Callable[[Path], AbstractContextManager[Reader]]] = {
    "folder": _folder,
    "dropbox-team": _team,
    "dropbox-app": _app,
}
