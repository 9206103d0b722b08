"""``jackfield new``: names that hold, files that are well formed whatever the name, and all of them or none."""

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.errors import BadConfig, BadStorage
from jackfield.hookspecs import NAME, SINCE
from jackfield.scaffold import names_of, rendered, write_whole, writing

BIN = Path(sys.executable).parent
NAMES = ("ab", "acme-crm", "none", "import", "zeta2", "x" + "-y2" * 13)
TEXTS = {"a.txt": "a\n", "src/deep/b.py": "b = 1\n", ".hidden/c": "c\n", "z.txt": "z\n"}


def jackfield(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([BIN / "jackfield", *words], cwd=folder, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    return done


def tree(folder: Path) -> dict[str, str]:
    return {str(each.relative_to(folder)): each.read_text() for each in sorted(folder.rglob("*")) if each.is_file()}


def test_the_name_of_an_installed_package_is_not_given_again(tmp_path: Path):
    ran = jackfield(tmp_path, "new", "dropbox")
    assert ran.returncode == 2
    assert "jackfield-dropbox 0.1.0 is installed here" in ran.stderr
    assert not list(tmp_path.iterdir())


def test_a_folder_with_a_space_can_be_pasted(tmp_path: Path):
    ran = jackfield(tmp_path, "new", "acme", "--into", "my folder")
    assert "cd 'my folder'" in ran.stdout, ran.stderr


class TestNames:
    def test_all_follow_from_the_one(self):
        names = names_of("acme-crm")
        assert (names.module, names.distribution, names.display) == (
            "jackfield_acme_crm",
            "jackfield-acme-crm",
            "Acme Crm",
        )

    @pytest.mark.parametrize(
        "name", ["", "a", "Acme", "1acme", "acme_crm", "acme-", "a--b", "../acme", "acmé", "a" * 41]
    )
    def test_one_that_a_connector_can_not_have_is_refused_with_the_rule(self, name: str):
        with pytest.raises(BadConfig, match="small letters, digits and single hyphens"):
            names_of(name)

    def test_one_of_jackfields_own_is_refused(self):
        with pytest.raises(BadConfig, match="one of Jackfield's own"):
            names_of("contracts")

    @given(st.from_regex(NAME, fullmatch=True))
    def test_one_that_is_taken_is_a_name_everywhere(self, name: str):
        try:
            names = names_of(name)
        except BadConfig:
            return
        assert NAME.fullmatch(names.name)
        assert names.module.isidentifier()


class TestFiles:
    @pytest.mark.parametrize("name", NAMES)
    def test_they_are_well_formed_whatever_the_name(self, name: str):
        files = rendered(names_of(name))
        project = tomllib.loads(files["pyproject.toml"])
        module = names_of(name).module
        assert project["project"]["entry-points"]["jackfield.connectors.v1"] == {name: f"{module}.plugin:connector"}
        assert project["project"]["entry-points"]["jackfield.testkit.v1"] == {
            name: f"{module}.conformance:TestConformance"
        }
        assert tomllib.loads(files["jackfield.toml"])["connections"]["demo"]["connector"] == name
        for path, text in files.items():
            assert "@@" not in text, path
            assert text == "" or text.endswith("\n"), path
            if path.endswith(".py"):
                ast.parse(text, path)
        assert f"src/{module}/py.typed" in files
        plugin = files[f"src/{module}/plugin.py"]
        needed = max(version for hook, version in SINCE.items() if f"async def {hook}(" in plugin)
        assert f"    api={needed},\n" in plugin
        assert "${{ matrix.python }}" in files[".github/workflows/tests.yml"]

    @pytest.mark.parametrize("name", NAMES)
    def test_they_are_as_the_linter_of_the_package_wants_them(self, tmp_path: Path, name: str):
        write_whole(tmp_path / "package", rendered(names_of(name)))
        for command in (["check", "."], ["format", "--check", "."]):
            done = subprocess.run(
                [BIN / "ruff", *command, "--no-cache"], cwd=tmp_path / "package", capture_output=True, text=True
            )
            assert done.returncode == 0, done.stdout

    def test_they_are_always_the_same(self):
        assert rendered(names_of("acme")) == rendered(names_of("acme"))


class TestWriting:
    def test_all_is_written_into_a_folder_that_is_made(self, tmp_path: Path):
        write_whole(tmp_path / "new", TEXTS)
        assert tree(tmp_path / "new") == dict(sorted(TEXTS.items()))
        assert [each.name for each in tmp_path.iterdir()] == ["new"]

    def test_an_empty_folder_is_used_and_stays_the_same_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.chdir(tmp_path)
        before = Path.cwd().stat().st_ino
        write_whole(Path(), TEXTS)
        assert Path.cwd().stat().st_ino == before
        assert tree(tmp_path) == dict(sorted(TEXTS.items()))

    def test_they_have_the_rights_that_new_files_have(self, tmp_path: Path):
        write_whole(tmp_path / "new", TEXTS)
        (tmp_path / "other").mkdir()
        assert (tmp_path / "new").stat().st_mode == (tmp_path / "other").stat().st_mode
        assert (tmp_path / "new" / "src").stat().st_mode == (tmp_path / "other").stat().st_mode

    def test_a_folder_that_is_not_empty_is_left_as_it_is(self, tmp_path: Path):
        (tmp_path / "mine.txt").write_text("mine")
        with pytest.raises(BadConfig, match="not empty, and nothing was written"):
            write_whole(tmp_path, TEXTS)
        assert tree(tmp_path) == {"mine.txt": "mine"}

    def test_what_is_no_folder_is_refused(self, tmp_path: Path):
        (tmp_path / "file").write_text("mine")
        (tmp_path / "link").symlink_to(tmp_path / "nowhere")
        for name, told in (("file", "a file of that name"), ("link", "leads nowhere"), ("no/such", "no folder")):
            with pytest.raises(BadConfig, match=told):
                write_whole(tmp_path / name, TEXTS)
        assert {each.name for each in tmp_path.iterdir()} == {"file", "link"}

    @pytest.mark.parametrize("made", [True, False])
    @pytest.mark.parametrize("last", range(4))
    def test_where_moving_fails_nothing_is_left(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: bool, last: int
    ):
        rename, moves = os.rename, [0]

        def failing(source: Path, target: Path) -> None:
            moves[0] += 1
            if moves[0] > last:
                raise OSError(28, "No space left on device")
            rename(source, target)

        folder = tmp_path / "new"
        if not made:
            folder.mkdir()
        monkeypatch.setattr(writing.os, "rename", failing)
        with pytest.raises(BadStorage, match="no room is left"):
            write_whole(folder, TEXTS)
        assert moves[0] == last + 1
        assert [each.name for each in tmp_path.iterdir()] == ([] if made else ["new"])
        assert made or not list(folder.iterdir())

    def test_where_a_file_can_not_be_written_nothing_is_left(self, tmp_path: Path):
        with pytest.raises(OSError):
            write_whole(tmp_path / "new", {**TEXTS, "a.txt/below": "a file can't be a folder"})
        assert list(tmp_path.iterdir()) == []


class TestCommand:
    def test_it_tells_what_to_do_next(self, tmp_path: Path):
        done = jackfield(tmp_path, "new", "acme")
        assert (done.returncode, done.stderr) == (0, "")
        for told in ("cd jackfield-acme", "pytest", "python -m jackfield_acme.simulator &", "jackfield sync demo"):
            assert told in done.stdout
        assert tree(tmp_path / "jackfield-acme") == rendered(names_of("acme"))

    def test_it_writes_into_the_folder_that_is_named(self, tmp_path: Path):
        done = jackfield(tmp_path, "new", "acme", "--into", "here")
        assert "cd here" in done.stdout
        assert tree(tmp_path / "here") == rendered(names_of("acme"))

    def test_a_second_time_it_is_refused(self, tmp_path: Path):
        jackfield(tmp_path, "new", "acme")
        (tmp_path / "jackfield-acme" / "README.md").write_text("mine")
        before = tree(tmp_path)
        done = jackfield(tmp_path, "new", "acme")
        assert (done.returncode, done.stdout) == (2, "")
        assert "the folder is not empty, and nothing was written" in done.stderr
        assert str(tmp_path / "jackfield-acme") in done.stderr
        assert tree(tmp_path) == before

    def test_a_wrong_name_is_refused_and_nothing_is_written(self, tmp_path: Path):
        done = jackfield(tmp_path, "new", "Acme CRM")
        assert (done.returncode, done.stdout) == (2, "")
        assert "such as acme or acme-crm" in done.stderr
        assert list(tmp_path.iterdir()) == []
