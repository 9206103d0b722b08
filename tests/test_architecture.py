"""The architecture holds: imports go one way, no connector is named by the host, links lead somewhere, all is typed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from harness.distributions import all_distributions

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_imports_go_one_way():
    done = run(str(BIN / "lint-imports"), "--no-cache")
    assert done.returncode == 0, done.stdout


def test_the_host_names_no_connector():
    named = [
        f"{file.relative_to(ROOT)}:{number}"
        for folder in ("framework/src", "framework/service/src", "framework/testkit/src", "contracts/src")
        for file in sorted((ROOT / folder).rglob("*.py"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"dropbox|roster|baton|conductor|\bc1", line, re.IGNORECASE)
    ]
    assert named == []


def test_links_inside_the_documents_lead_somewhere():
    readmes = [ROOT / each / "README.md" for each in (".", *all_distributions())]
    for document in [*readmes, ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)\)", document.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.relative_to(ROOT)} links to {target}"


@pytest.mark.parametrize(
    "document", ["CONTRIBUTING.md", "docs/reference/architecture.md", "docs/decisions/dependencies.md"]
)
def test_every_module_that_a_map_names_is_there(document: str):
    there = [
        f"/{path.relative_to(ROOT).as_posix()}" + "/" * path.is_dir()
        for each in (*all_distributions(), "deploy", "tests", "docs")
        for path in (ROOT / each, *(ROOT / each).rglob("*"))
    ]
    named = re.findall(r"`([\w./-]+(?:\.py|/))`", (ROOT / document).read_text(encoding="utf-8"))
    assert [name for name in named if not any(path.endswith(f"/{name}") for path in there)] == []


def test_every_distribution_is_typed():
    assert [each for each in all_distributions() if not [*ROOT.glob(f"{each}/src/*/py.typed")]] == []
