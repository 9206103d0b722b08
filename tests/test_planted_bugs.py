"""Each planted bug fits the connector as it stands; whether the kit finds it takes a run of the kit."""

import re
import shutil
from pathlib import Path

import pytest

from jackfield_testkit.patches import Patch, applied, package_folder, patches_in

PLUGINS = Path(__file__).parents[1] / "plugins"
CHANGED = re.compile(r"^--- a/(\S+)", re.MULTILINE)
CORPORA = [
    pytest.param(patch, folder.parent.name, id=f"{folder.parent.name}-{folder.name}-{patch.file.stem}")
    for folder in sorted(PLUGINS.glob("*/mutants*"))
    for patch in patches_in(folder)
]


@pytest.mark.parametrize(("patch", "plugin"), CORPORA)
def test_a_planted_bug_can_be_planted_and_leaves_what_compiles(patch: Patch, plugin: str, tmp_path: Path):
    source = package_folder(f"jackfield_{plugin}").parent
    # Copying the whole package for each of them would take most of the time.
    files = CHANGED.findall(patch.file.read_text(encoding="utf-8"))
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / file, tmp_path / file)
    applied(patch, tmp_path)
    for file in files:
        assert (tmp_path / file).read_bytes() != (source / file).read_bytes()
        compile((tmp_path / file).read_bytes(), file, "exec")
