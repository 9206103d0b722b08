"""``make dist``: every distribution as sdist and wheel in ``dist/``, each checked, and all of them tried where nothing else is.

Ends with 1 and a sentence for each fault. Builds with what is installed; only the fresh environment asks the index.
"""

import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

SUPPORT = str(Path(__file__).parents[1] / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)

from harness.clean import ROOT, build_all, environment_of, install_with_all  # noqa: E402
from harness.distributions import all_distributions, sdist_faults, stem_of, wheel_faults  # noqa: E402

DIST = ROOT / "dist"
LOADED = """
from importlib.metadata import distributions
found = [each for one in distributions() if one.name.startswith("jackfield") for each in one.entry_points]
for each in found:
    each.load()
print(len(found), "entry points load")
"""


def main() -> int:
    """Build, check and try; files that were there before are replaced."""
    started = time.monotonic()
    distributions = all_distributions()
    for old in [*DIST.glob("jackfield*.whl"), *DIST.glob("jackfield*.tar.gz")]:
        old.unlink()
    build_all(DIST, distributions)
    faults: list[str] = []
    for each in distributions:
        wheel, sdist = DIST / f"{stem_of(each)}-py3-none-any.whl", DIST / f"{stem_of(each)}.tar.gz"
        faults += [f"{wheel.name} {fault}" for fault in wheel_faults(wheel, each)]
        faults += [f"{sdist.name} {fault}" for fault in sdist_faults(sdist, each)]
        for file in (wheel, sdist):
            print(f"{file.stat().st_size / 1024:6.0f} KB  dist/{file.name}")
    if not faults:
        faults = tried(sorted(DIST.glob("jackfield*.whl")))
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(faults)} faults in {2 * len(distributions)} files, {time.monotonic() - started:.0f} s")
    return 1 if faults else 0


def tried(wheels: list[Path]) -> list[str]:
    """What goes wrong with *wheels* in a fresh environment; what the commands answer is printed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "environment", with_pip=False, symlinks=True)
        bin = folder / "environment" / "bin"
        try:
            install_with_all(bin, *wheels)
        except AssertionError as error:
            return [f"the wheels can't be installed together: {error}"]
        faults: list[str] = []
        for command, shown in (
            (["jackfield", "--version"], [stem_of("framework").split("-")[1]]),
            (["jackfield", "connectors", "list"], ["dropbox ", "roster ", "scim "]),
            (["python", "-c", LOADED], ["entry points load"]),
        ):
            told = "…" if command[-1] is LOADED else command[-1]
            told = " ".join([*command[:-1], told])
            done = subprocess.run(
                [str(bin / command[0]), *command[1:]],
                cwd=folder,
                env=environment_of(bin, folder),
                capture_output=True,
                text=True,
                timeout=300,
            )
            print(f"$ {told}\n{done.stdout}", end="")
            missed = [each for each in shown if each not in done.stdout]
            if done.returncode or missed:
                faults.append(f"{told} ended with {done.returncode} and does not show {missed}: {done.stderr}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
