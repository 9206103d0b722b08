"""Where a connector opens its files, and whether ``check`` knows of those that it will write."""

import shutil
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from jackfield.errors import JackfieldError
from jackfield_contracts import AccessState, Change, Severity
from jackfield_testkit.bench import Bench
from jackfield_testkit.checks.acting import NOT_MADE, all_samples, make_raw, name_of, state_before
from jackfield_testkit.data import Finding, NotApplicable
from jackfield_testkit.sources import named_files, sources

_OPENED: ContextVar[list[tuple[str, int]] | None] = ContextVar("_OPENED", default=None)
"""Paths that are opened, and the thread in which."""

_LARGE = 4096
"""Bytes from which a file is such as grows: what is smaller is read in one look."""

_CHANGES = ("grant", "revoke", "create_account", "delete_account", "run_action")


async def opens_no_file_in_the_loop(bench: Bench) -> None:
    """None of the files that the connector reads is opened in the thread of the event loop, but for the smallest.

    An export of a million rows, or a slow share, would stop every other connection for as long as it is read.
    """
    names = {each.name for each in sources(bench.values) if each.stat().st_size >= _LARGE}
    if not names:
        raise NotApplicable("the connector reads no files that take time to read")
    with _watched() as opened:
        shown = await bench.sync()
        async with bench.open() as connection:
            await connection.check()
    here = threading.get_ident()
    # By its name alone: what is opened within a folder that is open already is heard of so.
    if found := sorted(Path(path).name for path, thread in opened if Path(path).name in names and thread == here):
        raise Finding(f"{found[0]} is opened in the thread of the event loop", f"{shown}", "jackfield check")


@contextmanager
def _watched() -> Generator[list[tuple[str, int]]]:
    _listen()
    opened: list[tuple[str, int]] = []
    token = _OPENED.set(opened)
    try:
        yield opened
    finally:
        _OPENED.reset(token)


@cache
def _listen() -> None:
    """Hear of each file that Python opens; once for a process, since nobody can leave off listening."""

    def heard(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and (opened := _OPENED.get()) is not None and isinstance(arguments[0], str | bytes):
            at = arguments[0]
            opened.append((at if isinstance(at, str) else at.decode(errors="replace"), threading.get_ident()))

    sys.addaudithook(heard)


async def checks_what_it_will_write(bench: Bench) -> None:
    """``check`` says no of changes for which a file has to be written that can't be.

    A work list in a folder that went away shows at the first change, when somebody waits for it.
    """
    changes = all_samples(bench)
    change = changes[0]
    before = {file: _content(file) for file in named_files(bench.values)}
    async with bench.open() as connection:
        state = await state_before(connection, change)
        outcome = await make_raw(connection, change, state)
    written = [file for file, content in before.items() if _content(file) != content]
    if outcome.outcome in NOT_MADE or not written:
        raise NotApplicable("no file that the configuration names is written by a change")
    known = await _against(bench)
    for file in written:
        for what, spoil in (("is a folder", Path.mkdir), ("is what nobody can read", _scribble)):
            aside = file.rename(file.with_name(f"{file.name}.testkit"))
            spoil(file)
            try:
                made = await _made(bench, changes[-1], state)
                told = await _against(bench) != known
            finally:
                shutil.rmtree(file) if file.is_dir() else file.unlink()
                aside.rename(file)
            if not made and not told:
                raise Finding(
                    f"in the place of {file.name} {what}, so that changes fail, and check says that all is well",
                    name_of(changes[-1]),
                    "jackfield check",
                )


def _scribble(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00\n" * 3)


async def _made(bench: Bench, change: Change, state: AccessState) -> bool:
    try:
        async with bench.open() as connection:
            return (await make_raw(connection, change, state)).outcome not in NOT_MADE
    except JackfieldError:
        return False


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


async def _against(bench: Bench) -> list[str] | None:
    """What ``check`` says against changes; None where it fails."""
    try:
        async with bench.open() as connection:
            report = await connection.check()
    except JackfieldError:
        return None
    hooks = {each.name: each.hook for each in bench.found.type.capabilities}
    changes = [each for each in report.capabilities if hooks.get(each.capability) in _CHANGES]
    return [
        *(f"{each.capability} {each.reason}" for each in changes if each.available is not True or each.reason),
        *(each.summary for each in report.diagnostics if each.severity is not Severity.INFO),
    ]
