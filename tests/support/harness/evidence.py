"""Tables of what a sweep saw: Markdown without dates, times or addresses, so that two runs can be compared."""

from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def write(name: str, title: str, *parts: str, sweep: str | None = None) -> Path:
    """Write ``docs/evidence/NAME.md`` out of paragraphs and tables; *sweep* is the one that does, if not NAME."""
    file = ROOT / "docs" / "evidence" / f"{name}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    made = f"Written by `python -m tests.sweeps {sweep or name}`."
    file.write_text("\n\n".join([f"# {title}", made, *(part.strip() for part in parts)]) + "\n", encoding="utf-8")
    return file
