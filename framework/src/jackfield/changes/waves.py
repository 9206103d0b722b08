"""Which changes of a plan come after which: a pure function."""

from collections.abc import Sequence

from jackfield.changes.goals import View
from jackfield_contracts import (
    CreateAccount,
    DeleteAccount,
    GrantAccess,
    PlannedChange,
    ResourceId,
    RevokeAccess,
)


def waves(changes: Sequence[PlannedChange], view: View) -> list[list[PlannedChange]]:
    """*changes* in waves, so that of those that depend on one another each sees what the one before it did."""
    found: list[list[PlannedChange]] = []
    by_key: dict[object, int] = {}
    touched: dict[ResourceId, int] = {}
    altered: dict[ResourceId, int] = {}
    for planned in changes:
        change = planned.change
        if isinstance(change, GrantAccess | RevokeAccess):
            entitlement = view.entitlement(change.entitlement)
            group = entitlement.exclusive.set if entitlement and entitlement.exclusive else str(change.entitlement)
            key, who, alters = (group, change.principal), change.principal, False
        elif isinstance(change, CreateAccount):
            key, who, alters = (str(sorted(change.arguments.items())), change.type), None, False
        else:
            account = change.account if isinstance(change, DeleteAccount) else planned.before.account or change.account
            key, who, alters = account or planned.id, account, True
        wave = by_key.get(key, -1) + 1
        if who is not None:
            wave = max(wave, (touched if alters else altered).get(who, -1) + 1)
            touched[who] = max(touched.get(who, -1), wave)
            if alters:
                altered[who] = wave
        by_key[key] = wave
        while len(found) <= wave:
            found.append([])
        found[wave].append(planned)
    return found
