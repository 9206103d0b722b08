"""What a connector makes of changes whose requests or answers are lost."""

from jackfield.changes.plan import make_plan
from jackfield_contracts import Change, OutcomeKind
from jackfield_testkit.bench import Bench
from jackfield_testkit.checks.acting import (
    DONE,
    NOT_MADE,
    all_samples,
    grant_id,
    make_raw,
    name_of,
    one_of_each_kind,
    outcome_text,
    restore,
    samples_of,
    state_before,
)
from jackfield_testkit.data import Finding, NotApplicable
from jackfield_testkit.wire import (
    BROKEN,
    Fault,
    Sent,
    Wire,
    at,
    lose_answer,
    lose_request,
)


async def survives_lost_answers(bench: Bench) -> None:
    """A change whose request or answer is lost is made once, and told as changed.

    The answer may be lost after the effect; who asks again without looking invites people twice.
    """
    for change in one_of_each_kind(samples_of(bench)):
        for what, fault in (("the request is lost", lose_request), ("the answer is lost", lose_answer)):
            for index in range(8):
                before, effects = bench.truth(), bench.effects()
                plan = await bench.plan(change)
                wire = Wire(at(index, fault))
                (outcome,) = await bench.apply(plan, wire=wire)
                step = f"{what}: {', '.join(wire.struck)}"
                after = bench.truth()
                if outcome.outcome is OutcomeKind.CHANGED and grant_id(change) not in after.grants:
                    raise Finding("the change is told as changed, and was not made", name_of(change), step)
                if outcome.outcome is not OutcomeKind.CHANGED:
                    raise Finding(f"a lost message ends it as {outcome_text(outcome)}", name_of(change), step)
                twice = {
                    name: number - effects.get(name, 0)
                    for name, number in bench.effects().items()
                    if number - effects.get(name, 0) > 1
                }
                if twice:
                    raise Finding(f"an effect happened more than once: {twice}", name_of(change), step)
                await restore(bench, change, before)
                if not wire.struck:
                    break


async def follows_what_it_began(bench: Bench) -> None:
    """An account that is made or deleted, or an action, whose request or answer is lost, comes to a true end, made once.

    A removal whose answer is lost goes on all the same: told as refused, it is the account that nobody looks at again.
    """
    samples = bench.samples
    tried = 0
    for some in (samples.accounts, samples.actions, samples.deletions):
        for number, change in enumerate(some):
            # Each can be made once; the lost answer is the one that goes wrong more often.
            what, fault = (("the answer is lost", lose_answer), ("the request is lost", lose_request))[number % 2]
            tried += 1
            await _follow(bench, change, what, fault)
    if not tried:
        raise NotApplicable("the samples have no accounts, deletions or actions")


async def _follow(bench: Bench, change: Change, what: str, fault: Fault) -> None:
    """Lose the first request that is none of those that only look."""
    looking = Wire()
    async with bench.changing(looking, only_planned=True) as session:
        plan = await make_plan(session, (change,))
    looks = {(each.method, each.route) for each in looking.sent}
    lost: list[Sent] = []

    def first_write(_: int, sent: Sent) -> Fault | None:
        if lost or (sent.method, sent.route) in looks:
            return None
        lost.append(sent)
        return fault

    before, effects = bench.truth(), bench.effects()
    wire = Wire(first_write)
    (outcome,) = await bench.apply(plan, wire=wire)
    steps = (name_of(change), f"{what}: {', '.join(wire.struck) or 'none'}")
    more = {name: number - effects.get(name, 0) for name, number in bench.effects().items()}
    if twice := {name: number for name, number in more.items() if number > 1}:
        raise Finding(f"an effect happened more than once: {twice}", *steps)
    changed = bench.truth() != before or any(more.values())
    if outcome.outcome in NOT_MADE and changed:
        raise Finding(f"it is told as {outcome_text(outcome)}, and was made", *steps)
    if outcome.outcome is OutcomeKind.CHANGED and not changed and bench.has("effects"):
        raise Finding("it is told as changed, and was not made", *steps)


async def doubles_no_effect(bench: Bench) -> None:
    """A hook whose request is answered, and the answer lost, asks for the effect at most once.

    What has an effect is tried again by the host, which looks first; a hook that tries again by itself invites twice.
    """
    for change in all_samples(bench):
        before, effects = bench.truth(), bench.effects()
        async with bench.open() as connection:
            state = await state_before(connection, change)
        for index in range(8):
            wire = Wire()
            async with bench.open(wire) as connection:
                await state_before(connection, change)  # signs in, so that only the hook's own are lost
                wire.plan = at(len(wire.sent) + index, lose_answer, lasting=True)
                await make_raw(connection, change, state)
            more = {name: number - effects.get(name, 0) for name, number in bench.effects().items()}
            if twice := {name: number for name, number in more.items() if number > 1}:
                raise Finding(
                    f"an effect happened more than once: {twice}",
                    f"{name_of(change)} (the hook)",
                    f"the answers to {', '.join(wire.struck)} are lost",
                )
            if not wire.struck or bench.truth() != before or any(more.values()):
                break


async def doubts_what_it_can_not_read(bench: Bench) -> None:
    """A write that is answered in a way that nobody understands is never told as made when it was not.

    A proxy's login page with status 200 is no confirmation.
    """
    for kind, change in enumerate(one_of_each_kind(samples_of(bench))[:2]):
        for number, (what, fault) in enumerate(BROKEN.items()):
            # Of the second kind every other request: each of them is broken in half of the ways.
            for index in range(number % 2 if kind else 0, 8, 2 if kind else 1):
                before = bench.truth()
                plan = await bench.plan(change)
                wire = Wire(at(index, fault))
                (outcome,) = await bench.apply(plan, wire=wire)
                made = grant_id(change) in bench.truth().grants
                step = f"{', '.join(wire.struck)} is {what}"
                if outcome.outcome in DONE and not made:
                    raise Finding(f"it is told as {outcome.outcome.value}, and was not made", name_of(change), step)
                if outcome.outcome in NOT_MADE and made:
                    raise Finding(f"it is told as {outcome_text(outcome)}, and was made", name_of(change), step)
                if made:
                    await restore(bench, change, before)
                if not wire.struck:
                    break
