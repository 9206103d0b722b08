"""The kinds of changes there are."""

from collections.abc import Mapping
from typing import Any

from jackfield.changes.kinds.access import Grant, Revoke
from jackfield.changes.kinds.account import Create, Delete
from jackfield.changes.kinds.action import Run
from jackfield.changes.kinds.kind import Kind
from jackfield_contracts import Change, CreateAccount, DeleteAccount, GrantAccess, RevokeAccess, RunAction

_KINDS: Mapping[type[Change], Kind[Any]] = {
    GrantAccess: Grant(),
    RevokeAccess: Revoke(),
    CreateAccount: Create(),
    DeleteAccount: Delete(),
    RunAction: Run(),
}


def kind_of(change: Change) -> Kind[Any]:
    """What kind *change* is of."""
    return _KINDS[type(change)]
