"""Seals: the verdict on each scope of a snapshot."""

from enum import StrEnum

import msgspec

from jackfield_contracts.since import since

__all__ = ["Seal", "Verdict"]


class Verdict(StrEnum):
    """How far a scope was seen.

    *complete*: read whole, and the application's own count agrees. *unreconciled*: read whole, without a count that
    could confirm it, or with one that differs while other evidence confirms the rows; the reason says which. *partial*:
    after one more read a count is still larger or two routes contradict each other, or the read itself says that it is not
    whole. *unreadable*: a read failed. For the last two, absence means unknown.
    """

    COMPLETE = "complete"
    UNRECONCILED = "unreconciled"
    PARTIAL = "partial"
    UNREADABLE = "unreadable"

    @property
    def whole(self) -> bool:
        """Whether absence from the scope means absence in the application."""
        return self in (Verdict.COMPLETE, Verdict.UNRECONCILED)


@since(1, 0)
class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one scope, with the rows observed, the application's own count, and the reason in words."""

    scope: str
    seal: Verdict
    observed: int
    expected: int | None = None
    reason: str | None = None
