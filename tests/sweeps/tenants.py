"""Tenants: every command that can write, on the team that its snapshots are of and on another.

The other team has the very same people, groups and ids: nothing but the comparison of the accounts keeps a command from
acting in it. Each case has a copy of one home, in which everything was prepared on the first team, and a simulator of
its own.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
from harness.cli import NAME, Ended, Site
from harness.documented import CONSENT, consent_code
from harness.errands import NEW, Places
from harness.evidence import table, write
from harness.rosters import Roster
from harness.spawned import spawn

from jackfield.cli.main import cli
from jackfield.clock import SystemClock
from jackfield.state import open_state
from jackfield.state.journal import moment
from jackfield_contracts import (
    AccountStatus,
    EntitlementId,
    GrantAccess,
    JournalEntry,
    JournalStatus,
    ResourceId,
    TargetState,
)
from jackfield_dropbox_simulator.launch import Spawned
from jackfield_dropbox_simulator.options import SCOPES

HERE, THERE = "dbtid:AAhere", "dbtid:AAthere"
TEAM = ("--members", "24", "--groups", "6", "--seed", "1")
YES = ("--yes", "--output", "json")
PLAN, TOKEN = "made.plan", "refresh-token"
OLD_TOKEN = "the-token-of-before\n"

SAME, OTHER, NONE, MOVED, UNKNOWN = "same team", "other team", "no snapshot yet", "other, accepted", "not known whose"
CASES = (SAME, OTHER, NONE, MOVED, UNKNOWN)

READS = frozenset(
    {
        *(
            "connectors list",
            "connectors show",
            "connectors check",
            "connections",
            "init",
            "events",
            "findings",
            "new",
            "stats",
            "resources",
            "entitlements",
            "grants",
            "access",
            "who",
        ),
        *("diff", "syncs", "export", "action list", "changes list", "changes show", "verify"),
        # Those that reach no application, and the one that runs syncs and changes as the others do.
        *("import", "backup", "restore", "completion", "serve"),
    }
)
"""The commands that ask the application for nothing."""


class Case:
    """One command line in one situation: a copy of the home, and the simulator that the connection reaches."""

    def __init__(self, prepared: "Prepared", folder: Path, case: str, simulator: Spawned) -> None:
        self.case = case
        self.simulator = simulator
        self.places = Places(Roster(simulator.truth()))
        shutil.copytree(prepared.folder / (NONE if case == NONE else SAME), folder / "home")
        shutil.copy(prepared.folder / PLAN, folder / PLAN)
        self.site = Site(folder, simulator, provisioning=True)

    def run(self, *arguments: str, given: str | None = None) -> Ended:
        """Run it; where a move is meant, it says so."""
        accepted = ("--accept-tenant", THERE) if self.case == MOVED and arguments[0] != "check" else ()
        return self.site.run(*arguments, *accepted, given=given)

    def agree(self, *arguments: str) -> Ended:
        """Run it, agree at the address that it shows, and paste the code that this gives."""
        accepted = ("--accept-tenant", THERE) if self.case == MOVED else ()
        started = self.site.start(*arguments, *accepted, given="")
        return started.end(given=f"{consent_code(started.until(CONSENT)) or ''}\n")


def _grant(case: Case) -> Ended:
    return case.run("grant", NAME, case.places.of_group(), f"user:{case.places.outside[0]}", *YES)


def _revoke(case: Case) -> Ended:
    return case.run("revoke", NAME, case.places.of_group(), f"user:{case.places.members[0]}", *YES)


def _account(verb: str) -> Callable[[Case], Ended]:
    def run(case: Case) -> Ended:
        at = case.places
        what = f"email={NEW}" if verb == "create" else f"user:{at.suspended if verb == 'enable' else at.plain[0]}"
        return case.run("account", verb, NAME, what, *YES)

    return run


def _action(case: Case) -> Ended:
    return case.run("action", "run", NAME, "set_profile", f"user_id={case.places.plain[0]}", "given_name=Zoë", *YES)


def _apply(case: Case) -> Ended:
    return case.run("apply", PLAN, *YES)


def _recover(case: Case) -> Ended:
    """Settle a change that was meant on the first team, before its process ended."""
    at = case.places
    entry = JournalEntry(
        id="crashed.1",
        connection=NAME,
        connector="dropbox",
        change=GrantAccess(
            entitlement=EntitlementId.parse(at.of_group()), principal=ResourceId(type="user", id=at.outside[0])
        ),
        title="grant a membership",
        status=JournalStatus.INTENT,
        intended=moment(SystemClock().now()),
        before=TargetState(
            exists=True,
            account=ResourceId(type="user", id=at.outside[0]),
            status=AccountStatus.ENABLED,
            status_raw="active",
        ),
        kinds=("grant",),
        tenant=HERE,
    )
    with open_state(case.site.home.ensure().database) as state:
        state.save_changes([entry])
    return case.run("changes", "recover", NAME, *YES)


def _sync(case: Case) -> Ended:
    return case.run("sync", NAME, "--output", "json")


def _check(case: Case) -> Ended:
    return case.run("check", NAME, "--output", "json")


def _plan(case: Case) -> Ended:
    given = case.places.of_group(), f"user:{case.places.outside[0]}"
    return case.run("plan", NAME, "--grant", *given, "-o", "new.plan", "--output", "json")


def _authorize(case: Case) -> Ended:
    file = case.site.folder / TOKEN
    file.write_text(OLD_TOKEN, encoding="utf-8")
    case.site.configure(refresh_token=f"file:{file}")
    return case.agree("authorize", NAME)


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A command that asks the application for something: how it is run, and its exit code in each case."""

    run: Callable[[Case], Ended]
    same: int = 0
    other: int = 2
    none: int = 0
    moved: int = 0
    unknown: int = 4
    changes: bool = True

    def wanted(self, case: str) -> int:
        """The exit code that it has to end with."""
        return dict(zip(CASES, (self.same, self.other, self.none, self.moved, self.unknown), strict=True))[case]


COMMANDS = {
    "grant": Command(run=_grant),
    "revoke": Command(run=_revoke),
    "account create": Command(run=_account("create")),
    "account delete": Command(run=_account("delete")),
    "account enable": Command(run=_account("enable")),
    "account disable": Command(run=_account("disable")),
    "action run": Command(run=_action),
    "apply": Command(run=_apply, other=14, moved=14),
    "changes recover": Command(run=_recover, moved=2),
    "authorize": Command(run=_authorize, unknown=7, changes=False),
    "sync": Command(run=_sync, unknown=0, changes=False),
    "check": Command(run=_check, moved=2, unknown=0, changes=False),
    "plan": Command(run=_plan, unknown=0, changes=False),
}
"""Each command that asks the application for something, with what it has to end with."""


def commands(group: click.Command = cli, at: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command of the command line, by its name with those of the groups that it is in."""
    if not isinstance(group, click.Group):
        yield " ".join(at), group
        return
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        found = group.get_command(ctx, name)
        if found is None:
            raise LookupError(name)
        yield from commands(found, (*at, name))


class Prepared:
    """What all cases begin with: a home with a snapshot of the first team, one without, and a plan for that team."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / NONE).mkdir(parents=True)
        with spawn(*TEAM, "--team-id", HERE) as simulator:
            site = Site(folder / "site", simulator, provisioning=True)
            at = Places(Roster(simulator.truth()))
            made = site.sync()
            given = at.of_group(), f"user:{at.outside[0]}"
            planned = site.run("plan", NAME, "--grant", *given, "-o", PLAN)
            if (made.code, planned.code) != (0, 0):
                raise RuntimeError(made.err + planned.err)
        shutil.copy(site.folder / PLAN, folder / PLAN)
        shutil.copytree(site.home.folder, folder / SAME)


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a case: exit code, requests beside the token's, writes that took effect, and what is wrong."""

    code: int
    requests: int
    writes: int
    wrong: tuple[str, ...]


def play(name: str, case: str, prepared: Prepared, folder: Path) -> Played:
    """Run one command in one case."""
    command = COMMANDS[name]
    folder.mkdir(parents=True)
    team = THERE if case in (OTHER, MOVED) else HERE
    scopes = " ".join(scope for scope in SCOPES if case != UNKNOWN or scope != "team_info.read")
    with spawn(*TEAM, "--team-id", team, "--scopes", scopes) as simulator:
        made = Case(prepared, folder, case, simulator)
        simulator.reset_requests()
        ended = command.run(made)
        asked = [one["route"] for one in _requests(simulator) if not one["route"].startswith("oauth2")]
        effects = simulator.effects()
    writes = sum(effects["applied"].values())
    wrong: list[str] = []
    if ended.code != command.wanted(case):
        wrong.append(f"exit code {ended.code}, not {command.wanted(case)}: {(ended.err or ended.out)[-400:]}")
    if command.wanted(case) and writes:
        wrong.append(f"it wrote all the same: {effects}")
    if command.changes and not command.wanted(case) and not writes:
        wrong.append("it wrote nothing")
    if command.changes and command.wanted(case) and len(asked) > 1:
        wrong.append(f"it asked for more than whose account it is: {asked}")
    wrong += _left(name, case, made)
    return Played(code=ended.code, requests=len(asked), writes=writes, wrong=tuple(wrong))


def _requests(simulator: Spawned) -> list[dict[str, Any]]:
    return simulator.requests()["requests"]


def _left(name: str, case: str, made: Case) -> list[str]:
    """What lies on the disk and should not, or should and does not."""
    wanted = COMMANDS[name].wanted(case)
    folder = made.site.folder
    if name == "authorize" and ((folder / TOKEN).read_text(encoding="utf-8") == OLD_TOKEN) != bool(wanted):
        return ["the token that was stored is not the one that should be"]
    if name == "plan" and (folder / "new.plan").exists() == bool(wanted):
        return ["the plan's file is there where it should not be, or the other way round"]
    return []


def main(argv: list[str]) -> int:
    """Play every command, or those named, in all cases."""
    rows: list[tuple[object, ...]] = []
    found: list[str] = []
    with tempfile.TemporaryDirectory(prefix="tenants-") as folder:
        prepared = Prepared(Path(folder) / "prepared")
        for name in argv or COMMANDS:
            played = {case: play(name, case, prepared, Path(folder) / name / case) for case in CASES}
            found += [f"{name}, {case}: {each}" for case, one in played.items() for each in one.wrong]
            cells = [f"{one.code} ({one.requests} asked, {one.writes} written)" for one in played.values()]
            rows.append((f"`{name}`", *cells))
            print(*rows[-1], sep=" | ", file=sys.stderr, flush=True)
    print(*found, sep="\n", file=sys.stderr)
    if not argv:
        write(
            "tenants",
            "One connection, one tenant",
            "Each command that asks the application for something, on the team that the snapshots are of and on another one "
            "with the very same people, groups and ids. In each cell: the exit code, how many requests there were beside the "
            "token's, and how many writes took effect. `apply` has a plan for the first team, `changes recover` a change "
            "that a process was killed over there. *Accepted* is with `--accept-tenant`. *Not known whose* is the same team "
            "without the scope `team_info.read`: what writes then refuses, unless a person vouches for it.",
            table(("command", *CASES), rows),
            f"Wrong: {len(found)}. These commands ask the application for nothing: "
            + ", ".join(f"`{name}`" for name in sorted(READS))
            + ".",
        )
    return int(bool(found))
