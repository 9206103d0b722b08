"""All presumptions of the connector, in the order of its modules; `docs/reference/dropbox-presumptions.md` is made of them."""

from typing import Final

from jackfield_dropbox import (
    activity,
    api,
    creating,
    deleting,
    groups,
    jobs,
    listed,
    lookups,
    memberships,
    model,
    people,
    sifting,
    state,
    sync,
    unlisted_roles,
    wire,
    writes,
)
from jackfield_dropbox.presumption import Presumption

_READING: Final = (model, sync, listed, unlisted_roles, lookups, sifting, wire, api, activity)
_WRITING: Final = (state, people, memberships, groups, creating, deleting, writes, jobs)


def reading() -> tuple[Presumption, ...]:
    """Those that a sync counts on."""
    return tuple(each for module in _READING for each in module.PRESUMES)


def writing() -> tuple[Presumption, ...]:
    """Those that changes count on."""
    return tuple(each for module in _WRITING for each in module.PRESUMES)
