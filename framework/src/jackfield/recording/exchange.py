"""The form of a recording: lines of JSON, the first of which says what it is, one for each request with its answer.

Promises that a recording whose writing was cut off can be read up to there, and is not taken for a whole one; hides how
lines are told apart.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, TypeVar

import msgspec
from msgspec import Meta

from jackfield.errors import BadConfig
from jackfield.files.foreign import open_foreign
from jackfield.visible import visible

T = TypeVar("T")

FORMAT = 1

MOST_BYTES = 268_435_456
"""How large a recording may be unless the reader says otherwise; read, it takes many times that of memory."""


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

    number: Annotated[int, Meta(ge=0)]
    at: Annotated[float, Meta(ge=0, le=1e9)]
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


class End(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last line, once the command has ended: how many requests left, ``lost`` of which are not in the file."""

    ended: Literal[True] = True
    requests: Annotated[int, Meta(ge=0)]
    lost: Annotated[int, Meta(ge=0)]


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that was read. ``end`` None: its writing was cut off, by the end of the command or of the space."""

    head: Head
    exchanges: tuple[Exchange, ...]
    end: End | None = None

    @property
    def whole(self) -> bool:
        """Whether every request of the command is in it."""
        return self.end is not None and not self.end.lost


def read_recording(file: Path, *, most: int = MOST_BYTES) -> Recorded:
    """What *file* holds; raises BadConfig where it is no recording, is larger than *most* bytes, or cannot be read."""
    with open_foreign(file, what="the recording", hint="Name a file that `jackfield --record` wrote.") as stream:
        return _read(_lines(stream, file, most), file)


def _lines(stream: BinaryIO, file: Path, most: int) -> Iterator[bytes]:
    """The lines of *stream*; what has no end is not waited for."""
    left = most
    while line := stream.readline(left + 1):
        left -= len(line)
        if left < 0:
            raise BadConfig(f"the recording {file} is too large: more than {most:,} bytes", path=str(file))
        yield line


def _read(lines: Iterator[bytes], file: Path) -> Recorded:
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
    exchanges: list[Exchange] = []
    end: End | None = None
    for number, line in enumerate(lines, 2):
        end = None  # which it is at the end of the file only
        if not line.endswith(b"\n"):
            break
        if line.startswith(_ENDED):
            end = _decoded(_END, line, number, file)
        else:
            exchanges.append(_decoded(_EXCHANGE, line, number, file))
    return Recorded(head=head, exchanges=tuple(exchanges), end=end)


def _decoded(decoder: "msgspec.json.Decoder[T]", line: bytes, number: int, file: Path) -> T:
    try:
        return decoder.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadConfig(
            f"line {number} of the recording {file} is not understood: {visible(str(error))}", path=str(file)
        ) from None


_ENDED = b'{"ended":'
_EXCHANGE = msgspec.json.Decoder(Exchange)
_END = msgspec.json.Decoder(End)
