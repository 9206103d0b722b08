"""Which requests of a sync to disturb: each kind at least once, and others spread over all of it.

Promises that no kind of request is left out, however long the sync is. Hides how kinds are told apart.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from urllib.parse import unquote

import msgspec

from jackfield_testkit.bench import Bench
from jackfield_testkit.reach import no_requests
from jackfield_testkit.wire import Fault, Plan, Sent, Wire

FEWEST = 10
"""How many requests of a sync are disturbed if it has so many; more where there are more kinds."""


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """One request: the *number*-th (from 1) of its kind, whatever order others come in."""

    kind: str
    number: int
    ids: frozenset[str]

    def __str__(self) -> str:
        which = f"request {self.number} of its kind" if self.number > 1 else "the first request"
        return f"{which} ({self.kind})"

    def plan(self, fault: Fault | None = None, *, lasting: bool = False) -> Plan:
        """A plan that strikes it; *lasting*: and all that go to the same address afterwards."""
        seen: list[Sent] = []
        struck: list[str] = []

        def plan(_: int, sent: Sent) -> Fault | None:
            if lasting and sent.route in struck:
                return fault
            if kind_of_request(sent, self.ids) != self.kind:
                return None
            seen.append(sent)
            if len(seen) != self.number:
                return None
            struck.append(sent.route)
            return fault

        return plan


async def requests_of(bench: Bench) -> list[Sent]:
    """The requests of an undisturbed sync; raises NotApplicable where there are none."""
    wire = Wire()
    await bench.sync(wire)
    if not wire.sent:
        raise no_requests(bench, "the connector makes no requests, so that none can fail")
    return wire.sent


async def aims_of(bench: Bench) -> list[Aim]:
    """Those requests of an undisturbed sync that are to be disturbed."""
    return aims_at(await requests_of(bench), frozenset(id.id for id in bench.truth().resources))


def aims_at(sent: Sequence[Sent], ids: frozenset[str]) -> list[Aim]:
    """The first of each kind, then others evenly spread, in the order of the requests."""
    kinds = [kind_of_request(each, ids) for each in sent]
    numbers: Counter[str] = Counter()
    every: list[Aim] = []
    for kind in kinds:
        numbers[kind] += 1
        every.append(Aim(kind=kind, number=numbers[kind], ids=ids))
    chosen = {at for at, aim in enumerate(every) if aim.number == 1}
    if (left := [at for at in range(len(every)) if at not in chosen]) and len(chosen) < FEWEST:
        step = max(1.0, len(left) / (FEWEST - len(chosen)))
        # The last is among them: what ends a listing is its own case.
        chosen |= {left[-1 - int(number * step)] for number in range(min(len(left), FEWEST - len(chosen)))}
    return [every[at] for at in sorted(chosen)]


def kind_of_request(sent: Sent, ids: Collection[str]) -> str:
    """The method and the path, ids of the application's things left out."""
    steps = ("{}" if unquote(step) in ids else step for step in sent.route.split("/"))
    return f"{sent.method} {'/'.join(steps)}"
