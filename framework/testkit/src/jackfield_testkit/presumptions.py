"""Whether a recording bears out what a connector presumes of its application: held, not held, or not seen, for each.

Promises that nothing counts as held that the recording does not show. Hides how the report is written.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, cast

import msgspec

from jackfield.errors import BadConfig
from jackfield.recording import Exchange, Recorded, read_recording
from jackfield.recording.exchange import MOST_BYTES

__all__ = [
    "Bearing",
    "Borne",
    "Check",
    "Exchange",
    "Recorded",
    "Sight",
    "borne_out",
    "listed",
    "main",
    "read_recording",
    "status",
    "table",
    "told",
]

Sight = tuple[int, bool]
"""The number of an exchange in which a presumption shows, and whether it holds there."""

Check = Callable[[Sequence[Exchange]], Iterable[Sight]]
"""Every place of a recording where a presumption shows."""

_NOT_HELD = 5


def status(exchange: Exchange) -> int:
    """The status of the answer, 0 where there was none."""
    return exchange.answer.status if exchange.answer is not None else 0


def table(value: object) -> dict[str, Any]:
    """*value* if it is an object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def listed(value: object) -> list[Any]:
    """*value* if it is a list, else an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


class Bearing(Enum):
    """What a recording says of a presumption."""

    HELD = "held"
    NOT_HELD = "not held"
    NOT_SEEN = "not seen"


class Borne(msgspec.Struct, frozen=True, kw_only=True):
    """One presumption: what it says, and what the recording says of it.

    ``times`` counts the places where it shows; ``at`` are the numbers of the first exchanges where it does not hold. ``why``
    tells of one that no recording can show.
    """

    name: str
    presumed: str
    bearing: Bearing
    times: int = 0
    at: tuple[int, ...] = ()
    why: str = ""


def borne_out(
    presumed: Mapping[str, str], checks: Mapping[str, Check], unseen: Mapping[str, str], recorded: Recorded
) -> tuple[Borne, ...]:
    """Each of *presumed*, a sentence by its name, as *recorded* bears it out.

    *unseen* says why a recording can't show a presumption; one that is neither there nor in *checks* is a KeyError.
    """
    found: list[Borne] = []
    for name, sentence in presumed.items():
        if name in unseen:
            found.append(Borne(name=name, presumed=sentence, bearing=Bearing.NOT_SEEN, why=unseen[name]))
            continue
        sights = list(checks[name](recorded.exchanges))
        wrong = tuple(dict.fromkeys(number for number, holds in sights if not holds))
        bearing = Bearing.NOT_SEEN if not sights else Bearing.NOT_HELD if wrong else Bearing.HELD
        found.append(Borne(name=name, presumed=sentence, bearing=bearing, times=len(sights), at=wrong[:5]))
    return tuple(found)


def told(found: Sequence[Borne]) -> Iterable[str]:
    """*found* for people, line by line."""
    for each in found:
        yield f"{each.bearing.value:8}  {each.name}: {each.presumed}"
        if each.at:
            yield f"          in request {', '.join(map(str, each.at))} of the recording"
        if each.why:
            yield f"          no recording shows it: {each.why}"
    counts = ", ".join(f"{sum(each.bearing is one for each in found)} {one.value}" for one in Bearing)
    yield f"{len(found)} presumptions: {counts}"


def main(
    presumed: Mapping[str, str],
    checks: Mapping[str, Check],
    unseen: Mapping[str, str],
    arguments: Sequence[str] | None = None,
) -> int:
    """Report on the recording that the command line names; 0, 2 where it can't be read, 5 where something did not hold."""
    out = argparse.ArgumentParser(description="Which presumptions of the connector a recording bears out.")
    out.add_argument("file", type=Path, metavar="FILE", help="a file that `jackfield --record` wrote")
    out.add_argument("--json", action="store_true", help="print one object for each presumption")
    out.add_argument("--most-bytes", type=int, default=MOST_BYTES, help="how large the file may be")
    given = out.parse_args(arguments)
    try:
        recorded = read_recording(given.file, most=given.most_bytes)
        found = borne_out(presumed, checks, unseen, recorded)
    except BadConfig as error:
        sys.stderr.write(f"Error: {error}\n")
        return error.exit_code
    lines = (msgspec.json.encode(each).decode() for each in found) if given.json else told(found)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    if not recorded.whole:
        sys.stderr.write("The recording does not have every request: what it lacks was not looked at.\n")
    return _NOT_HELD if any(each.bearing is Bearing.NOT_HELD for each in found) else 0
