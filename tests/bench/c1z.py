"""A snapshot of 20,000 people and 100,000 grants as a ``.c1z`` file and back: ``python -m tests.bench.c1z``.

Measures whole processes, the start of Python included, and reads back by SQLite and Zstandard what was written. Writes
``docs/evidence/c1z.md``, with the rules of the format and the tests that hold them; ``--small`` takes a hundredth and writes
nothing.
"""

import argparse
import io
import json
import os
import platform
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
import zstandard

SUPPORT = str(Path(__file__).parents[1] / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)

from harness.evidence import ROOT, table  # noqa: E402

from jackfield.snapshots.file import digest  # noqa: E402
from jackfield.state import Home, Run, RunStatus, open_state  # noqa: E402

from .exports import JACKFIELD, Shape, write  # noqa: E402

RUN, TAKEN = "20261123T162539Z-9b4531", "2026-11-23T16:25:39.000+00:00"
CONFIG = '[connections.acme]\nconnector = "roster"\napplication = "made-up"\nfolder = "."\n'
SHAPES = (
    Shape(users=20_000, groups=500, grants=100_000),
    Shape(users=20_000, groups=2_500, grants=1_000_000),
)
SMALL = (Shape(users=200, groups=25, grants=1_000),)
WITHIN = 5.0
"""Processor seconds that 100,000 grants may take to be written."""

RULES: tuple[tuple[str, str, str], ...] = (
    (
        "A.1",
        "five bytes, then one Zstandard frame with its size and checksum, window ≤ 128 MiB",
        "test_the_container_is_five_bytes_and_one_frame_that_any_reader_takes",
    ),
    (
        "A.1",
        "plain database: 4096-byte pages, UTF-8, no WAL, no marks of its own",
        "test_the_database_is_plain",
    ),
    (
        "A.1",
        "read: any page size, the mark of a WAL",
        "test_any_page_size_and_the_mark_of_a_wal",
    ),
    (
        "A.1",
        "read: any level, checksum or none, no content size",
        "test_any_way_to_compress",
    ),
    (
        "A.1",
        "read: several frames, skippable ones",
        "test_several_frames_and_one_to_be_skipped",
    ),
    (
        "A.1",
        "read: a window above 128 MiB is refused",
        "test_a_window_beyond_what_is_granted_is_refused",
    ),
    (
        "A.1",
        "read: the decoded size is bounded, declared or not",
        "test_more_than_is_granted_is_refused_before_the_disk_is_full",
    ),
    (
        "A.1",
        "read: cut off, damaged, empty, another file",
        "test_what_is_no_file_of_version_1_is_told_by_its_name",
    ),
    (
        "A.1",
        "read: version 3 is known by its header and refused with the way around",
        "test_a_file_of_version_3_is_known_and_the_way_around_it_told",
    ),
    (
        "A.1",
        "a file appears whole or not at all (as every export)",
        "test_one_that_fails_half_way_leaves_nothing",
    ),
    (
        "A.2",
        "seven tables with all columns, the newer ones too",
        "test_every_table_has_its_columns",
    ),
    (
        "A.2",
        "sixteen indexes under their names, seven of them unique",
        "test_every_index_is_there_under_its_name",
    ),
    (
        "A.2",
        "columns derive from the message; parents are NULL where there is none",
        "test_columns_say_what_the_messages_say",
    ),
    (
        "A.2",
        "columns of a parent",
        "test_a_parent_stands_in_its_columns",
    ),
    (
        "A.2",
        "`data` is the message in deterministic form, of known fields and annotations only",
        "test_messages_are_those_of_the_pool_and_hold_nothing_else",
    ),
    (
        "A.2",
        "ids are joined without escapes",
        "test_ids_are_joined_without_escapes_and_hashed_where_they_are_too_long",
    ),
    (
        "A.2",
        "grant ids are unique also where the joined parts are alike",
        "test_grants_whose_joined_parts_are_alike_keep_ids_of_their_own",
    ),
    (
        "A.2",
        "read: tables, indexes and newer columns may be missing",
        "test_a_table_may_be_missing",
    ),
    (
        "A.2",
        "read: invalid UTF-8 or another damaged row",
        "test_a_row_that_can_not_be_understood_makes_its_part_incomplete",
    ),
    (
        "A.2",
        "read: views, triggers, virtual tables, missing columns are refused",
        "test_a_database_that_is_none_of_plain_tables_is_refused",
    ),
    (
        "A.2",
        "read: any byte may be another",
        "test_any_byte_may_be_another",
    ),
    (
        "A.3",
        "one finished `full` sync; `supports_diff` and `grants_backfilled` set; ingest checks not claimed; stats",
        "test_there_is_one_finished_full_sync",
    ),
    (
        "A.3",
        "the id is a KSUID",
        "test_a_ksuid_is_its_time_and_its_bytes_in_base_62",
    ),
    (
        "A.3",
        "the same snapshot gives the same file",
        "test_the_same_snapshot_gives_the_same_file",
    ),
    (
        "A.3",
        "`resources_only`, `partial`; `supports_diff` 0 where there are no grants",
        "test_a_part_says_that_it_is_one",
    ),
    (
        "A.3",
        "read: the newest finished full sync, and no row of another",
        "test_the_newest_finished_full_sync_is_read",
    ),
    (
        "A.3",
        "read: an unfinished or partial sync is not complete",
        "test_what_was_left_out_is_unknown",
    ),
    (
        "A.4",
        "times are UTC in one form of text",
        "test_times_are_texts_of_one_form",
    ),
    (
        "A.4",
        "`discovered_at` of a carried row is when it was seen",
        "test_what_was_carried_forward_was_discovered_when_it_was_seen",
    ),
    (
        "A.5",
        "full identity in each grant",
        "test_a_grant_holds_its_full_identity",
    ),
    (
        "A.5",
        "`GrantExpandable` in its column only, `needs_expansion` 1",
        "test_expansion_stands_in_its_column_and_not_in_the_message",
    ),
    (
        "A.5",
        "`GrantImmutable`",
        "test_a_grant_that_nobody_can_change_says_so",
    ),
    (
        "A.5",
        "read: slim grants",
        "test_slim_grants_are_read_from_their_columns",
    ),
    (
        "A.5",
        "read: expansion left in the message",
        "test_expansion_in_the_message_of_an_older_file",
    ),
    (
        "A.6",
        "(a) profile, status and creation in the old place and the new",
        "test_profile_and_status_stand_where_old_and_new_readers_look",
    ),
    (
        "A.6",
        "(a) a status that the format lacks is left open, and told in words",
        "test_a_status_that_the_format_does_not_know_is_left_open",
    ),
    (
        "A.6",
        "(a) read: from the old place",
        "test_status_and_profile_are_read_from_their_old_places",
    ),
    (
        "A.6",
        "(b) only annotations that others know",
        "test_messages_are_those_of_the_pool_and_hold_nothing_else",
    ),
    (
        "A.6",
        "(c) every type, resource and entitlement that is referred to",
        "test_everything_that_is_referred_to_is_there",
    ),
    (
        "A.6",
        "(d) each resource carries the trait of its type",
        "test_each_resource_of_a_type_carries_the_trait_of_the_type",
    ),
    (
        "A.7",
        "`type.googleapis.com/` and the full name",
        "test_messages_are_those_of_the_pool_and_hold_nothing_else",
    ),
    (
        "A.7",
        "entitlements: purpose, slug, EntitlementExclusionGroup, EntitlementImmutable",
        "test_an_entitlement_has_purpose_slug_and_what_excludes_it",
    ),
    (
        "A.8",
        "values are cut, left out or hashed, and it is told",
        "test_values_are_brought_within_their_limits",
    ),
    (
        "A.8",
        "each limit by itself",
        "test_limits_one_by_one",
    ),
    (
        "",
        "what is not complete, and what was carried forward, is told in the file and beside it",
        "test_what_is_not_complete_is_told_in_the_file_and_beside_it",
    ),
    (
        "",
        "there and back: nothing else is lost (small snapshots of any content)",
        "test_nothing_else_is_lost",
    ),
    (
        "",
        "there and back: the simulator's team, and no difference by `diff`",
        "test_the_team_of_the_simulator",
    ),
    (
        "",
        "there and back: what was not seen whole is not whole",
        "test_what_was_not_seen_whole_is_not_whole_in_the_copy",
    ),
)
"""Each rule of the format, and the test that holds it."""

_ABOUT = (
    "Written by `python -m tests.bench.c1z`. The rules of the format by the sections of its description, each with the test that"
    " holds it. The tests read what is written by means of others: SQLite, Zstandard's own decoder and the descriptor pool of"
    " protobuf. No program that reads the format as it is could be had from PyPI or npm: `carryall-baton-backend` 0.1.0"
    " takes the container for gzip, so that it opens no real file; its queries on the columns, run once on a database that"
    " was unpacked, found every row. None of the format's own programs was run on these files: what those do is taken from"
    " the description, which was made by running them."
)


BETWEEN = """import json, resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One command on one snapshot."""

    what: str
    grants: int
    seconds: float
    processor: float
    memory: int
    size: int


def run(what: str, arguments: Iterable[str], folder: Path, grants: int, made: Path) -> Measured:
    """Run a command as a process of its own."""
    start = time.monotonic()
    environment = {
        **os.environ,
        "JACKFIELD_HOME": str(folder / "home"),
        "JACKFIELD_CONFIG": str(folder / "jackfield.toml"),
    }
    # By a small process between: a peak of memory is handed down from whoever starts a process.
    told = subprocess.run(
        [sys.executable, "-c", BETWEEN, JACKFIELD, *arguments],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
    )
    processor, memory = json.loads(told.stdout)
    return Measured(
        what=what,
        grants=grants,
        seconds=time.monotonic() - start,
        processor=processor,
        memory=memory // 1024,
        size=made.stat().st_size,
    )


def measure(shape: Shape, folder: Path) -> list[Measured]:
    """Write a snapshot of *shape* as a file, read it back, and compare."""
    folder.mkdir()
    (folder / "jackfield.toml").write_text(CONFIG)
    home = Home(folder=folder / "home").ensure()
    chosen = sorted(random.Random(1).sample(range(shape.groups * shape.users), shape.grants))
    snapshot = home.snapshot("acme", RUN)
    write(snapshot, shape, [(one // shape.users, one % shape.users) for one in chosen], RUN, TAKEN)
    with open_state(home.database) as state:
        record = Run(
            run=RUN, connection="acme", connector="roster", connector_version="1", status=RunStatus.PUBLISHED,
            started=TAKEN, finished=TAKEN, complete=True, snapshot=str(snapshot), sha256=digest(snapshot),
        )  # fmt: skip
        state.save(record, published=TAKEN)
    file = folder / "acme.c1z"
    found = [
        run("export --format c1z", ("export", "acme", "--format", "c1z", "-o", str(file)), folder, shape.grants, file),
        run("import", ("import", str(file), "--connection", "copy"), folder, shape.grants, file),
    ]
    with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(io.BytesIO(file.read_bytes()[5:])) as stream:
        raw = folder / "raw.db"
        raw.write_bytes(stream.read())
    db = sqlite3.connect(raw)
    counts = [
        db.execute(f"SELECT count(*) FROM v1_{name}").fetchone()[0] for name in ("resources", "entitlements", "grants")
    ]
    assert counts == [shape.users + shape.groups, shape.groups, shape.grants], counts
    db.close()
    environment = {**os.environ, "JACKFIELD_HOME": str(home.folder), "JACKFIELD_CONFIG": str(folder / "jackfield.toml")}
    told = subprocess.run(
        [JACKFIELD, "diff", "acme", "--with", "copy", "--output", "json"],
        env=environment, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert not any(sum(kinds.values()) for kinds in json.loads(told)["counts"].values()), "there and back is the same"
    return found


def page(found: list[Measured]) -> str:
    """The page of evidence."""
    figures = table(
        ("command", "grants", "seconds", "processor seconds", "peak MB", "file MB"),
        [
            (
                one.what,
                f"{one.grants:,}",
                f"{one.seconds:.1f}",
                f"{one.processor:.1f}",
                str(one.memory),
                f"{one.size / 1e6:.1f}",
            )
            for one in found
        ],
    )
    rules = table(("section", "rule", "test"), [(section, rule, f"`{test}`") for section, rule, test in RULES])
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores; other work went on beside it."
    return (
        f"# `.c1z` files\n\n{_ABOUT}\n\n## Time and memory\n\n20,000 people; each command is a process of its own, the"
        f" start of Python included. {machine} Afterwards `diff` found no"
        f" difference between the snapshot and what was imported.\n\n"
        f"{figures}\n\n## Rules and tests\n\n{rules}\n"
    )


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    small: bool = parser.parse_args().small
    found: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, shape in enumerate(SMALL if small else SHAPES):
            found += measure(shape, Path(folder, str(number)))
    for one in found:
        print(one)
    assert found[0].processor <= WITHIN, f"{found[0].processor:.1f} s"
    if not small:
        (ROOT / "docs/evidence/c1z.md").write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
