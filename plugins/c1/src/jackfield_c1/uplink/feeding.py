"""Tasks about event feeds: which there are, and a page of one.

Only what somebody did in the application is told (sign-ins and usage): the platform has no event for the rest.
"""

from datetime import UTC, datetime

from google.rpc import code_pb2

from jackfield.hookspecs import ServedConnection
from jackfield_c1.proto import baton_pb2, connector_pb2
from jackfield_c1.uplink.answers import Answer, failed
from jackfield_contracts import Event, EventKind, TraitKind

_USAGE = (EventKind.SIGN_IN, EventKind.USAGE)


async def list_feeds(connection: ServedConnection, task: baton_pb2.Task) -> Answer:
    """The feeds that tell of usage."""
    del task
    made = connector_pb2.ListEventFeedsResponse()
    for feed in await connection.feeds():
        if any(kind in _USAGE for kind in feed.kinds):
            made.list.add(id=feed.name, supported_event_types=[connector_pb2.EVENT_TYPE_USAGE])
    return Answer(response=made)


async def list_events(connection: ServedConnection, task: baton_pb2.Task) -> Answer:
    """One page of a feed."""
    asked = task.list_events
    known = {feed.name for feed in await connection.feeds()}
    if asked.event_feed_id not in known:
        return failed(code_pb2.NOT_FOUND, f"there is no event feed {asked.event_feed_id!r}")
    since = None
    if not asked.cursor and asked.HasField("start_at"):
        since = asked.start_at.ToDatetime(UTC).isoformat()
    page = await connection.read_feed(asked.event_feed_id, asked.cursor or None, since)
    made = connector_pb2.ListEventsResponse(cursor=page.cursor, has_more=page.more)
    app = next((each.name for each in connection.resource_types if each.trait is TraitKind.APP), None)
    for event in page.events:
        if event.kind in _USAGE and event.principal is not None:
            made.events.append(_event(event, app, connection))
    return Answer(response=made)


def _event(event: Event, app: str | None, connection: ServedConnection) -> connector_pb2.Event:
    made = connector_pb2.Event(id=event.id)
    made.occurred_at.FromDatetime(datetime.fromisoformat(event.time).astimezone(UTC))
    if event.principal is not None:
        actor = made.usage_event.actor_resource
        actor.id.resource_type, actor.id.resource = event.principal.type, event.principal.id
    target = made.usage_event.target_resource
    target.id.resource_type, target.id.resource = app or "app", connection.connector
    target.display_name = connection.display_name
    return made
