"""A simulator in a process of its own, as ``spawn`` starts one, that is not started anew; see ``forking``."""

import json
import os
import select
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from jackfield_dropbox_simulator.launch import Spawned, end

from . import forking


@contextmanager
def spawn(*arguments: str, timeout: float = 60.0) -> Generator[Spawned]:
    """Starts a simulator with these command line arguments, waits until it is ready, and ends it afterwards."""
    command = [*forking.SIMULATOR, "--end-with-stdin", *arguments]
    process = forking.start(command, folder=Path.cwd(), environment=os.environ, given=True, heard=False)
    try:
        until = time.monotonic() + timeout
        if not select.select([process.stdout], [], [], timeout)[0]:
            raise TimeoutError(f"the simulator was not ready within {timeout:g} s")
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"the simulator ended with status {process.wait(until - time.monotonic())} before it was ready"
            )
        yield Spawned(json.loads(line), cast("Any", process))
    finally:
        end(cast("Any", process))
