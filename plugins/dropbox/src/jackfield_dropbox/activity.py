"""Sign-ins, by the team's event log: events of Dropbox as those of the contract."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from jackfield_contracts import Event, EventKind, EventPage, Feed, ResourceId
from jackfield_dropbox import wire
from jackfield_dropbox.api import Api
from jackfield_dropbox.presumption import Presumption

_CATEGORY: Final = "logins"
_PAGE: Final = 1000
_DAY: Final = 86_400.0

FEED: Final = Feed(
    name="team_log.logins",
    description="sign-ins, failed sign-ins and sign-outs, by the team's event log",
    kinds=(EventKind.SIGN_IN, EventKind.SIGN_IN_FAILED, EventKind.SIGN_OUT, EventKind.OTHER),
    late=_DAY,
)

_KINDS: Final[Mapping[str, EventKind]] = {
    "login_success": EventKind.SIGN_IN,
    "login_fail": EventKind.SIGN_IN_FAILED,
    "logout": EventKind.SIGN_OUT,
}

_MEMBER: Final = "team_member"


async def read(api: Api, cursor: str | None, since: str | None) -> EventPage:
    """One page of the log, from *cursor* or from the time *since*. One request."""
    if cursor is not None:
        page = await api.events_continue(cursor)
    else:
        page = await api.events(limit=_PAGE, category=_CATEGORY, since=_whole_seconds(since))
    found: list[Event] = []
    broken = 0
    for raw in page.events:
        event = _event(raw)
        if event is None:
            broken += 1
        else:
            found.append(event)
    return EventPage(
        events=tuple(found),
        cursor=page.cursor,
        more=page.has_more,
        unread=broken,
        reason="it has no time, no type, or another form than Dropbox documents" if broken else "",
    )


def _whole_seconds(since: str | None) -> str:
    then = datetime.fromisoformat(since) if since else datetime(2011, 1, 1, tzinfo=UTC)
    return then.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _event(raw: msgspec.Raw) -> Event | None:
    """The event, None if it can't be understood."""
    try:
        event = msgspec.json.decode(raw, type=wire.LogEvent)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    type = wire.plain_tag(event.event_type.tag)
    kind = _KINDS.get(type, EventKind.OTHER)
    person = _person(event)
    if person is not None and person.tag not in ("", _MEMBER):
        kind, person = EventKind.OTHER, None  # a guest of the team, whom no listing has
    id = person.team_member_id if person is not None else None
    names = tuple(filter(None, (person.account_id, person.email))) if person is not None and not id else ()
    return Event(
        id=_id_of(raw),
        time=event.timestamp.astimezone(UTC).isoformat(),
        kind=kind,
        type=type,
        principal=ResourceId(type="user", id=id) if id else None,
        names=names,
        actor_name=_actor(event, person),
        details=_details(raw),
    )


def _person(event: wire.LogEvent) -> wire.LogIds | None:
    """Whom it is about: the one acted upon, else who did it; None where neither is told."""
    if event.context is not None and event.context.tag.endswith("team_member"):
        return event.context
    actor = event.actor
    return None if actor is None else actor.user or actor.admin


def _actor(event: wire.LogEvent, person: wire.LogIds | None) -> str:
    """Who did it, where that is somebody else."""
    actor = event.actor.user or event.actor.admin if event.actor is not None else None
    if actor is None or person is None or actor.team_member_id == person.team_member_id:
        return ""
    return actor.email or actor.display_name or ""


def _id_of(raw: msgspec.Raw) -> str:
    """The same for the same event, however its keys are arranged: Dropbox gives events no id."""
    return hashlib.sha256(msgspec.json.encode(msgspec.json.decode(raw), order="sorted")).hexdigest()[:32]


class _Method(wire.Wire, frozen=True, kw_only=True, gc=False):
    login_method: wire.Tag | None = None


class Details(wire.Wire, frozen=True, kw_only=True, gc=False):
    details: _Method | None = None


def _details(raw: msgspec.Raw) -> dict[str, str]:
    try:
        told = msgspec.json.decode(raw, type=Details).details
    except msgspec.DecodeError:
        return {}
    return {"method": wire.plain_tag(told.login_method.tag)} if told is not None and told.login_method else {}


_TESTS: Final = "tests/test_activity.py::test_the_log_may_say_it_otherwise"

PRESUMES = (
    Presumption(
        name="event-delay",
        presumed="An event can be read at most 24 hours after it happened.",
        source="Dropbox's help pages; the reference of the API does not say it",
        noticed="not at run time: what comes later is taken in, and counts from then on",
        then="who signed in within the last 24 hours is never called dormant by what is missing",
        switch="event_ids",
        test="tests/test_activity.py::test_what_comes_late_counts_and_the_window_ends_before_it",
    ),
    Presumption(
        name="event-ids",
        presumed="A sign-in names its member by the id of the team member.",
        source="every id of an event is optional",
        noticed="the id is missing",
        then="the account is looked for in the latest snapshot by account id and e-mail; where it is not found, nobody is called"
        " dormant for the time before that event",
        switch="event_ids",
        test=_TESTS,
    ),
    Presumption(
        name="event-order",
        presumed="Nothing: events may come in any order.",
        source="the reference says that they are not sorted",
        noticed="not at all; it makes no difference",
        then="the newest time counts, whichever came last",
        switch="events_order",
        test=_TESTS,
    ),
    Presumption(
        name="event-repeats",
        presumed="The same event, when it comes again, says the same in all its fields.",
        source="events have no id",
        noticed="not at run time; it would be listed twice, and last sign-ins stay right",
        then="an event whose fields are all the same counts once",
        switch="events_repeated",
        test=_TESTS,
    ),
    Presumption(
        name="event-cursor",
        presumed="A cursor of the log is honoured for days.",
        source="the reference says that the last one can be polled; no lifetime is documented",
        noticed="reset, or bad_cursor",
        then="the log is read again from 48 hours before what is known; without an event that was known, the window begins anew",
        switch="lost_cursor",
        test=_TESTS,
    ),
    Presumption(
        name="event-form",
        presumed="Each event has a time and a type.",
        source="the reference",
        noticed="one of them is missing",
        then="it is counted as not understood, and nobody is called dormant for the time before it was read",
        switch="broken_event",
        test="tests/test_activity.py::test_an_event_that_is_not_understood_may_be_anybody_s",
    ),
)
