"""A sample of the sweep ``machine``."""

from collections import Counter
from pathlib import Path

import pytest

from tests.sweeps.machine import run


@pytest.mark.long
def test_random_changes_leave_the_truth_that_a_plain_model_expects(tmp_path: Path) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    changed: set[str] = set()
    # What a seed draws depends on the code that is loaded, so that a few more are taken where kinds are missing.
    for seed in range(5):
        seen += run(30, 25, seed=seed, folder=tmp_path / f"home{seed}")
        changed = {kind for kind, outcome in seen if outcome == "changed"}
        if len(changed) >= 10:
            break
    assert len(changed) >= 10, f"only {changed} were ever made"
