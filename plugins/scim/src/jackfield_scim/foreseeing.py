"""What is known to be refused before anything is asked for, for dry runs and plans that are shown."""

from collections.abc import Sequence

from jackfield_contracts import Change, DeleteAccount, GrantAccess, Outcome, ResourceId, RunAction
from jackfield_scim import accounts, lookups, wire
from jackfield_scim.api import Api
from jackfield_scim.arguments import USER_NAME
from jackfield_scim.outcomes import UNIQUENESS, decided_by, refused


async def foresee(api: Api, changes: Sequence[Change]) -> tuple[Outcome | None, ...]:
    """A refusal for each of *changes* that is known to end so, else None. One request for each user name that is to be set."""
    deleted: set[ResourceId] = set()
    found: list[Outcome | None] = []
    for change in changes:
        found.append(await _refusal(api, change, deleted))
        if isinstance(change, DeleteAccount):
            deleted.add(change.account)
    return tuple(found)


async def _refusal(api: Api, change: Change, deleted: set[ResourceId]) -> Outcome | None:
    match change:
        case GrantAccess() if change.principal in deleted:
            return refused("not_found", "Who is to hold it is deleted before.")
        case RunAction(name="set_profile"):
            given = accounts.given_of(change.arguments)
            return accounts.impossible(given) or await _taken(api, given.get(USER_NAME), change.account)
        case _:
            return None


async def _taken(api: Api, name: str | None, account: ResourceId | None) -> Outcome | None:
    """The refusal of a user name that somebody else has."""
    if name is None or account is None:
        return None
    holders = {wire.ident(each.get("id")) for each in await lookups.by_name(api, name, (lookups.LOGIN,))}
    return decided_by(UNIQUENESS) if holders - {account.id, None} else None
