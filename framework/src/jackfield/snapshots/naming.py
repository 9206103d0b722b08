"""Finding what people mean by the text that they type: an identifier, an e-mail, a login or a name.

Promises that an identifier always means itself, that a name is tried only where no identifier matches, and that an
ambiguous one lists its candidates instead of choosing. A search, and what is offered instead of a name that is not there,
look past accents, case and repeated blanks; what is meant by a name does not.
"""

import sqlite3
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator

import msgspec

from jackfield.errors import BadConfig, NotFound
from jackfield.snapshots.rows import decode_resource
from jackfield_contracts import EntitlementId, IdentifierError, Resource, ResourceId, UserTrait

_SHOWN = 10


class Candidate(msgspec.Struct, frozen=True):
    """A resource that may be meant, what is told of it to people, and whether it is a person."""

    id: ResourceId
    message: str
    person: bool


def addresses(resource: Resource) -> tuple[str, ...]:
    """The login and e-mails of a user, nothing for others."""
    trait = resource.trait
    if not isinstance(trait, UserTrait):
        return ()
    return (*((trait.login,) if trait.login else ()), *(email.address for email in trait.emails))


def folded(text: str) -> str:
    """*text* as it is searched: without accents, in small letters, with single blanks."""
    if not text.isascii():
        text = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return " ".join(text.casefold().split())


def searchable(resource: Resource) -> Iterator[str]:
    """The texts by which a resource is searched."""
    yield resource.display_name
    yield resource.id.id
    yield from addresses(resource)


def search_for(search: str) -> Callable[[Iterable[str]], bool]:
    """Whether one of some texts contains *search*, whatever accents, case and repeated blanks either has."""
    # What is nothing but blanks and accents is searched as it stands.
    fold, text = (folded, plain) if (plain := folded(search)) else (str.casefold, search.casefold())
    return lambda texts: any(text in fold(one) for one in texts)


class Names:
    """Resolves texts against one open snapshot."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def has(self, id: ResourceId) -> bool:
        """Whether the snapshot knows *id*."""
        row = self.db.execute("SELECT 1 FROM node WHERE type = ? AND id = ?", (id.type, id.id)).fetchone()
        return row is not None

    def find(
        self,
        text: str,
        *,
        users: bool = False,
        also: Collection[str] = (),
        type: str | None = None,
        what: str | None = None,
    ) -> ResourceId:
        """The resource meant by *text*: ``type:id``, an id, a user's e-mail or login, a display name, or ``type:name``.

        With *users*, only users are found by name, and what is of the types *also*; with *type*, only what is of that type is
        found at all. Raises NotFound, which calls it *what*, or BadConfig listing the candidates where several match: one text
        for a user, be it a login, and for something of *also* is no match of either.
        """
        found = self._find(text, users=users, also=also, type=type)
        if found is not None:
            return found
        what = what or type or ("user" if users else "resource")
        kind, name = self._typed(text, type)
        near = self.nearest(name, type=kind, users=users and kind is None, also=also)
        more = f"`jackfield resources {self._connection()} --search TEXT` looks for parts of a name."
        raise NotFound(
            f"the snapshot has no {what} {text!r}, neither by id nor by e-mail, login or name",
            hint=f"Did you mean {near}? {more}" if near else more,
        )

    def _connection(self) -> str:
        from jackfield.snapshots.records import read_header

        return read_header(self.db, "main").connection

    def _typed(self, text: str, type: str | None) -> tuple[str | None, str]:
        """The type that *text* begins with, if it does, and the rest of it."""
        kind, colon, name = text.partition(":")
        if colon and name and type in (None, kind) and kind in self.types():
            return kind, name
        return type, text

    def nearest(self, text: str, *, type: str | None = None, users: bool = False, also: Collection[str] = ()) -> str:
        """Up to three names, addresses or ids that are near *text*, in words; empty where none is. One pass over the names."""
        rows = self.db.execute(
            "SELECT n.type, n.id, r.display_name, r.data FROM resource_row r JOIN node n ON n.key = r.key"
        )
        near = Nearest(text)
        for kind, id, name, data in rows:
            if type not in (None, kind):
                continue
            resource = decode_resource(kind, id, "", name, data)
            if users and not isinstance(resource.trait, UserTrait) and kind not in also:
                continue
            near.look(name)
            near.look(f"{kind}:{id}")
            for address in addresses(resource):
                near.look(address)
        return near.text()

    def slugs(self) -> list[str]:
        """The slugs of all entitlements."""
        return [row[0] for row in self.db.execute("SELECT DISTINCT slug FROM entitlement_row ORDER BY slug")]

    def find_target(self, text: str) -> ResourceId | EntitlementId:
        """What *text* means: a resource as in ``find``, or one of its entitlements with ``/slug`` behind it."""
        found = self._find(text, users=False)
        if found is not None:
            return found
        resource_text, slash, slug = text.rpartition("/")
        resource = self._find(resource_text, users=False) if slash and slug else None
        if resource is None:
            return self.find(text)
        slugs = [
            row[0]
            for row in self.db.execute(
                "SELECT e.slug FROM entitlement_row e JOIN node n ON n.key = e.resource WHERE n.type = ? AND n.id = ?"
                " ORDER BY e.slug",
                (resource.type, resource.id),
            )
        ]
        if slug not in slugs:
            offers = f"It offers: {', '.join(slugs)}." if slugs else "It offers none."
            raise NotFound(f"{resource} has no entitlement {slug!r}", hint=offers)
        return EntitlementId(resource=resource, slug=slug)

    def match(self, search: str) -> None:
        """Fill the table ``temp.matched`` with the keys of all nodes whose texts contain *search*, in any case."""
        self.db.execute("DROP TABLE IF EXISTS temp.matched")
        self.db.execute("CREATE TEMP TABLE matched (key INTEGER PRIMARY KEY)")
        fits = search_for(search)
        rows = self.db.execute(
            "SELECT n.key, n.type, n.id, r.display_name, r.data FROM node n LEFT JOIN resource_row r ON r.key = n.key"
        )
        keys = (
            (key,)
            for key, kind, id, name, data in rows
            if fits(searchable(decode_resource(kind, id, "", name, data)) if data else (id,))
        )
        self.db.execute("BEGIN")
        self.db.executemany("INSERT INTO temp.matched VALUES (?)", keys)
        self.db.execute("COMMIT")

    def _find(
        self, text: str, *, users: bool, also: Collection[str] = (), type: str | None = None
    ) -> ResourceId | None:
        try:
            id = ResourceId.parse(text)
        except IdentifierError:
            pass  # no identifier, so that it can only be a name
        else:
            if type in (None, id.type) and self.has(id):
                return id
        by_id, by_address, by_name = self._by_id(text, type), list[Candidate](), list[Candidate]()
        if not by_id:
            by_address, by_name = self._by_name(text, users=users, also=also, type=type)
        for candidates in (by_id, by_address, by_name):
            if len(candidates) > 1:
                raise _ambiguous(text, candidates)
            if candidates:
                return candidates[0].id
        kind, name = self._typed(text, type)
        return self._find(name, users=False, type=kind) if name != text else None

    def types(self) -> list[str]:
        """The types of all resources and principals, each found by one step in the index."""
        return [
            row[0]
            for row in self.db.execute(
                "WITH RECURSIVE t (type) AS (SELECT min(type) FROM node UNION ALL"
                " SELECT (SELECT min(n.type) FROM node n WHERE n.type > t.type) FROM t WHERE t.type IS NOT NULL)"
                " SELECT type FROM t WHERE type IS NOT NULL"
            )
        ]

    def listed_types(self) -> list[str]:
        """The types of all resources, and those of which the application was asked for a listing, be it empty."""
        rows = self.db.execute("SELECT DISTINCT definition ->> '$.lists' FROM scope_row")
        return sorted({*self.types(), *(row[0] for row in rows if row[0])})

    def _by_id(self, text: str, type: str | None) -> list[Candidate]:
        found: list[Candidate] = []
        for kind in self.types() if type is None else [type]:
            row = self.db.execute(
                "SELECT r.display_name, r.data FROM node n LEFT JOIN resource_row r ON r.key = n.key"
                " WHERE n.type = ? AND n.id = ?",
                (kind, text),
            ).fetchone()
            if row is not None:
                resource = decode_resource(kind, text, "", *row) if row[1] else None
                person = resource is not None and isinstance(resource.trait, UserTrait)
                found.append(Candidate(ResourceId(type=kind, id=text), row[0] or "", person))
        return found

    def _by_name(
        self, text: str, *, users: bool, also: Collection[str], type: str | None
    ) -> tuple[list[Candidate], list[Candidate]]:
        """Those with the address *text*, and those with that display name. Text in the very same case goes first.

        Where both users and others are looked for and found, nothing goes first: all are as if they had one name.
        """
        folded = text.casefold()
        by_address: list[tuple[bool, Candidate]] = []
        by_name: list[tuple[bool, Candidate]] = []
        for resource in self._resembling(text):
            if type not in (None, resource.id.type):
                continue
            name, known = resource.display_name, addresses(resource)
            person = isinstance(resource.trait, UserTrait)
            candidate = Candidate(resource.id, ", ".join(dict.fromkeys((name, *known))), person)
            if any(one.casefold() == folded for one in known):
                by_address.append((text in known, candidate))
            elif name.casefold() == folded and (not users or person or resource.id.type in also):
                by_name.append((text == name, candidate))
        every = [candidate for _, candidate in (*by_address, *by_name)]
        if also and len({candidate.person for candidate in every}) > 1:
            return every, []
        return _exact(by_address), _exact(by_name)

    def _resembling(self, text: str) -> Iterable[Resource]:
        """All resources with *text* as an address or a display name in any case, and perhaps more, by their ids."""
        pattern = _pattern(text)
        rows = self.db.execute(
            "SELECT n.type, n.id, r.display_name, r.data FROM resource_row r JOIN node n ON n.key = r.key"
            " WHERE r.display_name LIKE ? OR r.data LIKE ? ORDER BY n.type, n.id",
            (pattern, f"%{pattern}%"),
        )
        return (decode_resource(kind, id, "", name, data) for kind, id, name, data in rows)


class ManyNames(Names):
    """Resolves *texts*, which are many, after one pass over the snapshot instead of one for each."""

    def __init__(self, db: sqlite3.Connection, texts: Iterable[str]) -> None:
        super().__init__(db)
        self._looked_for = 0
        every = list(texts)
        with_types = (rest for text in every if (rest := text.partition(":")[2]))
        self._known: dict[str, list[Resource]] = {text.casefold(): [] for text in (*every, *with_types)}
        rows = db.execute(
            "SELECT n.type, n.id, r.display_name, r.data FROM resource_row r JOIN node n ON n.key = r.key"
            " ORDER BY n.type, n.id"
        )
        for kind, id, name, data in rows:
            resource = decode_resource(kind, id, "", name, data)
            for one in {name.casefold(), *(each.casefold() for each in addresses(resource))}:
                if one in self._known:
                    self._known[one].append(resource)

    def nearest(self, text: str, *, type: str | None = None, users: bool = False, also: Collection[str] = ()) -> str:
        """As of one name; of many that are not there, only the first ones are looked for, each in a pass of its own."""
        self._looked_for += 1
        return super().nearest(text, type=type, users=users, also=also) if self._looked_for <= _MOST_LOOKED_FOR else ""

    def _resembling(self, text: str) -> Iterable[Resource]:
        return self._known.get(text.casefold(), ())


_MOST_LOOKED_FOR = 3
_LONGEST = 200
_NEAR = 0.6


class Nearest:
    """The texts that are nearest to one, of many that are looked at one by one."""

    def __init__(self, text: str) -> None:
        from difflib import SequenceMatcher

        # It keeps what it knows of its second text.
        self._matcher = SequenceMatcher(b=folded(text)[:_LONGEST], autojunk=False)
        self._found: dict[str, float] = {}

    def look(self, text: str) -> None:
        """Take *text* into account."""
        self._matcher.set_seq1(folded(text)[:_LONGEST])
        if self._matcher.real_quick_ratio() < _NEAR or self._matcher.quick_ratio() < _NEAR:
            return
        if (ratio := self._matcher.ratio()) >= _NEAR:
            self._found[text] = ratio
            if len(self._found) > _SHOWN * 10:
                self._found = dict(self._best(_SHOWN))

    def _best(self, most: int) -> list[tuple[str, float]]:
        return sorted(self._found.items(), key=lambda each: (-each[1], each[0]))[:most]

    def text(self) -> str:
        """Up to three of them, in words."""
        return " or ".join(repr(text) for text, _ in self._best(3))


def no_such(what: str, name: str, known: Iterable[str]) -> NotFound:
    """The error for a *name* that nothing in the snapshot has, with the nearest of *known* or all of them."""
    near = Nearest(name)
    every = list(known)
    for each in every:
        near.look(each)
    hint = f"Did you mean {near.text()}? " if near.text() else ""
    return NotFound(f"the snapshot has no {what} {name!r}", hint=f"{hint}There are: {', '.join(every[:20]) or 'none'}.")


def _exact(candidates: list[tuple[bool, Candidate]]) -> list[Candidate]:
    exact = [candidate for same, candidate in candidates if same]
    return exact or [candidate for _, candidate in candidates]


def _pattern(text: str) -> str:
    """A LIKE pattern that matches *text* in any case, also as it stands in JSON, and perhaps more than it."""
    plain = (
        ("_" if one in "%_" else "%" if one in '\\"' or not one.isascii() or not one.isprintable() else one)
        for one in text
    )
    return "".join(plain)


def _ambiguous(text: str, candidates: list[Candidate]) -> BadConfig:
    shown = [f"{one.id} ({one.message})" if one.message else str(one.id) for one in candidates[:_SHOWN]]
    more = f", and {len(candidates) - _SHOWN} more" if len(candidates) > _SHOWN else ""
    people = sum(one.person for one in candidates)
    what = "people" if people == len(candidates) else "people and other resources" if people else "resources"
    what = what if people != 1 else "resources, one of them a person"
    return BadConfig(
        f"{text!r} means several {what}", hint=f"Write the one you mean as type:id: {', '.join(shown)}{more}."
    )
