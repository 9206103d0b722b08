"""Formats are plugins: found when they are asked for, told where they are broken, and written whole or not at all."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .imaginary import Line
from .installing import install

JACKFIELD = str(Path(sys.executable).with_name("jackfield"))

COUNTER = '''
"""An exporter that counts who has what."""

import json

from jackfield.hookspecs import ExporterType, ExportOption

def write(export, to):
    rows = {}
    for line in export.access():
        if export.options["type"] in ("", line.resource.type):
            rows[str(line.principal)] = rows.get(str(line.principal), 0) + 1
    facts = export.snapshot
    made = {"run": facts.run, "complete": facts.complete, "sha": facts.file_sha256, "rows": rows}
    made["resources"] = [str(one.id) for one in export.resources()]
    made["grants"] = sum(1 for _ in export.grants())
    made["sql"] = export.db.execute("SELECT count(*) FROM grants").fetchone()[0]
    to.write(json.dumps(made).encode())
    beside = export.beside(".txt")
    if beside is not None:
        beside.write(b"beside")
    return len(rows)

counter = ExporterType(
    name="counter", display_name="how much each has", suffix=".json", write=write, rows="person",
    options=(ExportOption(name="type", description="only resources of this type"),),
)
'''


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    made = Line(tmp_path, monkeypatch, capsys)
    made.published()
    return made


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def plugin(line: Line, code: str) -> str:
    file = line.folder / "own.py"
    file.write_text(code)
    return str(file)


class TestOneOfOthers:
    def test_a_plugin_file_is_a_format(self, line: Line):
        ran = line.run("export", "acme", "--plugin", plugin(line, COUNTER), "--format", "counter", "-o", "out")
        assert ran.code == 0, ran.err
        assert "3 people written to out, and beside it out.txt" in ran.err or "3 persons written to out" in ran.err
        made = json.loads(Path("out").read_text())
        assert made["rows"] == {"user:u1": 1, "user:u2": 1, "user:u3": 1}
        assert (made["complete"], made["grants"], made["sql"]) == (True, 3, 3)
        assert "user:u20" in made["resources"]
        assert made["run"] == line.run("syncs", "acme", "--output", "json").json()["syncs"][0]["run"]
        assert Path("out.txt").read_text() == "beside"

    def test_it_takes_its_options_and_no_others(self, line: Line):
        given = ("export", "acme", "--plugin", plugin(line, COUNTER), "--format", "counter", "-o", "-", "--option")
        assert json.loads(line.run(*given, "type=app").out)["rows"] == {}
        ran = line.run(*given, "typ=app")
        assert (ran.code, "no option 'typ'" in ran.err, "type" in ran.err) == (2, True, True)
        assert line.run(*given, "type").code == 2

    def test_a_package_brings_one(self, line: Line, site: Path):
        points = {"jackfield.exporters.v1": {"counter": "own_counter:counter"}}
        install(site, "counting", points=points, modules={"own_counter": COUNTER})
        assert line.run("export", "acme", "--format", "counter", "-o", "out").code == 0
        assert json.loads(Path("out").read_text())["grants"] == 3
        listed = line.run("export", "--list", "--output", "json").json()["formats"]
        (own,) = (one for one in listed if one["format"] == "counter")
        assert (own["distribution"], own["options"]) == ("counting", {"type": "only resources of this type"})

    def test_no_other_is_imported(self, line: Line, site: Path):
        points = {"jackfield.exporters.v1": {"loud": "own_loud:exporter"}}
        install(site, "loud", points=points, modules={"own_loud": "raise RuntimeError('imported')"})
        assert line.run("export", "acme", "--format", "csv", "-o", "out").code == 0
        assert "own_loud" not in sys.modules
        ran = line.run("export", "acme", "--format", "loud", "-o", "out2")
        assert (ran.code, Path("out2").exists()) == (2, False)
        assert "fails to import: RuntimeError: imported" in ran.err
        assert "can't be used" in line.run("export", "--list").out

    def test_ours_can_not_be_taken_by_another(self, line: Line, site: Path):
        code = COUNTER.replace('name="counter"', 'name="csv"')
        points = {"jackfield.exporters.v1": {"csv": "own_csv:counter"}}
        install(site, "jackfield-csv", points=points, modules={"own_csv": code})
        assert line.run("export", "acme", "--format", "csv", "-o", "-").out.startswith("resource_type,")

    @pytest.mark.parametrize(
        ("code", "told"),
        [
            ("raise KeyError('x')", "fails to import"),
            ("counter = 3", "is a int, not a ExporterType"),
            (COUNTER.replace('name="counter"', 'name="other"'), "calls itself 'other'"),
            (COUNTER.replace("rows=", "api=(9, 0), rows="), "needs plugin interface 9.0"),
            (COUNTER.replace("write=write", "write=None"), "its write can't be called"),
        ],
    )
    def test_a_broken_one_says_what_is_wrong(self, line: Line, site: Path, code: str, told: str):
        name = f"own_broken{abs(hash(told))}"
        points = {"jackfield.exporters.v1": {"counter": f"{name}:counter"}}
        install(site, "counting", points=points, modules={name: code})
        ran = line.run("export", "acme", "--format", "counter", "-o", "out")
        assert (ran.code, Path("out").exists()) == (2, False)
        assert told in ran.err
        assert "counting 1.0" in ran.err

    def test_one_that_fails_half_way_leaves_nothing(self, line: Line):
        code = COUNTER.replace("    return len(rows)", "    raise ValueError('half')")
        ran = line.run("export", "acme", "--plugin", plugin(line, code), "--format", "counter", "-o", "out")
        assert ran.code == 70
        assert "the exporter 'counter'" in ran.err
        assert "ValueError: half" in ran.err
        assert not list(Path().glob("out*"))
        assert not list(Path().glob(".out*"))

    def test_what_it_needs_is_named(self, line: Line):
        code = COUNTER.replace("rows=", 'needs={"no_such_module": "made-up[extra]"}, rows=')
        ran = line.run("export", "acme", "--plugin", plugin(line, code), "--format", "counter", "-o", "out")
        assert (ran.code, Path("out").exists()) == (2, False)
        assert "needs the package made-up[extra]" in ran.err
        code = COUNTER.replace("rows=", "needs_file=True, rows=")
        for target in ("-", "/dev/null"):
            ran = line.run("export", "acme", "--plugin", plugin(line, code), "--format", "counter", "-o", target)
            assert ran.code == 2

    def test_a_file_beside_it_may_not_be_one_of_ours(self, line: Line):
        Path("jackfield.toml.x").write_text("kept")
        code = COUNTER.replace('".txt"', '".toml"')
        target = str(line.config).removesuffix(".toml")
        ran = line.run("export", "acme", "--plugin", plugin(line, code), "--format", "counter", "-o", target)
        assert (ran.code, "it is the configuration" in ran.err) == (2, True)


class TestTheCommand:
    def test_a_format_that_is_not_there_is_named_with_its_nearest(self, line: Line):
        ran = line.run("export", "acme", "--format", "cvs", "-o", "out")
        assert (ran.code, "csv" in ran.err, Path("out").exists()) == (2, True, False)

    @pytest.mark.parametrize("words", [("acme",), ("acme", "--format", "csv"), ("--format", "csv", "-o", "out")])
    def test_what_is_missing_is_said(self, line: Line, words: tuple[str, ...]):
        ran = line.run("export", *words)
        assert (ran.code, "missing" in ran.err) == (2, True)

    def test_the_formats_are_listed_without_a_configuration(self, line: Line):
        line.config.unlink()
        listed = line.run("export", "--list", "--output", "json").json()["formats"]
        assert {"csv", "jsonl"} <= {one["format"] for one in listed}

    @pytest.mark.parametrize("name", ["xlsx", "parquet"])
    def test_a_package_that_is_not_there_is_named(self, line: Line, monkeypatch: pytest.MonkeyPatch, name: str):
        monkeypatch.setattr("jackfield.exports.run.find_spec", lambda module: None)
        ran = line.run("export", "acme", "--format", name, "-o", "out")
        assert (ran.code, Path("out").exists()) == (2, False)
        assert f"pip install 'jackfield[{name}]'" in ran.err
        assert f"install jackfield[{name}]" in line.run("export", "--list").out
        assert line.run("export", "acme", "--format", "csv", "-o", "out").code == 0

    @pytest.mark.parametrize("name", ["csv", "jsonl", "xlsx", "parquet", "opengraph"])
    def test_each_format_goes_to_a_file_and_to_standard_output(self, line: Line, name: str):
        words = [JACKFIELD, "--home", str(line.home), "export", "acme", "--format", name, "-o"]
        assert line.run("export", "acme", "--format", name, "-o", "out").code == 0
        done = subprocess.run([*words, "-"], capture_output=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout[:4] == Path("out").read_bytes()[:4]
        assert len(done.stdout) > 500

    def test_no_library_of_a_format_is_imported_for_another(self, line: Line):
        code = (
            "import sys; from jackfield.cli.main import main; main(['export', 'acme', '--format', 'csv', '-o', 'out']);"
            " main(['export', '--list']); print({'pyarrow', 'xlsxwriter'} & {*sys.modules})"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.stdout.endswith("set()\n"), done

    def test_the_journal_is_exported_oldest_first(self, line: Line):
        ran = line.run("export", "acme", "--format", "ocsf", "-o", "-")
        assert (ran.code, ran.out) == (0, "")
        assert line.run("export", "acme", "--format", "ocsf", "-o", "-", "--run", "x").code == 2
        assert line.run("export", "nowhere", "--format", "ocsf", "-o", "-").code == 2
        assert line.run("export", "acme", "--format", "ocsf", "-o", "-", "--option", "since=soon").code == 2
