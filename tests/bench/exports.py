"""Every format of ``export`` on a snapshot of 1.2 million grants: ``python -m tests.bench.exports``.

Writes the snapshot, and an older one for what was first seen when, straight into the format, and measures whole processes,
the start of Python included. Writes ``docs/evidence/exports.md``; ``--small`` takes a hundredth and writes nothing.
"""

import argparse
import csv
import json
import os
import platform
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import msgspec
import psutil
import python_calamine

SUPPORT = str(Path(__file__).parents[1] / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)

from harness.evidence import ROOT, table  # noqa: E402
from snapshot_files import group, offers, user  # noqa: E402

from jackfield.snapshots.file import create_partial, digest  # noqa: E402
from jackfield.snapshots.rows import encode_entitlement, encode_resource  # noqa: E402
from jackfield.snapshots.schema import INDEXES, KEY_INDEXES, VIEWS  # noqa: E402
from jackfield.state import Home, Run, RunStatus, open_state  # noqa: E402

JACKFIELD = str(Path(sys.executable).with_name("jackfield"))
WITHIN = {"csv": 5.0, "jsonl": 5.0}
"""Seconds that a format may take."""
FORMATS = ("csv", "jsonl", "xlsx", "parquet", "opengraph")
CONFIG = '[connections.acme]\nconnector = "roster"\napplication = "made-up"\nfolder = "."\n'
_ABOUT = (
    "Written by `python -m tests.bench.exports`. A snapshot of {users:,} people in {groups:,} groups with {grants:,} grants, and"
    " an older one with nine tenths of them, were written straight into the format. Each format was then written to a file by a"
    " process of its own, the start of Python, the check of the snapshot's SHA-256 and the writing to the disk included."
    " Peak memory is that of the process (RSS). Read back by others' readers, every pair of entitlement and principal is"
    " compared with what SQL finds in the snapshot."
)


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How large it is."""

    users: int
    groups: int
    grants: int


WHOLE = Shape(users=20_000, groups=2_500, grants=1_285_000)
SMALL = Shape(users=400, groups=50, grants=12_850)


def write(file: Path, shape: Shape, pairs: list[tuple[int, int]], run: str, taken: str) -> None:
    """Write a snapshot of *shape* with the memberships *pairs*, of group and user by their numbers."""
    file.parent.mkdir(parents=True, exist_ok=True)
    db = create_partial(file)
    db.execute("BEGIN")
    names = ["user", "group", *(f"group:g{number}/*" for number in range(shape.groups))]
    db.executemany(
        "INSERT INTO scope_row (key, name, definition, rows, seal, observed) VALUES (?, ?, '{}', 'grants', 'complete', 0)",
        enumerate(names, 1),
    )
    people = [user(f"u{n:06}", f"Person Número {n}", login=f"p{n}@example.com") for n in range(shape.users)]
    groups = [group(f"g{n}", f"Group {n}, “{n % 7}”") for n in range(shape.groups)]
    rows = [*((one, 1) for one in people), *((one, 2) for one in groups)]
    for key, (one, scope) in enumerate(rows, 1):
        db.execute("INSERT INTO node VALUES (?, ?, ?)", (key, one.id.type, one.id.id))
        made = encode_resource(one)
        db.execute("INSERT INTO resource_row VALUES (?, ?, NULL, NULL, ?, ?)", (key, scope, one.display_name, made))
    for number in range(shape.groups):
        one = offers(f"group:g{number}/member", privileged=number % 50 == 0)
        cells = (number + 1, shape.users + number + 1, "member", one.display_name, encode_entitlement(one))
        db.execute(
            "INSERT INTO entitlement_row (key, resource, slug, scope, display_name, data) VALUES (?, ?, ?, 2, ?, ?)",
            cells,
        )
    db.executemany(
        "INSERT INTO grant_row (entitlement, principal, scope) VALUES (?, ?, ?)",
        ((of + 1, who + 1, of + 3) for of, who in pairs),
    )
    header = {"connection": "acme", "connector": "made-up", "run": run, "tenant": "t", "started": taken, "taken": taken}
    db.executemany("INSERT INTO header VALUES (?, ?)", {**header, "complete": "1", "status": "published"}.items())
    db.execute("COMMIT")
    db.executescript(KEY_INDEXES + INDEXES + VIEWS)
    db.execute("PRAGMA journal_mode = DELETE")
    db.close()


def prepare(folder: Path, shape: Shape) -> None:
    """Write both snapshots and their records."""
    chance = random.Random(11)
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < shape.grants:
        pairs.add((min(int(chance.expovariate(4) * shape.groups), shape.groups - 1), chance.randrange(shape.users)))
    now = sorted(pairs)
    home = Home(folder=folder / "home").ensure()
    (folder / "jackfield.toml").write_text(CONFIG)
    for run, taken, part in (
        ("run-1", "2026-10-01T10:00:00+00:00", [pair for pair in now if chance.random() < 0.9]),
        ("run-2", "2026-11-01T10:00:00+00:00", now),
    ):
        file = home.snapshot("acme", run)
        write(file, shape, part, run, taken)
        record = Run(
            run=run,
            connection="acme",
            connector="roster",
            connector_version="1",
            status=RunStatus.PUBLISHED,
            started=taken,
            finished=taken,
            complete=True,
            tenant="t",
            snapshot=file.name,
            sha256=digest(file),
        )
        with open_state(home.database) as state:
            state.save(record, published=taken)


def _csv(file: Path) -> Iterator[tuple[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            yield row["entitlement"], row["principal"]


def _jsonl(file: Path) -> Iterator[tuple[str, str]]:
    with file.open(encoding="utf-8") as text:
        for one in map(json.loads, text):
            if one["kind"] == "grant":
                of, who = one["entitlement"], one["principal"]
                yield f"{of['resource']['type']}:{of['resource']['id']}/{of['slug']}", f"{who['type']}:{who['id']}"


def _xlsx(file: Path) -> Iterator[tuple[str, str]]:
    book = python_calamine.CalamineWorkbook.from_path(str(file))
    for name in book.sheet_names:
        if name.startswith("Access"):
            rows = book.get_sheet_by_name(name).iter_rows()
            heading = next(rows)
            entitlement, principal = heading.index("entitlement"), heading.index("principal")
            for row in rows:
                yield str(row[entitlement]), str(row[principal])


def _parquet(file: Path) -> Iterator[tuple[str, str]]:
    with duckdb.connect() as db:
        found = db.execute("SELECT entitlement, principal FROM read_parquet(?)", [str(file)])
        while block := found.fetchmany(10_000):
            yield from block


def _opengraph(file: Path) -> Iterator[tuple[str, str]]:
    names: dict[str, str] = {}
    for each in sorted(file.parent.glob(f"{file.name}*"), key=lambda each: len(each.name)):
        with each.open(encoding="utf-8") as text:
            for line in text:
                if line.startswith('{"id"'):
                    node = json.loads(line.rstrip(",\n"))
                    names[node["id"]] = node["properties"]["resource"]
                elif line.startswith('{"kind"'):
                    edge = json.loads(line.rstrip(",\n"))
                    yield edge["properties"]["entitlement"], names[edge["start"]["value"]]


READERS: dict[str, tuple[str, Callable[[Path], Iterator[tuple[str, str]]]]] = {
    "csv": ("csv", _csv),
    "jsonl": ("json", _jsonl),
    "xlsx": ("python-calamine", _xlsx),
    "parquet": ("DuckDB", _parquet),
    "opengraph": ("json", _opengraph),
}
"""By what each format is read back, whom nobody here wrote."""


def summed(pairs: Iterable[tuple[str, str]]) -> tuple[int, int]:
    """How many pairs there are, and a sum of them that does not depend on their order."""
    count = total = 0
    for pair in pairs:
        count += 1
        total = (total + hash(pair)) % 2**64
    return count, total


def grants_of(file: Path) -> tuple[int, int]:
    """The same of the grants in a snapshot file, asked by SQL."""
    with closing(sqlite3.connect(file)) as db:
        return summed(
            db.execute(
                "SELECT resource_type || ':' || resource_id || '/' || slug, principal_type || ':' || principal_id FROM grants"
            )
        )


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one process took."""

    seconds: float
    peak: int
    size: int
    equal: bool


def run(folder: Path, format_: str, expected: tuple[int, int]) -> Measured:
    """Export in a process of its own, watch its memory, and read back what it wrote."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JACKFIELD")}
    target = folder / f"out.{format_}"
    command = [JACKFIELD, "--home", str(folder / "home"), "export", "acme", "--format", format_, "-o", str(target)]
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)
    peak = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        watched = psutil.Process(process.pid)
        while not done.wait(0.02):
            try:
                peak = max(peak, watched.memory_info().rss)
            except psutil.Error:
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, told = process.communicate()
    seconds = time.perf_counter() - started
    done.set()
    watcher.join()
    assert process.returncode == 0, told
    size = sum(each.stat().st_size for each in folder.glob(f"out*{format_}*"))
    _, read = READERS[format_]
    return Measured(seconds=seconds, peak=peak, size=size, equal=summed(read(target)) == expected)


def main(argv: list[str] | None = None) -> int:
    """Measure and write the table; 1 if a format takes too long."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true")
    parser.add_argument("formats", nargs="*", default=FORMATS)
    given = parser.parse_args(argv)
    shape = SMALL if given.small else WHOLE
    with tempfile.TemporaryDirectory(prefix="exports-") as made:
        folder = Path(made)
        prepare(folder, shape)
        expected = grants_of(Home(folder=folder / "home").snapshot("acme", "run-2"))
        found = {format_: run(folder, format_, expected) for format_ in given.formats}
    rows = [
        (f"`{format_}`", f"{one.seconds:.1f}", f"{one.peak / 2**20:,.0f}", f"{one.size / 1e6:,.0f}",
         f"{READERS[format_][0]}: {'equal' if one.equal else 'NOT EQUAL'}")
        for format_, one in found.items()
    ]  # fmt: skip
    about = _ABOUT.format(users=shape.users, groups=shape.groups, grants=shape.grants)
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}."
    parts = [
        "# Exports",
        about,
        machine,
        table(("format", "seconds", "peak MiB", "file, MB", "read back by"), rows).strip(),
    ]
    text = "\n\n".join(parts)
    sys.stdout.write(text + "\n")
    if not given.small and tuple(given.formats) == FORMATS:
        (ROOT / "docs" / "evidence" / "exports.md").write_text(text + "\n", encoding="utf-8")
    late = [format_ for format_, one in found.items() if one.seconds > WITHIN.get(format_, one.seconds)]
    if late and not given.small:
        sys.stderr.write(f"slower than it may be: {', '.join(late)}\n")
    wrong = [format_ for format_, one in found.items() if not one.equal]
    if wrong:
        sys.stderr.write(f"read back, not what the snapshot has: {', '.join(wrong)}\n")
    return 1 if wrong or (late and not given.small) else 0


if __name__ == "__main__":
    sys.exit(main())
