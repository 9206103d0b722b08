"""The image's own steps, carried out without a container engine; only what an index would give is linked from here.

``python -m tests.image`` carries them out as they stand, and asks the index.
"""

import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import distributions
from pathlib import Path

import pytest
from harness.clean import ROOT
from harness.imaging import DOCKERFILE, Image, instructions

BIN = Path(sys.executable).parent
BUILDS = ("uv", "hatchling", "pathspec", "packaging", "pluggy", "trove_classifiers", "editables")
IMAGE = [
    "contracts",
    "framework",
    "framework/service",
    "plugins/c1",
    "plugins/dropbox",
    "plugins/roster",
    "plugins/scim",
]


def pinned(name: str) -> dict[str, str]:
    """Versions by the names of packages, of a file of requirements."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", text, re.MULTILINE))


def link(image: Image, folder: str, packages: dict[str, str]) -> None:
    """An environment with these packages, as they are installed here."""
    place = image.at(folder)
    venv.create(place, with_pip=False, symlinks=True)
    variables = {"base": str(place), "platbase": str(place)}
    site = Path(sysconfig.get_path("purelib", vars=variables))
    for one in distributions():
        if re.sub(r"[-_.]+", "-", one.name).lower() not in packages:
            continue
        for file in one.files or ():
            top = Path(file.parts[0])
            if top.parts[0] == ".." or (site / top).exists() or (site / top).is_symlink():
                continue
            (site / top).symlink_to(Path(str(one.locate_file(top))))
    (place / "bin" / "uv").symlink_to(BIN / "uv") if "uv" in packages else None


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    made = Image(tmp_path_factory.mktemp("image") / "root")
    made.carry_out(
        {
            "-r requirements/build.txt": lambda image: link(image, "/build/tools", pinned("build")),
            "-r requirements/service.txt": lambda image: link(image, "/opt/jackfield", pinned("service")),
        }
    )
    return made


class TestTheImage:
    def test_what_runs_in_it_by_default_is_there(self, image: Image):
        assert (image.entrypoint, image.command) == (["jackfield", "serve"], ["--connector", "dropbox"])
        done = image.run(image.entrypoint[0], "--version")
        assert (done.returncode, done.stdout.startswith("jackfield ")) == (0, True), done.stderr
        done = image.run("jackfield", "connectors", "list", "--output", "json")
        assert (done.returncode, "dropbox" in done.stdout, "roster" in done.stdout) == (0, True, True)

    def test_it_holds_every_distribution_of_ours_and_nothing_for_tests(self, image: Image):
        done = image.run(
            "python", "-c", "from importlib.metadata import distributions as d; print(*sorted({o.name for o in d()}))"
        )
        assert done.returncode == 0, done.stderr
        names = set(done.stdout.split())
        assert {name for name in names if name.startswith("jackfield")} == {
            *("jackfield", "jackfield-contracts", "jackfield-service", "jackfield-c1"),
            *("jackfield-dropbox", "jackfield-roster", "jackfield-scim"),
        }
        assert not names & {"pytest", "hypothesis", "ruff", "pyright", "hatchling", "uv", "dropbox", "pip"}
        for module in ("jackfield_service", "jackfield_c1", "jackfield_dropbox", "dbos", "grpc", "prometheus_client"):
            done = image.run("python", "-c", f"import {module}")
            assert done.returncode == 0, done.stderr
        assert "/opt/jackfield" in image.run("python", "-c", "import jackfield; print(jackfield.__file__)").stdout

    def test_its_home_is_where_a_volume_comes(self, image: Image):
        done = image.run("jackfield", "backup", "-o", "b")
        assert (done.returncode, f"{image.root}/data/jackfield" in done.stderr) == (2, True)

    def test_the_builder_is_sent_no_test_and_no_secret(self, image: Image):
        sent = {each.relative_to(image.root / "build").as_posix() for each in (image.root / "build").rglob("*")}
        assert {"contracts/pyproject.toml", "plugins/dropbox/src", "requirements/service.txt"} <= sent
        assert not [
            each
            for each in sent
            if re.search(r"(^|/)(tests|testkit|simulator|mutants|changes)(/|$)", each)
            and "/src/" not in each
            and not each.startswith(("tools", "wheels"))
        ]
        assert not (image.root / "build" / "requirements" / "dev.txt").exists()

    def test_its_user_has_a_name_and_a_group_of_its_own(self, image: Image):
        assert image.user == "65532:65532"
        assert "jackfield:x:65532:\n" in (image.root / "etc" / "group").read_text()
        assert "jackfield:x:65532:65532::" in (image.root / "etc" / "passwd").read_text()
        assert (image.root / "data").stat().st_mode & 0o777 == 0o700


class TestTheDockerfile:
    def test_every_package_that_is_installed_has_its_hash(self):
        for each in instructions():
            if each.word == "RUN" and " install" in each.text and "install -d" not in each.text:
                assert "--require-hashes" in each.text or ("--no-index" in each.text and "--no-deps" in each.text)
        for name in ("build", "service"):
            text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
            blocks = re.split(r"\n(?=[a-z0-9])", text)
            assert [block.split("\n")[0] for block in blocks if "==" in block and "--hash=sha256:" not in block] == []

    def test_the_locks_agree(self):
        dev = pinned("dev")
        assert pinned("service").items() <= dev.items()
        assert {name: dev.get(name, version) for name, version in pinned("build").items()} == pinned("build")
        assert not pinned("service").keys() & {"pytest", "ruff", "hypothesis", "hatchling"}

    def test_it_installs_what_the_lock_was_made_for(self):
        (built,) = [each.text for each in instructions() if each.word == "RUN" and "uv build" in each.text]
        assert re.search(r"for each in (.*?);", built).group(1).split() == IMAGE  # type: ignore[union-attr]
        assert f"IMAGE := {' '.join(IMAGE)}\n" in (ROOT / "Makefile").read_text(encoding="utf-8")

    def test_it_ends_as_a_numeric_user_who_is_not_root(self):
        users = [each.text for each in instructions() if each.word == "USER"]
        assert users and re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])

    @pytest.mark.skipif(
        shutil.which("hadolint", path=str(BIN)) is None, reason="hadolint has no wheel for this machine"
    )
    def test_hadolint_has_nothing_to_say(self):
        done = subprocess.run([BIN / "hadolint", DOCKERFILE], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "")
