"""Commands that plugins add: shown by what their distribution says, imported only to be run, and never in place of ours."""

import os
import subprocess
from pathlib import Path

import pytest
from harness.forking import JACKFIELD

MODULE = """
from pathlib import Path
import click
Path({mark!r}).touch()
@click.command("hail")
@click.argument("whom")
def hail(whom):
    "Hail somebody."
    click.echo(f"hail {{whom}}")
"""


def _install(folder: Path, *, name: str = "hail", target: str = "hailing:hail", module: str | None = None) -> Path:
    """A distribution with one command; gives the file that its module touches when it is imported."""
    mark = folder / "imported"
    (folder / "hailing.py").write_text(module if module is not None else MODULE.format(mark=str(mark)))
    info = folder / "hailing-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: hailing\nVersion: 1.2\nSummary: Hails whom you name.\n"
    )
    (info / "entry_points.txt").write_text(f"[other]\nx = y:z\n\n[jackfield.commands.v1]\n{name} = {target}\n")
    return mark


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run([JACKFIELD, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_it_is_in_the_help_and_not_imported_for_it(tmp_path: Path) -> None:
    mark = _install(tmp_path)
    shown = _run(tmp_path, "--help")
    assert "hail" in shown.stdout
    assert "Hails whom you name." in shown.stdout
    assert not mark.exists()
    assert _run(tmp_path, "hail", "Ann").stdout == "hail Ann\n"
    assert mark.exists()


def test_it_is_near_to_what_is_misspelt(tmp_path: Path) -> None:
    _install(tmp_path)
    told = _run(tmp_path, "hial", "Ann")
    assert told.returncode == 2
    assert "Did you mean 'hail'?" in told.stderr


def test_our_own_command_is_never_replaced(tmp_path: Path) -> None:
    mark = _install(tmp_path, name="sync")
    assert "Hails whom" not in _run(tmp_path, "--help").stdout
    assert "Read CONNECTION whole" in _run(tmp_path, "sync", "--help").stdout
    assert not mark.exists()


@pytest.mark.parametrize(
    ("module", "says"),
    [("raise OSError('no')", "it fails to import: OSError: no"), ("hail = 3", "it is a int, not a click command")],
)
def test_what_is_wrong_with_it_is_told_by_its_distribution(tmp_path: Path, module: str, says: str) -> None:
    _install(tmp_path, module=module)
    told = _run(tmp_path, "hail", "Ann")
    assert told.returncode == 2
    assert f"the command 'hail' of hailing 1.2 can't be used: {says}" in told.stderr
    assert "Traceback" not in told.stderr
    assert _run(tmp_path, "--help").returncode == 0


def test_a_damaged_distribution_spoils_no_help(tmp_path: Path) -> None:
    _install(tmp_path)
    (tmp_path / "hailing-1.2.dist-info" / "entry_points.txt").write_bytes(b"\xff[jackfield.commands.v1]\nhail = x")
    assert _run(tmp_path, "--help").returncode == 0
