"""The loop of the uplink: a hello, then one task after the other, several at once.

Promises that a task which is delivered twice is carried out once, that errors of the platform are waited out, and that what
can't be told now is told when the platform asks again. Rules: section B.3 of the platform's wire.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

from google.rpc import code_pb2

from jackfield.errors import BadCredentials, JackfieldError, Unsupported
from jackfield.hookspecs import ServedConnection, ServiceHost
from jackfield_c1.proto import baton_pb2
from jackfield_c1.uplink import acting, changing, feeding
from jackfield_c1.uplink.answers import Answer, failed, not_implemented, of_error
from jackfield_c1.uplink.config import UplinkConfig
from jackfield_c1.uplink.credentials import Key, Tokens, read_client_id
from jackfield_c1.uplink.hello import hello
from jackfield_c1.uplink.platform import CallFailed, Platform, open_channel
from jackfield_c1.uplink.syncing import sync, tidy
from jackfield_contracts import JournalStatus

_PERMANENT = (
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
    "INVALID_ARGUMENT",
    "UNIMPLEMENTED",
    "FAILED_PRECONDITION",
    "NOT_FOUND",
)
_FIRST, _LONGEST = 1.0, 300.0
_MOST_BETWEEN = 60.0
_IDLE = 1.0
"""Seconds between two questions for a task at the least, where none was there."""
_FINISHES = (0.0, 1.0, 3.0, 9.0)
_AGAIN = frozenset(
    {
        "UNAVAILABLE",
        "DEADLINE_EXCEEDED",
        "INTERNAL",
        "UNKNOWN",
        "RESOURCE_EXHAUSTED",
        "ABORTED",
        "UNAUTHENTICATED",
        "CANCELLED",
    }
)

Handler = Callable[[ServedConnection, baton_pb2.Task], Awaitable[Answer]]
HANDLERS: Mapping[str, Handler] = {
    "grant": changing.grant,
    "revoke": changing.revoke,
    "create_account": changing.create_account,
    "delete_resource": changing.delete_resource,
    "action_list_schemas": acting.list_schemas,
    "action_get_schema": acting.get_schema,
    "action_invoke": acting.invoke,
    "action_status": acting.status,
    "list_event_feeds": feeding.list_feeds,
    "list_events": feeding.list_events,
}
"""What is carried out, beside ``hello`` and ``sync_full``; everything else is finished as not implemented."""
CHANGING = frozenset({"grant", "revoke", "create_account", "delete_resource", "action_invoke", "create_resource"})


async def serve(config: UplinkConfig, host: ServiceHost) -> None:
    """Serve the connection until cancelled; raises BadCredentials and Unsupported where the platform will not have us."""
    at = f"services.{host.name}"
    client = read_client_id(config.client_id, at=f"{at}.client_id")
    key = Key(config.client_secret, at=f"{at}.client_secret")
    host.connection(config.connection)
    target = config.api_host or client.host
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(host.http())
        tokens = Tokens(http, client, key, target, host.clock)
        address = target if _has_port(target) else f"{target}:443"
        channel = await stack.enter_async_context(open_channel(host, address, client.name))
        host_id = config.host_id or _machine()
        await asyncio.to_thread(tidy, host.folder, host_id)
        await Uplink(config, host, Platform(channel, tokens, host_id)).run()


class Uplink:
    """One uplink while it runs."""

    def __init__(self, config: UplinkConfig, host: ServiceHost, platform: Platform) -> None:
        self._config = config
        self._host = host
        self._platform = platform
        self._slots = asyncio.Semaphore(config.task_concurrency)
        self._going: set[str] = set()

    async def run(self) -> None:
        """Say hello, then take tasks until cancelled."""
        try:
            await self._hello()
            self._host.connected(self._config.connection, True)
            async with asyncio.TaskGroup() as group:
                await self._take(group)
        finally:
            self._host.connected(self._config.connection, False, "the uplink ended")

    def _connection(self) -> ServedConnection:
        return self._host.connection(self._config.connection)

    async def _hello(self) -> None:
        wait = _FIRST
        while True:
            try:
                await self._platform.hello(await hello(self._host, self._connection(), self._platform.host_id))
            except (CallFailed, JackfieldError) as error:
                if isinstance(error, BadCredentials) or (
                    isinstance(error, CallFailed) and error.code == "UNAUTHENTICATED"
                ):
                    raise BadCredentials(
                        f"the platform does not let us in: {error}",
                        hint="Make new credentials there, and set them here.",
                    ) from None
                if isinstance(error, CallFailed) and error.code in _PERMANENT:
                    raise Unsupported(f"the platform refuses the hello: {error}") from None
                self._host.connected(self._config.connection, False, str(error))
                self._host.log.warning("the hello failed", reason=str(error), again_in=wait)
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST)
            else:
                return

    async def _take(self, group: asyncio.TaskGroup) -> None:
        failures = 0
        while True:
            # The place is had before the task: what is taken here is no other host's.
            await self._slots.acquire()
            try:
                answer = await self._platform.get_task()
            except (CallFailed, JackfieldError) as error:
                self._slots.release()
                failures += 1
                self._host.connected(self._config.connection, False, str(error))
                self._host.log.warning("no task could be asked for", reason=str(error), failures=failures)
                await asyncio.sleep(min(failures**2, _MOST_BETWEEN))
                continue
            except asyncio.CancelledError:
                self._slots.release()
                raise
            if failures:
                failures = 0
                self._host.log.info("tasks can be asked for again")
            self._host.connected(self._config.connection, True)
            taken = self._begin(group, answer.task)
            if not taken:
                self._slots.release()
            pause = answer.next_poll.seconds + answer.next_poll.nanos / 1e9
            await asyncio.sleep(min(max(pause, 0.0 if taken else _IDLE), _LONGEST))

    def _begin(self, group: asyncio.TaskGroup, task: baton_pb2.Task) -> bool:
        """Begin a task, unless there is none, or it goes on already."""
        kind = task.WhichOneof("task_type")
        if kind in (None, "none") or not task.id or task.id in self._going:
            return False
        self._going.add(task.id)
        group.create_task(self._carry_out(task, str(kind)), name=f"task {kind} {task.id}")
        return True

    async def _carry_out(self, task: baton_pb2.Task, kind: str) -> None:
        self._host.log.info("a task begins", task=task.id, kind=kind, connection=self._config.connection)
        try:
            answer = await self._answer(task, kind)
            result = answer.result if answer is not None else "none"
            if answer is not None:
                await self._finish(task.id, answer)
            self._host.count_task(self._config.connection, kind, result)
            well = answer is None or not answer.message
            (self._host.log.info if well else self._host.log.warning)(
                "a task ended",
                task=task.id,
                kind=kind,
                connection=self._config.connection,
                result=result,
                reason=None if answer is None or well else answer.message,
                change=task.id if kind in CHANGING else None,
                note=answer.note if answer is not None else None,
            )
        finally:
            self._going.discard(task.id)
            self._slots.release()

    async def _answer(self, task: baton_pb2.Task, kind: str) -> Answer | None:
        """What the platform is told; None where it is told otherwise, or nothing."""
        try:
            connection = self._connection()
            if kind == "hello":
                await self._platform.hello(await hello(self._host, connection, self._platform.host_id, task.id))
                return None
            if kind == "sync_full":
                return await sync(self._host, self._platform, connection, self._config, task)
            if kind in CHANGING and (no := changing.disabled(connection, task.id)) is not None:
                return no
            handler = HANDLERS.get(kind)
            return await handler(connection, task) if handler is not None else not_implemented(f"the task {kind}")
        except JackfieldError as error:
            return self._may_be_made(task.id, kind, error.told) or of_error(error)
        except CallFailed as error:
            if kind == "hello":
                self._host.log.warning("the hello of a task failed", task=task.id, reason=str(error))
                return None
            return failed(code_pb2.UNAVAILABLE, str(error), retryable=True)
        except Exception as error:
            self._host.log.warning("a task failed", task=task.id, kind=kind, exc_info=error)
            if (unknown := self._may_be_made(task.id, kind, type(error).__name__)) is not None:
                return unknown
            return failed(code_pb2.INTERNAL, f"something unexpected happened ({type(error).__name__})")

    def _may_be_made(self, task: str, kind: str, why: str) -> Answer | None:
        """That nobody knows what became of a change, where the journal has it as begun, or can't be read; else None."""
        if kind not in CHANGING:
            return None
        try:
            known = self._connection().entry(task)
        except Exception:  # noqa: BLE001 - whatever is wrong with the journal: it can't tell
            return failed(code_pb2.UNAVAILABLE, f"it is not known whether it was made: {why}", retryable=True)
        if known is None or known.status is JournalStatus.SETTLED:
            return None
        return failed(code_pb2.UNAVAILABLE, f"begun, and it is not known whether it was made: {why}", retryable=True)

    async def _finish(self, task: str, answer: Answer) -> None:
        """Tell the platform; where that can't be done now, the task is offered again, and the journal has what became of it."""
        for wait in _FINISHES:
            await asyncio.sleep(wait)
            try:
                await self._platform.finish(answer.request(task))
            except (CallFailed, JackfieldError) as error:
                self._host.log.warning("the end of a task could not be told", task=task, reason=str(error))
                if isinstance(error, CallFailed) and error.code not in _AGAIN:
                    return
            else:
                return


def _has_port(target: str) -> bool:
    _, colon, port = target.rpartition(":")
    return bool(colon) and port.isdecimal()


def _machine() -> str:
    import platform

    return platform.node()[:256] or "jackfield"
