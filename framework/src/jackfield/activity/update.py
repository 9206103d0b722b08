"""Activity of one connection brought up to date: one reader at a time, for one account of the application."""

import os
from collections.abc import Collection, Mapping
from contextlib import closing

from jackfield.activity.reading import Read, read_feeds
from jackfield.activity.store import open_store
from jackfield.errors import JackfieldError
from jackfield.host.configured import Configured
from jackfield.host.connection import Connection
from jackfield.host.patience import patiently
from jackfield.snapshots.file import open_snapshot
from jackfield.snapshots.people import called
from jackfield.state import hold
from jackfield.state.lock import Holder, Lock
from jackfield_contracts import EventPage, ResourceId


async def update_activity(configured: Configured, connection: Connection, tenant: str | None) -> tuple[Read, ...]:
    """Read the feeds of *connection*, which reaches the account *tenant*, on to their end.

    What was known of another account is forgotten. Raises Busy where another process reads them, and what ``read_feeds``
    raises. One request a page; none where the connector has no feeds.
    """
    if not connection.feeds():
        return ()
    holder = Holder(pid=os.getpid(), run="activity", since=configured.clock.now().isoformat(timespec="seconds"))
    home, state, name = configured.home, configured.state, configured.name
    with (
        hold(home, state, name, "activity", purpose="reading of activity", holder=holder) as lock,
        open_store(configured.home.activity(configured.name)) as store,
    ):
        store.begin(tenant)
        return await read_feeds(
            connection.feeds(),
            lambda feed, cursor, since: _patiently(configured, connection, lock, feed, cursor, since),
            store,
            configured.clock,
            lambda names: found_by(configured, names),
        )


async def _patiently(
    configured: Configured, connection: Connection, lock: Lock, feed: str, cursor: str | None, since: str | None
) -> EventPage:
    """A page of *feed*, asked for again where what keeps it from being read may pass."""
    page = await patiently(
        lambda: connection.read_feed(feed, cursor, since),
        clock=configured.clock,
        log=configured.log,
        deadline=configured.clock.monotonic() + configured.host.retry_deadline,
        what="the activity",
    )
    lock.demand()  # before it is stored
    return page


def found_by(configured: Configured, names: Collection[str]) -> Mapping[str, ResourceId | None]:
    """Whom the latest snapshot knows by each of *names*; None for one that means nobody, or several."""
    latest = next(iter(configured.state.published(configured.name, 1)), None)
    if latest is None:
        return {}
    folded = {name: name.casefold() for name in names}
    try:
        with closing(open_snapshot(configured.home.snapshot(configured.name, latest.run))) as db:
            known = called(db, set(folded.values()))
    except JackfieldError:
        return {}  # then nobody is found, and what is of nobody known says so
    return {name: next(iter(known[text])) if len(known[text]) == 1 else None for name, text in folded.items()}
