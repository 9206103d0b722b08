"""OCSF: the journal of changes as security events, one JSON object a line (Open Cybersecurity Schema Framework 1.6).

Promises that each event has what its class requires, that an outcome that isn't known is no success, and that nobody is told
as added or removed who was in before, or is in afterwards.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO

import msgspec

from jackfield.clock import FORMS, point
from jackfield.errors import BadConfig
from jackfield.hookspecs import Export, ExporterType, ExportOption, Exports
from jackfield_contracts import (
    EntitlementId,
    JournalEntry,
    JournalStatus,
    Outcome,
    OutcomeKind,
    ResourceId,
    TargetState,
)

VERSION = "1.6.0"
_CATEGORY = "Identity & Access Management"
_ACCOUNT = (3001, "Account Change")
_ENTITY = (3004, "Entity Management")
_ACCESS = (3005, "User Access Management")
_GROUP = (3006, "Group Management")
_GROUP_TYPE = "group"
_SUCCESS, _FAILURE, _UNKNOWN, _OTHER = (1, "Success"), (2, "Failure"), (0, "Unknown"), 99
_CREATED = (1, "Create")
_ACTIVITIES = {"create": _CREATED, "enable": (2, "Enable"), "disable": (5, "Disable"), "delete": (6, "Delete")}
"""The activities of Account Change, by what a change is counted as."""
_NAMES = ("email", "login", "name", "display_name")

Event = dict[str, Any]


def write(export: Export, to: BinaryIO) -> int:
    """Write an event for each change in the journal, the oldest first; how many."""
    since = _since(export.options.get("since", ""), export.clock.now())
    encode = msgspec.json.Encoder().encode
    events = 0
    for entry in export.journal():
        if since is None or datetime.fromisoformat(entry.intended) >= since:
            to.write(encode(event(entry, export.host_version)) + b"\n")
            events += 1
    return events


def event(entry: JournalEntry, host_version: str) -> Event:
    """One change as an event of its class."""
    (class_uid, class_name), (activity, activity_name), own = _about(entry)
    status_id, status = _status(entry)
    settled = entry.settled if entry.status is JournalStatus.SETTLED else None
    outcome = entry.outcome
    made: Event = {
        "class_uid": class_uid,
        "class_name": class_name,
        "category_uid": 3,
        "category_name": _CATEGORY,
        "activity_id": activity,
        "activity_name": activity_name,
        "type_uid": class_uid * 100 + activity,
        "type_name": f"{class_name}: {activity_name}",
        "severity_id": 1,
        "severity": "Informational",
        "time": _milliseconds(settled or entry.intended),
        "start_time": _milliseconds(entry.intended),
        "status_id": status_id,
        "status": status,
        "message": entry.title,
        "metadata": {
            "version": VERSION,
            "product": {"name": "Jackfield", "vendor_name": "Jackfield", "version": host_version},
            "uid": entry.id,
            "log_name": "journal",
            "event_code": entry.change.__struct_config__.tag,
        },
        "actor": {"user": {"name": entry.actor}} if entry.actor else {"app_name": "Jackfield"},
        **own,
        "unmapped": _unmapped(entry),
    }
    if settled:
        made["end_time"] = _milliseconds(settled)
    if outcome is not None and outcome.tag:
        made["status_code"] = outcome.tag
    if outcome is not None and outcome.reason:
        made["status_detail"] = outcome.reason
    if entry.plan:
        made["metadata"]["correlation_uid"] = entry.plan
    if entry.tenant:
        made["metadata"]["tenant_uid"] = entry.tenant
    return made


def _about(entry: JournalEntry) -> tuple[tuple[int, str], tuple[int, str], Event]:
    """The class, the activity, and what the class has of its own: by what the change is counted as, and what it names."""
    change: Any = entry.change
    entitlement, principal = getattr(change, "entitlement", None), getattr(change, "principal", None)
    if isinstance(entitlement, EntitlementId) and isinstance(principal, ResourceId):
        return _access(entry, entitlement, principal)
    activity = next((_ACTIVITIES[kind] for kind in entry.kinds if kind in _ACTIVITIES), None)
    account = getattr(change, "account", None)
    if activity is not None and activity == _CREATED:
        return _ACCOUNT, activity, {"user": _created(entry, getattr(change, "arguments", {}))}
    activity = activity or (_OTHER, str(getattr(change, "name", change.__struct_config__.tag)))
    if isinstance(account, ResourceId):
        return _ACCOUNT, activity, {"user": _user(account, entry)}
    return _ENTITY, (_OTHER, activity[1]), {"entity": {"name": entry.connection, "type": "connection"}}


def _access(
    entry: JournalEntry, entitlement: EntitlementId, principal: ResourceId
) -> tuple[tuple[int, str], tuple[int, str], Event]:
    given, resource = "revoke" not in entry.kinds, entitlement.resource
    privileges = [str(entitlement)]
    of = _named({"uid": str(resource), "type": resource.type}, str(resource), entry)
    activity = (1, "Assign Privileges") if given else (2, "Revoke Privileges")
    if principal.type == _GROUP_TYPE:
        group = _named({"uid": str(principal), "type": _GROUP_TYPE}, str(principal), entry)
        return _GROUP, activity, {"group": group, "privileges": privileges, "resource": of}
    user = _user(principal, entry)
    if resource.type == _GROUP_TYPE:
        if not _holds_else(entry, entitlement, given=given):
            activity = (3, "Add User") if given else (4, "Remove User")
        return _GROUP, activity, {"group": of, "user": user, "privileges": privileges}
    return _ACCESS, activity, {"user": user, "privileges": privileges, "resources": [of]}


def _holds_else(entry: JournalEntry, entitlement: EntitlementId, *, given: bool) -> bool:
    """Whether the person was in the resource before a grant, or is in it after a revocation.

    Of a revocation that was not made, or that no read has shown yet, what the plan foretold counts.
    """
    made = entry.outcome is not None and entry.outcome.outcome is OutcomeKind.CHANGED
    if given:
        held = entry.before.held
    elif made and entry.after is not None:
        held = entry.after.held
    else:
        held = entry.leaves
    return any(each.resource == entitlement.resource and each != entitlement for each in held)


def _user(id: ResourceId, entry: JournalEntry) -> Event:
    """The account that a change is about, with its login and name where they are known."""
    states = (entry.before, entry.after)
    login = next((each.login for each in states if each is not None and each.account == id and each.login), None)
    made: Event = {"uid": str(id)} | ({"name": login} if login else {})
    return _named(made, str(id), entry, "full_name")


def _named(made: Event, id: str, entry: JournalEntry, key: str = "name") -> Event:
    """*made* with the name that the journal has for *id*, if any."""
    return made | {key: name} if (name := entry.names.get(id)) else made


def _created(entry: JournalEntry, arguments: Mapping[str, object]) -> Event:
    account = entry.outcome.account if entry.outcome is not None else None
    made: Event = {"uid": str(account)} if account is not None else {}
    name = next((value for key in _NAMES if isinstance(value := arguments.get(key), str) and value), None)
    if name is not None:
        made["name"] = name
    return made or {"name": "unknown"}


def _status(entry: JournalEntry) -> tuple[int, str]:
    outcome: Outcome | None = None if entry.status is JournalStatus.INTENT else entry.outcome
    if outcome is None:
        return _UNKNOWN
    if outcome.outcome is OutcomeKind.CHANGED:
        return _SUCCESS if entry.status is JournalStatus.SETTLED else _UNKNOWN
    if outcome.outcome in (OutcomeKind.REFUSED, OutcomeKind.FAILED):
        return _FAILURE if entry.status is JournalStatus.SETTLED else _UNKNOWN
    return _OTHER, outcome.outcome.value


def _unmapped(entry: JournalEntry) -> Mapping[str, Any]:
    outcome = entry.outcome
    made: dict[str, Any] = {
        "connection": entry.connection,
        "connector": entry.connector,
        "outcome": outcome.outcome.value if outcome is not None and entry.status is not JournalStatus.INTENT else None,
        "confirmed_by": outcome.confirmed_by.value
        if outcome is not None and outcome.confirmed_by is not None
        else None,
        "request_ids": outcome.request_ids if outcome is not None else (),
        "reason": entry.reason,
        "kinds": entry.kinds,
        "effects": entry.effects,
        "consequences": entry.consequences,
        "ends": _entitlements(entry.ends, entry),
        "before": _state(entry.before, entry),
        "after": _state(entry.after, entry) if entry.after is not None else None,
    }
    return {key: value for key, value in made.items() if value not in (None, (), [])}


def _state(state: TargetState, entry: JournalEntry) -> Event:
    """What a read showed of the person: whether the account was there, its status, and what it held of what is named."""
    made = {
        "exists": state.exists,
        "status": state.status_raw or (state.status.value if state.status is not None else None),
        "held": _entitlements(state.held, entry),
    }
    return {key: value for key, value in made.items() if value is not None}


def _entitlements(ids: Sequence[EntitlementId], entry: JournalEntry) -> list[Event]:
    return [_named({"uid": str(id)}, str(id), entry) for id in ids]


def _milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _since(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    if (found := point(text, now)) is None:
        raise BadConfig(f"{text!r} is no time", path="--option since", hint=f"Write {FORMS}.")
    return found


EXPORTER = ExporterType(
    name="ocsf",
    display_name="the journal of changes as OCSF events, one JSON object a line",
    suffix=".jsonl",
    write=write,
    writes=Exports.JOURNAL,
    rows="event",
    options=(ExportOption(name="since", description="only changes from this time on, such as 2026-11-24 or 2h"),),
)
