"""How rows map to governance: pure functions from a row to contracts, or to the reason why it can't be taken."""

import re
from collections.abc import Iterator

import msgspec

from jackfield_contracts import (
    AccountStatus,
    Email,
    Entitlement,
    EntitlementId,
    GroupTrait,
    Resource,
    ResourceId,
    RoleTrait,
    RowKind,
    Scope,
    UserTrait,
)
from jackfield_roster.config import Groups, Memberships, Roles, RosterConfig, Users
from jackfield_roster.ids import is_total, why_unsure
from jackfield_roster.reading import NEVER, NO_VALUE, Row

_NO_COUNT = "an export gives no count of its own to compare with"
USERS = Scope(name="user", family="users", rows=RowKind.RESOURCES, lists="user", unreconcilable=_NO_COUNT)
GROUPS = Scope(name="group", family="groups", rows=RowKind.RESOURCES, lists="group", unreconcilable=_NO_COUNT)
ROLES = Scope(name="role", family="roles", rows=RowKind.RESOURCES, lists="role", unreconcilable=_NO_COUNT)
GROUP_MEMBERS = Scope(name="group/*", family="group_members", unreconcilable=_NO_COUNT)
ROLE_MEMBERS = Scope(name="role/*", family="role_members", unreconcilable=_NO_COUNT)
APPS = Scope(name="app", family="application", rows=RowKind.RESOURCES, lists="app", expected=1)

FAULTS = frozenset((
    "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!",
    "#CONNECT!", "#BUSY!", "#UNKNOWN!", "#EXTERNAL!", "#PYTHON!", "#GETTING_DATA", "#ERROR!", NO_VALUE,
))  # fmt: skip
"""What a formula of a spreadsheet gives that failed, or was not calculated."""

_FAULT = re.compile(r"#[^\s;,]{1,30}[!?]|#{3,200}|#N/?[ADV]")
"""The same in other languages, such as #BEZUG! and #NV; and a column that was too narrow for its number."""

NOT_CALCULATED = "its formula has no stored value"

_MOST_SHOWN = 100
"""Letters of a cell in a message."""

SLUG = "member"
INHERITED = (SLUG,)
"""What the members of a group hold of it, and inherit by: all that the group itself holds."""

NO_WORK_LIST = "the configuration names no work list, so that nobody would learn of a change"


class BrokenRowError(Exception):
    """A row can't be taken, for a reason, because of a column if it is known."""

    def __init__(self, why: str, column: str | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.column = column


class Pair(msgspec.Struct, frozen=True, gc=False):
    """A membership: the id of the group or role, the member, and the column that says so."""

    to: str
    member: ResourceId
    column: str


def text(row: Row, column: str | None) -> str:
    """A cell as text without white space around it; empty where there is no such column."""
    cell = _cell(row, column)
    if isinstance(cell, tuple):
        raise BrokenRowError("it has a list where one value is expected", column)
    return cell.strip()


def ids(row: Row, column: str | None, mapping: Users | Groups | Roles | Memberships) -> tuple[str, ...]:
    """A cell as a list of ids."""
    cell = _cell(row, column)
    parts = cell if isinstance(cell, tuple) else cell.split(mapping.split)
    found = tuple(part for each in parts if (part := each.strip()))
    for id in found:
        _check_id(row, column, id, exact=mapping.exact_ids)
    return found


def id_of(row: Row, column: str, mapping: Users | Groups | Roles | Memberships) -> str:
    """A cell with one id; empty where it has none."""
    found = text(row, column)
    if found:
        _check_id(row, column, found, exact=mapping.exact_ids)
        if is_total(found) and not mapping.exact_ids:
            raise BrokenRowError(f"{found!r} looks like a line below the table, and no id", column)
    return found


def own_id(row: Row, mapping: Users | Groups | Roles) -> str:
    """The id of a row."""
    found = id_of(row, mapping.id, mapping)
    if not found:
        raise BrokenRowError("it has no id", mapping.id)
    return found


def known(row: Row, column: str) -> str | None:
    """The text of a cell of a row that can't be taken; None where it may be about anything."""
    try:
        check(row)
        found = text(row, column)
    except BrokenRowError:
        return None
    sure = found and found.isprintable() and column not in row.doubts and why_unsure(found, exact=False) is None
    return found if sure else None


def _check_id(row: Row, column: str | None, id: str, *, exact: bool) -> None:
    why = row.doubts.get(column or "") if not exact else None
    why = why or why_unsure(id, exact=exact)
    if why is not None:
        raise BrokenRowError(why, column)


def _cell(row: Row, column: str | None) -> str | tuple[str, ...]:
    cell = row.cells.get(column, "") if column is not None else ""
    if cell is None:
        raise BrokenRowError("its value is neither a text, a number nor a list of them", column)
    if cell == NO_VALUE:
        raise BrokenRowError(NOT_CALCULATED, column)
    why = row.doubts.get(column or "")
    if why in NEVER:
        raise BrokenRowError(f"{why}: {cell}" if cell else str(why), column)
    joined = cell if isinstance(cell, str) else "".join(cell)
    if joined[:1] == "#" and (joined in FAULTS or _FAULT.fullmatch(joined)):
        raise BrokenRowError(f"its formula failed: {joined}", column)
    if not joined.isascii() and any("\ud800" <= letter <= "\udfff" for letter in joined):
        raise BrokenRowError("it has bytes that are no text in this encoding", column)
    return cell


def check(row: Row) -> None:
    """Raise BrokenRowError if the file itself has the row broken."""
    if row.problem is not None:
        raise BrokenRowError(row.problem, row.column)


def user(row: Row, mapping: Users) -> Resource:
    """One account."""
    check(row)
    id = own_id(row, mapping)
    email = text(row, mapping.email)
    given, surname = text(row, mapping.given_name), text(row, mapping.surname)
    login = text(row, mapping.login) or email or None
    status, raw = _status(row, mapping)
    facts: dict[str, str | int | float | bool | None] = {
        name: value for name, column in mapping.profile.items() if (value := text(row, column))
    }
    return Resource(
        id=ResourceId(type="user", id=id),
        scope=USERS.name,
        display_name=text(row, mapping.name) or f"{given} {surname}".strip() or login or id,
        trait=UserTrait(
            status=status,
            status_raw=raw,
            login=login,
            emails=(Email(address=email, primary=True),) if email else (),
            given_name=given or None,
            surname=surname or None,
        ),
        profile=facts,
    )


def _status(row: Row, mapping: Users) -> tuple[AccountStatus, str]:
    if mapping.status is None:
        return mapping.everybody, ""
    raw = text(row, mapping.status)
    words = {word.strip().casefold(): status for word, status in mapping.statuses.items()}
    known = words or {status.value: status for status in AccountStatus}
    status = known.get(raw.casefold())
    if status is None and mapping.strict:
        what = f"the status {_cut(raw)} is none of those in the configuration" if raw else "it has no status"
        raise BrokenRowError(what, mapping.status)
    return status or AccountStatus.UNKNOWN, raw


def group(row: Row, mapping: Groups, config: RosterConfig) -> Resource:
    """One group."""
    check(row)
    id = own_id(row, mapping)
    return bare("group", id, config, name=text(row, mapping.name), description=text(row, mapping.description))


def role(row: Row, mapping: Roles, config: RosterConfig) -> Resource:
    """One role."""
    check(row)
    id = own_id(row, mapping)
    return bare("role", id, config, name=text(row, mapping.name), description=text(row, mapping.description))


def bare(kind: str, id: str, config: RosterConfig, *, name: str = "", description: str = "") -> Resource:
    """A group or a role, of which a membership may tell no more than the id."""
    return Resource(
        id=ResourceId(type=kind, id=id),
        scope=kind,
        display_name=name or id,
        description=description,
        trait=GroupTrait() if kind == "group" else RoleTrait(privileged=id in config.privileged),
    )


def offered(resource: Resource, config: RosterConfig) -> Entitlement:
    """What a group or a role offers: to be a member of it."""
    return Entitlement(
        id=EntitlementId(resource=resource.id, slug=SLUG),
        scope=resource.scope,
        display_name=f"{resource.display_name} member" if resource.id.type == "group" else resource.display_name,
        description=resource.description,
        grantable_to=("user", "group"),
        privileged=resource.id.id in config.privileged,
        immutable=NO_WORK_LIST if config.work_list is None else None,
    )


def memberships(row: Row, mapping: Users | Groups | Roles | Memberships, of: str) -> Iterator[Pair]:
    """The memberships in groups (or roles, by *of*) that a row tells of."""
    check(row)
    if isinstance(mapping, Memberships):
        yield from _of_own_row(row, mapping)
    elif isinstance(mapping, Users):
        column = mapping.groups if of == "group" else mapping.roles
        yield from _turned(row, mapping, column, "user")
    elif isinstance(mapping, Groups) and of == "role":
        yield from _turned(row, mapping, mapping.roles, "group")
    else:
        yield from _listed(row, mapping, mapping.members, "user")
        yield from _listed(row, mapping, mapping.member_groups, "group")
        if isinstance(mapping, Groups):
            yield from _turned(row, mapping, mapping.parents, "group")


def membership_keys(mapping: Users | Groups | Roles | Memberships, of: str) -> tuple[str, ...]:
    """The keys of *mapping* that name a column which tells of memberships in groups (or roles, by *of*)."""
    if isinstance(mapping, Memberships):
        return ("to", "member") if mapping.of == of else ()
    if isinstance(mapping, Users):
        keys = ("groups",) if of == "group" else ("roles",)
    elif isinstance(mapping, Roles):
        keys = ("members", "member_groups") if of == "role" else ()
    else:
        keys = ("roles",) if of == "role" else ("members", "member_groups", "parents")
    return tuple(key for key in keys if getattr(mapping, key) is not None)


def _of_own_row(row: Row, mapping: Memberships) -> Iterator[Pair]:
    to = id_of(row, mapping.to, mapping)
    if not to:
        raise BrokenRowError(f"it names no {mapping.of}", mapping.to)
    members = ids(row, mapping.member, mapping)
    if not members:
        raise BrokenRowError("it names no member", mapping.member)
    kind: str = mapping.members
    if mapping.member_type is not None:
        raw = text(row, mapping.member_type)
        words = {word.strip().casefold(): each for word, each in mapping.member_types.items()}
        found = (words or {"user": "user", "group": "group"}).get(raw.casefold())
        if found is None:
            raise BrokenRowError(f"{_cut(raw)} says neither user nor group", mapping.member_type)
        kind = found
    for member in members:
        yield Pair(to, ResourceId(type=kind, id=member), mapping.member)


def _turned(row: Row, mapping: Users | Groups, column: str | None, kind: str) -> Iterator[Pair]:
    """The row is the member, and a cell lists what it is in."""
    if column is not None:
        member = ResourceId(type=kind, id=own_id(row, mapping))
        for to in ids(row, column, mapping):
            yield Pair(to, member, column)


def _listed(row: Row, mapping: Groups | Roles, column: str | None, kind: str) -> Iterator[Pair]:
    """The row is the group or role, and a cell lists its members."""
    if column is not None:
        to = own_id(row, mapping)
        for member in ids(row, column, mapping):
            yield Pair(to, ResourceId(type=kind, id=member), column)


def _cut(text: str) -> str:
    return repr(text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…")
