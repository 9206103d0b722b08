"""What people mean by the names of entitlements and principals: by the latest snapshot, and by the application itself.

Promises that an identifier means itself, that a name is tried only where no identifier matches, and that names are
looked up together: one pass over the snapshot and at most two reads of the application, however many there are.
"""

from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec

from jackfield.changes.addresses import address_problem
from jackfield.changes.guards.protection import names_of
from jackfield.changes.session import Session, state_of
from jackfield.errors import BadConfig, JackfieldError, NotFound
from jackfield.snapshots.file import open_snapshot
from jackfield.snapshots.naming import ManyNames, Names
from jackfield_contracts import (
    AccountState,
    AccountStatus,
    EntitlementId,
    IdentifierError,
    ResourceId,
    StateQuery,
    TraitKind,
)

_FEW = 8
"""Up to so many names, SQLite finds each faster than one pass over all rows does."""

_SHOWN = 10

T = TypeVar("T")


class Resolved:
    """What was found for each name."""

    def __init__(
        self,
        entitlements: Mapping[str, EntitlementId | JackfieldError],
        principals: Mapping[str, ResourceId | JackfieldError],
    ) -> None:
        self._entitlements = entitlements
        self._principals = principals

    def entitlement(self, text: str) -> EntitlementId:
        """The entitlement that *text* means; raises NotFound, or BadConfig for a wrong form or several candidates."""
        return _given(self._entitlements[text])

    def principal(self, text: str) -> ResourceId:
        """The principal that *text* means; raises NotFound, or BadConfig listing several candidates."""
        return _given(self._principals[text])


def _given(found: T | JackfieldError) -> T:
    if isinstance(found, JackfieldError):
        raise found
    return found


async def resolve(
    session: Session,
    snapshot: Path | JackfieldError | None,
    *,
    entitlements: Collection[str],
    principals: Collection[str],
) -> Resolved:
    """Look up all these names. *snapshot* is the file of the latest published one, None if there is none."""
    connection = session.connection
    types = {each.name for each in connection.resource_types()}
    texts = [_Text.read(text, types, connection.name) for text in entitlements]
    wanted = [*(one.name for one in texts if not isinstance(one, JackfieldError)), *principals]
    moved = session.tenant_match.id if session.tenant_match.moved else None
    with _names(connection.name, snapshot, wanted, moved) as names:
        resources = {one.text: _resource(one, names) for one in texts if isinstance(one, _Text)}
        people = {text: _principal(text, types, names) for text in principals}
    ambiguous = {text: one for text, one in resources.items() if isinstance(one, _Ambiguous)}
    there = await _offering(session, [one.id for one in ambiguous.values()])
    found: dict[str, EntitlementId | JackfieldError] = {}
    for text, one in zip(entitlements, texts, strict=True):
        if isinstance(one, JackfieldError):
            found[text] = one
            continue
        resource = resources[text]
        if isinstance(resource, _Ambiguous):
            resource = resource.id if resource.id in there else resource.name
        found[text] = (
            resource if isinstance(resource, JackfieldError) else EntitlementId(resource=resource, slug=one.slug)
        )
    lacking = names if isinstance(names, JackfieldError) else None
    missing = [
        text
        for text, one in people.items()
        if isinstance(one, JackfieldError) and (lacking or isinstance(one, NotFound))
    ]
    # Nobody is asked for by an address that can be nobody's.
    wrong = {text: why for text in missing if (why := address_problem(text)) is not None}
    missing = [text for text in missing if text not in wrong]
    # An address may have gone to somebody else since the snapshot; who has it now is meant.
    addresses = [
        text
        for text, one in people.items()
        if isinstance(one, ResourceId) and "@" in text and text not in (one.id, str(one))
    ]
    known = {text: one for text in addresses if isinstance(one := people[text], ResourceId)}
    live, others = await _live(session, [*missing, *addresses], known, lacking)
    live = {text: _with_hint_of(one, people[text]) for text, one in live.items()}
    gone = {text for text in addresses if isinstance(live[text], NotFound)}
    now = {text: one for text, one in live.items() if text not in gone}
    return Resolved(found, {**people, **wrong, **now, **{text: others[text] for text in gone & others.keys()}})


class _Text(msgspec.Struct, frozen=True):
    """An entitlement as written: an identifier if it is one, and the name that it may be, of a type if it says so."""

    text: str
    id: ResourceId | None
    type: str | None
    name: str
    slug: str

    @staticmethod
    def read(text: str, types: Collection[str], connection: str) -> "_Text | JackfieldError":
        """Take *text* apart; gives the error if it names no entitlement."""
        resource, slash, slug = text.rpartition("/")
        try:
            slug = EntitlementId.parse(f"any:any/{slug}").slug
        except IdentifierError:
            slug = ""
        if not slash or not resource or not slug:
            return BadConfig(
                f"{text!r} is no entitlement",
                path="entitlement",
                hint="Write type:id/slug or NAME/slug, such as group:7/owner;"
                f" `jackfield entitlements {connection}` lists them.",
            )
        kind, colon, name = resource.partition(":")
        if not colon or kind not in types or not name:
            return _Text(text, None, None, resource, slug)
        try:
            return _Text(text, ResourceId.parse(resource), kind, name, slug)
        except IdentifierError:
            return _Text(text, None, kind, name, slug)


class _Ambiguous(msgspec.Struct, frozen=True):
    """An identifier that the snapshot lacks, and that is also a name in it: the application knows whether it exists."""

    id: ResourceId
    name: ResourceId | JackfieldError


def _resource(one: _Text, names: Names | JackfieldError) -> ResourceId | _Ambiguous | JackfieldError:
    if one.id is None:
        return _found(names, one.name, type=one.type)
    if isinstance(names, JackfieldError):
        # A space makes it look like a name, for which a snapshot is needed.
        return _Ambiguous(one.id, _lacking(one.name, names)) if " " in one.name else one.id
    if names.has(one.id):
        return one.id
    named = _found(names, one.name, type=one.type)
    return one.id if isinstance(named, NotFound) else _Ambiguous(one.id, named)


def _principal(text: str, types: Collection[str], names: Names | JackfieldError) -> ResourceId | JackfieldError:
    try:
        id = ResourceId.parse(text)
    except IdentifierError:
        pass  # no identifier, so that it can only be a name
    else:
        if id.type in types:
            return id
    return _found(names, text, users=True)


def _with_hint_of(one: ResourceId | JackfieldError, before: ResourceId | JackfieldError) -> ResourceId | JackfieldError:
    """*one*; where nobody was found, with what the snapshot has instead."""
    if isinstance(one, NotFound) and one.hint is None and isinstance(before, NotFound):
        one.hint = before.hint
    return one


def _found(
    names: Names | JackfieldError, text: str, *, users: bool = False, type: str | None = None
) -> ResourceId | JackfieldError:
    if isinstance(names, JackfieldError):
        return _lacking(text, names)
    try:
        return names.find(text, users=users, type=type)
    except (NotFound, BadConfig) as error:
        return error


def _lacking(text: str, why: JackfieldError) -> JackfieldError:
    """The error for a name that can't be looked up for the reason *why*."""
    if not isinstance(why, NotFound):
        return why
    return NotFound(f"{text!r} can't be looked up: {why.summary}", hint=why.hint)


@contextmanager
def _names(
    connection: str, snapshot: Path | JackfieldError | None, wanted: Collection[str], moved: str | None
) -> Generator[Names | JackfieldError]:
    """The names of the snapshot, or why there are none: that of another account than *moved* has none of that one."""
    if snapshot is None:
        of, accepting = (f" of the account {moved}", f" --accept-tenant {moved}") if moved else ("", "")
        yield NotFound(
            f"there is no snapshot of {connection!r}{of} yet",
            hint=f"Write type:id/slug and e-mails, or run `jackfield sync {connection}{accepting}` first.",
        )
        return
    if isinstance(snapshot, JackfieldError):
        yield snapshot  # identifiers need none
        return
    try:
        db = open_snapshot(snapshot)
    except JackfieldError as error:
        yield error  # identifiers need no snapshot
        return
    try:
        yield Names(db) if len(wanted) <= _FEW else ManyNames(db, wanted)
    finally:
        db.close()


async def _offering(session: Session, resources: list[ResourceId]) -> set[ResourceId]:
    """Those of *resources* that the application has now."""
    if not resources:
        return set()
    state = await state_of(session, StateQuery(resources=tuple(dict.fromkeys(resources))))
    return {each.id.resource for each in state.entitlements}


async def _live(
    session: Session, texts: list[str], known: Mapping[str, ResourceId], lacking: JackfieldError | None
) -> tuple[dict[str, ResourceId | JackfieldError], dict[str, JackfieldError]]:
    """Whom the application knows by each of *texts*: an id first, then a login, e-mail or external id.

    Beside, by each address of *known*, why whom the snapshot knows by it is not meant: that one has others by now.
    """
    if not texts:
        return {}, {}
    people = [each.name for each in session.connection.resource_types() if each.trait is TraitKind.USER]
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


def _one(text: str, found: Mapping[ResourceId, str], lacking: JackfieldError | None) -> ResourceId | JackfieldError:
    if len(found) == 1:
        return next(iter(found))
    if found:
        shown = ", ".join(f"{id} ({message})" if message else str(id) for id, message in islice(found.items(), _SHOWN))
        return BadConfig(f"{text!r} means several principals", hint=f"Write the one you mean as type:id: {shown}.")
    if lacking is None:
        return NotFound(f"there is nobody {text!r}: neither in the latest snapshot nor in the application")
    return NotFound(
        f"the application has nobody with the id, e-mail or login {text!r}, and as a name it can't be"
        f" looked up: {lacking.summary}",
        hint=lacking.hint,
    )
