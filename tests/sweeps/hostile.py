"""Hostile input: each is built for real and given to the real command line; exit code, memory and time are measured.

``python -m tests.sweeps hostile [WORD…]``: all cases, or those whose part and name hold all the words.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from harness import (
    hostile_files,
    hostile_http,
    hostile_plugins,
    hostile_signin,
    hostile_snapshots,
    hostile_spreadsheets,
    hostile_texts,
    hostile_wire,
)
from harness.evidence import table, write
from harness.hostile import MOST_MB, MOST_SECONDS, Hostile, Seen, idle_mb, show

HEADINGS = ("where", "input", "bound", "message", "exit code", "peak MB", "seconds")


MODULES = (
    hostile_http,
    hostile_wire,
    hostile_signin,
    hostile_files,
    hostile_snapshots,
    hostile_spreadsheets,
    hostile_texts,
    hostile_plugins,
)


def cases() -> list[Hostile]:
    """Every case."""
    made = [case for module in MODULES for case in module.cases()]
    names = [(case.part, case.name) for case in made]
    assert len(set(names)) == len(names), "two cases have one name"
    return made


def play(chosen: Iterable[Hostile]) -> Iterable[Seen]:
    """Play each in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        idle = idle_mb(Path(folder) / "idle")
        for number, case in enumerate(chosen):
            yield show(case, Path(folder) / str(number), idle)


def main(argv: list[str]) -> int:
    """Play all cases, or those that are named."""
    chosen = [case for case in cases() if all(word in f"{case.part} {case.name}" for word in argv)]
    seen: list[Seen] = []
    for one in play(chosen):
        seen.append(one)
        state = "WRONG " + "; ".join(one.wrong) if one.wrong else "ok"
        print(
            f"{one.case.part}: {one.case.name}: {one.code}, {one.peak_mb:.0f} MB, {one.seconds:.1f} s: {state}",
            f"    {one.message}",
            sep="\n",
            flush=True,
        )
    if not argv:
        _write(seen)
    wrong = sum(bool(one.wrong) for one in seen)
    print(f"{len(seen)} cases, {wrong} wrong")
    return int(wrong > 0)


def _write(seen: list[Seen]) -> None:
    rows = [
        (
            one.case.part,
            one.case.name,
            one.case.bound,
            one.message,
            one.code,
            round(max(0, one.peak_mb)),
            f"{one.seconds:.1f}",
        )
        for one in seen
    ]
    write(
        "hostile",
        "Hostile and broken input",
        "Each input was built for real (servers of raw bytes on loopback, files, pipes, links, devices) and given to the "
        "command line as a process of its own. Held against each: an exit code of the table that fits, never 70 and never "
        "the end by a signal; no traceback, no secret, no character that drives a terminal; at most "
        f"{MOST_MB:.0f} MB more than a sync of a small healthy team (the peak below is the difference) and "
        f"{MOST_SECONDS:.0f} s, where the case does not say that it waits for longer.",
        table(HEADINGS, rows),
        f"{len(seen)} inputs, {sum(bool(one.wrong) for one in seen)} against the rules.",
    )
