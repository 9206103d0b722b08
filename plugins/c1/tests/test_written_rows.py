"""What the rows of a file hold, by the eyes of protobuf: traits, profiles, purposes, and values within their limits."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from snapshot_files import app, group, holds, user

from jackfield_c1.c1z.limits import cut, is_email, is_url
from jackfield_c1.proto import connector_pb2 as pb
from jackfield_contracts import (
    AccountStatus,
    AccountType,
    Email,
    Entitlement,
    EntitlementId,
    Exclusive,
    LicenseTrait,
    Resource,
    ResourceId,
    ResourceType,
    TraitKind,
    UserTrait,
    Verdict,
)

from .c1zfiles import TEAM, annotation, decoded, one, opened, written


@pytest.fixture
def team(tmp_path: Path) -> sqlite3.Connection:
    """The database of a small team."""
    return opened(written(tmp_path, TEAM)[0])


# --- A.5 grants --------------------------------------------------------------------------------------------------------


def test_a_grant_holds_its_full_identity(team: sqlite3.Connection) -> None:
    grant = one(team, "v1_grants", pb.Grant(), "group:design:owner:user:ann")
    assert grant.entitlement.id == "group:design:owner"
    assert grant.entitlement.resource.id == pb.ResourceId(resource_type="group", resource="design")
    assert grant.principal.id == pb.ResourceId(resource_type="user", resource="ann")


def test_expansion_stands_in_its_column_and_not_in_the_message(team: sqlite3.Connection) -> None:
    rows = {
        row[0]: row[1:] for row in team.execute("SELECT external_id, expansion, needs_expansion, data FROM v1_grants")
    }
    expansion, needs, data = rows["group:all:member:group:design"]
    assert needs == 1
    told = pb.GrantExpandable.FromString(expansion)
    assert list(told.entitlement_ids) == ["group:design:member", "group:design:owner"]
    assert (told.shallow, list(told.resource_type_ids)) == (False, ["user"])
    assert list(pb.Grant.FromString(data).annotations) == []
    assert rows["group:design:owner:user:ann"][:2] == (None, 0)


def test_a_grant_that_nobody_can_change_says_so(tmp_path: Path) -> None:
    db = opened(written(tmp_path, (holds("user:ann", "group:g/member", immutable="it is the owner's"),))[0])
    grant = one(db, "v1_grants", pb.Grant(), "group:g:member:user:ann")
    told = annotation(list(grant.annotations), pb.GrantImmutable())
    assert told.metadata["reason"] == "it is the owner's"


# --- A.6 what readers need ---------------------------------------------------------------------------------------------


def test_everything_that_is_referred_to_is_there(tmp_path: Path) -> None:
    db = opened(written(tmp_path, (holds("user:ghost", "group:nowhere/member"),))[0])
    assert [row[0] for row in db.execute("SELECT external_id FROM v1_resources ORDER BY 1")] == [
        "group:nowhere", "user:ghost",
    ]  # fmt: skip
    assert one(db, "v1_entitlements", pb.Entitlement(), "group:nowhere:member").resource.id.resource == "nowhere"
    assert [row[0] for row in db.execute("SELECT external_id FROM v1_resource_types ORDER BY 1")] == ["group", "user"]


def test_profile_and_status_stand_where_old_and_new_readers_look(tmp_path: Path) -> None:
    ann = Resource(
        id=ResourceId(type="user", id="ann"),
        scope="user",
        display_name="Ann",
        created=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
        profile={"floor": 3, "team": "Design", "contract": None},
        trait=UserTrait(
            status=AccountStatus.DISABLED,
            status_raw="suspended",
            account_type=AccountType.SERVICE,
            login="ann@example.com",
            emails=(Email(address="ann@example.com", primary=True), Email(address="not an address")),
            given_name="Ann",
            surname="Smith",
            last_login=datetime(2026, 1, 1, tzinfo=UTC),
        ),
    )
    db = opened(written(tmp_path, (ann,))[0])
    resource = one(db, "v1_resources", pb.Resource(), "user:ann")
    trait = annotation(list(resource.annotations), pb.UserTrait())
    for profile in (resource.profile, trait.profile):
        assert (profile["first_name"], profile["last_name"], profile["user_id"]) == ("Ann", "Smith", "ann")
        assert (profile["floor"], profile["team"], profile["contract"]) == (3, "Design", None)
    assert trait.profile == resource.profile
    assert (resource.status.status, resource.status.details) == (pb.Status.RESOURCE_STATUS_DISABLED, "suspended")
    assert (trait.status.status, trait.status.details) == (pb.UserTrait.Status.STATUS_DISABLED, "suspended")
    assert resource.created_at == trait.created_at
    assert resource.created_at.ToDatetime(UTC) == ann.created
    assert [(each.address, each.is_primary) for each in trait.emails] == [("ann@example.com", True)]
    assert (trait.login, trait.account_type) == ("ann@example.com", pb.UserTrait.ACCOUNT_TYPE_SERVICE)


@pytest.mark.parametrize(
    ("status", "number"),
    [
        (AccountStatus.ENABLED, 1),
        (AccountStatus.DISABLED, 2),
        (AccountStatus.DELETED, 3),
        (AccountStatus.PENDING, 0),
        (AccountStatus.UNKNOWN, 0),
    ],
)
def test_a_status_that_the_format_does_not_know_is_left_open(
    tmp_path: Path, status: AccountStatus, number: int
) -> None:
    resource = one(
        opened(written(tmp_path, (user("ann", status=status),))[0]), "v1_resources", pb.Resource(), "user:ann"
    )
    trait = annotation(list(resource.annotations), pb.UserTrait())
    assert (resource.status.status, trait.status.status) == (number, number)
    assert resource.status.details == status.value


def test_each_resource_of_a_type_carries_the_trait_of_the_type(tmp_path: Path) -> None:
    seat = Resource(
        id=ResourceId(type="license", id="l"), scope="license", display_name="L", trait=LicenseTrait(seats_total=9)
    )
    bare = Resource(id=ResourceId(type="user", id="bare"), scope="user", display_name="Bare")
    db = opened(
        written(tmp_path, (user("ann"), bare, group("g"), seat, app("plain"), holds("user:ghost", "group:g/m")))[0]
    )
    traits = {
        row[0]: list(pb.ResourceType.FromString(row[1]).traits)
        for row in db.execute("SELECT external_id, data FROM v1_resource_types")
    }
    assert traits == {"app": [], "group": [2], "license": [10], "user": [1]}
    for id in ("user:ann", "user:bare", "user:ghost"):
        annotation(list(one(db, "v1_resources", pb.Resource(), id).annotations), pb.UserTrait())
    assert (
        annotation(
            list(one(db, "v1_resources", pb.Resource(), "license:l").annotations), pb.LicenseProfileTrait()
        ).purchased_seats
        == 9
    )


def test_a_type_is_called_as_the_connector_calls_it(tmp_path: Path) -> None:
    types = (ResourceType(name="user", display_name="Member", trait=TraitKind.USER, description="Of the team."),)
    kind = one(
        opened(written(tmp_path, (user("ann"),), types=types)[0]), "v1_resource_types", pb.ResourceType(), "user"
    )
    assert (kind.display_name, kind.description, list(kind.traits)) == ("Member", "Of the team.", [1])


def test_an_entitlement_has_purpose_slug_and_what_excludes_it(tmp_path: Path) -> None:
    role = Entitlement(
        id=EntitlementId.parse("role:admin/assigned"),
        scope="role",
        display_name="Admin",
        purpose="permission",
        grantable_to=("user",),
        exclusive=Exclusive(set="role", rank=7),
        immutable="by the owner only",
    )
    db = opened(written(tmp_path, (role,))[0])
    told = one(db, "v1_entitlements", pb.Entitlement(), "role:admin:assigned")
    assert (told.purpose, told.slug) == (pb.Entitlement.PURPOSE_VALUE_PERMISSION, "assigned")
    assert [each.id for each in told.grantable_to] == ["user"]
    group = annotation(list(told.annotations), pb.EntitlementExclusionGroup())
    assert (group.exclusion_group_id, group.order, group.scope_to_resource) == ("role", 7, False)
    assert annotation(list(told.annotations), pb.EntitlementImmutable()).metadata["reason"] == "by the owner only"


# --- what is not whole, and what does not fit --------------------------------------------------------------------------


def test_what_is_not_complete_is_told_in_the_file_and_beside_it(tmp_path: Path) -> None:
    items = (user("ann"), user("bob"), group("g"), holds("user:ann", "group:g/member"))
    file, told = written(
        tmp_path, items, seals={"group:g/*": Verdict.UNREADABLE}, carried_rows=(items[0], items[3]), types=()
    )
    db = opened(file)
    assert told.warnings == (
        "not complete: 1 scopes were not seen whole; what is absent there is unknown",
        "2 rows were carried forward from older snapshots",
    )
    assert "NOT COMPLETE" in one(db, "v1_resource_types", pb.ResourceType(), "group").description
    assert one(db, "v1_resource_types", pb.ResourceType(), "user").description == ""
    ann = one(db, "v1_resources", pb.Resource(), "user:ann")
    assert ann.profile["jackfield"]["carried_from"] == "run-0"
    grant = one(db, "v1_grants", pb.Grant(), "group:g:member:user:ann")
    assert annotation(list(grant.annotations), pb.GrantMetadata()).metadata["carried_from"] == "run-0"
    kind, content = db.execute(
        "SELECT content_type, data FROM v1_assets WHERE external_id = 'jackfield/snapshot'"
    ).fetchone()
    about = decoded(content)
    assert kind == "application/json"
    assert (about["run"], about["complete"], about["carried"]) == ("run-1", False, 2)
    assert [each["scope"] for each in about["not_complete"]] == ["group:g/*"]


def test_values_are_brought_within_their_limits(tmp_path: Path) -> None:
    ann = Resource(
        id=ResourceId(type="user", id="ann"),
        scope="user",
        display_name="é" * 2000,
        description="d" * 9000,
        link="http://plain.example",
        profile={"big": 1 << 60},
    )
    long = Resource(id=ResourceId(type="user", id="x" * 1025), scope="user", display_name="too long")
    items = (ann, long, holds(f"user:{'x' * 1025}", "group:g/member"), holds("user:ann", "group:g/member"))
    file, told = written(tmp_path, items)
    db = opened(file)
    resource = one(db, "v1_resources", pb.Resource(), "user:ann")
    assert len(resource.display_name.encode()) <= 1024
    assert resource.display_name.endswith("é…")
    assert len(resource.description.encode()) <= 2048
    assert list(resource.annotations) == [], "no address that is none of https"
    assert told.warnings == ("2 rows were left out: an id of theirs is longer than a .c1z file may hold",)
    assert told.grants == 1
    assert resource.profile["jackfield"]["profile"]["big"] == str(1 << 60)


def test_limits_one_by_one() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcdé", 5) == "ab…"
    assert is_url("https://example.com/x")
    assert not any(map(is_url, ("http://example.com", "https://a b", "https://" + "x" * 1020, "ftp://x")))
    assert all(map(is_email, ("a@b", "a.b+c@example.co", "a@xn--bcher-kva.example")))
    assert not any(
        map(is_email, ("a", "a@", "@b", "a b@c", "a@b..c", "a@-b.c", "ä@b.c", f"{'x' * 65}@b.c", "a@" + "b." * 130))
    )
