"""The importer ``c1z``: what announces it, without what it takes to read."""

from collections.abc import Iterator

from jackfield.hookspecs import ExportOption, Import, ImporterType
from jackfield_contracts import Page

_MAGIC = b"C1Z"


def _read(of: Import) -> Iterator[Page]:
    from jackfield_c1.c1z.reader import read_c1z

    return read_c1z(of)


IMPORTER = ImporterType(
    name="c1z",
    display_name="the newest sync of a .c1z file, version 1",
    suffix=".c1z",
    read=_read,
    options=(
        ExportOption(name="most_bytes", description="the database inside may have so many bytes", default="3221225472"),
        ExportOption(
            name="most_ratio",
            description="it may be so many times as large as the file, if it is larger than 64 MiB",
            default="200",
        ),
    ),
    recognises=lambda head: head.startswith(_MAGIC),
)
