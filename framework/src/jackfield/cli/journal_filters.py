"""What somebody asks of the journal by names, as a filter of it.

Promises that a name which nothing in the journal, the configuration or the latest snapshot has is an error with the nearest
one, and never an empty list.
"""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from jackfield.changes.kinds.registry import limit_names
from jackfield.cli.app import App
from jackfield.cli.snapshots import latest_file
from jackfield.config.load import did_you_mean
from jackfield.errors import BadConfig, NotFound
from jackfield.snapshots.reader import read_snapshot
from jackfield.state import State
from jackfield.state.journal import EVERY, JournalFilter
from jackfield_contracts import OutcomeKind, ResourceId


def filter_of(
    app: App,
    state: State | None,
    *,
    connection: str | None,
    undecided: bool,
    since: datetime | None,
    until: datetime | None,
    principal: str | None,
    actor: str | None,
    outcome: str | None,
    kind: str | None,
) -> JournalFilter:
    """The filter; raises BadConfig for a word that is none of its choices, and NotFound for a name that is unknown."""
    if connection is not None and not (state and state.count_changes(JournalFilter(connection=connection))):
        app.settings.connection(connection)
    if outcome is not None:
        _demand(outcome, "--outcome", [each.value for each in OutcomeKind])
    if kind is not None:
        # CSV and JSON name an action that is told as a change of its own, and what limits count has a shorter name.
        kind = short if (short := kind.partition("_")[0]) in limit_names() else kind
        _demand(kind, "--kind", limit_names())
    if actor is not None and actor not in (known := state.actors() if state else []):
        raise NotFound(f"nobody called {actor!r} asked for a change in the journal", hint=did_you_mean(actor, known))
    wanted = JournalFilter(
        connection=connection,
        undecided=undecided,
        since=since,
        until=until,
        actor=actor,
        outcome=OutcomeKind(outcome) if outcome else None,
        kind=kind,
    )
    return wanted if principal is None else _about(app, state, wanted, principal)


def _demand(word: str, option: str, known: Collection[str]) -> None:
    if word not in known:
        hint = did_you_mean(word, known) or ""
        raise BadConfig(f"there is no {word!r}", path=option, hint=f"{hint} One of {', '.join(known)}.".lstrip())


def _about(app: App, state: State | None, wanted: JournalFilter, name: str) -> JournalFilter:
    """*wanted* with the accounts that *name* means: by the journal, and by the latest snapshots of the connections."""
    kind, _, id = name.partition(":")
    people = {ResourceId(type=kind, id=id) if kind and id else ResourceId(type="user", id=name)}
    connections = state.connections() if state else []
    found = [
        meant
        for each in ([wanted.connection] if wanted.connection else connections)
        if (meant := _in_snapshot(app, each, name)) is not None
    ]
    people.update(found)
    narrowed = replace(wanted, people=tuple(sorted(people, key=str)), logins=(name.casefold(),))
    ever = replace(EVERY, people=narrowed.people, logins=narrowed.logins)
    if not found and not (state and state.count_changes(ever)):
        raise NotFound(
            f"nobody is called {name!r}, in the journal or in the latest snapshot",
            hint="Write an id such as user:7, a login, an e-mail address or a name.",
        )
    return narrowed


def _in_snapshot(app: App, connection: str, name: str) -> ResourceId | None:
    """Whom the latest snapshot of *connection* knows by *name*; None where there is none, or no such snapshot."""
    file = latest_file(app, connection)
    if not isinstance(file, Path):
        return None
    with read_snapshot(file) as snapshot:
        try:
            return snapshot.find(name, users=True)
        except NotFound:
            return None
