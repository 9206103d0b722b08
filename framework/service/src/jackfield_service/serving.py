"""The host while it serves: connections synced on schedule, services run, health answered, until it is told to end.

Promises that what goes on when it ends is carried on at the next start, and that a configuration that is wrong changes nothing.
"""

import asyncio
import concurrent.futures
import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib.metadata import version

from jackfield.errors import Busy, JackfieldError, StateUnavailable
from jackfield.state import hold_lock
from jackfield.state.lock import Holder
from jackfield.state.present import present
from jackfield_service.durable import Durable, Report, Stopping
from jackfield_service.health import Health
from jackfield_service.loading import Loaded, a_service_is_usable
from jackfield_service.memory import give_back
from jackfield_service.metrics import Metrics
from jackfield_service.planning import Planner
from jackfield_service.served import Served, Turns
from jackfield_service.status import Status
from jackfield_service.supervising import Configured, Host, differing, supervise
from jackfield_service.traces import Tracing

_LOOK_PATIENCE = 10.0
_AT_START = ("health_address", "health_port", "log_format", "at_once", "host_id")
"""Keys of ``[serve]`` that hold from start to end."""
_RETRY, _LONGEST_RETRY = 60.0, 3600.0
_RETRYABLE = 75


class Serving:
    """One host, from its start to its end."""

    def __init__(self, loaded: Loaded, reload: Callable[[], Loaded]) -> None:
        self._loaded = loaded
        self._reload = reload
        self._log = loaded.app.log
        self._clock = loaded.app.clock
        self._metrics = Metrics()
        self._status = Status(self._metrics, self._clock)
        self._turns = Turns()
        self._tracing = Tracing(loaded.app.environ, version("jackfield"))
        self._stop = asyncio.Event()
        self._hangups = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._syncs: set[asyncio.Task[Report]] = set()
        self._services: dict[str, tuple[Configured, asyncio.Task[None]]] = {}
        self._again = frozenset(loaded.names)
        self._planner: Planner | None = None
        self._looking: asyncio.Task[None] | None = None
        self._last_look: str | None = "the schedule has not been looked at yet"
        self._home = loaded.app.home.ensure()
        self._durable = Durable(
            loaded.address,
            host=loaded.host_id,
            at_once=loaded.settings.at_once,
            sync=self._sync_from_thread,
            log=self._log,
        )
        self._health = Health(
            self._status,
            self._metrics,
            loaded.app.home.ensure(),
            self._clock,
            stale_after=lambda: self._loaded.settings.stale_after,
            database=lambda: self._last_look,
        )

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT; SIGHUP reads the configuration anew."""
        settings = self._loaded.settings
        with self._signals(), present(self._home), self._alone():
            async with self._health.answering(settings.health_address, settings.health_port) as port:
                self._log.info("health is answered", address=settings.health_address, port=port)
                await self._launched()
                try:
                    self._tell_unusable()
                    await self._look()
                    self._begin_services()
                    changing = [
                        each
                        for each in self._loaded.names
                        if self._loaded.app.settings.connection(each).host.provisioning
                    ]
                    self._log.info(
                        "serving",
                        connections=len(self._loaded.names),
                        services=len(self._services),
                        host=self._loaded.host_id,
                        changes_enabled=changing,
                    )
                    await self._serve()
                finally:
                    self._health.ending = True
                    await self._end()

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Be the only one that serves from this home, unless hosts share a database; raises Busy."""
        if self._loaded.shared:
            yield
            return
        clock = self._clock.now().isoformat(timespec="seconds")
        holder = Holder(pid=os.getpid(), run="serve", since=clock)
        file = self._home.lock("all", "serve")
        with hold_lock(file, connection=str(self._home.folder), purpose="serve", holder=holder):
            yield

    async def _launched(self) -> None:
        """Begin the workflows; raises StateUnavailable where their database can't be had."""
        try:
            with self._loaded.view().state():
                pass  # what is wrong with the database is told as every command tells it
            await asyncio.to_thread(self._durable.launch)
        except JackfieldError:
            raise
        except Exception as error:
            raise StateUnavailable(
                f"the database of the schedule can't be used: {type(error).__name__}",
                hint="Look at the database and at the rights in it: the role makes a schema of its own, dbos.",
            ) from error

    async def _serve(self) -> None:
        stop = asyncio.create_task(self._stop.wait())
        while not stop.done():
            hangup = asyncio.create_task(self._hangups.wait())
            await asyncio.wait([stop, hangup], timeout=self._loaded.settings.look, return_when=asyncio.FIRST_COMPLETED)
            if hangup.done() and not stop.done():
                self._hangups.clear()
                await self._take_up()
            hangup.cancel()
            if not stop.done() and await asyncio.to_thread(a_service_is_usable, self._loaded):
                await self._take_up()
            if not stop.done():
                await self._look()
                await asyncio.to_thread(give_back)

    def _tell_unusable(self) -> None:
        """Tell which connections and services lack a secret; the others are served."""
        for name, why in self._loaded.unusable.items():
            self._status.expect(name, changes=self._loaded.app.settings.connection(name).host.provisioning)
            self._status.usable(name, why)
            self._log.warning("a connection can't be used", connection=name, reason=why)
        for name, why in self._loaded.services_unusable.items():
            self._status.service_up(name, up=False, why=why)
            self._log.warning("a service can't be used", service=name, reason=why)

    async def _take_up(self) -> None:
        """Read the configuration anew; what is wrong in it leaves the old one in force."""
        try:
            loaded = await asyncio.to_thread(self._reload)
        except JackfieldError as error:
            self._log.warning("the new configuration is wrong, and the old one goes on", reason=str(error))
            self._status.configured(str(error))
            return
        self._status.configured(None)
        before, self._loaded, self._again = self._loaded.settings, loaded, frozenset(loaded.names)
        fixed = [each for each in _AT_START if getattr(before, each) != getattr(loaded.settings, each)]
        if fixed:
            self._log.warning("what takes a new start", keys=fixed)
        self._tell_unusable()
        self._begin_services()
        self._log.info("the configuration was read anew", connections=len(loaded.names), services=len(self._services))

    async def _look(self) -> None:
        """Look at the schedule; one look that finds no end, such as where a database is away, is waited for no longer."""
        if self._looking is None or self._looking.done():
            self._planner = Planner(self._loaded, self._durable, self._status, again=self._again)
            self._again = frozenset[str]()
            self._looking = asyncio.create_task(asyncio.to_thread(self._planner.look))
        await asyncio.wait([self._looking], timeout=_LOOK_PATIENCE)
        if not self._looking.done():
            self._last_look = f"no answer within {_LOOK_PATIENCE:g} s"
            return
        # A store that is away comes back, and is looked at again.
        error = self._looking.exception()
        if self._planner is not None:
            self._again |= self._planner.left if error is None else self._planner.again
        told, self._last_look = self._last_look, None
        if error is not None:
            self._last_look = f"the schedule can't be looked at: {type(error).__name__}"
            if told != self._last_look:
                self._log.warning("the schedule can't be looked at", reason=str(error))

    def _begin_services(self) -> None:
        # One that ended for good begins again: what was wrong may be mended where no configuration tells it.
        self._services = {name: each for name, each in self._services.items() if not each[1].done()}
        before = {name: configured for name, (configured, _) in self._services.items()}
        ended, begun = differing(before, self._loaded.services)
        for name in ended:
            _, task = self._services.pop(name)
            task.cancel()
        for name in begun:
            configured = self._loaded.services[name]
            host = Host(
                name,
                clock=self._clock,
                log=self._log,
                network=self._loaded.app.network,
                status=self._status,
                folder=self._loaded.app.home.service(name),
                open_connection=self._served,
                names=lambda: self._loaded.names,
            )
            task = self._loop.create_task(supervise(configured, host, self._status), name=f"service {name}")
            self._services[name] = (configured, task)

    def _served(self, name: str) -> Served:
        return Served(self._loaded.view(), name, turns=self._turns, status=self._status, tracing=self._tracing)

    # --- syncs that are due: asked for in a thread of DBOS, carried out here -----------------------------------------

    def _sync_from_thread(self, connection: str, attempt: int) -> Report:
        if self._stop.is_set():
            raise Stopping
        future = asyncio.run_coroutine_threadsafe(self._tracked(connection, attempt), self._loop)
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise Stopping from None

    async def _tracked(self, connection: str, attempt: int) -> Report:
        task = asyncio.create_task(self._sync_due(connection, attempt))
        self._syncs.add(task)
        try:
            return await task
        finally:
            self._syncs.discard(task)

    async def _sync_due(self, connection: str, attempt: int) -> Report:
        loaded, began = self._loaded, self._clock.now()
        if connection not in loaded.names:
            # Another host that shares the work may have it.
            return Report(due=began + timedelta(seconds=loaded.settings.look) if loaded.shared else None)
        retry = False
        try:
            ended = await self._served(connection).sync()
            tell = self._log.info if ended.published and ended.complete else self._log.warning
            tell(
                "synced" if ended.published else "held",
                connection=connection,
                run=ended.run,
                published=ended.published,
                complete=ended.complete,
                reason=ended.reason,
            )
        except JackfieldError as error:
            retry = error.exit_code == _RETRYABLE or isinstance(error, Busy)
            self._log.warning("a sync failed", connection=connection, reason=str(error), error=error.code, again=retry)
        except Exception as error:  # noqa: BLE001 - a fault in one connector is no reason to end the host
            self._status.sync_stopped(connection)
            self._log.warning("a sync failed", connection=connection, reason=type(error).__name__, exc_info=error)
        return self._next(connection, began, attempt + 1 if retry else 0)

    def _next(self, connection: str, began: datetime, attempt: int) -> Report:
        loaded, now = self._loaded, self._clock.now()
        schedule = loaded.schedules.get(connection)
        if schedule is None or schedule.never:
            return Report(due=None)
        due = schedule.due(connection, began, now, loaded.settings.jitter)
        if attempt:
            due = min(due, now + timedelta(seconds=min(_RETRY * 2 ** (attempt - 1), _LONGEST_RETRY)))
        self._status.planned(connection, due, schedule.usual(now))
        return Report(due=due, schedule=schedule.text, attempt=attempt)

    # --- the end ------------------------------------------------------------------------------------------------------

    async def _end(self) -> None:
        """Stop taking work, end what goes on, and leave the rest to the next start."""
        self._stop.set()
        self._log.info("ending", syncs=len(self._syncs), services=len(self._services))
        tasks = [*self._syncs, *(task for _, task in self._services.values())]
        for task in tasks:
            task.cancel()
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=self._loaded.settings.grace)
            if left:
                self._log.warning("cut off, to be gone on with at the next start", left=len(left))
        try:
            await asyncio.wait_for(asyncio.to_thread(self._tracing.close), 2.0)
        except TimeoutError:
            self._log.warning("the last traces could not be sent in time")
        try:
            await asyncio.wait_for(asyncio.to_thread(self._durable.close), 2.0)
        except TimeoutError:
            self._log.warning("the workflows did not end in time; they are gone on with at the next start")

    def _signals(self) -> "_Signals":
        return _Signals(
            self._loop,
            {
                signal.SIGTERM: self._stop.set,
                signal.SIGINT: self._stop.set,
                signal.SIGHUP: self._hangups.set,
            },
        )


class _Signals:
    """What signals do for as long as the block lasts."""

    def __init__(self, loop: asyncio.AbstractEventLoop, actions: dict[signal.Signals, Callable[[], None]]) -> None:
        self._loop = loop
        self._actions = actions

    def __enter__(self) -> None:
        for each, action in self._actions.items():
            self._loop.add_signal_handler(each, action)

    def __exit__(self, *_: object) -> None:
        for each in self._actions:
            self._loop.remove_signal_handler(each)
