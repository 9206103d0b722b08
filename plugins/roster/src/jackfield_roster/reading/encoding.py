"""In which encoding a file is, where the configuration does not say it; and a copy in UTF-8 of one that has no plain lines."""

import codecs
from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO

import msgspec

from jackfield.errors import RemoteContract
from jackfield_roster.reading.budget import Budget
from jackfield_roster.reading.table import Remark

WINDOWS = "cp1252"
_STEP = 1 << 20
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


class Encoding(msgspec.Struct, frozen=True):
    """The encoding of a file, and what there is to say about how it was found."""

    name: str
    remarks: tuple[Remark, ...] = ()


def is_plain(encoding: str) -> bool:
    """Whether the bytes of ASCII stand for themselves in *encoding*, so that lines can be found in it.

    Raises LookupError or UnicodeError for one that is no encoding of text.
    """
    return "a\n,;".encode(encoding).removeprefix(codecs.BOM_UTF8) == b"a\n,;"


def find(opened: BinaryIO, name: str) -> Generator[None, None, Encoding]:
    """The encoding of the file, a step at a time.

    That of its byte order mark; else UTF-8; else, where no letter beyond ASCII is one in UTF-8, that of Windows. Raises
    RemoteContract for bytes that are no text.
    """
    look = opened.read(4096)
    marked = next((encoding for mark, encoding in _MARKS if look.startswith(mark)), None)
    if marked is not None:
        return Encoding(marked, (Remark(f"{name} is read as {marked.upper()}, by its byte order mark", None),))
    if b"\0" in look:
        raise RemoteContract(
            f"{name} has zero bytes, so that it is no text: export it as UTF-8, or set `encoding` to utf-16-le if it is that"
        )
    opened.seek(0)
    wrong = right = False
    decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
    while not (wrong and right):
        block = opened.read(_STEP)
        text = decoder.decode(block, final=not block)
        if not text.isascii():
            letters = set(text)
            wrong |= any("\udc80" <= letter <= "\udcff" for letter in letters)
            right |= any(letter > "\x7f" and not "\ud800" <= letter <= "\udfff" for letter in letters)
        if not block:
            break
        yield
    if not wrong or right:
        return Encoding("utf-8")
    return Encoding(
        WINDOWS,
        (
            Remark(
                f"{name} is not UTF-8; it is read as {WINDOWS}, the encoding of Windows in Western Europe",
                "If letters look wrong, set `encoding`, such as cp1250 or iso-8859-15; or export it as UTF-8.",
            ),
        ),
    )


def transcode(opened: BinaryIO, encoding: str, to: Path, budget: Budget) -> Generator[None]:
    """Write the text of the file to *to* in UTF-8, a step at a time. What is no text becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    opened.seek(0)
    first = True
    with to.open("wb") as out:
        while True:
            block = opened.read(_STEP)
            text = decoder.decode(block, final=not block)
            if first and text:
                text, first = text.removeprefix("\ufeff"), False
            # A lone half of a pair is no text, however it came through.
            content = text.encode("utf-8", "replace")
            budget.written(len(content))
            budget.check_time()
            out.write(content)
            if not block:
                return
            yield
