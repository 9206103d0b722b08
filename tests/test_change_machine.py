"""A sample of the sweep ``machine``."""

from pathlib import Path

from tests.sweeps.machine import run


def test_random_changes_leave_the_truth_that_a_plain_model_expects(tmp_path: Path) -> None:
    seen = run(36, 25, folder=tmp_path / "home")
    changed = {kind for kind, outcome in seen if outcome == "changed"}
    assert len(changed) >= 10, f"only {changed} were ever made"
