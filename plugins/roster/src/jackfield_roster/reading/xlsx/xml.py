"""XML as a stream of events in bounded memory, by the parser of the standard library.

What is larger or deeper than any workbook, or declares entities, ends with RemoteContract.
"""

from collections.abc import Generator, Iterable
from typing import Any
from xml.parsers import expat

from jackfield_roster.reading.xlsx.archive import Parts, damaged

_MOST_DEPTH = 64
_MOST_TOKEN = 1 << 20
"""Bytes of one tag or the like; texts come in pieces."""
_MOST_NAMES = 10_000
"""Names of elements and attributes, each of which the parser keeps; the whole format has some hundred."""

_ENCODINGS = ("utf-8", "utf-16", "utf-16le", "utf-16be", "iso-8859-1", "us-ascii")
"""Those that the parser knows itself."""


class Handler:
    """What becomes of elements: their names come without prefix, and so do those of attributes."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """It ends."""

    def text(self, text: str) -> None:
        """A piece of text within it."""


def parse(parts: Parts, part: str, handler: Handler) -> Generator[None]:
    """Feed *handler* with the part, a block at a time. Raises RemoteContract for what is no XML of a workbook."""
    yield from _Parser(parts.name, part, handler).run(parts.blocks(part))


class _Parser:
    def __init__(self, name: str, part: str, handler: Handler) -> None:
        self._name = name
        self._part = part
        self._handler = handler
        self._depth = 0
        self._quiet = 0
        self._names: dict[str, str] = {}
        parser = expat.ParserCreate(intern=self._names)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        parser.XmlDeclHandler = self._declaration
        self._parser = parser

    def run(self, blocks: Iterable[bytes]) -> Generator[None]:
        try:
            for block in blocks:
                self._quiet += len(block)
                self._parser.Parse(block, False)
                if self._quiet > _MOST_TOKEN:
                    raise self._damaged("it has a tag of more than a megabyte")
                if len(self._names) > _MOST_NAMES:
                    raise self._damaged(f"it has more than {_MOST_NAMES:,} kinds of elements")
                yield
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise self._damaged(f"line {error.lineno} is no XML") from error
        finally:
            # The parser and its callbacks would hold each other.
            self._parser.StartElementHandler = self._parser.EndElementHandler = None
            self._parser.CharacterDataHandler = self._parser.StartDoctypeDeclHandler = None
            self._parser.XmlDeclHandler = None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._quiet = 0
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise self._damaged(f"its elements are nested more than {_MOST_DEPTH} deep")
        if ":" in name:
            name = name.rpartition(":")[2]
        self._handler.start(name, attributes)

    def _end(self, name: str) -> None:
        self._quiet = 0
        self._depth -= 1
        if ":" in name:
            name = name.rpartition(":")[2]
        self._handler.end(name)

    def _text(self, text: str) -> None:
        self._quiet = 0
        self._handler.text(text)

    def _doctype(self, *_: Any) -> None:
        raise self._damaged("it declares a document type, which could hide entities")

    def _declaration(self, _: str, encoding: str | None, __: int) -> None:
        # The parser would ask Python for any other, and fail by itself where that knows none of the kind.
        if encoding is not None and encoding.lower() not in _ENCODINGS and not _is_of_single_bytes(encoding):
            raise self._damaged(f"it is in an encoding that is not known, {encoding[:100]!a}")

    def _damaged(self, why: str) -> Exception:
        return damaged(self._name, f"its part {self._part[:100]!a}: {why}")


def _is_of_single_bytes(encoding: str) -> bool:
    try:
        return len(bytes(range(256)).decode(encoding, "replace")) == 256
    except (LookupError, ValueError):
        return False
