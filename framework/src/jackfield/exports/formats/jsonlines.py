"""JSON Lines: the whole snapshot, one object a line."""

from typing import BinaryIO

from jackfield.exports.jsonl import write_jsonl
from jackfield.exports.opened import of_host
from jackfield.hookspecs import Export, ExporterType


def write(export: Export, to: BinaryIO) -> int:
    """Write the snapshot itself, then its resources, entitlements and grants; how many lines."""
    return write_jsonl(of_host(export).opened, to)


EXPORTER = ExporterType(
    name="jsonl", display_name="the whole snapshot, one JSON object a line", suffix=".jsonl", write=write
)
