"""Acme, the application: users in numbered pages, groups and members in linked ones. It stands for the real one."""

import json
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from jackfield_contracts import EntitlementId, GrantId, ResourceId
from jackfield_testkit import Truth

TOKEN = "acme-t0ken"
_SIZE = 2


class Acme:
    """What is true in Acme. ``writes`` counts changes that were made by kind, ``url`` is its address."""

    def __init__(self) -> None:
        self.url = ""
        self.users = {
            f"u{n}": {"id": f"u{n}", "name": f"Person {n}", "email": f"p{n}@x.org", "active": n != 3}
            for n in range(1, 6)
        }
        self.groups = {"g/1": "Everyone", "g2": "Sales", "g3": "Nobody"}
        self.members = {"g/1": {"u1", "u2", "u3", "u4", "u5"}, "g2": {"u2"}, "g3": set[str]()}
        self.writes = Counter[str]()
        self.page_size = _SIZE
        self._numbers = count(1)

    def effects(self) -> dict[str, int]:
        """How many changes of each kind were made."""
        return dict(self.writes)

    def drift(self, seed: int) -> None:
        """Somebody else changes something: a user goes or comes, or joins or leaves a group."""
        id = f"u{seed % 5 + 1}"
        if seed % 2 and id in self.users:
            del self.users[id]
            for members in self.members.values():
                members.discard(id)
        elif id in self.users:
            self.members["g2"].symmetric_difference_update({id})
        else:
            self.users[id] = {"id": id, "name": f"Person {id}", "email": f"{id}@x.org", "active": True}

    def truth(self) -> Truth:
        """What a sync has to show."""

        def resource(type: str, id: str) -> ResourceId:
            return ResourceId(type=type, id=id)

        grants = [
            GrantId(
                entitlement=EntitlementId(resource=resource("group", id), slug="member"),
                principal=resource("user", user),
            )
            for id, users in self.members.items()
            for user in users
        ]
        facts = {
            resource("user", id): {"display_name": user["name"], "login": user["email"]}
            for id, user in self.users.items()
        }
        groups = {resource("group", id): {"display_name": name} for id, name in self.groups.items()}
        return Truth(resources=frozenset({*facts, *groups}), grants=frozenset(grants), facts={**facts, **groups})

    def answer(self, method: str, target: str, authorization: str | None) -> tuple[int, Any, dict[str, str]]:
        """The status, body and headers of the answer to a request."""
        headers = {"X-Request-Id": f"acme-{next(self._numbers)}"}
        if authorization != f"Bearer {TOKEN}":
            return 401, _error("bad_token"), headers
        parts = urlsplit(target)
        path = [unquote(part) for part in parts.path.strip("/").split("/")]
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        match method, path:
            case "GET", ["me"]:
                return 200, {"id": "acme-7", "name": "Acme Ltd"}, headers
            case "GET", ["users"]:
                users = list(self.users.values())
                begin = (int(query.get("page", "1")) - 1) * _SIZE  # it gives two at most, whatever it is asked for
                return 200, {"data": users[begin : begin + _SIZE], "total": len(users)}, headers
            case "GET", ["users", id] if any(id in (user["id"], user["email"]) for user in self.users.values()):
                return 200, next(user for user in self.users.values() if id in (user["id"], user["email"])), headers
            case "GET", ["groups"]:
                groups = [self._group(id) for id in self.groups]
                return 200, *self._linked(groups, parts.path, query, headers)
            case "GET", ["groups", id] if id in self.groups:
                return 200, self._group(id), headers
            case "GET", ["groups", id, "members"] if id in self.groups:
                members = [self.users[user] for user in sorted(self.members[id])]
                return 200, *self._linked(members, parts.path, query, headers)
            case "GET", ["groups", id, "members", user] if id in self.groups and user in self.members[id]:
                return 200, self.users[user], headers
            case (("PUT" | "DELETE"), ["groups", id, "members", user]) if id in self.groups and user in self.users:
                return *self._write(method == "PUT", id, user), headers
            case _:
                return 404, _error("not_found"), headers

    def _group(self, id: str) -> dict[str, Any]:
        return {"id": id, "name": self.groups[id], "members": len(self.members[id])}

    def _linked(
        self, rows: list[Any], path: str, query: dict[str, str], headers: dict[str, str]
    ) -> tuple[list[Any], dict[str, str]]:
        begin, headers = int(query.get("after", "0")), {**headers, "X-Total-Count": str(len(rows))}
        if begin + _SIZE < len(rows):
            headers["Link"] = f'<{self.url}{path}?after={begin + _SIZE}>; rel="next"'
        return rows[begin : begin + _SIZE], headers

    def _write(self, joins: bool, id: str, user: str) -> tuple[int, Any]:
        members = self.members[id]
        if joins and not self.users[user]["active"]:
            return 409, _error("user_inactive")
        if joins == (user in members):
            return 409, _error("already_member" if joins else "not_a_member")
        members.symmetric_difference_update({user})
        self.writes["joined" if joins else "left"] += 1
        return 204, None


def _error(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": f"Sorry: {code}."}}


@contextmanager
def serve() -> Generator[Acme]:
    """Acme on a free port of loopback, for as long as the block lasts."""
    acme = Acme()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body go out apart, and the second would wait for an acknowledgement

        def _answer(self) -> None:
            status, body, headers = acme.answer(self.command, self.path, self.headers.get("Authorization"))
            data = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {
                **headers,
                "Content-Type": "application/json",
                "Content-Length": str(len(data)),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # whoever asked may have gone
                self.wfile.write(data)

        do_GET = do_PUT = do_DELETE = _answer

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        acme.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield acme
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
