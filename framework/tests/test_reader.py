"""A published snapshot tells its rows in order, filtered as asked, and says of each whether it was seen."""

from pathlib import Path

import pytest
from snapshot_files import TAKEN, app, build_snapshot, group, holds, offers, user

from jackfield.errors import BadConfig, NotFound
from jackfield.snapshots.reader import Snapshot, read_snapshot
from jackfield_contracts import AccountStatus, EntitlementId, ResourceId, Verdict

ITEMS = (
    user("2", "Ben", login="BEN-01"),
    user("1", "Ann", emails=("ann@example.com", "Ann.Old@example.com")),
    user("3", "Cleo Ünal", status=AccountStatus.PENDING),
    group("g2", "Sales"),
    group("g1", "Engineering"),
    offers("group:g1/member"),
    offers("group:g1/owner", "Owner", privileged=True),
    offers("group:g2/member"),
    holds("user:2", "group:g1/member"),
    holds("user:1", "group:g1/owner", immutable="by law"),
    holds("user:3", "group:g2/member"),
    holds("user:1", "group:g2/member"),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return build_snapshot(tmp_path / "s.sqlite", ITEMS)


def ids(snapshot: Snapshot, **filters: object) -> list[str]:
    return [str(row.resource.id) for row in snapshot.resources(**filters)]  # type: ignore[arg-type]


def grants(snapshot: Snapshot, **filters: object) -> list[str]:
    return [f"{row.grant.entitlement}#{row.grant.principal}" for row in snapshot.grants(**filters)]  # type: ignore[arg-type]


def test_rows_come_in_the_order_of_their_identifiers(file: Path):
    with read_snapshot(file) as snapshot:
        assert ids(snapshot) == ["group:g1", "group:g2", "user:1", "user:2", "user:3"]
        assert [str(row.entitlement.id) for row in snapshot.entitlements()] == [
            "group:g1/member",
            "group:g1/owner",
            "group:g2/member",
        ]
        assert grants(snapshot) == [
            "group:g1/member#user:2",
            "group:g1/owner#user:1",
            "group:g2/member#user:1",
            "group:g2/member#user:3",
        ]


def test_what_was_written_is_read_back_whole(file: Path):
    with read_snapshot(file) as snapshot:
        assert [row.resource for row in snapshot.resources(type="group")] == [ITEMS[4], ITEMS[3]]
        assert snapshot.resource(ResourceId(type="user", id="1")).resource == ITEMS[1]  # type: ignore[union-attr]
        assert snapshot.resource(ResourceId(type="user", id="9")) is None
        owner = next(iter(snapshot.grants(slug="owner")))
        assert owner.grant == ITEMS[9]
        assert (owner.resource_name, owner.entitlement_name, owner.principal_name) == ("Engineering", "Owner", "Ann")
        assert owner.principal_status == "enabled"


def test_the_header_and_the_counts_say_what_it_is(file: Path):
    with read_snapshot(file) as snapshot:
        header, counts = snapshot.header, snapshot.counts()
        assert (header.connection, header.run, header.complete, header.tenant_name) == ("acme", "run-1", True, "Acme")
        assert (header.requests, header.base) == (7, None)
        assert counts.resources == {"group": 2, "user": 3}
        assert (counts.entitlements, counts.grants, counts.carried) == (3, 4, 0)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"type": "group"}, ["group:g1", "group:g2"]),
        ({"status": "pending"}, ["user:3"]),
        ({"search": "sal"}, ["group:g2"]),
        ({"search": "ben-0"}, ["user:2"]),
        ({"search": "ANN.OLD@"}, ["user:1"]),
        ({"search": "üNAL"}, ["user:3"]),
        ({"search": "primary"}, []),
        ({"search": "e", "type": "user"}, ["user:1", "user:2", "user:3"]),
        ({"carried": True}, []),
    ],
)
def test_resources_are_filtered(file: Path, filters: dict[str, object], found: list[str]):
    with read_snapshot(file) as snapshot:
        assert ids(snapshot, **filters) == found


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"entitlement": EntitlementId.parse("group:g2/member")}, ["group:g2/member#user:1", "group:g2/member#user:3"]),
        ({"resource": ResourceId.parse("group:g1")}, ["group:g1/member#user:2", "group:g1/owner#user:1"]),
        ({"principal": ResourceId.parse("user:1")}, ["group:g1/owner#user:1", "group:g2/member#user:1"]),
        ({"principal": ResourceId.parse("user:9")}, []),
        ({"slug": "owner"}, ["group:g1/owner#user:1"]),
        ({"status": "pending"}, ["group:g2/member#user:3"]),
        ({"type": "user"}, []),
        ({"search": "engineer"}, ["group:g1/member#user:2", "group:g1/owner#user:1"]),
        ({"search": "ann.old"}, ["group:g1/owner#user:1", "group:g2/member#user:1"]),
        ({"search": "ann", "slug": "owner"}, ["group:g1/owner#user:1"]),
    ],
)
def test_grants_are_filtered(file: Path, filters: dict[str, object], found: list[str]):
    with read_snapshot(file) as snapshot:
        assert grants(snapshot, **filters) == found


def test_entitlements_are_filtered(file: Path):
    with read_snapshot(file) as snapshot:
        assert [str(row.entitlement.id) for row in snapshot.entitlements(search="SALES")] == ["group:g2/member"]
        of = snapshot.entitlements(resource=ResourceId.parse("group:g1"), slug="owner")
        assert [row.entitlement.privileged for row in of] == [True]


def test_carried_rows_say_from_when_and_the_snapshot_says_what_was_not_seen(tmp_path: Path):
    seals = {"group:g1/*": Verdict.UNREADABLE, "group": Verdict.UNRECONCILED}
    carried = {"group:g1/*": "run-0"}
    with read_snapshot(build_snapshot(tmp_path / "s.sqlite", ITEMS, seals=seals, carried=carried)) as snapshot:
        assert not snapshot.header.complete
        assert [(seal.scope, seal.seal) for seal in snapshot.seals(not_whole=True)] == [("group:g1/*", "unreadable")]
        assert len(snapshot.seals()) > 2
        assert snapshot.counts().carried == 2
        assert grants(snapshot, carried=True) == ["group:g1/member#user:2", "group:g1/owner#user:1"]
        assert len(grants(snapshot, carried=False)) == 2
        origin = next(iter(snapshot.grants(carried=True))).carried
        assert origin is not None
        assert (origin.run, origin.taken) == ("run-0", TAKEN)
        assert next(iter(snapshot.grants(carried=True))).seal == "unreadable"


def test_what_is_no_snapshot_is_refused(tmp_path: Path):
    (tmp_path / "s.sqlite").write_bytes(b"no database at all" * 100)
    for name in ("s.sqlite", "missing.sqlite"):
        with pytest.raises(BadConfig), read_snapshot(tmp_path / name):
            pass


class TestFindingByText:
    @pytest.fixture
    def snapshot(self, tmp_path: Path):
        people = (
            user("1", "Ann Lee", emails=("ann@example.com",), login="ann"),
            user("2", "Ann Lee", emails=("Lee@Example.com", "shared@example.com")),
            user("3", "Bob", emails=("shared@example.com",), login="BOB"),
            user("4", "bob"),
            user("dbmid:5/6#7%", 'Zoë "Z" O\\Hara', emails=("zoë@example.com",)),
            user("x", "g1", emails=()),
            user("100%", "50_50", emails=()),
            group("g1", "Engineering"),
            group("x", "Ann Lee"),
            app("crm", "CRM"),
            offers("group:g1/member"),
            offers("app:crm/read", "Read"),
            holds("robot:9", "app:crm/read"),
        )
        with read_snapshot(build_snapshot(tmp_path / "s.sqlite", people)) as snapshot:
            yield snapshot

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("user:1", "user:1"),
            ("1", "user:1"),
            ("ANN@example.COM", "user:1"),
            ("lee@example.com", "user:2"),
            ("ann", "user:1"),
            ("dbmid:5/6#7%", "user:dbmid:5%2F6%237%25"),
            ("user:dbmid:5%2F6%237%25", "user:dbmid:5%2F6%237%25"),
            ("ZOË@EXAMPLE.com", "user:dbmid:5%2F6%237%25"),
            ('zoë "z" o\\hara', "user:dbmid:5%2F6%237%25"),
            ("50_50", "user:100%25"),
            ("100%", "user:100%25"),
            ("robot:9", "robot:9"),
        ],
    )
    def test_a_user_is_found_by_id_email_login_or_name(self, snapshot: Snapshot, text: str, found: str):
        assert str(snapshot.find(text, users=True)) == found

    def test_an_id_goes_before_a_name(self, snapshot: Snapshot):
        assert str(snapshot.find("g1")) == "group:g1"

    def test_an_address_goes_before_a_name_and_the_same_case_before_another(self, snapshot: Snapshot):
        assert str(snapshot.find("BOB", users=True)) == "user:3"
        assert str(snapshot.find("bob", users=True)) == "user:3"

    @pytest.mark.parametrize(
        ("text", "candidates"),
        [("Ann Lee", ("user:1", "user:2")), ("shared@example.com", ("user:2", "user:3")), ("x", ("user:x", "group:x"))],
    )
    def test_an_ambiguous_name_lists_the_candidates(self, snapshot: Snapshot, text: str, candidates: tuple[str, ...]):
        with pytest.raises(BadConfig) as raised:
            snapshot.find(text, users=True)
        assert all(one in str(raised.value) for one in candidates)

    def test_a_name_of_something_else_is_no_user(self, snapshot: Snapshot):
        with pytest.raises(NotFound):
            snapshot.find("Engineering", users=True)
        assert str(snapshot.find("engineering")) == "group:g1"

    def test_a_target_is_a_resource_or_one_of_its_entitlements(self, snapshot: Snapshot):
        assert str(snapshot.find_target("crm")) == "app:crm"
        for text in ("app:crm/read", "crm/read", "CRM/read"):
            assert str(snapshot.find_target(text)) == "app:crm/read"

    def test_an_entitlement_that_is_not_offered_lists_those_that_are(self, snapshot: Snapshot):
        with pytest.raises(NotFound, match="read"):
            snapshot.find_target("crm/write")
        with pytest.raises(NotFound):
            snapshot.find_target("nothing/read")
