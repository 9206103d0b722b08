"""What a partial snapshot held when its writer was killed, read from a copy of it."""

import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROUTES = {
    "catalogue": ("team/members/get_available_team_member_roles", "team/get_info"),
    "groups": ("team/groups/list", "team/groups/list/continue"),
    "members": ("team/members/list_v2", "team/members/list/continue_v2"),
    "group_members": ("team/groups/get_info",),
    "group_listing": ("team/groups/members/list", "team/groups/members/list/continue"),
}


class Stored(NamedTuple):
    """How far a partial snapshot is: pages by family, digests of the arguments of whole batches, and whether sealed."""

    run: str | None
    pages: Counter[str]
    batches: set[str]
    sealed: bool


def stored_in(partial: Path) -> Stored:
    """What *partial* holds; nothing if it is not there or was just begun."""
    nothing = Stored(None, Counter(), set(), sealed=False)
    if not partial.exists():
        return nothing
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / partial.name
        for suffix in ("", "-wal"):
            beside = partial.with_name(partial.name + suffix)
            if beside.exists():
                shutil.copy(beside, copy.with_name(copy.name + suffix))
        db = sqlite3.connect(copy)
        try:
            header = dict(db.execute("SELECT key, value FROM header").fetchall())
            if "run" not in header:
                return nothing
            pages = dict(
                db.execute(
                    "SELECT r.family, count(*) FROM page_row p JOIN read_row r ON r.key = p.read GROUP BY 1"
                ).fetchall()
            )
            batches = {
                digest(ids.split("\n"))
                for (ids,) in db.execute(
                    "SELECT group_concat(id, char(10)) FROM (SELECT s.read AS read, s.definition ->> '$.resource.id' AS id"
                    " FROM scope_row s JOIN read_row r ON r.key = s.read"
                    " WHERE r.family = 'group_members' AND r.state = 'done' ORDER BY s.key) GROUP BY read"
                )
            }
            return Stored(header["run"], Counter(pages), batches, "status" in header)
        except sqlite3.OperationalError:
            return nothing  # killed before its tables were there
        finally:
            db.close()


def digest(ids: list[str]) -> str:
    """The simulator's digest of the request for these groups."""
    body = json.dumps({".tag": "group_ids", "group_ids": ids}, separators=(",", ":"), ensure_ascii=False)
    return hashlib.blake2b(body.encode(), digest_size=6).hexdigest()
