"""Looks after the syncs to come: each connection has one that waits, by the schedule that it has now.

Promises that a sync whose host is gone is taken up by another, and that nothing is planned twice.
"""

from datetime import datetime

from jackfield.state import RunStatus, State, is_taken
from jackfield_service.durable import Durable, Waiting
from jackfield_service.loading import Loaded, is_usable
from jackfield_service.status import Status


class Planner:
    """One look at all connections of a host.

    *again* are those that are tried again if their last sync failed, such as after a start or with a new configuration;
    ``left`` are those of them that are to be looked at so once more, since one that may have begun before goes on.
    """

    def __init__(
        self, loaded: Loaded, durable: Durable, status: Status, *, again: frozenset[str] = frozenset()
    ) -> None:
        self.again = again
        self.left: set[str] = set()
        self._loaded = loaded
        self._durable = durable
        self._status = status

    def look(self) -> None:
        """Plan what is not planned, drop what is planned otherwise, and tell how the connections stand."""
        app = self._loaded.view()
        waiting = self._durable.waiting()
        self._status.forget(set(self._loaded.names))
        with app.state() as state:
            for name in self._loaded.names:
                settings = self._loaded.app.settings.connection(name).host
                self._status.expect(name, changes=settings.provisioning)
                newest = next(iter(state.history(name, 1)), None)
                self._status.recorded(name, newest)
                mended = self._status.of(name).unusable is not None and is_usable(app, name)
                if mended:
                    self._status.usable(name, None)
                    app.log.info("the secrets of a connection are there by now", connection=name)
                failed = name in self.again and newest is not None and newest.status is RunStatus.FAILED
                ones = waiting.pop(name, [])
                if name in self.again and any(each.running for each in ones):
                    self.left.add(name)
                self._plan(state, name, ones, again=failed or mended)
                published = state.published(name, 1)
                if published and not published[0].imported:
                    self._status.known(name, published[0])
                self._status.undecided(name, len(state.changes(name, undecided=True)))
        if not self._loaded.shared:  # another host may have connections that this one has not
            for ones in waiting.values():
                for each in ones:
                    if not each.running:
                        self._durable.drop(each)
        self._durable.tidy(app.clock.now())

    def _plan(self, state: State, name: str, ones: list[Waiting], *, again: bool) -> None:
        schedule, now = self._loaded.schedules[name], self._loaded.app.clock.now()
        usual = None if schedule.never else schedule.usual(now)
        kept: Waiting | None = None
        for each in sorted(ones, key=lambda one: (not one.running, one.due)):
            gone = each.running and self._is_gone(state, name, each)
            other = not each.running and (again or self._is_other(name, each, now))
            if (kept is not None and not each.running) or gone or other:
                self._durable.drop(each)
            else:
                kept = each
        if kept is not None:
            due = datetime.fromisoformat(kept.due)
            self._status.planned(name, due, usual)
        elif schedule.never:
            self._status.planned(name, None, None)
        else:
            due = now if again else self._due(state, name, now)
            self._durable.plan(name, due, schedule.text)
            self._status.planned(name, due, usual)

    def _due(self, state: State, name: str, now: datetime) -> datetime:
        """When the next sync is due; at once where one was cut off, which is then gone on with."""
        last = next(iter(state.history(name, 1)), None)
        if last is not None and last.status in (RunStatus.RUNNING, RunStatus.INTERRUPTED):
            return now
        began = datetime.fromisoformat(last.started) if last is not None else None
        return self._loaded.schedules[name].due(name, began, now, self._loaded.settings.jitter)

    def _is_other(self, name: str, one: Waiting, now: datetime) -> bool:
        """Whether a sync waits for another moment than it would now, such as by a clock that has gone back since."""
        schedule = self._loaded.schedules[name]
        if schedule.never or one.schedule != schedule.text:
            return True
        return datetime.fromisoformat(one.due) > schedule.latest(now, self._loaded.settings.jitter)

    def _is_gone(self, state: State, name: str, one: Waiting) -> bool:
        """Whether nobody carries a sync out: nobody holds its lock, and it is not ours; or it is, and has ended all the same."""
        if one.host == self._loaded.host_id:
            return one.lost
        return not is_taken(self._loaded.app.home, state, name, "sync")
