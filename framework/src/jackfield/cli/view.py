"""How a table is shown: which columns, in which order of rows, with or without ids, heading and pager.

Promises that a column is known by its name in tables and in CSV alike, that one which is not there is an error with the nearest,
and that what programs read (JSON, and the order of CSV) stays as it is unless it is asked for otherwise.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click
import msgspec

from jackfield.cli.base import F

if TYPE_CHECKING:
    from jackfield.cli.output import Columns

_MOST_SORTED = 500_000
"""Rows that are sorted by a column; more would take the memory for all of them."""

_IDS = ("id", "entitlement", "principal", "run", "change")
_NAMES = ("login",)


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for; by default a table without ids, in the order of the command."""

    ids: bool = False
    columns: tuple[str, ...] | None = None
    sort: str | None = None
    heading: bool = True
    pager: bool = True


def view_options(function: F) -> F:
    """The options ``--ids``, ``--columns``, ``--sort``, ``--no-header`` and ``--no-pager``, given to the command as *view*."""

    def packed(*arguments: Any, **given: Any) -> Any:
        names = ("ids", "columns", "sort", "no_header", "no_pager")
        ids, columns, sort, no_header, no_pager = (given.pop(name) for name in names)
        _demand_meaning(given, columns=columns, sort=sort, no_header=no_header)
        view = View(ids=ids, columns=_split(columns), sort=sort, heading=not no_header, pager=not no_pager)
        return function(*arguments, view=view, **given)

    options = (
        click.option("--ids", is_flag=True, help="Show ids, too, behind what people know things by."),
        click.option("--columns", metavar="A,B,…", help="Only these columns, in this order."),
        click.option("--sort", metavar="COLUMN", help="Sort by this column; -COLUMN: the other way round."),
        click.option("--no-header", is_flag=True, help="Leave the line with the names of columns out."),
        click.option("--no-pager", is_flag=True, help="Print a long table straight to the terminal."),
    )
    decorated: Any = packed
    decorated.__doc__ = function.__doc__
    decorated.__click_params__ = getattr(function, "__click_params__", [])
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


def _demand_meaning(given: Mapping[str, Any], **asked: object) -> None:
    """Raise UsageError where an option is given that would do nothing beside the others."""
    if asked["no_header"] and given.get("output") == "json":
        raise click.UsageError("--no-header: JSON has no line with the names of columns.")
    if given.get("tree"):
        for name, value in {**asked, "limit": given.get("limit")}.items():
            if value not in (None, False):
                raise click.UsageError(f"--{name.replace('_', '-')}: a tree has no columns, and is shown whole.")


def _split(columns: str | None) -> tuple[str, ...] | None:
    if columns is None:
        return None
    return tuple(name for each in columns.split(",") if (name := plain(each)))


def plain(name: str) -> str:
    """The name of a column as it is compared: small letters, one separator, and *email* however it is written."""
    return name.strip().casefold().replace("e-mail", "email").replace(" ", "_").replace("-", "_")


def arranged(
    columns: "Columns", view: View, rows: Iterable[Any], *, all_shown: bool, others: "Columns | None" = None
) -> "tuple[Columns, Iterable[Any]]":
    """*columns* and *rows* as *view* has them; ids are hidden unless *all_shown*. Raises UsageError for no such column.

    Columns of *others* can be asked for as well, by the names that they have there.
    """
    from jackfield.cli.output import Columns

    names = [plain(name) for name in columns.names]
    own = shown = list(range(len(names)))
    headings, cells = tuple(columns.names), columns.cells
    if others is not None and (view.columns is not None or view.sort is not None):
        more = [at for at, name in enumerate(others.names) if plain(name) not in names]
        headings, cells = (*headings, *(others.names[at] for at in more)), _both(columns, others, more)
        names += [plain(others.names[at]) for at in more]
    if view.columns is not None:
        shown = [_place(name, names, headings, "--columns") for name in view.columns]
        if not shown:
            raise click.UsageError(f"--columns names none; there are {', '.join(headings)}.")
    elif not view.ids and not all_shown:
        shown = [at for at in own if headings[at] not in columns.ids]
    if view.sort is not None:
        descending = view.sort.startswith("-")
        at = _place(plain(view.sort.removeprefix("-")), names, headings, "--sort")
        hidden = columns.ids if others is None else columns.ids | others.ids
        rows = _sorted(rows, cells, at, descending=descending, exact=_is_id(headings[at], hidden))
    if shown == own:
        return columns, rows

    def some(row: Any) -> tuple[Any, ...]:
        every = cells(row)
        return tuple(every[at] for at in shown)

    return Columns(tuple(headings[at] for at in shown), some), rows


def _is_id(heading: str, hidden: frozenset[str]) -> bool:
    """Whether a column has identifiers, which differ by the case of a letter; what people are called by is none."""
    name = plain(heading)
    return name in _IDS or name.endswith("_id") or (heading in hidden and name not in _NAMES)


def _both(columns: "Columns", others: "Columns", more: list[int]) -> Callable[[Any], tuple[Any, ...]]:
    """The cells of *columns*, and behind them those of *others* at the places *more*."""

    def cells(row: Any) -> tuple[Any, ...]:
        rest = others.cells(row)
        return (*columns.cells(row), *(rest[at] for at in more))

    return cells


def _place(name: str, names: list[str], headings: tuple[str, ...], option: str) -> int:
    if name in names:
        return names.index(name)
    from jackfield.config.load import did_you_mean

    near = did_you_mean(name, headings)
    raise click.UsageError(f"{option}: there is no column {name!r}. {near or ''} There are {', '.join(headings)}.")


def _sorted(rows: Iterable[Any], cells: Callable[[Any], Any], at: int, *, descending: bool, exact: bool) -> list[Any]:
    """*rows* by the cell *at*: a text as names are sorted, or *exact* as it is; what is empty comes last."""
    from jackfield.snapshots.sorting import name_key

    key = str if exact else name_key
    found: list[tuple[Any, Any]] = []
    for row in rows:
        if len(found) >= _MOST_SORTED:
            raise click.UsageError(
                f"--sort takes at most {_MOST_SORTED:,} rows; narrow them down, or export them and sort there."
            )
        found.append((_key(cells(row)[at], key), row))
    known = [each for each in found if each[0] is not None]
    known.sort(key=lambda each: each[0], reverse=descending)
    return [row for _, row in known] + [row for key, row in found if key is None]


def _key(cell: object, key: Callable[[str], str]) -> tuple[int, Any] | None:
    """What a cell is sorted by; what is empty comes last."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, int | float):
        return 0, cell
    return 1, key(str(cell))
