"""What a shell offers to complete: connections, connectors, runs, resources and people.

Promises that nothing is asked of an application, that no secret is offered, and that whatever goes wrong offers nothing and says
nothing. Names with white space are left out, which shells would break.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing

import click
from click.shell_completion import CompletionItem

from jackfield.cli.app import App

_MOST = 40
_WORDS = "COMP_WORDS"
"""The variable in which a shell gives what was typed."""

Complete = Callable[[App, click.Context], Iterable[tuple[str, str]]]
"""Values, each with what it is."""


def _connections(app: App, _: click.Context) -> Iterator[tuple[str, str]]:
    for name, table in sorted(app.settings.connections.items()):
        yield name, str(table.get("connector", ""))


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


def _resources(app: App, ctx: click.Context) -> Iterator[tuple[str, str]]:
    query = (
        "SELECT r.display_name, n.type || ':' || n.id FROM resource_row r JOIN node n ON n.key = r.key"
        " WHERE coalesce(r.data ->> '$.trait.trait', '') <> 'user'"
        " UNION SELECT n.type || ':' || n.id, r.display_name FROM resource_row r JOIN node n ON n.key = r.key"
        " WHERE coalesce(r.data ->> '$.trait.trait', '') <> 'user'"
    )
    yield from _asked(app, ctx, query)


def _asked(app: App, ctx: click.Context, query: str) -> Iterator[tuple[str, str]]:
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
        for value, help in COMPLETED[name](app, ctx):
            if (
                value
                and value.casefold().startswith(begin)
                and value.isprintable()
                and not set(value) & set(" \t\"'\\")
            ):
                found.setdefault(value, help or "")
                if len(found) >= _MOST:
                    break
    except Exception:  # noqa: BLE001 - a shell that waits for names has no use for an error
        return []
    return [CompletionItem(value, help=help if help.isprintable() else "") for value, help in found.items()]
