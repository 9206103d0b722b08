"""What was seen, as tables of the page of evidence."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from harness.errands import ERRANDS
from harness.evidence import table, write

from tests.sweeps.changes.cases import BOUNDARIES, FAULTS, LAG, PASSING, Case
from tests.sweeps.changes.comparing import Seen

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


def tables(seen: Sequence[Seen]) -> tuple[str, ...]:
    """What was seen: kills, lost calls without a kill, other requests that failed, and the first two where reads lag."""
    kills = [one for one in seen if not one.case.fault and not one.case.lag]
    faults = [one for one in seen if one.case.fault and not one.case.lag and not one.case.passes]
    passing = [one for one in seen if one.case.passes and not one.case.lag]
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


def write_page(seen: Sequence[Seen]) -> None:
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
