"""The exporter ``c1z``: what announces it, without what it takes to write."""

from typing import BinaryIO

from jackfield.hookspecs import Export, ExporterType


def _write(export: Export, to: BinaryIO) -> int:
    from jackfield_c1.c1z.writer import write_c1z

    written = write_c1z(export, to)
    for warning in written.warnings:
        export.warn(warning)
    return written.resources + written.entitlements + written.grants


EXPORTER = ExporterType(
    name="c1z",
    display_name="a sync for the C1 platform and the baton command",
    suffix=".c1z",
    write=_write,
    rows="row",
)
