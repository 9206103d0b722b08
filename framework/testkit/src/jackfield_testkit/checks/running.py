"""How a connector behaves as a guest in the host's process: cancelled, closed, used by many at once."""

import asyncio
import gc
import sys
import threading
import time
import warnings
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import Any, cast

import msgspec

from jackfield.errors import JackfieldError, PluginBug
from jackfield.host.connection import Connection
from jackfield_testkit.aims import aims_of
from jackfield_testkit.bench import Bench, differences
from jackfield_testkit.checks.acting import samples_of, state_query
from jackfield_testkit.clock import HastyClock
from jackfield_testkit.data import Finding, NotApplicable
from jackfield_testkit.walk import NOTHING, Walk, rows, walk
from jackfield_testkit.wire import SENDING, Wire, never_answer

_SCHEDULER = Path("/proc/thread-self/schedstat")
"""Linux: nanoseconds on a processor, nanoseconds waiting for one, and how often."""
BLOCKED = 0.05
"""Seconds for which a connector may keep the event loop to itself."""

_UNTIL_OVER = 5.0
_SECONDS_TO_END = 3.0
_OF_THREADS = ("threading", "concurrent.futures", "socket", "asyncio", "jackfield_testkit")


async def can_be_cancelled(bench: Bench) -> None:
    """Cancelled at any request, a read ends at once and leaves nothing running or held.

    Ctrl-C, a lost lease and a deadline all cancel; a connector that swallows it keeps the whole service from stopping.
    """
    for aim in await aims_of(bench):
        wire = Wire(aim.plan(never_answer))
        before = asyncio.all_tasks()
        async with bench.open(wire) as connection:
            task = asyncio.ensure_future(_read_all(connection, bench))
            step = f"cancelled while {aim} waits for its answer"
            if not await _struck(wire, task):
                continue
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=_UNTIL_OVER)
            if not done:
                raise Finding(f"it goes on for {_UNTIL_OVER:g} s after it was cancelled", step)
            if not task.cancelled():
                error = task.exception()
                raise Finding(f"the cancellation was swallowed: it ended with {error!r}", step)
            if wire.in_flight or connection.http.limiter.in_flight:
                raise Finding("a request is still going on", step)
        await asyncio.sleep(0)
        if left := [each for each in asyncio.all_tasks() - before if not each.done()]:
            raise Finding(f"{len(left)} tasks are left running: {left[0]!r}", step)


async def _struck(wire: Wire, task: "asyncio.Future[Any]") -> bool:
    hit = asyncio.ensure_future(wire.hit.wait())
    await asyncio.wait([hit, task], timeout=_UNTIL_OVER, return_when=asyncio.FIRST_COMPLETED)
    hit.cancel()
    return bool(wire.struck) and not task.done()


async def _read_all(connection: Connection, bench: Bench) -> None:
    """Read without the engine: the families that begin, and then what they open, one by one."""
    view = NOTHING
    for family in connection.families():
        if family.scopes:
            cursor: str | None = None
            while True:
                page = await connection.read_page(family.name, family.scopes, cursor, 0, view)
                if (cursor := page.next) is None:
                    break
                for scope in page.opens[:1]:
                    await connection.read_page(scope.family, (scope,), None, 0, view)


async def closes_cleanly(bench: Bench) -> None:
    """Opened and closed, closed twice, opened again: nothing fails and nothing is left behind.

    A service opens and closes connections for months.
    """
    threads = _threads()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            async with bench.open() as connection:
                await connection.check()
        config = bench.config
        async with bench.open() as connection:
            from jackfield.hookspecs import Context

            context = Context(connection="testkit", http=connection.http, clock=HastyClock(), log=bench.log)
            manager = bench.found.type.open(config, context)
            await manager.__aenter__()
            await manager.__aexit__(None, None, None)
            try:
                await manager.__aexit__(None, None, None)
            except Exception as error:  # noqa: BLE001 - whatever a connector raises is its fault
                raise Finding(
                    f"closed twice, it fails: {type(error).__name__}: {error}", "open, close, close"
                ) from None
        gc.collect()
    foreign = [each for each in caught if issubclass(each.category, ResourceWarning | RuntimeWarning)]
    if foreign:
        raise Finding(f"it leaves something behind: {foreign[0].message}", "open, check, close")
    failed = [line for line in bench.log.lines if "failed to close" in line]
    if failed:
        raise Finding(failed[0], "open, check, close")
    if left := await _still_there(threads):
        raise Finding(f"{len(left)} threads are left: {next(iter(left)).name}", "open, check, close, four times")


async def _still_there(before: set[threading.Thread]) -> set[threading.Thread]:
    """The threads that are new and do not end: a backend in this process hears of a closed connection a moment later."""
    until = time.monotonic() + _SECONDS_TO_END
    for thread in _threads() - before:
        await asyncio.to_thread(thread.join, max(0.0, until - time.monotonic()))
    return _threads() - before


def _threads() -> set[threading.Thread]:
    """All threads but those of the event loop's own pool."""
    return {each for each in threading.enumerate() if not each.name.startswith("asyncio_")}


async def serves_many_at_once(bench: Bench) -> None:
    """Calls that overlap give what they give one by one.

    The host reads many pages of one connection at the same time; what a call keeps on the connector's object, another
    one takes for its own.
    """
    walked = await walk(bench)
    calls = [call for read in walked.reads for call in read]
    async with bench.open() as connection:
        await connection.check()  # signs in
        together = await asyncio.gather(
            *(connection.read_page(call.family, call.scopes, call.cursor, 0, walked.view) for call in calls)
        )
    for call, page in zip(calls, together, strict=True):
        if rows([call.page]) != rows([page]):
            raise Finding("read together with others, a page has other rows", str(call), f"{len(calls)} pages at once")
    if bench.implements("grant") and bench.samples.grants:
        await _states_at_once(bench)


async def _states_at_once(bench: Bench) -> None:
    queries = [state_query((change,)) for change in samples_of(bench)]
    async with bench.open() as connection:
        alone = [await connection.read_state(query) for query in queries]
        together = await asyncio.gather(*(connection.read_state(query) for query in queries))
    for query, one, other in zip(queries, alone, together, strict=True):
        if msgspec.structs.replace(one, request_ids=()) != msgspec.structs.replace(other, request_ids=()):
            raise Finding("read together with others, the state is another", f"read_state({query})")


async def never_blocks(bench: Bench) -> None:
    """No hook keeps the event loop to itself for more than 50 ms.

    One blocking call in one connector stops every other connection of the service.
    """
    walked = await walk(bench)
    worst: dict[str, float] = {}
    # A machine that is busy with other things delays anybody; a connector that blocks does so each time.
    for _ in range(3):
        found = await _blocked(bench, walked)
        worst = found if not worst else {what: min(worst[what], found[what]) for what in worst.keys() & found.keys()}
        if not worst:
            return
    what, seconds = max(worst.items(), key=lambda one: one[1])
    raise Finding(f"the event loop stands still for {seconds * 1000:.0f} ms, three times out of three", what)


async def _blocked(bench: Bench, walked: Walk) -> dict[str, float]:
    """What kept the loop, and for how long."""
    found: dict[str, float] = {}

    async def timed(what: str, call: Callable[[], Awaitable[Any]]) -> None:
        seconds = await _longest_step(call)
        if seconds > BLOCKED:
            found[what] = max(found.get(what, 0.0), seconds)

    async with bench.open() as connection:
        await connection.check()
        await timed("check", connection.check)
        for read in walked.reads:
            for call in read[:3]:
                await timed(
                    str(call),
                    lambda call=call: connection.read_page(call.family, call.scopes, call.cursor, 0, walked.view),
                )
        if bench.implements("grant") and bench.samples.grants:
            query = state_query(bench.samples.grants)
            await timed("read_state", lambda: connection.read_state(query))
    return found


def _own_time() -> float:
    """Seconds, without those for which this thread was ready to run and another was let run."""
    now = time.monotonic()
    try:
        waited = _SCHEDULER.read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return now
    return now - int(waited) / 1e9


async def _longest_step(call: Callable[[], Awaitable[Any]]) -> float:
    """The longest time in which *call* did not give way, in seconds: each step of its coroutine is timed.

    The time for which the machine let others run instead does not count, where it tells that.
    """
    longest = 0.0

    class Timed:
        def __await__(self) -> Generator[Any, Any, Any]:
            nonlocal longest
            inner: Generator[Any, Any, Any] = _as_coroutine(call()).__await__()
            value: Any = None
            error: BaseException | None = None
            while True:
                started = _own_time()
                try:
                    step = inner.throw(error) if error is not None else inner.send(value)
                except StopIteration as over:
                    longest = max(longest, _own_time() - started)
                    return over.value
                longest = max(longest, _own_time() - started)
                error = None
                try:
                    value = yield step
                except BaseException as raised:  # noqa: BLE001 - handed on to the call that is timed
                    error = raised

    try:
        await Timed()
    except JackfieldError as failed:
        if isinstance(failed, PluginBug):
            raise Finding(str(failed)) from None
    return longest


async def _as_coroutine(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


async def keeps_to_its_session(bench: Bench) -> None:
    """All that goes over the network goes through the session that the host hands out, or through the backend's tap.

    Limits, proxies, certificates and secrets are the session's; a client of one's own knows none of them.
    """
    seen: list[str] = []
    own = str(bench.backend.tap.port) if bench.has("tap") else None  # type: ignore[attr-defined]
    armed = [True]
    others = _threads() - {threading.current_thread()}

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if not armed[0] or event not in ("socket.connect", "socket.getaddrinfo") or not _foreign_caller(others):
            return
        # The host and the port, and what belongs to the kind of address.
        address: Any = arguments[-1] if event == "socket.connect" else arguments
        if own is None or not isinstance(address, tuple) or str(cast("tuple[object, ...]", address)[1]) != own:
            seen.append(f"{event} {address if event == 'socket.connect' else arguments[0]}")

    sys.addaudithook(watch)
    try:
        shown = await bench.sync(Wire())
    finally:
        armed[0] = False
    if seen:
        raise Finding(f"it connects by itself: {seen[0]}", "jackfield sync")
    if not shown.complete or differences(shown, bench.truth()):
        raise NotApplicable("the sync is not the truth, which another check tells")


def _foreign_caller(others: set[threading.Thread]) -> bool:
    """Whether a connection is made by anything but the host's transport; *others* are threads that were there before."""
    thread = threading.current_thread()
    if thread in others or SENDING.get():
        return False
    modules: list[str] = []
    frame = sys._getframe(2)  # pyright: ignore[reportPrivateUsage] - who called is what is asked
    while frame is not None:
        modules.append(frame.f_globals.get("__name__", ""))
        frame = frame.f_back
    if thread is threading.main_thread():
        # The event loop itself connects for whoever asked it; that somebody was seen where it asked.
        return any(name.startswith("jackfield_testkit") for name in modules)
    return any(not name.startswith(_OF_THREADS) for name in modules)
