"""How much one call may ask for, where a switch bounds it."""

from __future__ import annotations

from ..behaviour import MOST_A_CALL
from ..wire.answers import RejectedError, bad_request, html


def too_many(route: str, rule: str, asked: int) -> None:
    """Refuses a call, or fails, where *rule* has it and more is asked for than one call may."""
    if rule == "any" or asked <= MOST_A_CALL:
        return
    if rule == "refuses_many":
        raise RejectedError(bad_request(route, f"request body: list has more than {MOST_A_CALL} items"))
    raise RejectedError(html(500, "Internal Server Error", "An internal error occurred."))
