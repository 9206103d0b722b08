"""The official SDK as a judge of recorded traffic; loaded when it is asked for."""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def judge_of_traffic() -> Any:
    """The judge's module. Loading it takes seconds: do so before anything is timed."""
    return import_module(".sdk", __package__)


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
