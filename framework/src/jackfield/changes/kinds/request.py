"""Requests: one change as people ask for it, by names, and how it becomes a change of one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from jackfield_contracts import Change

if TYPE_CHECKING:
    from jackfield.changes.kinds.operations import Operations
    from jackfield.changes.resolve import Resolved


class Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """One change as it is asked for, and why (``reason``). ``place`` says where, such as the line of a file.

    A subclass is tagged with the kind that people write down, and has its keys as fields, those that are needed without a
    default: each a text, true or false, or the table ``arguments``, whose values are texts, or what JSON and TOML can hold.
    """

    place: str = ""
    reason: str = ""

    @property
    def kind(self) -> str:
        """What people write down for it."""
        return str(self.__struct_config__.tag)

    def entitlements(self) -> tuple[str, ...]:
        """The names of entitlements that are to be looked up."""
        return ()

    def principals(self, operations: Operations) -> tuple[str, ...]:
        """The names of people that are to be looked up."""
        return ()

    def holders(self, operations: Operations) -> tuple[str, ...]:
        """The names of people and groups that are to be looked up, as those who hold something."""
        return ()

    def change(self, resolved: Resolved, operations: Operations) -> Change:
        """What it means to the connection; raises BadConfig, NotFound or Unsupported."""
        # A Struct has no abstract methods; tests/test_kinds_of_changes.py holds that each request has its own.
        raise NotImplementedError
