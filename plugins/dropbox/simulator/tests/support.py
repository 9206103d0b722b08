"""A simulator in a thread of this process, and a plain client whose every exchange the oracle judges."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.sdk import check_exchange

from jackfield_dropbox_simulator import thread
from jackfield_dropbox_simulator.launch import Control
from jackfield_dropbox_simulator.options import ServiceOptions, TeamOptions
from jackfield_dropbox_simulator.server import Simulator


class Answer:
    """One answer: status, headers, body, and the JSON in it."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def tag(self) -> str:
        return self.json["error"][".tag"]


class Client:
    """Sends requests as a connector would; signs in on first use."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.base_url = simulator.base_url
        self.control = Control(simulator.base_url)
        self.access_token = ""
        self.judged = True
        self.timeout = 10.0

    def http(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.base_url).netloc, timeout=self.timeout)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), response.read())
        finally:
            connection.close()

    def form(self, headers: dict[str, str] | None = None, /, **fields: str) -> Answer:
        sent = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.http("POST", "/oauth2/token", urllib.parse.urlencode(fields).encode(), sent)

    def sign_in(self) -> str:
        answer = self.try_sign_in()
        assert answer.status == 200, answer.text
        return self.access_token

    def try_sign_in(self) -> Answer:
        ready = self.simulator.ready
        answer = self.form(
            grant_type="refresh_token",
            refresh_token=ready["refresh_token"],
            client_id=ready["app_key"],
            client_secret=ready["app_secret"],
        )
        if answer.status == 200:
            self.access_token = answer.json["access_token"]
        return answer

    def send(self, route: str, body: bytes, headers: dict[str, str] | None = None) -> Answer:
        if not self.access_token:
            self.sign_in()
        sent = {"Authorization": f"Bearer {self.access_token}", "Content-Type": "application/json"} | (headers or {})
        answer = self.http("POST", f"/2/{route}", body, {name: value for name, value in sent.items() if value})
        if self.judged:
            check_exchange(route, body, answer.status, answer.body)
        return answer

    def call(self, route: str, argument: Any = None) -> Answer:
        return self.send(route, json.dumps(argument).encode())

    def ok(self, route: str, argument: Any = None) -> Any:
        answer = self.call(route, argument)
        assert answer.status == 200, answer.text
        return answer.json

    def pages(self, listing: str, argument: Any, *, most: int = 200) -> Iterator[list[Any]]:
        """The rows of a listing page by page: `members`, `groups` or `groups/members`."""
        first, following, key = {
            "members": ("team/members/list_v2", "team/members/list/continue_v2", "members"),
            "groups": ("team/groups/list", "team/groups/list/continue", "groups"),
            "groups/members": ("team/groups/members/list", "team/groups/members/list/continue", "members"),
        }[listing]
        page = self.ok(first, argument)
        for _ in range(most):
            yield page[key]
            if not page["has_more"]:
                return
            page = self.ok(following, {"cursor": page["cursor"]})
        raise AssertionError(f"{listing} did not end within {most} pages")

    def rows(self, listing: str, argument: Any) -> list[Any]:
        return [row for page in self.pages(listing, argument) for row in page]


@contextmanager
def running(options: ServiceOptions | None = None, **team: Any) -> Iterator[Client]:
    """Runs a simulator in a thread of its own until the block ends."""
    with thread.running(TeamOptions(**team), options) as simulator:
        yield Client(simulator)
