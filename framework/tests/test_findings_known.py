"""Findings, case by case: what counts as seen, since when something is so, and what the configuration accepts."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from snapshot_files import TAKEN, build_snapshot, group, holds, offers, user

from jackfield.changes.kinds.account import DeleteRequest
from jackfield.changes.request_files import read_requests
from jackfield.config import AcceptedFinding, FindingKind, FindingsSettings
from jackfield.errors import BadConfig
from jackfield.findings import Finding, Known, Report, Severity, Unknown, find
from jackfield.findings.mending import mending, write_requests
from jackfield.snapshots.reader import read_snapshot
from jackfield.snapshots.records import Carried
from jackfield_contracts import (
    AccountStatus,
    Entitlement,
    Item,
    LicenseTrait,
    Purpose,
    Resource,
    ResourceId,
    RoleTrait,
    UserTrait,
    Verdict,
)

BEFORE = Carried(run="run-0", taken=TAKEN)
OWNER: Entitlement = msgspec.structs.replace(offers("group:g/owner", "Owner"), purpose=Purpose.OWNERSHIP)
GROUP: list[Item] = [group("g", "Design"), offers("group:g/member"), OWNER]
WHOLE = {"group:g/*": Verdict.COMPLETE}


def look(folder: Path, items: list[Item], *kinds: FindingKind, **more: object) -> Report:
    settings = FindingsSettings(ignore=more.pop("ignore", ()))  # type: ignore[arg-type]
    file = build_snapshot(folder / "one.sqlite", items, **more)  # type: ignore[arg-type]
    with read_snapshot(file) as snapshot:
        return find(Known(snapshot, settings), kinds)


def only(report: Report) -> Finding | Unknown:
    (one,) = (*report.findings, *report.unknown)
    return one


class TestGroups:
    def test_a_group_that_the_application_counts_somebody_in_is_not_called_empty(self, tmp_path: Path):
        items: list[Item] = [group("g", members=3), *GROUP[1:]]
        one = only(look(tmp_path, items, FindingKind.EMPTY_GROUP, seals=WHOLE))
        assert isinstance(one, Unknown)
        assert one.reason == "nobody was seen in it, and the application counts 3"

    def test_an_owner_who_was_only_seen_before_leaves_it_open(self, tmp_path: Path):
        for status in (AccountStatus.ENABLED, AccountStatus.DISABLED):
            ann = user("ann", status=status)
            items: list[Item] = [*GROUP, ann, holds("user:ann", "group:g/owner")]
            for old in (ann, items[-1]):
                one = only(look(tmp_path, items, FindingKind.SUSPENDED_OWNER, seals=WHOLE, carried_rows=[old]))
                assert isinstance(one, Unknown), old
        assert isinstance(only(look(tmp_path, items, FindingKind.SUSPENDED_OWNER, seals=WHOLE)), Finding)

    def test_a_membership_from_before_is_neither_there_nor_gone(self, tmp_path: Path):
        items: list[Item] = [*GROUP, user("ann"), holds("user:ann", "group:g/member")]
        one = only(look(tmp_path, items, FindingKind.EMPTY_GROUP, seals=WHOLE, carried_rows=[items[-1]]))
        assert isinstance(one, Unknown)

    def test_the_reason_names_the_scope(self, tmp_path: Path):
        one = only(look(tmp_path, GROUP, FindingKind.OWNERLESS_GROUP, seals={"group:g/*": Verdict.PARTIAL}))
        assert isinstance(one, Unknown)
        assert one.reason == "group:g/* was not seen whole: partial; the read failed"

    def test_a_scope_of_any_other_name_may_hold_the_memberships(self, tmp_path: Path):
        def with_scope(verdict: Verdict) -> Finding | Unknown:
            other = holds("user:ann", "group:h/member", scope="memberships")
            more: list[Item] = [group("h"), offers("group:h/member"), user("ann"), other]
            seals = {"memberships": verdict}
            report = look(tmp_path, [*GROUP, *more], FindingKind.EMPTY_GROUP, seals=seals)
            return only(report)

        assert isinstance(with_scope(Verdict.COMPLETE), Finding)
        assert isinstance(with_scope(Verdict.PARTIAL), Unknown)

    def test_where_no_memberships_are_read_no_group_is_empty(self, tmp_path: Path):
        one = only(look(tmp_path, GROUP, FindingKind.EMPTY_GROUP))
        assert isinstance(one, Unknown)
        assert one.reason == "the snapshot says nothing of who holds what on any group"

    def test_without_a_word_on_ownership_nothing_is_ownerless(self, tmp_path: Path):
        report = look(tmp_path, [group("g"), offers("group:g/owner")], FindingKind.OWNERLESS_GROUP, seals=WHOLE)
        assert (report.findings, report.unknown) == ((), ())
        assert report.kinds[0].not_known == "nothing in the snapshot is marked as the ownership of a group"


class TestAdmins:
    ITEMS = (offers("role:r/member", "Boss", privileged=True), user("ann"), holds("user:ann", "role:r/member"))

    def test_what_was_carried_forward_is_told_as_unknown_with_its_age(self, tmp_path: Path):
        for old in self.ITEMS:
            one = only(look(tmp_path, [*self.ITEMS], FindingKind.ADMINS, carried_rows=[old]))
            assert isinstance(one, Unknown)
            assert (one.reason, one.last_seen) == ("whether it still holds Boss could not be seen", BEFORE)

    def test_what_makes_it_privileged_must_have_been_seen(self, tmp_path: Path):
        boss = Resource(
            id=ResourceId(type="role", id="r"), scope="role", display_name="Boss", trait=RoleTrait(privileged=True)
        )
        plain = msgspec.structs.replace(self.ITEMS[0], privileged=False)
        for offer, old, sure in (
            (plain, boss, False),
            (plain, plain, True),
            (self.ITEMS[0], boss, True),
            (self.ITEMS[0], self.ITEMS[0], False),
        ):
            one = only(look(tmp_path, [boss, offer, *self.ITEMS[1:]], FindingKind.ADMINS, carried_rows=[old]))
            assert isinstance(one, Finding) is sure

    def test_somebody_whom_the_snapshot_does_not_know_is_not_left_out(self, tmp_path: Path):
        one = only(look(tmp_path, [self.ITEMS[0], self.ITEMS[2]], FindingKind.ADMINS))
        assert isinstance(one, Unknown)
        assert str(one.subject.id) == "user:ann"

    def test_the_way_through_a_group_is_its_evidence(self, tmp_path: Path):
        items = [
            *(self.ITEMS[0], *GROUP, user("bob"), holds("user:bob", "group:g/member")),
            holds("group:g", "role:r/member", inherited_by=("member",)),
        ]
        one = only(look(tmp_path, items, FindingKind.ADMINS))
        assert isinstance(one, Finding)
        (fact,) = one.evidence
        assert (fact.value, fact.scope) == ("role:r/member through group:g/member", "group:g/*")

    def test_people_who_hold_privileges_weigh_more(self, tmp_path: Path):
        trait = UserTrait(status=AccountStatus.PENDING, invited=datetime(2026, 1, 1, tzinfo=UTC))
        ann, bob = (msgspec.structs.replace(user(name), trait=trait) for name in ("ann", "bob"))
        report = look(tmp_path, [self.ITEMS[0], ann, bob, self.ITEMS[2]], FindingKind.INVITED)
        assert [(str(one.subject.id), one.severity) for one in report.findings] == [
            ("user:ann", Severity.MEDIUM),
            ("user:bob", Severity.LOW),
        ]
        assert [one.id for one in report.findings] == ["acme/invited/user:ann", "acme/invited/user:bob"]


class TestPeople:
    """Other kinds that are about people."""

    def test_accounts_with_the_same_address_are_of_one_person_only_if_both_were_seen(self, tmp_path: Path):
        one, other = user("ann", emails=("a@example.com",)), user("anne", emails=("ann@example.com", "A@Example.com "))
        found = only(look(tmp_path, [one, other], FindingKind.DUPLICATE_PEOPLE))
        assert isinstance(found, Finding)
        assert found.id == "acme/duplicate-people/user:ann+user:anne"
        assert found.why == "2 accounts share address or login a@example.com"
        report = look(tmp_path, [one, other], FindingKind.DUPLICATE_PEOPLE, carried_rows=[other])
        assert [str(each.subject.id) for each in report.unknown] == ["user:ann", "user:anne"]
        assert report.findings == ()

    def test_a_seat_from_before_is_no_seat_that_was_seen(self, tmp_path: Path):
        full = Resource(id=ResourceId(type="license", id="l"), scope="license", display_name="L", trait=LicenseTrait())
        held = holds("user:ann", "license:l/seat")
        items: list[Item] = [full, offers("license:l/seat"), user("ann", status=AccountStatus.DISABLED), held]
        one = only(look(tmp_path, items, FindingKind.SUSPENDED_SEAT, carried_rows=[held]))
        assert isinstance(one, Unknown)
        assert one.last_seen == BEFORE


class TestInvited:
    """Accounts of which the application does not say since when they are pending."""

    ANN = user("ann", status=AccountStatus.PENDING)

    def with_earlier(self, folder: Path, *earlier: tuple[str, Resource | None]) -> Finding | Unknown:
        files = [build_snapshot(folder / "now.sqlite", [self.ANN])]
        for number, (taken, row) in enumerate(earlier):
            file, items = folder / f"{number}.sqlite", [row] if row else []
            files.append(build_snapshot(file, items, run=f"run-{number}", header={"taken": taken}))
        from contextlib import ExitStack

        with ExitStack() as opened:
            now, *before = (opened.enter_context(read_snapshot(file)) for file in files)
            return only(find(Known(now, FindingsSettings(), earlier=before), (FindingKind.INVITED,)))

    def test_an_older_snapshot_tells(self, tmp_path: Path):
        one = self.with_earlier(tmp_path, ("2026-11-20T00:00:00+00:00", self.ANN), ("2026-10-01T00:00:00", self.ANN))
        assert isinstance(one, Finding)
        assert one.why == "invited on 2026-10-01 or before, 53 days before the snapshot, and has not accepted"
        assert [(fact.what, fact.run) for fact in one.evidence] == [("status", "run-1"), ("pending already", "run-1")]

    def test_it_looks_back_only_as_long_as_the_account_was_pending(self, tmp_path: Path):
        for other in (user("ann"), None):
            one = self.with_earlier(
                tmp_path,
                ("2026-11-20T00:00:00+00:00", self.ANN),
                ("2026-11-01T00:00:00+00:00", other),
                ("2026-10-01T00:00:00+00:00", self.ANN),
            )
            assert isinstance(one, Unknown)
            assert "the oldest snapshot that shows it is of 2026-11-20" in one.reason

    def test_without_an_older_snapshot_it_is_unknown(self, tmp_path: Path):
        assert isinstance(self.with_earlier(tmp_path), Unknown)


class TestAccepted:
    """What the configuration accepts."""

    ITEMS = (*GROUP, user("ann"), user("bob"), offers("role:r/member", privileged=True))
    HELD = (holds("user:ann", "role:r/member"), holds("user:bob", "role:r/member"))

    def accepted(self, folder: Path, **given: object) -> tuple[dict[str, str | None], tuple[int, ...]]:
        entry = msgspec.convert({"reason": "we know", **given}, AcceptedFinding)
        kinds = FindingKind.ADMINS, FindingKind.EMPTY_GROUP
        report = look(folder, [*self.ITEMS, *self.HELD], *kinds, seals=WHOLE, ignore=(entry,))
        return {str(one.subject.id): one.accepted for one in report.findings}, report.unused

    def test_by_kind_by_address_by_id_and_the_name_of_a_group(self, tmp_path: Path):
        nobody = {"user:ann": None, "user:bob": None, "group:g": None}
        for given, whom in (
            ({"kind": "empty-group"}, ["group:g"]),
            ({"who": "ANN@example.com"}, ["user:ann"]),
            ({"who": "user:bob"}, ["user:bob"]),
            ({"who": "ann", "kind": "admins"}, ["user:ann"]),
            ({"who": "design"}, ["group:g"]),
            ({"kind": "admins"}, ["user:ann", "user:bob"]),
        ):
            assert self.accepted(tmp_path, **given) == (nobody | dict.fromkeys(whom, "we know"), ())

    def test_what_fits_nothing_is_told(self, tmp_path: Path):
        accepted, unused = self.accepted(tmp_path, who="carl@example.com", kind="admins")
        assert (set(accepted.values()), unused) == ({None}, (0,))

    def test_nobody_is_accepted_by_taking_a_name(self, tmp_path: Path):
        items = [user("eve", "Ann Accepted"), self.ITEMS[-1], holds("user:eve", "role:r/member")]
        entry = AcceptedFinding(who="Ann Accepted", reason="we know")
        (one,) = look(tmp_path, items, FindingKind.ADMINS, ignore=(entry,)).findings
        assert one.accepted is None


class TestMending:
    """The changes that are written down."""

    def written(self, folder: Path, id: str, name: str, **more: object) -> tuple[Path, Finding]:
        trait = UserTrait(status=AccountStatus.PENDING, invited=datetime(2026, 1, 1, tzinfo=UTC), **more)  # type: ignore[arg-type]
        row = msgspec.structs.replace(user("x", 'A "name"\n[[change]]'), id=ResourceId(type="user", id=id), trait=trait)
        one = only(look(folder, [row], FindingKind.INVITED))
        assert isinstance(one, Finding)
        file = folder / name
        write_requests(str(file), mending([one], {"delete_account"}), "a heading\nof two lines")
        return file, one

    @pytest.mark.parametrize("name", ["a.toml", "a.csv", "a.jsonl", "A.TOML"])
    @pytest.mark.parametrize("id", ["u1", "dbmid:AA-_b", 'a"b\\c', "ü 🦊,x", "a/b#c%d"])
    def test_they_are_read_again_as_they_were_meant(self, tmp_path: Path, id: str, name: str):
        file, one = self.written(tmp_path, id, name)
        (request,) = read_requests(file)
        assert isinstance(request, DeleteRequest)
        assert ResourceId.parse(request.account) == one.subject.id == ResourceId(type="user", id=id)

    @pytest.mark.parametrize("id", ["a;=b", "\x1b[2J", "a\x7fb\n"])
    def test_what_csv_would_hold_in_another_form_is_refused_there(self, tmp_path: Path, id: str):
        for name in ("a.toml", "a.jsonl"):
            (request,) = read_requests(self.written(tmp_path, id, name)[0])
            assert isinstance(request, DeleteRequest)
            assert ResourceId.parse(request.account).id == id
        with pytest.raises(BadConfig, match=r"can't stand in CSV"):
            self.written(tmp_path, id, "a.csv")
        assert not (tmp_path / "a.csv").exists()

    def test_what_the_connector_can_not_do_is_left_out(self, tmp_path: Path):
        _, one = self.written(tmp_path, "u1", "a.toml")
        made = mending([one, msgspec.structs.replace(one, accepted="we know")], {"grant"})
        assert (made.mended, made.by_hand, made.impossible) == ([], [], [one])

    def test_a_seat_that_can_be_taken_back_is_and_one_that_can_not_costs_the_account(self, tmp_path: Path):
        full = Resource(id=ResourceId(type="license", id="l"), scope="license", display_name="L", trait=LicenseTrait())
        items: list[Item] = [full, offers("license:l/seat", "Seat"), user("ann", status=AccountStatus.DISABLED)]
        held = holds("user:ann", "license:l/seat")
        one = only(look(tmp_path, [*items, held], FindingKind.SUSPENDED_SEAT))
        assert isinstance(one, Finding)
        assert one.requests == ({"kind": "revoke", "entitlement": "license:l/seat", "principal": "user:ann"},)
        fixed = msgspec.structs.replace(held, immutable="it follows from the contract")
        one = only(look(tmp_path, [*items, fixed], FindingKind.SUSPENDED_SEAT))
        assert isinstance(one, Finding)
        assert one.requests == ({"kind": "delete_account", "account": "user:ann"},)
        group_has = [*GROUP, holds("user:ann", "group:g/member")]
        through = holds("group:g", "license:l/seat", inherited_by=("member",))
        one = only(look(tmp_path, [*items, *group_has, through], FindingKind.SUSPENDED_SEAT))
        assert isinstance(one, Finding)
        assert one.requests == ()
