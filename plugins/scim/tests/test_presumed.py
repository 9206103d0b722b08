"""What a recording says of a provider: held, not held or not seen, for each thing that the connector presumes."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from harness import forking
from harness.forking import JACKFIELD

from jackfield.recording import Answer, Body, Exchange, read_recording
from jackfield_scim.conformance import Backend
from jackfield_scim.presumed import CHECKS, PRESUMED
from jackfield_scim.testserver import TOKEN, by_cursor, serve
from jackfield_testkit.presumptions import Bearing, borne_out

ERROR = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "409", "scimType": "uniqueness"}
PLAIN_ERROR = {"message": "no"}


def exchange(
    number: int, method: str, path: str, status: int, given: Any = None, sent: Any = None, **query: str
) -> Exchange:
    return Exchange(
        number=number,
        at=0.0,
        connection="acme",
        connector="scim",
        method=method,
        host="one.example",
        path=path,
        query=tuple(query.items()),
        body=Body(kind="none") if sent is None else Body(kind="json", value=sent),
        answer=Answer(
            status=status, headers={}, body=Body(kind="none") if given is None else Body(kind="json", value=given)
        ),
    )


def listed(
    number: int, *rows: Any, path: str = "/Users", total: int | None = None, following: str = "", **query: str
) -> Exchange:
    body: dict[str, Any] = {"Resources": list(rows), "totalResults": len(rows) if total is None else total}
    return exchange(number, "GET", path, 200, body | ({"nextCursor": following} if following else {}), **query)


def user(id: Any = "u1", **more: Any) -> dict[str, Any]:
    return {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": id, "active": True, **more}


def group(*members: Any) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "id": "g1",
        **({"members": list(members)} if members else {}),
    }


def single(document: dict[str, Any], path: str = "/Users/u1") -> Exchange:
    return exchange(9, "GET", path, 200, document)


ADDED = {"Operations": [{"op": "add", "path": "members", "value": [{"value": "u1", "type": "User"}]}]}
FIRST = listed(1, user("u1"), user("u2"), total=3, startIndex="1")
EVERYBODY = listed(1, user("u1"), user("u2"), user("u3"))

CASES: dict[str, tuple[list[Exchange], list[Exchange]]] = {
    "total": (
        [
            FIRST,
            listed(2, user("u2"), user("u3"), total=3, startIndex="2"),
            listed(3, user("u3"), total=3, startIndex="3"),
        ],
        [listed(1, user("u1"), total=9), listed(2, user("u1"), total=9)],
    ),
    "start-index": (
        [FIRST, listed(2, user("u2"), user("u3"), startIndex="2")],
        [FIRST, listed(2, user("u1"), user("u2"), startIndex="2")],
    ),
    "cursor": (
        [listed(1, user(), following="c", cursor=""), listed(2, user("u2"), cursor="c")],
        [listed(1, user(), following="c", cursor=""), exchange(2, "GET", "/Users", 400, ERROR, cursor="c")],
    ),
    "id": ([listed(1, user())], [listed(1, user(None))]),
    "truths": ([listed(1, user())], [listed(1, user(active="True"))]),
    "active": ([listed(1, user())], [listed(1, user(active=None))]),
    "objects": ([listed(1, user(emails=[{"value": "a@b.c"}]))], [listed(1, user(roles=["admin"]))]),
    "zone": (
        [listed(1, user(meta={"created": "2026-01-01T00:00:00Z"}))],
        [listed(1, user(meta={"created": "2026-01-01T00:00:00"}))],
    ),
    "members-listed": (
        [listed(1, group(), path="/Groups"), single(group(), "/Groups/g1")],
        [listed(1, group(), path="/Groups"), single(group({"value": "u1"}), "/Groups/g1")],
    ),
    "member-types": (
        [listed(1, group({"value": "u1", "type": "User"}), path="/Groups")],
        [listed(1, group({"value": "u1"}), path="/Groups")],
    ),
    "member-types-sent": (
        [exchange(1, "PATCH", "/Groups/g1", 204, sent=ADDED)],
        [exchange(1, "PATCH", "/Groups/g1", 400, PLAIN_ERROR, ADDED)],
    ),
    "etag": ([single(user(meta={"version": 'W/"1"'}))], [single(user())]),
    "patch": ([exchange(1, "PATCH", "/Users/u1", 204)], [exchange(1, "PATCH", "/Users/u1", 501, PLAIN_ERROR)]),
    "filter": (
        [EVERYBODY, listed(2, user(), filter="f")],
        [EVERYBODY, listed(2, user("u1"), user("u2"), user("u3"), filter="f")],
    ),
    "errors": ([exchange(1, "GET", "/Users/u9", 404, ERROR)], [exchange(1, "GET", "/Users/u9", 404, PLAIN_ERROR)]),
    "conflict": ([exchange(1, "POST", "/Users", 409, ERROR)], [exchange(1, "POST", "/Users", 409, PLAIN_ERROR)]),
    "delete": (
        [exchange(1, "DELETE", "/Users/u1", 204), exchange(2, "GET", "/Users/u1", 404, ERROR)],
        [exchange(1, "DELETE", "/Users/u1", 204), single(user(active=False))],
    ),
    "media-type": ([listed(1)], [exchange(1, "POST", "/Users", 415, ERROR)]),
}


def bearing(name: str, exchanges: list[Exchange]) -> Bearing:
    # Answers come in any order.
    return next(iter(bearings({name: PRESUMED[name]}, exchanges[::-1]).values()))


def bearings(presumed: dict[str, str], exchanges: Any) -> dict[str, Bearing]:
    recorded = type("Recorded", (), {"exchanges": tuple(exchanges)})()
    return {each.name: each.bearing for each in borne_out(presumed, CHECKS, {}, recorded)}


def test_each_presumption_has_a_case():
    assert CASES.keys() == PRESUMED.keys() == CHECKS.keys()


@pytest.mark.parametrize("name", CASES)
def test_a_recording_shows_that_it_holds_or_not(name: str):
    good, bad = CASES[name]
    assert bearing(name, good) is Bearing.HELD
    assert bearing(name, bad) is Bearing.NOT_HELD
    assert bearing(name, [exchange(1, "GET", "/Users", 500)]) is (
        Bearing.HELD if name == "media-type" else Bearing.NOT_SEEN
    )


def recorded(folder: Path, url: str, *commands: tuple[str, ...]) -> list[Path]:
    text = f'[connections.acme]\nconnector = "scim"\nurl = "{url}"\ntoken = "{TOKEN}"\npage_size = 3\nprovisioning = true\n'
    (folder / "jackfield.toml").write_text(text, encoding="utf-8")
    files: list[Path] = []
    for number, command in enumerate(commands):
        files.append(folder / f"{number}.rec")
        whole = [JACKFIELD, "--home", str(folder / "home"), "--record", str(files[-1]), *command]
        assert forking.run(whole, folder=folder, environment={}).returncode == 0
    return files


def test_a_server_by_others_is_as_presumed(tmp_path: Path):
    with serve() as server, ExitStack() as held:
        people = Backend(server, held).users
        files = recorded(
            tmp_path,
            server.url,
            ("sync", "acme"),
            ("account", "disable", "acme", "person4@example.com", "--yes"),
            ("account", "delete", "acme", people[6], "--yes"),
        )
    seen = [bearings(dict(PRESUMED), read_recording(file).exchanges) for file in files]
    wrong = {name for each in seen for name, one in each.items() if one is Bearing.NOT_HELD}
    assert wrong == {"active"}, "of one person nothing tells it"
    held_by = {name for each in seen for name, one in each.items() if one is Bearing.HELD}
    assert held_by >= {
        "total",
        "start-index",
        "id",
        "truths",
        "objects",
        "zone",
        "etag",
        "patch",
        "filter",
        "delete",
        "errors",
    }


def test_a_sparing_server_is_found_out_and_the_program_says_so(tmp_path: Path):
    with serve(by_cursor(), sparing=True) as server, ExitStack() as held:
        Backend(server, held)
        (file,) = recorded(tmp_path, server.url, ("sync", "acme"))
    found = bearings(dict(PRESUMED), read_recording(file).exchanges)
    assert (found["members-listed"], found["cursor"]) == (Bearing.NOT_HELD, Bearing.HELD)
    command = [sys.executable, "-m", "jackfield_scim.presumed", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 5 and "leave members_listed = false" in done.stdout
