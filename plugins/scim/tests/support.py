"""Real SCIM servers by others, a proxy that twists their answers, and the connector's bench."""

import asyncio
import http.client
import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from scim2_models import Context, EnterpriseUser, Group, PatchOp, User

from jackfield_contracts import Change, Outcome
from jackfield_scim.testserver import TOKEN, Server
from jackfield_testkit import Samples, Truth
from jackfield_testkit.bench import Bench
from jackfield_testkit.finding import discovered

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


class Asked(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


class Answered(NamedTuple):
    """An answer; *body* is the document, None where there is none."""

    status: int
    body: Any
    headers: dict[str, str]


Ask = Callable[[Asked], Answered]
"""Asks the server behind."""

Twist = Callable[[Asked, Callable[[Asked], Answered]], Answered]
"""Answers a request, usually by asking the server behind with it, or with another."""


def listing(asked: Asked, endpoint: str = "/Users") -> bool:
    """Whether a request asks for a page of a listing."""
    return asked.method == "GET" and asked.path == endpoint


def with_body(answer: Answered, **body: Any) -> Answered:
    """An answer with other fields in its document."""
    return answer._replace(body={**answer.body, **body})


class Proxy:
    """A proxy before a server: keeps each request, and answers as *twist* says."""

    def __init__(self, url: str) -> None:
        self.behind = urlsplit(url)
        self.url = ""
        self.asked: list[Asked] = []
        self.twist: Twist = lambda asked, ask: ask(asked)
        self.lock = threading.Lock()

    def ask(self, asked: Asked) -> Answered:
        """Ask the server behind."""
        connection = http.client.HTTPConnection(self.behind.hostname or "", self.behind.port, timeout=20)
        query = f"?{urlencode(asked.query)}" if asked.query else ""
        body = None if asked.body is None else json.dumps(asked.body).encode()
        headers = {
            name: value for name, value in asked.headers.items() if name.lower() not in ("host", "content-length")
        }
        try:
            connection.request(asked.method, f"{self.behind.path}{asked.path}{query}", body=body, headers=headers)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        kept = {name: value for name, value in answer.getheaders() if name.lower() in ("etag", "content-type")}
        return Answered(answer.status, json.loads(data) if data else None, kept)


def document(data: bytes) -> Any:
    """What was sent: a document, or the text of a form."""
    try:
        return json.loads(data) if data else None
    except ValueError:
        return data.decode()


@contextmanager
def proxy(url: str) -> Generator[Proxy]:
    """A proxy before *url* for as long as the block lasts."""
    between = Proxy(url)

    class Handler(BaseHTTPRequestHandler):
        def reply(self) -> None:
            parts = urlsplit(self.path)
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Asked(
                self.command,
                parts.path.removeprefix(between.behind.path),
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                document(data),
                dict(self.headers.items()),
            )
            with between.lock:
                between.asked.append(asked)
            answer = between.twist(asked, between.ask)
            body = b"" if answer.body is None else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = reply

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        between.url = f"http://127.0.0.1:{server.server_port}{between.behind.path}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield between
        finally:
            server.shutdown()
            thread.join()


class _NoTruth:
    def truth(self) -> Truth:
        raise NotImplementedError


@contextmanager
def bench(folder: Path, url: str, **values: Any) -> Generator[Bench]:
    """The connector as the host opens it, on a connection to *url*."""
    found = discovered("scim")
    signed_in = {} if {"username", "token_url", "token"} & values.keys() else {"token": TOKEN}
    made = Bench(found, {"url": url, **signed_in, **values}, _NoTruth(), Samples(), folder)
    try:
        yield made
    finally:
        made.close()


class Django:
    """``django-scim2`` as it runs, and its database for the truth."""

    def __init__(self, url: str, file: Path) -> None:
        self.url = url
        self.file = file

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query of its database gives."""
        with sqlite3.connect(self.file, timeout=20) as db:
            found = db.execute(query, values).fetchall()
        db.close()
        return found

    def add_user(self, name: str, *, active: bool = True, email: str = "", first: str = "", last: str = "") -> str:
        """Make a user by no request."""
        ((id,),) = self.rows(
            "INSERT INTO people_user (username, scim_username, password, is_active, email, first_name, last_name,"
            " is_staff, is_superuser, date_joined) VALUES (?, ?, '', ?, ?, ?, ?, 0, 0, '2020-05-17 12:30:00')"
            " RETURNING id",
            *(name, name, active, email, first, last),
        )
        self.rows("UPDATE people_user SET scim_id = ? WHERE id = ?", str(id), id)
        return str(id)

    def add_group(self, name: str, *members: str) -> str:
        """Make a group by no request."""
        ((id,),) = self.rows("INSERT INTO people_group (name) VALUES (?) RETURNING id", name)
        self.rows("UPDATE people_group SET scim_id = ? WHERE id = ?", str(id), id)
        for each in members:
            self.rows("INSERT INTO people_user_scim_groups (user_id, group_id) VALUES (?, ?)", int(each), id)
        return str(id)

    def members(self, group: str) -> set[str]:
        """Who is in a group."""
        found = self.rows("SELECT user_id FROM people_user_scim_groups WHERE group_id = ?", int(group))
        return {str(id) for (id,) in found}


@contextmanager
def django(folder: Path) -> Iterator[Django]:
    """``django-scim2`` in a process of its own, with nobody in it."""
    program = Path(__file__).parent / "django_provider" / "serve.py"
    process = subprocess.Popen(
        [sys.executable, str(program), str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, "django-scim2 did not start"
        yield Django(url, folder / "people.sqlite")
    finally:
        process.communicate(timeout=20)


def users_of(server: Server, number: int) -> list[str]:
    """That many users with nothing but a name."""
    schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"]
    return [server.add({"schemas": schemas, "userName": f"u{each:03}", "active": True}) for each in range(number)]


def judged(asked: Asked) -> None:
    """Let the models of others read what was sent, in the forms that RFC 7644 knows."""
    model = User[EnterpriseUser] if asked.path.startswith("/Users") else Group
    if asked.method == "POST":
        model.model_validate(asked.body, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    elif asked.method == "PUT":
        model.model_validate(asked.body, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
    elif asked.method == "PATCH":
        PatchOp[model].model_validate(asked.body, scim_ctx=Context.RESOURCE_PATCH_REQUEST)


def made(at: Bench, *changes: Change) -> list[Outcome]:
    return list(asyncio.run(at.change(*changes)))


def whole(server: Server, type: str = "User") -> dict[str, dict[str, Any]]:
    """Everything of a type but for versions and times of changes."""
    found = {each["id"]: dict(each) for each in server.every(type)}
    for each in found.values():
        each.pop("meta")
    return found
