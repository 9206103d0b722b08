"""What others do while a change is being made, and what is forbidden by the time that it is made again."""

import asyncio
from collections.abc import Callable

import msgspec
import pluggy
import pytest

from jackfield.errors import JackfieldError, RateLimited, Transient
from jackfield.hookspecs import PROJECT, PolicySpec, Proposed, hookimpl
from jackfield.host.policies import Policy
from jackfield_contracts import (
    AccountStatus,
    CreateAccount,
    DeleteAccount,
    GrantAccess,
    JournalEntry,
    JournalStatus,
    OutcomeKind,
    RevokeAccess,
    RunAction,
)

from .making import make, one, told, within
from .office import group, role, user
from .office_connector import Site

HELPER = GrantAccess(entitlement=role("helper"), principal=user("u3"))
DISABLE = RunAction(name="disable", arguments={"user_id": "u3"})


def meanwhile(site: Site, event: Callable[[], None], error: JackfieldError | None = None, seconds: float = 0.0) -> None:
    """Let *event* happen during the next writing call, which takes *seconds* and may be lost."""
    real = site.office.stumble

    def stumble() -> str:
        site.office.stumble = real
        event()
        site.clock.pass_by(seconds)
        if error is not None:
            raise error
        return real()

    site.office.stumble = stumble


@pytest.mark.parametrize("error", [Transient("lost"), RateLimited("a pause", after=3.0)], ids=["lost", "rate limited"])
class TestAskedAgain:
    def test_a_role_that_somebody_gave_meanwhile_is_not_replaced(self, site: Site, error: JackfieldError) -> None:
        meanwhile(site, lambda: site.office.roles.update(u3="admin"), error)
        assert one(make(site, HELPER)) == ("refused", "drifted")
        assert site.office.roles["u3"] == "admin"

    def test_a_member_who_was_made_an_owner_meanwhile_stays_one(self, site: Site, error: JackfieldError) -> None:
        meanwhile(site, lambda: site.office.groups["g1"].update(u2="owner"), error)
        change = RevokeAccess(entitlement=group("g1", "member"), principal=user("u2"))
        assert one(make(site, change)) == ("refused", "drifted")
        assert site.office.groups["g1"]["u2"] == "owner"

    def test_it_is_made_where_nobody_came_between(self, site: Site, error: JackfieldError) -> None:
        meanwhile(site, lambda: None, error)
        assert one(make(site, HELPER)) == ("changed", None)
        assert site.office.roles["u3"] == "helper"


def test_what_comes_long_after_the_read_is_looked_at_once_more(site: Site) -> None:
    second = GrantAccess(entitlement=role("helper"), principal=user("u4"))
    meanwhile(site, lambda: site.office.roles.update(u4="admin"), seconds=5.0)
    assert told(make(site, HELPER, second)) == [("changed", None), ("refused", "drifted")]
    assert site.office.roles["u4"] == "admin"
    assert site.office.calls["grant"] == 1


def test_what_comes_soon_after_the_read_takes_no_other_read(site: Site) -> None:
    second = GrantAccess(entitlement=role("helper"), principal=user("u4"))
    assert told(make(site, HELPER, second)) == [("changed", None)] * 2
    assert site.office.calls["read_state"] == 2


def test_a_pause_longer_than_there_is_time_ends_it_at_once(site: Site) -> None:
    site.host = msgspec.structs.replace(site.host, retry_deadline=4.0)
    meanwhile(site, lambda: None, RateLimited("a pause", after=300.0))
    before = site.clock.monotonic()
    (entry,) = make(site, HELPER)
    assert entry.outcome is not None
    assert (entry.outcome.outcome, entry.outcome.tag, entry.outcome.retryable) == (
        OutcomeKind.FAILED,
        "rate_limited",
        True,
    )
    assert site.clock.monotonic() - before < 4
    assert "u3" not in site.office.roles


class TestOurOwnBeginning:
    """The answer is lost, and the application shows by another word that it has begun."""

    def begun(self, site: Site, status: AccountStatus = AccountStatus.ENABLED) -> None:
        site.office.people["u3"].word = "leaving"
        site.office.people["u3"].status = status

    def test_a_deletion_is_asked_after_once_more(self, site: Site) -> None:
        meanwhile(site, lambda: self.begun(site), Transient("lost"))
        assert one(make(site, DeleteAccount(account=user("u3")))) == ("changed", None)
        assert "u3" not in site.office.people

    def test_so_is_one_whose_status_is_another(self, site: Site) -> None:
        meanwhile(site, lambda: self.begun(site, AccountStatus.DISABLED), Transient("lost"))
        assert one(make(site, DeleteAccount(account=user("u3")))) == ("changed", None)

    def test_an_action_is_asked_for_again_where_only_the_word_is_another(self, site: Site) -> None:
        meanwhile(site, lambda: self.begun(site), Transient("lost"))
        assert one(make(site, DISABLE)) == ("changed", None)

    def test_of_an_action_after_which_the_state_is_another_nothing_is_claimed(self, site: Site) -> None:
        meanwhile(site, lambda: self.begun(site, AccountStatus.UNKNOWN), Transient("lost"))
        (entry,) = make(site, DISABLE)
        assert entry.outcome is not None
        assert entry.outcome.outcome is OutcomeKind.UNVERIFIED
        assert "leaving" in (entry.outcome.reason or "")
        assert site.office.calls["run_action"] == 0, "the lost call was the only one"

    def test_without_a_lost_answer_it_was_somebody_else(self, site: Site) -> None:
        second = RunAction(name="disable", arguments={"user_id": "u4"})
        meanwhile(site, lambda: setattr(site.office.people["u4"], "word", "leaving"), seconds=5.0)
        assert told(make(site, DISABLE, second)) == [("changed", None), ("refused", "drifted")]


def test_what_no_read_tells_is_said_where_the_answer_was_lost(site: Site) -> None:
    def disabled() -> None:
        site.office.people["u3"].status = AccountStatus.DISABLED

    meanwhile(site, disabled, Transient("lost"))
    (entry,) = make(site, RunAction(name="disable", arguments={"user_id": "u3", "wipe": True}))
    assert entry.outcome is not None
    assert entry.outcome.outcome is OutcomeKind.CHANGED
    assert "wipe" in (entry.outcome.reason or "")


class Vetoes:
    @hookimpl
    def before_change(self, proposed: Proposed) -> str:
        return "not today"


def policy(implementation: object) -> Policy:
    relay = pluggy.PluginManager(PROJECT)
    relay.add_hookspecs(PolicySpec)
    relay.register(implementation)
    return Policy(name="p", relay=relay)


def left_undecided(site: Site) -> JournalEntry:
    """An intent to disable u3, whose process ended before the call."""

    async def plan() -> JournalEntry:
        from jackfield.changes.kinds.operations import Operations
        from jackfield.changes.plan import make_plan
        from jackfield.changes.session import Recorder

        async with site.open() as session:
            made = await make_plan(session, [DISABLE])
            return Recorder(session, Operations(session.connection)).entry(made.changes[0], made.id)

    entry = asyncio.run(plan())
    site.state.save_changes([entry])
    return entry


class TestRecovery:
    """What was meant before, and may not be made now."""

    def settled(self, site: Site, **options: object) -> tuple[str, str | None]:
        entry = left_undecided(site)
        within(site, _nothing, **options)
        found = site.state.change(entry.id)
        assert found is not None
        assert found.status is JournalStatus.SETTLED
        return one((found,))

    def test_it_is_made_where_nothing_forbids_it(self, site: Site) -> None:
        assert self.settled(site) == ("changed", None)

    def test_the_protected_are_left_alone(self, site: Site) -> None:
        left_undecided(site)
        site.host = msgspec.structs.replace(site.host, protected=("u3@x.org",))
        within(site, _nothing)
        assert site.office.people["u3"].status is AccountStatus.ENABLED

    def test_of_an_account_that_became_another_nothing_is_claimed(self, site: Site) -> None:
        entry = left_undecided(site)
        site.office.people["u3"].word = "leaving"
        within(site, _nothing)
        found = site.state.change(entry.id)
        assert found is not None
        assert one((found,)) == ("unverified", None)
        assert site.office.people["u3"].status is AccountStatus.ENABLED

    def test_a_policy_is_asked(self, site: Site) -> None:
        site.policies = (policy(Vetoes()),)
        assert self.settled(site) == ("refused", "vetoed")
        assert site.office.people["u3"].status is AccountStatus.ENABLED

    def test_limits_hold(self, site: Site) -> None:
        assert self.settled(site, limits={"disable": 0}) == ("refused", "limit")
        assert site.office.people["u3"].status is AccountStatus.ENABLED


async def _nothing(_: object) -> None:
    return None


class TestProtected:
    @pytest.mark.parametrize("name", ["new.boss@x.org", "NEW.BOSS@x.org "])
    def test_an_account_with_a_protected_address_is_not_made(self, site: Site, name: str) -> None:
        site.host = msgspec.structs.replace(site.host, protected=(name,))
        change = CreateAccount(arguments={"email": "new.boss@x.org"})
        assert one(make(site, change)) == ("refused", "protected")

    def test_a_name_that_only_the_application_knows_protects_too(self, site: Site) -> None:
        site.host = msgspec.structs.replace(site.host, protected=("u3",))
        assert one(make(site, RunAction(name="disable", arguments={"user_id": "u3@x.org"}))) == ("refused", "protected")


class TestPending:
    def test_a_creation_in_other_letters_is_the_same(self, site: Site) -> None:
        site.office.by_job = True
        first = CreateAccount(arguments={"email": "new@x.org"})
        assert one(make(site, first, wait=0.0)) == ("pending", None)
        other = CreateAccount(arguments={"email": "NEW@x.org"})
        assert one(make(site, other, wait=0.0)) == ("refused", "goes_on")
        assert site.office.calls["create_account"] == 1

    def test_two_creations_of_one_account_are_one(self, site: Site) -> None:
        plain = CreateAccount(arguments={"email": "new@x.org"})
        joining = CreateAccount(arguments={"email": "new@x.org", "groups": ("g2",)})
        first, second = make(site, plain, joining)
        assert told((first, second)) == [("changed", None), ("already", None)]
        assert second.outcome is not None
        assert "groups" in (second.outcome.reason or "")
        assert site.office.effects["invite new@x.org"] == 1


class TestPolicies:
    def test_a_policy_can_not_alter_a_change(self, site: Site) -> None:
        class Alters:
            @hookimpl
            def before_change(self, proposed: Proposed) -> None:
                change = proposed.change.change
                assert isinstance(change, RunAction)
                change.arguments["user_id"] = "u1"
                change.arguments["wipe"] = True

        site.policies = (policy(Alters()),)
        (entry,) = make(site, DISABLE)
        assert isinstance(entry.change, RunAction)
        assert entry.change.arguments == {"user_id": "u3", "wipe": False}
        assert site.office.people["u1"].status is AccountStatus.ENABLED

    @pytest.mark.parametrize("error", [asyncio.CancelledError(), GeneratorExit(), SystemExit(3)])
    def test_whatever_a_policy_raises_is_a_veto(self, site: Site, error: BaseException) -> None:
        class Raises:
            @hookimpl
            def before_change(self, proposed: Proposed) -> None:
                raise error

        site.policies = (policy(Raises()),)
        assert one(make(site, DISABLE)) == ("refused", "vetoed")


class TestLostAnswers:
    """Only where an answer was lost is it told that one was."""

    WIPE = RunAction(name="disable", arguments={"user_id": "u3", "wipe": True})

    def reason(self, entry: JournalEntry) -> str:
        assert entry.outcome is not None
        assert entry.outcome.outcome is OutcomeKind.CHANGED
        return entry.outcome.reason or ""

    def test_not_after_a_pause_that_was_asked_for(self, site: Site) -> None:
        meanwhile(site, lambda: None, RateLimited("a pause", after=3.0))
        (entry,) = make(site, self.WIPE)
        assert (self.reason(entry), entry.lost) == ("", False)

    def test_not_after_a_pause_in_the_middle_of_several(self, site: Site) -> None:
        changes = [CreateAccount(arguments={"email": f"new{n}@x.org", "note": "hello"}) for n in range(2)]
        site.office.breaks = RateLimited("a pause", after=3.0)
        for entry in make(site, *changes):
            assert (self.reason(entry), entry.lost) == ("", False)

    def test_not_after_a_job_that_was_asked_after(self, site: Site) -> None:
        site.office.by_job = True
        change = CreateAccount(arguments={"email": "new@x.org", "note": "hello"})
        (entry,) = make(site, change)
        assert "lost" not in self.reason(entry)
        assert not entry.lost

    @pytest.mark.parametrize("known", [True, False], ids=["followed", "forgotten"])
    def test_not_after_a_job_that_another_process_asks_after(self, site: Site, known: bool) -> None:
        site.office.by_job = True
        change = CreateAccount(arguments={"email": "new@x.org", "note": "hello"})
        assert one(make(site, change, wait=0.0)) == ("pending", None)
        site.clock.pass_by(10)
        if not known:
            ((_, effect),) = site.office.jobs.values()
            effect()
            site.office.jobs.clear()
        within(site, _nothing)
        (entry,) = site.state.changes()
        assert (self.reason(entry), entry.lost) == ("", False)

    def test_but_where_it_was_lost_also_by_another_process(self, site: Site) -> None:
        class Killed(KeyboardInterrupt):
            pass

        def die() -> None:
            site.office.people["u3"].status = AccountStatus.DISABLED
            raise Killed

        meanwhile(site, die)
        with pytest.raises(Killed):
            make(site, self.WIPE)
        within(site, _nothing)
        (entry,) = site.state.changes()
        assert "An answer was lost, and no read tells whether wipe took effect" in self.reason(entry)
        assert entry.lost

    def test_a_loss_is_remembered_where_the_second_call_was_answered(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Killed(KeyboardInterrupt):
            pass

        async def killed(*_: object, **__: object) -> None:
            raise Killed

        site.office.stumbles = ["before"]
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr("jackfield.changes.apply.confirm", killed)
            make(site, self.WIPE)
        (entry,) = site.state.changes(undecided=True)
        assert entry.lost
        within(site, _nothing)
        (entry,) = site.state.changes()
        assert "An answer was lost" in self.reason(entry)
