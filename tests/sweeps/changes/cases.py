"""Which disturbances there are of an errand: at which points it is killed, and which of its calls fail."""

from collections.abc import Iterator, Sequence

import msgspec

from jackfield_dropbox_simulator.routes.table import table as routes

WRITES = frozenset(name for name, route in routes().items() if route.writes)

BEGIN = "before the intent is written"
INTENT = "the intent is written, nothing is sent"
LOST = "the request is on its way, and is lost"
MADE = "the request is on its way, and is carried out"
LATE = "the request is on its way, and is carried out after the recovery"
DONE = "carried out, the answer is on its way"
ANSWER = "the answer is here, not written"
JOB = "a job goes on"
WRITTEN = "the answer is written, not confirmed"
READ = "confirmed, the outcome is not written"
OVER = "the outcome is written"
BOUNDARIES = (BEGIN, INTENT, LOST, MADE, LATE, DONE, ANSWER, JOB, WRITTEN, READ, OVER)

FAULTS = (
    ("drop", "before"),
    ("server_error", "before"),
    ("unavailable", "before"),
    ("drop", "after"),
    ("drop_after", "after"),
    ("server_error", "after"),
    ("unavailable", "after"),
    ("truncated", "after"),
    ("invalid_body", "after"),
)

PASSING = (
    ("rate_limited", "before"),
    ("unavailable", "before"),
    ("server_error", "before"),
    ("drop", "before"),
    ("expired_token", "before"),
    ("truncated", "after"),
    ("invalid_body", "after"),
)
"""What befalls any request, a write excepted whose own row is above: sign-in, and reads before, between and after."""

LAG = 3.0
LAGGING = (INTENT, LOST, DONE, ANSWER, WRITTEN)
POLLS = 2
"""How often a job is asked after for sure; how often more depends on the machine."""

RECOVER, AGAIN, KILLED_AGAIN = "recover", "the same command again", "recover, killed too"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One disturbance of one errand, and what is done after it.

    ``point``: of the trace of an undisturbed run. ``hold``: the call is held there by the application, before or after
    its effect. ``fault``: that call fails, and nobody is killed. ``at``: its number among the command's requests.
    """

    errand: str
    boundary: str
    point: str
    hold: str = ""
    fault: str = ""
    at: int = 0
    then: str = ""
    lag: float = 0.0

    @property
    def passes(self) -> bool:
        """Whether the fault is one of which the application is sure not to have changed anything."""
        return bool(self.fault) and (self.point.split()[1] not in WRITES or self.fault == "rate_limited")

    def __str__(self) -> str:
        parts = (self.errand, self.fault or self.boundary, self.point, self.hold, self.then, f"lag {self.lag:g}")
        return "; ".join(part for part in parts if part and part != "lag 0")


def boundaries(points: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each point from the first write to the journal on, with the boundary that it stands for."""
    first = next(number for number, point in enumerate(points) if point.startswith("saving"))
    at = BEGIN
    for number, point in enumerate(points[first:], first):
        verb, what, _ = point.split()
        if what == "oauth2/token":
            continue
        if verb == "saved":
            at = {"intent": INTENT, "answer": WRITTEN, "pending": JOB, "settled": OVER}[what]
            yield point, at
        elif verb in ("saving", "writing"):
            yield point, {"intent": BEGIN, "settled": READ}.get(what, JOB if at == JOB else ANSWER)
        elif verb == "answered" and what in WRITES:
            at = ANSWER
            yield point, at
        else:
            last = verb == "answered" and points[number + 1].startswith("saving")
            yield point, READ if at == WRITTEN and last else at


def kills_of(errand: str, points: Sequence[str]) -> list[Case]:
    """Every kill of an errand: at each point of its way, and while the application holds a call.

    Recovery follows each of them, the same command again the first of each boundary.
    """
    made: list[Case] = []
    for point, boundary in boundaries(points):
        verb, route, number = point.split()
        if "job_status" in route and int(number[1:]) > POLLS:
            continue
        made.append(Case(errand=errand, boundary=boundary, point=point, then=RECOVER))
        if verb == "asking" and route in WRITES:
            holds = ((LOST, "before"), (MADE, "before"), (LATE, "before"), (DONE, "after"))
            made += [Case(errand=errand, boundary=its, point=point, hold=when, then=RECOVER) for its, when in holds]
        elif verb == "asking" and boundary in (WRITTEN, JOB):
            made.append(Case(errand=errand, boundary=boundary, point=point, hold="before", then=RECOVER))
    firsts: dict[str, Case] = {}
    for case in made:
        if case.boundary != LATE:
            firsts.setdefault(case.boundary, msgspec.structs.replace(case, then=AGAIN))
    return [*made, *firsts.values()]


def faults_of(errand: str, points: Sequence[str]) -> list[Case]:
    """Every write of an errand lost once, before it is carried out or after."""
    asked = [point for point in points if point.split()[0] == "asking" and point.split()[1] in WRITES]
    return [
        Case(errand=errand, boundary=when, point=point, fault=fault)
        for point in asked
        if point.endswith("#1")
        for fault, when in FAULTS
    ]


def passing_of(errand: str, points: Sequence[str]) -> list[Case]:
    """Every request of an errand that is no write, failing once; and every write turned away once."""
    asked = [point for point in points if point.startswith("asking")]
    sure = [point for point in asked if "job_status" not in point or int(point.split()[2][1:]) <= POLLS]
    return [
        Case(errand=errand, boundary=when, point=point, fault=fault, at=at)
        for at, point in enumerate(sure)
        for fault, when in PASSING
        if (point.split()[1] not in WRITES or fault == "rate_limited")
        and (point.split()[1] != "oauth2/token" or fault != "expired_token")
    ]


def lagging_of(errand: str, points: Sequence[str]) -> list[Case]:
    """A sample on a team that shows each change seconds late: one kill at each boundary where that matters."""
    chosen: dict[tuple[str, str], Case] = {}
    for case in kills_of(errand, points):
        if case.boundary in LAGGING and (case.then == RECOVER or case.boundary in (LOST, DONE)):
            chosen.setdefault((case.boundary, case.then), case)
    lost = [case for case in faults_of(errand, points) if case.fault == "drop"]
    return [msgspec.structs.replace(case, lag=LAG) for case in (*chosen.values(), *lost)]


def cases_of(errand: str, points: Sequence[str]) -> list[Case]:
    """All cases of an errand that passes these points."""
    again = [
        msgspec.structs.replace(case, then=KILLED_AGAIN)
        for case in kills_of(errand, points)
        if case.boundary in (LOST, DONE) and case.then == RECOVER
    ]
    return [
        *kills_of(errand, points),
        *again,
        *faults_of(errand, points),
        *passing_of(errand, points),
        *lagging_of(errand, points),
    ]
