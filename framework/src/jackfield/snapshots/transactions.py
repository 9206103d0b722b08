"""One SQLite connection that tasks share with a thread: transactions one after another, long statements aside."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

from jackfield.errors import PluginBug


class Transactions:
    """The transactions of one connection; each is whole, and the next waits for it."""

    def __init__(self, db: sqlite3.Connection, *, flush: Callable[[], None], forget: Callable[[], None]) -> None:
        """*flush* writes what was kept back, before a commit; *forget* drops what was remembered, after a rollback."""
        self._db = db
        self._flush = flush
        self._forget = forget
        self._turn = asyncio.Lock()
        # A connection keeps the error of its last call: a statement that fails in a thread while another one is run here
        # passes for done. So whoever reads outside of a transaction waits for the thread.
        self.using = threading.Lock()

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[None]:
        """All or nothing; others wait. Raises PluginBug where a text is none that can be stored."""
        async with self._turn:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._flush()
                await self.aside("COMMIT")
            except BaseException as error:
                # Cancelled while it was committed, or rolled back by SQLite itself where the disk is full: it is over already.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                self._forget()
                if isinstance(error, UnicodeEncodeError):
                    raise PluginBug(f"a text of the connector is no Unicode: {error.reason}") from None
                raise

    async def aside(self, statement: str, arguments: tuple[int, ...] = ()) -> None:
        """Run one long statement in a thread, so that pages are read meanwhile; call within a transaction."""
        running = asyncio.get_running_loop().run_in_executor(None, self._execute, statement, arguments)
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            # Cancelled once more, it waits all the same: what comes after must not meet the statement halfway.
            while not running.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([running])
            running.exception()  # what it failed with no longer matters, and would be complained about
            raise

    def _execute(self, statement: str, arguments: tuple[int, ...]) -> None:
        with self.using:
            self._db.execute(statement, arguments)
