"""The BatonService: every call is checked, noted, and has its effect on the tasks."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, NoReturn

import grpc

from . import rules
from .messages import BATON, as_json, baton, parse
from .state import METHODS, Failure, State, Task, seconds, text_of
from .uploads import Upload

SERVICE = f"{BATON}BatonService"
# A heartbeat that was on its way when the task was finished.
ON_ITS_WAY = 0.5

Call = dict[str, Any]
Effect = tuple[Any, Callable[[], None]]


class Refused(Exception):
    """The call is answered with this gRPC code."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Service:
    """The methods; *cut* cuts the connection that comes from a port."""

    def __init__(self, state: State, cut: Callable[[int], object]) -> None:
        self._state = state
        self._cut = cut
        self._effects: dict[str, Callable[[Any, Call], Effect]] = {
            "Hello": self._hello,
            "GetTask": self._get_task,
            "GetTasks": self._get_tasks,
            "Heartbeat": self._heartbeat,
            "FinishTask": self._finish,
            "StartDebugging": lambda _message, _call: (baton("StartDebuggingResponse")(status=True), _nothing),
        }

    def handlers(self) -> list[Any]:
        """What the gRPC server is given: the methods, and an answer to whatever else is called."""
        unary: Any = grpc.unary_unary_rpc_method_handler
        stream: Any = grpc.stream_unary_rpc_method_handler
        methods = {name: unary(self._unary(name)) for name in METHODS if name != "UploadAsset"}
        methods["UploadAsset"] = stream(self._upload)
        known: Any = grpc.method_handlers_generic_handler(SERVICE, methods)
        return [known, _Unknown(self._state)]

    def _unary(self, method: str) -> Callable[[bytes, Any], Awaitable[bytes]]:
        async def handle(data: bytes, context: Any) -> bytes:
            call = self._begin(method, context)
            try:
                name = f"BatonService{method}Request" if method != "StartDebugging" else f"{method}Request"
                message = self._read(name, data, call)
                call["request"] = as_json(message)
                task_id = getattr(message, "task_id", None)
                await self._due(call, context, "before", task_id)
                self._authorize(call, context)
                self._ask(call, rules.of_message(message))
                self._greeted(method, getattr(message, "host_id", ""), call)
                answer, done = self._effects[method](message, call)
                await self._due(call, context, "after", task_id)
            except Refused as refused:
                self._poll_failed(call, refused.code)
                await _refuse(call, context, refused)
            done()
            call["answer"] = as_json(answer)
            return answer.SerializeToString()

        return handle

    async def _upload(self, stream: AsyncIterator[bytes], context: Any) -> bytes:
        call = self._begin("UploadAsset", context)
        upload = Upload(self._state)
        call["request"] = upload.noted
        try:
            await self._read_upload(stream, context, upload, call)
        except Refused as refused:
            upload.noted["state"] = "failed" if "made_to_fail" in call else "refused"
            await _refuse(call, context, refused)
        except BaseException:
            upload.noted["state"] = "broken"
            call["answer"] = {"code": "none", "message": "the stream broke"}
            raise
        upload.noted["state"] = "complete"
        call["answer"] = {}
        return baton("BatonServiceUploadAssetResponse")().SerializeToString()

    async def _read_upload(self, stream: AsyncIterator[bytes], context: Any, upload: Upload, call: Call) -> None:
        await self._due(call, context, "before")
        self._authorize(call, context)
        async for data in stream:
            message = self._read("BatonServiceUploadAssetRequest", data, call)
            if message.WhichOneof("msg") == "metadata":
                self._ask(call, rules.of_message(message.metadata))
                self._greeted("UploadAsset", message.metadata.host_id, call)
            self._ask(call, upload.take(message))
            call["host_id"], call["task_id"] = upload.host_id, upload.task_id
            if upload.task is not None:
                upload.task.last_sign = time.monotonic()
            await self._due_amid(call, context, upload)
        if not upload.ended:
            # A connector that goes away looks for a moment like one that closes its stream; then this is cancelled.
            await asyncio.sleep(0.3)
        self._ask(call, upload.close())
        await self._due(call, context, "after", upload.task_id)

    async def _due_amid(self, call: Call, context: Any, upload: Upload) -> None:
        """The next failure in the middle of an upload, where its moment has come."""
        waiting = [each.after_bytes for each in self._state.failures if each.after_bytes is not None]
        if waiting and upload.noted["bytes"] >= min(waiting):
            await self._due(call, context, "middle", upload.task_id)

    def _begin(self, method: str, context: Any) -> Call:
        metadata = {key: text_of(value) for key, value in context.invocation_metadata() or ()}
        shown = {key: value for key, value in metadata.items() if key != "authorization"}
        return self._state.begin(method, port=_port(context), metadata=shown)

    async def _due(self, call: Call, context: Any, when: str, task_id: str | None = None) -> None:
        failure = self._state.due(call["method"], when, task_id)
        if failure is not None:
            await self._happen(failure, call, context)

    async def _happen(self, failure: Failure, call: Call, context: Any) -> None:
        call["made_to_fail"] = {"code": failure.code, "delay": failure.delay}
        await asyncio.sleep(failure.delay)
        if failure.code == "DROP":
            self._cut(_port(context))
            raise Refused("UNAVAILABLE", "the connection was cut")
        if failure.code is not None:
            raise Refused(failure.code, "made to fail by the test")

    def _read(self, name: str, data: bytes, call: Call) -> Any:
        try:
            return parse(f"{BATON}{name}", data)
        except ValueError as error:
            self._state.violate("broken-message", str(error), call)
            raise Refused("INTERNAL", str(error)) from error

    def _authorize(self, call: Call, context: Any) -> None:
        given = [text_of(value) for key, value in context.invocation_metadata() or () if key == "authorization"]
        kind, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        standing = self._state.tokens.standing(token)
        call["token"] = standing
        if kind != "Bearer":
            self._state.violate("authorization", f"{len(given)} authorizations, the kind of the first: {kind!r}", call)
        elif standing in ("unknown", "expired"):
            self._state.violate("authorization", f"the token is {standing}", call)
        if standing != "good":
            raise Refused("UNAUTHENTICATED", f"the token is {standing}")

    def _ask(self, call: Call, faults: Iterable[rules.Fault], code: str = "INVALID_ARGUMENT") -> None:
        """Notes every fault; refuses the call where there is one that is not allowed."""
        counted = [text for rule, text in faults if self._state.violate(rule, text, call)]
        if counted:
            raise Refused(code, "; ".join(counted))

    def _greeted(self, method: str, host_id: str, call: Call) -> None:
        if method not in ("Hello", "StartDebugging") and host_id not in self._state.greeted:
            fault = ("hello-first", f"{method} of {host_id!r}, which has not said hello")
            self._ask(call, [fault], "FAILED_PRECONDITION")

    def _task(self, task_id: str, call: Call) -> Task:
        """The task, which must have been offered."""
        self._ask(call, rules.of_task_id(task_id))
        task = self._state.tasks.get(task_id)
        if task is None or not task.deliveries:
            self._state.violate("unknown-task", f"{task_id!r} was never offered", call)
            raise Refused("NOT_FOUND", f"no task {task_id!r}")
        return task

    def _hello(self, message: Any, call: Call) -> Effect:
        self._ask(call, rules.of_hello(message))
        task = self._task(message.task_id, call) if message.task_id else None
        if task is not None:
            if task.type != "hello":
                self._ask(call, [("hello-not-wanted", f"Hello for a task of the type {task.type}")])
            if task.hellos >= len(task.deliveries):
                self._state.violate("hello-not-wanted", "Hello for a hello task that was answered", call)

        def done() -> None:
            self._state.greeted.add(message.host_id)
            self._state.poll_from.pop(message.host_id, None)
            if task is not None:
                task.hellos += 1
                self._state.settle(task)

        return baton("BatonServiceHelloResponse")(), done

    def _get_task(self, message: Any, call: Call) -> Effect:
        answer = baton("BatonServiceGetTaskResponse")()
        self._poll_is_due(message.host_id, call)
        taken = self._state.take(1)
        if taken:
            answer.task.CopyFrom(taken[0].message)
        elif self._state.settings.idle == "none":
            answer.task.none.SetInParent()
        return self._polled(answer, message.host_id)

    def _get_tasks(self, message: Any, call: Call) -> Effect:
        answer = baton("BatonServiceGetTasksResponse")()
        self._poll_is_due(message.host_id, call)
        for each in message.known_task_ids:
            self._ask(call, rules.of_task_id(each))
        for task in self._state.take(message.page_size or 1, message.known_task_ids):
            answer.tasks.add().CopyFrom(task.message)
        return self._polled(answer, message.host_id)

    def _poll_is_due(self, host_id: str, call: Call) -> None:
        early = self._state.poll_from.get(host_id, 0.0) - time.monotonic()
        if early > 0:
            self._state.violate("too-early", f"a poll {early:.2f} s before its time", call)

    def _polled(self, answer: Any, host_id: str) -> Effect:
        settings = self._state.settings
        seconds(answer, "next_poll", settings.next_poll)
        seconds(answer, "next_heartbeat", settings.next_heartbeat)

        def done() -> None:
            self._state.poll_errors.pop(host_id, None)
            self._wait(host_id, min(max(settings.next_poll or 0.0, 0.0), 300.0))

        return answer, done

    def _poll_failed(self, call: Call, code: str) -> None:
        """A poll that the test made to fail: after the n-th in a row the connector waits for the square of n, in seconds.

        With a token that is not honoured it may come back at once, with another.
        """
        host_id = call.get("request", {}).get("host_id", "")
        told = call.get("made_to_fail", {}).get("code") not in (None, "DROP")
        if call["method"] in ("GetTask", "GetTasks") and told and code != "UNAUTHENTICATED":
            errors = self._state.poll_errors[host_id] = self._state.poll_errors.get(host_id, 0) + 1
            self._wait(host_id, min(errors**2, 60))

    def _wait(self, host_id: str, pause: float) -> None:
        self._state.poll_from[host_id] = time.monotonic() + pause * 0.9 - 0.02

    def _heartbeat(self, message: Any, call: Call) -> Effect:
        answer = baton("BatonServiceHeartbeatResponse")()
        seconds(answer, "next_heartbeat", self._state.settings.next_heartbeat)
        named = [*([message.task_id] if message.task_id or not message.task_ids else []), *message.task_ids]
        tasks = [self._task(each, call) for each in named]
        for task in tasks:
            self._beat(task, call)
            if task.cancelled and task.id == message.task_id:
                answer.cancelled = True
            elif task.cancelled:
                answer.cancelled_task_ids.append(task.id)

        def done() -> None:
            told = self._state.settings.next_heartbeat or 30.0
            for task in tasks:
                task.answered_beats += 1
                task.next_beat_from = time.monotonic() + min(max(told, 1.0), 300.0) / 2
                if task.cancelled and task.cancel_told is None:
                    task.cancel_told = task.answered_beats
                    task.queued = task.forced

        return answer, done

    def _beat(self, task: Task, call: Call) -> None:
        now = time.monotonic()
        if task.type != "sync_full":
            self._state.violate("heartbeat-not-wanted", f"a heartbeat for a task of the type {task.type}", call)
        if task.finished and now - task.finished_at > ON_ITS_WAY:
            self._state.violate("heartbeat-late", "a heartbeat for a task that is finished", call)
        if now < task.next_beat_from:
            self._state.violate("too-early", "a heartbeat before half of its pause was over", call)
        if not task.finished:
            task.queued = task.forced
        task.heartbeats.append(time.time())
        task.last_sign = now

    def _finish(self, message: Any, call: Call) -> Effect:
        task = self._task(message.task_id, call)
        if task.type in ("hello", "none"):
            self._ask(call, [("finish-not-wanted", f"FinishTask for a task of the type {task.type}")])
        answered = sum(each["answered"] for each in task.finishes)
        if answered >= len(task.deliveries):
            fault = (
                "finish-twice",
                f"FinishTask after {answered} that were answered, {len(task.deliveries)} deliveries",
            )
            self._ask(call, [fault], "FAILED_PRECONDITION")
        for rule, text in rules.of_finish(message, task):
            self._state.violate(rule, text, call)
        noted = {"time": time.time(), "call": call["n"], "answered": False, **as_json(message)}
        task.finishes.append(noted)
        self._state.settle(task)
        return baton("BatonServiceFinishTaskResponse")(), lambda: noted.update(answered=True)


class _Unknown(grpc.GenericRpcHandler):
    """Notes calls of what the service does not have."""

    def __init__(self, state: State) -> None:
        self._state = state

    def service(self, handler_call_details: Any) -> None:
        call = self._state.begin(handler_call_details.method, answer={"code": "UNIMPLEMENTED", "message": ""})
        self._state.violate("unknown-method", f"there is no {handler_call_details.method}", call)


def _nothing() -> None:
    """Nothing is left to do when the answer is on its way."""


def _port(context: Any) -> int:
    """The port that the connection comes from."""
    found = re.search(r"(\d+)$", context.peer())
    return int(found[1]) if found else 0


async def _refuse(call: Call, context: Any, refused: Refused) -> NoReturn:
    call["answer"] = {"code": refused.code, "message": str(refused)}
    await context.abort(grpc.StatusCode[refused.code], str(refused))
    raise AssertionError("abort raises")
