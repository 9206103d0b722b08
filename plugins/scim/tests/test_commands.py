"""The whole way with real commands on a real server: check, sync, access, grant, account, action, diff; and signing in."""

import base64
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from harness import forking
from harness.forking import JACKFIELD

from jackfield_scim.conformance import Backend
from jackfield_scim.testserver import TOKEN, serve

from .support import Answered, Asked, Proxy, proxy

Ask = Callable[[Asked], Answered]


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)


class Desk:
    """A folder with a connection to a server, and the commands that are run there."""

    def __init__(self, folder: Path, backend: Backend, between: Proxy) -> None:
        self.folder = folder
        self.backend = backend
        self.between = between
        self.values: dict[str, Any] = {"connector": "scim", "url": between.url, "token": TOKEN, "provisioning": True}

    def run(self, *arguments: str) -> Ran:
        lines = ["[connections.acme]", *(f"{key} = {json.dumps(value)}" for key, value in self.values.items())]
        (self.folder / "jackfield.toml").write_text("\n".join(lines), encoding="utf-8")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("JACKFIELD")}
        command = [JACKFIELD, "--home", str(self.folder / "home"), *arguments]
        done = forking.run(command, folder=self.folder, environment=environment)
        return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with ExitStack() as held:
        server = held.enter_context(serve())
        backend = Backend(server, held)
        with proxy(server.url) as between:
            yield Desk(tmp_path, backend, between)


def test_the_whole_way(desk: Desk):
    checked = desk.run("check", "acme")
    assert (checked.code, checked.out.count("available")) == (0, 7), checked
    synced = desk.run("sync", "acme", "--output", "json")
    assert (synced.code, synced.json["complete"]) == (0, True), synced
    # What the inner group holds, those in it inherit.
    access = desk.run("access", "acme", "person1@example.com", "--output", "json")
    assert "All of them" in access.out
    granted = desk.run("grant", "acme", "Sales/member", "person5@example.com")
    assert (granted.code, granted.out.startswith("changed: ")) == (0, True), granted
    assert desk.run("grant", "acme", "Sales/member", "person5@example.com").out.startswith("already: ")
    assert desk.run("revoke", "acme", "Sales/member", "person0@example.com", "--yes").code == 0
    made = desk.run("account", "create", "acme", "user_name=néw@example.com", "surname=O'Néw", "department=IT")
    assert (made.code, made.out.startswith("changed: ")) == (0, True), made
    for action in ("disable", "enable"):
        done = desk.run("account", action, "acme", "néw@example.com", "--yes")
        assert (done.code, done.out.startswith("changed: ")) == (0, True), done
    done = desk.run("action", "run", "acme", "set_profile", "user_id=person2@example.com", "surname=Néu")
    assert (done.code, done.out.startswith("changed: ")) == (0, True), done
    assert desk.run("account", "delete", "acme", "person6@example.com", "--yes").code == 0
    assert desk.run("sync", "acme").code == 0
    told = desk.run("diff", "acme").out
    for word in ("néw@example.com", "Person 6", "Person 5", "Person 0", "Sales"):
        assert word in told
    held = {
        each.principal.id
        for each in desk.backend.truth().grants
        if each.entitlement.resource.id == desk.backend.groups[1]
    }
    assert held == {desk.backend.users[1], desk.backend.users[5]}


def test_what_is_inherited_all_the_same_is_told_of_a_revocation(desk: Desk):
    """Who is in a group through another one stays in it, whatever is taken from them directly."""
    assert desk.run("sync", "acme").code == 0
    inherited = desk.run("revoke", "acme", "All of them/member", "person1@example.com", "--yes")
    assert inherited.code == 0
    assert inherited.out.startswith("already: ")
    assert "it is not held directly; the snapshot" in inherited.out
    assert "shows it held through Sales (member), which stays" in inherited.out
    assert desk.run("grant", "acme", "All of them/member", "person1@example.com").code == 0
    for more in (["--dry-run"], ["--yes"]):
        both = desk.run("revoke", "acme", "All of them/member", "person1@example.com", *more)
        assert (both.code, "held through Sales (member), which stays" in both.out) == (0, True), both
    plain = desk.run("revoke", "acme", "Sales/member", "person1@example.com", "--yes")
    assert (plain.code, "which stays" in plain.out) == (0, False), plain
    # What led there was taken since the snapshot.
    gone = desk.run("revoke", "acme", "All of them/member", "person1@example.com", "--yes")
    assert (gone.out.startswith("already: "), "which stays" in gone.out) == (True, False), gone


def test_a_dry_run_knows_what_no_provider_takes(desk: Desk):
    for words, tag in ((["surname"], None), ([], "nothing_given"), (["user_name="], "invalid_argument")):
        arguments = ["user_id=person1@example.com", *(words if words != ["surname"] else ["surname=Néw"])]
        ran = desk.run("action", "run", "acme", "set_profile", *arguments, "--dry-run")
        assert (tag or "would change") in ran.out, ran
        assert desk.run("action", "run", "acme", "set_profile", *arguments).code == (5 if tag else 0)


def test_what_no_read_shows_is_told_and_a_reason_that_is_wanted(desk: Desk):
    assert desk.run("sync", "acme").code == 0
    (desk.folder / "first").write_text("s3crét-first")
    made = desk.run("account", "create", "acme", "user_name=new@example.com", "surname=New", "password=file:first")
    assert (made.code, "no read shows whether the password was taken" in made.out) == (0, True), made
    assert "s3crét" not in made.out + made.err
    desk.values["require_reason"] = True
    dry = desk.run("grant", "acme", "Sales/member", "new@example.com", "--dry-run")
    assert (dry.code, "wants a reason" in dry.out + dry.err) == (0, True), dry
    told = desk.run("grant", "acme", "Sales/member", "new@example.com", "--dry-run", "--reason", "joined")
    assert (told.code, "wants a reason" in told.out + told.err) == (0, False), told


def test_a_grant_to_nobody_and_of_nothing(desk: Desk):
    assert desk.run("sync", "acme").code == 0
    for words in (("Sales/member", "nobody@example.com"), ("Nothing/member", "person1@example.com")):
        assert desk.run("grant", "acme", *words).code == 5
    assert desk.run("grant", "acme", "role:new/member", "person1@example.com").code == 5


def test_wrong_and_missing_rights_are_told_apart(desk: Desk):
    desk.backend.allow({"read /Users", "write /Users"})
    told = {each["capability"]: each for each in desk.run("check", "acme", "--output", "json").json["capabilities"]}
    assert (told["sync_users"]["available"], told["sync_groups"]["available"]) == (True, False)
    assert told["grant"]["missing"] == ["write /Groups"]
    assert desk.run("sync", "acme").code == 8
    desk.values["token"] = "wrong"
    for command in (("check", "acme"), ("sync", "acme"), ("grant", "acme", "group:x/member", "user:y")):
        ran = desk.run(*command)
        assert (ran.code, "wrong" in ran.out + ran.err) == (3, False), ran


def test_an_oauth_client_signs_in_by_its_own_id(desk: Desk):
    asked: list[dict[str, str]] = []

    def twist(request: Asked, ask: Ask) -> Answered:
        if request.path == "/token":
            asked.append({**dict(request.headers), "body": request.body})
            return Answered(200, {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}, {})
        return ask(request)

    desk.between.twist = twist
    del desk.values["token"]
    desk.values |= {
        "token_url": f"{desk.between.url}/token",
        "client_id": "jackfield",
        "client_secret": "s3cret",
        "oauth_scopes": ["scim.read", "scim.write"],
        "oauth_basic": True,
    }
    assert desk.run("sync", "acme").code == 0
    (one,) = asked
    assert one["authorization"] == "Basic " + base64.b64encode(b"jackfield:s3cret").decode()
    assert "scim.read+scim.write" in one["body"]
    assert "client_credentials" in one["body"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"token": None}, "it has none"),
        ({"username": "u", "password": "p"}, "it has token and username and password"),
        ({"token": None, "username": "u"}, "not whole"),
        ({"token": None, "client_id": "u"}, "not whole"),
        ({"token": None, "username": "a:b", "password": "p"}, "colon"),
        ({"url": "http://example.com/scim"}, "in the clear"),
        ({"page_size": 1}, "page_size"),
        ({"lookup_by": []}, "lookup_by"),
        ({"patch": "perhaps"}, "patch"),
    ],
)
def test_a_wrong_configuration_is_told_with_its_place(desk: Desk, values: dict[str, Any], told: str):
    desk.values = {key: value for key, value in {**desk.values, **values}.items() if value is not None}
    ran = desk.run("sync", "acme")
    assert (ran.code, told in ran.err, TOKEN in ran.err) == (2, True, False), ran
