"""The rules of the machine: one team, its model, and what is done to both at random."""

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from harness.changing import Hurried, changing
from harness.expected import ALREADY, CHANGED, NEW, REFUSED, Team, user
from harness.simulators import Inside, simulating
from harness.syncs import Bench
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from jackfield.changes.apply import apply_plan
from jackfield.changes.plan import make_plan
from jackfield.changes.planfile import read_plan, save_plan
from jackfield.changes.session import Session
from jackfield_contracts import (
    Change,
    CreateAccount,
    DeleteAccount,
    EntitlementId,
    GrantAccess,
    JournalEntry,
    JournalStatus,
    ResourceId,
    RevokeAccess,
    RunAction,
)
from jackfield_dropbox_simulator.launch import ControlError
from jackfield_dropbox_simulator.options import TeamOptions
from tests.sweeps.machine.choosing import Drawn, choose, plannable, target, without_groups
from tests.sweeps.machine.judging import DRIFTED, check_after, check_effects, check_outcomes, check_truth, kind_name

T = TypeVar("T")
TEAM = TeamOptions(members=9, groups=4, roles=4, seed=3)
TROUBLES: dict[str, dict[str, Any]] = {
    "a lost request": {"kind": "drop", "when": "before"},
    "a lost answer": {"kind": "drop", "when": "after"},
    "half an answer": {"kind": "truncated"},
    "500 before": {"kind": "server_error", "when": "before"},
    "500 after": {"kind": "server_error", "when": "after"},
    "429": {"kind": "rate_limited"},
    "429 after": {"kind": "rate_limited", "when": "after"},
    "an expired token": {"kind": "expired_token"},
}
WRITES = tuple(
    f"team/{name}"
    for name in (
        *(f"groups/members/{verb}" for verb in ("add", "remove", "set_access_type")),
        *(f"members/{verb}" for verb in ("add_v2", "remove", "suspend", "unsuspend", "recover")),
        *(f"members/{verb}" for verb in ("set_admin_permissions_v2", "set_profile_v2")),
    )
)

# What is not drawn is chosen at random by a number that is: it shrinks to fewer steps, and reaches all there is.
_SEED = st.integers(0, 2**32)
_CHANGE = st.tuples(
    st.sampled_from(
        (
            *("grant group", "grant group", "grant group", "revoke group", "revoke group", "grant role", "revoke role"),
            *("create", "delete", "enable", "disable", "recover", "set profile"),
        )
    ),
    _SEED,
)
_TROUBLE = st.sampled_from([*TROUBLES, "lag", "lag"])


class Machine(RuleBasedStateMachine):
    """One team, its model, and one connection that is open for changes."""

    workshop: ClassVar[Bench]
    seen: ClassVar[Counter[tuple[str, str]]] = Counter()
    runs: ClassVar[int] = 0

    @initialize()
    def begin(self) -> None:
        """Start the simulator and open the connection."""
        Machine.runs += 1
        self.name = f"team{Machine.runs}"
        self.loop = asyncio.new_event_loop()
        self.open = AsyncExitStack()
        self.inside: Inside = self._do(self.open.enter_async_context(simulating(TEAM)))
        self.inside.settings(licensed=100_000)
        self.workshop.clock = Hurried(self.inside)
        self.changing: Session = self._do(
            self.open.enter_async_context(changing(self.workshop, self.inside, self.name, wait=600.0))
        )
        self.model = Team.of(self.inside.service.team)

    def teardown(self) -> None:
        """End what was begun."""
        if hasattr(self, "loop"):
            self._do(self.open.aclose())
            self.loop.close()

    @rule(drawn=_CHANGE)
    def change(self, drawn: Drawn) -> None:
        """Make one change."""
        self._make(choose(self.model, drawn))

    @rule(drawn=_CHANGE, trouble=_TROUBLE)
    def change_in_trouble(self, drawn: Drawn, trouble: str) -> None:
        """Make one change, whatever befalls it."""
        self._make(choose(self.model, drawn), trouble)

    @rule(kind=st.sampled_from(["create", "delete"]), seed=_SEED, trouble=st.sampled_from(["jobs", "jobs and lag"]))
    def change_by_a_job(self, kind: str, seed: int, trouble: str) -> None:
        """Make one change that goes on as a job."""
        self._make(choose(self.model, (kind, seed)), trouble)

    @rule(drawn=_CHANGE)
    def change_twice(self, drawn: Drawn) -> None:
        """What was changed is already so."""
        change = choose(self.model, drawn)
        if self._make(change) == CHANGED:
            self.inside.reset_effects()
            assert self._make(change) == ALREADY
            assert self.inside.effects()["total_calls"] == 0

    @rule(seed=_SEED)
    def touch_the_last_admin(self, seed: int) -> None:
        """The team keeps one active administrator, whatever is asked for."""
        rng = random.Random(seed)
        admins = [id for id, one in self.model.people.items() if one.role == self.model.admin_role]
        last = next((id for id in admins if self.model.people[id].status == "active"), None)
        if last is None:
            return
        for id in admins:
            if id != last and self.model.people[id].status == "active":
                self.inside.change({"do": "set_role", "user": id, "role": None})
        self.model = self._truth()
        held, other = (
            EntitlementId(resource=ResourceId(type="role", id=id), slug="member")
            for id in (self.model.admin_role, self.model.roles[-1])
        )
        who = user(last)
        change = rng.choice(
            (
                RevokeAccess(entitlement=held, principal=who),
                GrantAccess(entitlement=other, principal=who, replace=True),
                DeleteAccount(account=who),
                RunAction(name="disable_user", account=who, arguments={"user_id": last}),
            )
        )
        assert self._make(change) == REFUSED

    @rule(kind=st.sampled_from(["grant group", "grant role"]), seed=_SEED, trouble=_TROUBLE)
    def grant_and_revoke(self, kind: str, seed: int, trouble: str) -> None:
        """What is granted and taken back leaves all as it was."""
        grant = choose(self.model, (kind, seed))
        assert isinstance(grant, GrantAccess)
        before = self.model.copy()
        below = "member" if grant.entitlement.slug == "owner" else None
        if self.model.held(grant) != below or self._make(grant, trouble) != CHANGED:
            return
        assert self._make(RevokeAccess(entitlement=grant.entitlement, principal=grant.principal), trouble) == CHANGED
        assert self._truth() == before

    @rule(drawn=st.lists(_CHANGE, min_size=1, max_size=6))
    def plan_and_apply_twice(self, drawn: list[Drawn]) -> None:
        """A plan does what its changes do one by one, and nothing the second time."""
        changes = plannable(self.model, drawn)
        self.inside.reset_effects()
        file = self._plan(changes)
        assert self.inside.effects()["total_calls"] == 0
        expected = [self._expect(change) for change in changes]
        self._judge(changes, self._apply(file), expected)
        check_truth(self._truth(), self.model)
        self.inside.reset_effects()
        again = self._apply(file)
        assert self.inside.effects()["total_calls"] == 0
        told = [entry.outcome.outcome.value for entry in again if entry.outcome]
        assert told == [ALREADY if outcome == CHANGED else outcome for outcome in expected]

    @rule(drawn=st.lists(_CHANGE, min_size=1, max_size=5), seed=_SEED)
    def plan_and_drift(self, drawn: list[Drawn], seed: int) -> None:
        """What was planned on another state is not made."""
        changes = [without_groups(change) for change in plannable(self.model, drawn)]
        file = self._plan(changes)
        footings = [self.model.footing(change) for change in changes]
        targets = [target(self.model, change) for change in changes]
        rng = random.Random(seed)
        for who, where in rng.sample(targets, rng.randint(1, len(targets))):
            self._drift(rng, who, where)
        drifted = [self.model.footing(change) != footing for change, footing in zip(changes, footings, strict=True)]
        expected: list[str] = []
        for change, moved in zip(changes, drifted, strict=True):
            outcome = self.model.outcome(change)
            expected.append(DRIFTED if outcome == CHANGED and moved else self._expect(change))
        self.inside.reset_effects()
        self._judge(changes, self._apply(file), expected, drifted=any(drifted))

    @rule(drawn=st.lists(_CHANGE, min_size=1, max_size=4))
    def dry_run(self, drawn: list[Drawn]) -> None:
        """A dry run foresees what a read can tell, and writes nothing, nowhere."""
        changes = [choose(self.model, each) for each in drawn]
        expected = [self.model.outcome(change) for change in changes]
        self.inside.reset_effects()
        journal = len(self._journal())

        async def look() -> list[str]:
            async with changing(self.workshop, self.inside, self.name, dry_run=True) as dry:
                return [each.forecast.outcome.value for each in (await make_plan(dry, changes)).changes]

        made: set[str] = set()
        for forecast, outcome, change in zip(self._do(look()), expected, changes, strict=True):
            if isinstance(change, CreateAccount) and outcome == CHANGED:
                # Of two who are to make the same account the second finds it made.
                email = str(change.arguments["email"]).casefold()
                outcome = ALREADY if email in made else outcome
                made.add(email)
            # That Dropbox itself will refuse, no read tells.
            assert forecast == outcome or (forecast, outcome) == (CHANGED, REFUSED), (forecast, outcome, change)
        assert self.inside.effects()["total_calls"] == 0
        assert len(self._journal()) == journal

    @rule(seed=_SEED)
    def somebody_else(self, seed: int) -> None:
        """The team is changed by others."""
        rng = random.Random(seed)
        self._drift(rng, rng.choice(sorted(self.model.people)), None)

    @rule()
    def a_week_passes(self) -> None:
        """Nobody can be recovered any more."""
        self.inside.advance(8 * 86400)
        self.model = self._truth()

    @invariant()
    def the_truth_is_as_the_model_says(self) -> None:
        """Holds after each rule."""
        if hasattr(self, "model"):
            check_truth(self._truth(), self.model)
            assert not [entry for entry in self._journal() if entry.status is not JournalStatus.SETTLED]

    # --- making ---

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def _make(self, change: Change, trouble: str = "") -> str:
        """Make one change and judge it; its outcome."""
        self.inside.reset_effects()
        self._begin_trouble(trouble)
        expected = self._expect(change)

        async def work() -> tuple[JournalEntry, ...]:
            return await apply_plan(self.changing, await make_plan(self.changing, [change]))

        entries = self._do(work())
        self._end_trouble()
        self._judge([change], entries, [expected], disturbed=bool(trouble))
        return expected

    def _expect(self, change: Change) -> str:
        outcome = self.model.make(change)
        self.seen[kind_name(change), outcome] += 1
        return outcome

    def _plan(self, changes: list[Change]) -> Path:
        file = self.workshop.home.folder / f"{self.name}.plan"

        async def work() -> None:
            save_plan(await make_plan(self.changing, changes), file)

        self._do(work())
        return file

    def _apply(self, file: Path) -> tuple[JournalEntry, ...]:
        # As another process would, which has not seen what the plan was made on.
        self.changing.seen = None
        return self._do(apply_plan(self.changing, read_plan(file)[0]))

    def _begin_trouble(self, trouble: str) -> None:
        if trouble in TROUBLES:
            for route in WRITES:
                self.inside.fault(**TROUBLES[trouble], route=route, times=1)
        lag = 3.0 if "lag" in trouble else 0.0
        jobs = "jobs" in trouble
        self.inside.settings(read_lag=lag, async_jobs=jobs, job_seconds=2.0, job_polls=1, job_effect="end")

    def _end_trouble(self) -> None:
        self.inside.clear_faults()
        self.inside.advance(3.0)
        self.inside.settings(read_lag=0.0, async_jobs=False)

    def _judge(
        self,
        changes: list[Change],
        entries: tuple[JournalEntry, ...],
        expected: list[str],
        *,
        disturbed: bool = False,
        drifted: bool = False,
    ) -> None:
        check_outcomes(changes, entries, expected, drifted=drifted)
        for change, outcome in zip(changes, expected, strict=True):
            if outcome == DRIFTED:
                self.seen[kind_name(change), DRIFTED] += 1
        check_effects(self.inside.effects(), changes, entries, expected, disturbed=disturbed)
        if NEW in self.model.people:
            self._name_the_new_one()
        if len(changes) == 1 and expected[0] in (CHANGED, ALREADY):
            check_after(self.model, entries[0])

    def _name_the_new_one(self) -> None:
        made = self.model.people.pop(NEW)
        known = next(id for id, one in self._truth().people.items() if one.known and one.email == made.email)
        assert known not in self.model.people
        self.model.people[known] = made
        for group in self.model.groups.values():
            if NEW in group.members:
                group.members[known] = group.members.pop(NEW)

    def _truth(self) -> Team:
        return Team.of(self.inside.service.team)

    def _journal(self) -> list[JournalEntry]:
        return self.workshop.state.changes(self.name, limit=None)

    def _drift(self, rng: random.Random, person: str, group: str | None) -> None:
        """Somebody else changes something about the person, and the group if there is one."""
        groups = sorted(self.model.groups)
        if group is None and groups:
            group = rng.choice(groups)
        kinds = ["group_add", "group_remove", "set_access"] * 2
        kinds += ["set_role", "set_role", "suspend", "unsuspend", "leave", "recover", "activate", "rename_member"]
        kinds += ["delete_group"] if len(groups) > 4 else []
        asked: dict[str, Any] = {"user": person, "group": group, "access": rng.choice(["member", "owner"])}
        asked |= {"role": rng.choice((None, *self.model.roles)), "keep_account": rng.random() < 0.3}
        asked |= {"given": f"Given {rng.randrange(9)}", "surname": f"Surname {rng.randrange(9)}"}
        for kind in rng.sample(kinds, len(kinds)):
            try:
                self.inside.change({"do": kind, **asked})
            except ControlError:
                continue
            self.model = self._truth()
            return
