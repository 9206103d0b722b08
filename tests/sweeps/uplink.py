"""The uplink: killed at every step of each kind of task, started again, and held to one effect and one truth.

Promises for each case: what the task asked for was done at most once, the platform was told in the end what the journal has, and
nothing is undecided.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
from harness.evidence import table, write
from harness.serving import Server
from harness.spawned import spawn
from harness.uplinks import NAME, Between, deleting, granting, inviting, revoking, running
from platform_stand_in.launch import spawn as platform_in_a_process

from jackfield.state import open_state
from jackfield.state.home import Home
from jackfield_contracts import OutcomeKind

TEAM = ("--members", "24", "--groups", "5")
LEASE = 2.0
"""Seconds after which the platform offers a task again of which it hears nothing."""
_ROUTES = {
    "grant": "team/groups/members/add",
    "revoke": "team/groups/members/remove",
    "create_account": "team/members/add_v2",
    "delete_resource": "team/members/remove",
    "disable": "team/members/suspend",
    "enable": "team/members/unsuspend",
}
_CHANGE_STEPS = (
    "taken",
    "asked, and lost",
    "asked, and made unheard",
    "made, before the answer",
    "before its end is told",
    "after its end is told",
)
_SYNC_STEPS = ("taken", "first heartbeat", "reading", "uploading", "before its end is told", "after its end is told")


_ABOUT = """
The service is killed (SIGKILL) at a step of each kind of task, and started again; the platform, a stand-in that was written
from the facts of the wire alone, offers the task again of which it hears nothing. *done* is how often the application made the
change (for a sync: how many runs were recorded), *delivered* how often the task was given out, *journal* what became of it
there, *told* what the platform heard in the end."""


class Case(msgspec.Struct, frozen=True):
    """One kind of task, and the step at which the service is killed."""

    kind: str
    step: str


class Came(msgspec.Struct, frozen=True):
    """What became of a case: how often the application did it, how often the task was delivered, and what was told."""

    case: Case
    applied: int
    deliveries: int
    outcome: str
    told: str
    wrong: str = ""


CASES = tuple(
    [Case(kind, step) for kind in _ROUTES for step in _CHANGE_STEPS] + [Case("sync_full", step) for step in _SYNC_STEPS]
)


def play(case: Case) -> Came:
    """One case from its beginning to its end."""
    with tempfile.TemporaryDirectory() as folder, platform_in_a_process() as platform, spawn(*TEAM) as team:
        between = Between(Path(folder), platform, team)
        platform.settings(lease=LEASE, next_heartbeat=1.0)
        try:
            return _played(case, between)
        except (AssertionError, TimeoutError) as error:
            return Came(case, -1, -1, "", "", wrong=str(error)[:300])


def _played(case: Case, between: Between) -> Came:
    kind, payload, made = _prepared(case, between)
    between.team.reset_effects()
    with between.served() as server:
        server.logged("serving")
        id = _killed_at(case, between, server, kind, payload)
    between.platform.repair()
    between.platform.restarted()
    with between.served() as server:
        task = between.platform.wait_for(
            lambda: between.platform.task(id), lambda one: one["state"] == "finished", timeout=90
        )
        assert server.end() < 10
    return _judged(case, between, id, task, made)


def _prepared(case: Case, between: Between) -> tuple[str, dict[str, Any], Callable[[], bool]]:
    """The task, and whether the team shows it made."""
    now = between.now()
    inside = case.kind == "revoke"
    group = next(
        each
        for each in now.groups.values()
        if each["management_type"] == "user_managed"
        and len(now.inside(each, "member") if inside else now.outside(each)) > 1
    )
    people = now.inside(group, "member") if inside else now.outside(group)
    user = next(each for each in people if not each["roles"] and each["status"] == "active")
    who, where = user["team_member_id"], group["group_id"]

    def status() -> str | None:
        return next((one["status"] for one in between.team.truth()["users"] if one["team_member_id"] == who), None)

    def is_member() -> bool:
        return who in between.now().groups[where]["members"]

    match case.kind:
        case "grant":
            return "grant", granting(group, user), is_member
        case "revoke":
            return "revoke", revoking(group, user), lambda: not is_member()
        case "create_account":
            address = "somebody.new@team.example"
            return (
                "create_account",
                inviting(address),
                lambda: address in [one["email"] for one in between.team.truth()["users"]],
            )
        case "delete_resource":
            return "delete_resource", deleting(user), lambda: status() in (None, "removed")
        case "disable":
            arguments = {"user_id": who, "wipe_data": False}
            return "action_invoke", running("disable_user", **arguments), lambda: status() == "suspended"
        case "enable":
            between.team.change({"do": "suspend", "user": who})
            return "action_invoke", running("enable_user", user_id=who), lambda: status() == "active"
        case _:
            return "sync_full", {}, lambda: True


def _killed_at(case: Case, between: Between, server: Server, kind: str, payload: dict[str, Any]) -> str:
    platform, team = between.platform, between.team
    hold = None
    if case.step.startswith("asked"):
        hold = team.hold(_ROUTES[case.kind], "before")
    elif case.step == "made, before the answer":
        hold = team.hold(_ROUTES[case.kind], "after")
    elif case.step == "first heartbeat":
        platform.delay("Heartbeat", 30.0)
    elif case.step == "reading":
        team.settings(latency_ms=300)
    elif case.step == "uploading":
        platform.fail("UploadAsset", None, after_bytes=1000, delay=30.0)
    elif case.step == "before its end is told":
        platform.delay("FinishTask", 30.0)
    elif case.step == "after its end is told":
        platform.fail("FinishTask", None, when="after", delay=30.0)
    id = platform.offer(kind, payload)
    server.logged("a task begins", task=id)
    if hold is not None:
        team.wait_held(hold, timeout=60)
    elif case.step == "reading":
        _until(lambda: len(team.requests()["requests"]) >= 3)
    elif case.step == "first heartbeat":
        _until(lambda: bool(platform.calls("Heartbeat")))
    elif case.step == "uploading":
        _until(lambda: bool(platform.calls("UploadAsset")))
        time.sleep(0.3)
    elif "its end" in case.step:
        _until(lambda: bool(platform.calls("FinishTask")))
    server.process.kill()
    server.process.wait(10)
    if hold is not None:
        team.release(hold, apply=case.step != "asked, and lost")
        team.clear_holds()
    team.settings(latency_ms=0)
    return id


def _until(there: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not there():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def _judged(case: Case, between: Between, id: str, task: dict[str, Any], made: Callable[[], bool]) -> Came:
    finish = task["finishes"][-1]
    told = "success" if "success" in finish else str(finish["status"]["code"])
    if case.kind == "sync_full":
        good = told == "success" and any(each["state"] == "complete" for each in task["uploads"])
        with open_state(Home(folder=between.folder / "home").database) as state:
            runs = state.history(NAME)
        wrong = "" if good and runs[0].complete else "the sync is not there whole"
        return Came(case, len(runs), len(task["deliveries"]), runs[0].status.value, told, wrong)
    effects = between.team.effects()
    applied = int(effects["applied"].get(_ROUTES[case.kind], 0)) if isinstance(effects.get("applied"), dict) else -1
    entry = between.entry(id)
    outcome = entry.outcome.outcome if entry is not None and entry.outcome is not None else None
    wrong: list[str] = []
    if applied > 1:
        wrong.append("it was done twice")
    if (told == "success") != (outcome in (OutcomeKind.CHANGED, OutcomeKind.ALREADY)):
        wrong.append("the platform was told another outcome than the journal has")
    if told == "success" and not made():
        wrong.append("success was told of what is not so")
    with open_state(Home(folder=between.folder / "home").database) as state:
        if state.changes(NAME, undecided=True):
            wrong.append("something is undecided")
    value = outcome.value if outcome is not None else "none"
    return Came(case, applied, len(task["deliveries"]), value, told, "; ".join(wrong))


def main(argv: list[str]) -> int:
    """All cases, or those whose kind or step is named; the table goes to ``docs/evidence``."""
    wanted = [case for case in CASES if not argv or case.kind in argv or case.step in argv]
    with ProcessPoolExecutor(3) as pool:
        came = list(pool.map(play, wanted))
    rows = [
        (one.case.kind, one.case.step, str(one.applied), str(one.deliveries), one.outcome, one.told, one.wrong or "–")
        for one in came
    ]
    heading = ("task", "killed", "done", "delivered", "journal", "told", "wrong")
    for row in rows:
        print(" | ".join(row))
    if not argv:
        write("uplink", "Kills of the uplink", _ABOUT, table(heading, rows))
    wrong = [one for one in came if one.wrong]
    print(f"{len(came)} cases, {len(wrong)} wrong", file=sys.stderr)
    return 1 if wrong else 0
