"""What a look at the schedule plans and drops, by what waits and how the last sync ended."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jackfield.state import Run, RunStatus, State, open_state
from jackfield_service.durable import Durable, Waiting
from jackfield_service.planning import Planner
from jackfield_service.schedule import read_schedule
from jackfield_service.status import Status

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
HERE = "here"


class Planned:
    """Stands in for the workflows: what waits, and what was planned and dropped."""

    def __init__(self, *ones: Waiting) -> None:
        self.ones = list(ones)
        self.planned: list[datetime] = []
        self.dropped: list[str] = []

    def waiting(self) -> dict[str, list[Waiting]]:
        return {"acme": list(self.ones)} if self.ones else {}

    def plan(self, connection: str, due: datetime, schedule: str, *, attempt: int = 0) -> None:
        assert (connection, schedule, attempt) == ("acme", "6h", 0)
        self.planned.append(due)

    def drop(self, one: Waiting) -> None:
        self.dropped.append(one.workflow)

    def tidy(self, now: datetime) -> None:
        pass


def going(**more: Any) -> Waiting:
    """A sync that is said to go on at this host."""
    of: dict[str, Any] = {"workflow": "w", "connection": "acme", "due": NOW.isoformat(), "schedule": "6h", "attempt": 0}
    return Waiting(**of | {"running": True, "host": HERE} | more)


@pytest.fixture
def state(tmp_path: Path) -> Generator[State]:
    """The last sync, four hours ago, failed."""
    began = (NOW - timedelta(hours=4)).isoformat()
    with open_state(tmp_path / "state.db") as state:
        failed = Run(
            run="r1",
            connection="acme",
            connector="dropbox",
            connector_version="1.0",
            status=RunStatus.FAILED,
            started=began,
            finished=began,
        )
        state.save(failed)
        yield state


def look(state: State, durable: Planned, *, first: bool) -> Planner:
    """One look at a connection that is synced every six hours."""
    planner = planning(state, durable, first=first)
    planner.look()
    return planner


def planning(state: State, durable: Planned, *, first: bool) -> Planner:
    connection = SimpleNamespace(host=SimpleNamespace(provisioning=False))
    app = SimpleNamespace(
        settings=SimpleNamespace(connection=lambda _: connection),
        clock=SimpleNamespace(now=lambda: NOW),
        state=lambda: _opened(state),
        home=None,
    )
    loaded = SimpleNamespace(
        app=app,
        view=lambda: app,
        names=("acme",),
        shared=False,
        host_id=HERE,
        settings=SimpleNamespace(jitter=0.0),
        schedules={"acme": read_schedule("6h", at="x")},
    )
    return Planner(
        cast("Any", loaded), cast(Durable, durable), cast("Any", _Heard()), again=frozenset({"acme"} if first else ())
    )


class _opened:
    def __init__(self, state: State) -> None:
        self._state = state

    def __enter__(self) -> State:
        return self._state

    def __exit__(self, *_: object) -> None:
        pass


class _Heard:
    def __getattr__(self, name: str) -> Any:
        assert hasattr(Status, name)
        return lambda *_, **__: SimpleNamespace(unusable=None)


def test_what_failed_is_tried_again_at_the_first_look(state: State) -> None:
    durable = Planned(going(running=False, workflow="later"))
    assert not look(state, durable, first=True).left
    assert (durable.planned, durable.dropped) == ([NOW], ["later"])


def test_one_that_is_still_coming_to_its_end_is_tried_again_at_the_next(state: State) -> None:
    durable = Planned(going())
    assert look(state, durable, first=True).left
    assert (durable.planned, durable.dropped) == ([], [])
    durable.ones = [going(running=False, workflow="later")]
    assert not look(state, durable, first=True).left
    assert (durable.planned, durable.dropped) == ([NOW], ["later"])


def test_after_a_first_look_that_failed_the_next_is_the_first(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    durable = Planned()
    planner = planning(state, durable, first=True)
    monkeypatch.setattr(durable, "waiting", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        planner.look()
    assert planner.again == {"acme"}


def test_while_it_goes_on_none_is_planned(state: State) -> None:
    durable = Planned(going())
    assert not look(state, durable, first=False).left
    assert (durable.planned, durable.dropped) == ([], [])


def test_one_whose_end_was_never_written_keeps_no_other_from_coming(state: State) -> None:
    durable = Planned(going(lost=True))
    look(state, durable, first=False)
    assert (durable.planned, durable.dropped) == ([NOW + timedelta(hours=2)], ["w"])
