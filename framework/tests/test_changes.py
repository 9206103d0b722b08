"""Changes on an application in memory: judged, made, confirmed, journalled, recovered."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path

import msgspec
import pytest

from jackfield.changes.execute import carry_out
from jackfield.changes.options import Changing
from jackfield.changes.plan import make_plan
from jackfield.changes.planfile import load_plan, save_plan
from jackfield.changes.rehearse import rehearse
from jackfield.errors import BadConfig, Busy, MissingPermission, PlanOutdated, Transient, Unsupported
from jackfield.state import open_state
from jackfield_contracts import (
    AccountStatus,
    Change,
    CreateAccount,
    DeleteAccount,
    GrantAccess,
    JournalEntry,
    JournalStatus,
    Outcome,
    OutcomeKind,
    Plan,
    ResourceId,
    RevokeAccess,
    RunAction,
)

from .office import Site, group, role, user


@pytest.fixture
def site(tmp_path: Path) -> Generator[Site]:
    with open_state(tmp_path / "state.db") as state:
        yield Site(tmp_path, state)


def make(site: Site, *changes: Change, **options: object) -> tuple[JournalEntry, ...]:
    async def work() -> tuple[JournalEntry, ...]:
        async with site.open(**options) as changing:
            return await carry_out(changing, await make_plan(changing, changes))

    return asyncio.run(work())


def within(site: Site, work: Callable[[Changing], Awaitable[object]], **options: object) -> object:
    async def run() -> object:
        async with site.open(**options) as changing:
            return await work(changing)

    return asyncio.run(run())


def told(entries: tuple[JournalEntry, ...]) -> list[tuple[str, str | None]]:
    return [(entry.outcome.outcome.value, entry.outcome.tag) for entry in entries if entry.outcome]


def one(entries: tuple[JournalEntry, ...]) -> tuple[str, str | None]:
    (only,) = told(entries)
    return only


class TestJudging:
    def test_a_grant_is_made_and_confirmed_by_reading(self, site: Site) -> None:
        (entry,) = make(site, GrantAccess(entitlement=group("g1", "member"), principal=user("u3")), reason="because")
        assert entry.outcome is not None
        assert entry.outcome.outcome is OutcomeKind.CHANGED
        assert entry.outcome.confirmed_by is not None
        assert entry.outcome.confirmed_by.value == "read"
        assert entry.outcome.request_ids == ("w", "r")
        assert (entry.before.held, entry.after and entry.after.held) == ((), (group("g1", "member"),))
        assert entry.reason == "because"
        assert site.state.change(entry.id) == entry

    def test_twice_is_already_without_a_call(self, site: Site) -> None:
        grant = GrantAccess(entitlement=group("g1", "member"), principal=user("u3"))
        make(site, grant)
        assert one(make(site, grant)) == ("already", None)
        assert site.office.calls["grant"] == 1

    def test_an_owner_has_more_than_a_member(self, site: Site) -> None:
        assert one(make(site, GrantAccess(entitlement=group("g1", "member"), principal=user("u1")))) == (
            "already",
            None,
        )
        assert one(make(site, RevokeAccess(entitlement=group("g1", "member"), principal=user("u1")))) == (
            "refused",
            "holds_more",
        )
        assert site.office.groups["g1"]["u1"] == "owner"

    def test_what_is_granted_may_rise(self, site: Site) -> None:
        (entry,) = make(site, GrantAccess(entitlement=group("g1", "owner"), principal=user("u2")))
        assert told((entry,)) == [("changed", None)]
        assert site.office.groups["g1"]["u2"] == "owner"

    def test_another_role_is_replaced_only_if_that_is_said(self, site: Site) -> None:
        site.office.roles["u2"] = "helper"
        grant = GrantAccess(entitlement=role("admin"), principal=user("u2"))
        assert one(make(site, grant)) == ("refused", "needs_replace")
        assert one(make(site, msgspec.structs.replace(grant, replace=True))) == ("changed", None)

    def test_a_role_that_is_not_held_is_not_revoked_from_who_holds_another(self, site: Site) -> None:
        site.office.roles["u2"] = "helper"
        (entry,) = make(site, RevokeAccess(entitlement=role("admin"), principal=user("u2")))
        assert entry.outcome is not None
        assert entry.outcome.outcome is OutcomeKind.ALREADY
        assert "helper member" in (entry.outcome.reason or "")
        assert site.office.roles["u2"] == "helper"

    def test_the_applications_own_refusal_is_the_outcome(self, site: Site) -> None:
        (entry,) = make(site, RevokeAccess(entitlement=role("admin"), principal=user("u1")))
        assert told((entry,)) == [("refused", "last_admin")]
        assert entry.after is not None
        assert entry.after.held == (role("admin"),)

    @pytest.mark.parametrize(
        ("change", "tag"),
        [
            (GrantAccess(entitlement=group("frozen", "member"), principal=user("u1")), "immutable"),
            (GrantAccess(entitlement=group("nowhere", "member"), principal=user("u1")), "not_found"),
            (GrantAccess(entitlement=group("g1", "boss"), principal=user("u1")), "not_found"),
            (GrantAccess(entitlement=group("g1", "member"), principal=user("nobody")), "not_found"),
            (GrantAccess(entitlement=group("g1", "member"), principal=ResourceId(type="app", id="u1")), "wrong_principal"),
            (RunAction(name="disable", arguments={"user_id": "nobody"}), "not_found"),
        ],
    )  # fmt: skip
    def test_what_the_state_forbids_is_refused_without_a_call(self, site: Site, change: Change, tag: str) -> None:
        assert one(make(site, change)) == ("refused", tag)
        assert set(site.office.calls) == {"read_state"}

    def test_an_account_is_found_by_name_and_disabled(self, site: Site) -> None:
        (entry,) = make(site, RunAction(name="disable", arguments={"user_id": "u3@x.org"}))
        assert told((entry,)) == [("changed", None)]
        assert site.office.people["u3"].status is AccountStatus.DISABLED
        assert entry.title == "disable Person 3 <u3@x.org>"
        assert one(make(site, RunAction(name="disable", arguments={"user_id": "u3"}))) == ("already", None)

    def test_what_is_so_already_names_what_was_not_done_beside(self, site: Site) -> None:
        site.office.people["u3"].status = AccountStatus.DISABLED
        (entry,) = make(site, RunAction(name="disable", arguments={"user_id": "u3", "wipe": True}))
        assert told((entry,)) == [("already", None)]
        assert entry.outcome is not None
        assert (entry.outcome.reason or "").endswith("so that wipe had no effect")
        (entry,) = make(site, RunAction(name="disable", arguments={"user_id": "u3"}))
        assert entry.outcome is not None
        assert "effect" not in (entry.outcome.reason or "")

    def test_a_wrong_argument_is_named(self, site: Site) -> None:
        with pytest.raises(BadConfig, match="no 'emial'"):
            make(site, CreateAccount(arguments={"emial": "a@x.org"}))
        with pytest.raises(BadConfig, match="needs email"):
            make(site, CreateAccount())
        with pytest.raises(Unsupported, match="no action 'disabel'"):
            make(site, RunAction(name="disabel"))


class TestSwitches:
    def test_changes_have_to_be_enabled(self, site: Site) -> None:
        site.host = msgspec.structs.replace(site.host, provisioning=False)
        with pytest.raises(Unsupported, match="not enabled"):
            make(site, DeleteAccount(account=user("u3")))
        site.host = msgspec.structs.replace(site.host, provisioning=True, read_only=True)
        with pytest.raises(Unsupported, match="read-only"):
            make(site, DeleteAccount(account=user("u3")))
        assert not site.office.calls

    def test_a_reason_may_be_required(self, site: Site) -> None:
        site.host = msgspec.structs.replace(site.host, require_reason=True)
        with pytest.raises(BadConfig, match="wants a reason"):
            make(site, DeleteAccount(account=user("u3")))

    @pytest.mark.parametrize("name", ["user:u3", "u3", "U3@X.org"])
    def test_the_protected_are_never_touched(self, site: Site, name: str) -> None:
        site.host = msgspec.structs.replace(site.host, protected=(name,))
        assert one(make(site, DeleteAccount(account=user("u3")))) == ("refused", "protected")
        assert one(make(site, RunAction(name="disable", arguments={"user_id": "u3@x.org"}))) == ("refused", "protected")
        assert one(make(site, RevokeAccess(entitlement=group("g1", "member"), principal=user("u3")))) == (
            "refused",
            "protected",
        )
        assert set(site.office.calls) == {"read_state"}

    def test_of_too_many_none_is_made(self, site: Site) -> None:
        deletes = [DeleteAccount(account=user(f"u{n}")) for n in range(2, 6)]
        assert set(told(make(site, *deletes, limits={"delete": 3}))) == {("refused", "limit")}
        assert "delete_account" not in site.office.calls
        assert set(told(make(site, *deletes, limits={"delete": 4}))) == {("changed", None)}
        assert one(make(site, DeleteAccount(account=user("u6")), limits={"delete": 4})) == ("refused", "limit")
        site.clock.pass_by(3601)
        assert one(make(site, DeleteAccount(account=user("u6")), limits={"delete": 4})) == ("changed", None)

    def test_a_plan_that_a_limit_stopped_goes_on_with_a_higher_one(self, site: Site, tmp_path: Path) -> None:
        file = tmp_path / "plan.json"

        async def plan(changing: Changing) -> None:
            save_plan(await make_plan(changing, [DeleteAccount(account=user(f"u{n}")) for n in (3, 4)]), file)

        def apply(limit: int) -> list[tuple[str, str | None]]:
            entries = within(site, lambda changing: carry_out(changing, load_plan(file)), limits={"delete": limit})
            assert isinstance(entries, tuple)
            return told(entries)

        within(site, plan, dry_run=True)
        assert apply(1) == [("refused", "limit")] * 2
        assert apply(2) == [("changed", None)] * 2
        assert apply(2) == [("already", None)] * 2

    def test_one_writer_at_a_time(self, site: Site) -> None:
        async def second(_: Changing) -> None:
            async with site.open():
                pass

        with pytest.raises(Busy):
            within(site, second)

    def test_a_dry_run_makes_no_write_call(self, site: Site) -> None:
        site.host = msgspec.structs.replace(site.host, provisioning=False)

        async def look(changing: Changing) -> list[str]:
            plan = await make_plan(changing, [DeleteAccount(account=user("u3")), DeleteAccount(account=user("x"))])
            return [each.forecast.outcome.value for each in plan.changes]

        assert within(site, look, dry_run=True) == ["changed", "already"]
        assert set(site.office.calls) == {"read_state"}
        assert not site.state.changes()


CHANGES: dict[str, Change] = {
    "grant": GrantAccess(entitlement=group("g1", "owner"), principal=user("u2")),
    "revoke": RevokeAccess(entitlement=group("g1", "owner"), principal=user("u1")),
    "create_account": CreateAccount(arguments={"email": "new@x.org"}),
    "delete_account": DeleteAccount(account=user("u4")),
    "disable": RunAction(name="disable", arguments={"user_id": "u4"}),
    "rename": RunAction(name="rename", arguments={"user_id": "u4", "name": "Someone"}),
}


WITH_GROUP = CreateAccount(arguments={"email": "new@x.org", "groups": ("g2",)})


@pytest.mark.parametrize("lag", [0.0, 3.0])
@pytest.mark.parametrize("stumble", ["before", "after"])
@pytest.mark.parametrize("kind", CHANGES)
def test_a_lost_call_is_found_out_and_nothing_is_doubled(site: Site, kind: str, stumble: str, lag: float) -> None:
    site.office.stumbles = [stumble]
    site.office.lag = lag
    (entry,) = make(site, CHANGES[kind])
    assert told((entry,)) == [("changed", None)]
    assert entry.outcome is not None
    assert entry.outcome.confirmed_by is not None
    assert [count for name, count in site.office.effects.items() if name.split()[0] != "rename"] in ([1], [])
    assert not site.state.changes(undecided=True)


@pytest.mark.parametrize("stumble", ["before", "after"])
def test_what_nothing_can_be_read_of_is_asked_once(site: Site, stumble: str) -> None:
    site.office.stumbles = [stumble]
    assert one(make(site, RunAction(name="greet", arguments={"user_id": "u4"}))) == ("unverified", "transient")
    assert site.office.calls["greet"] == 1
    (entry,) = make(site, RunAction(name="greet", arguments={"user_id": "u4"}))
    assert entry.outcome is not None
    assert entry.outcome.confirmed_by is not None
    assert entry.outcome.confirmed_by.value == "answer"


def test_a_call_that_is_always_lost_fails_as_not_made(site: Site) -> None:
    site.office.stumbles = ["before"] * 50
    (entry,) = make(site, CHANGES["grant"])
    assert told((entry,)) == [("failed", "transient")]
    assert entry.outcome is not None
    assert entry.outcome.retryable
    assert site.office.calls["grant"] == 4


def test_an_answer_that_reads_contradict_is_unverified(site: Site) -> None:
    site.office.lag = 60.0
    assert one(make(site, CHANGES["grant"])) == ("unverified", None)


@pytest.mark.parametrize(("wait", "outcome"), [(60.0, "changed"), (2.0, "pending")])
def test_a_job_is_followed_as_long_as_is_waited(site: Site, wait: float, outcome: str) -> None:
    site.office.by_job = True
    assert one(make(site, CHANGES["create_account"], wait=wait)) == (outcome, None)
    (entry,) = site.state.changes()
    if outcome == "pending":
        assert entry.status is JournalStatus.PENDING
        site.clock.pass_by(10)
        within(site, _nothing)
        (entry,) = site.state.changes()
    assert entry.status is JournalStatus.SETTLED
    assert entry.outcome is not None
    assert entry.outcome.outcome is OutcomeKind.CHANGED
    assert site.office.effects == {"invite new@x.org": 1}


def test_what_goes_on_is_not_asked_for_twice(site: Site) -> None:
    site.office.by_job = True
    assert one(make(site, CHANGES["create_account"], wait=0.0)) == ("pending", None)
    assert one(make(site, CHANGES["create_account"], wait=0.0)) == ("pending", "goes_on")
    assert site.office.calls["create_account"] == 1


def test_a_hook_hears_the_ids_of_the_journal_and_the_same_ones_again(site: Site) -> None:
    site.office.stumbles = ["before"]
    wanted = [GrantAccess(entitlement=group("g2", "member"), principal=user(each)) for each in ("u5", "u6")]
    entries = make(site, *wanted)
    assert told(entries) == [("changed", None)] * 2
    assert site.office.ids == [tuple(entry.id for entry in entries)] * 2


async def _nothing(_: Changing) -> None:
    """Opening alone settles what is undecided."""


class TestFollowers:
    """Changes that only another one of the plan lets be made."""

    def test_they_count_for_limits(self, site: Site) -> None:
        grant = GrantAccess(entitlement=group("g2", "member"), principal=user("u5"))
        revoke = RevokeAccess(entitlement=group("g2", "member"), principal=user("u5"))
        assert told(make(site, grant, revoke, limits={"revoke": 0})) == [("changed", None), ("refused", "limit")]
        assert site.office.groups["g2"] == {"u5": "member"}

    def test_the_plan_says_so(self, site: Site) -> None:
        grant = GrantAccess(entitlement=group("g2", "member"), principal=user("u5"))
        revoke = RevokeAccess(entitlement=group("g2", "member"), principal=user("u5"))

        async def look(changing: Changing) -> Plan:
            return await make_plan(changing, [grant, revoke])

        plan = within(site, look, dry_run=True)
        assert isinstance(plan, Plan)
        assert [(each.forecast.outcome.value, each.follows) for each in plan.changes] == [
            ("changed", False),
            ("already", True),
        ]
        assert plan.blast_radius == {"grant": 1, "revoke": 1}
        assert "judged anew" in plan.changes[1].warnings[0]

    def test_what_was_planned_as_not_to_be_made_is_not_made(self, site: Site) -> None:
        async def tampered(changing: Changing) -> tuple[JournalEntry, ...]:
            plan = await make_plan(changing, [CHANGES["grant"]])
            other = Outcome(outcome=OutcomeKind.ALREADY)
            changes = tuple(msgspec.structs.replace(each, forecast=other) for each in plan.changes)
            return await carry_out(changing, msgspec.structs.replace(plan, changes=changes))

        entries = within(site, tampered)
        assert isinstance(entries, tuple)
        assert told(entries) == [("refused", "drifted")]

    def test_kinds_are_not_those_of_the_file(self, site: Site) -> None:
        async def tampered(changing: Changing) -> tuple[JournalEntry, ...]:
            plan = await make_plan(changing, [GrantAccess(entitlement=role("admin"), principal=user("u2"))])
            changes = tuple(msgspec.structs.replace(each, kinds=()) for each in plan.changes)
            return await carry_out(changing, msgspec.structs.replace(plan, changes=changes))

        entries = within(site, tampered, limits={"privileged": 0})
        assert isinstance(entries, tuple)
        assert told(entries) == [("refused", "limit")]


class TestHalves:
    """What ends in its middle."""

    def test_of_several_in_one_call_those_that_were_made_are_not_told_as_failed(self, site: Site) -> None:
        site.office.breaks = MissingPermission("the app lacks a scope", permission="write")
        grants = [GrantAccess(entitlement=group("g2", "member"), principal=user(f"u{n}")) for n in (3, 4, 5)]
        entries = make(site, *grants)
        assert site.office.groups["g2"] == {"u3": "member"}
        assert told(entries) == [("changed", None), ("failed", "missing_permission"), ("failed", "missing_permission")]

    def test_an_account_that_is_there_is_not_told_as_not_made(self, site: Site) -> None:
        site.office.breaks = Transient("the request was lost")
        site.office.stumbles = ["", "before", "before", "before"]
        (entry,) = make(site, WITH_GROUP)
        assert told((entry,)) == [("unverified", "transient")]
        assert entry.outcome is not None
        assert "another groups" in (entry.outcome.reason or "")
        assert entry.after is not None
        assert entry.after.exists

    def test_an_account_is_led_to_its_groups_by_the_next_process(self, site: Site) -> None:
        site.office.breaks = Killed()
        with pytest.raises(Killed):
            make(site, WITH_GROUP)
        within(site, _nothing)
        (entry,) = site.state.changes()
        assert told((entry,)) == [("changed", None)]
        assert len(site.office.groups["g2"]) == 1
        assert site.office.effects == {"invite new@x.org": 1}

    def test_after_an_hour_it_is_left_to_a_person(self, site: Site) -> None:
        site.office.breaks = Killed()
        with pytest.raises(Killed):
            make(site, WITH_GROUP)
        site.clock.pass_by(3700)
        within(site, _nothing)
        assert one(tuple(site.state.changes())) == ("unverified", None)


class TestMany:
    def test_they_go_in_as_few_calls_as_the_connector_takes(self, site: Site) -> None:
        grants = [
            GrantAccess(entitlement=group(at, "member"), principal=user(f"u{n}"))
            for n in range(3, 10)
            for at in ("g1", "g2")
        ]
        assert set(told(make(site, *grants))) == {("changed", None)}
        assert site.office.calls == {"grant": 4, "read_state": 2}

    def test_those_that_depend_on_one_another_come_one_by_one(self, site: Site) -> None:
        site.office.roles["u2"] = "helper"
        entries = make(
            site,
            RevokeAccess(entitlement=role("helper"), principal=user("u2")),
            GrantAccess(entitlement=role("admin"), principal=user("u2")),
            DeleteAccount(account=user("u3")),
            GrantAccess(entitlement=group("g1", "member"), principal=user("u3")),
        )
        assert told(entries) == [("changed", None), ("changed", None), ("changed", None), ("refused", "not_found")]
        assert site.office.roles["u2"] == "admin"

    def test_one_that_is_refused_leaves_the_others(self, site: Site) -> None:
        site.office.people["u4"].status = AccountStatus.DISABLED
        grants = [GrantAccess(entitlement=group("g2", "member"), principal=user(f"u{n}")) for n in (3, 4, 5)]
        assert told(make(site, *grants)) == [("changed", None), ("refused", "is_disabled"), ("changed", None)]


class TestPlans:
    def test_a_plan_carried_out_twice_changes_nothing_the_second_time(self, site: Site) -> None:
        async def twice(changing: Changing) -> list[list[tuple[str, str | None]]]:
            plan = await make_plan(changing, [CHANGES["grant"], CHANGES["delete_account"]])
            return [told(await carry_out(changing, plan)) for _ in range(2)]

        assert within(site, twice) == [[("changed", None)] * 2, [("already", None)] * 2]
        assert (site.office.calls["grant"], site.office.calls["delete_account"]) == (1, 1)

    def test_what_a_plan_did_not_make_is_not_told_as_made(self, site: Site) -> None:
        async def twice(changing: Changing) -> None:
            plan = await make_plan(changing, [CHANGES["grant"]])
            site.office.stumbles = ["before"] * 4
            assert told(await carry_out(changing, plan)) == [("failed", "transient")]
            entries = await carry_out(changing, plan)
            (rehearsed,) = (await rehearse(changing, plan)).changes
            for outcome in (entries[0].outcome, rehearsed.forecast):
                assert outcome is not None
                assert (outcome.outcome, outcome.retryable) == (OutcomeKind.FAILED, False)
                assert "make a new one" in (outcome.reason or "")

        within(site, twice)
        assert site.office.calls["grant"] == 4

    def test_what_drifted_is_refused_and_not_clobbered(self, site: Site, tmp_path: Path) -> None:
        file = tmp_path / "plan.json"

        async def plan(changing: Changing) -> None:
            save_plan(await make_plan(changing, [CHANGES["grant"], CHANGES["delete_account"]]), file)

        within(site, plan, dry_run=True)
        del site.office.groups["g1"]["u2"]
        entries = within(site, lambda changing: carry_out(changing, load_plan(file)))
        assert isinstance(entries, tuple)
        assert told(entries) == [("refused", "drifted"), ("changed", None)]
        assert "u2" not in site.office.groups["g1"]

    def test_a_plan_that_was_changed_is_refused(self, site: Site, tmp_path: Path) -> None:
        file = tmp_path / "plan.json"

        async def plan(changing: Changing) -> None:
            save_plan(await make_plan(changing, [CHANGES["grant"]]), file)

        within(site, plan, dry_run=True)
        assert file.stat().st_mode & 0o777 == 0o600
        load_plan(file)
        file.write_text(file.read_text().replace("owner", "member", 1))
        with pytest.raises(PlanOutdated):
            load_plan(file)
        file.write_text("{}")
        with pytest.raises(BadConfig):
            load_plan(file)


class TestValues:
    def test_other_letters_of_a_name_are_another_name(self, site: Site) -> None:
        site.office.people["u4"].name = "mcdonald"
        (entry,) = make(site, RunAction(name="rename", arguments={"user_id": "u4", "name": "McDonald"}))
        assert told((entry,)) == [("changed", None)]
        assert site.office.people["u4"].name == "McDonald"

    def test_a_value_that_somebody_else_set_since_is_not_written_over(self, site: Site) -> None:
        async def late(changing: Changing) -> tuple[JournalEntry, ...]:
            plan = await make_plan(changing, [CHANGES["rename"]])
            site.office.people["u4"].name = "By hand"
            site.clock.pass_by(60)
            assert [each.forecast.tag for each in (await rehearse(changing, plan)).changes] == ["drifted"]
            return await carry_out(changing, plan)

        entries = within(site, late)
        assert isinstance(entries, tuple)
        assert told(entries) == [("refused", "drifted")]
        assert site.office.people["u4"].name == "By hand"


class Killed(KeyboardInterrupt):
    """The process ends here."""


@pytest.mark.parametrize("lag", [0.0, 3.0])
@pytest.mark.parametrize("where", ["before", "after", "answered"])
@pytest.mark.parametrize("kind", [*CHANGES, "greet"])
def test_what_an_ended_process_left_is_settled_by_the_next(
    site: Site, monkeypatch: pytest.MonkeyPatch, kind: str, where: str, lag: float
) -> None:
    change = CHANGES.get(kind) or RunAction(name="greet", arguments={"user_id": "u4"})
    site.office.lag = lag
    with monkeypatch.context() as patch:
        if where == "answered":

            async def killed(*_: object, **__: object) -> None:
                raise Killed

            patch.setattr("jackfield.changes.execute.conclude", killed)
        else:
            stumble = type(site.office).stumble

            def end(office: object) -> str:
                site.office.stumbles = []
                if where == "before":
                    raise Killed
                return stumble(site.office)

            patch.setattr(type(site.office), "stumble", end)
            if where == "after":
                patch.setattr("jackfield.changes.asking.Desk.save", _save_once())
        with pytest.raises(Killed):
            make(site, change)
    (entry,) = site.state.changes(undecided=True)
    within(site, _nothing)
    (entry,) = site.state.changes()
    assert entry.outcome is not None
    expected = "unverified" if kind == "greet" and where != "answered" else "changed"
    assert entry.outcome.outcome.value == expected
    assert not site.state.changes(undecided=True)
    assert all(count == 1 for name, count in site.office.effects.items() if not name.startswith("rename"))
    if expected == "changed":
        assert len(site.office.effects) == 1


def _save_once() -> Callable[..., None]:
    from jackfield.changes.attempt import Desk

    save = Desk.save
    calls: list[int] = []

    def saved(*arguments: object, **named: object) -> None:
        calls.append(1)
        if len(calls) > 1:
            raise Killed
        save(*arguments, **named)  # type: ignore[arg-type]

    return saved


class TestDependent:
    """Changes of one plan of which the second finds what the first one left."""

    def test_what_follows_a_change_counts_as_made_and_is_judged_again(self, site: Site) -> None:
        async def plan(changing: Changing) -> list[tuple[str, bool]]:
            made = await make_plan(
                changing,
                [
                    GrantAccess(entitlement=group("g1", "member"), principal=user("u3")),
                    RevokeAccess(entitlement=group("g1", "member"), principal=user("u3")),
                    RevokeAccess(entitlement=group("g1", "member"), principal=user("u4")),
                ],
            )
            assert made.blast_radius == {"grant": 1, "revoke": 1}
            assert [each.id.rsplit(".")[-1] for each in made.changes] == ["1", "2", "3"]
            return [(each.forecast.outcome.value, each.follows) for each in made.changes]

        assert within(site, plan, dry_run=True) == [("changed", False), ("already", True), ("already", False)]

    def test_what_is_never_made_between_two_does_not_part_them(self, site: Site) -> None:
        """Found by the state machine: enabling after a refused change was planned as already, and then refused as drifted."""

        async def plan(changing: Changing) -> list[tuple[str, bool]]:
            made = await make_plan(
                changing,
                [
                    RunAction(name="disable", arguments={"user_id": "u3"}),
                    GrantAccess(entitlement=group("frozen", "member"), principal=user("u3")),
                    RunAction(name="rename", arguments={"user_id": "u3", "name": "Person 3"}),
                ],
            )
            return [(each.forecast.outcome.value, each.follows) for each in made.changes]

        site.office.people["u3"].name = "Person 3"
        assert within(site, plan, dry_run=True) == [("changed", False), ("refused", False), ("already", True)]

    def test_it_goes_on_after_a_crash_between_them(self, site: Site, tmp_path: Path) -> None:
        file = tmp_path / "plan.json"

        async def plan(changing: Changing) -> None:
            save_plan(
                await make_plan(
                    changing,
                    [
                        GrantAccess(entitlement=group("g1", "member"), principal=user("u3")),
                        RevokeAccess(entitlement=group("g1", "member"), principal=user("u3")),
                    ],
                ),
                file,
            )

        within(site, plan, dry_run=True)

        async def first_only(changing: Changing) -> None:
            whole = load_plan(file)
            await carry_out(changing, msgspec.structs.replace(whole, changes=whole.changes[:1]))

        within(site, first_only)
        assert "u3" in site.office.groups["g1"]
        entries = within(site, lambda changing: carry_out(changing, load_plan(file)))
        assert isinstance(entries, tuple)
        assert told(entries) == [("already", None), ("changed", None)]
        assert "u3" not in site.office.groups["g1"]
