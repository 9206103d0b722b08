"""A hundred thousand memberships in groups five deep, asked by ``access`` and ``who``: ``python -m tests.bench.nested``.

Writes exports, syncs them by the roster connector, and measures whole processes, the start of Python included. Writes
``docs/evidence/nested.md``; ``--small`` takes a fiftieth and writes nothing.
"""

import argparse
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

SUPPORT = str(Path(__file__).parents[1] / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)

from harness.evidence import ROOT, table  # noqa: E402

JACKFIELD = str(Path(sys.executable).with_name("jackfield"))
NAME = "acme"
RUNS = 5
WITHIN = 1.0
"""Seconds that an answer of ``access`` may take; ``who`` also prints everybody, up to a hundred thousand rows."""

CONFIG = """[connections.acme]
connector = "roster"
application = "nested"
folder = "exports"
quiet_seconds = 0

[connections.acme.users]
file = "users.csv"
id = "id"
login = "login"

[connections.acme.groups]
file = "groups.csv"
id = "id"
parents = "parents"
split = " "

[[connections.acme.memberships]]
file = "memberships.csv"
of = "group"
to = "group"
member = "user"
"""

_ABOUT = (
    "Written by `python -m tests.bench.nested`. {users:,} users hold {memberships:,} memberships of groups in {levels} levels "
    "({groups} groups; each is in {parents} of the level above, so that there are {total:,} memberships in all, and the "
    "outermost level has a circle). They were exported as CSV, read by `jackfield sync` with the roster connector, and asked "
    "by processes of their own: medians and the slowest of {runs}, the start of Python included. Processor seconds "
    "are those of them in which the process itself worked."
)


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How large it is: groups by level, the innermost first."""

    users: int
    memberships: int
    levels: tuple[int, ...]
    parents: int = 4


WHOLE = Shape(users=10_000, memberships=85_000, levels=(2000, 1000, 500, 200, 50))
SMALL = Shape(users=200, memberships=1700, levels=(40, 20, 10, 8, 5))


def write(folder: Path, shape: Shape) -> int:
    """Write the exports; how many memberships they tell of."""
    chance = random.Random(7)
    exports = folder / "exports"
    exports.mkdir()
    (folder / "jackfield.toml").write_text(CONFIG)
    with (exports / "users.csv").open("w") as file:
        file.write("id,login\n")
        file.writelines(f"u{number},u{number}@example.com\n" for number in range(shape.users))
    total = 0
    with (exports / "groups.csv").open("w") as file:
        file.write("id,parents\n")
        for level, count in enumerate(shape.levels):
            # The outermost level is a circle.
            last = level + 1 == len(shape.levels)
            above = level if last else level + 1
            for number in range(count):
                others = range(shape.levels[above])
                parents = [(number + 1) % count] if last else chance.sample(others, shape.parents)
                total += len(parents)
                file.write(f"g{level}-{number},{' '.join(f'g{above}-{one}' for one in parents)}\n")
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < shape.memberships:
        pairs.add((chance.randrange(shape.users), chance.randrange(shape.levels[0])))
    with (exports / "memberships.csv").open("w") as file:
        file.write("group,user\n")
        file.writelines(f"g0-{group},u{user}\n" for user, group in sorted(pairs))
    return total + len(pairs)


class Asked(msgspec.Struct, frozen=True):
    """What one command took, in seconds, and how many rows it gave."""

    seconds: list[float]
    processor: list[float]
    rows: int


def run(folder: Path, *arguments: str) -> tuple[float, float, str]:
    """Run one process; its seconds, those of the processor, and what it printed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JACKFIELD")}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(
        [JACKFIELD, "--home", str(folder / "home"), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - started
    assert done.returncode == 0, done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, done.stdout


def ask(folder: Path, runs: int, *arguments: str) -> Asked:
    """Run one command several times."""
    seconds, processor, rows = list[float](), list[float](), 0
    for _ in range(runs):
        took, worked, printed = run(folder, *arguments, "--output", "json")
        found: dict[str, Any] = json.loads(printed)
        rows = len(found["access"])
        seconds.append(took)
        processor.append(worked)
    return Asked(seconds, processor, rows)


def main(argv: list[str] | None = None) -> int:
    """Measure and write the table; 1 if an answer takes too long."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true")
    small = parser.parse_args(argv).small
    shape = SMALL if small else WHOLE
    with tempfile.TemporaryDirectory(prefix="nested-") as made:
        folder = Path(made)
        total = write(folder, shape)
        synced, _, printed = run(folder, "sync", NAME, "--output", "json")
        counts = json.loads(printed)["counts"]
        assert counts["grants"] == total, (counts, total)
        outermost = len(shape.levels) - 1
        questions = [
            ("access", NAME, "u0@example.com"),
            ("access", NAME, f"u{shape.users - 1}@example.com"),
            ("access", NAME, "group:g0-0"),
            ("who", NAME, "group:g0-0/member"),
            ("who", NAME, "group:g1-0/member"),
            ("who", NAME, f"group:g{outermost - 1}-0/member"),
            ("who", NAME, f"group:g{outermost}-0/member"),
        ]
        answers = [(question, ask(folder, 1 if small else RUNS, *question)) for question in questions]
    rows = [
        (f"`jackfield {' '.join(question)}`", f"{asked.rows:,}", f"{statistics.median(asked.seconds):.2f}",
         f"{max(asked.seconds):.2f}", f"{statistics.median(asked.processor):.2f}")
        for question, asked in answers
    ]  # fmt: skip
    about = _ABOUT.format(
        users=shape.users,
        memberships=shape.memberships,
        levels=len(shape.levels),
        groups=", ".join(f"{count:,}" for count in shape.levels),
        parents=shape.parents,
        total=total,
        runs=RUNS,
    )
    machine = (
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}. "
        f"The sync took {synced:.1f} s."
    )
    text = "\n\n".join(
        [
            "# Nested groups",
            about,
            machine,
            table(("command", "rows", "seconds", "slowest", "processor s"), rows).strip(),
        ]
    )
    sys.stdout.write(text + "\n")
    if not small:
        (ROOT / "docs" / "evidence" / "nested.md").write_text(text + "\n", encoding="utf-8")
    late = [
        question for question, asked in answers if question[0] == "access" and statistics.median(asked.seconds) > WITHIN
    ]
    if late and not small:
        sys.stderr.write(f"slower than {WITHIN:g} s: {late}\n")
    return 1 if late and not small else 0


if __name__ == "__main__":
    sys.exit(main())
