"""The control routes about writes.

| route | does |
|---|---|
| GET, DELETE effects | write calls and their side effects since the last reset, counted; reset |
| GET, POST, DELETE outcomes | forced outcomes; forces one or a list; takes back all |
| GET, POST, DELETE holds | holds; holds a call at the boundary of its effect; forgets all, held calls are lost |
| POST release | lets a held call go on (`apply`), or be lost |
| GET jobs | all jobs and how they stand |
| GET, POST clock | the time of the team; `advance` lets so many seconds pass |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ..service import Service
from ..writes.holds import HoldOrder
from ..writes.outcomes import Order

_Handler = Callable[[Mapping[str, str], bytes], Any]


class _Release(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    id: int
    apply: bool = True


class _Advance(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    advance: float


def handlers(service: Service) -> dict[tuple[str, str], _Handler]:
    """What answers each of these routes."""

    def force(query: Mapping[str, str], body: bytes) -> Any:
        listed = body.lstrip().startswith(b"[")
        orders = msgspec.json.decode(body if listed else b"[" + body + b"]", type=list[Order])
        for order in orders:
            if order.route not in service.routes:
                raise ValueError(f"no route {order.route!r}")
        shown = [service.outcomes.order(order).shown() for order in orders]
        return shown if listed else shown[0]

    def hold(query: Mapping[str, str], body: bytes) -> Any:
        order = msgspec.json.decode(body or b"{}", type=HoldOrder)
        if order.route is not None and order.route not in service.routes:
            raise ValueError(f"no route {order.route!r}")
        return service.holds.order(order).shown()

    def release(query: Mapping[str, str], body: bytes) -> Any:
        asked = msgspec.json.decode(body, type=_Release)
        held = service.holds.find(asked.id)
        held.release(apply=asked.apply)
        return held.shown()

    def advance(query: Mapping[str, str], body: bytes) -> Any:
        service.advance(msgspec.json.decode(body, type=_Advance).advance)
        return clock(query, body)

    def clock(query: Mapping[str, str], body: bytes) -> Any:
        return {"now": service.clock(), "ahead": service.clock.ahead}

    return {
        ("GET", "effects"): lambda query, body: service.ledger.shown(),
        ("DELETE", "effects"): lambda query, body: service.ledger.reset(),
        ("GET", "outcomes"): lambda query, body: service.outcomes.shown(),
        ("POST", "outcomes"): force,
        ("DELETE", "outcomes"): lambda query, body: {"cleared": service.outcomes.clear()},
        ("GET", "holds"): lambda query, body: service.holds.shown(),
        ("POST", "holds"): hold,
        ("DELETE", "holds"): lambda query, body: {"cleared": service.holds.clear()},
        ("POST", "release"): release,
        ("GET", "jobs"): lambda query, body: service.jobs.shown(),
        ("GET", "clock"): clock,
        ("POST", "clock"): advance,
    }
