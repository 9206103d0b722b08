"""What a refusal of the provider means for a change: one table, by the provider's own word.

The word is ``scimType`` (RFC 7644, 3.12), or ``http_`` and the status of an error document without one. No text decides.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from jackfield.errors import Refused
from jackfield_contracts import Outcome, OutcomeKind

PRECONDITION: Final = "http_412"
NO_TARGET: Final = "notarget"
UNIQUENESS: Final = "uniqueness"
NOT_FOUND: Final = "http_404"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of the change."""

    outcome: OutcomeKind
    sentence: str
    retryable: bool = False
    understood: bool = True


def _refused(sentence: str) -> Verdict:
    return Verdict(outcome=OutcomeKind.REFUSED, sentence=sentence)


_UNKNOWN: Final = Verdict(
    outcome=OutcomeKind.FAILED, sentence="The provider refused by a word that is not SCIM's.", understood=False
)

TABLE: Final[Mapping[str, Verdict]] = {
    UNIQUENESS: _refused("Another resource has a value that has to be unique, such as the user name."),
    "mutability": _refused("The provider lets nobody change this attribute."),
    "invalidvalue": _refused("The provider does not take one of the values, or asks for one that is missing."),
    "invalidsyntax": _refused("The provider does not take a request of this form; settings are for such providers."),
    "invalidpath": _refused("The provider does not know the attribute, or this way to name it."),
    "invalidfilter": _refused("The provider does not take the filter by which the value is named."),
    NO_TARGET: _refused("The provider has not the value that is to be changed."),
    "toomany": _refused("The provider finds that this concerns too many resources."),
    "sensitive": _refused("The provider does not take personal values in an address."),
    "invalidvers": _refused("The provider speaks another version of the protocol."),
    "http_400": _refused("The provider refused the request and gives no reason for programs."),
    NOT_FOUND: _refused("The provider does not know it."),
    "http_409": _refused("The provider says that it conflicts with what there is, and gives no reason for programs."),
    "http_410": _refused("The provider says that it is gone."),
    PRECONDITION: Verdict(
        outcome=OutcomeKind.FAILED,
        sentence="It was changed by somebody else at the same time, each time that it was tried; nothing was done.",
        retryable=True,
    ),
    "http_413": _refused("The request is larger than the provider allows."),
    "http_422": _refused("The provider refused the values and gives no reason for programs."),
    "http_423": _refused("The provider has it locked."),
}


def decided(error: Refused, request_ids: tuple[str, ...] = ()) -> Outcome:
    """The outcome of a change that was refused by *error*."""
    return msgspec.structs.replace(decided_by(error.tag or "unknown"), request_ids=request_ids)


def decided_by(tag: str) -> Outcome:
    """The outcome of a change that is refused by this word."""
    verdict = TABLE.get(tag.lower(), _UNKNOWN)
    return Outcome(
        outcome=verdict.outcome,
        reason=verdict.sentence,
        tag=tag,
        retryable=verdict.retryable,
        understood=verdict.understood,
    )


def refused(tag: str, sentence: str) -> Outcome:
    """A refusal of the connector's own."""
    return Outcome(outcome=OutcomeKind.REFUSED, tag=tag, reason=sentence)


def changed() -> Outcome:
    """The provider says that it is done."""
    return Outcome(outcome=OutcomeKind.CHANGED)


def already(sentence: str) -> Outcome:
    """It was so."""
    return Outcome(outcome=OutcomeKind.ALREADY, reason=sentence)


def word(error: Refused) -> str:
    """The provider's word in small letters."""
    return (error.tag or "").lower()
