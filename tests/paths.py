"""Which functions of ours one page of members passes, and one ``revoke``: ``python -m tests.paths``.

A page is followed from ``Connection.read_page`` until its rows can be read in the snapshot file by others; a revocation from
the command to the settled entry in the journal. Both on a simulated team in a process of its own, over HTTP, one read at a
time, so that nothing but the page is at work.

A function counts once, when it is first seen: entered, or resumed where it waited for the page. Left out are lambdas and
comprehensions, the special methods of structs, and what only runs because a module is imported.

``--out FILE`` writes it as Markdown, ``--json`` prints it for a later ``--before FILE``, whose name is that of its commit.
"""

import argparse
import io
import json
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, redirect_stderr, redirect_stdout, suppress
from multiprocessing import get_context
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import msgspec

from jackfield.cli.main import main as jackfield
from jackfield_dropbox_simulator.launch import Spawned, spawn

TEAM = ("--members", "12", "--groups", "4", "--seed", "7")
TITLES = {
    "page": "A page of members, from `Connection.read_page` to its rows in the snapshot file",
    "revoke": "A revocation, from `jackfield revoke` to the settled entry in the journal",
}
_NOT_COUNTED = ("jackfield_dropbox_simulator", "jackfield_testkit")
_CODE_OF_A_FUNCTION = 0x1
"""The flag CO_OPTIMIZED: the bodies of modules and classes lack it."""


class Step(NamedTuple):
    """A function, and how many of those before it were under way when it was first seen."""

    module: str
    function: str
    depth: int


class Trace:
    """Keeps the functions seen from the moment that *begins* says to the one that *ends* says."""

    def __init__(self, begins: Callable[[FrameType], bool], ends: Callable[[FrameType], bool]) -> None:
        self._begins, self._ends = begins, ends
        self._seen: dict[object, Step] = {}
        self._importing: dict[int, int] = {}
        self.begun = self.ended = False

    @property
    def steps(self) -> list[Step]:
        """All of them, in the order in which they were first seen."""
        return list(self._seen.values())

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """As ``sys.setprofile`` wants it."""
        if event not in ("call", "return") or self.ended:
            return
        thread = threading.get_ident()
        if frame.f_code.co_name == "<module>":
            self._importing[thread] = max(0, self._importing.get(thread, 0) + (1 if event == "call" else -1))
        elif not self._importing.get(thread) and _counts(frame):
            if event == "call":
                self._enter(frame)
            elif self.begun:
                self.ended = self._ends(frame)

    def _enter(self, frame: FrameType) -> None:
        self.begun = self.begun or self._begins(frame)
        if self.begun and frame.f_code not in self._seen:
            depth, outer = 0, frame.f_back
            while outer is not None:
                depth += outer.f_code in self._seen
                outer = outer.f_back
            self._seen[frame.f_code] = Step(*_name(frame), depth)


def _name(frame: FrameType) -> tuple[str, str]:
    return frame.f_globals.get("__name__", ""), frame.f_code.co_qualname.replace(".<locals>", "")


def _counts(frame: FrameType) -> bool:
    code = frame.f_code
    module = frame.f_globals.get("__name__", "")
    if not module.startswith("jackfield") or module.startswith(_NOT_COUNTED):
        return False
    # What is made out of a text, such as the methods of a data class, stands in no file.
    if not code.co_flags & _CODE_OF_A_FUNCTION or code.co_filename != frame.f_globals.get("__file__"):
        return False
    if code.co_name.startswith("__") and code.co_argcount:
        return not isinstance(frame.f_locals.get(code.co_varnames[0]), msgspec.Struct)
    return not code.co_name.startswith("<")


def _count(database: Path, query: str) -> int:
    """What *query* counts, as another connection to the file sees it; 0 while the tables are not there."""
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        return db.execute(query).fetchone()[0]
    return 0


def _page(home: Path) -> Trace:
    users = "SELECT count(*) FROM resource_row JOIN node USING (key) WHERE type = 'user'"

    def begins(frame: FrameType) -> bool:
        return frame.f_code.co_qualname == "Connection.read_page" and frame.f_locals["family"] == "members"

    def ends(frame: FrameType) -> bool:
        stored = frame.f_code.co_qualname == "SnapshotWriter.store"
        return stored and _count(home / "snapshots" / "acme" / "snapshot.partial", users) > 0

    return Trace(begins, ends)


def _revoke(home: Path) -> Trace:
    settled = "SELECT count(*) FROM changes WHERE status = 'settled'"

    def begins(frame: FrameType) -> bool:
        return frame.f_code is jackfield.__code__

    def ends(frame: FrameType) -> bool:
        return frame.f_code.co_qualname == "Journal.save_changes" and _count(home / "state.db", settled) > 0

    return Trace(begins, ends)


TRACES = {"page": _page, "revoke": _revoke}


def _run(name: str | None, folder: Path, words: tuple[str, ...]) -> list[Step]:
    """Run ``jackfield WORD…`` in this process, which has run nothing else; what it passed, if a trace is named."""
    home = folder / "home"
    trace = TRACES[name](home) if name else None
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        threading.setprofile(trace)
        sys.setprofile(trace)
        try:
            code = jackfield(("--config", str(folder / "jackfield.toml"), "--home", str(home), *words))
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
    if code or (trace and not trace.ended):
        said = [one.buffer.getvalue().decode() for one in (out, err)]  # type: ignore[attr-defined]
        raise RuntimeError(f"{words} ended with {code}, or the end of its path was not seen: {said}")
    return trace.steps if trace else []


def _run_alone(name: str | None, folder: Path, *words: str) -> list[Step]:
    """As ``_run``, in a new process, as a command has it: nothing is remembered from the one before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run, name, folder, words).result()


def _configure(folder: Path, team: Spawned) -> None:
    settings: dict[str, object] = {
        "connector": "dropbox",
        "app_key": team.app_key,
        "app_secret": team.app_secret,
        "refresh_token": team.refresh_token,
        "base_url": team.base_url,
        "provisioning": True,
        "concurrency": 1,
    }
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in settings.items()]
    file = folder / "jackfield.toml"
    file.touch(mode=0o600)
    file.write_text("".join(["[connections.acme]\n", *lines]), encoding="utf-8")


def _membership(truth: dict[str, Any]) -> tuple[str, str]:
    """A membership that can be revoked, as a person would write it."""
    group = next(each for each in truth["groups"] if each["management_type"] == "user_managed" and each["members"])
    member = next(each for each in truth["users"] if each["team_member_id"] in group["members"])
    return f"{group['name']}/member", member["email"]


def paths() -> dict[str, list[Step]]:
    """Both paths, by name."""
    with tempfile.TemporaryDirectory(prefix="jackfield-paths-") as name, spawn(*TEAM) as team:
        folder = Path(name)
        _configure(folder, team)
        page = _run_alone("page", folder, "sync", "acme")
        entitlement, member = _membership(team.truth())
        words = ("revoke", "acme", entitlement, member, "--yes", "--reason", "left the project")
        return {"page": page, "revoke": _run_alone("revoke", folder, *words)}


def _by_module(steps: list[Step]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for step in steps:
        found.setdefault(step.module, []).append(step.function)
    return found


def _numbers(steps: list[Step]) -> tuple[int, int]:
    """How many functions, and of how many modules."""
    return len(steps), len(_by_module(steps))


def _nested(found: dict[str, list[Step]]) -> str:
    lines: list[str] = []
    for name, steps in found.items():
        lines.append("{}: {} functions of {} modules".format(TITLES[name].replace("`", ""), *_numbers(steps)))
        lines += [f"{'  ' * (step.depth + 1)}{step.module}:{step.function}" for step in steps]
    return "\n".join(lines) + "\n"


def _markdown(found: dict[str, list[Step]], before: dict[str, list[Step]], commit: str) -> str:
    headings = ["path", "functions", "modules"]
    rows = [[TITLES[name], *map(str, _numbers(steps))] for name, steps in found.items()]
    asked = "python -m tests.paths --out docs/evidence/paths.md"
    if before:
        headings += [f"functions at {commit}", f"modules at {commit}"]
        rows = [[*row, *map(str, _numbers(before[name]))] for name, row in zip(found, rows, strict=True)]
        asked += f" --before {commit}.json"
    about = (
        "On a simulated team over HTTP, one read at a time, each command in a new process. A function counts once, when it "
        "is first entered, or resumed where it waited for the page. Lambdas, comprehensions, special methods of structs "
        "and what only runs because a module is imported are left out."
    )
    if before:
        about += f" The numbers at {commit} are those of the same script on that commit, where modules had other names."
    lines = [f"| {' | '.join(row)} |" for row in (headings, ["---"] * len(headings), *rows)]
    parts = ["# Functions on two paths", f"Written by `{asked}`.", about, "\n".join(lines)]
    for name, steps in found.items():
        parts.append(f"## {TITLES[name]}")
        parts.append("\n".join(f"- `{module}`: {', '.join(names)}" for module, names in _by_module(steps).items()))
    return "\n\n".join(parts) + "\n"


def main(argv: list[str] | None = None) -> None:
    """Follow both and print what was passed."""
    parser = argparse.ArgumentParser(prog="python -m tests.paths")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--before", type=Path)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args(argv)
    found = paths()
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n" if chosen.json else _nested(found))
    if chosen.out:
        before, commit = {}, ""
        if chosen.before:
            before = msgspec.json.decode(chosen.before.read_bytes(), type=dict[str, list[Step]])
            commit = chosen.before.stem
        chosen.out.write_text(_markdown(found, before, commit), encoding="utf-8")


if __name__ == "__main__":
    main()
