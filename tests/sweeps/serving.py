"""Twelve connections on one host, against twelve simulated teams of different speeds and faults.

Promises figures: how many syncs of each, how they ended, the longest time between two; and the memory of the host over the time.
"""

import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import psutil
from harness.evidence import table, write
from harness.serving import Server, configuration, serving
from harness.spawned import spawn

INTERVAL = 10
_TEAMS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("plain", ("--members", "50", "--groups", "6"), ""),
    ("large", ("--members", "5000", "--groups", "300"), ""),
    ("slow", ("--members", "200", "--groups", "20", "--latency", "400"), ""),
    ("slower", ("--members", "100", "--groups", "20", "--latency", "1500"), ""),
    ("limited", ("--members", "800", "--groups", "60", "--rate", "4"), ""),
    ("moving", ("--members", "300", "--groups", "30"), "churn"),
    ("failing", ("--members", "60", "--groups", "8"), "failing"),
    ("hanging", ("--members", "60", "--groups", "8"), "hanging"),
    ("refused", ("--members", "30", "--groups", "4"), "refused"),
    ("short-tokens", ("--members", "60", "--groups", "8", "--token-lifetime", "5"), ""),
    ("tiny", ("--members", "3", "--groups", "1"), ""),
    ("partial", ("--members", "60", "--groups", "8"), "partial"),
)


class Seen(msgspec.Struct, frozen=True):
    """One connection: its syncs by what became of them, and the longest time between the ends of two (seconds)."""

    name: str
    ended: dict[str, int]
    longest: float


class Figures(msgspec.Struct, frozen=True):
    """All connections, and the host's memory (MB): within the first fifth, at its most after that, at the end."""

    seen: tuple[Seen, ...]
    memory: tuple[float, float, float]
    seconds: float
    end: float


def run(seconds: float) -> Figures:
    """Serve for so many seconds."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        teams: dict[str, Any] = {}
        for name, arguments, what in _TEAMS:
            teams[name] = team = stack.enter_context(spawn(*arguments))
            if what == "churn":
                team.churn(every=3)
            elif what == "failing":
                team.fault("server_error", times=100, at=7)
            elif what == "hanging":
                team.fault("hang", times=3)
            elif what == "partial":
                team.fault("server_error", route="team/groups/list")
        serve = f'schedule = "{INTERVAL}s"\njitter = 0.1\nat_once = 4'
        teams["refused"].refresh_token = "stale"
        text = configuration(teams, serve=serve, keep_snapshots=2, request_timeout=5.0, retry_deadline=8.0)
        (folder / "jackfield.toml").write_text(text)
        server = stack.enter_context(serving(folder, forked=False))
        server.logged("serving")
        memory = _watched(server, seconds)
        end = server.end()
        return Figures(_seen(server, seconds), memory, seconds, end)


def _watched(server: Server, seconds: float) -> tuple[float, float, float]:
    process = psutil.Process(server.process.pid)
    began = time.monotonic()
    early, most, last = 0.0, 0.0, 0.0
    while (gone := time.monotonic() - began) < seconds:
        last = process.memory_info().rss / 1e6
        if gone < seconds / 5:
            early = max(early, last)
        else:
            most = max(most, last)
        assert server.ask("live").status == 200
        time.sleep(1.0)
    return early, most, last


def _seen(server: Server, seconds: float) -> tuple[Seen, ...]:
    ended: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    times: dict[str, list[float]] = defaultdict(list)
    first = datetime.fromisoformat(server.logged("serving")["timestamp"]).timestamp()
    for each in server.events:
        if each["event"] not in ("synced", "held", "a sync failed"):
            continue
        name = each["connection"]
        what = each.get("error") or (
            "complete" if each["complete"] else "not complete" if each["published"] else "held"
        )
        ended[name][what] += 1
        times[name].append(datetime.fromisoformat(each["timestamp"]).timestamp())
    made: list[Seen] = []
    for name, _, _ in _TEAMS:
        marks = [first, *times[name], first + seconds]
        longest = max(after - before for before, after in pairwise(marks))
        made.append(Seen(name, dict(ended[name]), longest))
    return tuple(made)


def main(argv: list[str]) -> int:
    """Ten minutes, or as many seconds as are given."""
    seconds = float(argv[0]) if argv else 600.0
    figures = run(seconds)
    rows = [
        (
            one.name,
            ", ".join(f"{count} {what}" for what, count in sorted(one.ended.items())) or "none",
            f"{one.longest:.0f}",
        )
        for one in figures.seen
    ]
    early, most, last = figures.memory
    told = (
        f"{figures.seconds:.0f} s, one sync of each every {INTERVAL} s, four at once. Memory of the host: {early:.0f} MB in the"
        f" first fifth of the time, at most {most:.0f} MB after it, {last:.0f} MB at the end. Its end took {figures.end:.1f} s."
    )
    made = table(("team", "syncs", "longest time between two ends, s"), rows)
    print(told + "\n\n" + made)
    if not argv:
        write("serving", "Twelve connections on one host", told, made)
    starved = [one for one in figures.seen if not one.ended or one.longest > 90]
    grown = most > early * 1.1 + 10
    return 1 if starved or grown else 0
