"""A snapshot that is written as a .c1z file and imported again is the same, but for what the documentation lists as lost."""

import asyncio
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from harness.benches import bench
from harness.simulators import simulating
from harness.syncs import snapshot_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from snapshot_files import build_snapshot, group, holds, offers, user

from jackfield.clock import SystemClock
from jackfield.host.discovery import Found
from jackfield.log import NoLog
from jackfield.snapshots.diff import compare
from jackfield.snapshots.reader import read_snapshot
from jackfield.state import Home, Run, open_state
from jackfield.sync.imports import Importing, run_import
from jackfield_c1.importer import IMPORTER
from jackfield_contracts import (
    AccountStatus,
    AccountType,
    AppTrait,
    Email,
    Entitlement,
    EntitlementId,
    Exclusive,
    Grant,
    GroupTrait,
    Item,
    LicenseTrait,
    Resource,
    ResourceId,
    RoleTrait,
    UserTrait,
    Verdict,
)
from jackfield_dropbox_simulator.options import TeamOptions

from .c1zfiles import as_c1z

FOUND = Found(name="c1z", distribution="jackfield-c1", version="0.1.0", type=IMPORTER)


def back(snapshot: Path, folder: Path) -> tuple[Run, Path]:
    """*snapshot* as a file, and that imported: the record, and the snapshot that was made."""
    file, _ = as_c1z(snapshot, folder / "made.c1z")
    home = Home(folder=folder / "home").ensure()
    with open_state(home.database) as state:
        importing = Importing(
            file=file,
            connection="copy",
            importer=FOUND,
            options={},
            configured=False,
            home=home,
            state=state,
            clock=SystemClock(),
            log=NoLog(),
        )
        run = asyncio.run(run_import(importing))
    return run, home.snapshot("copy", run.run)


def items(snapshot: Path) -> list[Item]:
    """All rows, without the scopes that they are in: a file has none."""
    with read_snapshot(snapshot) as opened:
        rows: list[Item] = [
            *(row.resource for row in opened.resources()),
            *(row.entitlement for row in opened.entitlements()),
            *(row.grant for row in opened.grants(names=False)),
        ]
    return [msgspec.structs.replace(row, scope="") for row in rows]


TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
ID = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
COUNTS = st.none() | st.integers(0, 1 << 62)
EMAILS = st.builds(
    Email,
    address=TEXT | st.sampled_from(["a@example.com", "ä@example.com", "b@c.example"]),
    primary=st.booleans(),
    verified=st.none() | st.booleans(),
)
TRAITS = st.one_of(
    st.none(),
    st.builds(
        UserTrait,
        status=st.sampled_from(AccountStatus),
        status_raw=TEXT,
        account_type=st.sampled_from(AccountType),
        login=st.none() | TEXT,
        emails=st.lists(EMAILS, max_size=2).map(tuple),
        given_name=st.none() | TEXT,
        surname=st.none() | TEXT,
        familiar_name=st.none() | TEXT,
        external_ids=st.dictionaries(TEXT, TEXT, max_size=2),
        invited=st.none() | TIMES,
        joined=st.none() | TIMES,
        last_login=st.none() | TIMES,
    ),
    st.builds(GroupTrait, external_id=st.none() | TEXT, management=st.none() | TEXT, member_count=COUNTS),
    st.builds(RoleTrait, privileged=st.booleans()),
    st.builds(AppTrait, home_page=st.none() | TEXT | st.just("https://example.com/")),
    st.builds(LicenseTrait, seats_total=COUNTS, seats_used=COUNTS),
)
VALUES = st.one_of(
    st.none(), st.booleans(), TEXT, st.integers(-(1 << 62), 1 << 62), st.floats(allow_nan=False, allow_infinity=False)
)
TYPES = st.sampled_from(["user", "group", "role"])
RESOURCE_IDS = st.builds(ResourceId, type=TYPES, id=ID)
KEYS = TEXT | st.sampled_from(["first_name", "user_id", "jackfield"])
RESOURCES = st.builds(
    Resource,
    id=RESOURCE_IDS,
    scope=TYPES,
    display_name=TEXT | st.just("é" * 600),
    description=TEXT,
    parent=st.none() | RESOURCE_IDS,
    trait=TRAITS,
    profile=st.dictionaries(KEYS, VALUES, max_size=3),
    link=st.none() | TEXT | st.just("https://example.com/x"),
    created=st.none() | TIMES,
)
SLUGS = st.sampled_from(["member", "owner", "a.b-c_d"])
ENTITLEMENT_IDS = st.builds(EntitlementId, resource=RESOURCE_IDS, slug=SLUGS)
ENTITLEMENTS = st.builds(
    Entitlement,
    id=ENTITLEMENT_IDS,
    scope=TYPES,
    display_name=TEXT.filter(bool),
    description=TEXT,
    purpose=st.sampled_from(["assignment", "permission", "ownership", "membership"]),
    grantable_to=st.lists(TYPES, max_size=2, unique=True).map(tuple),
    privileged=st.booleans(),
    exclusive=st.none() | st.builds(Exclusive, set=TEXT, rank=st.integers(-3, 1 << 40)),
    immutable=st.none() | TEXT.filter(bool),
    leaves=st.none() | TEXT.filter(bool),
)


@st.composite
def snapshots(draw: st.DrawFn) -> list[Item]:
    """A small snapshot: what grants name need not be in it."""
    resources = draw(st.lists(RESOURCES, max_size=5, unique_by=lambda one: one.id))
    ids = st.sampled_from([one.id for one in resources]) | RESOURCE_IDS if resources else RESOURCE_IDS
    named = st.builds(EntitlementId, resource=ids, slug=SLUGS)
    entitlements = draw(st.lists(ENTITLEMENTS, max_size=4, unique_by=lambda one: one.id))
    entitlements += [
        msgspec.structs.replace(one, id=id)
        for one, id in zip(entitlements, draw(st.lists(named, max_size=3, unique=True)), strict=False)
        if id not in {each.id for each in entitlements}
    ]
    grants = draw(
        st.lists(
            st.builds(
                Grant,
                entitlement=st.sampled_from([one.id for one in entitlements]) | named if entitlements else named,
                principal=ids,
                scope=st.just("group/*"),
                immutable=st.none() | TEXT.filter(bool),
                inherited_by=st.lists(SLUGS, max_size=2, unique=True).map(tuple),
            ),
            max_size=6,
            unique_by=lambda one: (one.entitlement, one.principal),
        )
    )
    return [*resources, *entitlements, *grants]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(snapshots())
def test_nothing_else_is_lost(rows: list[Item]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        snapshot = build_snapshot(folder / "first.sqlite", rows)
        _, copy = back(snapshot, folder)
        assert items(copy) == items(snapshot)


def test_the_team_of_the_simulator(tmp_path: Path) -> None:
    async def synced() -> Path:
        with bench() as workshop:
            team = TeamOptions(members=300, groups=25, seed=7)
            async with simulating(team) as simulator:
                made = snapshot_of((await workshop.sync(simulator)).run)
                return Path(made).rename(tmp_path / "team.sqlite")

    snapshot = asyncio.run(synced())
    run, copy = back(snapshot, tmp_path)
    assert items(copy) == items(snapshot)
    assert run.complete
    assert run.imported
    with compare(snapshot, copy, across=True) as found:
        assert not any(sum(kinds.values()) for kinds in found.counts().values())
    with read_snapshot(copy) as opened:
        assert {seal.seal for seal in opened.seals()} == {Verdict.UNRECONCILED}, "no count of the application's is left"
        assert opened.header.tenant is not None


@pytest.mark.parametrize(
    ("scope", "unseen"),
    [
        ("user", {"user"}),
        ("group/*", {"group/*"}),
        ("group:g/*", {"group/*"}),
        ("elsewhere", {"user", "user/*", "group", "group/*"}),
    ],
)
def test_what_was_not_seen_whole_is_not_whole_in_the_copy(tmp_path: Path, scope: str, unseen: set[str]) -> None:
    rows = [user("ann"), group("g"), offers("group:g/member"), holds("user:ann", "group:g/member")]
    snapshot = build_snapshot(tmp_path / "first.sqlite", rows, seals={scope: Verdict.PARTIAL})
    run, copy = back(snapshot, tmp_path)
    assert not run.complete
    assert {seal.scope for seal in run.scopes} == unseen
    assert items(copy) == items(snapshot)


def test_a_copy_is_as_old_as_its_snapshot_and_of_unknown_age_where_that_was(tmp_path: Path) -> None:
    made = build_snapshot(tmp_path / "made.sqlite", [user("u1")])
    run, copy = back(made, tmp_path)
    with read_snapshot(made) as first, read_snapshot(copy) as second:
        assert datetime.fromisoformat(second.header.taken) == datetime.fromisoformat(first.header.taken)
    assert datetime.fromisoformat(run.taken or "") < datetime.fromisoformat(run.started)
    with sqlite3.connect(copy) as db:
        db.execute("UPDATE header SET value = '' WHERE key = 'taken'")
    (tmp_path / "again").mkdir()
    run, again = back(copy, tmp_path / "again")
    with read_snapshot(again) as third:
        assert (third.header.taken, run.taken, run.complete) == ("", None, True)
