"""Random changes against a simulated team and a plain model of it: after each, the truth is what the model says.

What is lost on the way, lags behind or goes on as a job changes no outcome and doubles no effect. A change made twice is
``already``, a grant taken back restores what was, a plan applied twice changes nothing the second time, a plan whose team
was changed meanwhile is refused change by change, and a dry run asks for nothing that writes.
"""

import asyncio
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from harness.benches import bench
from harness.changing import Hurried, changing
from harness.evidence import table, write
from harness.expected import ALREADY, CHANGED, NEW, REFUSED, Team, user
from harness.simulators import Inside, simulating
from harness.syncs import Bench
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from jackfield.changes.apply import apply_plan
from jackfield.changes.plan import make_plan
from jackfield.changes.planfile import load_plan, save_plan
from jackfield.changes.session import Session
from jackfield_contracts import (
    Change,
    Confirmation,
    CreateAccount,
    DeleteAccount,
    EntitlementId,
    GrantAccess,
    JournalEntry,
    JournalStatus,
    OutcomeKind,
    ResourceId,
    RevokeAccess,
    RunAction,
    Value,
)
from jackfield_dropbox_simulator.launch import ControlError
from jackfield_dropbox_simulator.options import TeamOptions

T = TypeVar("T")
TEAM = TeamOptions(members=9, groups=4, roles=4, seed=3)
NOBODY = "dbmid:AAnobody"
DRIFTED = "drifted"
NO_GROUP = "g:00000000000000000000000000000000"
ONCE = (
    "invitations",
    "welcome_mails",
    "wipes",
    "removals",
    "recoveries",
    "suspensions",
    "unsuspensions",
    "group_additions",
    "group_removals",
)
"""Effects that a second request would double."""
AGAIN = ("role_changes", "profile_changes", "access_changes")
"""Effects of which a second one only sets once more what is set."""

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

Drawn = tuple[str, int]


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
        self._make(self._change(drawn))

    @rule(drawn=_CHANGE, trouble=_TROUBLE)
    def change_in_trouble(self, drawn: Drawn, trouble: str) -> None:
        """Make one change, whatever befalls it."""
        self._make(self._change(drawn), trouble)

    @rule(kind=st.sampled_from(["create", "delete"]), seed=_SEED, trouble=st.sampled_from(["jobs", "jobs and lag"]))
    def change_by_a_job(self, kind: str, seed: int, trouble: str) -> None:
        """Make one change that goes on as a job."""
        self._make(self._change((kind, seed)), trouble)

    @rule(drawn=_CHANGE)
    def change_twice(self, drawn: Drawn) -> None:
        """What was changed is already so."""
        change = self._change(drawn)
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
        grant = self._change((kind, seed))
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
        changes = self._plannable(drawn)
        self.inside.reset_effects()
        file = self._plan(changes)
        assert self.inside.effects()["total_calls"] == 0
        expected = [self._expect(change) for change in changes]
        self._judge(changes, self._apply(file), expected)
        self._check_truth()
        self.inside.reset_effects()
        again = self._apply(file)
        assert self.inside.effects()["total_calls"] == 0
        told = [entry.outcome.outcome.value for entry in again if entry.outcome]
        assert told == [ALREADY if outcome == CHANGED else outcome for outcome in expected]

    @rule(drawn=st.lists(_CHANGE, min_size=1, max_size=5), seed=_SEED)
    def plan_and_drift(self, drawn: list[Drawn], seed: int) -> None:
        """What was planned on another state is not made."""
        changes = [_without_groups(change) for change in self._plannable(drawn)]
        file = self._plan(changes)
        footings = [self.model.footing(change) for change in changes]
        targets = [self._target(change) for change in changes]
        rng = random.Random(seed)
        for target in rng.sample(targets, rng.randint(1, len(targets))):
            self._drift(rng, *target)
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
        changes = [self._change(each) for each in drawn]
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
            self._check_truth()
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
        self.seen[_kind(change), outcome] += 1
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
        return self._do(apply_plan(self.changing, load_plan(file)))

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

    # --- judging ---

    def _judge(
        self,
        changes: list[Change],
        entries: tuple[JournalEntry, ...],
        expected: list[str],
        *,
        disturbed: bool = False,
        drifted: bool = False,
    ) -> None:
        assert [_asked(entry.change) for entry in entries] == [_asked(change) for change in changes]
        for entry, outcome in zip(entries, expected, strict=True):
            told = entry.outcome
            assert told is not None
            if outcome == DRIFTED:
                self.seen[_kind(entry.change), DRIFTED] += 1
                assert (told.outcome, told.tag) == (OutcomeKind.REFUSED, DRIFTED), entry
                continue
            assert told.outcome.value == outcome, (outcome, entry)
            assert told.tag != DRIFTED or drifted, entry
            assert (told.confirmed_by is Confirmation.READ) == (outcome != REFUSED), entry
            assert told.reason or outcome == CHANGED, entry
        effects = self.inside.effects()
        for name in ONCE:
            doubled = {what: times for what, times in effects[name].items() if times > 1}
            assert not doubled or len(changes) > 1, (name, doubled, entries)
        if expected.count(CHANGED) == 0:
            made = {name: what for name, what in effects.items() if name in (*ONCE, *AGAIN) and what}
            assert not made, (made, entries)
        elif not disturbed and len(changes) == 1 and not isinstance(changes[0], CreateAccount):
            assert effects["total_calls"] == 1, (effects, entries)
        if NEW in self.model.people:
            self._name_the_new_one()
        if len(changes) == 1 and expected[0] in (CHANGED, ALREADY):
            self._judge_after(entries[0])

    def _judge_after(self, entry: JournalEntry) -> None:
        """The state after, as the journal has it, is that of the model."""
        footing, after = self.model.footing(entry.change), entry.after
        assert after is not None
        assert (after.account.id if after.account else None, after.status_raw or None) == footing[:2], (footing, entry)
        if isinstance(entry.change, GrantAccess | RevokeAccess):
            held = [one.resource.id if one.resource.type == "role" else one.slug for one in after.held]
            assert held == ([] if footing[2] is None else [footing[2]]), (footing, entry)
        elif isinstance(entry.change, RunAction) and entry.change.name == "set_profile":
            facts = tuple(after.facts[name] for name in sorted(after.facts))
            assert facts == footing[2:], (footing, entry)

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

    def _check_truth(self) -> None:
        truth = self._truth()
        for id, one in truth.people.items():
            assert self.model.people.get(id) == one, f"{id}: {one}, and the model has {self.model.people.get(id)}"
        for id, group in truth.groups.items():
            assert self.model.groups[id] == group, f"{id}: {group}, and the model has {self.model.groups[id]}"
        assert truth == self.model

    def _journal(self) -> list[JournalEntry]:
        return self.workshop.state.changes(self.name, limit=None)

    # --- choosing ---

    def _change(self, drawn: Drawn, focus: Collection[str] = ()) -> Change:
        """The change that is drawn, about what is in *focus* if anything is."""
        kind, seed = drawn
        rng = random.Random(seed)
        self.focus = focus
        if kind.endswith("group"):
            return self._in_group(kind, rng)
        if kind.endswith("role"):
            return self._of_role(kind, rng)
        if kind == "create":
            return CreateAccount(arguments=self._newcomer(rng))
        if kind == "delete":
            return DeleteAccount(account=self._person(rng, "active", "active", "invited"), arguments=self._terms(rng))
        fit = {"enable": "suspended", "disable": "active", "recover": "removed", "set profile": "active"}[kind]
        person = self._person(rng, fit)
        if kind == "set profile":
            return RunAction(
                name="set_profile", account=person, arguments={"user_id": person.id, **self._profile(rng, person.id)}
            )
        arguments: dict[str, Value] = {"user_id": person.id}
        if kind == "disable":
            arguments["wipe_data"] = rng.random() < 0.5
        return RunAction(name=f"{kind}_user", account=person, arguments=arguments)

    def _person(self, rng: random.Random, *statuses: str) -> ResourceId:
        """Mostly somebody of whom it makes sense, sometimes anybody, seldom nobody."""
        people = self.model.people
        near = sorted(id for id in people if id in self.focus)
        if near and rng.random() < 0.9:
            return user(rng.choice(near))
        status = rng.choice(statuses) if statuses else ""
        fit = sorted(id for id, one in people.items() if one.status == status)
        if fit and rng.random() < 0.7:
            return user(rng.choice(fit))
        return user(NOBODY if rng.random() < 0.05 else rng.choice(sorted(people)))

    def _within(self, ids: Iterable[str]) -> list[str]:
        """Those of *ids* that are in focus; all if none is."""
        found = sorted(ids)
        return [id for id in found if id in self.focus] or found

    def _in_group(self, kind: str, rng: random.Random) -> Change:
        id = NO_GROUP if rng.random() < 0.05 else rng.choice(self._within(self.model.groups))
        person, slug = self._person(rng), rng.choice(["member", "owner"])
        members = self.model.groups[id].members if id in self.model.groups else {}
        if kind == "grant group":
            outside = self._within(one for one in self.model.people if one not in members)
            if outside and not self.focus and rng.random() < 0.4:
                person = user(rng.choice(outside))
        elif members and rng.random() < 0.7:
            one = rng.choice(self._within(members))
            person, slug = user(one), members[one] if rng.random() < 0.8 else slug
        at = EntitlementId(resource=ResourceId(type="group", id=id), slug=slug)
        form = GrantAccess if kind == "grant group" else RevokeAccess
        return form(entitlement=at, principal=person)

    def _of_role(self, kind: str, rng: random.Random) -> Change:
        person, role = self._person(rng, "active"), rng.choice(self.model.roles)
        if kind == "revoke role" and rng.random() < 0.7:
            holders = self._within(id for id, one in self.model.people.items() if one.role)
            if holders:
                person = user(rng.choice(holders))
                role = self.model.people[person.id].role or role
        at = EntitlementId(resource=ResourceId(type="role", id=role), slug="member")
        if kind == "revoke role":
            return RevokeAccess(entitlement=at, principal=person)
        return GrantAccess(entitlement=at, principal=person, replace=rng.random() < 0.5)

    def _newcomer(self, rng: random.Random) -> dict[str, Value]:
        emails = sorted(one.email for one in self.model.people.values())
        given: dict[str, Value] = {
            "email": rng.choice([*(f"new{number}@team.example" for number in range(9)), *emails])
        }
        if rng.random() < 0.5:
            given |= {"given_name": "Zoë", "surname": "O'Brien"}
        if rng.random() < 0.3:
            given["external_id"] = f"ext-{rng.randrange(40):06d}"
        if rng.random() < 0.3:
            given["role"] = rng.choice(self.model.roles)
        if rng.random() < 0.3:
            groups = sorted(id for id, one in self.model.groups.items() if one.management != "system_managed")
            given["groups"] = tuple(rng.sample(groups, min(2, len(groups))))
        if rng.random() < 0.3:
            given["send_welcome_email"] = False
        return given

    def _terms(self, rng: random.Random) -> dict[str, Value]:
        people = self.model.people
        admins = sorted(id for id, one in people.items() if one.role == self.model.admin_role)
        heirs: dict[str, Value] = {
            "transfer_to": rng.choice(sorted(people)),
            "transfer_admin": rng.choice([*admins, *admins, rng.choice(sorted(people))]),
        }
        return rng.choice(
            [
                *({}, {}, {}, {}, {"wipe_data": True}, {"keep_account": True}, {"permanently_delete_files": True}),
                *({"keep_account": True, "wipe_data": True}, heirs, heirs),
            ]
        )

    def _profile(self, rng: random.Random, id: str) -> dict[str, Value]:
        emails = sorted(one.email for one in self.model.people.values())
        given: dict[str, Value] = {
            "given_name": f"Łukasz {rng.randrange(9)}",
            "surname": f"=1+{rng.randrange(9)}",
            "email": rng.choice([f"moved{rng.randrange(9)}@team.example", rng.choice(emails)]),
            "external_id": rng.choice(["", f"ext-{rng.randrange(40):06d}"]),
        }
        if id in self.model.people and rng.random() < 0.1:
            one = self.model.people[id]
            given = {"given_name": one.given, "surname": one.surname, "email": one.email}
        return {name: given[name] for name in rng.sample(sorted(given), rng.randint(1, 2))}

    def _plannable(self, drawn: list[Drawn]) -> list[Change]:
        """Changes of which no one decides what becomes of another person's: they may be made in any order."""
        chosen: list[Change] = []
        about: set[str] = set()
        alone = False
        # Of few people and groups, so that some changes depend on others.
        rng = random.Random(drawn[0][1])
        people, groups = sorted(self.model.people), sorted(self.model.groups)
        focus = {*rng.sample(people, rng.randint(1, 2)), *rng.sample(groups, min(1, len(groups)))}
        for each in drawn:
            change = self._change(each, focus)
            concerns_others = self._concerns_others(change)
            who, _ = self._target(change)
            if (concerns_others and alone) or (isinstance(change, CreateAccount) and who in about):
                continue
            alone = alone or concerns_others
            about.add(who)
            chosen.append(change)
        return chosen

    def _concerns_others(self, change: Change) -> bool:
        """Whether a change is about the administrators, or takes or frees what only one person can have."""
        if isinstance(change, CreateAccount | DeleteAccount) or (
            isinstance(change, RunAction) and change.name == "set_profile"
        ):
            return True
        if isinstance(change, GrantAccess | RevokeAccess):
            role = change.entitlement.resource
            return role.type == "role" and self.model.admin_role in (role.id, self.model.held(change))
        one = self.model.people.get(change.account.id if change.account else "")
        return one is not None and one.role == self.model.admin_role

    # --- what others do ---

    def _target(self, change: Change) -> tuple[str, str | None]:
        """The person and the group that a change is about."""
        if isinstance(change, GrantAccess | RevokeAccess):
            at = change.entitlement.resource
            return change.principal.id, at.id if at.type == "group" else None
        if isinstance(change, CreateAccount):
            return self.model.named(str(change.arguments["email"])) or NOBODY, None
        return change.account.id if change.account else NOBODY, None

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


def _asked(change: Change) -> tuple[object, ...]:
    """What is the same of a change before and after its arguments were completed."""
    if isinstance(change, GrantAccess | RevokeAccess):
        return type(change), change.entitlement, change.principal
    if isinstance(change, CreateAccount):
        return type(change), change.arguments["email"]
    return type(change), change.account


def _without_groups(change: Change) -> Change:
    """*change* without groups to join, which others may delete."""
    if not isinstance(change, CreateAccount):
        return change
    return CreateAccount(arguments={name: value for name, value in change.arguments.items() if name != "groups"})


def _kind(change: Change) -> str:
    if isinstance(change, GrantAccess | RevokeAccess):
        verb = "grant" if isinstance(change, GrantAccess) else "revoke"
        return f"{verb} {change.entitlement.resource.type}"
    if isinstance(change, CreateAccount):
        return "create"
    return "delete" if isinstance(change, DeleteAccount) else change.name


def run(
    examples: int, steps: int, *, seed: int | None = None, shrink: bool = False, folder: Path | None = None
) -> Counter[tuple[str, str]]:
    """Run the machine so often, so many rules each; how often each kind of change had each outcome.

    Without a *seed* every run tries the same. To *shrink* a failure to few steps may take minutes.
    """
    wanted = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=seed is None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
        print_blob=False,
        report_multiple_bugs=False,
    )
    Machine.seen.clear()
    with bench(folder) as workshop:
        Machine.workshop = workshop
        run_state_machine_as_test(Machine if seed is None else _seeded(seed), settings=wanted)
    return Counter(Machine.seen)


def _seeded(seed: int) -> Callable[[], Machine]:
    from hypothesis import seed as with_seed

    return with_seed(seed)(type(f"Machine{seed}", (Machine,), {}))


def main(argv: list[str]) -> int:
    """Run it at length: ``[EXAMPLES [STEPS [SEED]]]``."""
    examples, steps, seed = (*map(int, argv), *(400, 40, random.randrange(10**6))[len(argv) :])
    print(f"machine: {examples} teams, {steps} steps each, seed {seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="machine-") as folder:
        seen = run(examples, steps, seed=seed, shrink=True, folder=Path(folder))
    kinds = sorted({kind for kind, _ in seen})
    outcomes = (CHANGED, ALREADY, REFUSED, DRIFTED)
    rows = [(kind, *(seen[kind, outcome] for outcome in outcomes)) for kind in kinds]
    text = table(("change", *outcomes), rows)
    print(text, file=sys.stderr)
    if not argv:
        write(
            "machine",
            "Changes at random beside a model",
            f"{seen.total():,} changes of {examples} simulated teams, one by one or in plans: while requests and answers "
            "were lost, reads lagged by three seconds, jobs went on, and others changed the team. After each the truth "
            "was what a plain model says, each outcome was the expected one, no effect was doubled; what was made twice "
            "was already so, grants taken back restored what was, plans applied twice changed nothing the second time, "
            "plans whose team had drifted were refused change by change, and dry runs made no write call.",
            text,
        )
    return 0
