"""A sample of the sweep ``churn``."""

import asyncio

import pytest

from tests.sweeps.churn import cases, sweep


@pytest.mark.parametrize("seed", [101, 102])
def test_change_during_the_listing(seed: int) -> None:
    seen = asyncio.run(sweep(cases(seed, 9)))
    wrong = [f"{one.case}: {one.wrong}" for one in seen if one.wrong]
    assert not wrong, "\n".join(wrong)
    assert sum(one.applied for one in seen) > 50
