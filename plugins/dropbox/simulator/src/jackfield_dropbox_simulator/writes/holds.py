"""Calls that are held at the boundary of their effect, so that a test can end the client exactly there."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import msgspec

When = Literal["before", "after"]
State = Literal["armed", "held", "released", "lost"]


class HoldOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Hold a call of this route (null: the next write) before its effect, or after it and before the answer.

    `skip` is how many calls pass first.
    """

    route: str | None = None
    when: When = "before"
    skip: int = 0


class Hold:
    """One order to hold one call, and the call that is held by it."""

    def __init__(self, number: int, order: HoldOrder) -> None:
        self.id = number
        self.order = order
        self.state: State = "armed"
        self.route = ""
        self.client_gone = False
        self._left = order.skip
        self._goes_on = False
        self._released = asyncio.Event()

    def takes(self, route: str, *, writes: bool) -> bool:
        """Whether this call is the one to hold; it is counted."""
        if (
            self.state != "armed"
            or self.route
            or not (writes if self.order.route is None else self.order.route == route)
        ):
            return False
        if self._left > 0:
            self._left -= 1
            return False
        self.route = route
        return True

    async def wait(self) -> bool:
        """Holds until the release; gives whether the call goes on."""
        self.state = "held"
        await self._released.wait()
        return self._goes_on

    def release(self, *, apply: bool) -> None:
        """Lets the call go on, or be lost."""
        if self.state != "held":
            raise ValueError(f"hold {self.id} holds nothing: it is {self.state}")
        self._goes_on = apply
        self.state = "released" if apply else "lost"
        self._released.set()

    def shown(self) -> dict[str, Any]:
        """The hold as `GET /_sim/holds` shows it."""
        return {
            "id": self.id,
            "route": self.order.route,
            "when": self.order.when,
            "state": self.state,
            "held_route": self.route,
            "client_gone": self.client_gone,
        }


class Holds:
    """All holds, in the order in which they were ordered."""

    def __init__(self) -> None:
        self._holds: list[Hold] = []
        self._ids = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    def order(self, order: HoldOrder) -> Hold:
        """Notes an order."""
        if order.skip < 0:
            raise ValueError("skip must be at least 0")
        self._ids += 1
        hold = Hold(self._ids, order)
        self._holds.append(hold)
        return hold

    def take(self, route: str, *, writes: bool) -> Hold | None:
        """The hold for this call."""
        return next((hold for hold in self._holds if hold.takes(route, writes=writes)), None)

    def find(self, number: int) -> Hold:
        """The hold with that id."""
        found = next((hold for hold in self._holds if hold.id == number), None)
        if found is None:
            raise ValueError(f"no hold {number}")
        return found

    def keep(self, task: asyncio.Task[Any]) -> None:
        """Keeps a held call alive, also when its client is gone."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def clear(self) -> int:
        """Forgets all holds, and loses the calls that are held; gives how many there were."""
        gone, self._holds = self._holds, []
        for hold in gone:
            if hold.state == "held":
                hold.release(apply=False)
        return len(gone)

    async def close(self) -> None:
        """Ends all held calls."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def shown(self) -> list[dict[str, Any]]:
        """All holds."""
        return [hold.shown() for hold in self._holds]
