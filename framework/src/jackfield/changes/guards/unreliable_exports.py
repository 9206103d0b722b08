"""Whether a state that was read from export files can be trusted, and of what it says it can't.

Promises that an export which was cut off shows nothing gone where a sync of it would be held, and that one which was restored
from before does not override a newer one. Hides the comparison with a sample of the last snapshot.
"""

from collections.abc import Collection, Iterable
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from jackfield.errors import BadConfig, BadStorage
from jackfield.host.connection import Connection
from jackfield.snapshots.file import open_snapshot
from jackfield.snapshots.losses import too_much
from jackfield.snapshots.samples import sample_of
from jackfield.snapshots.sources import older_source, sources_of
from jackfield.state import State
from jackfield_contracts import (
    AccessState,
    Confirmation,
    GrantId,
    JournalEntry,
    OutcomeKind,
    ResourceId,
    StateQuery,
    TraitKind,
)

_SAMPLE = 200


async def with_unreadable(
    connection: Connection, state: State, baseline: Path | None, query: StateQuery, found: AccessState
) -> AccessState:
    """*found* with all that it can't be trusted about as ``unreadable``. *baseline* is the file of the snapshot to compare
    with, if any.

    Cost: one more read of the exports where something is not there that was asked for, and a look into the journal.
    """
    if not found.as_of:
        return found
    if baseline is not None and (older := _came_back(baseline, found)) is not None:
        return msgspec.structs.replace(found, unreadable=dict.fromkeys(found.as_of, older) | found.unreadable)
    unreadable = _older(found, state.changes(connection.name, since=_oldest(found), limit=None))
    if baseline is not None and (absent := _absent(query, found)):
        lost = await _lost(connection, baseline, query)
        unreadable |= dict.fromkeys(absent, lost) if lost is not None else {}
    return msgspec.structs.replace(found, unreadable=unreadable | found.unreadable)


def _came_back(baseline: Path, found: AccessState) -> str | None:
    """Why nothing that was read is believed, where a source is older than the last snapshot had it."""
    with suppress(BadConfig, BadStorage), closing(open_snapshot(baseline)) as db:
        if (older := older_source(sources_of(db), found.sources)) is not None:
            return f"an old export has come back: {older}; have the application export anew"
    return None


def _absent(query: StateQuery, found: AccessState) -> list[str]:
    """The keys of what was asked for and is not there."""
    there = {each.account for each in found.accounts}
    asked = {each.asked for each in found.accounts}
    held = {(each.entitlement.resource, each.principal) for each in found.held}
    return [
        *(str(each) for each in query.principals if each not in there),
        *(name for name in query.names if name not in asked),
        *(f"{what}#{who}" for what in query.resources for who in query.principals if (what, who) not in held),
    ]


async def _lost(connection: Connection, baseline: Path, query: StateQuery) -> str | None:
    """Why the exports show nothing gone, where they lack too much of what is not asked about."""
    people = {each.name for each in connection.resource_types() if each.trait is TraitKind.USER}
    try:
        with closing(open_snapshot(baseline)) as db:
            sample = sample_of(db, people, _SAMPLE)
    except (BadConfig, BadStorage) as error:
        return f"it is not there, and the last snapshot, which shows what an export lacks, can't be read: {error}; sync again"
    accounts = [each for each in sample.accounts if each not in query.principals]
    asked = {(what, who) for what in query.resources for who in query.principals}
    grants = [each for each in sample.grants if (each.entitlement.resource, each.principal) not in asked]
    if not accounts and not grants:
        return None
    now = await connection.read_state(
        StateQuery(
            principals=tuple(dict.fromkeys((*accounts, *(each.principal for each in grants)))),
            resources=tuple(dict.fromkeys(each.entitlement.resource for each in grants)),
        )
    )
    return _too_few(
        accounts, {each.account for each in now.accounts}, sample.share_of_accounts, "accounts"
    ) or _too_few(grants, set(now.held), sample.share_of_grants, "grants")


def _too_few(
    before: Collection[ResourceId] | Collection[GrantId], now: Collection[object], share: float, of: str
) -> str | None:
    """Why, if too much of *before*, a sample of that *share*, is not there *now*; of a short list, if nothing of it is.

    A sync publishes the loss of a short list: it is believed only then, by whoever reads after that sync.
    """
    gone = sum(each not in now for each in before)
    if not gone or (gone < len(before) and not too_much(gone / share, len(before) / share)):
        return None
    looked_at = f"{gone:,} of {len(before):,} {of} of the last snapshot"
    return (
        f"it is not there, and neither are {looked_at} that were looked for: the export may have been cut off, or has other"
        " ids; have the application export anew; a loss that is real is published by a sync, or held there until somebody"
        " accepts it"
    )


def _oldest(found: AccessState) -> datetime:
    return min(map(datetime.fromisoformat, found.as_of.values()))


def _older(found: AccessState, entries: Iterable[JournalEntry]) -> dict[str, str]:
    """Why what was written before a change was asked for is not believed about it, where a later export has shown it made."""
    names = {name.casefold(): name for name in found.as_of}
    unreadable: dict[str, str] = {}
    for entry in entries:
        outcome = entry.outcome
        if (
            outcome is None
            or outcome.outcome is not OutcomeKind.CHANGED
            or outcome.confirmed_by is not Confirmation.READ
        ):
            continue
        asked = datetime.fromisoformat(entry.intended)
        for key in _keys(entry):
            name = names.get(key.casefold())
            if name is not None and (stood := datetime.fromisoformat(found.as_of[name])) < asked:
                unreadable[name] = (
                    f"the export was written on {stood:%Y-%m-%d %H:%M:%S} UTC, before {entry.id} was asked for"
                    f" ({entry.title}), which a later export has shown made: an old export has come back"
                )
    return unreadable


def _keys(entry: JournalEntry) -> Iterable[str]:
    before, after = entry.before, entry.after
    if after is None:
        return
    account = after.account or before.account
    held = {*before.held, *after.held}
    if account is not None:
        yield from (f"{each.resource}#{account}" for each in held)
    if not held and account is not None:
        yield str(account)
        yield from filter(None, (before.login, after.login))
