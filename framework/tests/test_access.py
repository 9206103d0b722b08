"""Inherited access is worked out with its path, whatever groups contain each other, and fast."""

import time
from pathlib import Path

import pytest
from snapshot_files import TAKEN, app, build_snapshot, group, holds, offers, user

from jackfield.errors import NotFound
from jackfield.snapshots.access import Access, access_of, holders_of
from jackfield.snapshots.reader import read_snapshot
from jackfield_contracts import EntitlementId, Item, ResourceId, Verdict


def told(one: Access) -> tuple[str, str, tuple[str, ...]]:
    return str(one.principal), str(one.entitlement), tuple(f"{via.resource}/{via.slug}" for via in one.path)


def access(file: Path, principal: str, **options: bool) -> list[tuple[str, tuple[str, ...]]]:
    with read_snapshot(file) as snapshot:
        return [told(one)[1:] for one in access_of(snapshot, ResourceId.parse(principal), **options)]


def holders(file: Path, target: str, **options: bool) -> list[tuple[str, str, tuple[str, ...]]]:
    wanted = EntitlementId.parse(target) if "/" in target else ResourceId.parse(target)
    with read_snapshot(file) as snapshot:
        return [told(one) for one in holders_of(snapshot, wanted, **options)]


MEMBERS = ("member",)


def company(*more: Item) -> list[Item]:
    """Ann is in the inner group, which is in the outer one, which has the application."""
    return [
        user("ann", "Ann"),
        user("bob", "Bob"),
        group("inner", "Inner"),
        group("outer", "Outer"),
        app("crm", "CRM"),
        offers("group:inner/member"),
        offers("group:inner/owner", "Owner"),
        offers("group:outer/member"),
        offers("app:crm/use", "Use"),
        holds("user:ann", "group:inner/member"),
        holds("group:inner", "group:outer/member", inherited_by=MEMBERS),
        holds("group:outer", "app:crm/use", inherited_by=MEMBERS),
        *more,
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return build_snapshot(tmp_path / "s.sqlite", company(holds("user:bob", "group:inner/owner")))


def test_access_through_groups_shows_its_path(file: Path):
    assert access(file, "user:ann") == [
        ("group:inner/member", ()),
        ("group:outer/member", ("group:inner/member",)),
        ("app:crm/use", ("group:inner/member", "group:outer/member")),
    ]


def test_only_the_entitlements_that_the_grant_names_inherit(file: Path):
    assert access(file, "user:bob") == [("group:inner/owner", ())]
    assert all(principal != "user:bob" for principal, _, _ in holders(file, "app:crm"))


def test_who_has_access_is_the_same_from_the_other_side(file: Path):
    assert holders(file, "app:crm/use") == [
        ("group:outer", "app:crm/use", ()),
        ("group:inner", "app:crm/use", ("group:outer/member",)),
        ("user:ann", "app:crm/use", ("group:inner/member", "group:outer/member")),
    ]


def test_direct_access_alone_leaves_out_what_is_inherited(file: Path):
    assert access(file, "user:ann", inherited=False) == [("group:inner/member", ())]
    assert holders(file, "app:crm", inherited=False) == [("group:outer", "app:crm/use", ())]


def test_a_resource_answers_for_all_its_entitlements(file: Path):
    assert holders(file, "group:inner") == [
        ("user:ann", "group:inner/member", ()),
        ("user:bob", "group:inner/owner", ()),
    ]


def test_each_grant_that_gives_access_is_told(tmp_path: Path):
    items = company(
        group("other"), offers("group:other/member"), holds("user:ann", "group:other/member"),
        holds("group:other", "app:crm/use", inherited_by=MEMBERS), holds("user:ann", "app:crm/use"),
    )  # fmt: skip
    file = build_snapshot(tmp_path / "s.sqlite", items)
    ways = [path for entitlement, path in access(file, "user:ann") if entitlement == "app:crm/use"]
    assert ways == [(), ("group:other/member",), ("group:inner/member", "group:outer/member")]
    assert [path for who, _, path in holders(file, "app:crm/use") if who == "user:ann"] == ways


def test_groups_that_contain_each_other_do_no_harm(tmp_path: Path):
    items = company(
        holds("group:outer", "group:inner/member", inherited_by=MEMBERS),
        holds("group:inner", "group:inner/member", inherited_by=MEMBERS),
    )
    file = build_snapshot(tmp_path / "s.sqlite", items)
    assert access(file, "user:ann") == [
        ("group:inner/member", ()),
        ("group:outer/member", ("group:inner/member",)),
        ("app:crm/use", ("group:inner/member", "group:outer/member")),
    ]
    assert [path for who, _, path in holders(file, "app:crm") if who == "user:ann"] == [
        ("group:inner/member", "group:outer/member")
    ]
    assert all(who != "group:inner" for who, _, path in holders(file, "group:inner") if path)


def test_a_way_over_a_carried_grant_is_carried(tmp_path: Path):
    file = build_snapshot(
        tmp_path / "s.sqlite",
        company(),
        seals={"group:outer/*": Verdict.UNREADABLE},
        carried={"group:outer/*": "run-0"},
    )
    with read_snapshot(file) as snapshot:
        ways = {told(one)[1]: one.carried for one in access_of(snapshot, ResourceId.parse("user:ann"))}
        whose = {told(one)[0]: one.carried for one in holders_of(snapshot, ResourceId.parse("app:crm"))}
    assert ways["group:inner/member"] is None
    for carried in (ways["group:outer/member"], ways["app:crm/use"], whose["user:ann"], whose["group:inner"]):
        assert carried is not None
        assert (carried.run, carried.taken) == ("run-0", TAKEN)
    assert whose["group:outer"] is None


def test_what_the_snapshot_does_not_know_is_not_found(file: Path):
    for ask in (
        lambda: access(file, "user:nobody"),
        lambda: holders(file, "app:x"),
        lambda: holders(file, "app:crm/x"),
    ):
        with pytest.raises(NotFound):
            ask()


def test_a_resource_that_offers_nothing_has_no_holders(file: Path):
    assert holders(file, "user:ann") == []


def test_a_hundred_thousand_memberships_five_groups_deep_answer_within_a_second(tmp_path: Path):
    people, groups, depth, each = 5_000, 100, 5, 200
    items: list[Item] = [user(f"u{n}", emails=()) for n in range(people)]
    items += [app("crm"), offers("app:crm/use")]
    for level in range(depth):
        for n in range(groups):
            name = f"l{level}-{n}"
            items.append(group(name))
            items += [
                holds(f"user:u{(n * each + level * 7 + k) % people}", f"group:{name}/member", scope="all")
                for k in range(each)
            ]
            upper = f"group:l{level + 1}-{n}/member" if level + 1 < depth else "app:crm/use"
            items.append(holds(f"group:{name}", upper, inherited_by=MEMBERS, scope="all"))
    file = build_snapshot(tmp_path / "s.sqlite", items)
    with read_snapshot(file) as snapshot:
        started = time.process_time()
        found = sum(1 for _ in holders_of(snapshot, ResourceId.parse("app:crm")))
        mine = list(access_of(snapshot, ResourceId.parse("user:u0")))
        spent = time.process_time() - started
    assert found == groups * depth * each + groups * depth
    assert max(len(one.path) for one in mine) == depth
    assert spent <= 1.0
