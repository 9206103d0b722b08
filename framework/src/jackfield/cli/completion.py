"""What a shell offers to complete: connections, connectors, runs, resources, people and formats.

Promises that nothing is asked of an application, that no secret is offered, and that whatever goes wrong offers nothing and says
nothing. Names with white space are left out, which shells would break.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any

import click
from click.shell_completion import CompletionItem

from jackfield.cli.app import App

_MOST = 40
_WORDS = "COMP_WORDS"
"""The variable in which a shell gives what was typed."""

Complete = Callable[[App, click.Context], Iterable[tuple[str, ...]]]
"""Values, each with what it is, and with what else somebody may type who means it."""


def _connections(app: App, _: click.Context) -> Iterator[tuple[str, str]]:
    from jackfield.cli.overview import imported_names

    for name, table in sorted(app.settings.connections.items()):
        yield name, str(table.get("connector", ""))
    for name in imported_names(app):
        yield name, "imported"


def _formats(app: App, ctx: click.Context) -> Iterator[tuple[str, str]]:
    reads = ctx.command.name == "import"
    for found in sorted((app.importers() if reads else app.exporters()).found.values(), key=lambda one: one.name):
        yield found.name, found.type.display_name


def _connectors(app: App, _: click.Context) -> Iterator[tuple[str, str]]:
    from jackfield.hookspecs import CONNECTORS_GROUP
    from jackfield.host.installed import installed_points

    points, _damaged = installed_points(CONNECTORS_GROUP)
    for point in points:
        yield point.name, ""


def _runs(app: App, ctx: click.Context) -> Iterator[tuple[str, str]]:
    yield from (("@latest", ""), ("@latest~1", ""))
    with app.state() as state:
        for run in state.history(_connection(app, ctx), _MOST):
            yield run.run, run.status.value


def _held(app: App, ctx: click.Context) -> Iterator[tuple[str, str]]:
    from jackfield.state import RunStatus

    with app.state() as state:
        for run in state.history(_connection(app, ctx)):
            if run.status is RunStatus.HELD:
                yield run.run, run.reason or ""


def _people(app: App, ctx: click.Context) -> Iterator[tuple[str, str]]:
    query = (
        "SELECT e.value ->> '$.address', r.display_name FROM resource_row r, json_each(r.data, '$.trait.emails') e"
        " UNION SELECT r.data ->> '$.trait.login', r.display_name FROM resource_row r"
        " WHERE r.data ->> '$.trait.login' IS NOT NULL"
    )
    yield from _asked(app, ctx, query)


def _resources(app: App, ctx: click.Context) -> Iterator[tuple[str, ...]]:
    query = (
        "SELECT n.type || ':' || n.id, r.display_name, count(*) OVER (PARTITION BY r.display_name)"
        " FROM resource_row r JOIN node n ON n.key = r.key"
        " WHERE coalesce(r.data ->> '$.trait.trait', '') <> 'user' ORDER BY 2, 1"
    )
    for id, name, alike in _asked(app, ctx, query):
        if alike == 1:
            yield name, id
            yield id, name
        else:
            yield id, name, name  # a name that several have would be refused


def _asked(app: App, ctx: click.Context, query: str) -> Iterator[tuple[Any, ...]]:
    """The rows of *query* on the latest snapshot."""
    from jackfield.snapshots.file import open_snapshot

    connection = _connection(app, ctx)
    with app.state() as state:
        latest = next(iter(state.published(connection, 1)), None)
    if latest is not None:
        with closing(open_snapshot(app.home.snapshot(connection, latest.run))) as db:
            yield from db.execute(query)


def _connection(app: App, ctx: click.Context) -> str:
    """The connection that was typed. Behind an option that waits for its value click tells of no argument."""
    if named := ctx.params.get("connection"):
        return str(named)
    return next((word for word in app.environ.get(_WORDS, "").split() if word in app.settings.connections), "")


COMPLETED: Mapping[str, Complete] = {
    "connection": _connections,
    "run": _runs,
    "old": _runs,
    "new": _runs,
    "accept": _held,
    "user": _people,
    "principal": _people,
    "account": _people,
    "resource": _resources,
    "connector": _connectors,
    "format_": _formats,
}
"""By the name of an argument or an option."""


def complete(name: str, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """What may stand in the place of *incomplete*, some tens at most; nothing where anything goes wrong."""
    app = ctx.find_object(App)
    if app is None:
        return []
    begin = incomplete.casefold()
    found: dict[str, str] = {}
    try:
        for value, help, *others in COMPLETED[name](app, ctx):
            if (
                value
                and any(each.casefold().startswith(begin) for each in (value, *others))
                and value.isprintable()
                and not set(value) & set(" \t\"'\\")
            ):
                found.setdefault(value, help or "")
                if len(found) >= _MOST:
                    break
    except Exception:  # noqa: BLE001 - a shell that waits for names has no use for an error
        return []
    return [CompletionItem(value, help=help if help.isprintable() else "") for value, help in found.items()]
