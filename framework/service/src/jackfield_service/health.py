"""Health and metrics over HTTP: ``/live``, ``/ready``, ``/health``, ``/metrics``.

Promises answers within a moment whatever goes on, and nothing in them that is personal or secret.
"""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

from jackfield.clock import Clock
from jackfield.errors import BadConfig
from jackfield.state import Home
from jackfield_service.listening import listening
from jackfield_service.metrics import Metrics
from jackfield_service.status import ConnectionStatus, Status

_PASSING = frozenset({"transient", "rate_limited", "busy", "lease_lost"})
"""Errors that may pass by themselves, or say that another host goes on; where neither is so, the connection becomes stale."""
_PATIENCE = 5.0
"""Seconds that the store may take to take a file."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why this host is not ready: ``what`` is one of a few words, ``of`` a connection or a service."""

    what: str
    of: str = ""
    why: str = ""


class Health:
    """What is asked by the probes."""

    def __init__(
        self,
        status: Status,
        metrics: Metrics,
        home: Home,
        clock: Clock,
        *,
        stale_after: Callable[[], float],
        database: Callable[[], str | None],
    ) -> None:
        self._status = status
        self._metrics = metrics
        self._home = home
        self._clock = clock
        self._stale_after = stale_after
        self._database = database
        self.ending = False

    async def problems(self) -> list[Problem]:
        """All that keeps this host from being ready."""
        found: list[Problem] = []
        if self.ending:
            found.append(Problem(what="ending", why="it ends"))
        for what, look in (("store", self._store), ("database", self._database)):
            try:
                why = await asyncio.wait_for(asyncio.to_thread(look), _PATIENCE)
            except TimeoutError:
                why = f"no answer within {_PATIENCE:g} s"
            if why is not None:
                found.append(Problem(what=what, why=why))
        for name, one in sorted(self._status.connections.items()):
            if one.needs_sign_in:
                found.append(Problem(what="sign-in", of=name, why="an administrator has to consent anew"))
            elif one.unusable is not None:
                found.append(Problem(what="secret", of=name, why=one.unusable))
            elif one.failing is not None and one.failing not in _PASSING:
                found.append(
                    Problem(what="failing", of=name, why=f"the last sync failed ({one.failing}); the log says why")
                )
            if one.held:
                found.append(Problem(what="held", of=name, why="a snapshot would lose too much; look, then accept it"))
            elif (age := self._age(one)) is not None:
                found.append(Problem(what="stale", of=name, why=f"no new snapshot for {age:.0f} s"))
        for name, one in sorted(self._status.services.items()):
            if not one.up:
                found.append(Problem(what="service", of=name, why=one.why))
            for connection, (ok, why) in sorted(one.connected.items()):
                if one.up and not ok:
                    found.append(Problem(what="uplink", of=connection, why=why))
        return found

    def _age(self, one: ConnectionStatus) -> float | None:
        """How old the last snapshot is, where that is too old."""
        begun = one.published or one.since
        if one.usual_seconds is None or begun is None:
            return None
        # A clock that has gone back since makes it look newer than it can be.
        here = self._clock.monotonic() - one.learned if one.learned is not None else 0.0
        age = max((self._clock.now() - begun).total_seconds(), here)
        return age if age > one.usual_seconds * self._stale_after() else None

    def _store(self) -> str | None:
        """Why nothing can be written under the home folder, None if it can."""
        try:
            with tempfile.TemporaryFile(dir=self._home.ensure().folder) as file:
                file.write(b"x" * 65536)
                file.flush()
        except OSError as error:
            return f"it can't be written: {error.strerror or type(error).__name__}"
        except BadConfig:
            return "it can't be used"
        return None

    def document(self, problems: list[Problem]) -> dict[str, Any]:
        """All that is known, as a JSON object."""
        return {
            "ready": not problems,
            "problems": problems,
            "configuration": self._status.configuration,
            "connections": {
                name: {
                    "syncing": one.syncing,
                    "last_published": one.published,
                    "age_seconds": _age(self._clock.now(), one.published),
                    "complete": one.complete,
                    "held": one.held,
                    "failing": one.failing,
                    "needs_sign_in": one.needs_sign_in,
                    "unusable": one.unusable,
                    "next_sync": one.next_sync,
                }
                for name, one in sorted(self._status.connections.items())
            },
            "services": {
                name: {
                    "up": one.up,
                    "why": one.why,
                    "connected": {connection: ok for connection, (ok, _) in sorted(one.connected.items())},
                }
                for name, one in sorted(self._status.services.items())
            },
        }

    @asynccontextmanager
    async def answering(self, address: str, port: int) -> AsyncGenerator[int]:
        """Answer at *address* for as long as the block lasts; gives the port. Raises BadConfig where it can't be had."""
        pages = {
            "/live": self._live,
            "/ready": self._ready,
            "/health": self._health,
            "/metrics": self._metrics_page,
        }
        async with listening(pages, address, port, "serve.health_port") as own:
            yield own

    async def _live(self) -> web.Response:
        return web.Response(text="live\n")

    async def _ready(self) -> web.Response:
        problems = await self.problems()
        lines = [f"{each.what}{f' {each.of}' if each.of else ''}: {each.why}" for each in problems] or ["ready"]
        return web.Response(text="\n".join(lines) + "\n", status=503 if problems else 200)

    async def _health(self) -> web.Response:
        problems = await self.problems()
        body = msgspec.json.encode(self.document(problems))
        return web.Response(body=body, content_type="application/json", status=503 if problems else 200)

    async def _metrics_page(self) -> web.Response:
        return web.Response(body=self._metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4"})


def _age(now: datetime, published: datetime | None) -> float | None:
    return round((now - published).total_seconds(), 1) if published is not None else None
