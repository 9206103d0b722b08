"""What a connector with a protocol of its own makes of connections that are cut, refused or silent: tried by a tap."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import msgspec

from jackfield.errors import JackfieldError, RateLimited, Transient
from jackfield.hookspecs import SyncView
from jackfield.host.connection import Connection
from jackfield_contracts import StateQuery
from jackfield_testkit.bench import Bench
from jackfield_testkit.checks.acting import make_raw, name_of, state_before
from jackfield_testkit.checks.declared import secret_values
from jackfield_testkit.checks.failing import never_lies
from jackfield_testkit.checks.stating import query_of_what_is_held
from jackfield_testkit.data import Finding, NotApplicable
from jackfield_testkit.reach import tap_of
from jackfield_testkit.tapping import Tap
from jackfield_testkit.walk import Call, rows, walk

MOST = 12
"""So many messages are disturbed one by one."""

_LATER = 8
"""So many of a sync's others."""

_PASSING = (Transient, RateLimited)
_SECONDS_TO_END = 1.0
_TURNS_TO_END = 20
_SECONDS_TO_SEND = 10.0


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is asked of a connection, and how its answer is told apart from another."""

    name: str
    ask: Callable[[Connection], Awaitable[Any]]
    facts: Callable[[Any], object]
    raw: Callable[[Connection], Awaitable[Any]]
    """The same, past the host: errors as the connector raises them."""


class _Cut(msgspec.Struct, frozen=True, kw_only=True):
    """A connection is cut at one message."""

    number: int
    answered: bool

    def plan(self, tap: Tap) -> None:
        """Have it happen."""
        (tap.lose_answer if self.answered else tap.lose_message)(self.number)

    def __str__(self) -> str:
        before = "before its answer is back" if self.answered else "before it arrives"
        return f"the connection is cut at message {self.number}, {before}"


def _cuts() -> Iterator[tuple[_Cut, _Cut]]:
    for number in range(1, MOST + 1):
        yield _Cut(number=number, answered=False), _Cut(number=number, answered=True)


async def survives_a_lost_connection(bench: Bench) -> None:
    """A sync whose connection is cut, at whatever message, ends whole, or says that it did not.

    Servers of all protocols restart; rows that were lost on the way look like people who left.
    """
    tap = await tap_of(bench)
    truth = bench.truth()
    before = tap.messages
    await bench.sync()
    for turn, number in enumerate(_spread(tap.messages - before)):
        cut = _Cut(number=number, answered=turn % 2 == 1)
        cut.plan(tap)
        try:
            shown = await bench.sync()
        finally:
            tap.restore()
        never_lies(shown, truth, str(cut), "jackfield sync")
        if shown.error is not None and not isinstance(shown.error, _PASSING):
            raise Finding(
                f"a lost connection ends it by {type(shown.error).__name__}, not Transient: {shown.error}", str(cut)
            )


def _spread(total: int) -> Sequence[int]:
    """The first messages, and others evenly spread to the last."""
    first, left = range(1, min(MOST, total) + 1), max(0, total - MOST)
    some = min(_LATER, left)
    return [*first, *(total - left + (each + 1) * left // some for each in range(some))]


async def takes_a_lost_connection_for_passing(bench: Bench) -> None:
    """A connection that is cut, or refused for a moment, becomes Transient, and the next one works.

    As a broken contract or a bad configuration it ends for good what would work in a minute; as an empty page or state it is
    taken for the truth.
    """
    tap = await tap_of(bench)
    try:
        for asked in await _asked_of(bench):
            await _cut_at_each(bench, tap, asked)
            await _refused_for_a_moment(bench, tap, asked)
    finally:
        tap.restore()


async def _asked_of(bench: Bench) -> list[_Asked]:
    """``check``, the first page of each family, and the state, where there are changes."""
    walked = await walk(bench)
    found = [
        _Asked(
            name="check",
            ask=lambda connection: connection.check(),
            facts=lambda report: {each.capability: each.available for each in report.capabilities},
            raw=lambda connection: _hooks(connection).check(),
        )
    ]
    firsts = {read[0].family: read[0] for read in reversed(walked.reads)}
    found += [_page_of(call, walked.view) for call in firsts.values()]
    if bench.implements("grant") and bench.samples.grants:
        found.append(_state_of(query_of_what_is_held(bench)))
    return found


def _state_of(query: StateQuery) -> _Asked:
    return _Asked(
        name=f"read_state({query})",
        ask=lambda connection: connection.read_state(query),
        facts=lambda state: msgspec.structs.replace(state, request_ids=()),
        raw=lambda connection: _hooks(connection).read_state(query=query),
    )


def _page_of(call: Call, view: SyncView) -> _Asked:
    return _Asked(
        name=str(call),
        ask=lambda connection: connection.read_page(call.family, call.scopes, call.cursor, 0, view),
        facts=lambda page: rows([page]),
        raw=lambda connection: _hooks(connection).read_page(
            family=call.family, scopes=call.scopes, cursor=call.cursor, attempt=0, view=view
        ),
    )


def _hooks(connection: Connection) -> Any:
    return getattr(connection, "_relay").hook  # noqa: B009 - the only way past what the host masks


async def _cut_at_each(bench: Bench, tap: Tap, asked: _Asked) -> None:
    async with bench.open() as connection:
        wanted = asked.facts(await asked.ask(connection))
    for both in _cuts():
        for cut in both:
            cut.plan(tap)
            try:
                async with bench.open() as connection:
                    given = asked.facts(await asked.ask(connection))
            except JackfieldError as error:
                _is_passing(error, str(cut), asked.name)
                continue
            if not tap.struck:
                return
            if given != wanted:
                raise Finding("a lost connection is taken for an answer, and it is another", str(cut), asked.name)


async def _refused_for_a_moment(bench: Bench, tap: Tap, asked: _Asked) -> None:
    step = "the server refuses connections"
    tap.restore()
    async with bench.open() as connection:
        wanted = asked.facts(await asked.ask(connection))
        tap.refuse()
        try:
            await asked.ask(connection)
        except JackfieldError as error:
            _is_passing(error, step, asked.name)
        else:
            raise Finding("the server can't be reached, and it is answered all the same", step, asked.name)
        tap.restore()
        if asked.facts(await asked.ask(connection)) != wanted:
            raise Finding("once the server can be reached again, the answer is another", step, asked.name)
    tap.refuse()
    try:
        async with bench.open() as connection:
            await asked.ask(connection)
    except JackfieldError as error:
        _is_passing(error, step, f"open, {asked.name}")
    tap.restore()


def _is_passing(error: JackfieldError, *steps: str) -> None:
    if not isinstance(error, _PASSING):
        raise Finding(f"a lost connection becomes {type(error).__name__}, not Transient: {error}", *steps)


async def can_be_cancelled_while_it_waits(bench: Bench) -> None:
    """Cancelled while the server is silent, a read and a change end within a second and leave no task.

    Ctrl-C, a lost lease and a deadline all cancel; a connector that swallows it keeps the whole service from stopping.
    """
    tap = await tap_of(bench)
    for asked in await _asked_of(bench):
        for number in range(1, MOST + 1):
            async with _silent(bench, tap) as connection:
                if not await _cancelled(tap, number, asked.ask(connection), asked.name):
                    break
    if not bench.samples.grants or not bench.implements("grant"):
        return
    change = bench.samples.grants[0]
    before = bench.truth()
    for number in range(1, MOST + 1):
        async with _silent(bench, tap) as connection:
            state = await state_before(connection, change)
            if not await _cancelled(tap, number, make_raw(connection, change, state), f"{name_of(change)} (the hook)"):
                break
        if bench.truth() != before:
            break


@asynccontextmanager
async def _silent(bench: Bench, tap: Tap) -> AsyncGenerator[Connection]:
    """A connection whose server may become silent; no task is left once it is closed."""
    tap.restore()
    tasks = asyncio.all_tasks()
    async with bench.open() as connection:
        try:
            yield connection
        finally:
            # What is held back is not to arrive after all.
            tap.cut()
            tap.restore()
    until = time.monotonic() + _SECONDS_TO_SEND
    while left := [each for each in asyncio.all_tasks() - tasks if not each.done()]:
        if time.monotonic() > until:
            raise Finding(f"{len(left)} tasks are left running: {left[0]!r}", "cancelled while the server is silent")
        await asyncio.sleep(0.01)


async def _cancelled(tap: Tap, number: int, call: Awaitable[Any], name: str) -> bool:
    """Cancel *call* once it waits at its *number*-th message; whether it came so far."""
    tap.hold_at(number)
    step = f"cancelled while the server does not answer message {number}"
    task = asyncio.ensure_future(call)
    try:
        until = time.monotonic() + _SECONDS_TO_SEND
        while not (tap.struck and tap.waiting) and not task.done() and time.monotonic() < until:
            await asyncio.wait([task], timeout=0.005)
        if not tap.struck:
            return False
        task.cancel()
        # In turns: a machine that is busy with other things gives a task few of them in a second.
        for _ in range(_TURNS_TO_END):
            if not task.done():
                await asyncio.wait([task], timeout=_SECONDS_TO_END / _TURNS_TO_END)
        if not task.done():
            raise Finding(f"it goes on for {_SECONDS_TO_END:g} s after it was cancelled", step, name)
        if not task.cancelled():
            raise Finding(f"the cancellation was swallowed: it ended with {_ended(task)}", step, name)
    finally:
        tap.cut()
        tap.restore()
        await _over(task)
    return True


def _ended(task: "asyncio.Future[Any]") -> str:
    error = task.exception()
    return repr(error) if error is not None else repr(task.result())[:200]


async def _over(task: "asyncio.Future[Any]") -> None:
    """Wait for what was cancelled; its error is told, or of no interest."""
    await asyncio.wait([task], timeout=_SECONDS_TO_SEND)
    if task.done() and not task.cancelled():
        task.exception()


async def tells_no_secret_of_a_lost_connection(bench: Bench) -> None:
    """No error that a lost or refused connection raises, and no log line, has a secret of the configuration.

    The host masks what it knows, in the errors that it sees; what a driver chains to them, or logs, is shown as it is.
    """
    values = secret_values(bench)
    if not values:
        raise NotApplicable("the configuration has no secrets")
    tap = await tap_of(bench)
    plans: list[tuple[str, Callable[[], None]]] = [("the server refuses connections", tap.refuse)]
    plans += [(str(cut), partial(cut.plan, tap)) for both in _cuts() for cut in both]
    asked_of = await _asked_of(bench)
    try:
        for step, plan in plans:
            for asked in asked_of[:2]:
                plan()
                try:
                    async with bench.open() as connection:
                        await asked.raw(connection)
                except Exception as error:  # noqa: BLE001 - whatever is raised is what is looked at
                    _without(values, _texts(error), step, asked.name)
        tap.refuse()
        shown = await bench.sync()
        _without(values, [str(shown), *map(str, shown.diagnostics), *bench.log.lines], "the server refuses connections")
    finally:
        tap.restore()


def _texts(error: BaseException) -> list[str]:
    """All that *error* says, and what it was raised from."""
    told: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(told) < 100:
        told += [str(seen), repr(seen), *(each for each in vars(seen).values() if isinstance(each, str))]
        seen = seen.__cause__ or seen.__context__
    return told


def _without(values: Sequence[str], told: Sequence[str], *steps: str) -> None:
    for text in told:
        if any(value in text for value in values):
            for value in values:
                text = text.replace(value, "<the secret>")
            raise Finding(f"a secret of the configuration is told: {text[:300]}", *steps)
