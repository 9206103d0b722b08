"""One open connection behind a typed façade: its own hook relay, HTTP session and limiter.

Promises that whatever a connector does wrong is a PluginBug of this connection alone, and that each error says where.
Hides pluggy: nothing else touches a hook.
"""

from asyncio import CancelledError, current_task, timeout
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from inspect import isawaitable, iscoroutine, signature
from typing import Any, TypeVar, cast

import msgspec
import pluggy

from jackfield.clock import Clock
from jackfield.config import ConnectorConfig, Mask
from jackfield.config.load import place_config_error
from jackfield.errors import BadConfig, JackfieldError, PluginBug, Unsupported
from jackfield.hookspecs import ConnectorSpec, ConnectorType, Context, SyncView
from jackfield.host.deprecation import Use, fields_used, register
from jackfield.host.discovery import Found
from jackfield.host.relay import new_relay
from jackfield.http import Session, SessionOptions, open_session
from jackfield.log import Logger
from jackfield_contracts import (
    AccessState,
    Action,
    CapabilityStatus,
    Change,
    CheckReport,
    Diagnostic,
    EventPage,
    Family,
    Feed,
    Outcome,
    OutcomeKind,
    Page,
    ResourceId,
    ResourceType,
    Scope,
    StateQuery,
    Tenant,
)

T = TypeVar("T")
S = TypeVar("S", Diagnostic, CapabilityStatus, Outcome)

_MOST_CHARACTERS = 1000
"""Of the text of an error that a connector did not make for people."""

_FORESEEN = (OutcomeKind.REFUSED, OutcomeKind.CHANGED)
"""What can be said of a change before it is made."""

CLOSE_TIMEOUT = 20.0
"""Seconds that a connector may take to close."""


class Connection:
    """The hooks of one connector, typed. Every call raises JackfieldError and nothing else."""

    def __init__(
        self, name: str, plugin: Found[ConnectorType], relay: pluggy.PluginManager, http: Session, log: Logger
    ) -> None:
        self.name = name
        self.plugin = plugin
        self.http = http
        self.uses: tuple[Use, ...] = ()
        """What goes away of that which the connector was seen to use so far."""
        self._relay = relay
        self._log = log

    def note(self, uses: Iterable[Use]) -> None:
        """Remember what the connector uses that goes away; each goes to the log once."""
        for use in uses:
            if all(use.uses != each.uses for each in self.uses):
                self.uses += (use,)
                self._log.warning(
                    f"the connector {self.plugin.name!r} {use}",
                    connection=self.name,
                    version=self.plugin.version,
                    where=use.where,
                )

    def implements(self, hook: str) -> bool:
        """Whether the connector implements *hook*."""
        caller = getattr(self._relay.hook, hook, None)
        return caller is not None and bool(caller.get_hookimpls())

    async def check(self) -> CheckReport:
        """Sign in and say what the credentials allow; see ``ConnectorSpec.check``."""
        report = await self._await("check", CheckReport)
        return msgspec.structs.replace(
            report,
            capabilities=tuple(self._masked(each) for each in report.capabilities),
            diagnostics=tuple(self._masked(each) for each in report.diagnostics),
        )

    async def tenant(self) -> Tenant | None:
        """See ``ConnectorSpec.tenant``."""
        return await self._await_or_none("tenant", Tenant)

    async def authorized_by(self) -> ResourceId | None:
        """See ``ConnectorSpec.authorized_by``; None where the connector has no such hook."""
        return await self._await_or_none("authorized_by", ResourceId) if self.implements("authorized_by") else None

    def resource_types(self) -> tuple[ResourceType, ...]:
        """See ``ConnectorSpec.resource_types``."""
        return self._tuple("resource_types", ResourceType)

    def families(self) -> tuple[Family, ...]:
        """See ``ConnectorSpec.families``."""
        return self._tuple("families", Family)

    async def read_page(
        self, family: str, scopes: tuple[Scope, ...], cursor: str | None, attempt: int, view: SyncView
    ) -> Page:
        """See ``ConnectorSpec.read_page``."""
        page = await self._await(
            "read_page", Page, family=family, scopes=scopes, cursor=cursor, attempt=attempt, view=view
        )
        if page.next is not None and self.http.holds_secret(page.next):
            raise PluginBug(
                f"the cursor of a page of {family!r} holds a secret, and cursors are stored", connection=self.name
            )
        if not page.diagnostics:
            return page
        return msgspec.structs.replace(page, diagnostics=tuple(self._masked(each) for each in page.diagnostics))

    def feeds(self) -> tuple[Feed, ...]:
        """See ``ConnectorSpec.feeds``; none where the connector has no such hook."""
        return self._tuple("feeds", Feed) if self.implements("feeds") else ()

    async def read_feed(self, feed: str, cursor: str | None, since: str | None) -> EventPage:
        """See ``ConnectorSpec.read_feed``."""
        page = await self._await("read_feed", EventPage, feed=feed, cursor=cursor, since=since)
        if (wrong := next((each.time for each in page.events if not _is_time(each.time)), None)) is not None:
            raise self._bug("read_feed", f"the time {wrong[:40]!r} of an event is none, or names no zone")
        if self.http.holds_secret(page.cursor):
            raise PluginBug(
                f"the cursor of the feed {feed!r} holds a secret, and cursors are stored", connection=self.name
            )
        return page

    async def read_state(self, query: StateQuery) -> AccessState:
        """See ``ConnectorSpec.read_state``."""
        return await self._await("read_state", AccessState, query=query)

    async def foresee(self, changes: tuple[Change, ...], state: AccessState) -> tuple[Outcome | None, ...]:
        """See ``ConnectorSpec.foresee``; nothing is known where the connector has no such hook."""
        if not self.implements("foresee"):
            return (None,) * len(changes)
        given = cast("tuple[object, ...]", await self._await("foresee", tuple, changes=changes, state=state))
        if len(given) != len(changes):
            raise self._bug("foresee", f"it gave {len(given)} things for {len(changes)} changes")
        for each in given:
            if each is not None and not (isinstance(each, Outcome) and each.outcome in _FORESEEN and each.reason):
                raise self._bug("foresee", "it gave something else than refused or changed with a reason, or None")
        return tuple(
            self._masked(each) if each is not None else None for each in cast("tuple[Outcome | None, ...]", given)
        )

    async def change(
        self, hook: str, changes: tuple[Change, ...], state: AccessState, ids: tuple[str, ...] = ()
    ) -> tuple[Outcome, ...]:
        """An outcome of each of *changes*, by the hook of their kind, which takes all of them at once or one alone."""
        given = {"changes": changes, "change": changes[0], "state": state, "ids": ids, "id": ids[0] if ids else ""}
        arguments = {name: given[name] for name in _arguments_of(hook)}
        if "change" in arguments:
            return (self._masked(await self._await(hook, Outcome, **arguments)),)
        outcomes = cast("tuple[object, ...]", await self._await(hook, tuple, **arguments))
        if len(outcomes) != len(changes) or not all(isinstance(each, Outcome) for each in outcomes):
            raise self._bug(hook, f"it gave {len(outcomes)} things for {len(changes)} changes, or not only outcomes")
        return tuple(self._masked(each) for each in cast("tuple[Outcome, ...]", outcomes))

    def actions(self) -> tuple[Action, ...]:
        """See ``ConnectorSpec.actions``; none where the connector has no such hook."""
        return self._tuple("actions", Action) if self.implements("actions") else ()

    async def job_status(self, job: str) -> Outcome:
        """See ``ConnectorSpec.job_status``."""
        return self._masked(await self._await("job_status", Outcome, job=job))

    def _masked(self, outcome: S) -> S:
        """*outcome* with the connection's secrets taken out of its texts."""
        change = self.http.mask.text
        texts = {name: _rewritten(value, change) for name, value in msgspec.structs.asdict(outcome).items()}
        return msgspec.structs.replace(outcome, **texts)

    def _tuple(self, hook: str, kind: type[T]) -> tuple[T, ...]:
        given = self._call(hook)
        if iscoroutine(given):
            given.close()
            raise self._bug(hook, "it is a coroutine; it must be a plain function")
        if not isinstance(given, tuple):
            raise self._bug(hook, f"it gave {type(given).__name__}, not a tuple of {kind.__name__}")
        for each in cast("tuple[object, ...]", given):
            if not isinstance(each, kind):
                raise self._bug(
                    hook, f"it gave a tuple with a {type(each).__name__} in it, not of {kind.__name__} only"
                )
        checked = cast("tuple[T, ...]", given)
        self.note(fields_used(checked))
        return checked

    def _call(self, hook: str, **arguments: Any) -> Any:
        if not self.implements(hook):
            raise Unsupported(f"the connector {self.plugin.name!r} has no hook {hook!r}", connection=self.name)
        try:
            return getattr(self._relay.hook, hook)(**arguments)
        except _PASSING:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a connector raises becomes an error of the host
            raise _named(self.name, self.plugin, hook, error, self.http.mask) from _cause(error)

    async def _await_or_none(self, hook: str, kind: type[T]) -> T | None:
        result = await self._await(hook, object)
        if result is not None and not isinstance(result, kind):
            raise self._bug(hook, f"it gave {type(result).__name__}, not {kind.__name__} or None")
        return result

    async def _await(self, hook: str, kind: type[T], **arguments: Any) -> T:
        pending = self._call(hook, **arguments)
        if not isawaitable(pending):
            raise self._bug(hook, f"it gave {type(pending).__name__}, not something to await; is it async def?")
        try:
            result = await cast("Awaitable[object]", pending)
        except CancelledError as error:
            task = current_task()
            if task is None or task.cancelling():
                raise
            # Nobody cancelled this call: let through, it would end a read without a word.
            raise self._bug(hook, "something that it waited for was cancelled") from error
        except _PASSING:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a connector raises becomes an error of the host
            raise _named(self.name, self.plugin, hook, error, self.http.mask) from _cause(error)
        if not isinstance(result, kind):
            raise self._bug(hook, f"it gave {type(result).__name__}, not {kind.__name__}")
        self.note(fields_used(result))
        return result

    def _bug(self, hook: str, what: str) -> PluginBug:
        return _bug(self.name, self.plugin, hook, what)


def _arguments_of(hook: str) -> tuple[str, ...]:
    """The arguments of a hook, as ``ConnectorSpec`` has them."""
    return tuple(signature(getattr(ConnectorSpec, hook)).parameters)[1:]


_PASSING = (KeyboardInterrupt, CancelledError, GeneratorExit)
"""What is never a connector's error."""


def _bug(connection: str, plugin: Found[ConnectorType], where: str, what: str) -> PluginBug:
    return PluginBug(
        f"the connector {plugin.name!r} failed in {where}: {what}",
        connection=connection,
        hint=f"Please report it to {plugin.type.docs or plugin.distribution}, version {plugin.version}.",
    )


def _named(
    connection: str, plugin: Found[ConnectorType], where: str, raised: BaseException, mask: Mask
) -> JackfieldError:
    """What a connector raised, as an error of the host that says where, without the secrets that *mask* knows."""
    error = _first(raised)
    if not isinstance(error, JackfieldError):
        # It may hold a whole answer.
        error = _bug(connection, plugin, where, f"{type(error).__name__}: {str(error)[:_MOST_CHARACTERS]}")
    if isinstance(error, BadConfig):
        place_config_error(error, connection, plugin.type.config)
    return error.locate(connection=connection).rewrite(mask.text)


def _cause(raised: BaseException) -> BaseException | None:
    error = _first(raised)
    return error.__cause__ if isinstance(error, JackfieldError) else error


def _first(raised: BaseException) -> BaseException:
    """The error that speaks for all of a TaskGroup: one that is no JackfieldError, else the first."""
    if not isinstance(raised, BaseExceptionGroup):
        return raised
    errors = [_first(error) for error in cast("BaseExceptionGroup[BaseException]", raised).exceptions]
    return next((error for error in errors if not isinstance(error, JackfieldError)), errors[0])


def _rewritten(value: Any, change: Callable[[str], str]) -> Any:
    """*value*, a text, several, or a table of them, put through *change*; anything else stays."""
    if isinstance(value, dict):
        return {key: _rewritten(each, change) for key, each in cast("dict[str, object]", value).items()}
    if isinstance(value, tuple):
        return tuple(_rewritten(each, change) for each in cast("tuple[object, ...]", value))
    return change(value) if type(value) is str else value


def _is_time(text: str) -> bool:
    """Whether *text* is a time with its zone, in ISO 8601."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


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
        http.mask.learn(config)
        if prepare is not None:
            prepare(http)
        context = Context(connection=name, http=http, clock=clock, log=log)
        try:
            manager = plugin.type.open(config, context)
            implementation = await manager.__aenter__()
        except _PASSING:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a connector raises becomes an error of the host
            raise _named(name, plugin, "open", error, http.mask) from _cause(error)
        try:
            relay, uses = _relay(name, plugin, implementation, http.mask)
            connection = Connection(name, plugin, relay, http, log)
            connection.note((*plugin.uses, *uses))
            yield connection
        finally:
            await _close(name, plugin, manager, log, http.mask)


async def _close(
    name: str, plugin: Found[ConnectorType], manager: AbstractAsyncContextManager[object], log: Logger, mask: Mask
) -> None:
    """Close what the connector opened; what was done with it stands, so a failure is only logged."""
    try:
        async with timeout(CLOSE_TIMEOUT):
            await manager.__aexit__(None, None, None)
    except _PASSING:
        raise
    except BaseException as raised:  # noqa: BLE001 - as in _call
        error = _first(raised)
        log.warning(
            "a connector failed to close",
            connection=name,
            connector=plugin.name,
            version=plugin.version,
            error=mask.text(f"{type(error).__name__}: {error}"),
        )


def _relay(
    name: str, plugin: Found[ConnectorType], implementation: object, mask: Mask
) -> tuple[pluggy.PluginManager, tuple[Use, ...]]:
    relay = new_relay(ConnectorSpec)
    try:
        uses = register(relay, implementation, plugin.name)
        relay.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginBug(
            f"the connector {plugin.name!r} does not fit this host's hooks: {mask.text(str(error))}",
            connection=name,
            hint="Upgrade jackfield or the plugin, so that both speak the same plugin interface.",
        ) from None
    return relay, uses
