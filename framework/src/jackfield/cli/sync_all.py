"""Syncs of many connections, side by side.

Promises that one which fails stops no other, and that an interruption ends all of them in order, each to go on at its next
sync.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from jackfield.cli import exits
from jackfield.cli.app import App
from jackfield.cli.output import note
from jackfield.cli.text import count, requests_told
from jackfield.errors import JackfieldError
from jackfield.host.configured import Configured
from jackfield.state import Home, Run, RunStatus, State
from jackfield.sync import run_sync

AT_ONCE = 8
"""Connections that are synced at the same time; each has its own limit of requests."""


class Synced(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one connection: the record of its run if there is one, and what ended it if it failed."""

    connection: str
    run: Run | None = None
    error: JackfieldError | None = None
    code: int

    def document(self, home: Home, redact: Callable[[str], str]) -> dict[str, object]:
        """The object of one connection in ``sync --all --output json``."""
        from jackfield.cli.results import sync_document

        made: dict[str, object] = {"connection": self.connection, "exit_code": self.code}
        if self.run is not None:
            made |= sync_document(self.run, home)
        made["error"] = {"code": self.error.code, "message": redact(str(self.error))} if self.error else None
        return made

    def line(self, redact: Callable[[str], str]) -> str:
        """The same in one line."""
        run, error = self.run, self.error
        if run is None or run.status not in (RunStatus.PUBLISHED, RunStatus.HELD):
            why = error.summary if error else run.reason if run else None
            return f"{self.connection}: FAILED ({self.code}): {redact(why or 'no reason is known')}"
        rows = f"{count(sum(run.counts.resources.values()), 'resource')}, {count(run.counts.grants, 'grant')}"
        cost = f"{requests_told(run.requests)} in {run.seconds:.1f} s"
        if run.status is RunStatus.HELD:
            return f"{self.connection}: HELD, run {run.run}: {run.reason or 'it would lose too much'}"
        whole = "complete" if run.complete else f"NOT COMPLETE: {count(len(run.scopes), 'scope')} not seen whole"
        return f"{self.connection}: {whole}; {rows}; {cost}; run {run.run}"


async def sync_all(
    app: App,
    names: Sequence[str],
    state: State,
    *,
    after: Callable[[Configured, Run], Awaitable[None]],
    ended: Callable[[Synced], None],
) -> list[Synced]:
    """Sync each of *names*, at most ``AT_ONCE`` at a time; the results in their order. *ended* is told each as it ends.

    *after* is called with each that was published. Raises what is no error of a single connection, such as a wrong policy.
    """
    policies = app.policies()
    room = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> Synced:
        async with room:
            try:
                settings = app.settings.connection(name)
                configured = app.configured(settings, app.plugin(settings), state, policies=policies)
                result = await run_sync(configured)
                if result.run.status is RunStatus.PUBLISHED:
                    await after(configured, result.run)
                for each in result.notes:
                    note(f"{name}: {app.redactor.text(each)}")
                found = Synced(
                    connection=name, run=result.run, error=result.error, code=_code(result.run, result.error)
                )
            except JackfieldError as error:
                found = Synced(connection=name, error=error.locate(connection=name), code=error.exit_code)
            except Exception as error:  # a fault of ours in one sync is no reason to end the others
                app.log.debug("the error in full", connection=name, exc_info=error)
                summary = f"something happened that Jackfield did not expect ({type(error).__name__}); please report it"
                found = Synced(connection=name, error=JackfieldError(summary, connection=name), code=exits.BUG)
        ended(found)
        return found

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(name)) for name in names]
    return [task.result() for task in tasks]


def _code(run: Run, error: JackfieldError | None) -> int:
    if error is not None:
        return error.exit_code
    if run.status is RunStatus.HELD:
        return exits.HELD
    if run.status is not RunStatus.PUBLISHED:
        return exits.FAILED
    return exits.OK if run.complete else exits.INCOMPLETE
