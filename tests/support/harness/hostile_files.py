"""Hostile files: pipes and devices where a file is expected, links that were planted, folders that others may write, and
snapshots that were changed on disk."""

import json
import os
import re
import shutil
import socket
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from .cli import NAME
from .hostile import Command, Hostile, Stage, run
from .measured import Measured

STRANGER = 54321
"""A user that is neither root nor the one that runs this."""

WRONG_FILE = (2, 12)
CHANGED = (12, 14)
Make = Callable[[Path], None]
Play = Callable[[Stage], Command]


def _socket(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        # The address of a socket may be a hundred bytes long at most.
        here = os.open(place.parent, os.O_RDONLY)
        try:
            one.bind(f"/proc/self/fd/{here}/{place.name}")
        finally:
            os.close(here)


def _sparse(place: Path) -> None:
    with place.open("wb") as file:
        file.truncate(20 << 30)


def _large(place: Path) -> None:
    with place.open("wb") as file:
        for _ in range(256):
            file.write(b"a" * (1 << 20))


NO_FILES: dict[str, Make] = {
    "a FIFO": lambda place: os.mkfifo(place),
    "a link to /dev/zero": lambda place: place.symlink_to("/dev/zero"),
    "a folder": lambda place: place.mkdir(),
    "a socket": _socket,
    "20 GB of nothing": _sparse,
    "256 MB on one line": _large,
    "bytes that are no text": lambda place: place.write_bytes(os.urandom(1) * 3 + b"\xff\xfe\x00\x80" * 1000) and None,
    "an endless link": lambda place: place.symlink_to(place.name),
}


def _secret(stage: Stage, file: Path) -> Command:
    stage.site.configure(refresh_token=f"file:{file}")
    return run("check", NAME)


USES: dict[str, tuple[str, Callable[[Stage, Path], Command]]] = {
    "a secret": ("token", _secret),
    "a plan": ("the.plan", lambda _, file: run("apply", str(file), "--yes")),
    "a file of changes (CSV)": ("changes.csv", lambda _, file: run("plan", NAME, str(file))),
    "a file of changes (JSON lines)": ("changes.jsonl", lambda _, file: run("plan", NAME, str(file))),
    "a file of changes (TOML)": ("changes.toml", lambda _, file: run("plan", NAME, str(file))),
    "the configuration": ("other.toml", lambda _, file: run("--config", str(file), "check", NAME)),
    "the configuration by $JACKFIELD_CONFIG": ("other.toml", lambda _, file: run("check", NAME, JACKFIELD_CONFIG=str(file))),
    "a plugin": ("plugin.py", lambda _, file: run("--plugin", str(file), "connectors", "list")),
    "the CAs": ("ca.pem", lambda stage, file: _https(stage, file)),
    "state.db": ("home/state.db", lambda _, __: run("syncs", NAME)),
}  # fmt: skip


def _https(stage: Stage, file: Path) -> Command:
    stage.site.configure(base_url=stage.server.base_url.replace("http:", "https:"))
    return run("check", NAME, SSL_CERT_FILE=str(file))


def _instead(use: str, make: Make) -> Play:
    name, command = USES[use]

    def play(stage: Stage) -> Command:
        place = stage.folder / name
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        make(place)
        return command(stage, place)

    return play


def _no_files() -> list[Hostile]:
    made: list[Hostile] = []
    for use, (name, _) in USES.items():
        for what, make in NO_FILES.items():
            if use == "a plugin" and what == "256 MB on one line":
                continue  # code of one's own choice may be as large as it likes
            codes = WRONG_FILE if use in ("the CAs", "state.db", "a plugin") else (2,)
            made.append(
                Hostile("files", f"{what} as {use}", "a regular file of bounded size", codes, _instead(use, make),
                        ("SSL_CERT" if use == "the CAs" else re.escape(name.rpartition("/")[2]),))
            )  # fmt: skip
    made.append(Hostile("files", "apply /dev/zero", "a regular file of bounded size", (2,), lambda _: run("apply", "/dev/zero"), ("/dev/zero",)))
    made.append(Hostile("files", "apply /dev/stdin", "a regular file of bounded size", (2,), lambda _: run("apply", "/dev/stdin", given=b"{}"), ("/dev/stdin|no plan",)))
    return made  # fmt: skip


def _writable() -> list[Hostile]:
    """Places where another user may write."""

    def configured(change: Callable[[Stage], object]) -> Play:
        def play(stage: Stage) -> Command:
            change(stage)
            return run("check", NAME)

        return play

    def housed(change: Callable[[Stage], object]) -> Play:
        def play(stage: Stage) -> Command:
            stage.sync()
            change(stage)
            return run("sync", NAME)

        return play

    toml = "jackfield.toml"
    bound = "nobody else may write it"
    places: dict[str, tuple[Play, str]] = {
        "./jackfield.toml that everybody may write": (configured(lambda on: (on.folder / toml).chmod(0o666)), toml),
        "./jackfield.toml that a group may write": (configured(lambda on: (on.folder / toml).chmod(0o664)), toml),
        "./jackfield.toml of another user": (configured(lambda on: os.chown(on.folder / toml, STRANGER, STRANGER)), toml),
        "./jackfield.toml in a folder that everybody may write": (configured(lambda on: on.folder.chmod(0o777)), "site|toml"),
        "./jackfield.toml in a folder of another user": (configured(lambda on: os.chown(on.folder, STRANGER, STRANGER)), "site|toml"),
        "a home folder that everybody may write": (housed(lambda on: on.home.chmod(0o777)), "home"),
        "a home folder that a group may write": (housed(lambda on: on.home.chmod(0o770)), "home"),
        "a home folder of another user": (housed(lambda on: os.chown(on.home, STRANGER, STRANGER)), "home"),
        "a folder of snapshots that everybody may write": (housed(lambda on: (on.home / "snapshots" / NAME).chmod(0o777)), "snapshots"),
        "state.db of another user": (housed(lambda on: os.chown(on.home / "state.db", STRANGER, STRANGER)), "state.db"),
    }  # fmt: skip
    return [Hostile("files", name, bound, WRONG_FILE, play, (says,)) for name, (play, says) in places.items()]


def _planted(name: str, *before: tuple[str, ...], command: Command) -> Play:
    """A symbolic link to the file of another where we are about to write."""

    def play(stage: Stage) -> Command:
        for each in before:
            stage.prepare(*each)
        for place in (stage.home, stage.home / "locks", stage.home / "snapshots", stage.home / "snapshots" / NAME):
            place.mkdir(mode=0o700, exist_ok=True)
        place = stage.folder / name
        place.unlink(missing_ok=True)
        place.symlink_to(stage.victim)
        return command

    return play


ROSTER = """
[connections.erp]
connector = "roster"
application = "erp"
folder = "exports"
quiet_seconds = 0
provisioning = true
work_list = "work/erp.csv"
users = { file = "users.csv", id = "Id", name = "Name" }
memberships = [{ file = "members.csv", of = "group", to = "Group", member = "Id" }]
"""


def _roster(stage: Stage) -> None:
    with (stage.folder / "jackfield.toml").open("a", encoding="utf-8") as file:
        file.write(ROSTER)
    stage.put("exports/users.csv", "Id,Name\nu1,Ann\nu2,Bob\n")
    stage.put("exports/members.csv", "Group,Id\ng1,u1\n")
    (stage.folder / "work").mkdir()


def _worked(name: str) -> Play:
    def play(stage: Stage) -> Command:
        _roster(stage)
        stage.prepare("sync", "erp")
        (stage.folder / name).symlink_to(stage.victim)
        return run("grant", "erp", "group:g1/member", "user:u2", "--yes")

    return play


def _links() -> list[Hostile]:
    bound = "made exclusively, links not followed"
    any_end = (0, 2, 5, 8, 10, 11, 12, 13, 75)
    synced = ("sync", NAME)
    group = "group:nothing/member"
    rows: dict[str, Play] = {
        "the lock of a sync": _planted(f"home/locks/{NAME}.sync", command=run(*synced)),
        "the lock of changes": _planted(f"home/locks/{NAME}.changes", synced, command=run("grant", NAME, group, "user:nobody", "--yes")),
        "state.db": _planted("home/state.db", command=run(*synced)),
        "state.db-wal": _planted("home/state.db-wal", command=run(*synced)),
        "state.db-journal": _planted("home/state.db-journal", command=run(*synced)),
        "snapshot.partial": _planted(f"home/snapshots/{NAME}/snapshot.partial", command=run(*synced)),
        "snapshot.partial-wal": _planted(f"home/snapshots/{NAME}/snapshot.partial-wal", command=run(*synced)),
        "the plan that is written": _planted("the.plan", synced, command=run("plan", NAME, "--grant", group, "user:x", "-o", "the.plan")),
        "the.plan.new": _planted("the.plan.new", synced, command=run("plan", NAME, "--grant", group, "user:x", "-o", "the.plan")),
        "the work list's .erp.csv.new": _worked("work/.erp.csv.new"),
        "the work list's lock": _worked("work/.erp.csv.lock"),
    }  # fmt: skip
    return [Hostile("files", f"a link planted as {name}", bound, any_end, play) for name, play in rows.items()]


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
    return (
        f"ALTER TABLE {table} RENAME TO {table}_before",
        f"CREATE VIEW {table} AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        f" SELECT {table}_before.* FROM n CROSS JOIN {table}_before",
    )


def tables_of(file: Path) -> list[str]:
    """The tables of a snapshot."""
    db = sqlite3.connect(file)
    try:
        return [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    finally:
        db.close()  # fmt: skip


def _views(file: Path) -> None:
    for table in tables_of(file):
        db = sqlite3.connect(file)
        for each in ("view", "trigger", "index"):
            for (name,) in list(db.execute("SELECT name FROM sqlite_schema WHERE type = ? AND sql IS NOT NULL", (each,))):
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
    "plan": ("plan", NAME, "--grant", "group:x/member", "user:y"),
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
            made.append(Hostile("snapshots", f"{what}, then {command}", "its SHA-256", CHANGED, changed_snapshot(change, *line)))
        for command, line in LOOKED_AT.items():
            made.append(Hostile("snapshots", f"{what}, then {command}", "its SHA-256, or SQLite's own checks", (0, 2, 8, 9, *CHANGED), changed_snapshot(change, *line)))
    return made  # fmt: skip


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
        "a path to the file of another as a snapshot": lambda file: _sql("UPDATE runs SET snapshot = '/etc/passwd'")(file),
        "a path to a FIFO as a snapshot": _fifo_named,
    }
    return [
        Hostile("state.db", f"{what}, then {command[0]}", "a sentence", (0, 2, 8, 9, *CHANGED), broken(change, *command))
        for what, change in changes.items()
        for command in (("syncs", NAME), ("stats", NAME), ("sync", NAME))
    ]  # fmt: skip


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


def json_of(done: Measured) -> Sequence[str]:
    """Whether standard output is one JSON document and nothing else."""
    try:
        json.loads(done.out)
    except ValueError as error:
        return [f"standard output is no JSON: {error}"]
    return []


def cases() -> list[Hostile]:
    """All of them."""
    parts = (_no_files, _writable, _links, _snapshots, _states)
    return [case for part in parts for case in part()]
