"""What the commands that list rows of a snapshot share: how the rows are printed, and what is told beside them."""

from collections.abc import Callable, Iterable
from typing import Any

from jackfield.cli.app import App
from jackfield.cli.output import Columns, print_listing
from jackfield.cli.snapshots import CarriedCells, Looked, caveats, head
from jackfield.cli.view import View


def print_found(
    app: App,
    snapshot: Looked,
    output: str,
    rows: Iterable[Any],
    *,
    table: Columns,
    csv: Columns,
    document: Callable[[Any], object],
    key: str,
    about: dict[str, object] | None = None,
    csv_whole: bool = False,
    limit: int | None = None,
    view: View,
) -> None:
    """Print *rows* of *snapshot*, with *about* at the head of JSON, and beside tables and CSV the caveats on stderr.

    At most *limit* of them are printed, and how many there are is told. Columns that tell carried rows are added to *table*
    and *csv*; not to a *csv* that has them already (*csv_whole*).
    """
    carried_cells = CarriedCells(app, snapshot)
    if output != "json":
        caveats(app, snapshot)
    if not csv_whole:
        csv = longer(csv, carried_cells.csv, lambda row: carried_cells.for_csv(row.carried))
    print_listing(
        output,
        rows,
        table=longer(table, carried_cells.table, lambda row: carried_cells.for_table(row.carried)),
        csv=csv,
        document=document,
        head={**head(snapshot), **(about or {})},
        key=key,
        limit=limit,
        view=view,
    )


def longer(columns: Columns, names: tuple[str, ...], cells: Callable[[Any], tuple[Any, ...]]) -> Columns:
    """*columns*, and behind them others."""
    return Columns((*columns.names, *names), lambda row: (*columns.cells(row), *cells(row)), columns.ids)
