"""Hostile files: pipes and devices where a file is expected, links that were planted, folders that others may write, and
snapshots that were changed on disk."""

import json
import os
import re
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from .cli import NAME
from .hostile import Command, Hostile, Play, Stage, always, run
from .measured import Measured

STRANGER = 54321
"""A user that is neither root nor the one that runs this."""

WRONG_FILE = (2, 12)
CHANGED = (12, 14)
Make = Callable[[Path], None]


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


def _binary(place: Path) -> None:
    place.write_bytes(b"\xff\xfe\x00\x80" * 1000)


def _large(place: Path) -> None:
    with place.open("wb") as file:
        for _ in range(256):
            file.write(b"a" * (1 << 20))


NO_FILES: dict[str, Make] = {
    "a FIFO": os.mkfifo,
    "a link to /dev/zero": lambda place: place.symlink_to("/dev/zero"),
    "a folder": lambda place: place.mkdir(),
    "a socket": _socket,
    "20 GB of nothing": _sparse,
    "256 MB on one line": _large,
    "bytes that are no text": _binary,
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
    "the configuration by $JACKFIELD_CONFIG": (
        "other.toml",
        lambda _, file: run("check", NAME, JACKFIELD_CONFIG=str(file)),
    ),
    "a plugin": ("plugin.py", lambda _, file: run("--plugin", str(file), "connectors", "list")),
    "the CAs": ("ca.pem", lambda stage, file: _https(stage, file)),
    "state.db": ("home/state.db", lambda _, __: run("syncs", NAME)),
}


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
                Hostile(
                    "files",
                    f"{what} as {use}",
                    "a regular file of bounded size",
                    codes,
                    _instead(use, make),
                    ("SSL_CERT" if use == "the CAs" else re.escape(name.rpartition("/")[2]),),
                )
            )
    made.append(
        Hostile(
            "files",
            "apply /dev/zero",
            "a regular file of bounded size",
            (2,),
            always(run("apply", "/dev/zero")),
            ("/dev/zero",),
        )
    )
    made.append(
        Hostile(
            "files",
            "apply /dev/stdin",
            "a regular file of bounded size",
            (2,),
            always(run("apply", "/dev/stdin", given=b"{}")),
            ("/dev/stdin|no plan",),
        )
    )
    return made


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
        "./jackfield.toml of another user": (
            configured(lambda on: os.chown(on.folder / toml, STRANGER, STRANGER)),
            toml,
        ),
        "./jackfield.toml in a folder that everybody may write": (
            configured(lambda on: on.folder.chmod(0o777)),
            "site|toml",
        ),
        "./jackfield.toml in a folder of another user": (
            configured(lambda on: os.chown(on.folder, STRANGER, STRANGER)),
            "site|toml",
        ),
        "a home folder that everybody may write": (housed(lambda on: on.home.chmod(0o777)), "home"),
        "a home folder that a group may write": (housed(lambda on: on.home.chmod(0o770)), "home"),
        "a home folder of another user": (housed(lambda on: os.chown(on.home, STRANGER, STRANGER)), "home"),
        "a folder of snapshots that everybody may write": (
            housed(lambda on: (on.home / "snapshots" / NAME).chmod(0o777)),
            "snapshots",
        ),
        "state.db of another user": (housed(lambda on: os.chown(on.home / "state.db", STRANGER, STRANGER)), "state.db"),
    }
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
        "the lock of changes": _planted(
            f"home/locks/{NAME}.changes", synced, command=run("grant", NAME, group, "user:nobody", "--yes")
        ),
        "state.db": _planted("home/state.db", command=run(*synced)),
        "state.db-wal": _planted("home/state.db-wal", command=run(*synced)),
        "state.db-journal": _planted("home/state.db-journal", command=run(*synced)),
        "snapshot.partial": _planted(f"home/snapshots/{NAME}/snapshot.partial", command=run(*synced)),
        "snapshot.partial-wal": _planted(f"home/snapshots/{NAME}/snapshot.partial-wal", command=run(*synced)),
        "the plan that is written": _planted(
            "the.plan", synced, command=run("plan", NAME, "--grant", group, "user:x", "-o", "the.plan")
        ),
        "the.plan.new": _planted(
            "the.plan.new", synced, command=run("plan", NAME, "--grant", group, "user:x", "-o", "the.plan")
        ),
        "the work list's .erp.csv.new": _worked("work/.erp.csv.new"),
        "the work list's lock": _worked("work/.erp.csv.lock"),
    }
    return [Hostile("files", f"a link planted as {name}", bound, any_end, play) for name, play in rows.items()]


def json_of(done: Measured) -> Sequence[str]:
    """Whether standard output is one JSON document and nothing else."""
    try:
        json.loads(done.out)
    except ValueError as error:
        return [f"standard output is no JSON: {error}"]
    return []


def cases() -> list[Hostile]:
    """All of them."""
    return [*_no_files(), *_writable(), *_links()]
