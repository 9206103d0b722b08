"""Exit codes of results; those of errors are on the errors themselves."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jackfield_contracts import Outcome

OK = 0
BAD_CONFIG = 2
SIGN_IN = 3
NOT_PERMITTED = 4
REFUSED = 5
NOT_UNDERSTOOD = 6
UNSUPPORTED = 7
INCOMPLETE = 8
HELD = 9
PENDING = 10
UNVERIFIED = 11
FAILED = 12
BUSY = 13
OUTDATED = 14
FOUND = 15
BUG = 70
RETRY = 75
INTERRUPTED = 130
BROKEN_PIPE = 141
TERMINATED = 143

_WORST_FIRST = (SIGN_IN, NOT_PERMITTED, FAILED, RETRY, UNVERIFIED, REFUSED, OUTDATED, PENDING)
_OF_FAILURES = {"bad_credentials": SIGN_IN, "missing_permission": NOT_PERMITTED}
"""By the tag of a failure that is an error of the host's."""
_OF_OUTCOMES = {
    "changed": OK,
    "already": OK,
    "pending": PENDING,
    "refused": REFUSED,
    "failed": FAILED,
    "unverified": UNVERIFIED,
}


_SYNCS_WORST_FIRST = (
    BUG,
    BAD_CONFIG,
    SIGN_IN,
    NOT_PERMITTED,
    REFUSED,
    NOT_UNDERSTOOD,
    UNSUPPORTED,
    FAILED,
    BUSY,
    RETRY,
)
_SYNCS_PUBLISHED = (HELD, INCOMPLETE, OK)


def of_syncs(codes: "Iterable[int]") -> int:
    """The exit code of many syncs: that of the worst. What needs a person comes before what may pass by itself."""
    order = {code: place for place, code in enumerate((*_SYNCS_WORST_FIRST, *_SYNCS_PUBLISHED))}
    return min(codes, key=lambda code: order.get(code, -1), default=OK)


def of_outcome(outcome: "Outcome | None") -> int:
    """The exit code of one outcome; without one it is not known what became of the change."""
    if outcome is None:
        return UNVERIFIED
    if outcome.outcome == "failed" and outcome.retryable:
        return RETRY
    if outcome.outcome == "failed" and outcome.tag in _OF_FAILURES:
        return _OF_FAILURES[outcome.tag]
    if outcome.outcome == "refused" and outcome.tag == "drifted":
        return OUTDATED
    return _OF_OUTCOMES[outcome.outcome.value]


def of_outcomes(outcomes: "Iterable[Outcome | None]") -> int:
    """The exit code of many outcomes: that of the worst. Failed is worst, and 75 only if trying again may help them all."""
    codes = {of_outcome(outcome) for outcome in outcomes}
    return min(codes - {OK}, key=_WORST_FIRST.index, default=OK)
