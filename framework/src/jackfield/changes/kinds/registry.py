"""The kinds of changes there are."""

from collections.abc import Mapping
from typing import Any

from jackfield.changes.kinds.access import Grant, Revoke
from jackfield.changes.kinds.account import Create, Delete
from jackfield.changes.kinds.action import Run
from jackfield.changes.kinds.kind import Kind
from jackfield_contracts import Change

_KINDS: tuple[Kind[Any], ...] = (Grant(), Revoke(), Create(), Delete(), Run())
_BY_CHANGE: Mapping[type[Change], Kind[Any]] = {kind.change: kind for kind in _KINDS}


def kind_of(change: Change) -> Kind[Any]:
    """What kind *change* is of."""
    return _BY_CHANGE[type(change)]


def limit_names() -> tuple[str, ...]:
    """What limits count: a change of something privileged counts as *privileged* beside its own kind."""
    return tuple(dict.fromkeys(name for kind in _KINDS for name in kind.counts))
