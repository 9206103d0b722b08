"""What an importer is: the type that announces it, and what it is called with. All of it is given out by ``hookspecs``."""

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, Protocol

import msgspec

from jackfield.clock import Clock
from jackfield.exporterspecs import ExportOption
from jackfield_contracts import Page

__all__ = ["Import", "ImporterType"]


class Import(Protocol):
    """What an importer is called with: one file, open for reading, that becomes a snapshot of a connection."""

    @property
    def connection(self) -> str:
        """The name of the connection."""
        ...

    @property
    def name(self) -> str:
        """The file as it was named, for messages."""
        ...

    @property
    def file(self) -> BinaryIO:
        """The content, at its beginning; it can be wound back. Somebody else may have written it: nothing of it is believed."""
        ...

    @property
    def options(self) -> Mapping[str, str]:
        """The options that the importer declares, as given or with their defaults."""
        ...

    @property
    def clock(self) -> Clock:
        """The host's clock: what time it is."""
        ...


class ImporterType(msgspec.Struct, frozen=True, kw_only=True):
    """The light, static object behind an importer's entry point: importing it imports no library of the format.

    ``read(of)`` gives the rows of the file page by page, each some thousands of them: an iterator that holds no more than a
    page. The pages are as those of a connector, in this much: a scope is opened by the page that has its first row, or
    before; ``next`` and the families of scopes say nothing here. What the file does not have whole stands in ``incomplete``:
    no scope of an import is sealed more than *unreconciled*. ``tenant`` is the account that the file is of, where it says so, and
    ``as_of`` when it was written. ``read`` raises BadConfig for a file that can't be understood.

    ``recognises`` says of the first 512 bytes of a file whether it is one of this format. ``needs`` and ``api`` are as those
    of an exporter.
    """

    name: str
    display_name: str
    suffix: str
    read: Callable[[Import], Iterator[Page]]
    recognises: Callable[[bytes], bool]
    needs: Mapping[str, str] = {}
    options: tuple[ExportOption, ...] = ()
    api: tuple[int, int] = (1, 3)
    docs: str = ""
