"""No option that names a file to be written writes over the state, a snapshot, the configuration or a secret."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .imaginary import Line
from .test_cli_changes import write
from .writable import WritableLine


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    made = Line(tmp_path, monkeypatch, capsys)
    made.published()
    return made


def straight(file: Path) -> str:
    return str(file)


def relative(file: Path) -> str:
    return os.path.join("secrets", "..", os.path.relpath(file))


def link(file: Path) -> str:
    Path("link").symlink_to(file)
    return "link"


def second_name(file: Path) -> str:
    os.link(file, "second")
    return "second"


@pytest.mark.parametrize("way", [straight, relative, link, second_name])
@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_an_export_leaves_what_is_jackfields_own(line: Line, way: Callable[[Path], str], format_: str):
    snapshot = next((line.home / "snapshots" / "acme").glob("*.sqlite"))
    for file, why in (
        (line.home / "state.db", "Jackfield's own folder"),
        (snapshot, "Jackfield's own folder"),
        (line.config, "it is the configuration"),
        (line.token, "it is the secret of connections.acme.token"),
    ):
        before = file.read_bytes()
        ran = line.run("export", "acme", "--format", format_, "-o", way(file))
        assert (ran.code, why in ran.err, file.read_bytes() == before) == (2, True, True), ran.err
        for name in ("link", "second"):
            Path(name).unlink(missing_ok=True)


def test_nor_is_anything_put_beside_it(line: Line):
    Path("folder").symlink_to(line.home)
    for target in (line.home / "new", "folder/new", line.home / "snapshots" / "acme" / "new.sqlite"):
        assert line.run("export", "acme", "--format", "csv", "-o", str(target)).code == 2
    line.token.unlink()
    assert line.run("export", "acme", "--format", "csv", "-o", str(line.token)).code == 2
    assert not line.token.exists()


def test_other_files_are_written(line: Line):
    for target in ("out.csv", str(line.token.parent / "out.csv"), "-", "/dev/null"):
        assert line.run("export", "acme", "--format", "csv", "-o", target).code == 0


def test_a_plan_leaves_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    line = WritableLine(tmp_path, monkeypatch, capsys)
    asked = write(line, "action,send_mail,,,a@x", heading="kind,name,entitlement,principal,arg.to")
    for target in (line.home / "p", line.config):
        ran = line.run("plan", "acme", asked, "-o", str(target))
        assert (ran.code, "is not written: it is" in ran.err) == (2, True)
    assert not (line.home / "p").exists()


class TestAnExportThatWasChanged:
    EXPORT = ("export", "acme", "--format", "csv", "-o", "reviewed.csv")

    def test_is_not_written_over_without_force(self, line: Line):
        assert line.run(*self.EXPORT).code == 0
        assert line.run(*self.EXPORT).code == 0, "nobody has touched it"
        file = Path("reviewed.csv")
        marked = file.read_text().replace(",,\n", ",revoke,\n")
        assert marked != file.read_text()
        file.write_text(marked)
        ran = line.run(*self.EXPORT)
        assert (ran.code, "--force" in ran.err, file.read_text()) == (2, True, marked)
        for other in ("jsonl", "xlsx"):
            assert line.run(*self.EXPORT[:3], other, *self.EXPORT[4:]).code == 2
        assert (line.run(*self.EXPORT, "--force").code, "revoke" in file.read_text()) == (0, False)

    @pytest.mark.parametrize("beside", ["", "{", '{"sha256": 7}', "[]"])
    def test_what_says_nothing_of_it_keeps_nobody_from_writing(self, line: Line, beside: str):
        Path("reviewed.csv").write_text("mine")
        Path("reviewed.csv.meta.json").write_text(beside)
        assert line.run(*self.EXPORT).code == 0

    def test_the_file_beside_says_which_decisions_there_are(self, line: Line):
        import json

        from jackfield.changes.reviewed import KEEP, REVOKE

        assert line.run(*self.EXPORT).code == 0
        told = json.loads(Path("reviewed.csv.meta.json").read_text())["decisions"]
        assert told == {"revoke": list(REVOKE), "keep": list(KEEP)}
