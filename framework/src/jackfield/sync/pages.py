"""One read, page by page, to its end.

Promises that a read ends: by its last page, or by an error that says why. Hides retries, restarts and guards.
"""

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import Any, Protocol

import msgspec
import stamina

from jackfield.clock import Clock
from jackfield.errors import CursorExpired, JackfieldError, PluginBug, RateLimited, RemoteContract, Transient
from jackfield.hookspecs import SyncView
from jackfield.http.session import DEFAULT_PAUSE
from jackfield.log import Logger
from jackfield.snapshots.reads import Read
from jackfield.snapshots.writer import SnapshotWriter
from jackfield_contracts import Page, Scope

MOST_RESTARTS = 3
MOST_FRUITLESS_PAGES = 30
"""Pages in a row that are empty, or the same as the one before."""
MOST_CURSOR_BYTES = 4096
_TRIES_AT_A_BROKEN_ANSWER = 3
_TURNS_TO_SEND = 4


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long to go on trying: seconds of failing requests, and seconds without any page.

    ``first_wait``: seconds before the second try; each later wait is twice as long, up to 20 s, and each a little longer
    by chance, so that many hosts don't ask together. With 0 nothing is waited for. ``tries``: the most at one page.
    """

    retry_deadline: float
    stall_timeout: float
    first_wait: float = 0.2
    tries: int | None = None


class _Limits(msgspec.Struct, frozen=True, kw_only=True):
    tries: int | None
    until: float | None


class PageSource(Protocol):
    """What gives pages: a connection."""

    async def read_page(
        self, family: str, scopes: tuple[Scope, ...], cursor: str | None, attempt: int, view: SyncView
    ) -> Page:
        """See ``ConnectorSpec.read_page``."""
        ...


class PageReader:
    """Reads pages of one connection for one sync."""

    def __init__(
        self, connection: PageSource, writer: SnapshotWriter, patience: Patience, clock: Clock, log: Logger
    ) -> None:
        self._connection = connection
        self._writer = writer
        self._patience = patience
        self._clock = clock
        self._log = log
        self._pause: RateLimited | None = None
        self._paused_until = 0.0
        # Left alone, stamina tells of each retry on standard output, where results go; what is worth telling is logged.
        stamina.instrumentation.set_on_retry_hooks(())

    async def read(
        self,
        read: Read,
        scopes: tuple[Scope, ...],
        store: Callable[[Page, int | None], Awaitable[None]],
        *,
        tries: int | None = None,
        until: float | None = None,
    ) -> None:
        """Read on from the stored cursor of *read*, giving each page with the hash of its cursor to *store* in order.

        While a page is stored the next one is asked for and read; at most two are held. *tries* bounds the attempts at one
        page, *until* is the moment (monotonic) after which nothing is tried again. Raises JackfieldError when the read
        can't be ended.
        """
        limits = _Limits(tries=tries, until=until)
        while True:
            try:
                await self._pass(read, scopes, store, limits)
                return
            except CursorExpired as error:
                if read.restarts >= MOST_RESTARTS:
                    raise RemoteContract(
                        f"the read was started {read.restarts + 1} times and never got to its end: {error.summary}",
                        route=error.route,
                        request_id=error.request_id,
                    ) from error
                self._log.info("read restarts", family=read.family, reason=error.summary)
                await self._writer.restart_read(read)

    async def _pass(
        self,
        read: Read,
        scopes: tuple[Scope, ...],
        store: Callable[[Page, int | None], Awaitable[None]],
        limits: "_Limits",
    ) -> None:
        seen = self._writer.cursor_hashes(read)
        fruitless = 0
        before: Page | None = None
        cursor = read.cursor
        ahead = asyncio.ensure_future(self._page(read.family, scopes, cursor, limits))
        storing: asyncio.Future[None] | None = None
        try:
            while True:
                if storing is not None:
                    # A page that can't be stored ends the read now, however long the next one takes to come.
                    await asyncio.wait((ahead, storing), return_when=asyncio.FIRST_COMPLETED)
                    if storing.done():
                        storing.result()
                page = await ahead
                fruitless = fruitless + 1 if _nothing_new(page, before) else 0
                following = self._guard(page, cursor, seen, fruitless)
                before = page
                cursor = page.next
                if cursor is not None:
                    ahead = asyncio.ensure_future(self._page(read.family, scopes, cursor, limits))
                    # The request is on its way before storing takes the processor: it is written in a few turns.
                    for _ in range(_TURNS_TO_SEND):
                        await asyncio.sleep(0)
                if storing is not None:
                    await storing
                storing = asyncio.ensure_future(store(page, following))
                if cursor is None:
                    await storing
                    return
        except JackfieldError:
            # What came before the failure is stored all the same.
            if storing is not None:
                await storing
            raise
        finally:
            try:
                await _dismiss(ahead)
            finally:
                if storing is not None:
                    await _dismiss(storing)

    def _guard(self, page: Page, cursor: str | None, seen: set[int], fruitless: int) -> int | None:
        """The hash of the page's cursor; raises where going on would lead nowhere."""
        if page.next is None:
            return None
        if len(page.next.encode()) > MOST_CURSOR_BYTES:
            raise RemoteContract(f"the application gave a cursor of more than {MOST_CURSOR_BYTES} bytes")
        following = int.from_bytes(blake2b(page.next.encode(), digest_size=7).digest(), "big")
        if page.next == cursor or following in seen:
            raise CursorExpired("the application gave a cursor that it had given before")
        if fruitless >= MOST_FRUITLESS_PAGES:
            same = "" if not page.items else ", each the same as the one before"
            raise CursorExpired(f"the application gave {fruitless} {'pages' if same else 'empty pages'} in a row{same}")
        seen.add(following)
        return following

    async def _page(self, family: str, scopes: tuple[Scope, ...], cursor: str | None, limits: "_Limits") -> Page:
        """One page, tried again as long as that may help."""
        started = self._clock.monotonic()
        deadline = self._patience.retry_deadline
        if limits.until is not None:
            deadline = max(0.001, min(deadline, limits.until - started))
        failures = 0

        def again(error: Exception) -> bool | float:
            nonlocal failures
            if isinstance(error, RemoteContract):
                failures += 1
                return failures < _TRIES_AT_A_BROKEN_ANSWER
            if isinstance(error, Transient):
                failures += 1
                self._log.info("tries again", family=family, attempt=failures, reason=str(error))
                return True
            return False

        while True:
            try:
                async with asyncio.timeout(self._patience.stall_timeout):
                    async for attempt in stamina.retry_context(
                        on=again,
                        attempts=min((n for n in (limits.tries, self._patience.tries) if n is not None), default=None),
                        timeout=deadline,
                        wait_initial=self._patience.first_wait,
                        wait_max=20.0,
                        wait_jitter=0.5 if self._patience.first_wait else 0.0,
                    ):
                        with attempt:
                            return await self._attempt(family, scopes, cursor, failures)
            except RateLimited as error:
                # The limiter holds every call back for as long as was asked; here it is only asked again.
                asked = error.after if error.after is not None else DEFAULT_PAUSE
                self._pause, self._paused_until = error, self._clock.monotonic() + asked
                if self._clock.monotonic() - started > self._patience.stall_timeout:
                    raise RateLimited(
                        f"the application has asked for pauses for {self._patience.stall_timeout:g} s on end",
                        after=error.after,
                        route=error.route,
                        request_id=error.request_id,
                    ) from error
            except TimeoutError:
                # It holds for all reads, whichever of them was told.
                if self._pause is not None and self._paused_until > self._clock.monotonic():
                    raise self._too_long(self._pause) from None
                raise Transient(f"no page within {self._patience.stall_timeout:g} s") from None

    def _too_long(self, error: RateLimited) -> RateLimited:
        """The error for a pause that the application asked for and that goes beyond the patience."""
        asked = "a pause" if error.after is None else f"a pause of {error.after:,.0f} s"
        return RateLimited(
            f"the application asked for {asked}, longer than the {self._patience.stall_timeout:g} s without any page"
            " after which a read ends",
            after=error.after,
            hint="Sync again after that pause, or raise stall_timeout.",
            route=error.route,
            request_id=error.request_id,
        )

    async def _attempt(self, family: str, scopes: tuple[Scope, ...], cursor: str | None, failures: int) -> Page:
        """One call of the connector, in a task of its own.

        A TaskGroup in a connector that fails can leave its task marked as being cancelled (Python 3.11), and a time-out
        around it would then go by unnoticed. One that fails while it is cancelled raises its failure instead: the
        cancellation counts nevertheless.
        """
        mine = asyncio.current_task()
        before = mine.cancelling() if mine is not None else 0
        call = asyncio.ensure_future(self._connection.read_page(family, scopes, cursor, failures, self._writer))
        try:
            return await call
        except asyncio.CancelledError:
            if call.cancelled() and mine is not None and mine.cancelling() <= before:
                raise PluginBug(f"the connector cancelled its own read of {family!r}") from None
            raise
        except Exception:
            # Whatever failed: who is cancelled ends as cancelled, and any other failure goes on as it is.
            if mine is not None and mine.cancelling() > before:
                raise asyncio.CancelledError from None
            raise


def _nothing_new(page: Page, before: Page | None) -> bool:
    if not page.items and not page.opens:
        return True
    return before is not None and (page.items, page.opens) == (before.items, before.opens)


async def _dismiss(task: "asyncio.Future[Any]") -> None:
    """End a task whose result nobody wants any more, without a warning about it; it has ended when this does."""
    task.cancel()
    again: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            again = error
    if not task.cancelled():
        task.exception()
    if again is not None:
        raise again


def reason_of(error: JackfieldError) -> str:
    """An error in the words of a seal: what happened, and by which route and request."""
    places = [text for text in (error.route, error.request_id and f"request {error.request_id}") if text]
    return error.summary + (f" ({', '.join(places)})" if places else "")
