"""HTTP answers: those of each route, mutated while ``check``, ``sync``, ``authorize`` and changes run.

Truth is judged by keys (who is there, which groups and roles, who holds what), since a name that was changed on its way
can't be told from a true one. An answer that still has the documented form is a lie that no client can see by itself: what
it says of its own rows is not held against the snapshot, unless rows are missing that another answer names.
"""

import json
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from harness.cli import NAME, Site
from harness.errands import ERRANDS, Places
from harness.oracle import judge_of_traffic
from harness.pictures import of_file, of_truth
from harness.rosters import Roster
from harness.simulators import Inside
from harness.twisted import Exchange, Raw, Twisted, answer, head, twisted
from hypothesis import strategies as st

from jackfield.state import RunStatus, open_state
from jackfield_dropbox_simulator.options import ServiceOptions, TeamOptions
from jackfield_dropbox_simulator.server import Simulator
from jackfield_dropbox_simulator.service import Service
from jackfield_dropbox_simulator.team.seeding import build

from .inside import Ran, run
from .mutations import ENCODINGS, bytes_operations, change_bytes, change_json, json_operations, some_of
from .target import Case, Kept, Target

TEAM = TeamOptions(members=24, groups=6, seed=1)
PATIENCE = {"request_timeout": 0.7, "retry_deadline": 2.0, "stall_timeout": 4.0}
TOKEN = "oauth2/token"
TRANSPORTS = ("plain", "chunked", "short", "long", "closed", "gzip", "garbage", "no-length", "early")
STATUSES = (100, 200, 201, 204, 206, 301, 304, 400, 401, 403, 404, 407, 409, 418, 422, 429, 500, 503, 599, 999)
HEADERS = (
    "Content-Type: text/html",
    "Content-Type: \x1b[2J",
    "Content-Encoding: gzip",
    "Content-Encoding: br",
    "Content-Length: -1",
    "Content-Length: 99999999999",
    "Retry-After: 1e99",
    "Retry-After: -5",
    "Retry-After: \xff",
    "Retry-After: 3",
    "X-Dropbox-Request-Id: \x1b]0;x\x07",
    "X-Dropbox-Request-Id: " + "a" * 3000,
    "Transfer-Encoding: chunked",
    "Location: http://192.0.2.1/",
    "Set-Cookie: a=b",
    "X: " + "a" * 9000,
    "\x00: a",
    "a b: c",
    "Connection: upgrade",
)
CHANGES = tuple(name for name in ERRANDS if "plan" not in name and "at its end" not in name)
REFUSED, FAILED = 5, 12


def rule_of(routes: dict[str, int]) -> st.SearchStrategy[Case]:
    """A mutation of one route's answers: of all of them, or of one or two from a certain one on."""

    def of(route: str) -> st.SearchStrategy[Case]:
        times = st.sampled_from(({}, {"times": 1}, {"times": 2}, {"first": routes[route]}))
        return st.tuples(some_of(PARTS, route=st.just(route)), times).map(lambda both: both[0] | both[1])

    return st.sampled_from(sorted(routes)).flatmap(of)


PARTS: dict[str, st.SearchStrategy[Any]] = {
    "json": json_operations,
    "bytes": bytes_operations,
    "encoding": st.sampled_from(ENCODINGS[1:]),
    "status": st.sampled_from(STATUSES),
    "headers": st.lists(st.sampled_from(HEADERS), min_size=1, max_size=2),
    "transport": st.sampled_from(TRANSPORTS[1:]),
    # Twice as often as the others: most of what is promised is promised of them.
    "json ": json_operations,
    "bytes ": bytes_operations,
}


class Play:
    """One case: twists answers, and remembers what they said."""

    def __init__(self, rules: list[Case]) -> None:
        self._rules = rules
        self.changed: list[tuple[Exchange, int, bytes, bool]] = []

    def twist(self, exchange: Exchange) -> Raw | None:
        """The answer after the first rule that is about it."""
        for rule in self._rules:
            first = rule.get("first", 1)
            if rule["route"] == exchange.route and 0 <= exchange.number - first < rule.get("times", 10**9):
                return self._twist(rule, exchange)
        return None

    def _twist(self, rule: Case, exchange: Exchange) -> Raw:
        status = rule.get("status", exchange.status)
        body = change_json(exchange.body, rule.get("json", rule.get("json ", [])), rule.get("encoding", "utf-8"))
        body = change_bytes(body, rule.get("bytes", rule.get("bytes ", [])))
        transport, headers = rule.get("transport", "plain"), [one.encode("latin-1") for one in rule.get("headers", [])]
        self.changed.append((exchange, status, body, transport in ("plain", "chunked", "no-length") and not headers))
        return raw_answer(transport, status, body, headers)


def raw_answer(transport: str, status: int, body: bytes, headers: list[bytes]) -> bytes:
    """An answer as it leaves the socket."""
    match transport:
        case "chunked":
            parts = [body[at : at + 100] for at in range(0, len(body), 100)]
            chunks = b"".join(b"%x;a=b\r\n%s\r\n" % (len(part), part) for part in parts)
            return head(status, b"Transfer-Encoding: chunked", *headers) + chunks + b"0\r\nX-Trailer: a\r\n\r\n"
        case "short":
            return head(status, b"Content-Length: %d" % (len(body) // 2), *headers) + body
        case "long":
            return head(status, b"Content-Length: %d" % (len(body) + 10), *headers) + body
        case "closed":
            return answer(body, status, *headers)[: len(body) // 2]
        case "gzip":
            import gzip

            return answer(gzip.compress(body, 1)[:-4], status, b"Content-Encoding: gzip", *headers)
        case "garbage":
            return body
        case "no-length":
            return head(status, b"Connection: close", *headers) + body
        case "early":
            return answer(b"", 103) + answer(body, status, *headers)
        case _:
            return answer(body, status, *headers)


def documented(route: str, body: bytes) -> bool:
    """Whether *body* is an answer to *route* as the official SDK decodes it.

    A key that stands twice in an object counts as it stands last, for the SDK as for the client: nobody looks for it in
    answers, since that costs as much again as all the reading.
    """
    try:
        json.loads(body.decode("utf-8"))
        if route == TOKEN:
            return True
        judge = judge_of_traffic()
        judge.decode(judge.routes()[route].result_type, body, strict=False)
    except (ValueError, AssertionError, RecursionError, KeyError, TypeError, AttributeError):
        return False
    return True


def rows_of(document: Any) -> dict[str, str]:
    """The rows of an answer by their ids; an answer without rows is one of its own."""
    rows = document if isinstance(document, list) else None
    if isinstance(document, dict):
        lists = [
            each
            for key, each in document.items()
            if isinstance(each, list) and key in ("members", "groups", "roles", "members_info")
        ]
        rows = lists[0] if lists else None
    if rows is None:
        return {"": json.dumps(document, sort_keys=True)}
    found: dict[str, str] = {}
    for number, row in enumerate(rows):
        inner = row.get("profile", row) if isinstance(row, dict) else {}
        inner = inner if isinstance(inner, dict) else {}
        id = inner.get("team_member_id") or inner.get("group_id") or inner.get("role_id") or f"#{number}"
        found[str(id)] = json.dumps(row, sort_keys=True)
    return found


def strings_of(value: Any) -> Generator[str]:
    """Every text in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from strings_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings_of(each)


def lied_about(told: bytes, true: bytes) -> set[str]:
    """The ids of rows about which a documented answer says something else than is true. Rows left out are not lied about."""
    said, right = rows_of(json.loads(told)), rows_of(json.loads(true))
    touched: set[str] = set()
    for id in said.keys() | right.keys():
        if id in said and said[id] != right.get(id):
            touched.update(strings_of(json.loads(said[id])))
            touched.update(strings_of(json.loads(right.get(id, "null"))))
    if touched:
        touched |= said.keys() ^ right.keys()
    return touched


class Answers:
    """A team, and a home in which a snapshot of it is published."""

    def __init__(self, server: Twisted, site: Site, commands: tuple[str, ...]) -> None:
        self.server = server
        self.site = site
        self.kept = Kept(site)
        self.commands = commands
        self.routes: dict[str, dict[str, int]] = {}
        self._effects: dict[str, tuple[set[str], set[str]]] = {}

    def prepare(self) -> None:
        """Publish the base, and run each command undisturbed to see its routes and its effect."""
        assert self._run("sync", Play([])).code == 0
        self.kept.keep()
        for command in self.commands:
            before = facts(self._renewed(command))
            ended = self._run(command, Play([]))
            assert ended.code == 0, (command, ended)
            after = facts(self._truth())
            self.routes[command] = dict(Counter(self.server.seen))
            self._effects[command] = after - before, before - after

    def files(self, case: Case) -> dict[str, bytes]:
        """The answers as they were sent."""
        self.play(case)
        return {
            f"{number}-{exchange.route.replace('/', '-')}": raw
            for number, (exchange, raw) in enumerate(self.server.sent)
            if isinstance(raw, bytes)
        }

    def play(self, case: Case) -> list[str]:
        """Run its command while its rules hold."""
        command = case["command"]
        self.kept.restore()
        before = self._renewed(command)
        play = Play(case["rules"])
        ended = self._run(command, play)
        wrong = [*ended.wrong, *self.server.wrong]
        if wrong or not play.changed:
            return wrong
        if command == "sync" and ended.code == 0:
            return self._judge_sync(play, before)
        if command not in ("sync", "check", "authorize"):
            return self._judge_change(command, play, ended)
        return []

    def _renewed(self, command: str) -> Any:
        options = ServiceOptions(page_cap=9)
        service = Service(build(TEAM), options)
        self.server.renew(service)
        self._control = Inside(
            Simulator(base_url=self.server.base_url, service=service, ready=self.server.simulator.ready)
        )
        truth = self._control.truth()
        if command in ERRANDS:
            errand = ERRANDS[command](Places(Roster(truth)))
            self._command = errand.command
            if errand.before:
                self._control.change(*errand.before)
            if errand.settings:
                self._control.settings(**errand.settings)
        return self._truth()

    def _truth(self) -> Any:
        return self._control.truth()

    def _run(self, command: str, play: Play) -> Ran:
        if not hasattr(self, "_control"):
            self._renewed(command)
        self.server.restart(play.twist)
        config = ("--config", str(self.site.folder / "jackfield.toml"))
        runner = partial(run, home=self.site.home.folder)
        match command:
            case "sync" | "check":
                return runner(*config, command, NAME)
            case "authorize":
                return runner(*config, command, NAME, "--print-token", given=self._consent)
            case _:
                return runner(*config, *self._command, "--yes", "--reason", "a sweep", "--output", "json")

    def _consent(self, shown: str) -> bytes:
        """The administrator who opens the address, agrees, and pastes the code."""
        address = next(word for word in shown.split() if "/oauth2/authorize?" in word)
        page = self._control.service.authorize(dict(parse_qsl(urlsplit(address).query))).body.decode()
        return page.partition('id="auth-code">')[2].partition("<")[0].encode() + b"\n"

    def _judge_sync(self, play: Play, truth: Any) -> list[str]:
        with open_state(self.site.home.database) as state:
            last = state.history(NAME)[0]
        if last.status is not RunStatus.PUBLISHED or last.snapshot is None:
            return [f"exit code 0, and the run is {last.status}"]
        found, right = keys(of_file(Path(last.snapshot))), keys(of_truth(truth))
        differing = found ^ right
        for exchange, status, body, whole in play.changed:
            if status == 200 and whole and documented(exchange.route, body):
                touched = lied_about(body, exchange.body)
                differing = {key for key in differing if not touched & set(key)}
        differing -= unnamed(truth)
        if not differing:
            return []
        missing, many = sorted(differing & right), sorted(differing & found)
        return [
            f"called complete, {len(missing)} missing such as {missing[:2]}, {len(many)} too many such as {many[:2]}"
        ]

    def _judge_change(self, command: str, play: Play, ended: Ran) -> list[str]:
        if any(
            status == 200 and whole and documented(one.route, body) and body != one.body
            for one, status, body, whole in play.changed
        ):
            return []
        if any(status == 409 and one.status != 409 for one, status, _, _ in play.changed):
            return []  # a refusal in documented form may be as untrue
        now = facts(self._truth())
        made, gone = self._effects[command]
        done = made <= now and not gone & now
        if ended.code == 0 and not done:
            return [f"{command}: exit code 0, and it is not so"]
        if ended.code in (REFUSED, FAILED) and done:
            return [f"{command}: exit code {ended.code}, and it is made"]
        return []


def keys(picture: Any) -> set[tuple[str, ...]]:
    """Who and what is there."""
    made: set[tuple[str, ...]] = {("user", id) for id in picture.users}
    made |= {("group", id) for id in picture.groups} | {("role", id) for id in picture.roles}
    return made | {tuple(grant) for grant in picture.grants}


def unnamed(truth: Any) -> set[tuple[str, ...]]:
    """What only one listing names, so that nothing contradicts its absence: groups without members, roles nobody holds."""
    held = {role for one in truth["users"] for role in one["roles"]}
    made: set[tuple[str, ...]] = {("group", one["group_id"]) for one in truth["groups"] if not one["members"]}
    return made | {("role", one["role_id"]) for one in truth["roles"] if one["role_id"] not in held}


def facts(truth: Any) -> set[str]:
    """What is true of a team, without ids that are made up on the way."""
    address = {one["team_member_id"]: one["email"] for one in (*truth["users"], *truth["removed"])}
    made = {
        json.dumps(["user", one["email"], one["status"], one["roles"], one["display_name"], one["external_id"]])
        for one in truth["users"]
    }
    for group in truth["groups"]:
        made |= {
            json.dumps(["group", group["group_id"], address.get(id, id), access])
            for id, access in group["members"].items()
        }
    return made | {json.dumps(["removed", one["email"]]) for one in truth["removed"]}


@contextmanager
def _open(folder: Path, commands: tuple[str, ...]) -> Generator[Answers]:
    with twisted(TEAM, ServiceOptions(page_cap=9)) as server:
        site = Site(folder, server, provisioning=True, **PATIENCE)
        ground = Answers(server, site, commands)
        ground.prepare()
        yield ground


def _strategy(ground: Any) -> st.SearchStrategy[Case]:
    def of(command: str) -> st.SearchStrategy[Case]:
        rules = st.lists(rule_of(ground.routes[command]), min_size=1, max_size=2)
        return st.fixed_dictionaries({"command": st.just(command), "rules": rules})

    return st.sampled_from(ground.commands).flatmap(of)


def _token_strategy(ground: Any) -> st.SearchStrategy[Case]:
    rules = st.lists(rule_of({TOKEN: 1}), min_size=1, max_size=2)
    return st.fixed_dictionaries({"command": st.sampled_from(ground.commands), "rules": rules})


TARGETS = (
    Target("answers to sync", "each route's answers", partial(_open, commands=("sync",)), _strategy),
    Target("answers to check", "each route's answers", partial(_open, commands=("check",)), _strategy),
    Target("answers to changes", "each route's answers", partial(_open, commands=CHANGES), _strategy),
    Target("token endpoint", "its answers", partial(_open, commands=("check", "authorize", "sync")), _token_strategy),
)
