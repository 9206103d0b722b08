"""Activity: what people did in the application, such as signing in, as its own log tells it."""

from enum import StrEnum

import msgspec

from jackfield_contracts.ids import ResourceId
from jackfield_contracts.since import since

__all__ = ["Event", "EventKind", "EventPage", "Feed"]


class EventKind(StrEnum):
    """What an event says. Only ``SIGN_IN`` counts for a person's last sign-in."""

    SIGN_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_OUT = "sign_out"
    USAGE = "usage"
    CHANGE = "change"
    OTHER = "other"


@since(1, 3)
class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened, at ``time`` (ISO 8601, UTC). The same event has the same ``id`` whenever it is read.

    ``type`` is the application's own name of it. ``principal`` is who signed in or used something, or whom it was done to;
    where its id is not told, ``names`` are e-mail addresses or external ids by which the host finds it in the latest snapshot.
    A sign-in with neither is one of nobody knows whom: then nobody counts as dormant for the time before it. What somebody
    did who is no member, such as a guest, is of the kind ``OTHER``, and so is whatever an administrator did as another person.
    ``actor_name`` is who did it, where that is somebody else.
    """

    id: str
    time: str
    kind: EventKind
    type: str
    principal: ResourceId | None = None
    names: tuple[str, ...] = ()
    actor_name: str = ""
    summary: str = ""
    details: dict[str, str] = {}


@since(1, 3)
class Feed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A log of the application that can be read on from where it was left.

    Events come unordered and at most ``late`` seconds after they happened: what is younger than that may be missing.
    ``kinds`` are those that it can tell; of others nothing is known. ``retention`` is for how many seconds the application
    keeps events, None where it does not say.
    """

    name: str
    description: str = ""
    kinds: tuple[EventKind, ...] = (EventKind.SIGN_IN,)
    late: float = 0.0
    retention: float | None = None


@since(1, 3)
class EventPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Some events of a feed, in any order and perhaps some of them again, and the cursor of the next page.

    ``more`` is whether a next page can be asked for at once; else the cursor is kept for later. A page may be empty and have
    a next one all the same. ``unread`` is how many events could not be understood, with a reason in ``reason``: any of them
    may be anybody's sign-in.
    """

    events: tuple[Event, ...]
    cursor: str
    more: bool = False
    unread: int = 0
    reason: str = ""
