"""What people mean by the names of entitlements and principals: by the latest snapshot, and by the application itself.

Promises that an identifier means itself, that a name is tried only where no identifier matches, and that names are
looked up together: one pass over the snapshot and at most two reads of the application, however many there are.
"""

from collections.abc import Collection, Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from jackfield.changes.principals import Either, Meant, Sought, by_application, by_snapshot, found, lacking_for
from jackfield.changes.session import Session, state_of
from jackfield.errors import BadConfig, JackfieldError, NotFound
from jackfield.snapshots.file import open_snapshot
from jackfield.snapshots.naming import ManyNames, Names
from jackfield_contracts import EntitlementId, IdentifierError, ResourceId, StateQuery

_FEW = 8
"""Up to so many names, SQLite finds each faster than one pass over all rows does."""

T = TypeVar("T")


class Resolved:
    """What was found for each name."""

    def __init__(
        self,
        entitlements: Mapping[str, EntitlementId | JackfieldError],
        principals: Mapping[str, ResourceId | JackfieldError],
        holders: Mapping[str, ResourceId | JackfieldError],
    ) -> None:
        self._entitlements = entitlements
        self._principals = principals
        self._holders = holders

    def entitlement(self, text: str) -> EntitlementId:
        """The entitlement that *text* means; raises NotFound, or BadConfig for a wrong form or several candidates."""
        return _given(self._entitlements[text])

    def principal(self, text: str) -> ResourceId:
        """The person that *text* means; raises NotFound, or BadConfig listing several candidates."""
        return _given(self._principals[text])

    def holder(self, text: str) -> ResourceId:
        """As ``principal``, the person or group."""
        return _given(self._holders[text])


def _given(found: T | JackfieldError) -> T:
    if isinstance(found, JackfieldError):
        raise found
    return found


async def resolve(
    session: Session,
    snapshot: Path | JackfieldError | None,
    *,
    entitlements: Collection[str] = (),
    principals: Collection[str] = (),
    holders: Collection[str] = (),
) -> Resolved:
    """Look up all these names. *snapshot* is the file of the latest published one, None if there is none.

    *principals* are people, *holders* may be groups as well.
    """
    connection = session.connection
    known = connection.resource_types()
    types = {each.name for each in known}
    texts = [_Text.read(text, types, connection.name) for text in entitlements]
    sought = [Sought.read(text, types, holder=False) for text in principals]
    sought += [Sought.read(text, types, holder=True) for text in holders]
    wanted = [*(one.name for one in texts if not isinstance(one, JackfieldError)), *(one.text for one in sought)]
    moved = session.tenant_match.id if session.tenant_match.moved else None
    with _names(connection.name, snapshot, wanted, moved) as names:
        resources = {one.text: _resource(one, names) for one in texts if isinstance(one, _Text)}
        people = {one: by_snapshot(one, names, known) for one in sought}
    there = await _offering(session, _unsure(resources.values()), _unsure(people.values()))
    offered: dict[str, EntitlementId | JackfieldError] = {}
    for text, one in zip(entitlements, texts, strict=True):
        if isinstance(one, JackfieldError):
            offered[text] = one
            continue
        resource = _settled(resources[text], there)
        offered[text] = (
            resource if isinstance(resource, JackfieldError) else EntitlementId(resource=resource, slug=one.slug)
        )
    lacking = names if isinstance(names, JackfieldError) else None
    meant = await by_application(session, {one: _settled(each, there) for one, each in people.items()}, lacking)
    return Resolved(
        offered,
        {one.text: each for one, each in meant.items() if not one.holder},
        {one.text: each for one, each in meant.items() if one.holder},
    )


def _unsure(some: Iterable[Meant | Either]) -> list[ResourceId]:
    return [each.id for each in some if isinstance(each, Either)]


def _settled(one: Meant | Either, there: Collection[ResourceId]) -> Meant:
    """What is meant, now that it is known which identifiers are *there*."""
    if not isinstance(one, Either):
        return one
    return one.id if one.id in there else one.name


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


def _resource(one: _Text, names: Names | JackfieldError) -> ResourceId | Either | JackfieldError:
    if one.id is None:
        return found(names, one.name, type=one.type)
    if isinstance(names, JackfieldError):
        # A space makes it look like a name, for which a snapshot is needed.
        return Either(one.id, lacking_for(one.name, names)) if " " in one.name else one.id
    if names.has(one.id):
        return one.id
    named = found(names, one.name, type=one.type)
    return one.id if isinstance(named, NotFound) else Either(one.id, named)


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


async def _offering(
    session: Session, resources: Collection[ResourceId], principals: Collection[ResourceId]
) -> set[ResourceId]:
    """Those of *resources* and *principals* that the application has now."""
    if not resources and not principals:
        return set()
    query = StateQuery(resources=tuple(dict.fromkeys(resources)), principals=tuple(dict.fromkeys(principals)))
    state = await state_of(session, query)
    return {*(each.id.resource for each in state.entitlements), *(each.account for each in state.accounts)}
