"""What stands between a connector and the network in tests: it counts requests, loses them, and twists answers.

Promises that requests which are not disturbed go to the real application. Hides where the session is held.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from typing import Any, cast

import msgspec

from jackfield.config import Secret
from jackfield.errors import Transient
from jackfield.hookspecs import ConnectorType, Context
from jackfield.host.discovery import Found
from jackfield.http import Response, Sender, Session
from jackfield.http.transport import route_of

Send = Callable[[], Awaitable[Response]]

SENDING: ContextVar[bool] = ContextVar("SENDING", default=False)
"""Whether what runs now was begun by the host's own sending of a request; tasks inherit it."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One request that a connector made."""

    method: str
    route: str
    url: str
    body: bytes | None

    def __str__(self) -> str:
        return f"{self.method} {self.route}"


Fault = Callable[[Send], Awaitable[Response]]
"""What becomes of one request: it may be sent, and answered otherwise than the application did."""

Plan = Callable[[int, Sent], Fault | None]
"""The fault of a request by its index from 0, None to leave it alone."""

Change = Callable[[Sent], Sent]
"""What is sent in the place of a request."""


class Wire:
    """The requests of one connection, and the faults planned for them."""

    def __init__(self, plan: Plan | None = None, change: Change | None = None) -> None:
        self.plan = plan
        self.change = change
        self.sent: list[Sent] = []
        self.answered: list[tuple[Sent, Response]] = []
        """What came back, in the order in which it came."""
        self.struck: list[str] = []
        """The requests that a fault befell, with their index."""
        self.hit = asyncio.Event()
        """Set once a fault befell a request."""
        self.in_flight = 0
        self.tokens: set[str] = set()
        """What the requests carried in their header Authorization, without the word before it."""

    def before(self, sender: Sender) -> Sender:
        """A sender that goes through this wire."""
        return _Through(self, sender)

    def under(self, found: Found[ConnectorType]) -> Found[ConnectorType]:
        """The connector of *found*, its requests going through this wire."""
        real = found.type.open

        def open_(config: Any, context: Context) -> AbstractAsyncContextManager[object]:
            @asynccontextmanager
            async def opened() -> AsyncGenerator[object]:
                if isinstance(context.http, Session):
                    context.http.intercept(self.before)
                async with real(config, context) as implementation:
                    yield implementation

            return opened()

        return msgspec.structs.replace(found, type=msgspec.structs.replace(found.type, open=open_))


class _Through:
    def __init__(self, wire: Wire, sender: Sender) -> None:
        self._wire = wire
        self._sender = sender

    async def send(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], key: Secret | None = None
    ) -> Response:
        wire = self._wire
        sent = Sent(method=method, route=route_of(url), url=url, body=body)
        index = len(wire.sent)
        wire.sent.append(sent)
        wire.tokens |= {
            value.split()[-1] for name, value in headers.items() if name.lower() == "authorization" and value
        }
        fault = wire.plan(index, sent) if wire.plan is not None else None
        if fault is not None:
            wire.struck.append(f"request {index} ({sent})")
            wire.hit.set()

        async def go_on() -> Response:
            asked = sent if wire.change is None else wire.change(sent)
            mark = SENDING.set(True)
            try:
                return await self._sender.send(method, asked.url, body=asked.body, headers=headers, key=key)
            finally:
                SENDING.reset(mark)

        wire.in_flight += 1
        try:
            given = await (go_on() if fault is None else fault(go_on))
            wire.answered.append((sent, given))
            return given
        finally:
            wire.in_flight -= 1


async def lose_request(send: Send) -> Response:
    """The request never arrives."""
    raise Transient("the connection failed (testkit: lost before it arrived)")


async def lose_answer(send: Send) -> Response:
    """The request is carried out, and its answer lost."""
    await send()
    raise Transient("the connection failed (testkit: the answer was lost)")


async def never_answer(send: Send) -> Response:
    """Nothing comes back, until the caller gives up."""
    await asyncio.Event().wait()
    raise AssertionError("not reached")


async def cut_off(send: Send) -> Response:
    """Half of the answer's body arrives."""
    answer = await send()
    return msgspec.structs.replace(answer, body=answer.body[: len(answer.body) // 2])


def answer(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Fault:
    """The request never arrives, and something else answers."""
    plain = {"content-type": "application/json", **(headers or {})}

    async def fault(send: Send) -> Response:
        return Response(status=status, headers=plain, body=body)

    return fault


def rewrite(change: Callable[[Response], Response]) -> Fault:
    """The answer arrives changed."""

    async def fault(send: Send) -> Response:
        return change(await send())

    return fault


def at(index: int, fault: Fault, *, lasting: bool = False) -> Plan:
    """A plan that strikes the request *index*; *lasting*: and all that go to the same route afterwards."""
    route: list[str] = []

    def plan(now: int, sent: Sent) -> Fault | None:
        if now == index:
            route.append(sent.route)
            return fault
        return fault if lasting and sent.route in route else None

    return plan


def after(event: Callable[[], object]) -> Fault:
    """The request is sent once *event* has happened."""

    async def fault(send: Send) -> Response:
        event()
        return await send()

    return fault


def since(index: int, fault: Fault) -> Plan:
    """A plan that strikes the request *index* and all after it."""
    return lambda now, sent: fault if now >= index else None


def everywhere(fault: Fault) -> Plan:
    """A plan that strikes every request."""
    return lambda index, sent: fault


FOREIGN = msgspec.json.encode(
    {"testkit": "an answer of nothing that this application documents", "error": {"testkit": 1}}
)
"""A JSON body that no application gives."""

TRANSIENT: Mapping[str, Fault] = {
    "lost before it arrived": lose_request,
    "answered, and the answer lost": lose_answer,
    "answered 500": answer(500, FOREIGN),
    "answered 502 in HTML": answer(502, b"<html><h1>Bad gateway</h1></html>", {"content-type": "text/html"}),
    "answered 503 with a pause": answer(503, b"", {"retry-after": "1"}),
}
"""Faults that pass: the same request, made again, is answered."""

BROKEN: Mapping[str, Fault] = {
    "answered 200 with half of the body": cut_off,
    "answered 200 in HTML": answer(200, b"<html>Sign in</html>", {"content-type": "text/html"}),
    "answered 200 with other JSON": answer(200, FOREIGN),
    "answered 200 with null": answer(200, b"null"),
    "answered 200 with an empty body": answer(200, b""),
    "answered 200 with a list": answer(200, b"[]"),
}
"""Answers that can't be understood."""

REFUSALS: Sequence[int] = (400, 401, 403, 404, 409, 410, 422)
"""Statuses with which an application refuses."""

_PROSE = frozenset(
    [
        *("message", "error_summary", "error_description", "user_message"),
        *("detail", "details", "title", "description", "reason", "text"),
    ]
)
"""Names of fields that hold what an application says to people."""


async def other_words(send: Send) -> Response:
    """A refusal arrives with other words for people."""
    given = await send()
    if given.status < 400:
        return given
    # What has several words is said to people, whatever the field is called; so is a body that is no JSON.
    told = _with_texts(given, lambda name, text: "testkit" if name in _PROSE or " " in text.strip() else text)
    prose = told is given and not given.body.lstrip().startswith((b"{", b"["))
    return msgspec.structs.replace(given, body=b"testkit") if prose and given.body else told


async def other_codes(send: Send) -> Response:
    """A refusal arrives with codes that nobody documented; 401 and its like stay, to be signed in."""
    given = await send()
    refused = given.status >= 400 and given.status != 401
    return _with_texts(given, lambda name, text: "testkit_unknown") if refused else given


def with_word(word: str, other: str) -> Fault:
    """A success arrives with *other* wherever its JSON has the text *word*."""

    async def fault(send: Send) -> Response:
        given = await send()
        return _with_texts(given, lambda name, text: other if text == word else text) if given.status < 300 else given

    return fault


def _with_texts(given: Response, change: Callable[[str, str], str]) -> Response:
    """*given*, if it is JSON, with each text as *change* makes it of the field's name and the text."""
    try:
        body = msgspec.json.decode(given.body)
    except msgspec.DecodeError:
        return given

    def changed(value: Any, name: str) -> Any:
        if isinstance(value, dict):
            return {key: changed(each, key) for key, each in cast("dict[str, Any]", value).items()}
        if isinstance(value, list):
            return [changed(each, name) for each in cast("list[Any]", value)]
        return change(name, value) if isinstance(value, str) else value

    return msgspec.structs.replace(given, body=msgspec.json.encode(changed(body, "")))
