"""Whoever interrupts the command line, however early or late, sees no traceback."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

JACKFIELD = str(Path(sys.executable).with_name("jackfield"))
INTERRUPT = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"


def interrupted(folder: Path, module: str, text: str, *, ignored: bool = False) -> subprocess.CompletedProcess[str]:
    """The command line, of which a module that it imports interrupts the process."""
    (folder / f"{module}.py").write_text(text)
    environ = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    before = signal.signal(signal.SIGINT, signal.SIG_IGN if ignored else signal.default_int_handler)
    try:
        return subprocess.run(
            [JACKFIELD, "--version"], env=environ, cwd=folder, capture_output=True, text=True, timeout=60
        )
    finally:
        signal.signal(signal.SIGINT, before)


def test_while_it_is_imported(tmp_path: Path) -> None:
    ran = interrupted(tmp_path, "click", INTERRUPT)
    assert (ran.returncode, ran.stdout, ran.stderr) == (-signal.SIGINT, "", "")


def test_while_it_ends(tmp_path: Path) -> None:
    late = "import atexit, importlib, sys\natexit.register(lambda: exec(" + repr(INTERRUPT) + "))\n"
    late += f"sys.path.remove({str(tmp_path)!r})\ndel sys.modules['click']\nimportlib.import_module('click')\n"
    ran = interrupted(tmp_path, "click", late)
    assert (ran.returncode, ran.stdout.startswith("jackfield "), ran.stderr) == (-signal.SIGINT, True, "")


@pytest.mark.parametrize("module", ["click"])
def test_where_interrupts_are_ignored_they_stay_so(tmp_path: Path, module: str) -> None:
    text = INTERRUPT + "import sys\nprint('went on')\nsys.exit(0)\n"
    ran = interrupted(tmp_path, module, text, ignored=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "went on\n", "")
