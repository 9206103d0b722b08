"""Outcomes that a test forces: any tag of any route, those of tomorrow included."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ..wire.answers import Answer, encode, route_error
from ..wire.schema import Json

ADD = "team/members/add_v2"
ADD_STATUS = "team/members/add/job_status/get_v2"
REMOVE_STATUS = "team/members/remove/job_status/get"
GROUPS_STATUS = "team/groups/job_status/get"
GROUPS_ADD = "team/groups/members/add"
GROUPS_REMOVE = "team/groups/members/remove"

_STATUS = (ADD_STATUS, REMOVE_STATUS, GROUPS_STATUS)
_POLLED = ("in_progress", "complete", "failed")
# These tags carry those of the users whom the refusal is about.
_LISTS = {
    GROUPS_ADD: ("members_not_in_team", "users_not_found", "user_cannot_be_manager_of_company_managed_group"),
    GROUPS_REMOVE: ("members_not_in_team", "users_not_found"),
}

Where = Literal["error", "result", "item"]


class Order(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The next `times` calls of a route end in this tag (null: all of them).

    `where` is the 409 (`error`), the union of the 200 (`result`), or a person's union in members/add_v2 (`item`, of
    which `times` counts persons, and `email` may name one). It need not be given. `value` is what the tag carries;
    without it, it carries what Dropbox's does. With `applied` the change is made nevertheless.
    """

    route: str
    tag: str
    times: int | None = 1
    where: Where | None = None
    value: Any = None
    email: str = ""
    applied: bool = False


class Outcome(msgspec.Struct, kw_only=True):
    """An order and how often it has been carried out."""

    id: int
    order: Order
    where: Where
    fired: int = 0

    def answer(self, arg: Json) -> Answer:
        """The answer to the whole call."""
        order = self.order
        value = _carried(order, arg) if order.value is None else order.value
        if self.where == "error":
            return route_error(order.tag, value)
        return Answer(body=encode(_tagged(order.tag, value)))

    def item(self, email: str) -> bytes:
        """The union for one person of members/add_v2."""
        return encode(_tagged(self.order.tag, email if self.order.value is None else self.order.value))

    def shown(self) -> dict[str, Any]:
        """The outcome as `GET /_sim/outcomes` shows it."""
        return {"id": self.id, "fired": self.fired, **msgspec.to_builtins(self.order), "where": self.where}


class Outcomes:
    """All forced outcomes, in the order in which they were ordered."""

    def __init__(self) -> None:
        self._outcomes: list[Outcome] = []
        self._ids = 0

    def order(self, order: Order) -> Outcome:
        """Notes an order."""
        if order.times is not None and order.times < 1:
            raise ValueError("times must be at least 1, or null")
        where = order.where or _where(order)
        if where == "item" and order.route != ADD:
            raise ValueError(f"{order.route} has no items")
        if order.email and where != "item":
            raise ValueError("an e-mail is for the items of members/add_v2 only")
        self._ids += 1
        outcome = Outcome(id=self._ids, order=order, where=where)
        self._outcomes.append(outcome)
        return outcome

    def take(self, route: str) -> Outcome | None:
        """The outcome that a call of the route is to have, which is counted."""
        return self._take(outcome for outcome in self._outcomes if _due(outcome, route) and outcome.where != "item")

    def take_item(self, route: str, email: str) -> Outcome | None:
        """The outcome that is forced for one person, which is counted."""
        return self._take(
            outcome
            for outcome in self._outcomes
            if _due(outcome, route)
            and outcome.where == "item"
            and outcome.order.email.casefold() in ("", email.casefold())
        )

    def shown(self) -> list[dict[str, Any]]:
        """All orders, those that are used up included."""
        return [outcome.shown() for outcome in self._outcomes]

    def clear(self) -> int:
        """Takes back all orders; gives how many."""
        gone, self._outcomes = len(self._outcomes), []
        return gone

    def _take(self, due: Any) -> Outcome | None:
        found: Outcome | None = next(due, None)
        if found is not None:
            found.fired += 1
        return found


def _due(outcome: Outcome, route: str) -> bool:
    order = outcome.order
    return order.route == route and (order.times is None or outcome.fired < order.times)


def _where(order: Order) -> Where:
    if order.route == ADD:
        return "item"
    return "result" if order.route in _STATUS and order.tag in _POLLED else "error"


def _tagged(tag: str, value: Any) -> dict[str, Any]:
    return {".tag": tag} if value is None else {".tag": tag, tag: value}


def _carried(order: Order, arg: Json) -> Any:
    if order.tag in _LISTS.get(order.route, ()):
        users = arg["users"] if "users" in arg else [member["user"] for member in arg["members"]]
        return [value for _, value in users]
    if order.route == ADD_STATUS and order.tag in ("failed", "complete"):
        return "The job failed." if order.tag == "failed" else []
    return None
