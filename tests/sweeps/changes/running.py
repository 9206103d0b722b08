"""Errands on teams of their own: as they should go, and disturbed."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from harness.besides import Beside
from harness.errands import ERRANDS, TEAM
from harness.stands import KILLED, Stand

from jackfield_dropbox_simulator.server import serving
from tests.sweeps.changes.cases import AGAIN, KILLED_AGAIN, LATE, MADE, Case
from tests.sweeps.changes.comparing import Seen, Undisturbed, differences, seen_of

T = TypeVar("T")


async def on_stand(errand: str, work: Callable[[Stand], T], **options: Any) -> T:
    """What *work* gives, on a fresh team made ready for *errand*."""
    with tempfile.TemporaryDirectory(prefix="changes-") as folder:
        async with serving(TEAM) as simulator:

            def run() -> T:
                return work(Stand(Path(folder) / "site", Beside(simulator), ERRANDS[errand], **options))

            return await asyncio.to_thread(run)


async def undisturbed(errand: str) -> Undisturbed:
    """Run an errand as it should go; fails if it does not."""

    def work(stand: Stand) -> Undisturbed:
        before = stand.look()
        ended = stand.doomed()
        assert ended.code == 0, ended
        once = stand.look()
        assert not once.undecided + once.pending, once
        confirmed = ("changed", "answer" if stand.errand.by_answer else "read")
        ends = {(entry["outcome"]["outcome"], entry["outcome"]["confirmed_by"]) for entry in once.entries}
        assert ends == {confirmed}, once.entries
        assert once.truth != before.truth or stand.errand.by_answer
        points = tuple(stand.trace())
        assert stand.run().code == 0
        return Undisturbed(before=before, once=once, twice=stand.look(), points=points)

    return await on_stand(errand, work)


def show(case: Case, stand: Stand, model: Undisturbed) -> Seen:
    """Disturb an errand, recover or run it again, and compare with *model*."""
    if case.fault:
        return _lose(case, stand, model)
    wrong: list[str] = []
    hold = _kill(case, stand)
    made = stand.effects()
    if case.then == AGAIN:
        stand.run()
    else:
        wrong += _recover(case, stand, model)
    if case.boundary == LATE and hold:
        stand.control.release(hold, apply=True)
        stand.control.advance(60)
    begun = stand.journal()
    if len(begun) < len(model.once.entries):
        ended = stand.run()
        wrong += [] if ended.code == 0 else [f"run afterwards, it ended with {ended.code}: {ended.err}"]
    waited = False
    if stand.look().pending:
        waited = True
        stand.recover()
    shown = stand.look()
    wrong += differences(case, shown, model, stand.errand.by_answer)
    return seen_of(case, shown, model, wrong, begun=bool(begun), made=bool(made), waited=waited)


def _kill(case: Case, stand: Stand) -> int | None:
    """End the process where the case says; gives the hold of a call that is still to come."""
    if not case.hold:
        ended = stand.doomed(case.point)
        assert ended.code == KILLED, f"it was to be killed at {case.point} and ended with {ended}"
        return None
    _, route, number = case.point.split()
    with stand.held(route, case.hold, int(number[1:]) - 1) as hold:
        if case.boundary == LATE:
            return hold
        stand.control.release(hold, apply=case.boundary == MADE)
    return None


def _recover(case: Case, stand: Stand, model: Undisturbed) -> list[str]:
    """Settle what was left; what is wrong with that."""
    if case.then == KILLED_AGAIN:
        stand.recover(point="saving settled #1")
    ended = stand.recover()
    shown = stand.look()
    wrong = [] if ended.code in (0, 11) else [f"the recovery ended with {ended.code}: {ended.out} {ended.err}"]
    if shown.undecided + shown.pending:
        wrong.append(f"the recovery left {shown.undecided} intents and {shown.pending} pending")
    if not shown.entries and case.boundary != LATE and shown.truth != model.before.truth:
        wrong.append("it was never meant, and the team has changed")
    return wrong


def _lose(case: Case, stand: Stand, model: Undisturbed) -> Seen:
    at = stand.control.requests()["total"] + case.at
    ordered = stand.control.fault(case.fault, route=case.point.split()[1], at=at, times=1, when=case.boundary)
    ended = stand.run()
    shown = stand.look()
    wrong = [] if ended.code in (0, 11) else [f"it ended with {ended.code}: {ended.out} {ended.err}"]
    if not any(one["fired"] for one in stand.control.faults() if one["id"] == ordered["id"]):
        wrong.append("the fault did not happen")
    wrong += differences(case, shown, model, stand.errand.by_answer)
    return seen_of(
        case, shown, model, wrong, begun=True, made=case.boundary == "after" and not case.passes, waited=False
    )


async def sweep(chosen: Iterable[Case], models: dict[str, Undisturbed], *, together: int = 2) -> list[Seen]:
    """Run cases, some at a time."""
    places = asyncio.Semaphore(together)

    async def one(case: Case) -> Seen:
        async with places:
            started = time.monotonic()
            try:
                seen = await on_stand(case.errand, lambda stand: show(case, stand, models[case.errand]), lag=case.lag)
            except Exception as error:  # noqa: BLE001 - told with its case
                seen = Seen(case=case, result="wrong", wrong=(f"{type(error).__name__}: {error}",))
            return msgspec.structs.replace(seen, seconds=time.monotonic() - started)

    return list(await asyncio.gather(*(one(case) for case in chosen)))
