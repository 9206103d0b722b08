"""Limits per kind of change and hour, which stop mass mistakes."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from jackfield.changes.kinds.operations import KINDS
from jackfield.changes.options import Changing
from jackfield.config.load import did_you_mean
from jackfield.errors import BadConfig
from jackfield.state.journal import outcome_of
from jackfield_contracts import JournalEntry, OutcomeKind, PlannedChange

DEFAULTS: Mapping[str, int] = {"delete": 10, "disable": 25, "revoke": 200, "privileged": 5}
WINDOW = timedelta(hours=1)
_HARMLESS = (OutcomeKind.ALREADY, OutcomeKind.REFUSED)


def limits_of(changing: Changing) -> dict[str, int]:
    """The limits that hold: those asked for, else those configured, else the defaults; raises BadConfig for no kind."""
    for source, path in (
        (changing.host.limits, f"connections.{changing.connection.name}.limits"),
        (changing.options.limits, "--limit"),
    ):
        demand_kinds(source, path)
        for number in source.values():
            if number < 0:
                raise BadConfig(f"a limit of {number} has no meaning", path=path)
    return {**DEFAULTS, **changing.host.limits, **changing.options.limits}


def demand_kinds(named: Iterable[str], path: str, *, beside: Collection[str] = ()) -> None:
    """Raise BadConfig, with *path* as the place, where one of *named* is no kind of change, nor one of those *beside*."""
    kinds = (*KINDS, *beside)
    for kind in named:
        if kind not in kinds:
            raise BadConfig(
                f"there is no kind of change {kind!r}",
                path=path,
                hint=did_you_mean(kind, kinds) or f"The kinds: {', '.join(kinds)}.",
            )


def used(changing: Changing) -> Counter[str]:
    """How many changes of each kind this connection saw within the last hour, whatever is not known counted in."""
    since = changing.clock.now() - WINDOW
    entries = changing.state.changes(changing.connection.name, since=since, limit=None)
    return Counter(kind for entry in entries if _counts(entry) for kind in entry.kinds)


def exceeded(changes: Iterable[PlannedChange], limits: Mapping[str, int], before: Counter[str]) -> dict[str, str]:
    """For each kind of which *changes* are too many, why; then none of that kind is made, rather than some."""
    wanted = Counter(kind for change in changes for kind in change.kinds)
    return {
        kind: f"{number} changes of the kind {kind} and {before[kind]} within the last hour are more than the limit of"
        f" {limits[kind]}; `--limit {kind}={number + before[kind]}` allows them"
        for kind, number in wanted.items()
        if kind in limits and number + before[kind] > limits[kind]
    }


def _counts(entry: JournalEntry) -> bool:
    known = outcome_of(entry)
    return known is None or known.outcome not in _HARMLESS
