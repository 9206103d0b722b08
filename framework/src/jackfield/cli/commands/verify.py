"""``jackfield verify``: whether the snapshot files are what was recorded when they were written."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, output_option

if TYPE_CHECKING:
    from pathlib import Path

    from jackfield.cli.verifying import Verified
    from jackfield.state import State


@command("verify")
@click.argument("connection", required=False)
@output_option("table", "json", "csv")
def verify(app: App, connection: str | None, output: str) -> int:
    """Compare every snapshot file of CONNECTION, or of all connections, with the SHA-256 in its record.

    Exit code 0: each is what was recorded. 12: one was changed or is missing. 11: there is a file without a record, which
    nothing speaks for. Files that were deleted as beyond those to be kept (keep_snapshots) are not missed, and any other is.
    No application is asked.
    """
    from jackfield.cli import exits
    from jackfield.cli.output import Columns, note, print_listing
    from jackfield.cli.text import count, moment
    from jackfield.cli.verifying import Standing, verified

    found: list[Verified] = []
    if app.has_state or (app.home.folder / "snapshots").is_dir():
        with app.state() as state:
            for name in _names(app, state, connection):
                found += verified(app.home, state, name, _kept(app, name))
    elif connection is not None:
        app.settings.connection(connection)
    elif not app.home.folder.is_dir():
        note(f"There is no home folder {app.home.folder}: nothing was compared. --home names another.")

    def when(one: "Verified") -> str | None:
        return moment(one.taken) if one.taken else None

    bad = [one for one in found if one.standing in (Standing.CHANGED, Standing.MISSING)]
    strange = [one for one in found if one.standing is Standing.UNRECORDED]
    print_listing(
        output,
        found,
        table=Columns(
            ("connection", "run", "standing", "status", "taken", "file"),
            lambda one: (one.connection, one.run, one.standing.value, one.status, when(one), one.file),
        ),
        csv=Columns(
            ("connection", "run", "standing", "status", "taken", "file", "sha256", "recorded"),
            lambda one: (
                *(one.connection, one.run, one.standing.value, one.status, one.taken, one.file),
                *(one.sha256, one.recorded),
            ),
        ),
        document=lambda one: one,
        head={
            "intact": len(found) - len(bad) - len(strange),
            "changed_or_missing": len(bad),
            "unrecorded": len(strange),
        },
        key="snapshots",
    )
    if bad:
        note(
            f"{count(len(bad), 'snapshot is', 'snapshots are')} not what was recorded, and not to be used."
            " `jackfield sync` makes a new one; a backup may have the old one."
        )
    if strange:
        note(
            f"{count(len(strange), 'file has', 'files have')} no record. A sync that was killed leaves one, and the next"
            " sync records it; if there was none, look at who put it there."
        )
    return exits.FAILED if bad else exits.UNVERIFIED if strange else exits.OK


def _kept(app: App, connection: str) -> int:
    """How many snapshots of *connection* are kept: the usual number where the configuration is gone or does not tell."""
    from jackfield.config import HostSettings
    from jackfield.errors import BadConfig

    try:
        return app.settings.connection(connection).host.keep_snapshots
    except BadConfig:
        return HostSettings(connector="").keep_snapshots


def _names(app: App, state: "State", connection: str | None) -> Iterator[str]:
    """The connections to look at: the one named, or all that have a record or a folder."""
    known = state.connections()
    if connection is not None:
        if connection not in known:
            app.settings.connection(connection)
        yield connection
        return
    folder: Path = app.home.folder / "snapshots"
    there = {each.name for each in folder.iterdir() if each.is_dir()} if folder.is_dir() else set[str]()
    yield from sorted(there.union(known))


COMMANDS = {"verify": verify}
