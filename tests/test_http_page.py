"""The page for authors about HTTP: its code runs as it stands there, and its table is the one that the code has."""

import ast
import inspect
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec

from jackfield.clock import SystemClock
from jackfield.config import Secret
from jackfield.hookspecs import family
from jackfield.http import REFUSALS, JsonApi, Response
from jackfield_contracts import OutcomeKind, Page, RowKind, Scope

PAGE = (Path(__file__).parents[1] / "docs" / "authors" / "http.md").read_text(encoding="utf-8")


class User(msgspec.Struct):
    """The type that the page's code decodes."""

    id: str


class Application:
    """Answers what the page's code asks for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def conceal(self, secret: Secret) -> None: ...

    async def request(self, method: str, url: str, **_: Any) -> Response:
        self.asked.append(f"{method} {url.removeprefix('https://api.acme.example/v2/')}")
        bodies: dict[str, Any] = {
            "GET users/7%2F8": {"id": "7/8"},
            "GET users?active=true&fields=id&fields=name": [{"id": "a"}],
            "POST users": {"id": "b"},
            "GET users?limit=200": {"data": [{"id": "c"}], "meta": {"next_cursor": "n"}},
        }
        body = bodies.get(self.asked[-1])
        return Response(status=200 if body is not None else 204, headers={}, body=msgspec.json.encode(body))


def test_the_code_runs_as_it_stands_there() -> None:
    import asyncio

    application = Application()
    config = SimpleNamespace(
        **{name: Secret(name) for name in ("token", "password", "key", "client_secret", "refresh_token")}
    )
    config.client_id = "app"
    names: dict[str, Any] = {
        "config": config,
        "context": SimpleNamespace(http=application, clock=SystemClock()),
        "id": "7/8",
        "email": "jane@example.com",
        "group": "g",
        "User": User,
        "family": family,
        "Page": Page,
        "USERS": Scope(name="user", family="users", rows=RowKind.RESOURCES),
        "row": lambda user: user,  # pyright: ignore[reportUnknownLambdaType]
    }
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3

    async def run() -> None:
        for block in blocks:
            code = compile(block, "http.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            if inspect.isawaitable(pending := eval(code, names)):
                await pending
        connector = SimpleNamespace(api=JsonApi(application, "https://api.acme.example/v2"))
        page = await names["users"](connector, None)
        assert (page.items, page.next, page.expected) == ((User(id="c"),), "n", {})

    asyncio.run(run())
    assert names["outcome"].outcome is OutcomeKind.CHANGED
    assert names["users"].__name__ == "users"
    assert application.asked[0] == "GET users/7%2F8"
    assert "PUT groups/g/members/7%2F8" in application.asked


def test_the_table_of_refusals_is_the_one_in_force() -> None:
    rows = re.findall(r"^\| ([\d, ]+) \| `(\w+)`", PAGE, re.MULTILINE)
    told = {int(status): error for statuses, error in rows for status in statuses.split(",")}
    assert told == {status: error.__name__ for status, error in REFUSALS.items()}
