"""Ready-made applications for a backend: things in memory, answered as JSON over HTTP or exported as files.

Promises that a simple application takes few lines: what is true, what stands beside it and what came of changes are told
of the same plain dicts that are answered. An author writes how the application answers, from its documentation.
"""

import csv
import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from jackfield_contracts import GrantId, ResourceId
from jackfield_testkit.data import Truth

Thing = dict[str, Any]
"""One object of the application, as it answers it."""

_LOOPBACK = "127.0.0.1"


class Things:
    """All things of an application by kind and id, each a plain dict: the base of a backend.

    Gives ``whole`` and ``effects``; ``counted`` is to be added to where a change is made. ``told`` makes the truth.
    """

    def __init__(self, **kinds: Mapping[str, Thing]) -> None:
        self.things: dict[str, dict[str, Thing]] = {kind: dict(some) for kind, some in kinds.items()}
        self.counted: Counter[str] = Counter()

    def whole(self) -> Mapping[str, object]:
        """Everything that is kept, by the text of its resource."""
        return {f"{kind}:{id}": deepcopy(each) for kind, some in self.things.items() for id, each in some.items()}

    def effects(self) -> Mapping[str, int]:
        """How often each change was made."""
        return dict(self.counted)

    def told(
        self,
        held: Iterable[str] = (),
        *,
        more: Iterable[str] = (),
        **facts: Callable[[Thing], Mapping[str, Any]],
    ) -> Truth:
        """What a sync has to show: things of all kinds, *more* resources, and *held* (``group:g1/member#user:u1``).

        *facts* makes the facts of a thing, by its kind.
        """
        own = {ResourceId(type=kind, id=id): each for kind, some in self.things.items() for id, each in some.items()}
        return Truth(
            resources=frozenset((*own, *map(ResourceId.parse, more))),
            grants=frozenset(map(GrantId.parse, held)),
            facts={id: facts[id.type](each) for id, each in own.items() if id.type in facts},
        )


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked: the steps of the path and the query decoded, header names in small letters, the body from JSON."""

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered; the body becomes JSON, None is no body."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = {}


@contextmanager
def serving(answer: Callable[[Request], Answer]) -> Generator[str]:
    """The address at which *answer* answers over HTTP on this machine, for as long as the block lasts.

    Requests are answered one after the other, so that *answer* may change what it likes.
    """
    turn = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        timeout = 10
        protocol_version = "HTTP/1.1"

        def reply(self) -> None:
            asked = _request(self)
            with turn:
                given = answer(asked) if asked is not None else Answer(status=400)
            body = b"" if given.body is None else msgspec.json.encode(given.body)
            self.send_response(given.status)
            for name, value in {"Content-Type": "application/json", **given.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = reply  # noqa: N815 - the names that it calls

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 100

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away is nobody's fault."""

    with Server((_LOOPBACK, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://{_LOOPBACK}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _request(handler: BaseHTTPRequestHandler) -> Request | None:
    """The request as it was meant; None where its body is no JSON."""
    body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    parts = urlsplit(handler.path)
    try:
        return Request(
            method=handler.command,
            path=tuple(unquote(step) for step in parts.path.strip("/").split("/")),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in handler.headers.items()},
            body=json.loads(body) if body else None,
        )
    except ValueError:
        return None


def exported(file: Path, rows: Sequence[Mapping[str, Any]], *, columns: Sequence[str] = ()) -> None:
    """Write *rows* as a file of the kind that its name says (.csv, .jsonl or .json), at once and newer than before.

    *columns* are those of a table, where the first row does not have all of them.
    """
    made = file.with_name(f".{file.name}")
    before = file.stat().st_mtime_ns if file.exists() else 0
    with made.open("w", encoding="utf-8", newline="") as out:
        if file.suffix == ".csv":
            table = csv.DictWriter(out, columns or list(rows[0] if rows else ()))
            table.writeheader()
            table.writerows(rows)
        elif file.suffix == ".jsonl":
            out.writelines(f"{json.dumps(row)}\n" for row in rows)
        else:
            json.dump(list(rows), out)
    # Two exports of one size within one tick of the clock are different files all the same.
    moment = max(made.stat().st_mtime_ns, before + 1)
    os.utime(made, ns=(moment, moment))
    made.rename(file)
