"""Bounds on exports that the configuration can move."""

from typing import Annotated

import msgspec
from msgspec import Meta

Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]


class Bounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds on the exports, so that none of them fills the memory or the disk, or is read for ever."""

    file_mb: Annotated[Count, Meta(description="Size of an export in megabytes.")] = 4096
    rows: Annotated[Count, Meta(description="Lines or rows of an export.")] = 5_000_000
    row_kb: Annotated[Count, Meta(description="Size of one row in kilobytes, with all its cells.")] = 1024
    unpacked_mb: Annotated[
        Count,
        Meta(
            description="Size in megabytes to which a workbook may unpack, and of the copy that is made of a sheet or of a"
            " file in UTF-16."
        ),
    ] = 2048
    unpack_seconds: Annotated[
        float, Meta(gt=0, le=86_400, description="Time in seconds that such a copy may take.")
    ] = 600.0

    @property
    def row_bytes(self) -> int:
        """The size of one row in bytes."""
        return self.row_kb << 10

    @property
    def unpacked_bytes(self) -> int:
        """The size of what is unpacked, and of a copy, in bytes."""
        return self.unpacked_mb << 20
