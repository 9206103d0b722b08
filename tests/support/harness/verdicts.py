"""Whether a run that was disturbed told the truth: all of it, or exactly which part it could not see.

A snapshot is judged scope by scope. What a scope that was seen whole shows is the truth and nothing else. A scope that
was not seen whole shows only what is true now, or rows of the base marked as carried, and lacks no row of the base
except where a whole listing shows that the person or the thing is gone.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from jackfield.state import Run, RunStatus
from jackfield.sync import SyncResult
from jackfield_contracts import ResourceId

from .pictures import Grant, Picture, of_file
from .syncs import snapshot_of

Row = tuple[object, ...]
Blur = Callable[[Row], Row]
PUBLISHED, INCOMPLETE, HELD = 0, 8, 9


class Scope(NamedTuple):
    """The rows of one scope in a snapshot."""

    seal: str
    reason: str | None
    fresh: set[Row]
    carried: set[Row]


def exit_code(result: SyncResult) -> int:
    """What the command line makes of it."""
    if result.error is not None:
        return result.error.exit_code
    if result.run.status is RunStatus.HELD:
        return HELD
    return PUBLISHED if result.run.complete else INCOMPLETE


def sharp(row: Row) -> Row:
    """A row as it is."""
    return row


def without_counts(row: Row) -> Row:
    """A row without a group's count."""
    return row[:5] if row[0] == "group" and not isinstance(row, Grant) else row


def without_tags(row: Row) -> Row:
    """A row without what a tag of an open union says: a status, a type, member or owner."""
    if isinstance(row, Grant):
        return row._replace(slug="member") if row.type == "group" else row
    if row[0] == "user":
        return (*row[:2], *row[3:6])
    return row[:4] if row[0] == "group" else row


def scoped(picture: Picture, blur: Blur = sharp) -> dict[str, set[Row]]:
    """The rows of a picture by the scope that each belongs to."""
    found: dict[str, set[Row]] = defaultdict(set)
    found["user"] = {("user", id, *user) for id, user in picture.users.items()}
    found["role"] = {("role", id, name) for id, name in picture.roles.items()}
    found["group"] = {("group", id, *one) for id, one in picture.groups.items()}
    for kind, id in picture.others:
        found[kind].add((kind, id))
    for id in picture.groups:
        found[f"{ResourceId(type='group', id=id)}/*"] = set()
    for grant in picture.grants:
        found[scope_of(grant)].add(grant)
    return {name: {blur(row) for row in rows} for name, rows in found.items()}


def scope_of(grant: Grant) -> str:
    """The scope that a grant belongs to."""
    return "role/*" if grant.type == "role" else f"{ResourceId(type=grant.type, id=grant.id)}/*"


def scopes_of(file: Path, blur: Blur = sharp) -> dict[str, Scope]:
    """The scopes of a snapshot file with their rows, each in the scope that the file says."""
    whole = scoped(of_file(file), blur)
    by_key = {row[:2]: row for rows in whole.values() for row in rows if not isinstance(row, Grant)}
    db = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    try:
        found = {
            name: Scope(seal, reason, set(), set())
            for name, seal, reason in db.execute("SELECT scope, seal, reason FROM scopes")
        }
        for name, kind, id, carried in db.execute("SELECT scope, type, id, carried_from FROM resources"):
            (found[name].carried if carried else found[name].fresh).add(by_key[kind, id])
        for name, carried, *grant in db.execute(
            "SELECT scope, carried_from, resource_type, resource_id, slug, principal_id FROM grants"
        ):
            row = Grant(*grant)
            assert name == scope_of(row), f"{row} stands in the scope {name}"
            (found[name].carried if carried else found[name].fresh).add(blur(row))
    finally:
        db.close()
    return found


def judge(result: SyncResult, truth: Picture, base: Run | None, blur: Blur = sharp) -> list[str]:
    """What is wrong about a run that ended while *truth* held, seen through *blur*; empty if it told the truth."""
    run, error = result.run, result.error
    if error is not None:
        told = [] if run.status is RunStatus.FAILED else [f"it failed and is recorded as {run.status}"]
        if error.code == "plugin_bug":
            told.append(f"a bug: {error}")
        if not run.reason or len(run.reason) < 15:
            told.append(f"it failed with the message {run.reason!r}")
        return told
    if run.status is not RunStatus.PUBLISHED:
        return [f"it is {run.status}: {run.reason}"]
    found = scopes_of(snapshot_of(run), blur)
    told = _judge_seals(run, found)
    now = scoped(truth, blur)
    before = scopes_of(snapshot_of(base), blur) if base else {}
    gone = _gone(found, truth)
    for name in sorted(found.keys() | now.keys() | before.keys()):
        if name not in found and _hidden(name, found, truth):
            continue
        scope = found.get(name) or Scope(_unlisted(name, found), None, set(), set())
        rows = now.get(name, set())
        if scope.seal in ("complete", "unreconciled"):
            told += _told(name, "shown and not true", scope.fresh - rows)
            told += _told(name, "carried into a whole scope", scope.carried)
            told += _told(name, "missing", {row for row in rows - scope.fresh if not _mentions(row, gone)})
        else:
            old = before[name].fresh | before[name].carried if name in before else set[Row]()
            keys = {_key(row) for row in scope.fresh | scope.carried}
            told += _told(name, "shown and not true", scope.fresh - rows)
            told += _told(name, "carried and not in the base", scope.carried - old)
            newer = {_one_of(row) for row in scope.fresh if isinstance(row, Grant)}
            lost = {row for row in old if _key(row) not in keys and not _mentions(row, gone)}
            lost = {row for row in lost if not (isinstance(row, Grant) and _one_of(row) in newer)}
            told += _told(name, f"not carried into a scope that is {scope.seal}", lost)
    return told


def _one_of(grant: Grant) -> tuple[str, ...]:
    """What a person has one of at most: a role of the team, or an access to a group; an older one ends with a newer."""
    return (grant.type, grant.user) if grant.type == "role" else (grant.type, grant.id, grant.user)


def _hidden(name: str, found: dict[str, Scope], truth: Picture) -> bool:
    """Whether *name* is the scope of a group that no listing showed, where the listing of groups is told as not whole."""
    of_groups = {scope_of(Grant("group", id, "member", "")) for id in truth.groups}
    return name in of_groups and found["group"].seal not in ("complete", "unreconciled")


def _unlisted(name: str, found: dict[str, Scope]) -> str:
    """What the absence of a scope says: of a thing that a listing, not seen whole, does not give, nothing is known."""
    listing = found.get(name.partition(":")[0])
    return "unreadable" if listing is not None and listing.seal in ("partial", "unreadable") else "complete"


def _judge_seals(run: Run, found: dict[str, Scope]) -> list[str]:
    unseen = {name for name, scope in found.items() if scope.seal in ("partial", "unreadable")}
    told: list[str] = []
    if run.complete != (not unseen):
        told.append(f"the run says complete={run.complete}, and not whole are {sorted(unseen)}")
    if {seal.scope for seal in run.scopes} != unseen:
        told.append(f"the run names {sorted(seal.scope for seal in run.scopes)}, the file {sorted(unseen)}")
    told += [f"{name} is {found[name].seal} without a reason" for name in unseen if not found[name].reason]
    return told


def _gone(found: dict[str, Scope], truth: Picture) -> set[tuple[str, str]]:
    """People and things that a whole listing no longer has."""
    gone: set[tuple[str, str]] = set()
    for kind, there in (("user", set(truth.users)), ("group", set(truth.groups)), ("role", set(truth.roles))):
        if found[kind].seal in ("complete", "unreconciled"):
            gone.add((kind, "*"))
            gone |= {(kind, id) for id in there}
    return gone


def _mentions(row: Row, gone: set[tuple[str, str]]) -> bool:
    """Whether the row is about somebody or something that a whole listing lacks."""
    about = [(row.type, row.id), ("user", row.user)] if isinstance(row, Grant) else []
    return any((kind, "*") in gone and (kind, id) not in gone for kind, id in about)


def _key(row: Row) -> Row:
    # A person is member or owner of a group: the one stands for the other.
    return (row.type, row.id, row.user) if isinstance(row, Grant) else row[:2]


def _told(name: str, what: str, rows: set[Row]) -> list[str]:
    return [f"{name}: {len(rows)} {what}, such as {sorted(map(str, rows))[:2]}"] if rows else []
