"""The differences between two snapshots as people read them: who came and left, then what access came and went, then the rest.

Promises that nothing is left out without being counted. Hides which rows follow from others, and what a count says again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, cast

import msgspec

from jackfield.cli.text import count
from jackfield.exports import change_object
from jackfield.snapshots.diff import Change, Changed, Diff, Kind
from jackfield.snapshots.principals import facts_of_resource
from jackfield.snapshots.records import EntitlementRow, GrantRow, ResourceRow
from jackfield_contracts import ResourceId, UserTrait

CSV = (
    *("change", "kind", "what", "name", "details"),
    *("event", "type", "login", "email", "resource_name", "entitlement_name"),
)
TABLE = ("change", "kind", "name", "e-mail", "details", "login", "what")
IDS = frozenset({"login", "what"})

_COUNTERS = frozenset({"member_count", "seats_total", "seats_used"})
_HIDDEN = {
    "grant": ("grant of those who left", "grants of those who left"),
    "count": ("change of a count alone, such as of members", "changes of counts alone, such as of members"),
}
_OF_STATUS = frozenset({"status", "status_raw"})
_ROWS = {Kind.RESOURCES: "resource", Kind.ENTITLEMENTS: "entitlement", Kind.GRANTS: "grant"}
_WORDS = {Change.ADDED: "added", Change.REMOVED: "removed", Change.CHANGED: "changed", Change.NEWLY_SEEN: "newly seen"}


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which differences somebody wants to see: of all that are given, each has to fit."""

    kinds: tuple[str, ...] = ()
    type: str | None = None
    person: ResourceId | None = None

    def wants(self, kind: Kind) -> bool:
        """Whether a row of *kind* may fit."""
        return not self.kinds or _ROWS[kind] in self.kinds or (kind is Kind.RESOURCES and "person" in self.kinds)

    def fits(self, one: Changed) -> bool:
        """Whether somebody wants to see *one*."""
        row, kind = one.row, _kind_of(one)
        if self.kinds and kind not in self.kinds and not (kind == "person" and "resource" in self.kinds):
            return False
        if isinstance(row, ResourceRow):
            about, who = row.resource.id, row.resource.id
        elif isinstance(row, EntitlementRow):
            about, who = row.entitlement.id.resource, None
        else:
            about, who = row.grant.entitlement.resource, row.grant.principal
        return self.type in (None, about.type) and self.person in (None, who)


class Held(NamedTuple):
    """How many grants somebody who came has got, or somebody who left has lost."""

    came: dict[ResourceId, int]
    left: dict[ResourceId, int]


class Differences:
    """The differences between two snapshots that *wanted* lets through; ``hidden`` counts what a table left out."""

    def __init__(self, found: Diff, wanted: Filter) -> None:
        self._found = found
        self._wanted = wanted
        self._shared = found.shared_names()
        self._held = Held(found.grants_by_holder(Change.ADDED), found.grants_by_holder(Change.REMOVED))
        self._left: frozenset[ResourceId] | None = None
        self.hidden: Counter[str] = Counter()

    def rows(self, change: Change, *kinds: Kind) -> Iterator[Changed]:
        """The rows of one sort, in the order of their ids."""
        for kind in kinds or Kind:
            if self._wanted.wants(kind):
                yield from filter(self._wanted.fits, self._found.rows(change, kind))

    @property
    def everything_wanted(self) -> bool:
        """Whether nothing is filtered."""
        return self._wanted == Filter()

    def everything(self) -> Iterator[Changed]:
        """All rows, by what became of them, and in the order of their ids."""
        for change in Change:
            yield from self.rows(change)

    def counts(self) -> dict[str, dict[str, int]]:
        """How many rows of each kind were added, removed, changed and newly seen."""
        if self.everything_wanted:
            counts = self._found.counts()
            return {change.value: {kind.value: number for kind, number in counts[change].items()} for change in Change}
        return {change.value: {kind.value: self._count(change, kind) for kind in Kind} for change in Change}

    def for_people(self, *, every: bool) -> Iterator[Changed]:
        """All rows in the order in which people read them; unless *every*, without what others say already."""
        people = [one for one in self._people() if _event(one) not in ("came", "left", "newly seen", "changed")]
        yield from self._came_or_left(Change.ADDED)
        yield from self._came_or_left(Change.REMOVED)
        yield from people
        yield from (one for one in self._people() if _event(one) == "changed")
        yield from self._came_or_left(Change.NEWLY_SEEN)
        for change in (Change.ADDED, Change.NEWLY_SEEN, Change.REMOVED, Change.CHANGED):
            for one in self.rows(change, Kind.GRANTS):
                if every or not self._follows(one):
                    yield one
        for kind in (Kind.RESOURCES, Kind.ENTITLEMENTS):
            for change in Change:
                for one in self.rows(change, kind):
                    if not _is_person(one) and (every or not self._is_count(one)):
                        yield one

    def _people(self) -> Iterator[Changed]:
        return filter(_is_person, self.rows(Change.CHANGED, Kind.RESOURCES))

    def _came_or_left(self, change: Change) -> Iterator[Changed]:
        return filter(_is_person, self.rows(change, Kind.RESOURCES))

    @property
    def _leavers(self) -> frozenset[ResourceId]:
        if self._left is None:
            rows = self._found.rows(Change.REMOVED, Kind.RESOURCES)
            self._left = frozenset(
                one.row.resource.id for one in rows if isinstance(one.row, ResourceRow) and _is_person(one)
            )
        return self._left

    def _follows(self, one: Changed) -> bool:
        """Whether a grant is gone because its holder is, and that row is told."""
        gone = (
            one.change is Change.REMOVED
            and isinstance(one.row, GrantRow)
            and one.row.grant.principal in self._leavers
            and self.everything_wanted
        )
        if gone:
            self.hidden["grant"] += 1
        return gone

    def _is_count(self, one: Changed) -> bool:
        """Whether only a count is another, which other rows tell."""
        only = one.before is not None and set(change_object(one)["before"]) <= _COUNTERS
        if only:
            self.hidden["count"] += 1
        return only

    def summary(self) -> list[str]:
        """What changed, in a line for people, one for access and one for the rest; nothing where nothing did."""
        people, access, rest = Counter[str](), Counter[str](), Counter[str]()
        for change in Change:
            for one in self.rows(change, Kind.RESOURCES):
                if _is_person(one):
                    people[_event(one)] += 1
                else:
                    rest[f"resource {_WORDS[change]}"] += 1
            rest[f"entitlement {_WORDS[change]}"] += self._count(change, Kind.ENTITLEMENTS)
            access[_WORDS[change]] += self._count(change, Kind.GRANTS)
        lines: list[str] = []
        if parts := [f"{number:,} {_was(event, number)}" for event, number in _ordered(people)]:
            lines.append(f"people: {', '.join(parts)}")
        if parts := [f"{count(number, 'grant')} {word}" for word, number in access.items() if number]:
            gone = sum(number for id, number in self._held.left.items() if id in self._leavers)
            also = f" ({gone:,} of them of those who left)" if gone and self.everything_wanted else ""
            lines.append(f"access: {', '.join(each + also if each.endswith('removed') else each for each in parts)}")
        if parts := [
            f"{count(number, what.split()[0])} {what.partition(' ')[2]}" for what, number in rest.items() if number
        ]:
            lines.append(f"besides: {', '.join(parts)}")
        if any(change is Change.NEWLY_SEEN and any(kinds.values()) for change, kinds in self._found.counts().items()):
            lines.append("Newly seen is what the older snapshot could not see: nobody knows since when it is there.")
        return lines

    def _count(self, change: Change, kind: Kind) -> int:
        if self.everything_wanted:
            return self._found.counts()[change][kind]
        return sum(1 for _ in self.rows(change, kind))

    def not_shown(self) -> str | None:
        """What a table left out, in a sentence."""
        if not self.hidden:
            return None
        parts = [count(number, *_HIDDEN[what]) for what, number in self.hidden.items()]
        return f"Not shown: {' and '.join(parts)}; --all shows them."

    def cells(self, one: Changed) -> tuple[Any, ...]:
        """The cells of ``TABLE``."""
        change, _, what, name, _, event, _, login, email, *_ = self.csv(one)
        kind = _kind_of(one)
        if isinstance(one.row, GrantRow):
            name = one.row.principal_name or str(one.row.grant.principal)
            if one.row.principal_status is None:
                name = self._apart(name, one.row.grant.principal)
        elif isinstance(one.row, EntitlementRow):
            name = self._what(one.row.resource_name, one.row.entitlement.display_name, one.row.entitlement.id)
        else:
            name = self._apart(name, one.row.resource.id) if kind != "person" else name
            kind = kind if kind == "person" else one.row.resource.id.type
        # Who has no address is told apart by the login.
        if kind in ("person", "grant") and not email and (known := login or (what if kind == "person" else None)):
            name = name if name == known else f"{name} ({known})"
        return event or _WORDS[Change(change)], kind, name, email, self._details(one), login, what

    def csv(self, one: Changed) -> tuple[Any, ...]:
        """The cells of ``CSV``."""
        row, details = one.row, details_of(one)
        if isinstance(row, ResourceRow):
            facts = facts_of_resource(row.resource)
            told = str(row.resource.id), row.resource.display_name, details, event_of(one), row.resource.id.type
            return one.change.value, "resource", *told, facts.login, facts.email, None, None
        if isinstance(row, EntitlementRow):
            id = row.entitlement.id
            told = str(id), row.resource_name, details, None, id.resource.type
            names = row.resource_name, row.entitlement.display_name
            return one.change.value, "entitlement", *told, None, None, *names
        grant = row.grant
        name = f"{row.principal_name or grant.principal} — {row.resource_name or grant.entitlement}"
        told = f"{grant.entitlement}#{grant.principal}", name, details, None, grant.entitlement.resource.type
        who = row.principal_login, row.principal_email
        return one.change.value, "grant", *told, *who, row.resource_name, row.entitlement_name

    def _details(self, one: Changed) -> str:
        row = one.row
        if isinstance(row, GrantRow):
            held = self._what(row.resource_name, row.entitlement_name, row.grant.entitlement)
            return "; ".join(filter(None, (held, details_of(one))))
        if not isinstance(row, ResourceRow) or not _is_person(one):
            return details_of(one)
        if one.before is not None:
            if _event(one) == "changed":
                return details_of(one)
            return "; ".join(filter(None, (f"was {_status_of(one.before)}", details_of(one, without=_OF_STATUS))))
        number = (self._held.left if one.change is Change.REMOVED else self._held.came).get(row.resource.id, 0)
        parts = [details_of(one)]
        if one.change is not Change.REMOVED:
            parts.append(f"is {_status_of(row)}")
        if number:
            parts.append(f"{'held' if one.change is Change.REMOVED else 'with'} {count(number, 'grant')}")
        return "; ".join(filter(None, parts))

    def _apart(self, name: str, id: ResourceId) -> str:
        """*name*, with the id where others have it too."""
        return f"{name} ({id})" if name in self._shared else name

    def _what(self, of: str | None, name: str | None, id: Any) -> str:
        what, of = name or id.slug, of or str(id.resource)
        return self._apart(of, id.resource) + f" — {what}" if of not in what or of in self._shared else what


def document(one: Changed) -> dict[str, Any]:
    """One difference for JSON, with whom and what it is about by name."""
    made = change_object(one)
    if isinstance(one.row, GrantRow):
        made["principal_name"] = one.row.principal_name
        made["principal_login"] = one.row.principal_login
        made["principal_email"] = one.row.principal_email
        made["resource_name"] = one.row.resource_name
        made["entitlement_name"] = one.row.entitlement_name
    elif isinstance(one.row, EntitlementRow):
        made["resource_name"] = one.row.resource_name
    elif event := event_of(one):
        made["event"] = event
    return made


def event_of(one: Changed) -> str | None:
    """What became of a person, in a word without blanks; None of anything else."""
    return _event(one).replace(" ", "_") if _is_person(one) else None


def _event(one: Changed) -> str:
    if one.before is None:
        return {Change.ADDED: "came", Change.REMOVED: "left"}.get(one.change, "newly seen")
    before, now = _status_of(one.before), _status_of(one.row)
    return "changed" if before == now else str(now)


def _ordered(people: Counter[str]) -> list[tuple[str, int]]:
    last = ("changed", "newly seen")
    order = ("came", "left", *sorted(set(people) - {"came", "left", *last}), *last)
    return [(event, people[event]) for event in order if people[event]]


def _was(event: str, number: int) -> str:
    if event in ("came", "left", "newly seen"):
        return event
    if event == "changed":
        return "changed otherwise"
    return f"{'is' if number == 1 else 'are'} {event} now"


def _kind_of(one: Changed) -> str:
    """The kind of a row, as ``--kind`` names it."""
    if isinstance(one.row, ResourceRow):
        return "person" if _is_person(one) else "resource"
    return "entitlement" if isinstance(one.row, EntitlementRow) else "grant"


def _is_person(one: Changed) -> bool:
    return isinstance(one.row, ResourceRow) and isinstance(one.row.resource.trait, UserTrait)


def _status_of(row: object) -> str | None:
    trait = row.resource.trait if isinstance(row, ResourceRow) else None
    return trait.status.value if isinstance(trait, UserTrait) else None


def details_of(one: Changed, without: Iterable[str] = ()) -> str:
    """What a changed row had before and has now; of a removed one, if it was known from an older snapshot only."""
    if one.before is None:
        return f"last seen in run {one.row.carried.run}" if one.row.carried else ""
    made = change_object(one)
    before = made["before"]
    left = set(without)
    return "; ".join(told for key in before if key not in left for told in _changed(key, before[key], made.get(key)))


def _changed(key: str, before: Any, now: Any) -> Iterator[str]:
    """What became another; of a table, each of its keys by itself."""
    old, new = _table(before), _table(now)
    if old is None or new is None or not (old or new):
        yield f"{key}: {_text(before)} → {_text(now)}"
        return
    for each in dict.fromkeys((*old, *new)):
        if old.get(each) != new.get(each):
            yield from _changed(f"{key}.{each}", old.get(each), new.get(each))


def _table(value: Any) -> dict[str, Any] | None:
    """*value* as a table, where it is one or nothing."""
    if value is None:
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _text(value: Any) -> str:
    """*value* for people, without a programming language's signs; what is not there is *nothing*."""
    if value is None or value == []:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_text, cast("list[Any]", value)))
    if isinstance(value, dict):
        # Such as an address, and what kind of one it is.
        table = cast("dict[str, Any]", value)
        known = " ".join(_text(one) for one in table.values() if one is not None and not isinstance(one, bool))
        marks = ", ".join(name for name, one in table.items() if one is True)
        return f"{known} ({marks})" if marks else known
    return str(value) if value != "" else '""'
