"""The Dropbox connector: what it is called, what it needs, and the hooks that it implements."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from jackfield.hookspecs import Clock, ConnectorType, Context, hookimpl
from jackfield.http import RefreshingToken
from jackfield_contracts import (
    AccessState,
    Action,
    Change,
    CheckReport,
    CreateAccount,
    DeleteAccount,
    EventPage,
    Feed,
    GrantAccess,
    Outcome,
    ResourceId,
    ResourceType,
    RevokeAccess,
    RunAction,
    StateQuery,
    Tenant,
)
from jackfield_dropbox import actions, activity, checks, creating, deleting, foreseeing, jobs, state
from jackfield_dropbox.api import Api
from jackfield_dropbox.changes import grant, revoke
from jackfield_dropbox.checks import CAPABILITIES, RESOURCE_TYPES, check
from jackfield_dropbox.config import DropboxConfig, api_url
from jackfield_dropbox.harmless import harmless
from jackfield_dropbox.oauth import oauth_client, token_lapsed
from jackfield_dropbox.sync import DropboxReads


class Dropbox(DropboxReads):
    """One connection to a Dropbox team; the hooks that read pages are in ``DropboxReads``."""

    def __init__(self, api: Api, config: DropboxConfig, clock: Clock) -> None:
        super().__init__(api, include_removed=config.include_removed)
        self._api = api
        self._clock = clock
        self._feeds = (activity.FEED,) if config.activity else ()
        self._actions = actions.declared(wipes=config.disable_wipes_devices)

    @hookimpl
    async def check(self) -> CheckReport:
        """See ``checks.check``."""
        return await check(self._api, activity=bool(self._feeds))

    @hookimpl
    async def tenant(self) -> Tenant:
        """See ``checks.tenant``."""
        return await checks.tenant(self._api)

    @hookimpl
    async def authorized_by(self) -> ResourceId | None:
        """See ``checks.authorized_by``."""
        return await checks.authorized_by(self._api)

    @hookimpl
    def resource_types(self) -> tuple[ResourceType, ...]:
        """See ``checks.RESOURCE_TYPES``."""
        return RESOURCE_TYPES

    @hookimpl
    def feeds(self) -> tuple[Feed, ...]:
        """See ``activity.FEED``; none unless the configuration asks for it."""
        return self._feeds

    @hookimpl
    async def read_feed(self, cursor: str | None, since: str | None) -> EventPage:
        """See ``activity.read``."""
        return await activity.read(self._api, cursor, since)

    @hookimpl
    async def read_state(self, query: StateQuery) -> AccessState:
        """See ``state.read_state``."""
        return await state.read_state(self._api, query)

    @hookimpl
    async def foresee(self, changes: tuple[Change, ...], state: AccessState) -> tuple[Outcome | None, ...]:
        """See ``foreseeing.foresee``."""
        return await foreseeing.foresee(self._api, changes, state, self._actions)

    @hookimpl
    async def grant(self, changes: tuple[GrantAccess, ...], state: AccessState) -> tuple[Outcome, ...]:
        """See ``changes.grant``."""
        return await grant(self._api, changes, state)

    @hookimpl
    async def revoke(self, changes: tuple[RevokeAccess, ...], state: AccessState) -> tuple[Outcome, ...]:
        """See ``changes.revoke``."""
        return await revoke(self._api, changes, state)

    @hookimpl
    async def create_account(self, changes: tuple[CreateAccount, ...]) -> tuple[Outcome, ...]:
        """See ``creating.create``."""
        return await creating.create(self._api, changes)

    @hookimpl
    async def delete_account(self, change: DeleteAccount, state: AccessState) -> Outcome:
        """See ``deleting.delete``."""
        return await deleting.delete(self._api, change, state, self._clock.now())

    @hookimpl
    def actions(self) -> tuple[Action, ...]:
        """See ``actions.declared``."""
        return self._actions

    @hookimpl
    async def run_action(self, change: RunAction, state: AccessState) -> Outcome:
        """See ``actions.run``."""
        return await actions.run(self._api, change, state, self._actions)

    @hookimpl
    async def job_status(self, job: str) -> Outcome:
        """See ``jobs.job_status``."""
        return await jobs.job_status(self._api, job, self._clock.now())


@asynccontextmanager
async def open_dropbox(config: DropboxConfig, context: Context) -> AsyncGenerator[Dropbox]:
    """One connection; makes no request by itself."""
    token = RefreshingToken(
        http=context.http,
        client=oauth_client(config),
        refresh_token=config.refresh_token,
        clock=context.clock,
        lapsed=token_lapsed,
    )
    yield Dropbox(Api(context.http, api_url(config), token), config, context.clock)


connector = ConnectorType(
    name="dropbox",
    display_name="Dropbox Business",
    config=DropboxConfig,
    open=open_dropbox,
    capabilities=CAPABILITIES,
    resource_types=RESOURCE_TYPES,
    oauth=oauth_client,
    token_key="refresh_token",
    harmless=harmless,
)
