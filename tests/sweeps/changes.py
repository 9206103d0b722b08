"""Changes that are interrupted: the process killed at every boundary, requests lost, answers lost.

After recovery, or after the same command again, the team's state and the journal equal those of a run that nothing
disturbed; nothing is done twice, and nothing stays undecided.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from harness.besides import Beside
from harness.errands import ERRANDS, TEAM
from harness.evidence import table, write
from harness.stands import KILLED, Shown, Stand

from jackfield_dropbox_simulator.routes.table import table as routes
from jackfield_dropbox_simulator.server import serving

WRITES = frozenset(name for name, route in routes().items() if route.writes)

BEGIN = "before the intent is written"
INTENT = "the intent is written, nothing is sent"
LOST = "the request is on its way, and is lost"
MADE = "the request is on its way, and is carried out"
LATE = "the request is on its way, and is carried out after the recovery"
DONE = "carried out, the answer is on its way"
ANSWER = "the answer is here, not written"
JOB = "a job goes on"
WRITTEN = "the answer is written, not confirmed"
READ = "confirmed, the outcome is not written"
OVER = "the outcome is written"
BOUNDARIES = (BEGIN, INTENT, LOST, MADE, LATE, DONE, ANSWER, JOB, WRITTEN, READ, OVER)

FAULTS = (
    ("drop", "before"),
    ("server_error", "before"),
    ("unavailable", "before"),
    ("drop", "after"),
    ("drop_after", "after"),
    ("server_error", "after"),
    ("unavailable", "after"),
    ("truncated", "after"),
    ("invalid_body", "after"),
)
PASSING = (
    ("rate_limited", "before"),
    ("unavailable", "before"),
    ("server_error", "before"),
    ("drop", "before"),
    ("expired_token", "before"),
    ("truncated", "after"),
    ("invalid_body", "after"),
)
"""What befalls any request, a write excepted whose own row is above: sign-in, and reads before, between and after."""
LAG = 3.0
LAGGING = (INTENT, LOST, DONE, ANSWER, WRITTEN)
POLLS = 2
"""How often a job is asked after for sure; how often more depends on the machine."""

RECOVER, AGAIN, KILLED_AGAIN = "recover", "the same command again", "recover, killed too"
SETTERS = ("role_changes", "profile_changes", "access_changes")
"""Side effects that are the same twice as once."""

T = TypeVar("T")


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One disturbance of one errand, and what is done after it.

    ``point``: of the trace of an undisturbed run. ``hold``: the call is held there by the application, before or after
    its effect. ``fault``: that call fails, and nobody is killed. ``at``: its number among the command's requests.
    """

    errand: str
    boundary: str
    point: str
    hold: str = ""
    fault: str = ""
    at: int = 0
    then: str = ""
    lag: float = 0.0

    def __str__(self) -> str:
        parts = (self.errand, self.fault or self.boundary, self.point, self.hold, self.then, f"lag {self.lag:g}")
        return "; ".join(part for part in parts if part and part != "lag 0")


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """How a case ended; ``wrong`` should be empty.

    ``fewer``: the outcome was told in other words. ``repeated``: a value was set once more that was set already.
    """

    case: Case
    result: str
    wrong: tuple[str, ...] = ()
    fewer: bool = False
    repeated: bool = False
    seconds: float = 0.0


class Undisturbed(msgspec.Struct, frozen=True, kw_only=True):
    """An errand on a team of its own: before it, after it, after the same command once more, and the points it passes."""

    before: Shown
    once: Shown
    twice: Shown
    points: tuple[str, ...]


def boundaries(points: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each point from the first write to the journal on, with the boundary that it stands for."""
    first = next(number for number, point in enumerate(points) if point.startswith("saving"))
    at = BEGIN
    for number, point in enumerate(points[first:], first):
        verb, what, _ = point.split()
        if what == "oauth2/token":
            continue
        if verb == "saved":
            at = {"intent": INTENT, "answer": WRITTEN, "pending": JOB, "settled": OVER}[what]
            yield point, at
        elif verb in ("saving", "writing"):
            yield point, {"intent": BEGIN, "settled": READ}.get(what, JOB if at == JOB else ANSWER)
        elif verb == "answered" and what in WRITES:
            at = ANSWER
            yield point, at
        else:
            last = verb == "answered" and points[number + 1].startswith("saving")
            yield point, READ if at == WRITTEN and last else at


def kills_of(errand: str, points: Sequence[str]) -> list[Case]:
    """Every kill of an errand: at each point of its way, and while the application holds a call.

    Recovery follows each of them, the same command again the first of each boundary.
    """
    made: list[Case] = []
    for point, boundary in boundaries(points):
        verb, route, number = point.split()
        if "job_status" in route and int(number[1:]) > POLLS:
            continue
        made.append(Case(errand=errand, boundary=boundary, point=point, then=RECOVER))
        if verb == "asking" and route in WRITES:
            holds = ((LOST, "before"), (MADE, "before"), (LATE, "before"), (DONE, "after"))
            made += [Case(errand=errand, boundary=its, point=point, hold=when, then=RECOVER) for its, when in holds]
        elif verb == "asking" and boundary in (WRITTEN, JOB):
            made.append(Case(errand=errand, boundary=boundary, point=point, hold="before", then=RECOVER))
    firsts: dict[str, Case] = {}
    for case in made:
        if case.boundary != LATE:
            firsts.setdefault(case.boundary, msgspec.structs.replace(case, then=AGAIN))
    return [*made, *firsts.values()]


def faults_of(errand: str, points: Sequence[str]) -> list[Case]:
    """Every write of an errand lost once, before it is carried out or after."""
    asked = [point for point in points if point.split()[0] == "asking" and point.split()[1] in WRITES]
    return [
        Case(errand=errand, boundary=when, point=point, fault=fault)
        for point in asked
        if point.endswith("#1")
        for fault, when in FAULTS
    ]


def passing_of(errand: str, points: Sequence[str]) -> list[Case]:
    """Every request of an errand that is no write, failing once; and every write turned away once."""
    asked = [point for point in points if point.startswith("asking")]
    sure = [point for point in asked if "job_status" not in point or int(point.split()[2][1:]) <= POLLS]
    return [
        Case(errand=errand, boundary=when, point=point, fault=fault, at=at)
        for at, point in enumerate(sure)
        for fault, when in PASSING
        if (point.split()[1] not in WRITES or fault == "rate_limited")
        and (point.split()[1] != "oauth2/token" or fault != "expired_token")
    ]


def lagging_of(errand: str, points: Sequence[str]) -> list[Case]:
    """A sample on a team that shows each change seconds late: one kill at each boundary where that matters."""
    chosen: dict[tuple[str, str], Case] = {}
    for case in kills_of(errand, points):
        if case.boundary in LAGGING and (case.then == RECOVER or case.boundary in (LOST, DONE)):
            chosen.setdefault((case.boundary, case.then), case)
    lost = [case for case in faults_of(errand, points) if case.fault == "drop"]
    return [msgspec.structs.replace(case, lag=LAG) for case in (*chosen.values(), *lost)]


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
    return _seen(case, shown, model, wrong, begun=bool(begun), made=bool(made), waited=waited)


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
    return _seen(
        case, shown, model, wrong, begun=True, made=case.boundary == "after" and not _passes(case), waited=False
    )


def differences(case: Case, shown: Shown, model: Undisturbed, by_answer: bool) -> list[str]:
    """What is not as in an undisturbed run, in words."""
    wrong: list[str] = []
    if shown.truth != model.once.truth:
        wrong.append(f"the team is another: {_told(shown.truth, model.once.truth)}")
    if shown.undecided + shown.pending:
        wrong.append(f"{shown.undecided} intents and {shown.pending} pending are left")
    models = (model.once, model.twice) if case.then == AGAIN else (model.once,)
    if not any(_same_entries(shown, one, by_answer) for one in models):
        wrong.append(f"the journal is another: {_told(list(shown.entries), list(models[-1].entries))}")
    doubled = more_often(case, shown, model)
    if not _may_repeat(case):
        wrong += [f"done twice: {doubled}"] if doubled else []
    elif harmful := {what: number for what, number in doubled.items() if what.split()[0] not in SETTERS}:
        wrong.append(f"done twice: {harmful}")
    missing = {what for what in model.once.effects if what not in shown.effects}
    if missing and not by_answer:
        wrong.append(f"never done: {missing}")
    return wrong


def more_often(case: Case, shown: Shown, model: Undisturbed) -> dict[str, int]:
    """The side effects that happened more often than in an undisturbed run."""
    # Somebody who asks for a mail once more gets one more.
    most = (model.twice if case.then == AGAIN else model.once).effects
    return {what: number for what, number in shown.effects.items() if number > most.get(what, 0)}


def _may_repeat(case: Case) -> bool:
    """Whether a value may be set again that is set already, since no read could tell in time."""
    return case.boundary == LATE or case.lag > 0


def _same_entries(shown: Shown, model: Shown, by_answer: bool) -> bool:
    if len(shown.entries) != len(model.entries):
        return False
    return all(
        mine == its or (by_answer and _is_unverified(mine) and _without_outcome(mine) == _without_outcome(its))
        for mine, its in zip(shown.entries, model.entries, strict=True)
    )


def _is_unverified(entry: dict[str, Any]) -> bool:
    return entry.get("outcome", {}).get("outcome") == "unverified"


def _without_outcome(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in ("outcome", "after")}


def _told(mine: Any, its: Any, at: str = "") -> str:
    """Where two documents differ first."""
    if isinstance(mine, dict) and isinstance(its, dict):
        for key in sorted(mine.keys() | its.keys()):
            if mine.get(key) != its.get(key):
                return _told(mine.get(key), its.get(key), f"{at}/{key}")
    if isinstance(mine, list) and isinstance(its, list) and len(mine) == len(its):
        for number, (left, right) in enumerate(zip(mine, its, strict=True)):
            if left != right:
                return _told(left, right, f"{at}/{number}")
    return f"{at} is {mine}, and should be {its}"[:700]


def _seen(
    case: Case, shown: Shown, model: Undisturbed, wrong: list[str], *, begun: bool, made: bool, waited: bool
) -> Seen:
    if wrong:
        result = "wrong"
    elif any(map(_is_unverified, shown.entries)):
        result = "unverified"
    elif not begun:
        result = "never begun"
    else:
        result = "found made" if made else "made afterwards"
    if waited and not wrong:
        result += ", pending before"
    fewer = shown.told[: len(model.once.told)] != model.once.told
    repeated = bool(more_often(case, shown, model))
    return Seen(case=case, result=result, wrong=tuple(wrong), fewer=fewer, repeated=repeated)


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


def cases_of(errand: str, model: Undisturbed) -> list[Case]:
    """All cases of an errand."""
    points = model.points
    again = [
        msgspec.structs.replace(case, then=KILLED_AGAIN)
        for case in kills_of(errand, points)
        if case.boundary in (LOST, DONE) and case.then == RECOVER
    ]
    return [
        *kills_of(errand, points),
        *again,
        *faults_of(errand, points),
        *passing_of(errand, points),
        *lagging_of(errand, points),
    ]


def _models(errands: Sequence[str]) -> dict[str, Undisturbed]:
    async def run() -> dict[str, Undisturbed]:
        return {errand: await undisturbed(errand) for errand in errands}

    return asyncio.run(run())


def _part(chosen: Sequence[Case], models: dict[str, Undisturbed]) -> list[Seen]:
    async def run() -> list[Seen]:
        patient = [case for case in chosen if case.lag or case.fault]
        busy = [case for case in chosen if case not in patient]
        return [*await sweep(busy, models), *await sweep(patient, models, together=6)]

    seen = asyncio.run(run())
    for one in seen:
        if one.wrong:
            told = "\n    ".join(one.wrong)
            print(f"{one.case} ({one.seconds:.1f} s)\n    {told}", file=sys.stderr, flush=True)
    return seen


def main(argv: list[str]) -> int:
    """Run every case, or those whose description holds all the words given."""
    with ProcessPoolExecutor(2) as processes:
        names = [name for name in ERRANDS if not argv or argv[0] not in ERRANDS or name == argv[0]]
        models: dict[str, Undisturbed] = {}
        for some in processes.map(_models, (names[0::2], names[1::2])):
            models |= some
        chosen = [case for name in names for case in cases_of(name, models[name])]
        chosen = [case for case in chosen if all(word in str(case) for word in argv)]
        print(f"{len(chosen)} cases", file=sys.stderr)
        parts = [chosen[at : at + 30] for at in range(0, len(chosen), 30)]
        needed = [{case.errand: models[case.errand] for case in part} for part in parts]
        seen = [one for part in processes.map(_part, parts, needed) for one in part]
    if argv:
        for one in seen:
            print(f"{one.case}: {one.result}, {one.seconds:.1f} s")
    else:
        _write(seen)
    return 1 if any(one.wrong for one in seen) else 0


_LETTERS = {"never begun": "n", "made afterwards": "m", "found made": "f", "unverified": "u", "wrong": "WRONG"}


def counted(seen: Iterable[Seen]) -> str:
    """How many cases had each result, in short."""
    counts = Counter(_LETTERS[one.result.partition(",")[0]] for one in seen)
    return " ".join(f"{counts[letter]} {letter}" for letter in _LETTERS.values() if counts[letter]) or "–"


def _table(seen: Sequence[Seen], columns: Sequence[str], column_of: Callable[[Case], str]) -> str:
    used = [column for column in columns if any(column_of(one.case) == column for one in seen)]
    return table(
        ("change", *used),
        [
            (name, *(counted(one for one in mine if column_of(one.case) == column) for column in used))
            for name in ERRANDS
            if (mine := [one for one in seen if one.case.errand == name])
        ],
    )


def _boundary(case: Case) -> str:
    return case.boundary


def _fault(case: Case) -> str:
    return f"{case.fault} {case.boundary}"


def _passes(case: Case) -> bool:
    """Whether the fault is one of which the application is sure not to have changed anything."""
    return bool(case.fault) and (case.point.split()[1] not in WRITES or case.fault == "rate_limited")


def tables(seen: Sequence[Seen]) -> tuple[str, ...]:
    """What was seen: kills, lost calls without a kill, other requests that failed, and the first two where reads lag."""
    kills = [one for one in seen if not one.case.fault and not one.case.lag]
    faults = [one for one in seen if one.case.fault and not one.case.lag and not _passes(one.case)]
    passing = [one for one in seen if _passes(one.case) and not one.case.lag]
    lagging = [one for one in seen if one.case.lag]
    columns = [*BOUNDARIES, *(f"{fault} {when}" for fault, when in FAULTS)]
    return (
        f"## Killed\n\n{len(kills)} processes were killed: {_sums(kills)}.",
        _table(kills, columns, _boundary),
        f"## One call lost\n\n{len(faults)} commands of which a write failed, and no kill: {_sums(faults)}.",
        _table(faults, columns, _fault),
        f"## A read, a sign-in or a turned-away write failed\n\n{len(passing)} commands, no kill: {_sums(passing)}.",
        _table(passing, [f"{fault} {when}" for fault, when in PASSING], _fault),
        f"## Reads lag {LAG:g} s\n\n{len(lagging)} of these on a team that shows changes late: {_sums(lagging)}.",
        _table(lagging, columns, lambda case: _fault(case) if case.fault else case.boundary),
    )


def _sums(seen: Sequence[Seen]) -> str:
    counts = Counter(one.result.partition(",")[0] for one in seen)
    told = [f"{counts[result]} {result}" for result in _LETTERS]
    told.append(f"in {sum(one.fewer for one in seen)} the sentence or the results are not an undisturbed run's")
    told.append(f"in {sum(one.repeated for one in seen)} a value was set again that was set already")
    return ", ".join(told)


def _write(seen: Sequence[Seen]) -> None:
    print("\n".join(tables(seen)), file=sys.stderr)
    write(
        "changes",
        "Changes that were interrupted",
        "The `jackfield` process is ended by `kill -9` at every point between the first write to the journal and the last, "
        "for every kind of change: before, in and after each of the journal's transactions, before each request and after "
        "each answer, and while the application holds the call before its effect (it is then lost, or carried out before "
        "or after the recovery) or before its answer. Then `changes recover` runs, or the same command again, or a recovery "
        "that is killed too and another one. The team's state, the side effects counted by the simulator and the journal "
        "(outcome, how it was confirmed, the state before and after) have to equal those of an undisturbed run on an equal "
        "team; no side effect may be more frequent, and no intent may be left undecided.",
        "n: killed before it was meant; nothing was done, and the command made it later. m: not made before, made by what came "
        "afterwards. f: found made, and not made again. u: unverified, which only a change confirmed by the answer alone "
        "may be.",
        *tables(seen),
    )
