"""The faults that have been ordered, and which of them fire for a request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ..wire.cursors import Cursor
from .kinds import AUTHORIZE, TOKEN, FaultKind, When, catalogue


class Fault(msgspec.Struct, kw_only=True):
    """One ordered fault and how often it has fired."""

    id: int
    kind: FaultKind
    params: dict[str, Any]
    when: When = "before"
    at: int | None = None
    route: str | None = None
    times: int | None = None
    fired: int = 0
    cycle: dict[Cursor, tuple[str, str]] = msgspec.field(default_factory=lambda: dict[Cursor, tuple[str, str]]())

    def due(self, index: int, route: str) -> bool:
        """Whether the fault fires for the request with that index.

        With `at` alone it means the requests `at` to `at + times - 1`; with a route, too, the first `times`
        requests of that route from `at` on; without `at`, the next `times` requests that it applies to.
        """
        if not self.kind.applies(route) or (self.route is not None and self.route != route):
            return False
        if self.at is not None and index < self.at:
            return False
        if self.times is None:
            return True
        if self.at is not None and self.route is None:
            return index < self.at + self.times
        return self.fired < self.times

    def shown(self) -> dict[str, Any]:
        """The fault as `GET /_sim/faults` shows it."""
        return {
            "id": self.id,
            "kind": self.kind.kind,
            "when": self.when,
            "at": self.at,
            "route": self.route,
            "times": self.times,
            "fired": self.fired,
            **self.params,
        }


class FaultBook:
    """All ordered faults, in the order in which they were ordered."""

    def __init__(self) -> None:
        self.kinds = catalogue()
        self._faults: list[Fault] = []
        self._ids = 0

    def told(self, routes: Iterable[str]) -> list[dict[str, Any]]:
        """The catalogue for test sweeps: each kind with the routes that it applies to, out of those given."""
        served = [*routes, TOKEN, AUTHORIZE]
        return [
            {
                **msgspec.to_builtins(kind),
                "transient": kind.recovers and not kind.lasting_only,
                "routes": [route for route in served if kind.applies(route)],
            }
            for kind in self.kinds.values()
        ]

    def order(self, asked: dict[str, Any]) -> Fault:
        """Notes a fault; an unknown kind, route parameter or value is a ValueError."""
        rest = dict(asked)
        kind = self.kinds.get(str(rest.pop("kind", "")))
        if kind is None:
            raise ValueError(f"unknown kind; the kinds are {', '.join(self.kinds)}")
        where: dict[str, Any] = {name: rest.pop(name, None) for name in ("at", "times", "route")}
        when: Any = rest.pop("when", None) or kind.when[0]
        unknown = sorted(set(rest) - set(kind.params))
        if unknown:
            raise ValueError(f"{kind.kind} has no parameter {unknown[0]!r}; it has {sorted(kind.params)}")
        for name in ("at", "times"):
            if where[name] is not None and (not isinstance(where[name], int) or where[name] < (name == "times")):
                raise ValueError(f"{name} must be a number or null")
        route = where["route"]
        if route is not None:
            where["route"] = route = str(route).removeprefix("/").removeprefix("2/")
            if not kind.applies(route):
                raise ValueError(f"{kind.kind} does not apply to {route}")
        if when not in kind.when:
            raise ValueError(f"{kind.kind} happens {' or '.join(kind.when)}, not {when!r}")
        self._ids += 1
        fault = Fault(id=self._ids, kind=kind, params=kind.params | rest, when=when, **where)
        self._faults.append(fault)
        return fault

    def fire(self, index: int, route: str) -> list[Fault]:
        """The faults that fire for this request; each is counted."""
        due = [fault for fault in self._faults if fault.due(index, route)]
        for fault in due:
            fault.fired += 1
        return due

    def shown(self) -> list[dict[str, Any]]:
        """All ordered faults, those that have fired included."""
        return [fault.shown() for fault in self._faults]

    def clear(self, fault_id: int | None = None) -> int:
        """Takes back one fault or all of them; gives how many."""
        kept = [] if fault_id is None else [fault for fault in self._faults if fault.id != fault_id]
        gone = len(self._faults) - len(kept)
        self._faults = kept
        return gone
