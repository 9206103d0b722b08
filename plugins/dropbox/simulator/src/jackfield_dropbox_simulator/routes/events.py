"""Routes of the event log."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import msgspec

from ..team.log import Logged
from ..wire.answers import RouteError, encode
from ..wire.cursors import Cursor
from ..wire.schema import Field, Record, Schema, Str, Union, Void
from . import arguments
from .call import Call, Route

_CATEGORIES = ("logins", "groups", "members", "other")
GET_EVENTS: Schema = Record(
    {
        "limit": arguments.LIMIT,
        "account_id": Field(Str(least=40, most=40), optional=True),
        "time": Field(
            Record({name: Field(Str(), optional=True) for name in ("start_time", "end_time")}), optional=True
        ),
        "category": Field(Union({name: Void() for name in _CATEGORIES}), optional=True),
    }
)
_LISTING = "events"


def get_events(call: Call) -> bytes:
    """team_log/get_events."""
    arg = call.arg
    category = arg["category"][0] if arg.get("category") else ""
    time: dict[str, str | None] = arg.get("time") or {}
    start = time.get("start_time")
    since = datetime.strptime(start, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp() if start else 0.0
    return _page(call, Cursor(listing=_LISTING, after=0, limit=arg["limit"], subject=f"{category} {since}"))


def get_events_continue(call: Call) -> bytes:
    """team_log/get_events/continue."""
    cursor = call.codec.decode(call.arg["cursor"])
    if cursor is None or cursor.listing != _LISTING:
        if call.behaviour.lost_cursor == "bad_cursor":
            raise RouteError("bad_cursor")
        raise RouteError("reset", datetime.fromtimestamp(call.team.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    return _page(call, cursor)


def _page(call: Call, cursor: Cursor) -> bytes:
    category, _, since = cursor.subject.partition(" ")
    events = call.team.log.arrived(call.team.clock(), category, float(since))
    most = min(cursor.limit, call.page_cap or cursor.limit)
    if call.blank_page and not cursor.blank and cursor.after:
        return _body(call, [], msgspec.structs.replace(cursor, blank=True), has_more=True)
    given = events[cursor.after : cursor.after + most]
    after = cursor.after + len(given)
    if call.behaviour.events_repeated == "each_page" and cursor.after:
        given = [*events[cursor.after - 1 : cursor.after], *given]
    if call.behaviour.events_order == "shuffled":
        random.Random(after).shuffle(given)
    following = msgspec.structs.replace(cursor, after=after, blank=False)
    return _body(call, given, following, has_more=after < len(events))


def _body(call: Call, events: list[Logged], cursor: Cursor, *, has_more: bool) -> bytes:
    rows = [_event(call, each) for each in events]
    return encode({"events": rows, "cursor": call.codec.encode(cursor), "has_more": has_more})


def _event(call: Call, event: Logged) -> dict[str, Any]:
    person = _person(call, event.member)
    actor = _person(call, event.by) if event.by is not None else person
    row: dict[str, Any] = {
        "timestamp": event.timestamp,
        "event_category": {".tag": event.category},
        "actor": {".tag": event.actor, event.actor: {".tag": "team_member", **actor}},
        "involve_non_team_member": False,
        "context": {".tag": "team_member", **person},
        "event_type": {".tag": event.type, "description": event.description},
        "details": _details(event),
    }
    if call.behaviour.broken_event != "none" and event.number % 2:
        del row[{"no_time": "timestamp", "no_type": "event_type"}[call.behaviour.broken_event]]
    return row


def _details(event: Logged) -> dict[str, Any]:
    tag = f"{event.type}_details"
    if event.type == "login_success":
        return {".tag": tag, "login_method": {".tag": "password"}, "is_emm_managed": False}
    if event.type == "login_fail":
        return {
            ".tag": tag,
            "login_method": {".tag": "password"},
            "error_details": {"user_friendly_message": "Wrong password."},
        }
    if event.type == "logout":
        return {".tag": tag, "login_id": f"id:{event.number}"}
    if event.type == "group_add_member":
        return {".tag": tag, "is_group_owner": False}
    return {".tag": tag}


def _person(call: Call, member: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"display_name": f"{member.given} {member.surname}".strip()}
    ids = call.behaviour.event_ids
    if ids in ("all", "account_only") and member.account_id is not None:
        told["account_id"] = member.account_id
    if ids in ("all", "email_only"):
        told["email"] = member.email
    if ids == "all":
        told["team_member_id"] = member.id
    return told


def routes() -> tuple[Route, ...]:
    """The routes of this file."""
    return (
        Route(name="team_log/get_events", scope="events.read", arg=GET_EVENTS, answer=get_events),
        Route(
            name="team_log/get_events/continue",
            scope="events.read",
            arg=arguments.CONTINUE,
            answer=get_events_continue,
        ),
    )
