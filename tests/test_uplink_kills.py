"""A sample of the sweep that kills the uplink at every step of every kind of task."""

import pytest

from tests.sweeps.uplink import CASES, Case, play

SAMPLE = (
    Case("revoke", "asked, and made unheard"),
    Case("create_account", "made, before the answer"),
    Case("disable", "before its end is told"),
    Case("sync_full", "uploading"),
)


@pytest.mark.long
@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: f"{case.kind}: {case.step}")
def test_one_effect_and_one_truth(case: Case) -> None:
    assert case in CASES
    came = play(case)
    assert came.wrong == "", came
    assert came.told == "success"
