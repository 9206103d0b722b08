"""Exports: a snapshot as a file for other programs.

Promises that a target is written whole or not at all, and that each format says what is not complete. Hides the formats,
which are plugins behind ``jackfield.exporters.v1``.
"""

from jackfield.exports.csvtable import GRANT_COLUMNS
from jackfield.exports.jsonl import write_jsonl
from jackfield.exports.objects import (
    carried_object,
    change_object,
    entitlement_object,
    grant_object,
    resource_object,
)
from jackfield.exports.target import open_target

__all__ = [
    "GRANT_COLUMNS",
    "carried_object",
    "change_object",
    "entitlement_object",
    "grant_object",
    "open_target",
    "resource_object",
    "write_jsonl",
]
