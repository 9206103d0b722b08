"""Taking from somebody all that is held directly, as one plan.

Promises that what the last snapshot shows and what the live state shows are both in it, and that it is told where that may
not be all.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jackfield.changes.kinds.view import View
from jackfield.changes.later import later_than
from jackfield.changes.resolve import resolve
from jackfield.changes.resource_names import called
from jackfield.changes.session import Session, state_of
from jackfield.config.load import did_you_mean
from jackfield.errors import BadConfig, JackfieldError, NotFound, Refused
from jackfield.snapshots.reader import read_snapshot
from jackfield_contracts import Change, EntitlementId, ResourceId, RevokeAccess, StateQuery


async def revocations_of(
    session: Session, snapshot: Path | JackfieldError | None, text: str, types: Sequence[str] = ()
) -> tuple[Change, ...]:
    """The revocations that leave whom *text* means with nothing that is held directly, of resources of *types* if given.

    What a revocation leaves in its place is taken after it. What nobody can take is none of them, and the session warns of
    it. Raises NotFound where nothing is held, or where there is no snapshot that tells what is, Refused where nothing of it
    can be taken, and BadConfig for a type that there is none of.
    """
    connection = session.connection
    known = [each.name for each in connection.resource_types()]
    for type in types:
        if type not in known:
            hint = did_you_mean(type, known) or f"Its types: {', '.join(known)}."
            raise BadConfig(f"{connection.name} has no resources of the type {type!r}", path="--type", hint=hint)
    who = (await resolve(session, snapshot, holders=(text,))).holder(text)
    if isinstance(snapshot, JackfieldError):
        raise snapshot
    if snapshot is None:
        raise NotFound(
            f"what {text!r} holds is not known: there is no snapshot of {connection.name!r}",
            connection=connection.name,
            hint=f"Run `jackfield sync {connection.name}` first.",
        )
    held, fixed = _shown(session, snapshot, who, types)
    resources = tuple(dict.fromkeys(each.resource for each in held))
    if not resources:
        of = f" of the type {', '.join(types)}" if types else ""
        raise NotFound(
            f"{text!r} holds nothing directly{of}, by the last snapshot",
            connection=connection.name,
            hint="Nothing is left to be taken, unless it was given since: sync again to see.",
        )
    state = await state_of(session, StateQuery(principals=(who,), resources=resources))
    now = [each.entitlement for each in state.held if each.principal == who and _wanted(each.entitlement, types)]
    view = View(state, called=called(session, resources))
    offered = {each.id: each for each in state.entitlements}
    fixed |= {id: own.immutable for id in now if (own := offered.get(id)) is not None and own.immutable is not None}
    # Of what is held no more, the plan tells that nothing is left to be taken.
    told = [f"{view.told(own) if (own := offered.get(id)) else id}: {fixed[id]}" for id in now if id in fixed]
    taken: dict[EntitlementId, None] = {}
    live = {each.resource for each in now}
    # Where somebody holds another entitlement of a resource by now, that one counts.
    for id in (*(each for each in now if each not in fixed), *(each for each in held if each.resource not in live)):
        left: EntitlementId | None = id
        while left is not None and left not in taken:
            taken[left] = None
            slug = own.leaves if (own := offered.get(left)) is not None else None
            left = EntitlementId(resource=left.resource, slug=slug) if slug is not None else None
    if told and not taken:
        raise Refused(
            f"what {text!r} holds can't be revoked: {'; '.join(told)}", tag="immutable", connection=connection.name
        )
    for each in told:
        session.warn(f"held, and not in the plan since it can't be revoked: {each}")
    return tuple(RevokeAccess(entitlement=id, principal=who) for id in taken)


def _shown(
    session: Session, file: Path, who: ResourceId, types: Sequence[str]
) -> tuple[list[EntitlementId], dict[EntitlementId, str]]:
    """What the snapshot shows to be held directly, and why of some of it the grant can't be changed.

    Also remembers what a person should know of it.
    """
    with read_snapshot(file) as snapshot:
        grants = [row.grant for row in snapshot.grants(principal=who, names=False)]
        later = later_than(session, snapshot)
        now = later.held(who, [each.entitlement for each in grants])
        found = [each for each in now if _wanted(each, types)]
        fixed = {each.entitlement: each.immutable for each in grants if each.immutable is not None}
        taken, complete = datetime.fromisoformat(snapshot.header.taken), snapshot.header.complete
    changed = " and the changes through Jackfield since" if later.touches([who]) else ""
    session.warn(
        f"what is held is known by the snapshot of {taken:%Y-%m-%d %H:%M} UTC{changed}:"
        f" of resources that were joined {'otherwise' if changed else 'since'}, nothing is in the plan"
    )
    if not complete:
        session.warn("the snapshot is not complete: the person may hold more than it shows")
    return found, fixed


def _wanted(id: EntitlementId, types: Sequence[str]) -> bool:
    return not types or id.resource.type in types
