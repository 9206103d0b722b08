"""Lines of a work list, its file in both forms, and what stands in it."""

import csv
import io
import json
from pathlib import Path

from jackfield_roster.worklist import Line


def line(number: int, id: str = "", **more: str) -> Line:
    cells = {"what": "group:g1/member", "what_name": "Design member", "who": f"user:{number}", **more}
    return Line(id=id or f"c{number}", asked="2026-11-24T08:00:00+00:00", do="grant", **cells)


def cells(file: Path) -> list[dict[str, str]]:
    text = file.read_text(encoding="utf-8-sig")
    if file.suffix == ".jsonl":
        return [json.loads(each) for each in text.splitlines()]
    return list(csv.DictReader(io.StringIO(text), delimiter=";" if ";" in text.split("\n")[0] else ","))


def told(file: Path) -> list[tuple[str, str, str]]:
    return [(each["state"], each["id"], each["who"]) for each in cells(file)]


def mark(file: Path, **more: str) -> None:
    """Let a person write into all lines."""
    rows = [each | more for each in cells(file)]
    if file.suffix == ".jsonl":
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return
    with file.open("w", newline="") as to:
        writer = csv.DictWriter(to, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
