"""OCSF: the journal of changes as security events, one JSON object a line (Open Cybersecurity Schema Framework 1.6).

Promises that each event has what its class requires, and that an outcome that isn't known is no success.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, BinaryIO

import msgspec

from jackfield.errors import BadConfig
from jackfield.hookspecs import Export, ExporterType, ExportOption, Exports
from jackfield_contracts import EntitlementId, JournalEntry, JournalStatus, Outcome, OutcomeKind, ResourceId

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
    since = _since(export.options.get("since", ""))
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
    of = {"uid": str(resource), "type": resource.type}
    activity = (1, "Assign Privileges") if given else (2, "Revoke Privileges")
    if principal.type == _GROUP_TYPE:
        group = {"uid": str(principal), "type": _GROUP_TYPE}
        return _GROUP, activity, {"group": group, "privileges": privileges, "resource": of}
    user = _user(principal, entry)
    if resource.type == _GROUP_TYPE:
        activity = (3, "Add User") if given else (4, "Remove User")
        return _GROUP, activity, {"group": of, "user": user, "privileges": privileges}
    return _ACCESS, activity, {"user": user, "privileges": privileges, "resources": [of]}


def _user(id: ResourceId, entry: JournalEntry) -> Event:
    """The account that a change is about, with its login where that is known."""
    states = (entry.before, entry.after)
    login = next((each.login for each in states if each is not None and each.account == id and each.login), None)
    return {"uid": str(id)} | ({"name": login} if login else {})


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
    if outcome.outcome in (OutcomeKind.CHANGED, OutcomeKind.ALREADY):
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
    }
    return {key: value for key, value in made.items() if value not in (None, ())}


def _milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _since(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError):
        raise BadConfig(f"{text!r} is no time", path="--option since", hint="Such as 2026-11-24.") from None


EXPORTER = ExporterType(
    name="ocsf",
    display_name="the journal of changes as OCSF events, one JSON object a line",
    suffix=".jsonl",
    write=write,
    writes=Exports.JOURNAL,
    rows="event",
    options=(ExportOption(name="since", description="only changes from this time on, such as 2026-11-24"),),
)
