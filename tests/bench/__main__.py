"""Speed and memory of a full sync beside a floor measured in the same run: ``make bench``.

For each team and latency: the floor (``tests.bench.floor``) and then ``jackfield sync`` as a process of its own, start-up
included. ``--small`` runs a small team only; ``--out FILE`` also writes the table as Markdown.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from jackfield_dropbox_simulator.launch import Spawned, spawn

TEAMS = {
    "10,000 members, 500 groups of ~50": ("--members", "10000", "--groups", "500", "--memberships", "25000"),
    "100,000 members, 5,000 groups, ~1,000,000 memberships": (
        "--members", "100000", "--groups", "5000", "--memberships", "1000000",
    ),
}  # fmt: skip
SMALL = {"1,000 members, 50 groups": ("--members", "1000", "--groups", "50")}
COLUMNS = (
    "team", "latency ms", "floor s", "floor CPU s", "wall s", "allowed s", "CPU s", "peak MB", "requests", "floor requests",
    "rows", "rows/s", "CPU us/row",
)  # fmt: skip


def main() -> None:
    """Run all and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    lines = [f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}.", ""]
    rows: list[tuple[str, ...]] = []
    for name, arguments in (SMALL if chosen.small else TEAMS).items():
        with spawn(*arguments, timeout=300) as team:
            lines.append(
                f"- {name}: the simulator needs {team.ready['render_ms_per_1000']:.2f} ms to build 1,000 members."
            )
            for latency in (0, 50):
                team.settings(latency_ms=latency)
                rows.append(_row(name, latency, team))
                sys.stderr.write(" | ".join(rows[-1]) + "\n")
    table = [COLUMNS, tuple("---" for _ in COLUMNS), *rows]
    text = "\n".join([*lines, "", *(f"| {' | '.join(row)} |" for row in table)]) + "\n"
    sys.stdout.write(text)
    if chosen.out:
        chosen.out.write_text(f"# Benchmark\n\n`make bench` on the machine named below.\n\n{text}")


def _row(name: str, latency: int, team: Spawned) -> tuple[str, ...]:
    # Once before, so that both find the simulator's pages rendered.
    _floor(team)
    floor = _floor(team)
    result, wall, cpu, peak = _sync(team)
    count = result["counts"]
    rows = sum(count["resources"].values()) + count["entitlements"] + count["grants"]
    return (
        name, str(latency), f"{floor['seconds']:.2f}", f"{floor['cpu']:.2f}", f"{wall:.2f}",
        f"{1.5 * floor['seconds'] + 1:.2f}", f"{cpu:.2f}", f"{peak / 1024:.0f}", str(result["requests"]),
        f"{floor['requests']:.0f}", str(rows), f"{rows / wall:.0f}", f"{cpu / rows * 1e6:.1f}",
    )  # fmt: skip


def _floor(team: Spawned) -> dict[str, float]:
    command = [
        sys.executable, "-m", "tests.bench.floor", team.base_url, team.app_key, team.app_secret, team.refresh_token,
    ]  # fmt: skip
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def _sync(team: Spawned) -> tuple[dict[str, Any], float, float, int]:
    """The JSON of one sync, its wall time, CPU time and peak memory in KB."""
    with tempfile.TemporaryDirectory(prefix="jackfield-bench-") as folder:
        prefix = "JACKFIELD_CONNECTIONS__ACME__"
        environment = {
            **os.environ,
            "JACKFIELD_HOME": folder,
            f"{prefix}CONNECTOR": "dropbox",
            f"{prefix}APP_KEY": team.app_key,
            f"{prefix}APP_SECRET": team.app_secret,
            f"{prefix}REFRESH_TOKEN": team.refresh_token,
            f"{prefix}BASE_URL": team.base_url,
        }
        command = [str(Path(sys.executable).with_name("jackfield")), "sync", "acme", "--output", "json"]
        with tempfile.TemporaryFile() as answer:
            started = time.perf_counter()
            process = subprocess.Popen(command, env=environment, stdout=answer)
            _, status, used = os.wait4(process.pid, 0)
            wall = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                raise SystemExit(f"the sync ended with {process.returncode}")
            answer.seek(0)
            return json.loads(answer.read()), wall, used.ru_utime + used.ru_stime, used.ru_maxrss


if __name__ == "__main__":
    main()
