"""A difference tells what was seen to change, and nothing of what was not seen."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from snapshot_files import build_snapshot, group, holds, offers, user

from jackfield.errors import BadConfig
from jackfield.exports.objects import change_object
from jackfield.snapshots.diff import Change, Changed, Kind, compare
from jackfield.snapshots.reader import EntitlementRow, ResourceRow
from jackfield_contracts import AccountStatus, Item, Verdict

BASE = (
    user("1", "Ann"),
    user("2", "Ben"),
    group("g1", "Engineering"),
    offers("group:g1/member"),
    holds("user:1", "group:g1/member"),
    holds("user:2", "group:g1/member"),
)


def name(one: Changed) -> str:
    row = one.row
    if isinstance(row, ResourceRow):
        return str(row.resource.id)
    if isinstance(row, EntitlementRow):
        return str(row.entitlement.id)
    return f"{row.grant.entitlement}#{row.grant.principal}"


def without(*names: str) -> list[Item]:
    def told(item: Item) -> str:
        return str(item.id) if not hasattr(item, "principal") else f"{item.entitlement}#{item.principal}"  # type: ignore[union-attr]

    return [item for item in BASE if told(item) not in names]


class Pair:
    """Two snapshots in a folder, and what changed between them."""

    def __init__(self, folder: Path) -> None:
        self.old, self.new = folder / "old.sqlite", folder / "new.sqlite"
        build_snapshot(self.old, BASE, run="old")

    def changes(self, items: Iterable[Item], **new: object) -> dict[str, list[str]]:
        build_snapshot(self.new, items, run="new", **new)  # type: ignore[arg-type]
        return self.told()

    def told(self) -> dict[str, list[str]]:
        with compare(self.old, self.new) as diff:
            found = {change.value: [name(one) for kind in Kind for one in diff.rows(change, kind)] for change in Change}
            counts = {change.value: sum(kinds.values()) for change, kinds in diff.counts().items()}
        assert counts == {change: len(rows) for change, rows in found.items()}
        return {change: rows for change, rows in found.items() if rows}

    def details(self) -> list[dict[str, object]]:
        with compare(self.old, self.new) as diff:
            return [change_object(one) for kind in Kind for one in diff.rows(Change.CHANGED, kind)]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_the_same_rows_in_another_order_are_no_difference(pair: Pair):
    assert pair.changes(reversed(BASE)) == {}


def test_rows_that_come_and_go_are_added_and_removed(pair: Pair):
    items = [
        *without("user:2", "group:g1/member#user:2"),
        user("3"),
        offers("group:g1/owner"),
        holds("user:3", "group:g1/owner"),
    ]
    assert pair.changes(items) == {
        "added": ["user:3", "group:g1/owner", "group:g1/owner#user:3"],
        "removed": ["user:2", "group:g1/member#user:2"],
    }


def test_a_rename_is_a_change_and_tells_both_names(pair: Pair):
    assert pair.changes([*without("group:g1"), group("g1", "Platform")]) == {"changed": ["group:g1"]}
    assert pair.details()[0]["display_name"] == "Platform"
    assert pair.details()[0]["before"] == {"display_name": "Engineering"}


def test_other_facts_change_too(pair: Pair):
    items = [
        *without("user:1", "group:g1/member", "group:g1/member#user:2"),
        user("1", "Ann", status=AccountStatus.DISABLED),
        offers("group:g1/member", privileged=True),
        holds("user:2", "group:g1/member", immutable="by law"),
    ]
    assert pair.changes(items) == {"changed": ["user:1", "group:g1/member", "group:g1/member#user:2"]}
    before = [one["before"] for one in pair.details()]
    assert before == [{"status": "enabled", "status_raw": "enabled"}, {"privileged": False}, {"immutable": None}]


def test_the_order_of_profile_keys_is_no_change(pair: Pair):
    ann = BASE[0]
    build_snapshot(pair.old, [msgspec.structs.replace(ann, profile={"a": 1, "b": 2})])
    assert pair.changes([msgspec.structs.replace(ann, profile={"b": 2, "a": 1})]) == {}


def test_carried_rows_tell_nothing(pair: Pair):
    unread = {"group:g1/*": Verdict.UNREADABLE}
    items = [*without("group:g1/member#user:2"), holds("user:9", "group:g1/member", immutable="now")]
    assert pair.changes(items, seals=unread, carried={"group:g1/*": "old"}) == {}


def test_absence_from_a_scope_that_was_not_seen_whole_is_no_removal(pair: Pair):
    items = without("group:g1/member#user:2")
    for verdict in (Verdict.PARTIAL, Verdict.UNREADABLE):
        assert pair.changes(items, seals={"group:g1/*": verdict}) == {}


def test_whoever_is_gone_holds_nothing_though_nobody_saw_the_group(pair: Pair):
    items = without("group:g1/member#user:2", "user:2")
    for verdict in (Verdict.PARTIAL, Verdict.UNREADABLE):
        told = {"removed": ["user:2", "group:g1/member#user:2"]}
        assert pair.changes(items, seals={"group:g1/*": verdict}) == told


def test_presence_in_a_scope_that_formerly_was_not_seen_whole_is_newly_seen(pair: Pair):
    build_snapshot(pair.old, without("group:g1/member#user:2"), seals={"group:g1/*": Verdict.PARTIAL})
    assert pair.changes([*BASE, user("3")]) == {"added": ["user:3"], "newly_seen": ["group:g1/member#user:2"]}


def test_an_unreconciled_scope_counts_as_seen(pair: Pair):
    build_snapshot(pair.old, BASE, seals={"user": Verdict.UNRECONCILED})
    assert pair.changes(without("user:2"), seals={"user": Verdict.UNRECONCILED}) == {"removed": ["user:2"]}


def test_scopes_that_a_failed_read_would_have_opened_are_unseen_too(pair: Pair):
    opened = {"group:g1/*": "groups"}
    build_snapshot(
        pair.old,
        without("group:g1", "group:g1/member", "group:g1/member#user:1", "group:g1/member#user:2"),
        seals={"group": Verdict.UNREADABLE},
        failed_families=["groups"],
    )
    assert pair.changes(BASE, opened=opened) == {
        "newly_seen": ["group:g1", "group:g1/member", "group:g1/member#user:1", "group:g1/member#user:2"]
    }
    pair.old, pair.new = pair.new, pair.old
    assert pair.told() == {}


def test_a_carried_row_that_is_gone_once_its_scope_is_seen_is_removed_and_says_when_it_was_last_seen(pair: Pair):
    build_snapshot(pair.old, BASE, seals={"group:g1/*": Verdict.UNREADABLE}, carried={"group:g1/*": "older"})
    assert pair.changes(without("group:g1/member#user:2")) == {"removed": ["group:g1/member#user:2"]}
    with compare(pair.old, pair.new) as diff:
        (gone,) = diff.rows(Change.REMOVED, Kind.GRANTS)
    assert gone.row.carried is not None
    assert gone.row.carried.run == "older"


def test_both_headers_are_told(pair: Pair):
    pair.changes(BASE, seals={"user": Verdict.PARTIAL})
    with compare(pair.old, pair.new) as diff:
        assert (diff.old.run, diff.new.run, diff.old.complete, diff.new.complete) == ("old", "new", True, False)


def test_what_is_no_snapshot_is_refused(pair: Pair, tmp_path: Path):
    for old, new in ((tmp_path / "none", pair.old), (pair.old, tmp_path / "none")):
        with pytest.raises(BadConfig), compare(old, new):
            pass


def test_the_files_stay_as_they_are(pair: Pair, tmp_path: Path):
    before = pair.old.read_bytes()
    pair.changes(without("user:2"))
    assert pair.old.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.sqlite", "old.sqlite"]
