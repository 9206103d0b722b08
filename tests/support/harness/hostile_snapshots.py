"""Snapshots and the operational database, changed on disk by somebody else."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from .cli import NAME
from .hostile import Command, Hostile, Stage, run
from .hostile_files import CHANGED, Play


def changed_snapshot(change: Callable[[Path], None], *command: str) -> Play:
    """A published snapshot that somebody changed on the disk, and a command that uses it."""

    def play(stage: Stage) -> Command:
        stage.sync()
        file = stage.sync()
        file.chmod(0o600)
        change(file)
        return run(*(each.replace("FOLDER", str(stage.folder)) for each in command))

    return play


def _sql(*statements: str, schema: bool = False) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        with sqlite3.connect(file) as db:
            if schema:
                db.execute("PRAGMA writable_schema = ON")
            for each in statements:
                db.execute(each)
        db.close()

    return change


def _byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def _endless(table: str) -> tuple[str, ...]:
    """*table* replaced by a view of the same columns that never ends."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    return (
        f"ALTER TABLE {table} RENAME TO {table}_before",
        f"CREATE VIEW {table} AS {numbers} SELECT {table}_before.* FROM n CROSS JOIN {table}_before",
    )


def tables_of(file: Path) -> list[str]:
    """The tables of a snapshot."""
    db = sqlite3.connect(file)
    try:
        return [
            name
            for (name,) in db.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
    finally:
        db.close()


def _views(file: Path) -> None:
    for table in tables_of(file):
        db = sqlite3.connect(file)
        for each in ("view", "trigger", "index"):
            for (name,) in list(
                db.execute("SELECT name FROM sqlite_schema WHERE type = ? AND sql IS NOT NULL", (each,))
            ):
                db.execute(f'DROP {each} "{name}"')
        db.close()
        _sql(*_endless(table))(file)


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _fifo(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _zero(file: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _swapped(file: Path) -> None:
    """The snapshot before it under its name: a good file, and not this one."""
    other = min(file.parent.glob("*.sqlite"), key=lambda each: each.stat().st_mtime)
    shutil.copyfile(other, file)


def _user_gone(file: Path) -> None:
    db = sqlite3.connect(file)
    kind = db.execute("SELECT type FROM sqlite_schema WHERE name = 'resources'").fetchone()[0]
    name = "resources" if kind == "table" else next(one for one in tables_of(file) if "resource" in one)
    db.execute(f"DELETE FROM {name} WHERE rowid IN (SELECT rowid FROM {name} LIMIT 3)")
    db.commit()
    db.close()


def _triggers(file: Path) -> None:
    table = tables_of(file)[0]
    _sql(f"CREATE TRIGGER planted AFTER INSERT ON {table} BEGIN SELECT randomblob(1000000000); END")(file)


USED = {
    "export": ("export", NAME, "--format", "jsonl", "-o", "FOLDER/out.jsonl"),
    "diff": ("diff", NAME),
    "plan": ("plan", NAME, "--grant", "Some Group/member", "somebody@team.example"),
    "verify": ("verify", NAME),
}
LOOKED_AT = {
    "stats": ("stats", NAME),
    "resources": ("resources", NAME, "user"),
    "grants": ("grants", NAME),
    "sync (carries rows forward)": ("sync", NAME),
    "syncs": ("syncs", NAME),
}
CHANGES: dict[str, Callable[[Path], None]] = {
    "three rows deleted": _user_gone,
    "one byte changed": _byte,
    "an earlier snapshot under its name": _swapped,
    "cut in half": _cut,
    "emptied": _emptied,
    "a FIFO": _fifo,
    "a link to /dev/zero": _zero,
    "tables replaced by endless views": _views,
    "a trigger planted": _triggers,
}


def _snapshots() -> list[Hostile]:
    made: list[Hostile] = []
    for what, change in CHANGES.items():
        for command, line in USED.items():
            made.append(
                Hostile("snapshots", f"{what}, then {command}", "its SHA-256", CHANGED, changed_snapshot(change, *line))
            )
        for command, line in LOOKED_AT.items():
            made.append(
                Hostile(
                    "snapshots",
                    f"{what}, then {command}",
                    "its SHA-256, or SQLite's own checks",
                    (0, 2, 8, 9, *CHANGED),
                    changed_snapshot(change, *line),
                )
            )
    return made


def _states() -> list[Hostile]:
    """The operational database, changed."""

    def broken(change: Callable[[Path], None], *command: str) -> Play:
        def play(stage: Stage) -> Command:
            stage.sync()
            change(stage.home / "state.db")
            return run(*command)

        return play

    changes: dict[str, Callable[[Path], None]] = {
        "one byte changed in each page": _pages,
        "cut in half": _cut,
        "the runs replaced by an endless view": _sql(*_endless("runs")),
        "a version from the future": _sql("UPDATE alembic_version SET version_num = 'v9999'"),
        "a path to the file of another as a snapshot": lambda file: _sql("UPDATE runs SET snapshot = '/etc/passwd'")(
            file
        ),
        "a path to a FIFO as a snapshot": _fifo_named,
    }
    return [
        Hostile(
            "state.db", f"{what}, then {command[0]}", "a sentence", (0, 2, 8, 9, *CHANGED), broken(change, *command)
        )
        for what, change in changes.items()
        for command in (("syncs", NAME), ("stats", NAME), ("sync", NAME))
    ]


def _pages(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for at in range(4096 + 8, len(content), 4096):
        content[at] ^= 0xFF
    file.write_bytes(content)


def _fifo_named(file: Path) -> None:
    pipe = file.parent / "pipe"
    os.mkfifo(pipe)
    with sqlite3.connect(file) as db:
        db.execute("UPDATE runs SET snapshot = ?", (str(pipe),))
    db.close()


def cases() -> list[Hostile]:
    """All of them."""
    return [*_snapshots(), *_states()]
