"""Since when an account is pending, by the snapshots before."""

from datetime import datetime
from typing import NamedTuple

from jackfield.findings.known import Known, moment_of
from jackfield_contracts import AccountStatus, ResourceId, UserTrait


class Before(NamedTuple):
    """The oldest snapshot, of those looked at, in which an account was pending: its run and time, and the scope."""

    run: str
    taken: datetime
    scope: str


def pending_since(known: Known, account: ResourceId, limit: datetime) -> Before | None:
    """The oldest snapshot before this one from which on *account* was pending in each that saw it.

    Looks back no further than to the first one from before *limit*.
    """
    found: Before | None = None
    for snapshot in known.earlier():
        if not snapshot.header.taken:
            continue  # an imported file that does not say when it was made
        row = snapshot.resource(account)
        if row is not None and row.carried is None:
            trait = row.resource.trait
            if not isinstance(trait, UserTrait) or trait.status is not AccountStatus.PENDING:
                return found
            found = Before(snapshot.header.run, moment_of(snapshot.header.taken), row.resource.scope)
            if found.taken < limit:
                return found
        elif row is None:
            return found
    return found
