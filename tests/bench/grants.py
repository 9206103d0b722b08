"""A thousand grants from a CSV file into forty groups, through ``jackfield plan`` and ``apply``: ``make bench``.

Counts the requests by route, undisturbed and with 429s in the middle, and looks each row's outcome up in the reports and
in the team. Writes ``docs/evidence/grants.md``; ``--small`` runs fifty grants and writes nothing.
"""

import argparse
import csv
import io
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jackfield_dropbox_simulator.launch import Spawned, spawn

SUPPORT = str(Path(__file__).parents[1] / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)

from harness.cli import NAME, Site  # noqa: E402
from harness.evidence import ROOT, table  # noqa: E402
from harness.rosters import Roster  # noqa: E402

ADD = "team/groups/members/add"
TEAM = ("--members", "1500", "--groups", "64", "--memberships", "6000", "--shape", "user_managed")


def undisturbed(simulator: Spawned) -> None:
    """Nothing happens on the way."""


def turned_away(simulator: Spawned) -> None:
    """Ten of the forty calls are turned away once, to come back after a second."""
    for at in range(20, 50, 3):
        simulator.fault("rate_limited", at=at, times=1, retry_after=1)


def limited(simulator: Spawned) -> None:
    """The team allows five requests a second."""
    simulator.settings(rate=5.0)


def half_done(simulator: Spawned) -> None:
    """The answers of five calls in the middle are lost after their effect."""
    for at in range(20, 45, 5):
        simulator.fault("server_error", route=ADD, at=at, times=1, when="after")


SCENES: tuple[tuple[str, int, Callable[[Spawned], None]], ...] = (
    ("undisturbed", 0, undisturbed),
    ("undisturbed", 50, undisturbed),
    ("ten requests in the middle answered 429, retry after 1 s", 0, turned_away),
    ("a limit of 5 requests a second", 0, limited),
    ("five answers in the middle lost after their effect", 0, half_done),
)
COLUMNS = (
    "what happened", "latency ms", "plan s", "plan requests", "apply s", "apply requests", "writes", "reads", "429s",
    "outcomes",
)  # fmt: skip

_ABOUT = (
    "Written by `python -m tests.bench.grants`, which is part of `make bench`. A CSV file of {grants:,} grants by e-mail "
    "address into {groups} groups, of a team of 1,500, goes through `jackfield plan` and `jackfield apply`, each a process "
    "of its own; there is no snapshot. Every row's outcome was looked up in the report and in the team; a second `apply` "
    "of each plan made no write call."
)


class Work:
    """A thousand grants that a team does not have yet."""

    def __init__(self, simulator: Spawned, groups: int, each: int) -> None:
        now = Roster(simulator.truth())
        chosen = sorted(now.groups.values(), key=lambda one: one["group_id"])[:groups]
        self.grants: dict[tuple[str, str], str] = {}
        for group in chosen:
            people = sorted(now.outside(group), key=lambda one: one["email"])[:each]
            assert len(people) == each, group
            self.grants |= {(group["group_id"], one["team_member_id"]): one["email"] for one in people}

    def write(self, file: Path) -> None:
        """The grants as a CSV file, the groups in turn as people's lists have them."""
        with file.open("w", newline="", encoding="utf-8") as to:
            rows = csv.writer(to)
            rows.writerow(("kind", "entitlement", "principal"))
            for (group, _), email in sorted(self.grants.items(), key=lambda one: one[1]):
                rows.writerow(("grant", f"group:{group}/member", email))

    def made(self, simulator: Spawned) -> int:
        """How many of them are true."""
        now = Roster(simulator.truth())
        return sum(now.access(group, user) == "member" for group, user in self.grants)


def play(
    name: str, latency: int, scene: Callable[[Spawned], None], groups: int, each: int
) -> tuple[tuple[str, ...], Any]:
    """One scene with a team and a folder of its own: its row, and the requests of ``apply`` by route."""
    with tempfile.TemporaryDirectory(prefix="grants-") as folder, spawn(*TEAM, timeout=120) as simulator:
        site = Site(Path(folder), simulator, provisioning=True)
        site.forked = False
        work = Work(simulator, groups, each)
        file, plan = Path(folder) / "grants.csv", Path(folder) / "grants.plan"
        work.write(file)
        simulator.settings(latency_ms=latency)
        simulator.reset_requests()
        started = time.perf_counter()
        planned = site.run("plan", NAME, str(file), "-o", str(plan), "--output", "json")
        plan_seconds, plan_requests = time.perf_counter() - started, simulator.requests()["total"]
        assert planned.code == 0, planned
        assert planned.json["outcomes"] == {"changed": len(work.grants)}, planned.json["outcomes"]
        simulator.reset_requests()
        scene(simulator)
        started = time.perf_counter()
        ended = site.run("apply", str(plan), "--yes", "--output", "json", timeout=300)
        apply_seconds, requests = time.perf_counter() - started, simulator.requests()
        outcomes = _check(site, plan, work, simulator, ended.json)
        assert ended.code == 0, ended
        routes = requests["per_route"]
        row = (
            name, str(latency), f"{plan_seconds:.2f}", str(plan_requests), f"{apply_seconds:.2f}", str(requests["total"]),
            str(routes[ADD]), str(requests["total"] - routes[ADD] - routes["oauth2/token"]),
            str(requests["per_status"].get("429", 0)), ", ".join(f"{number:,} {what}" for what, number in outcomes.items()),
        )  # fmt: skip
        return row, routes


def _check(site: Site, plan: Path, work: Work, simulator: Spawned, report: dict[str, Any]) -> dict[str, int]:
    """Look each row's outcome up, in the report and in that of a second ``apply`` as CSV; the outcomes, counted."""
    rows = report["changes"]
    assert len(rows) == len(work.grants) == work.made(simulator), (len(rows), work.made(simulator))
    assert all(row["confirmed_by"] == "read" and row["request_ids"] for row in rows)
    # Nothing was made twice: a second addition of somebody would have been refused, and would show.
    additions = simulator.effects()["group_additions"]
    assert set(additions.values()) == {1}, additions
    assert len(additions) == len(work.grants)
    simulator.clear_faults()
    simulator.settings(rate=0.0)
    simulator.reset_effects()
    again = site.run("apply", str(plan), "--yes", "--output", "csv")
    assert again.code == 0, again
    listed = list(csv.DictReader(io.StringIO(again.out)))
    assert [row["change"] for row in listed] == [row["change"] for row in rows]
    assert {row["outcome"] for row in listed} == {"already"}
    assert simulator.effects()["total_calls"] == 0
    return dict(Counter(row["outcome"] for row in rows))


def main(argv: list[str] | None = None) -> None:
    """Play all scenes and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true")
    chosen = parser.parse_args(argv)
    groups, each = (10, 5) if chosen.small else (40, 25)
    rows: list[tuple[str, ...]] = []
    routes: dict[str, Any] = {}
    for name, latency, scene in SCENES:
        row, asked = play(name, latency, scene, groups, each)
        routes.setdefault(name, asked)
        rows.append(row)
        sys.stderr.write(" | ".join(row) + "\n")
    names = sorted({route for asked in routes.values() for route in asked})
    by_route = table(
        ("apply, by route", *routes), [(name, *(asked.get(name, 0) for asked in routes.values())) for name in names]
    )
    text = "\n\n".join(
        [
            "# A thousand grants into forty groups",
            _ABOUT.format(grants=groups * each, groups=groups),
            f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}.",
            table(COLUMNS, rows).strip(),
            by_route.strip(),
        ]
    )
    sys.stdout.write(text + "\n")
    if not chosen.small:
        (ROOT / "docs" / "evidence" / "grants.md").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
