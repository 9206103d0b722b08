"""A sample of the sweep ``changes``, and what its comparison finds."""

import asyncio
import random

import msgspec
import pytest
from harness.errands import ERRANDS
from harness.stands import Shown

from tests.sweeps.changes.cases import (
    AGAIN,
    ANSWER,
    BEGIN,
    BOUNDARIES,
    DONE,
    INTENT,
    JOB,
    OVER,
    READ,
    RECOVER,
    WRITTEN,
    Case,
    boundaries,
    cases_of,
    kills_of,
)
from tests.sweeps.changes.comparing import Seen, Undisturbed, differences
from tests.sweeps.changes.running import sweep, undisturbed

SAMPLE = (
    ("grant ownership to a member", "create by a job, invited at its end"),
    ("disable, wiping devices", "send_welcome_email"),
    ("replace a role", "a plan for one group"),
)


@pytest.mark.long
@pytest.mark.parametrize("errands", SAMPLE, ids=" and ".join)
def test_a_killed_change_ends_as_if_nothing_had_happened(errands: tuple[str, ...]) -> None:
    async def run() -> list[Seen]:
        models = {errand: await undisturbed(errand) for errand in errands}
        rng = random.Random(len(errands[0]))
        chosen: list[Case] = []
        for errand, model in models.items():
            cases = [case for case in cases_of(errand, model.points) if not case.lag]
            sending = [case for case in cases if case.hold in ("before", "after")]
            chosen += [rng.choice(cases), *rng.sample(sending, 2)]
        return await sweep(chosen, models)

    seen = asyncio.run(run())
    assert not [(str(one.case), one.wrong) for one in seen if one.wrong]
    assert {one.result for one in seen if one.case.errand != "send_welcome_email"}.isdisjoint({"unverified"})


def test_every_boundary_of_a_change_is_hit() -> None:
    points = [
        "asking team/members/get_info_v2 #1",
        "saving intent #1",
        "writing intent #1",
        "saved intent #1",
        "asking team/members/suspend #1",
        "answered team/members/suspend #1",
        "saving answer #1",
        "saved answer #1",
        "asking team/members/get_info_v2 #2",
        "answered team/members/get_info_v2 #2",
        "saving settled #1",
        "saved settled #1",
    ]
    assert [boundary for _, boundary in boundaries(points)] == [
        *[BEGIN] * 2,
        *[INTENT] * 2,
        *[ANSWER] * 2,
        *[WRITTEN] * 2,
        *[READ] * 2,
        OVER,
    ]
    assert {case.boundary for case in kills_of("enable", points)} == {*BOUNDARIES} - {JOB}


def test_every_kind_of_change_is_among_the_errands() -> None:
    assert {"enable", "recover_user", "set_profile", "send_welcome_email", "a plan for one group"} <= ERRANDS.keys()


ENTRY = {"change": "c", "status": "settled", "outcome": {"outcome": "changed"}, "after": {"exists": True}}
BEFORE = Shown(truth={"users": []}, effects={}, entries=(), told=(), undecided=0, pending=0)
ONCE = msgspec.structs.replace(BEFORE, truth={"users": ["u"]}, effects={"wipes u": 1}, entries=(ENTRY,), told=("x",))
MODEL = Undisturbed(before=BEFORE, once=ONCE, twice=ONCE, points=())
UNVERIFIED = {**ENTRY, "outcome": {"outcome": "unverified"}}


@pytest.mark.parametrize(
    ("shown", "by_answer", "word"),
    [
        (ONCE, False, None),
        (msgspec.structs.replace(ONCE, effects={"wipes u": 2}), False, "done twice"),
        (msgspec.structs.replace(ONCE, effects={}), False, "never done"),
        (msgspec.structs.replace(ONCE, truth={"users": []}), False, "the team is another"),
        (msgspec.structs.replace(ONCE, undecided=1), False, "1 intents"),
        (msgspec.structs.replace(ONCE, entries=(ENTRY, ENTRY)), False, "the journal is another"),
        (msgspec.structs.replace(ONCE, entries=(UNVERIFIED,)), False, "the journal is another"),
        (msgspec.structs.replace(ONCE, entries=(UNVERIFIED,)), True, None),
        (msgspec.structs.replace(ONCE, entries=({**UNVERIFIED, "change": "d"},)), True, "the journal is another"),
    ],
)
def test_the_comparison_finds_what_is_wrong(shown: Shown, by_answer: bool, word: str | None) -> None:
    for then in (RECOVER, AGAIN):
        case = Case(errand="e", boundary=DONE, point="saved intent #1", then=then)
        found = differences(case, shown, MODEL, by_answer)
        assert bool(found) == (word is not None)
        assert word is None or word in found[0]
