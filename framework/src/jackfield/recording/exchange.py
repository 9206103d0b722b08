"""The form of a recording: lines of JSON, the first of which says what it is, one for each request with its answer.

Promises that a recording whose writing was cut off can be read up to there; hides how lines are told apart.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

import msgspec
from msgspec import Meta

from jackfield.errors import BadConfig
from jackfield.files.foreign import open_foreign

FORMAT = 1


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a body: JSON as ``value``, the pairs of a ``form``, nothing, or of any other its ``size``.

    ``broken``: it was to be JSON and is none.
    """

    kind: Literal["none", "json", "form", "broken", "other"]
    value: Any = None
    form: tuple[tuple[str, str], ...] = ()
    size: Annotated[int, Meta(ge=0)] = 0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer."""

    status: Annotated[int, Meta(ge=200, le=599)]
    headers: dict[str, str]
    body: Body


class Exchange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request and its answer, in the order in which the answers came.

    ``number`` counts requests in the order in which they left, ``at`` the seconds until then. ``query`` has null for a secret.
    ``prefix`` is what stands before the route ``path``. Without an answer, ``failed`` names the class of the error.
    """

    number: int
    at: float
    connection: str
    connector: str
    method: str
    host: str
    path: str
    prefix: str = ""
    query: tuple[tuple[str, str | None], ...] = ()
    headers: dict[str, str] = {}
    body: Body = Body(kind="none")
    answer: Answer | None = None
    failed: str = ""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line."""

    jackfield_recording: int
    version: str


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that was read. ``whole``: its last line was not cut off."""

    head: Head
    exchanges: tuple[Exchange, ...]
    whole: bool


def read_recording(file: Path) -> Recorded:
    """What *file* holds; raises BadConfig where it is no recording, or cannot be read."""
    with open_foreign(file, what="the recording", hint="Name a file that `jackfield --record` wrote.") as stream:
        return _read(stream, file)


def _read(stream: BinaryIO, file: Path) -> Recorded:
    lines = iter(stream)
    try:
        head = msgspec.json.decode(next(lines, b""), type=Head)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise BadConfig(
            f"{file} is no recording", path=str(file), hint="`jackfield --record FILE` makes one."
        ) from None
    if head.jackfield_recording != FORMAT:
        raise BadConfig(
            f"{file} is a recording of another form ({head.jackfield_recording})",
            path=str(file),
            hint="Read it with the Jackfield that wrote it, or upgrade.",
        )
    whole = True
    exchanges: list[Exchange] = []
    for number, (line, ended) in enumerate(_lines(lines), 2):
        if not ended:
            whole = False
            break
        try:
            exchanges.append(_DECODER.decode(line))
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise BadConfig(
                f"line {number} of the recording {file} is not understood: {error}", path=str(file)
            ) from None
    return Recorded(head=head, exchanges=tuple(exchanges), whole=whole)


def _lines(lines: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    for line in lines:
        yield line, line.endswith(b"\n")


_DECODER = msgspec.json.Decoder(Exchange)
