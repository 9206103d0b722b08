"""Fuzz: what others write, mutated at random; no bug, no hang, nothing beyond the bounds, and nothing untrue called whole.

``python -m tests.sweeps fuzz [SECONDS [SEED]] [--into FOLDER] [--only TARGET]``: all targets in turn, an hour in all
unless told otherwise. ``--replay FILE`` plays a finding again.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from harness.evidence import ROOT, table, write

SLICE = 120.0
"""Seconds that a process plays one target; the next one begins with a clean memory."""

SILENT = 300.0
"""Seconds without a word after which a process is taken to hang."""


class Sum:
    """What became of one target."""

    def __init__(self) -> None:
        self.cases = 0
        self.seconds = 0.0
        self.found: dict[str, str] = {}


def main(argv: list[str]) -> int:
    """Play all targets for so many seconds together."""
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("seconds", nargs="?", type=float, default=3600.0)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--into", type=Path, default=ROOT / "build" / "fuzz", help="folder of what is found")
    parser.add_argument("--only", action="append", help="a target; may be repeated")
    parser.add_argument("--replay", type=Path, help="a case.json to play again")
    options = parser.parse_args(argv)
    if options.replay:
        return _replay(options.replay)
    from .worker import targets

    chosen = [name for name in targets() if not options.only or name in options.only]
    sums = {name: Sum() for name in chosen}
    until, turn = time.monotonic() + options.seconds, 0
    while (left := until - time.monotonic()) > 1:
        for name in chosen:
            share = min(SLICE, max(2.0, left / len(chosen)))
            _slice(name, options.seed * 1000 + turn, share, options.into, sums[name])
        turn += 1
    found = sum(len(each.found) for each in sums.values())
    if not options.only:
        _write(sums, options.seed)
    print(f"{sum(each.cases for each in sums.values()):,} cases, {found} kinds of findings in {options.into}")
    return int(found > 0)


def _slice(name: str, seed: int, seconds: float, folder: Path, into: Sum) -> None:
    """Let a process play *name*; what hangs is killed, and is a finding."""
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    command = [
        sys.executable,
        "-m",
        f"{__name__}.worker",
        name,
        str(seed),
        str(seconds),
        str(folder),
        json.dumps(sorted(into.found)),
    ]
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
        heard = [time.monotonic()]

        def listen() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                heard[0] = time.monotonic()
                _take(name, json.loads(line), into)

        listener = threading.Thread(target=listen)
        listener.start()
        while process.poll() is None:
            time.sleep(0.2)
            if time.monotonic() - heard[0] > SILENT:
                process.kill()
        listener.join()
        errors.seek(0)
        said = errors.read()
    if process.returncode:
        kept = folder / f"ended-{name.replace(' ', '-')}-{seed}.json"
        current = folder / "current.json"
        kept.write_text(current.read_text() if current.exists() else "{}")
        wrong = "it hung" if process.returncode == -9 else f"the process ended with {process.returncode}: {said[-600:]}"
        _take(name, {"found": wrong, "signature": wrong[-160:], "place": str(kept)}, into)
    into.seconds += time.monotonic() - started


def _take(name: str, told: dict[str, Any], into: Sum) -> None:
    if "cases" in told:
        into.cases += told["cases"]
        return
    into.found[told["signature"]] = told["found"]
    print(f"{name}: {told['found']}\n    {told['place']}", flush=True)


def _replay(file: Path) -> int:
    from .worker import prepare, targets

    prepare()
    stored = json.loads(file.read_text())
    with (
        tempfile.TemporaryDirectory(prefix="fuzz-") as folder,
        targets()[stored["target"]].open(Path(folder) / "ground") as ground,
    ):
        wrong = ground.play(stored["case"])
    print("\n".join(wrong) or "nothing is wrong")
    return int(bool(wrong))


def _write(sums: dict[str, Sum], seed: int) -> None:
    from .worker import targets

    about = {name: each.about for name, each in targets().items()}
    rows = [(name, about[name], f"{one.cases:,}", round(one.seconds), len(one.found)) for name, one in sums.items()]
    write(
        "fuzz",
        "Mutated input",
        "Cases are drawn by hypothesis and made smaller by it where they show something. Each is given to the command line, "
        "held to the exit codes of the table (never 70), to time and memory, and to output without control characters. "
        "Answers of the application are mutated as bytes, as trees of JSON and on their way; where a sync then calls its "
        "snapshot complete, who is there and who holds what must be the truth, but for rows about which an answer of the "
        "documented form said something else. A change that is told as made must be made, and one told as refused or "
        "failed must not be. A plan that was changed makes nothing privileged or destructive unasked. Ids that are read "
        "from a file stand in it.",
        table(("input", "which", "cases", "seconds", "kinds of findings"), rows),
        f"Seed {seed}; {sum(each.cases for each in sums.values()):,} cases.",
    )
