"""What a team looks like, from the simulator's truth and from a snapshot, in one form that can be compared.

A snapshot is read as its readers do: through its views, or from the JSON Lines that were exported.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

STATUS = {"active": "enabled", "suspended": "disabled", "invited": "pending", "removed": "deleted"}


class User(NamedTuple):
    """One person as both sides tell it."""

    status: str
    email: str
    name: str
    external_id: str | None
    membership_type: str | None


class Group(NamedTuple):
    """One group as both sides tell it."""

    name: str
    external_id: str | None
    management: str
    size: int | None


class Grant(NamedTuple):
    """Somebody holds something."""

    type: str
    id: str
    slug: str
    user: str


class Picture(NamedTuple):
    """A whole team."""

    users: dict[str, User]
    roles: dict[str, str]
    groups: dict[str, Group]
    entitlements: set[tuple[str, str, str]]
    grants: set[Grant]
    immutable: set[tuple[str, str, str]]
    others: set[tuple[str, str]]


def of_truth(truth: Mapping[str, Any], *, include_removed: bool = False) -> Picture:
    """The picture that a snapshot of this truth has to show."""
    people: list[dict[str, Any]] = [*truth["users"], *(truth["removed"] if include_removed else ())]
    users = {
        one["team_member_id"]: User(
            STATUS[one["status"]],
            one["email"],
            one["display_name"].strip() or one["email"],
            one["external_id"] or None,
            one["membership_type"],
        )
        for one in people
    }
    groups = {
        one["group_id"]: Group(one["name"], one["external_id"], one["management_type"], len(one["members"]))
        for one in truth["groups"]
    }
    entitlements = {("role", role["role_id"], "member") for role in truth["roles"]}
    entitlements |= {("license", "full", "assigned"), ("app", "dropbox", "access")}
    immutable = {("license", "full", "assigned")}
    for id, group in groups.items():
        slugs = ("member", "owner") if group.management == "user_managed" else ("member",)
        entitlements |= {("group", id, slug) for slug in slugs}
        if group.management == "system_managed":
            immutable |= {("group", id, slug) for slug in slugs}
    return Picture(
        users=users,
        roles={role["role_id"]: role["name"] for role in truth["roles"]},
        groups=groups,
        entitlements=entitlements,
        grants=set(_grants(truth)),
        immutable=immutable,
        others={("license", "full"), ("app", "dropbox")},
    )


def _grants(truth: Mapping[str, Any]) -> Iterator[Grant]:
    for one in truth["users"]:
        if one["licensed"]:
            yield Grant("license", "full", "assigned", one["team_member_id"])
        for role in one["roles"]:
            yield Grant("role", role, "member", one["team_member_id"])
    for group in truth["groups"]:
        for user, access in group["members"].items():
            yield Grant("group", group["group_id"], access, user)


def of_file(file: Path) -> Picture:
    """The picture in a snapshot file, through its views; a file that contradicts itself is an AssertionError."""
    db = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    try:
        resources = [
            {"type": kind, "id": id, "display_name": name, "status": status, "login": login, **json.loads(data)}
            for kind, id, name, status, login, data in db.execute(
                "SELECT type, id, display_name, status, login, data FROM resources"
            )
        ]
        for one in resources:
            one |= one.get("trait") or {}
        entitlements = [
            (kind, id, slug, json.loads(data).get("immutable"))
            for kind, id, slug, data in db.execute("SELECT resource_type, resource_id, slug, data FROM entitlements")
        ]
        grants = [
            Grant(*row) for row in db.execute("SELECT resource_type, resource_id, slug, principal_id FROM grants")
        ]
        others = db.execute("SELECT count(*) FROM grants WHERE principal_type <> 'user'").fetchone()[0]
        assert others == 0, f"{others} grants to principals that are no users"
    finally:
        db.close()
    return _picture(resources, entitlements, grants)


def of_jsonl(lines: Iterable[bytes]) -> Picture:
    """The picture in exported JSON Lines."""
    rows = [json.loads(line) for line in lines]
    assert rows[0]["kind"] == "snapshot", f"the first line is a {rows[0]['kind']}"
    grants: list[Grant] = []
    entitlements: list[tuple[str, str, str, str | None]] = []
    for row in rows:
        if row["kind"] == "grant":
            on = row["entitlement"]
            assert row["principal"]["type"] == "user"
            grants.append(Grant(on["resource"]["type"], on["resource"]["id"], on["slug"], row["principal"]["id"]))
        elif row["kind"] == "entitlement":
            on = row["resource"]
            entitlements.append((on["type"], on["id"], row["slug"], row.get("immutable")))
    return _picture([row for row in rows if row["kind"] == "resource"], entitlements, grants)


def _picture(
    resources: list[dict[str, Any]], entitlements: list[tuple[str, str, str, str | None]], grants: list[Grant]
) -> Picture:
    users: dict[str, User] = {}
    roles: dict[str, str] = {}
    groups: dict[str, Group] = {}
    others: set[tuple[str, str]] = set()
    for row in resources:
        kind, id = row["type"], row["id"]
        if kind == "user":
            emails = [one["address"] for one in row["emails"] if one.get("primary")]
            assert emails == [row["login"]], f"user {id}: primary addresses {emails}, login {row['login']}"
            ids: dict[str, str] = row.get("external_ids") or {}
            profile: dict[str, Any] = row.get("profile") or {}
            users[id] = User(
                row["status"],
                row["login"],
                row["display_name"],
                ids.get("external_id"),
                profile.get("membership_type"),
            )
        elif kind == "role":
            roles[id] = row["display_name"]
        elif kind == "group":
            groups[id] = Group(row["display_name"], row.get("external_id"), row["management"], row.get("member_count"))
        else:
            others.add((kind, id))
    assert len(users) + len(roles) + len(groups) + len(others) == len(resources), "a resource stands there twice"
    assert len(set(grants)) == len(grants), "a grant stands there twice"
    return Picture(
        users=users,
        roles=roles,
        groups=groups,
        entitlements={row[:3] for row in entitlements},
        grants=set(grants),
        immutable={row[:3] for row in entitlements if row[3]},
        others=others,
    )


def differences(found: Picture, expected: Picture) -> list[str]:
    """What differs, in words; empty where the pictures are the same."""
    told: list[str] = []
    for name, mine, its in zip(Picture._fields, found, expected, strict=True):
        left = set(mine.items()) if isinstance(mine, dict) else set(mine)
        right = set(its.items()) if isinstance(its, dict) else set(its)
        for what, rows in (("too many", left - right), ("missing", right - left)):
            if rows:
                told.append(f"{name}: {len(rows)} {what}, such as {sorted(map(str, rows))[:3]}")
    return told


def assert_same(found: Picture, expected: Picture, about: str) -> None:
    """Fails with all that differs; also where somebody is both member and owner of a group."""
    told = differences(found, expected)
    doubled = len({(g.id, g.user) for g in found.grants if g.type == "group"}) - sum(
        g.type == "group" for g in found.grants
    )
    if doubled:
        told.append(f"{-doubled} people are member and owner of one group")
    assert not told, about + ":\n  " + "\n  ".join(told)
