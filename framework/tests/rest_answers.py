"""What routes of a JSON API answer in tests."""

import json
from typing import Any, Literal

import msgspec
import pytest
from aiohttp import web

from jackfield.config import Secret
from jackfield.errors import JackfieldError
from jackfield.http import Bearer, JsonApi

from .loopback import Handler, session, web_server

PRIVATE = "jane@example.com"


class User(msgspec.Struct, frozen=True):
    """What a route of these tests gives."""

    id: str
    status: Literal["active", "gone"] = "active"


def says(status: int, body: Any = None, **headers: str) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(
            status=status, text=None if status == 204 else text, headers={"X-Request-Id": "r-1", **headers}
        )

    return handler


async def raised(handler: Handler, method: str = "POST", **options: Any) -> JackfieldError:
    """What a call that fails raises."""
    async with web_server(handler) as url, session() as http:
        api = JsonApi(http, url, Bearer(Secret("t0ken")), tag="error.code", **options)
        with pytest.raises(JackfieldError) as refused:
            await api.send(method, "users/{}", "u1", json={"a": 1})
    return refused.value
