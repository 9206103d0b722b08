"""Hosts that serve: three of them on one PostgreSQL and one folder, killed and stopped at random while they sync and change.

Changes come as tasks of the platform, and by `apply` on a host. Promises that each is made once by the application's own count,
that no task is told two things that contradict each other, that nothing is undecided, that no connection starves, that the last
snapshot is the truth, and that every file is what was recorded.
"""

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
from harness.cli import NAME, Ended, Site, Started
from harness.crews import Crew
from harness.pictures import assert_same, of_file, of_truth
from harness.postgres import Server, of_its_own
from harness.rosters import Roster
from harness.serving import configuration
from harness.spawned import spawn
from harness.staging import joins, rows_file
from harness.uplinks import granting, inviting, revoking, running
from platform_stand_in.launch import Platform
from platform_stand_in.launch import spawn as platform_in_a_process

from jackfield.state import DatabaseAddress, RunStatus, open_state
from jackfield_contracts import JournalEntry, OutcomeKind
from tests.sweeps.hosts_figures import Seen, written

HOSTS, TERM, INTERVAL = 3, 2.0, 5
STARVED = 120.0
"""Seconds without a new snapshot of a connection, the database's absence left out."""
_IN_A_PLAN = 5
_ALLOWED = ["heartbeat-late", "hello-not-wanted", "too-early", "non-retryable"]
"""Rules that a host breaks which was stopped, or killed and started again; or that does not know yet what became of a change."""
_TEAMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (NAME, ("--members", "150", "--groups", "24", "--seed", "5")),
    ("slow", ("--members", "60", "--groups", "8", "--latency", "200")),
    ("large", ("--members", "1500", "--groups", "60")),
)


class Order(msgspec.Struct, frozen=True):
    """One change: the task that asks for it, and the effect that the application counts."""

    kind: str
    payload: dict[str, Any]
    effect: tuple[str, str]


class Yard:
    """The teams, the platform, the hosts, and the changes that are to be made."""

    def __init__(
        self,
        stack: ExitStack,
        folder: Path,
        server: Server,
        database: DatabaseAddress,
        *,
        tasks: int,
        plans: int,
        seed: int,
        least: int,
        starved: float | None,
    ) -> None:
        self.starved = starved
        self.server = server
        self.database = database
        self.platform: Platform = stack.enter_context(platform_in_a_process())
        self.platform.settings(lease=6.0, next_heartbeat=1.0, next_poll=0.3, allowed=_ALLOWED)
        teams = {name: stack.enter_context(spawn(*arguments)) for name, arguments in _TEAMS}
        self.team: Any = teams[NAME]
        self.site = Site(folder, self.team, database=database, provisioning=True)
        self.site.forked = False
        (folder / "jackfield.toml").write_text(self._configuration(teams), encoding="utf-8")
        self.rng = random.Random(seed)
        self.least = least
        self.seen = Seen()
        self.orders = self._orders(tasks)
        self.plans, self.planned = self._plans(plans)
        self.team.reset_effects()
        self.given: dict[str, Order] = {}
        self.crew = Crew(folder, self._environment, HOSTS, self.rng, TERM)
        stack.callback(self.crew.kill_all)

    def _configuration(self, teams: dict[str, Any]) -> str:
        serve = f'schedule = "{INTERVAL}s"\njitter = 0.1\nlook = 2.0'
        text = configuration(teams, serve=serve, provisioning=True, keep_snapshots=3)
        service = {
            "service": "c1",
            "connection": NAME,
            "client_id": self.platform.client_id,
            "client_secret": self.platform.client_secret,
            "api_host": self.platform.address,
        }
        keys = "\n".join(f"{key} = {msgspec.json.encode(value).decode()}" for key, value in service.items())
        return f"{text}\n[services.platform]\n{keys}\n"

    def _environment(self, number: int) -> dict[str, str]:
        return self.site.environment | {
            "JACKFIELD_SERVE__HOST_ID": f"host-{number}",
            "JACKFIELD_SERVICES__PLATFORM__HOST_ID": f"host-{number}",
            "SSL_CERT_FILE": str(self.platform.ca_file),
        }

    # --- what is to be changed ------------------------------------------------------------------------------------------

    def _orders(self, number: int) -> list[Order]:
        """Of five tasks three grants, a revocation, and in turn an action or an account."""
        roster = Roster(self.team.truth())
        groups = [each for each in roster.groups.values() if each["management_type"] == "user_managed"]
        people = [each for each in roster.people() if not each["roles"]]
        self.rng.shuffle(people)
        resting, others = people[: number // 10 + 1], {each["team_member_id"] for each in people[number // 10 + 1 :]}

        def pairs(inside: bool) -> list[tuple[dict[str, Any], dict[str, Any]]]:
            found = [
                (group, one)
                for group in groups
                for one in (roster.inside(group, "member") if inside else roster.outside(group))
                if one["team_member_id"] in others
            ]
            self.rng.shuffle(found)
            return found

        self._joins, leaves, made = pairs(inside=False), pairs(inside=True), list[Order]()
        for each in range(number):
            if each % 5 < 3:
                group, user = self._joins.pop()
                made.append(Order("grant", granting(group, user), ("group_additions", _pair(group, user))))
            elif each % 5 == 3:
                group, user = leaves.pop()
                made.append(Order("revoke", revoking(group, user), ("group_removals", _pair(group, user))))
            elif each % 2:
                who = resting.pop()["team_member_id"]
                payload = running("disable_user", user_id=who, wipe_data=False)
                made.append(Order("action_invoke", payload, ("suspensions", who)))
            else:
                address = f"new.{each}@team.example"
                made.append(Order("create_account", inviting(address), ("invitations", address)))
        return made

    def _plans(self, number: int) -> tuple[list[str], set[tuple[str, str]]]:
        made, effects = list[str](), set[tuple[str, str]]()
        for each in range(number):
            chosen = [self._joins.pop() for _ in range(_IN_A_PLAN)]
            rows = rows_file(self.site.folder, [joins(group, user["team_member_id"]) for group, user in chosen])
            ended = self.site.run("plan", NAME, rows, "-o", str(self.site.folder / f"{each}.plan"))
            assert ended.code == 0, ended
            made.append(str(self.site.folder / f"{each}.plan"))
            effects |= {("group_additions", _pair(group, user)) for group, user in chosen}
        return made, effects

    # --- the time of trouble -----------------------------------------------------------------------------------------------

    def run(self, seconds: float, *, away: float) -> Seen:
        """Let the hosts work, with trouble for so many *seconds*, the database *away* in the midst of them."""
        self.began = time.time()
        self.crew.start_all()
        turns = [*(("task", each) for each in self.orders), *(("plan", each) for each in self.plans)]
        self.rng.shuffle(turns)
        self.seen.tasks, self.seen.by_command = len(self.orders), len(self.planned)
        pace, next_turn, gone = seconds * 0.9 / len(turns), 0.0, away <= 0
        command = _Command(self.site)
        while turns or command.busy or time.time() - self.began < seconds or self.crew.troubles < self.least:
            passed = time.time() - self.began
            if turns and passed >= next_turn:
                next_turn += pace
                self._give(*turns.pop(), command)
            if not gone and passed > seconds / 3:
                gone = True
                self._without_database(away, command)
            self.crew.trouble()
            command.go_on()
            time.sleep(0.1)
        self.crew.calm()
        self._finish()
        self.seen.seconds = time.time() - self.began
        self.seen.commands = command.codes
        self._look()
        return self.seen

    def _give(self, what: str, order: Any, command: "_Command") -> None:
        if what == "plan":
            command.plans.append(order)
        else:
            self.given[self.platform.offer(order.kind, order.payload)] = order

    def _without_database(self, seconds: float, command: "_Command") -> None:
        began = time.time()
        self.server.stop()
        while time.time() - began < seconds:
            self.crew.trouble()
            command.go_on()
            time.sleep(0.1)
        self.server.start()
        self.seen.away = time.time() - began
        self.gone = (began, time.time())

    gone: tuple[float, float] = (0.0, 0.0)

    def _finish(self) -> None:
        """Wait for the end of every task; one that was told to be not known yet is asked for again, as a platform would."""
        until = time.monotonic() + 300
        for id in self.given:
            while True:
                left = max(until - time.monotonic(), 1.0)
                task = self.platform.wait(id, timeout=left)
                if _final(task["finishes"]):
                    break
                self.platform.deliver(id)

    # --- what is left at the end --------------------------------------------------------------------------------------------

    def _look(self) -> None:
        end = time.time()
        for name, _ in _TEAMS:
            self.crew.until_synced(name, end)
        self.seen.ends = self.crew.end_all()
        self._figures(end)
        with open_state(self.site.place) as state:
            entries = state.changes(NAME, limit=None)
            assert not state.changes(NAME, undecided=True), "something is undecided"
            for name, _ in _TEAMS:
                runs = state.history(name)
                assert not any(run.status is RunStatus.RUNNING for run in runs), runs
                self.seen.syncs[name] = dict(Counter(run.status.value for run in runs))
        self._every_change_once(entries)
        self._told_as_it_is({entry.id: entry for entry in entries})
        ended = self.site.sync()
        assert ended.code == 0, ended
        assert_same(of_file(Path(ended.json["snapshot"])), of_truth(self.team.truth()), "at the end")
        for name, _ in _TEAMS:
            verified = self.site.run("verify", name)
            assert verified.code == 0, verified
        assert not self.platform.violations(), self.platform.violations()
        starved = {name: longest for name, longest in self.seen.longest.items() if longest > (self.starved or longest)}
        assert not starved, starved

    def _every_change_once(self, entries: list[JournalEntry]) -> None:
        wanted = {order.effect for order in self.orders} | self.planned
        effects = self.team.effects()
        kinds = ("group_additions", "group_removals", "suspensions", "invitations")
        counted = {(kind, what): number for kind in kinds for what, number in effects[kind].items()}
        assert counted == dict.fromkeys(wanted, 1), {
            "not once": {key: number for key, number in counted.items() if number != 1},
            "missing": wanted - counted.keys(),
            "not asked for": counted.keys() - wanted,
        }
        self.seen.outcomes = Counter(entry.outcome.outcome.value for entry in entries if entry.outcome)
        made = [entry.change for entry in entries if entry.outcome and entry.outcome.outcome is OutcomeKind.CHANGED]
        assert len(made) == len(set(map(msgspec.json.encode, made))), "one is told to be made twice"

    def _told_as_it_is(self, entries: dict[str, JournalEntry]) -> None:
        for id in self.given:
            task = self.platform.task(id)
            final = _final(task["finishes"])
            assert set(final) == {"success"}, (final, task)
            outcome = entries[id].outcome
            assert outcome is not None, task
            assert outcome.outcome in (OutcomeKind.CHANGED, OutcomeKind.ALREADY), (outcome, task)
            self.seen.twice_given += len(task["deliveries"]) > 1
            self.seen.not_known_at_first += len(final) < len(task["finishes"])

    def _figures(self, end: float) -> None:
        seen, crew = self.seen, self.crew
        seen.kills, seen.stops, seen.long_stops, seen.codes = crew.kills, crew.stops, crew.long_stops, crew.codes
        seen.fenced = crew.logged("another host has taken over")
        assert not crew.tracebacks(), crew.tracebacks()[:3]
        assert set(crew.codes) <= ({0, -9, 75} if seen.away else {0, -9}), (crew.codes, crew.last_words())
        for name, _ in _TEAMS:
            marks = sorted([self.began, *crew.times("synced", name), end])
            seen.longest[name] = max(self._without_absence(one, two) for one, two in pairwise(marks) if two <= end)

    def _without_absence(self, one: float, two: float) -> float:
        first, last = self.gone
        return two - one - max(0.0, min(two, last) - max(one, first))


class _Command:
    """`apply` on one of the hosts: one plan after the other, each again until it ends well."""

    def __init__(self, site: Site) -> None:
        self.plans: list[str] = []
        self.codes = Counter[int]()
        self._site = site
        self._running: Started | None = None

    @property
    def busy(self) -> bool:
        return bool(self.plans)

    def go_on(self) -> None:
        if self._running is None and self.plans:
            self._running = self._site.start("apply", self.plans[0], "--yes", "--output", "json")
        elif self._running is not None and self._running.process.poll() is not None:
            ended: Ended = self._running.end()
            self._running = None
            self.codes[ended.code] += 1
            assert ended.code in (0, 13, 75), ended
            assert "Traceback" not in ended.err, ended
            if ended.code == 0:
                self.plans.pop(0)


def _pair(group: dict[str, Any], user: dict[str, Any]) -> str:
    return f"{group['group_id']} {user['team_member_id']}"


def _final(finishes: list[dict[str, Any]]) -> list[str]:
    """What a platform holds for the last word: success, or an error after which it does not ask again."""
    told: list[str] = []
    for each in finishes:
        if "success" in each:
            told.append("success")
        elif each.get("error", {}).get("non_retryable"):
            told.append(f"{each['status']['code']}: {each['status'].get('message')}")
        else:
            assert "nothing was changed" not in each["status"].get("message", ""), each
    return told


@contextmanager
def _yard(server: Server, **options: Any) -> Generator[Yard]:
    with (
        ExitStack() as stack,
        tempfile.TemporaryDirectory(prefix="serving-") as folder,
        server.database(term=TERM) as database,
    ):
        inner = stack.enter_context(ExitStack())
        yield Yard(inner, Path(folder) / "site", server, database, **options)
        inner.close()


def run(
    server: Server,
    *,
    tasks: int,
    plans: int,
    seconds: float,
    seed: int,
    away: float = 0.0,
    least: int = 0,
    starved: float | None = None,
) -> Seen:
    """Let three hosts serve, with trouble for so many *seconds* and at least so often, the database *away* meanwhile.

    It is a fault if a connection has no new snapshot for longer than *starved* seconds.
    """
    with _yard(server, tasks=tasks, plans=plans, seed=seed, least=least, starved=starved) as yard:
        return yard.run(seconds, away=away)


def main(argv: list[str]) -> int:
    """Ten minutes with 300 changes, or fewer: [SECONDS [SEED]]."""
    seconds = float(argv[0]) if argv else 600.0
    share = seconds / 600.0
    seed = int(argv[1]) if len(argv) > 1 else 7
    with of_its_own() as server:
        seen = run(
            server,
            tasks=max(round(250 * share), 5),
            plans=max(round(10 * share), 1),
            seconds=seconds,
            seed=seed,
            away=60.0 * share,
            least=round(60 * share),
            starved=STARVED,
        )
    print(seen, file=sys.stderr)
    if not argv:
        written(seen, hosts=HOSTS, teams=[name for name, _ in _TEAMS], term=TERM, interval=INTERVAL)
    return 0
