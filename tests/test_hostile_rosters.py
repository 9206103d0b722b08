"""Exports that were made to do harm end in a sentence and an exit code of the table, in bounded memory and time."""

from pathlib import Path

import pytest
from harness.hostile_rosters import INPUTS, Input, run

MOST_MB = 200
MOST_SECONDS = 120
"""Far above what each needs: a bound that is missing costs gigabytes, hours, or the process."""


@pytest.mark.parametrize("input", INPUTS, ids=[each.name.replace("`", "") for each in INPUTS])
def test_a_hostile_export_is_told_in_a_sentence(input: Input, tmp_path: Path) -> None:
    found = run(input, tmp_path)
    assert input.told in found.message
    assert found.code == input.code
    assert found.peak_mb < MOST_MB
    assert found.seconds < MOST_SECONDS
    assert "TOP-SECRET" not in (tmp_path / "out").read_text(encoding="utf-8")
    assert list(tmp_path.glob("exports/*")) == [tmp_path / "exports" / input.file]
