"""What Dropbox does not document, switched both ways: each presumption alone, in pairs, and under listings that are short.

``python -m tests.sweeps presumptions`` and ``short`` run all of it; here is each switch alone and a sample of the rest.
"""

import asyncio
import random
import re
from pathlib import Path

import pytest
from harness.benches import bench
from harness.flipping import SHORT, Length, Said, pairs, read_flips, show_flip, show_short, sync_once
from harness.simulators import simulating

from jackfield.state import RunStatus
from jackfield_dropbox.presumptions import reading, writing
from jackfield_dropbox_simulator.behaviour import values
from jackfield_dropbox_simulator.faults.kinds import catalogue
from jackfield_dropbox_simulator.options import Settings, TeamOptions
from tests.sweeps.presumptions import TEAMS

ROOT = Path(__file__).parents[1]
SEED = 9
PAIRS, SHORTAGES = 24, 24
PARTS = 4


def _fine(said: list[Said], about: object) -> None:
    wrong = [each for each in said if each.wrongly_complete or each.wrongly_incomplete]
    assert not wrong, f"{about}: {wrong}"


@pytest.mark.parametrize("flip", [{}, *read_flips()], ids=str)
def test_each_switch_alone(flip: dict[str, str]) -> None:
    with bench() as workshop:
        for team in TEAMS:
            _fine(asyncio.run(show_flip(workshop, flip, team, f"team{team.seed}")), flip)


@pytest.mark.parametrize("part", range(PARTS))
def test_switches_in_pairs(part: int) -> None:
    rng = random.Random(SEED)
    sample = rng.sample(pairs(read_flips()), PAIRS)[part::PARTS]
    with bench() as workshop:
        for number, flip in enumerate(sample):
            _fine(asyncio.run(show_flip(workshop, flip, TEAMS[0], f"team{number}")), flip)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_listing_that_is_short_is_never_called_complete(part: int) -> None:
    rng = random.Random(SEED)
    lengths: list[Length] = ["once", "always"]
    cases = [(flip, what, length) for flip in [{}, *read_flips()] for what in SHORT for length in lengths]
    with bench() as workshop:
        for number, (flip, what, length) in enumerate(rng.sample(cases, SHORTAGES)[part::PARTS]):
            team = TeamOptions(members=rng.randrange(12, 60), groups=rng.randrange(3, 14), seed=number)
            later = number % 2 == 1
            said = asyncio.run(show_short(workshop, flip, team, f"team{number}", what=what, length=length, later=later))
            assert not said.wrongly_complete, (flip, what, length, later, team, said)


@pytest.mark.parametrize("profile", ["bare", "keeps_groups", "keeps_all"])
def test_who_was_removed_holds_nothing_whatever_the_profile_says(profile: str) -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAMS[1]) as simulator:
                team = simulator.service.team
                group = next(each for each in team.groups if each.management == "company_managed")
                gone = [each for each in group.members if each.status == "active"][:2]
                assert any(each.role is not None for each in gone)
                for each in gone:
                    team.remove(each)
                simulator.behave(removed_profile=profile)
                _fine([(await sync_once(workshop, simulator, None, include_removed=True))[0]], profile)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("flip", "complete"),
    [
        ({"role_catalogue": "without_one"}, True),
        ({"role_listed": "another"}, True),
        ({"role_catalogue": "without_one", "role_listed": "another"}, False),
    ],
)
def test_a_role_that_the_catalogue_lacks_needs_a_second_route(flip: dict[str, str], complete: bool) -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAMS[0]) as simulator:
                simulator.behave(**flip)
                result = await workshop.sync(simulator, "acme")
                told, _ = await sync_once(workshop, simulator, result.run)
            assert result.run.complete is complete
            assert told.equal is complete
            assert not told.wrongly_complete
            if complete:
                assert told.requests == await plain() + 1, "one look-up more, for the holder"

    async def plain() -> int:
        with bench() as workshop:
            async with simulating(TEAMS[0]) as simulator:
                return (await sync_once(workshop, simulator, None))[0].requests

    asyncio.run(run())


def test_pages_may_be_small_or_empty() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAMS[0], page_cap=4, blank_page=True) as simulator:
                _fine([(await sync_once(workshop, simulator, None))[0]], "small and empty pages")

    asyncio.run(run())


def test_rows_may_come_twice() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAMS[0], page_cap=4) as simulator:
                simulator.fault("duplicate_rows")
                _fine([(await sync_once(workshop, simulator, None))[0]], "rows that come twice")

    asyncio.run(run())


@pytest.mark.long
def test_a_team_without_anybody_is_not_believed() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAMS[0]) as simulator:
                simulator.fault("short_tail", route="team/members/list_v2", share=1.0)
                said, run = await sync_once(workshop, simulator, None)
                assert not said.complete
                assert not said.told
                assert run.status is not RunStatus.HELD

    asyncio.run(run())


class TestTheRegistry:
    def test_each_presumption_has_a_switch_and_a_test_that_flips_it(self) -> None:
        switches = {*values(), *Settings.__struct_fields__, *catalogue()}
        for each in (*reading(), *writing()):
            assert each.switch in switches, each
            file, _, function = each.test.partition("::")
            text = (ROOT / file).read_text(encoding="utf-8")
            assert re.search(rf"^def {function}\(", text, re.MULTILINE), each
            assert each.switch in text or "read_flips" in text or "catalogue" in text or "cases" in text, each
            told = (each.name, each.presumed, each.source, each.noticed, each.then)
            assert all(told), each

    def test_each_switch_belongs_to_a_presumption(self) -> None:
        used = {each.switch for each in (*reading(), *writing())}
        assert set(values()) <= used

    def test_each_has_a_name_of_its_own(self) -> None:
        names = [each.name for each in (*reading(), *writing())]
        assert len(names) == len(set(names))
