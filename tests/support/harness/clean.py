"""A clean environment: the distributions as wheels, and what they need, without any source tree.

What they need is linked from this environment, so that no test asks an index of packages; ``make dist`` alone does.
"""

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]
_OWN = "jackfield"


def build_wheels(folder: Path, distributions: Sequence[str]) -> list[Path]:
    """Build a wheel of each of *distributions*, by their folders in the workspace."""
    for each in distributions:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        subprocess.run(command, cwd=ROOT / each, check=True, capture_output=True)
    return sorted(folder.glob("*.whl"))


def build_all(folder: Path, distributions: Sequence[str]) -> None:
    """Build the sdist of each of *distributions*, and of that, its wheel: what the sdist lacks, the wheel lacks too."""
    for each in distributions:
        _uv("build", "--offline", "--no-build-isolation", "--python", sys.executable, "--out-dir", str(folder), each)


def make_environment(folder: Path, installed: Sequence[Path]) -> Path:
    """A virtual environment with *installed*, wheels or source folders; gives the folder of its commands."""
    venv.create(folder, with_pip=False, symlinks=True)
    bin = folder / "bin"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    for each in Path(sysconfig.get_path("purelib")).iterdir():
        if _OWN not in each.name and each.suffix != ".pth" and each.name != "__pycache__":
            (site / each.name).symlink_to(each)
    install(bin, *installed)
    return bin


def install(bin: Path, *installed: Path) -> None:
    """Install wheels or source folders into the environment of *bin*, and nothing that they need."""
    alone = ("--offline", "--no-deps", "--no-build-isolation")
    _uv("pip", "install", *alone, "--python", str(bin / "python"), *map(str, installed))


def install_with_all(bin: Path, *installed: Path) -> None:
    """Install wheels into the environment of *bin*, and what they need from the index, as whoever uses them does."""
    _uv("pip", "install", "--python", str(bin / "python"), *map(str, installed))
    _uv("pip", "check", "--python", str(bin / "python"))


def _uv(*words: str) -> None:
    uv = str(Path(sys.executable).with_name("uv"))
    done = subprocess.run([uv, "--quiet", *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def environment_of(bin: Path, home: Path) -> dict[str, str]:
    """The variables of a process that runs in the environment of *bin*, with a *home* of its own."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("JACKFIELD_", "PYTEST_", "PYTHON"))
    }
    return {
        **kept,
        "PATH": f"{bin}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "JACKFIELD_HOME": str(home / "j"),
    }
