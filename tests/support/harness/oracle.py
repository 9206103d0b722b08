"""The official SDK as a judge of recorded traffic; the judge lives with the simulator's own tests."""

import json
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parents[3] / "plugins" / "dropbox" / "tests" / "simulator" / "oracle.py"


@cache
def judge_of_traffic() -> Any:
    """The judge's module. Loading it takes seconds: do so before anything is timed."""
    spec = spec_from_file_location("dropbox_oracle", _FILE)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def check_record(record: Path) -> int:
    """Judge every exchange in a file of the simulator's ``--record``; how many. Fails on the first that does not fit.

    Of an exchange that a fault spoiled only the request is judged, which the fault did not touch.
    """
    check: Callable[[str, bytes, int, bytes], None] = judge_of_traffic().check_exchange
    judged = 0
    with record.open(encoding="utf-8") as lines:
        for line in lines:
            one = json.loads(line)
            route, request = one["route"], one["request"].encode()
            if one["faults"]:
                if request:
                    judge_of_traffic().decode(judge_of_traffic().routes()[route].arg_type, request)
            else:
                check(route, request, one["status"], one["answer"].encode())
            judged += 1
    return judged
