"""The command line within this process, without a terminal: for sweeps of thousands of runs."""

import io
import sys
import time
from pathlib import Path

from jackfield.cli.main import main

from .cli import Ended


def run(home: Path, config: Path, *arguments: str) -> Ended:
    """Run ``jackfield ARGUMENT…`` to its end, with nothing on its standard input."""
    at = time.monotonic()
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    before = sys.stdin, sys.stdout, sys.stderr
    with Path("/dev/null").open(encoding="utf-8") as nothing:
        sys.stdin, sys.stdout, sys.stderr = nothing, out, err
        try:
            code = main(("--config", str(config), "--home", str(home), *arguments))
        finally:
            sys.stdin, sys.stdout, sys.stderr = before
    said = [one.buffer.getvalue().decode() for one in (out, err)]  # type: ignore[attr-defined]
    return Ended(code, said[0], said[1], time.monotonic() - at)
