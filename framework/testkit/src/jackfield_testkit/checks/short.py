"""What a connector of files takes for gone where an export lacks much, or says something else than another one."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import ExitStack

from jackfield.changes.kinds.registry import kind_of
from jackfield.errors import JackfieldError, PluginBug
from jackfield.host.connection import Connection
from jackfield_contracts import (
    AccessState,
    GrantId,
    Outcome,
    OutcomeKind,
    ResourceId,
    RevokeAccess,
    StateQuery,
    UserTrait,
)
from jackfield_testkit.bench import Bench, outcome_of
from jackfield_testkit.checks.acting import DONE, grant_id, make_raw, name_of, outcome_text, state_before
from jackfield_testkit.checks.filed import files_of
from jackfield_testkit.data import Finding, NotApplicable
from jackfield_testkit.sources import Rows, cells, instead, line_of

_FEWEST = 10
"""Rows that a file has to lack before it must be doubted; so many the host itself holds a sync for."""

_WORD = re.compile(rb"[^\s,;|\"']+")


async def takes_no_short_file_for_leaving(bench: Bench) -> None:
    """In a state, what a file lacks is not told as gone where the file has no rows, or half of those that there were.

    ``StateQuery.known`` says how many there were: an export that was cut off at the end of a row has removed nobody.
    """
    truth = bench.truth()
    people = await _people(bench)
    grants = sorted(truth.grants)
    query = StateQuery(
        principals=tuple(people),
        resources=tuple(dict.fromkeys(each.entitlement.resource for each in grants)),
        known=dict(Counter(each.type for each in truth.resources)),
        known_grants=len(grants),
    )
    files = await files_of(bench)
    for file, read in files:
        half = len(read.lines) // 2
        others = [(path, each) for path, each in files if path != file]
        for left in (0, half) if half >= _FEWEST else (0,):
            step = f"{file.name} has {left} of its {len(read.lines)} rows, and the query says how many there were"
            # A query tells of grants only how many there are in all: a few that are gone from one file are no sign.
            held = [each for each in grants if each.principal in people and half >= _FEWEST]
            with instead(file, read.content(read.lines[:left])):
                _none_gone(await _state(bench, query, step), people, held, step)
                # Nor does another file name whom it lacks: somebody filtered what was exported.
                lost = {who.id.encode() for who in people} - _words(file.read_bytes())
                with ExitStack() as stack:
                    for path, each in others:
                        stack.enter_context(instead(path, each.content(_without(each, lost))))
                    _none_gone(
                        await _state(bench, query, step), people, (), f"{step}; no other file names whom it lacks"
                    )


async def believes_no_single_file(bench: Bench) -> None:
    """In a state, somebody whom one file lacks and another one names is not told as gone.

    Exports are written one after the other: which of them is right, the application knows.
    """
    people = await _people(bench)
    files = await files_of(bench)
    tried = False
    for file, read in files:
        rows = [cells((line,), read.delimiter)[0] if read.delimiter else [] for line in read.lines]
        others = b"\n".join(b"".join(each.lines) for other, each in files if other != file)
        for who in [each for each in people if each.id.encode() in others and any(each.id in row for row in rows)][:2]:
            tried = True
            left = [line for line, row in zip(read.lines, rows, strict=True) if who.id not in row]
            held = [each for each in sorted(bench.truth().grants) if each.principal == who]
            query = StateQuery(principals=(who,), resources=tuple({each.entitlement.resource: None for each in held}))
            step = f"{file.name} has no row of {who}, and another file names it"
            with instead(file, read.content(left)):
                _none_gone(await _state(bench, query, step), [who], (), step)
    if not tried:
        raise NotApplicable("nobody is named by two files")


async def believes_no_broken_row(bench: Bench) -> None:
    """While the rows of somebody can't be read, a change of them is not told as made, and the state tells them not as gone.

    A row that lacks a cell is no sign that its person has left.
    """
    files = await files_of(bench)
    tried = False
    held = bench.truth().grants
    grants = [each for each in bench.samples.grants if grant_id(each) not in held][:2]
    kept = [RevokeAccess(entitlement=each.entitlement, principal=each.principal) for each in sorted(held)]
    kinds = {each.entitlement.resource.type: each for each in kept if bench.implements("revoke")}
    for change in (*grants, *kinds.values(), *bench.samples.deletions[:2]):
        (who, *_) = kind_of(change).principals(change)
        async with bench.open() as connection:
            state = await state_before(connection, change)
        with ExitStack() as stack:
            broken = [(file, content) for file, read in files if (content := _broken(read, who.id)) is not None]
            for file, content in broken:
                stack.enter_context(instead(file, content))
            if not broken:
                continue
            tried = True
            before = bench.truth()
            step = f"the rows of {who} in {', '.join(file.name for file, _ in broken)} lack their last cell"
            _none_gone(await _state(bench, StateQuery(principals=(who,)), step), [who], (), step)
            async with bench.open() as connection:
                outcome = await make_raw(connection, change, state)
                if outcome.outcome is OutcomeKind.PENDING and outcome.job is not None:
                    outcome = await _followed(connection, outcome.job)
            if outcome.outcome in DONE and bench.truth() == before:
                raise Finding(f"it is told as {outcome_text(outcome)}", f"{name_of(change)} (the hook)", step)
    if not tried:
        raise NotApplicable("no row of a file names whom the samples are about")


async def _followed(connection: Connection, job: str) -> Outcome:
    try:
        return await connection.job_status(job)
    except JackfieldError as error:
        return outcome_of(error)


def _broken(read: Rows, id: str) -> bytes | None:
    """The file with the rows that have *id* in a cell shortened by their last one; None where there is no such row."""
    if read.delimiter is None:
        return None
    lines = list(read.lines)
    for number, line in enumerate(read.lines):
        (row,) = cells((line,), read.delimiter)
        if id in row and len(row) > 1:
            lines[number] = line_of(row[:-1], read.delimiter, line)
    return read.content(lines) if lines != list(read.lines) else None


async def _people(bench: Bench) -> list[ResourceId]:
    shown = await bench.sync()
    return sorted(id for id, each in shown.resources.items() if isinstance(each.trait, UserTrait))


def _words(content: bytes) -> set[bytes]:
    return set(_WORD.findall(content))


def _without(read: Rows, ids: Collection[bytes]) -> list[bytes]:
    """The lines that have none of *ids* in them."""
    return [line for line in read.lines if not any(id in line for id in ids)]


async def _state(bench: Bench, query: StateQuery, step: str) -> AccessState | None:
    """The state; None where the connector says that it can't be told."""
    try:
        async with bench.open() as connection:
            return await connection.read_state(query)
    except PluginBug as error:
        raise Finding(f"the connector failed instead of naming what happened: {error}", step) from None
    except JackfieldError:
        return None


def _none_gone(state: AccessState | None, people: Iterable[ResourceId], grants: Iterable[GrantId], step: str) -> None:
    if state is None:
        return
    there = {each.account for each in state.accounts}
    for who in people:
        if who not in there and str(who) not in state.unreadable:
            raise Finding(f"the state tells {who} as gone, and nothing of doubt", step)
    for grant in grants:
        resource, who = grant.entitlement.resource, grant.principal
        if grant not in state.held and not {f"{resource}#{who}", str(resource), str(who)} & state.unreadable.keys():
            raise Finding(f"the state tells {grant} as not held, and nothing of doubt", step)
