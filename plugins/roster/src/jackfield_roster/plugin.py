"""The roster connector: what it is called, what it needs, and the hooks that it implements."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from jackfield.hookspecs import ConnectorType, Context, hookimpl
from jackfield_contracts import (
    AccessState,
    CheckReport,
    CreateAccount,
    DeleteAccount,
    GrantAccess,
    Outcome,
    ResourceType,
    RevokeAccess,
    StateQuery,
    Tenant,
)
from jackfield_roster import changes as making
from jackfield_roster.checks import CAPABILITIES, RESOURCE_TYPES, check, tenant
from jackfield_roster.config import RosterConfig, check_config, path_of
from jackfield_roster.reading import Reader
from jackfield_roster.reading.reader import open_reader
from jackfield_roster.state import read_state
from jackfield_roster.sync import RosterReads
from jackfield_roster.worklist import WorkList


class Roster(RosterReads):
    """One folder of exports; the hooks that read pages are in ``RosterReads``."""

    def __init__(self, reader: Reader, config: RosterConfig, context: Context) -> None:
        super().__init__(reader, config, context.clock)
        self._context = context
        self._known = StateQuery()

    @hookimpl
    async def check(self) -> CheckReport:
        """See ``checks.check``."""
        return await check(self._reader, self._config, self._context.clock)

    @hookimpl
    async def tenant(self) -> Tenant:
        """See ``checks.tenant``."""
        return tenant(self._config)

    @hookimpl
    def resource_types(self) -> tuple[ResourceType, ...]:
        """See ``checks.RESOURCE_TYPES``."""
        return RESOURCE_TYPES

    @hookimpl
    async def read_state(self, query: StateQuery) -> AccessState:
        """See ``state.read_state``."""
        self._known = StateQuery(known=query.known, known_grants=query.known_grants)
        return await read_state(self._reader, self._config, query, self._context.clock)

    @hookimpl
    async def grant(
        self, changes: tuple[GrantAccess, ...], state: AccessState, ids: tuple[str, ...]
    ) -> tuple[Outcome, ...]:
        """See ``changes.ask``."""
        return await self._asked(changes, state, ids)

    @hookimpl
    async def revoke(
        self, changes: tuple[RevokeAccess, ...], state: AccessState, ids: tuple[str, ...]
    ) -> tuple[Outcome, ...]:
        """See ``changes.ask``."""
        return await self._asked(changes, state, ids)

    @hookimpl
    async def create_account(self, changes: tuple[CreateAccount, ...], ids: tuple[str, ...]) -> tuple[Outcome, ...]:
        """See ``changes.ask``."""
        return await self._asked(changes, AccessState(), ids)

    @hookimpl
    async def delete_account(self, change: DeleteAccount, state: AccessState, id: str) -> Outcome:
        """See ``changes.ask``."""
        return (await self._asked((change,), state, (id,)))[0]

    async def _asked(
        self, changes: tuple[making.Change, ...], state: AccessState, ids: tuple[str, ...]
    ) -> tuple[Outcome, ...]:
        context = self._context
        return await making.ask(
            self._reader,
            self._config,
            changes,
            ids,
            state=state,
            known=self._known,
            clock=context.clock,
            log=context.log,
        )


@asynccontextmanager
async def open_roster(config: RosterConfig, context: Context) -> AsyncGenerator[Roster]:
    """One folder; opens no file by itself. Raises BadConfig as ``check_config`` does, or if the work list is a folder."""
    check_config(config)
    if config.work_list is not None:
        # The host makes an error of a change its outcome; this one is wrong whatever is asked for.
        await asyncio.to_thread(WorkList(path_of(config.work_list)).check)
    folder = path_of(config.folder)
    async with open_reader(folder, context.clock, quiet_seconds=config.quiet_seconds, bounds=config.bounds) as reader:
        yield Roster(reader, config, context)


connector = ConnectorType(
    name="roster",
    display_name="Roster (exported files)",
    config=RosterConfig,
    open=open_roster,
    capabilities=CAPABILITIES,
    resource_types=RESOURCE_TYPES,
    api=(1, 3),
)
