"""One open connection behind a typed façade: its own hook relay, HTTP session and limiter.

Promises that whatever a connector does wrong is a PluginBug of this connection alone, and that each error says where.
Hides pluggy: nothing else touches a hook.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from inspect import isawaitable
from typing import Any, TypeVar, cast

import pluggy

from jackfield.clock import Clock
from jackfield.config import ConnectorConfig
from jackfield.connectors import Found
from jackfield.errors import JackfieldError, PluginBug, Unsupported
from jackfield.hookspecs import PROJECT, ConnectorSpec, ConnectorType, Context, SyncView
from jackfield.http import Session, SessionOptions, open_session
from jackfield.log import Logger
from jackfield_contracts import CheckReport, Family, Page, ResourceType, Scope

T = TypeVar("T")


class Connection:
    """The hooks of one connector, typed. Every call raises JackfieldError and nothing else."""

    def __init__(self, name: str, plugin: Found[ConnectorType], relay: pluggy.PluginManager, http: Session) -> None:
        self.name = name
        self.plugin = plugin
        self.http = http
        self._relay = relay

    def implements(self, hook: str) -> bool:
        """Whether the connector implements *hook*."""
        caller = getattr(self._relay.hook, hook, None)
        return caller is not None and bool(caller.get_hookimpls())

    async def check(self) -> CheckReport:
        """Sign in and say what the credentials allow; see ``ConnectorSpec.check``."""
        return await self._await("check", CheckReport)

    def resource_types(self) -> tuple[ResourceType, ...]:
        """See ``ConnectorSpec.resource_types``."""
        return self._call("resource_types")

    def families(self) -> tuple[Family, ...]:
        """See ``ConnectorSpec.families``."""
        return self._call("families")

    async def read_page(
        self, family: str, scopes: tuple[Scope, ...], cursor: str | None, attempt: int, view: SyncView
    ) -> Page:
        """See ``ConnectorSpec.read_page``."""
        return await self._await(
            "read_page", Page, family=family, scopes=scopes, cursor=cursor, attempt=attempt, view=view
        )

    def _call(self, hook: str, **arguments: Any) -> Any:
        if not self.implements(hook):
            raise Unsupported(f"the connector {self.plugin.name!r} has no hook {hook!r}", connection=self.name)
        try:
            return getattr(self._relay.hook, hook)(**arguments)
        except JackfieldError as error:
            error.locate(connection=self.name)
            raise
        except Exception as error:
            raise self._bug(hook, f"{type(error).__name__}: {error}") from error

    async def _await(self, hook: str, kind: type[T], **arguments: Any) -> T:
        pending = self._call(hook, **arguments)
        if not isawaitable(pending):
            raise self._bug(hook, f"it gave {type(pending).__name__}, not something to await")
        try:
            result = await cast("Awaitable[object]", pending)
        except JackfieldError as error:
            error.locate(connection=self.name)
            raise
        except ExceptionGroup as group:
            # A connector may ask for several things in a TaskGroup; the first refusal speaks for all.
            error = _first(group)
            if not isinstance(error, JackfieldError):
                raise self._bug(hook, f"{type(error).__name__}: {error}") from error
            error.locate(connection=self.name)
            raise error from None
        except Exception as error:
            raise self._bug(hook, f"{type(error).__name__}: {error}") from error
        if not isinstance(result, kind):
            raise self._bug(hook, f"it gave {type(result).__name__}, not {kind.__name__}")
        return result

    def _bug(self, hook: str, what: str) -> PluginBug:
        return PluginBug(
            f"the connector {self.plugin.name!r} failed in {hook}: {what}",
            connection=self.name,
            hint=f"Please report it to {self.plugin.type.docs or self.plugin.distribution}, "
            f"version {self.plugin.version}.",
        )


def _first(group: ExceptionGroup[Exception]) -> Exception:
    """The error that speaks for all: one that is no JackfieldError, else the first."""
    errors: list[Exception] = []
    for error in group.exceptions:
        errors.append(_first(error) if isinstance(error, ExceptionGroup) else error)  # pyright: ignore[reportUnknownArgumentType]
    return next((error for error in errors if not isinstance(error, JackfieldError)), errors[0])


@asynccontextmanager
async def open_connection(
    name: str,
    plugin: Found[ConnectorType],
    config: ConnectorConfig,
    *,
    options: SessionOptions,
    clock: Clock,
    log: Logger,
    prepare: Callable[[Session], None] | None = None,
) -> AsyncGenerator[Connection]:
    """Open the connector on *config* for as long as the block lasts. Makes no request by itself."""
    async with open_session(options, clock, log) as http:
        if prepare is not None:
            prepare(http)
        context = Context(connection=name, http=http, clock=clock, log=log)
        manager = plugin.type.open(config, context)
        try:
            implementation = await manager.__aenter__()
        except JackfieldError as error:
            error.locate(connection=name)
            raise
        relay = _relay(name, plugin, implementation)
        try:
            yield Connection(name, plugin, relay, http)
        finally:
            await manager.__aexit__(None, None, None)


def _relay(name: str, plugin: Found[ConnectorType], implementation: object) -> pluggy.PluginManager:
    relay = pluggy.PluginManager(PROJECT)
    relay.add_hookspecs(ConnectorSpec)
    try:
        relay.register(implementation, name=plugin.name)
        relay.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginBug(
            f"the connector {plugin.name!r} does not fit this host's hooks: {error}",
            connection=name,
            hint="Upgrade jackfield or the plugin, so that both speak the same plugin interface.",
        ) from None
    return relay
