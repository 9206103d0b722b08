"""What the platform is told of a task: done with an answer, or failed with a code and the reason.

Promises that nothing counts as done that the journal does not have as changed or already so.
"""

from collections.abc import Callable, Sequence

import msgspec
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2

from jackfield.errors import (
    BadConfig,
    BadCredentials,
    BadStorage,
    Busy,
    JackfieldError,
    MissingPermission,
    NotFound,
    RateLimited,
    Refused,
    Transient,
    Unsupported,
)
from jackfield_c1.proto import baton_pb2
from jackfield_contracts import JournalEntry, JournalStatus, OutcomeKind

_DOMAIN = "github.com/conductorone/baton-sdk"
_CANCELLED = "grant_cancelled"
_LONGEST = 2000


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """How a task is finished: by ``response`` where it is done, else by ``code`` and ``message``; ``note`` is for the log."""

    response: Message | None = None
    annotations: tuple[Message, ...] = ()
    code: int = code_pb2.OK
    message: str = ""
    details: tuple[Message, ...] = ()
    retryable: bool = False
    note: str | None = None

    @property
    def result(self) -> str:
        """One word of it, for metrics."""
        return "done" if self.code == code_pb2.OK else code_pb2.Code.Name(self.code).lower()  # pyright: ignore[reportArgumentType]

    def request(self, task: str) -> baton_pb2.BatonServiceFinishTaskRequest:
        """What is sent."""
        kind = baton_pb2.BatonServiceFinishTaskRequest
        made = kind(task_id=task)
        if self.code == code_pb2.OK:
            made.success.SetInParent()
            made.success.annotations.extend(packed(each) for each in self.annotations)
            if self.response is not None:
                made.success.response.CopyFrom(packed(self.response))
            return made
        made.status.code = self.code
        made.status.message = self.message[:_LONGEST]
        made.status.details.extend(packed(each) for each in self.details)
        made.error.non_retryable = not self.retryable
        return made


def packed(message: Message) -> Any:
    """*message* as an ``Any``."""
    made = Any()
    made.Pack(message)
    return made


def failed(code: int, message: str, *, retryable: bool = False, details: Sequence[Message] = ()) -> Answer:
    """A task that could not be carried out."""
    return Answer(code=code, message=message, retryable=retryable, details=tuple(details))


def not_implemented(what: str) -> Answer:
    """A task that is not offered here."""
    return failed(code_pb2.UNIMPLEMENTED, f"{what} is not implemented")


def of_error(error: JackfieldError) -> Answer:
    """What became of a task that ended with *error*. Its hint is for whoever has a command line."""
    codes: tuple[tuple[type[JackfieldError], int, bool], ...] = (
        (BadCredentials, code_pb2.UNAUTHENTICATED, True),
        (MissingPermission, code_pb2.PERMISSION_DENIED, False),
        (NotFound, code_pb2.NOT_FOUND, False),
        (Refused, code_pb2.FAILED_PRECONDITION, False),
        (Unsupported, code_pb2.FAILED_PRECONDITION, False),
        (RateLimited, code_pb2.UNAVAILABLE, True),
        (Transient, code_pb2.UNAVAILABLE, True),
        (BadStorage, code_pb2.UNAVAILABLE, True),
        (Busy, code_pb2.UNAVAILABLE, True),
        (BadConfig, code_pb2.FAILED_PRECONDITION, False),
    )
    for kind, code, retryable in codes:
        if isinstance(error, kind):
            return failed(code, error.told, retryable=retryable)
    return failed(code_pb2.UNKNOWN, error.told, retryable=error.exit_code == 75)


def of_entry(
    entry: JournalEntry,
    *,
    done: Callable[[JournalEntry], Message],
    already: Callable[[JournalEntry], Message],
    cancels: bool = False,
) -> Answer:
    """What became of a change: *done* makes the answer where it is made, *already* where it was so before.

    *cancels*: it is a grant, of which the platform takes a refusal for the end of the request.
    """
    outcome = entry.outcome
    if entry.status is not JournalStatus.SETTLED or outcome is None or outcome.outcome is OutcomeKind.PENDING:
        why = f": {outcome.reason}" if outcome is not None and outcome.reason else ""
        return failed(code_pb2.UNAVAILABLE, f"pending, and not known to be made yet{why}", retryable=True)
    why = outcome.reason or "no reason is known"
    if outcome.outcome is OutcomeKind.CHANGED:
        return Answer(response=done(entry))
    if outcome.outcome is OutcomeKind.ALREADY:
        return Answer(response=already(entry))
    if outcome.outcome is OutcomeKind.REFUSED:
        reason = error_details_pb2.ErrorInfo(reason=_CANCELLED, domain=_DOMAIN, metadata={"reason": why})
        return failed(code_pb2.FAILED_PRECONDITION, f"refused: {why}", details=[reason] if cancels else [])
    if outcome.outcome is OutcomeKind.UNVERIFIED:
        return failed(code_pb2.UNKNOWN, f"unverified, so that it is not known whether it was made: {why}")
    # As the platform has it, no failed change is marked as to be tried again; where it is delivered again, it is.
    code = code_pb2.UNAVAILABLE if outcome.retryable else code_pb2.INTERNAL
    return failed(code, f"failed, and nothing was changed: {why}")
