"""What `make dist` holds every distribution to, tried on one: nothing is wrong with it, and each fault is named."""

import re
import tarfile
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from harness.clean import ROOT, build_all
from harness.distributions import all_distributions, relative_links, sdist_faults, stem_of, wheel_faults

ROSTER = "plugins/roster"
INFORMATION = "jackfield_roster-0.1.0.dist-info"
METADATA = f"{INFORMATION}/METADATA"

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build_all(folder, [ROSTER])
    return folder / stem_of(ROSTER)


def told(pattern: str, text: str) -> Callable[[Files], None]:
    """The metadata says *text* where *pattern* is."""

    def alter(files: Files) -> None:
        before = files[METADATA].decode()
        after = re.sub(pattern, text, before, count=1, flags=re.MULTILINE)
        assert after != before
        files[METADATA] = after.encode()

    return alter


def without(name: str) -> Callable[[Files], None]:
    return lambda files: files.__delitem__(name)


def having(name: str, text: str) -> Callable[[Files], None]:
    return lambda files: files.__setitem__(name, text.encode())


def test_nothing_is_wrong_with_what_is_built(built: Path):
    assert wheel_faults(Path(f"{built}-py3-none-any.whl"), ROSTER) == []
    assert sdist_faults(Path(f"{built}.tar.gz"), ROSTER) == []


@pytest.mark.parametrize(
    ("alter", "fault"),
    [
        (without("jackfield_roster/py.typed"), "lacks jackfield_roster/py.typed"),
        (
            without("jackfield_roster/plugin.py"),
            "has an entry point that leads nowhere: jackfield_roster.plugin:connector",
        ),
        (without(f"{INFORMATION}/licenses/LICENSE"), "has not the text of the licence that the repository has"),
        (having(f"{INFORMATION}/licenses/LICENSE", "MIT"), "has not the text of the licence that the repository has"),
        (without(f"{INFORMATION}/entry_points.txt"), "has the entry point jackfield.connectors.v1: roster = None, not"),
        (having("jackfield_roster/tests/test_a.py", ""), "has jackfield_roster/tests/test_a.py, which is a test or a"),
        (
            having("jackfield_roster/__pycache__/a.pyc", ""),
            "has jackfield_roster/__pycache__/a.pyc, which belongs to no",
        ),
        (told("^Version: .*$", "Version: one"), "has metadata that is not valid: "),
        (told("^Requires-Python: .*\n", ""), "says requires-python 'None', not '>=3.11'"),
        (
            told("^(Requires-Dist: jackfield-contracts).*$", r"\1>=0.1"),
            "needs jackfield-contracts>=0.1 without an upper",
        ),
        (told("^(Requires-Dist: jackfield-contracts).*$", r"\1>=9,<10"), "and jackfield-contracts is 0.1.0"),
        (told("^(Requires-Dist: openpyxl).*$", r"\1"), "needs openpyxl without a least version"),
        (
            told("^Classifier: Typing :: Typed$", "Classifier: Typing :: Guessed"),
            "has the unknown classifier Typing :: G",
        ),
        (told("^# jackfield-roster$", "jackfield-roster"), "has not its README.md as description"),
        (told("^Description-Content-Type: .*\n", ""), "does not say that its description is Markdown"),
    ],
)
def test_a_wheel_that_was_tampered_with_is_named(
    built: Path, tmp_path: Path, alter: Callable[[Files], None], fault: str
):
    with ZipFile(f"{built}-py3-none-any.whl") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    alter(files)
    altered = tmp_path / "altered.whl"
    with ZipFile(altered, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    assert any(fault in each for each in wheel_faults(altered, ROSTER)), wheel_faults(altered, ROSTER)


def test_a_link_that_an_index_can_not_follow_is_found():
    assert relative_links("[a](../README.md), [b](https://example.com), [c](#part)") == ["../README.md", "#part"]


@pytest.mark.parametrize("lost", ["LICENSE", "README.md", "src/jackfield_roster/py.typed", "PKG-INFO"])
def test_an_sdist_that_lacks_something_is_named(built: Path, tmp_path: Path, lost: str):
    altered = tmp_path / "altered.tar.gz"
    with tarfile.open(f"{built}.tar.gz") as archive, tarfile.open(altered, "w:gz") as other:
        for each in archive:
            if not each.name.endswith(f"/{lost}"):
                other.addfile(each, archive.extractfile(each))
    assert f"lacks {lost}" in sdist_faults(altered, ROSTER)


def test_every_distribution_is_known_and_has_what_it_needs():
    found = all_distributions()
    assert {"contracts", "framework", ROSTER} < set(found)
    assert len({stem_of(each) for each in found}) == len(found)
    licence = (ROOT / "LICENSE").read_bytes()
    for each in found:
        assert (ROOT / each / "LICENSE").read_bytes() == licence, each
