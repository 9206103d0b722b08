"""The page about rosters names everything that the connector tells of a row; its commands are run by tests/test_docs.py."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "administrators" / "roster.md"


def test_every_diagnostic_stands_in_the_table() -> None:
    source = "".join(
        file.read_text(encoding="utf-8") for file in (PAGE.parents[2] / "plugins/roster/src").rglob("*.py")
    )
    page = PAGE.read_text(encoding="utf-8")
    for why in re.findall(r'BrokenRowError\(\s*f?"([^"{]{9,})', source):
        assert why.strip(" :'").removeprefix("it names no {") in page, why
