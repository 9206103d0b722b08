"""The control routes: plain HTTP on loopback, for tests and for a hand at the shell."""

import json
from collections.abc import Callable
from typing import Any, cast

from aiohttp import web

from .front import Front
from .state import State, Task

Body = dict[str, Any]


class Control:
    """What a test may ask for and change."""

    def __init__(self, state: State, front: Front) -> None:
        self._state = state
        self._front = front

    def application(self) -> web.Application:
        routes: list[tuple[str, str, Callable[[Body, str], Any]]] = [
            ("GET", "/control/state", lambda _body, _id: {**self._state.told(), "connections": dict(self._front.seen)}),
            ("POST", "/control/settings", self._settings),
            ("GET", "/control/tasks", self._tasks),
            ("POST", "/control/tasks", self._offer),
            ("GET", "/control/tasks/{id}", lambda _body, task_id: self._task(task_id).told()),
            ("POST", "/control/tasks/{id}/cancel", self._cancel),
            ("POST", "/control/tasks/{id}/deliver", self._deliver),
            ("GET", "/control/calls", lambda _body, _id: self._state.calls),
            ("GET", "/control/violations", lambda _body, _id: self._state.violations),
            ("DELETE", "/control/violations", self._forgive),
            ("POST", "/control/failures", self._fail),
            ("DELETE", "/control/failures", self._repair),
            ("POST", "/control/tokens/expire", lambda _body, _id: {"expired": self._state.tokens.withdraw_all()}),
            ("POST", "/control/connections/close", self._close),
            ("POST", "/control/down", self._down),
            ("POST", "/control/restarted", self._restarted),
            ("POST", "/control/reset", self._reset),
        ]
        app = web.Application()
        for method, path, answer in routes:
            app.router.add_route(method, path, _handler(answer))
        return app

    def _task(self, task_id: str) -> Task:
        if task_id not in self._state.tasks:
            raise ValueError(f"no task {task_id}")
        return self._state.tasks[task_id]

    def _settings(self, body: Body, _id: str) -> Any:
        self._state.settings.change(body)
        return self._state.told()["settings"]

    def _tasks(self, _body: Body, _id: str) -> Any:
        self._state.renew()
        return [each.told() for each in self._state.tasks.values()]

    def _offer(self, body: Body, _id: str) -> Any:
        kind, payload = str(body["type"]), cast("Body", body.get("payload") or {})
        task = self._state.add(kind, payload, task_id=body.get("id"), debug=bool(body.get("debug", False)))
        task.cancelled = bool(body.get("cancelled", False))
        return task.told()

    def _cancel(self, _body: Body, task_id: str) -> Any:
        task = self._task(task_id)
        task.cancelled = True
        return task.told()

    def _deliver(self, _body: Body, task_id: str) -> Any:
        """Gives the task out once more, whatever its state."""
        task = self._task(task_id)
        task.queued = task.forced = True
        return task.told()

    def _forgive(self, _body: Body, _id: str) -> Any:
        """The violations so far, which are forgotten by this."""
        found = list(self._state.violations)
        self._state.violations.clear()
        return found

    def _fail(self, body: Body, _id: str) -> Any:
        self._state.fail(body)
        return self._state.told()["failures"]

    def _repair(self, _body: Body, _id: str) -> Any:
        self._state.failures.clear()
        return []

    def _close(self, _body: Body, _id: str) -> Any:
        self._state.poll_from.clear()
        return {"closed": self._front.cut_all()}

    def _down(self, body: Body, _id: str) -> Any:
        self._state.poll_from.clear()
        self._front.go_down(float(body["seconds"]))
        return {}

    def _restarted(self, _body: Body, _id: str) -> Any:
        """The connector is a new process: it has to say hello first, again."""
        self._state.greeted.clear()
        self._state.poll_from.clear()
        return {}

    def _reset(self, _body: Body, _id: str) -> Any:
        """As after the start, with the same credentials and the settings of the start."""
        self._front.reset()
        self._state.reset()
        return {}


def _handler(answer: Callable[[Body, str], Any]) -> Callable[[web.Request], Any]:
    async def handle(request: web.Request) -> web.StreamResponse:
        text = await request.text()
        try:
            body: Any = json.loads(text) if text else {}
            return web.json_response(answer(body, request.match_info.get("id", "")))
        except (ValueError, KeyError, TypeError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

    return handle
