"""The SCIM connector: what it is called, what it needs, and the hooks that it implements."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from jackfield.hookspecs import ConnectorType, Context, hookimpl
from jackfield_contracts import (
    AccessState,
    Action,
    Change,
    CheckReport,
    CreateAccount,
    DeleteAccount,
    Family,
    GrantAccess,
    Outcome,
    ResourceType,
    RevokeAccess,
    RunAction,
    StateQuery,
)
from jackfield_scim import accounts, checks, foreseeing, memberships, model, state
from jackfield_scim.api import open_api
from jackfield_scim.checks import CAPABILITIES, RESOURCE_TYPES
from jackfield_scim.config import ScimConfig
from jackfield_scim.harmless import harmless
from jackfield_scim.sync import ScimReads


class Scim(ScimReads):
    """One connection to a SCIM service provider; the hooks that read pages are in ``ScimReads``."""

    @hookimpl
    async def check(self) -> CheckReport:
        """See ``checks.check``."""
        return await checks.check(self._api)

    @hookimpl
    def resource_types(self) -> tuple[ResourceType, ...]:
        """See ``checks.RESOURCE_TYPES``; without groups where the configuration says that there are none."""
        return tuple(each for each in RESOURCE_TYPES if each.name != "group" or self._api.config.groups)

    @hookimpl
    def families(self) -> tuple[Family, ...]:
        """Those of ``ScimReads``; users alone where the configuration says that there are no groups."""
        every = super().families()
        return (
            every if self._api.config.groups else tuple(each for each in every if each.name in ("users", model.PEOPLE))
        )

    @hookimpl
    async def read_state(self, query: StateQuery) -> AccessState:
        """See ``state.read_state``."""
        return await state.read_state(self._api, query)

    @hookimpl
    async def foresee(self, changes: tuple[Change, ...], state: AccessState) -> tuple[Outcome | None, ...]:
        """See ``foreseeing.foresee``."""
        return await foreseeing.foresee(self._api, changes)

    @hookimpl
    async def grant(self, changes: tuple[GrantAccess, ...], state: AccessState) -> tuple[Outcome, ...]:
        """See ``memberships.change``."""
        return await memberships.change(self._api, changes, state, adds=True)

    @hookimpl
    async def revoke(self, changes: tuple[RevokeAccess, ...], state: AccessState) -> tuple[Outcome, ...]:
        """See ``memberships.change``."""
        return await memberships.change(self._api, changes, state, adds=False)

    @hookimpl
    async def create_account(self, changes: tuple[CreateAccount, ...]) -> tuple[Outcome, ...]:
        """See ``accounts.create``."""
        return await accounts.create(self._api, changes)

    @hookimpl
    async def delete_account(self, change: DeleteAccount) -> Outcome:
        """See ``accounts.delete``."""
        return await accounts.delete(self._api, change)

    @hookimpl
    def actions(self) -> tuple[Action, ...]:
        """See ``accounts.ACTIONS``."""
        return accounts.ACTIONS

    @hookimpl
    async def run_action(self, change: RunAction, state: AccessState) -> Outcome:
        """See ``accounts.run``."""
        return await accounts.run(self._api, change, state)


@asynccontextmanager
async def open_scim(config: ScimConfig, context: Context) -> AsyncGenerator[Scim]:
    """One connection; makes no request by itself."""
    yield Scim(open_api(config, context))


connector = ConnectorType(
    name="scim",
    display_name="SCIM 2.0",
    config=ScimConfig,
    open=open_scim,
    capabilities=CAPABILITIES,
    resource_types=RESOURCE_TYPES,
    api=(1, 3),
    harmless=harmless,
)
