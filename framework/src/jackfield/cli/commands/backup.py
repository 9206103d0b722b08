"""``jackfield backup`` and ``restore``: the home folder as one file, and back."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, output_option

if TYPE_CHECKING:
    from jackfield.backup.manifest import Manifest


@command("backup")
@click.option("-o", "--to", type=click.Path(path_type=Path), metavar="FILE", required=True, help="The file to write.")
@output_option("table", "json")
def backup(app: App, to: Path, output: str) -> int:
    """Write the state, the snapshots, the journal and the activity to one FILE, also while syncs run.

    FILE appears whole or not at all, readable by you only; it holds no configuration and no secret. Exit code 12: it was
    written without something that is damaged, which is named. `jackfield restore` takes it back.
    """
    from importlib.metadata import version

    from jackfield.backup import write_backup
    from jackfield.cli import exits
    from jackfield.cli.output import note, print_json
    from jackfield.cli.targets import demand_target

    _demand_a_file(app)
    to = to.absolute()
    demand_target(app, to)
    made = write_backup(app.home, to, clock=app.clock, host_version=version("jackfield"))
    left_out = made.manifest.left_out
    lost = [each for each in left_out if each.lost]
    if output == "json":
        print_json({"file": str(to), "bytes": made.size, **_facts(made.manifest), "left_out": left_out})
    else:
        click.echo(f"Backed up: {_words(made.manifest)}, {made.size:,} bytes in {to}")
    for each in left_out:
        note(f"{'Not backed up, and to be looked at' if each.lost else 'Not backed up'}: {each.path}: {each.reason}")
    return exits.FAILED if lost else exits.OK


@command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Move aside the home that is there, and keep it.")
@click.option("--check", is_flag=True, help="Read FILE to its end and compare it with its manifest; restore nothing.")
@output_option("table", "json")
def restore(app: App, file: Path, force: bool, check: bool, output: str) -> None:
    """Make the home folder what the backup FILE holds, whole or not at all.

    The home must be empty or not there; with --force another one is moved aside, in one step. Nothing may work in it. What
    was changed in the applications since the backup is not in its journal: sync afterwards.
    """
    from jackfield.backup import check_backup, restore_backup
    from jackfield.cli.output import print_json

    if check and force:
        raise click.UsageError("--check restores nothing, and so has nothing to --force.")
    if check:
        manifest = check_backup(file).manifest
        if output == "json":
            print_json({"file": str(file), "whole": True, **_facts(manifest), "left_out": manifest.left_out})
        else:
            click.echo(f"Whole: {_words(manifest)}")
        return
    _demand_a_file(app)
    restored = restore_backup(file, app.home, clock=app.clock, force=force)
    if output == "json":
        aside = str(restored.aside) if restored.aside else None
        print_json({"home": str(restored.home), "aside": aside, **_facts(restored.manifest)})
        return
    click.echo(f"Restored: {_words(restored.manifest)}, into {restored.home}")
    if restored.aside is not None:
        click.echo(f"The home before is kept in {restored.aside}")


def _demand_a_file(app: App) -> None:
    """Raise Unsupported where hosts share a database: what is in the home folder is then not the state."""
    from jackfield.errors import Unsupported

    if app.database is not None:
        raise Unsupported(
            "the state is in a database, which has means of its own for this",
            hint="Use `pg_dump` and `pg_restore`, and copy the folder of the snapshots after the database.",
        )


def _facts(manifest: "Manifest") -> dict[str, object]:
    snapshots = [each.snapshot for each in manifest.files if each.snapshot is not None]
    return {
        "created": manifest.created,
        "host_version": manifest.host_version,
        "format": manifest.format,
        "connections": len({connection for connection, _ in snapshots}),
        "snapshots": len(snapshots),
        "activity": sum(each.path.startswith("activity/") for each in manifest.files),
    }


def _words(manifest: "Manifest") -> str:
    from jackfield.cli.text import count, moment

    connections = {each.snapshot[0] for each in manifest.files if each.snapshot is not None}
    snapshots = sum(each.snapshot is not None for each in manifest.files)
    activity = sum(each.path.startswith("activity/") for each in manifest.files)
    words = f"{count(snapshots, 'snapshot')} of {count(len(connections), 'connection')}"
    read = f" and the activity of {count(activity, 'connection')}" if activity else ""
    return f"the state of {moment(manifest.created)} with {words}{read}"


COMMANDS = {"backup": backup, "restore": restore}
