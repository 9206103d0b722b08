"""Whom people mean by the names of principals: by the latest snapshot, and by the application itself.

Promises that an identifier means itself, that a name is tried only where no identifier matches, that a name which a person
and a group have is told and never guessed, and that whom an e-mail address means is who has it now.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import islice

import msgspec

from jackfield.changes.addresses import address_problem
from jackfield.changes.guards.protection import names_of
from jackfield.changes.session import Session, state_of
from jackfield.errors import BadConfig, JackfieldError, NotFound
from jackfield.snapshots.naming import Names
from jackfield_contracts import (
    AccountState,
    AccountStatus,
    IdentifierError,
    ResourceId,
    ResourceType,
    StateQuery,
    TraitKind,
)

_SHOWN = 10


class Sought(msgspec.Struct, frozen=True):
    """A principal as written: an identifier if it is one of a known type, and the name that it may be.

    ``holder``: a group may be meant as well as a person.
    """

    text: str
    holder: bool
    id: ResourceId | None
    name: str

    @staticmethod
    def read(text: str, types: Collection[str], *, holder: bool) -> "Sought":
        """Take *text* apart; *types* are those that there are."""
        try:
            id = ResourceId.parse(text)
        except IdentifierError:
            id = None  # it can only be a name
        if id is None or id.type not in types:
            return Sought(text, holder, None, text)
        return Sought(text, holder, id, text.partition(":")[2])


class Either(msgspec.Struct, frozen=True):
    """An identifier that the snapshot lacks, and what its text means as a name: the application knows whether it exists."""

    id: ResourceId
    name: ResourceId | JackfieldError


Meant = ResourceId | JackfieldError


def by_snapshot(one: Sought, names: Names | JackfieldError, types: Iterable[ResourceType]) -> Meant | Either:
    """Whom *one* means by the *names* of a snapshot, or of why there is none."""
    if one.id is not None:
        if isinstance(names, JackfieldError) or names.has(one.id):
            return one.id
        named = found(names, one.name, type=one.id.type)
        # An address may be somebody's whom the snapshot does not know yet.
        sure = isinstance(named, NotFound) and not _is_address_of(one, _people(types))
        return one.id if sure else Either(one.id, named)
    groups = [each.name for each in types if each.trait is TraitKind.GROUP] if one.holder else ()
    return found(names, one.text, users=True, also=groups)


def found(
    names: Names | JackfieldError,
    text: str,
    *,
    users: bool = False,
    also: Collection[str] = (),
    type: str | None = None,
) -> Meant:
    """What *names* know by *text*, or why they don't."""
    if isinstance(names, JackfieldError):
        return lacking_for(text, names)
    try:
        return names.find(text, users=users, also=also, type=type)
    except (NotFound, BadConfig) as error:
        return error


def lacking_for(text: str, why: JackfieldError) -> JackfieldError:
    """The error for a name that can't be looked up for the reason *why*."""
    if not isinstance(why, NotFound):
        return why
    return NotFound(f"{text!r} can't be looked up: {why.summary}", hint=why.hint)


async def by_application(
    session: Session, meant: Mapping[Sought, Meant], lacking: JackfieldError | None
) -> dict[Sought, Meant]:
    """*meant* with those whom the snapshot does not know, or who may be others by now, looked up; at most one read.

    *lacking* is why there are no names of a snapshot.
    """
    people = _people(session.connection.resource_types())
    missing = [
        one
        for one, known in meant.items()
        if isinstance(known, JackfieldError) and (lacking or isinstance(known, NotFound))
    ]
    # Nobody is asked for by an address that can be nobody's.
    wrong = {one: why for one in missing if (why := address_problem(one.name)) is not None}
    missing = [one for one in missing if one not in wrong]
    named = {one: known for one, known in meant.items() if isinstance(known, ResourceId) and _by_name(one, known)}
    # An address may have gone to somebody else since the snapshot; who has it now is meant.
    addresses = {one: known for one, known in named.items() if known.type in people and "@" in one.name}
    # A group's name may be somebody's login.
    groups = {one: known for one, known in named.items() if known.type not in people and one.id is None}
    groups = {one: known for one, known in groups.items() if address_problem(one.name) is None}
    asked = list(dict.fromkeys(one.name for one in (*missing, *addresses, *groups)))
    live, others = await _live(session, people, asked, {one.name: known for one, known in addresses.items()}, lacking)
    settled = {**meant, **wrong}
    for one in missing:
        settled[one] = _missed(one, live[one.name], meant[one], lacking)
    for one in addresses:
        now = live[one.name]
        settled[one] = others.get(one.name, meant[one]) if isinstance(now, NotFound) else now
    for one, known in groups.items():
        now = live[one.name]
        if isinstance(now, ResourceId):
            now = BadConfig(
                f"{one.text!r} means several: {known} by its name in the latest snapshot, and {now} by an id, login or address"
                " in the application",
                hint=f"Write the one you mean as type:id: {known}, {now}.",
            )
        settled[one] = known if isinstance(now, NotFound) else now
    return settled


def _people(types: Iterable[ResourceType]) -> list[str]:
    return [each.name for each in types if each.trait is TraitKind.USER]


def _is_address_of(one: Sought, people: Collection[str]) -> bool:
    return one.id is not None and one.id.type in people and "@" in one.name


def _by_name(one: Sought, known: ResourceId) -> bool:
    """Whether *known* is meant by another text than an identifier."""
    return one.text != str(known) and one.name != known.id and one.id != known


def _missed(one: Sought, now: Meant, before: Meant, lacking: JackfieldError | None) -> Meant:
    """Who is meant by a name that no snapshot has; where that is nobody, with what the snapshot has instead."""
    if one.id is not None:
        other = isinstance(now, NotFound) or (isinstance(now, ResourceId) and now.type != one.id.type)
        return one.id if other else now
    if not isinstance(now, NotFound):
        return now
    if one.holder and lacking is None:
        now = NotFound(f"{now.summary}, and the snapshot has no group of that name", hint=now.hint)
    if now.hint is None and isinstance(before, NotFound):
        now.hint = before.hint
    return now


async def _live(
    session: Session,
    people: list[str],
    texts: list[str],
    known: Mapping[str, ResourceId],
    lacking: JackfieldError | None,
) -> tuple[dict[str, Meant], dict[str, JackfieldError]]:
    """Whom the application knows by each of *texts*: an id first, then a login, e-mail or external id.

    Beside, by each address of *known*, why whom the snapshot knows by it is not meant: that one has others by now.
    """
    if not texts:
        return {}, {}
    ids = [ResourceId(type=type, id=text) for type in people for text in texts if "@" not in text and " " not in text]
    principals = tuple(dict.fromkeys((*ids, *known.values())))
    state = await state_of(session, StateQuery(names=tuple(texts), principals=principals))
    asked = set(ids)
    by_id: dict[str, dict[ResourceId, str]] = {}
    by_name: dict[str, dict[ResourceId, str]] = {}
    for each in state.accounts:
        message = ", ".join(filter(None, (each.display_name, each.login)))
        if each.account in asked:
            by_id.setdefault(each.account.id, {})[each.account] = message
        if each.asked is not None:
            by_name.setdefault(each.asked, {})[each.account] = message
    there = {each.account: each for each in state.accounts}
    others = {
        text: _has_others(text, account)
        for text, id in known.items()
        if (account := there.get(id)) is not None
        and account.status is not AccountStatus.DELETED
        and text.casefold() not in {name.casefold() for name in names_of(account)}
    }
    return {text: _one(text, by_id.get(text) or by_name.get(text) or {}, lacking) for text in texts}, others


def _has_others(text: str, account: AccountState) -> JackfieldError:
    now = ", ".join(filter(None, (account.display_name, account.login)))
    return NotFound(
        f"nobody has the address {text!r} by now, and {account.account}, who has it in the latest snapshot, is {now}",
        hint=f"Sync again; if that one is meant, write {account.account}.",
    )


def _one(text: str, found: Mapping[ResourceId, str], lacking: JackfieldError | None) -> Meant:
    if len(found) == 1:
        return next(iter(found))
    if found:
        shown = ", ".join(f"{id} ({message})" if message else str(id) for id, message in islice(found.items(), _SHOWN))
        return BadConfig(f"{text!r} means several people", hint=f"Write the one you mean as type:id: {shown}.")
    if lacking is None:
        return NotFound(f"there is nobody {text!r}: neither in the latest snapshot nor in the application")
    return NotFound(
        f"the application has nobody with the id, e-mail or login {text!r}, and as a name it can't be"
        f" looked up: {lacking.summary}",
        hint=lacking.hint,
    )
