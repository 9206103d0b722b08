"""Simulators in this event loop: many of them cost little, and their control routes are called without a network."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jackfield_dropbox_simulator.control.api import ControlApi
from jackfield_dropbox_simulator.launch import Control, ControlError
from jackfield_dropbox_simulator.options import ServiceOptions, TeamOptions
from jackfield_dropbox_simulator.server import Simulator, serving


class Inside(Control):
    """The control routes of a simulator in this process; credentials as a spawned one has them."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator.base_url)
        self._api = ControlApi(simulator.service)
        self.service = simulator.service
        self.ready = simulator.ready
        self.app_key: str = simulator.ready["app_key"]
        self.app_secret: str = simulator.ready["app_secret"]
        self.refresh_token: str = simulator.ready["refresh_token"]

    def send(self, method: str, name: str, body: Any = None) -> Any:
        """One control request, answered at once."""
        parts = urlsplit(f"/_sim/{name}")
        data = b"" if body is None else json.dumps(body).encode()
        answer = self._api.answer(method, parts.path, dict(parse_qsl(parts.query)), data)
        if answer.status != 200:
            raise ControlError(f"{method} {name}: {answer.status} {answer.body.decode()}")
        return json.loads(answer.body)


@asynccontextmanager
async def simulating(team: TeamOptions, **service: Any) -> AsyncGenerator[Inside]:
    """A simulator of *team* in this event loop; *service* as in ``ServiceOptions``."""
    async with serving(team, ServiceOptions(**service)) as simulator:
        yield Inside(simulator)
