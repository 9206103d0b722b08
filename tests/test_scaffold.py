"""A package made by ``jackfield new`` works at once: from wheels alone, as its own README tells."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.clean import ROOT, build_wheels, environment_of, install, make_environment


class Author:
    """A person with a clean environment, who made a package."""

    def __init__(self, folder: Path) -> None:
        wheels = build_wheels(folder / "wheels", ["contracts", "framework", "framework/testkit"])
        self.bin = make_environment(folder / "environment", wheels)
        self.environ = environment_of(self.bin, folder)
        self.folder = folder
        self.run("jackfield", "new", "acme", "--into", "package")
        self.folder = folder / "package"
        install(self.bin, self.folder)

    def run(self, *words: str) -> str:
        done = subprocess.run(words, cwd=self.folder, env=self.environ, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def commands(self) -> list[str]:
        """What the README of the package tells to type."""
        return re.findall(r"^\$ (.*)$", (self.folder / "README.md").read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def author(tmp_path_factory: pytest.TempPathFactory) -> Author:
    return Author(tmp_path_factory.mktemp("author"))


@pytest.fixture
def simulator(author: Author) -> Iterator[str]:
    """The address of the package's simulator, in a process of its own."""
    command = [author.bin / "python", "-m", "jackfield_acme.simulator", "0"]
    with subprocess.Popen(command, env=author.environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert found is not None
            yield found.group()
        finally:
            process.terminate()


def test_nothing_of_the_source_tree_is_in_the_environment(author: Author):
    code = "import jackfield, jackfield_contracts, jackfield_acme as a; print(jackfield.__file__, a.__file__)"
    told = author.run("python", "-c", code)
    assert str(ROOT) not in told
    listed = json.loads(author.run("jackfield", "connectors", "list", "--output", "json"))
    assert [one["name"] for one in listed["connectors"]] == ["acme"]
    assert listed["failures"] == []


@pytest.mark.long
def test_it_passes_its_own_tests(author: Author):
    told = author.run(
        "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--jackfield-seeds", "1"
    )
    assert " passed" in told and "failed" not in told
    assert "not checked by the Jackfield conformance kit" in told


def test_the_commands_of_its_readme_do_what_they_say(author: Author, simulator: str):
    author.environ["JACKFIELD_CONNECTIONS__DEMO__URL"] = simulator
    shown = {command: author.run(*command.split()) for command in author.commands() if command.startswith("jackfield ")}
    assert "signed in with the connector acme 0.1.0" in shown["jackfield check demo"]
    assert "complete" in shown["jackfield sync demo"]
    assert "Sales" in shown["jackfield grants demo"]
    assert shown["jackfield grant demo Sales/member person5@example.com"].startswith("changed: ")
    others = [command for command in author.commands() if not command.startswith("jackfield ")]
    assert others == ['python -m pip install -e ".[test]"', "pytest", "python -m jackfield_acme.simulator &"]


def test_a_port_that_is_taken_is_told(author: Author, simulator: str):
    port = simulator.rpartition(":")[2]
    command = [author.bin / "python", "-m", "jackfield_acme.simulator", port]
    done = subprocess.run(command, env=author.environ, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"can't listen on port {port}" in done.stderr and "Traceback" not in done.stderr


def test_its_types_are_as_strict_as_ours(author: Author, tmp_path: Path):
    from sys import executable

    pyright = Path(executable).with_name("pyright")
    command = [pyright, "-p", str(author.folder), "--pythonpath", str(author.bin / "python")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
