"""The documentation: generated parts as the code is, built without a warning, and every command runs as it stands there."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from harness.documented import SETTINGS, matched, read_page

from jackfield.hookspecs import ConnectorSpec, PolicySpec

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
BIN = Path(sys.executable).parent
PAGES = sorted(
    str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if page.parent.name not in ("evidence", "decisions")
)
WITH_COMMANDS = [name for name in PAGES if read_page(DOCS / name).steps]
SHELLS = ("sh", "bash", "shell", "zsh", "cmd", "powershell")
NOT_RUN = {
    "administrators/serve.md": ["pip install 'jackfield[service]'"],
    "administrators/start.md": ["pip install jackfield jackfield-dropbox"],
    "administrators/uplink.md": [
        "pip install 'jackfield[service]' jackfield-c1",
        "jackfield serve --connector dropbox -- check dropbox",
        "jackfield serve --connector dropbox -- sync dropbox --accept RUN",
        "jackfield serve --connector dropbox -- changes recover dropbox",
    ],
    "authors/tutorial.md": ["python -m twine upload dist/*"],
}
"""The only commands that stand in another block than console, and so are not run: they need what a test has not."""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_generated_parts_are_up_to_date():
    files = [*DOCS.rglob("*.md"), *DOCS.rglob("*.svg")]
    generated = [str(file) for file in files if "[[[cog" in file.read_text(encoding="utf-8")]
    assert len(generated) >= 7
    assert str(DOCS / "diagrams" / "architecture.svg") in generated
    done = run(str(BIN / "cog"), "--check", "--diff", "-I", "docs", *generated)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_it_is_built_without_a_warning(tmp_path: Path):
    done = run(
        *(sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"),
        *("-d", str(tmp_path / "doctrees"), "docs", str(tmp_path / "html")),
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "html" / "authors" / "hooks.html").is_file()


def test_a_dead_link_and_a_dead_anchor_are_warnings(tmp_path: Path):
    (tmp_path / "conf.py").write_text(page("conf.py"))
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "jackfield.css").touch()
    (tmp_path / "index.md").write_text("# A\n\n[one](nowhere.md) [two](#nothing) [three](other.md#nothing)\n")
    (tmp_path / "other.md").write_text("---\norphan: true\n---\n# B\n")
    done = run(sys.executable, "-m", "sphinx", "--quiet", str(tmp_path), str(tmp_path / "html"))
    assert len(re.findall(r"WARNING: .*(?:nowhere|nothing)", done.stderr)) == 3, done.stderr


@pytest.mark.parametrize("spec", [ConnectorSpec, PolicySpec])
def test_every_hook_has_a_heading_with_its_exact_arguments(spec: type):
    headings = re.findall(r"^### `(\w+)\((.*)\)`$", page("authors/hooks.md"), re.MULTILINE)
    for name, hook in vars(spec).items():
        if callable(hook) and not name.startswith("_"):
            code = hook.__code__
            arguments = code.co_varnames[1 : code.co_argcount]
            assert (name, ", ".join(arguments)) in headings, f"{name}{arguments}"


def test_every_contract_is_shown():
    sys.path.insert(0, str(DOCS))
    try:
        from generated import contracts
    finally:
        sys.path.remove(str(DOCS))
    assert contracts.left_out() == []


@pytest.mark.parametrize("file", sorted(DOCS.glob("diagrams/*.svg")), ids=lambda file: file.name)
def test_every_diagram_says_what_it_shows(file: Path):
    drawing = ElementTree.parse(file).getroot()
    names = drawing.get("aria-labelledby", "").split()
    told = {each.get("id"): (each.text or "").strip() for each in drawing if each.tag.endswith(("}title", "}desc"))}
    assert drawing.get("role") == "img"
    assert len(names) == 2
    assert all(told.get(name) for name in names)


@pytest.mark.long
@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_every_command_runs_as_it_stands_there(name: str, tmp_path: Path):
    read = read_page(DOCS / name)
    with SETTINGS[read.setting](tmp_path) as reader:
        reader.follow(read, f"docs/{name}")


def test_the_tutorial_takes_no_more_lines_than_it_says():
    patches = [block for block in read_page(DOCS / "authors/tutorial.md").blocks if block.language == "diff"]
    written = [line for block in patches for line in block.lines if re.match(r"\+(?!\+\+ ).*\S", line)]
    assert "fewer\nthan sixty lines" in page("authors/tutorial.md")
    assert 50 < len(written) < 60


def test_no_command_stands_where_it_is_not_run():
    found: dict[str, list[str]] = {}
    for name in PAGES:
        for block in read_page(DOCS / name).blocks:
            lines = [line for line in block.lines if line.startswith(("$ ", "jackfield ", "pip ", "make "))]
            if block.file is None and (block.language in SHELLS or (block.language in ("", "text") and lines)):
                found.setdefault(name, []).extend(lines if block.language in ("", "text") else block.lines)
    assert found == NOT_RUN


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        (("a", "b"), "a\nb\n", True),
        (("a",), "a\nb\n", False),
        (("a … c",), "a b c\n", True),
        (("a … c",), "a b d\n", False),
        (("a", "…"), "a\n", True),
        (("a", "…", "z"), "a\nb\nc\nz\n", True),
        (("a", "…", "z"), "a\nb\nc\n", False),
        (("[x](.*)",), "[x](.*)\n", True),
    ],
)
def test_what_a_page_shows_is_compared(shown: tuple[str, ...], printed: str, same: bool):
    assert (matched(shown, printed) is not None) is same


def test_an_id_on_a_page_stands_for_the_one_printed():
    one, other, here = "20260101T000000Z-aa", "20260102T000000Z-bb", "20270101T000000Z-0c.1"
    assert matched((f"run {one} …", f"again {one}"), f"run {here} x\nagain {here}\n") == {one: here}
    assert matched((f"run {one}", f"again {one}"), f"run {here}\nagain {other}\n") is None
    assert matched((f"run {one}",), f"run {other}\n", {one: here}) is None
    assert matched((f"run {one}",), f"run {here}\n", {one: here}) == {one: here}
