"""Runs by what people call them: an id or its beginning, ``@latest``, ``@latest~2``, a date, a time, or an age.

Promises that a name which means several runs, or none, is an error with the nearest ones. Hides the record of runs.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from jackfield.cli.text import moment
from jackfield.clock import FORMS, ago, point
from jackfield.errors import BadConfig, NotFound
from jackfield.state import Run, RunStatus

_LATEST = re.compile(r"@latest(?:~(\d{1,9}))?")
_LEFT_A_SNAPSHOT = (RunStatus.PUBLISHED, RunStatus.HELD)
_NAMED = 3
_SHORTEST = 4


def resolve_run(name: str, connection: str, published: Sequence[Run], history: Sequence[Run], now: datetime) -> Run:
    """The run that *name* means: one of *published* (the latest first), or of *history* by its id or the beginning of it.

    An age or a time means the last run that was published by then; a date, by the end of that day. Raises NotFound,
    and BadConfig for the beginning of several.
    """
    exact = next((run for run in history if run.run == name), None)
    if exact is not None:
        return exact
    if name.startswith("@"):
        return _counted_back(name, connection, published)
    alike = [run for run in history if run.run.startswith(name)] if len(name) >= _SHORTEST else []
    if len(alike) == 1:
        return alike[0]
    if alike:
        # It may be a time as well, and nobody can tell which is meant.
        shown = ", ".join(run.run for run in alike[:_NAMED]) + (", …" if len(alike) > _NAMED else "")
        raise BadConfig(
            f"{name!r} is the beginning of {len(alike):,} runs of {connection!r}",
            hint=f"Write more of it: {shown}; or a time as 2026-11-24T08:30, which means the last one published by then.",
        )
    if (then := point(name, now, end_of_day=True)) is not None:
        if (begin := point(name, now)) is not None and begin > now:
            raise NotFound(
                f"{name} is in the future: no snapshot can be of then", hint=f"It is {moment(now.isoformat())} now."
            )
        return _published_by(name, then, connection, published)
    raise NotFound(f"the connection {connection!r} has no run {name!r}", hint=_nearest(name, connection, history))


def _counted_back(name: str, connection: str, published: Sequence[Run]) -> Run:
    found = _LATEST.fullmatch(name)
    if found is None:
        raise NotFound(
            f"the connection {connection!r} has no run {name!r}",
            hint="Write @latest, or @latest~1 for the published one before it, and so on.",
        )
    back = int(found.group(1) or 0)
    if back >= len(published):
        raise NotFound(
            f"there is no {name}: the connection {connection!r} has {len(published):,} published snapshots",
            hint=f"`jackfield syncs {connection}` lists them.",
        )
    return published[back]


def _published_by(name: str, then: datetime, connection: str, published: Sequence[Run]) -> Run:
    dated = [run for run in published if run.taken]
    if any(run.imported for run in dated):
        dated.sort(key=taken, reverse=True)  # files need not be imported in the order in which they were made
    for run in dated:
        if taken(run) <= then:
            return run
    oldest = (
        f"the oldest is {dated[-1].run}, of {moment(dated[-1].taken)}"
        if dated
        else "there is none of which that is known"
    )
    what = f"{name} old" if ago(name) is not None else f"from {name} or before"
    raise NotFound(f"the connection {connection!r} has no published snapshot that is {what}: {oldest}")


def taken(run: Run) -> datetime:
    """When the snapshot of *run* was taken, or made where that is not known."""
    return datetime.fromisoformat(run.taken or run.started)


def _nearest(name: str, connection: str, history: Sequence[Run]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name[:80], [run.run for run in history if run.status in _LEFT_A_SNAPSHOT], n=_NAMED)
    shown = f"Did you mean {' or '.join(near)}? " if near else ""
    forms = f"Write the id of a run or its beginning, @latest, @latest~1, {FORMS}"
    return f"{shown}{forms}; `jackfield syncs {connection}` lists them."
