"""Plans: what follows what, what has drifted, and what is made of it later."""

from pathlib import Path

import msgspec
import pytest

from jackfield.changes.apply import apply_plan, preview
from jackfield.changes.plan import make_plan
from jackfield.changes.planfile import read_plan, save_plan
from jackfield.changes.session import Session
from jackfield.errors import BadConfig, PlanOutdated
from jackfield_contracts import (
    DeleteAccount,
    GrantAccess,
    JournalEntry,
    Outcome,
    OutcomeKind,
    Plan,
    RevokeAccess,
    RunAction,
)

from .making import make, told, within
from .office import group, role, user
from .office_connector import Site

GRANT = GrantAccess(entitlement=group("g1", "owner"), principal=user("u2"))
DELETE = DeleteAccount(account=user("u4"))


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

        async def look(session: Session) -> Plan:
            return await make_plan(session, [grant, revoke])

        plan = within(site, look, dry_run=True)
        assert isinstance(plan, Plan)
        assert [(each.forecast.outcome.value, each.follows) for each in plan.changes] == [
            ("changed", False),
            ("already", True),
        ]
        assert plan.blast_radius == {"grant": 1, "revoke": 1}
        assert "judged anew" in plan.changes[1].warnings[0]

    def test_what_was_planned_as_not_to_be_made_is_not_made(self, site: Site) -> None:
        async def tampered(session: Session) -> tuple[JournalEntry, ...]:
            plan = await make_plan(session, [GRANT])
            other = Outcome(outcome=OutcomeKind.ALREADY)
            changes = tuple(msgspec.structs.replace(each, forecast=other) for each in plan.changes)
            return await apply_plan(session, msgspec.structs.replace(plan, changes=changes))

        entries = within(site, tampered)
        assert isinstance(entries, tuple)
        assert told(entries) == [("refused", "drifted")]

    def test_kinds_are_not_those_of_the_file(self, site: Site) -> None:
        async def tampered(session: Session) -> tuple[JournalEntry, ...]:
            plan = await make_plan(session, [GrantAccess(entitlement=role("admin"), principal=user("u2"))])
            changes = tuple(msgspec.structs.replace(each, kinds=()) for each in plan.changes)
            return await apply_plan(session, msgspec.structs.replace(plan, changes=changes))

        entries = within(site, tampered)
        assert isinstance(entries, tuple)
        assert told(entries) == [("refused", "drifted")]
        assert "u2" not in site.office.roles

    def test_a_rehearsal_takes_none_of_it_from_the_file(self, site: Site) -> None:
        async def tampered(session: Session) -> Plan:
            plan = await make_plan(session, [GrantAccess(entitlement=role("admin"), principal=user("u2"))])
            false = {"title": "send a letter", "kinds": (), "warnings": ("harmless",), "effects": ("nothing",)}
            changes = tuple(msgspec.structs.replace(each, **false) for each in plan.changes)
            wrong = msgspec.structs.replace(plan, changes=changes, blast_radius={"action": 1}, limits={})
            again = await preview(session, wrong)
            assert told(await apply_plan(session, again)) == [("refused", "limit")]
            assert again.blast_radius == plan.blast_radius
            assert again.limits == plan.limits
            assert [msgspec.structs.replace(each, warnings=()) for each in again.changes] == [
                msgspec.structs.replace(each, warnings=()) for each in plan.changes
            ]
            return again

        assert isinstance(within(site, tampered, limits={"privileged": 0}), Plan)


class TestPlans:
    def test_a_plan_carried_out_twice_changes_nothing_the_second_time(self, site: Site) -> None:
        async def twice(session: Session) -> list[list[tuple[str, str | None]]]:
            plan = await make_plan(session, [GRANT, DELETE])
            return [told(await apply_plan(session, plan)) for _ in range(2)]

        assert within(site, twice) == [[("changed", None)] * 2, [("already", None)] * 2]
        assert (site.office.calls["grant"], site.office.calls["delete_account"]) == (1, 1)

    def test_what_a_plan_did_not_make_is_not_told_as_made(self, site: Site) -> None:
        async def twice(session: Session) -> None:
            plan = await make_plan(session, [GRANT])
            site.office.stumbles = ["before"] * 4
            assert told(await apply_plan(session, plan)) == [("failed", "transient")]
            entries = await apply_plan(session, plan)
            (rehearsed,) = (await preview(session, plan)).changes
            for outcome in (entries[0].outcome, rehearsed.forecast):
                assert outcome is not None
                assert (outcome.outcome, outcome.retryable) == (OutcomeKind.FAILED, False)
                assert "make a new one" in (outcome.reason or "")

        within(site, twice)
        assert site.office.calls["grant"] == 4

    def test_what_drifted_is_refused_and_not_clobbered(self, site: Site, tmp_path: Path) -> None:
        file = tmp_path / "plan.json"

        async def plan(session: Session) -> None:
            save_plan(await make_plan(session, [GRANT, DELETE]), file)

        within(site, plan, dry_run=True)
        del site.office.groups["g1"]["u2"]
        entries = within(site, lambda session: apply_plan(session, read_plan(file)[0]))
        assert isinstance(entries, tuple)
        assert told(entries) == [("refused", "drifted"), ("changed", None)]
        assert "u2" not in site.office.groups["g1"]

    def test_a_plan_that_was_changed_is_refused(self, site: Site, tmp_path: Path) -> None:
        file = tmp_path / "plan.json"

        async def plan(session: Session) -> None:
            save_plan(await make_plan(session, [GRANT]), file)

        within(site, plan, dry_run=True)
        assert file.stat().st_mode & 0o777 == 0o600
        read_plan(file)[0]
        file.write_text(file.read_text().replace("owner", "member", 1))
        with pytest.raises(PlanOutdated):
            read_plan(file)[0]
        file.write_text("{}")
        with pytest.raises(BadConfig):
            read_plan(file)[0]


class TestDependent:
    """Changes of one plan of which the second finds what the first one left."""

    def test_what_follows_a_change_counts_as_made_and_is_judged_again(self, site: Site) -> None:
        async def plan(session: Session) -> list[tuple[str, bool]]:
            made = await make_plan(
                session,
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

        async def plan(session: Session) -> list[tuple[str, bool]]:
            made = await make_plan(
                session,
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

        async def plan(session: Session) -> None:
            save_plan(
                await make_plan(
                    session,
                    [
                        GrantAccess(entitlement=group("g1", "member"), principal=user("u3")),
                        RevokeAccess(entitlement=group("g1", "member"), principal=user("u3")),
                    ],
                ),
                file,
            )

        within(site, plan, dry_run=True)

        async def first_only(session: Session) -> None:
            whole = read_plan(file)[0]
            await apply_plan(session, msgspec.structs.replace(whole, changes=whole.changes[:1]))

        within(site, first_only)
        assert "u3" in site.office.groups["g1"]
        entries = within(site, lambda session: apply_plan(session, read_plan(file)[0]))
        assert isinstance(entries, tuple)
        assert told(entries) == [("already", None), ("changed", None)]
        assert "u3" not in site.office.groups["g1"]
