"""What `make docs` writes into the page of outcomes, from the connector's table and the names of the tests that drive it."""

from jackfield_dropbox.outcomes import TABLE, Verdict

TESTS = "plugins/dropbox/tests/changes/test_table.py"


def outcomes() -> str:
    """A table for each route: tag, case, outcome, sentence and test."""
    lines: list[str] = []
    for route, cells in TABLE.items():
        lines += [f"## `{route}`", "", "| tag | decided by | outcome | sentence | test |", "|---|---|---|---|---|"]
        for tag, cell in sorted(cells.items()):
            verdicts: list[tuple[str | None, str, Verdict]] = [
                (None, "the tag, in all other cases" if cell.cases else "the tag", cell.plain)
            ]
            verdicts += [(case, f"one more read or what was asked: *{case}*", its) for case, its in cell.cases.items()]
            lines += [_row(route, tag, case, by, verdict) for case, by, verdict in verdicts]
        lines.append("")
    return "\n".join(lines).rstrip()


def count() -> str:
    """How many routes, tags and cells there are."""
    tags = [cell for cells in TABLE.values() for cell in cells.values()]
    return f"{len(TABLE)} routes, {len(tags)} tags, {len(tags) + sum(len(cell.cases) for cell in tags)} cells."


def _row(route: str, tag: str, case: str | None, by: str, verdict: Verdict) -> str:
    outcome = f"{verdict.outcome.value}, retryable" if verdict.retryable else verdict.outcome.value
    return f"| `{tag}` | {by} | {outcome} | {verdict.sentence} | `test_every_cell[{route}-{tag}-{case or 'plain'}]` |"
