"""Each planted bug fits the connector as it stands; whether the kit finds it takes a run of the kit."""

import re
import shutil
from pathlib import Path

import pytest

from jackfield_testkit.patches import Patch, applied, package_folder, patches_in

CORPUS = Path(__file__).parents[1] / "mutants"
SOURCE = package_folder("jackfield_roster").parent
CHANGED = re.compile(r"^--- a/(\S+)", re.MULTILINE)


@pytest.mark.parametrize("patch", patches_in(CORPUS), ids=lambda patch: patch.file.stem)
def test_a_planted_bug_can_be_planted_and_leaves_what_compiles(patch: Patch, tmp_path: Path):
    files = CHANGED.findall(patch.file.read_text(encoding="utf-8"))
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SOURCE / file, tmp_path / file)
    applied(patch, tmp_path)
    for file in files:
        assert (tmp_path / file).read_bytes() != (SOURCE / file).read_bytes()
        compile((tmp_path / file).read_bytes(), file, "exec")
