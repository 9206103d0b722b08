"""Changes on an application in memory: judged, allowed, and made."""

from pathlib import Path

import msgspec
import pytest

from jackfield.changes.apply import apply_plan, preview
from jackfield.changes.plan import make_plan
from jackfield.changes.planfile import read_plan, save_plan
from jackfield.changes.session import Session
from jackfield.errors import BadConfig, Busy, Unsupported
from jackfield_contracts import (
    AccountStatus,
    Change,
    CreateAccount,
    DeleteAccount,
    GrantAccess,
    JournalEntry,
    OutcomeKind,
    ResourceId,
    RevokeAccess,
    RunAction,
)

from .making import make, one, told, within
from .office import group, role, user
from .office_connector import Site


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

        async def plan(session: Session) -> None:
            save_plan(await make_plan(session, [DeleteAccount(account=user(f"u{n}")) for n in (3, 4)]), file)

        def apply(limit: int) -> list[tuple[str, str | None]]:
            entries = within(site, lambda session: apply_plan(session, read_plan(file)[0]), limits={"delete": limit})
            assert isinstance(entries, tuple)
            return told(entries)

        within(site, plan, dry_run=True)
        assert apply(1) == [("refused", "limit")] * 2
        assert apply(2) == [("changed", None)] * 2
        assert apply(2) == [("already", None)] * 2

    def test_one_writer_at_a_time(self, site: Site) -> None:
        async def second(_: Session) -> None:
            async with site.open():
                pass

        with pytest.raises(Busy):
            within(site, second)

    def test_a_dry_run_makes_no_write_call(self, site: Site) -> None:
        site.host = msgspec.structs.replace(site.host, provisioning=False)

        async def look(session: Session) -> list[str]:
            plan = await make_plan(session, [DeleteAccount(account=user("u3")), DeleteAccount(account=user("x"))])
            return [each.forecast.outcome.value for each in plan.changes]

        assert within(site, look, dry_run=True) == ["changed", "refused"]
        assert set(site.office.calls) == {"read_state"}
        assert not site.state.changes()


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


class TestValues:
    def test_other_letters_of_a_name_are_another_name(self, site: Site) -> None:
        site.office.people["u4"].name = "mcdonald"
        (entry,) = make(site, RunAction(name="rename", arguments={"user_id": "u4", "name": "McDonald"}))
        assert told((entry,)) == [("changed", None)]
        assert site.office.people["u4"].name == "McDonald"

    def test_a_value_that_somebody_else_set_since_is_not_written_over(self, site: Site) -> None:
        async def late(session: Session) -> tuple[JournalEntry, ...]:
            plan = await make_plan(session, [RunAction(name="rename", arguments={"user_id": "u4", "name": "Someone"})])
            site.office.people["u4"].name = "By hand"
            site.clock.pass_by(60)
            assert [each.forecast.tag for each in (await preview(session, plan)).changes] == ["drifted"]
            return await apply_plan(session, plan)

        entries = within(site, late)
        assert isinstance(entries, tuple)
        assert told(entries) == [("refused", "drifted")]
        assert site.office.people["u4"].name == "By hand"
