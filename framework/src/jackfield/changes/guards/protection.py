"""Principals that the configuration protects from every change, by whatever they are called.

Promises that an entry means the person by id, any address, login or external id, in any case of letters, by the latest
snapshot as well as by the application, and by the snapshot also a group by its name; that one which means several protects
them all; and that it tells of an entry which means nobody, several, or no person.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from jackfield.changes.addresses import ADDRESSES
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.view import View
from jackfield.snapshots.file import open_snapshot
from jackfield.snapshots.people import called
from jackfield_contracts import AccountState, Change, IdentifierError, ResourceId, ResourceType, StateQuery, TraitKind

_NAMING = (*ADDRESSES, "external_id")
"""The facts, and what arguments set, that are names of a person."""


class Protected(msgspec.Struct, frozen=True, kw_only=True):
    """The entries in small letters, each with whom the latest snapshot knows by it; ``looked``: there is a snapshot.

    ``things`` are the types that are no people, in words by their names.
    """

    entries: dict[str, frozenset[ResourceId]] = {}
    query: StateQuery = StateQuery()
    looked: bool = False
    things: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self.entries)

    def covers(self, change: Change, account: AccountState | None, operations: Operations, view: View) -> bool:
        """Whether *change*, which is about *account*, concerns somebody who is protected, or gives somebody their name."""
        if not self.entries:
            return False
        return any(self._is(name) for name in _given(change, operations)) or any(
            self._knows(id, view) for id in _about(change, account)
        )

    def _is(self, text: str | None) -> bool:
        return text is not None and text.strip().casefold() in self.entries

    def _knows(self, id: ResourceId, view: View) -> bool:
        if self._is(id.id) or self._is(str(id)) or any(id in known for known in self.entries.values()):
            return True
        return any(
            self._is(name) for account in view.state.accounts if account.account == id for name in names_of(account)
        )

    def unclear(self, accounts: Iterable[AccountState]) -> tuple[str, ...]:
        """What is to be told of entries that mean nobody, or several, by the snapshot and by *accounts*, just read."""
        found = {entry: set(known) for entry, known in self.entries.items()}
        for account in accounts:
            for name in names_of(account):
                if (known := found.get(name.strip().casefold())) is not None:
                    known.add(account.account)
        return tuple(message for entry, known in found.items() if (message := self._text(entry, known)) is not None)

    def _text(self, entry: str, known: set[ResourceId]) -> str | None:
        kind, colon, _ = entry.partition(":")
        things = {each.type for each in known} or ({kind} if colon else set[str]())
        if things and things <= self.things.keys():
            named = " and ".join(sorted(self.things[each] for each in things))
            return (
                f"the protected {entry!r} is no person ({named}): what it holds itself is protected, and nobody who holds it"
                " or is a member of it"
            )
        if len(known) > 1:
            listed = ", ".join(sorted(map(str, known)))
            return f"the protected {entry!r} means several, and protects them all: {listed}"
        if known or (not self.looked and not self._askable(entry)):
            return None
        where = "neither in the latest snapshot nor in the application" if self.looked else "the application has none"
        return f"the protected {entry!r} means nobody ({where}), so that it protects nobody"

    def _askable(self, entry: str) -> bool:
        """Whether the application was asked about the entry; of a group nothing but a snapshot tells."""
        asked = (*self.query.names, *(str(each) for each in self.query.principals))
        return any(entry == each.casefold() for each in asked)


def read_protected(entries: Sequence[str], types: Sequence[ResourceType], snapshot: Path | None) -> Protected:
    """What *entries* of the configuration mean. *snapshot* is the file of the latest one, None if there is none.

    Raises BadConfig or BadStorage where it can't be read: whom an entry protects is then not known.
    """
    texts = list(dict.fromkeys(each.strip() for each in entries if each.strip()))
    if not texts:
        return Protected()
    folded = [each.casefold() for each in texts]
    known: dict[str, frozenset[ResourceId]] = dict.fromkeys(folded, frozenset())
    if snapshot is not None:
        db = open_snapshot(snapshot)
        try:
            known = called(db, folded, [each.name for each in types if each.trait is TraitKind.GROUP])
        finally:
            db.close()
    return Protected(
        entries=known,
        query=_query(texts, types, by_id=snapshot is None),
        looked=snapshot is not None,
        things={each.name: each.display_name for each in types if each.trait is not TraitKind.USER},
    )


def names_of(account: AccountState) -> Iterator[str]:
    """All texts by which an account is known, as far as the state tells."""
    yield from (account.account.id, str(account.account), *account.names)
    yield from filter(None, (account.login, account.asked))
    yield from (value for name in _NAMING if isinstance(value := account.facts.get(name), str))


def _query(texts: Sequence[str], types: Sequence[ResourceType], *, by_id: bool) -> StateQuery:
    """What to ask the application about *texts*. *by_id*: also whether each is an id, which no snapshot tells."""
    people = [each.name for each in types if each.trait is TraitKind.USER]
    known = {each.name for each in types}
    names: list[str] = []
    principals: list[ResourceId] = []
    for text in texts:
        try:
            id = ResourceId.parse(text)
        except IdentifierError:
            id = None  # no identifier, so that it is a name
        if id is not None and id.type in known:
            principals += [id] if id.type in people else []
            continue
        names.append(text)
        if by_id and not {"@", " "} & set(text):
            principals += [ResourceId(type=type, id=text) for type in people]
    return StateQuery(names=tuple(names), principals=tuple(principals))


def _about(change: Change, account: AccountState | None) -> Iterator[ResourceId]:
    yield from kind_of(change).principals(change)
    if account is not None:
        yield account.account


def _given(change: Change, operations: Operations) -> Iterator[str]:
    """The names that a change gives to an account, a new one or another, or by which it says whose it is."""
    kind = kind_of(change)
    named = kind.subject_argument(change, operations)
    for argument in operations.arguments(change):
        value = kind.arguments(change).get(argument.name)
        if isinstance(value, str) and (argument.sets in _NAMING or argument.name == named):
            yield value
