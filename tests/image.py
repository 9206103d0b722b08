"""``python -m tests.image``: every step of the Dockerfile as it stands, in a clean folder, with the index asked.

Ends with 1 where a step fails. Writes docs/evidence/image.md.
"""

import sys
import tempfile
from pathlib import Path

SUPPORT = str(Path(__file__).parent / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)

from harness.clean import ROOT  # noqa: E402
from harness.imaging import Image  # noqa: E402

EVIDENCE = ROOT / "docs" / "evidence" / "image.md"


def main() -> int:
    """Carry the steps out, try what they lead to, and write it down."""
    with tempfile.TemporaryDirectory() as name:
        image = Image(Path(name) / "root")
        try:
            steps = image.carry_out()
            tried = [image.run("jackfield", *words) for words in (("--version",), ("connectors", "list"), ("--help",))]
        except AssertionError as error:
            print(error, file=sys.stderr)
            return 1
        size = sum(
            file.stat().st_size for file in (image.root / "opt").rglob("*") if file.is_file() and not file.is_symlink()
        )
    failed = [each.args for each in tried if each.returncode]
    rows = [
        f"| `{each.instruction.word}` | `{_short(each.instruction.text)}` | {each.seconds:.1f} |"
        for each in steps
        if each.seconds >= 0.05 or each.instruction.word in ("RUN", "COPY")
    ]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    EVIDENCE.write_text(
        "# The image's steps\n\n"
        "Written by `python -m tests.image`: the steps of `deploy/Dockerfile`, carried out by no container engine but in a\n"
        f"clean folder, with Python {version} in the place of the base image's. The index is asked for each package by hash.\n"
        f"Afterwards `jackfield --version`, `connectors list` and `--help` of the image ended with 0; {size / 1e6:.0f} MB below\n"
        "`/opt/jackfield`. Not tried here: the base image, the layers, the user, a read-only root.\n\n"
        "| instruction | | seconds |\n|---|---|---|\n" + "\n".join(rows) + "\n",
        encoding="utf-8",
    )
    print(f"{len(steps)} steps, {sum(each.seconds for each in steps):.0f} s, {size / 1e6:.0f} MB; {len(failed)} failed")
    return 1 if failed else 0


def _short(text: str) -> str:
    words = " ".join(text.split()).replace("|", "\\|")
    return words if len(words) <= 90 else f"{words[:87]}…"


if __name__ == "__main__":
    sys.exit(main())
