"""``jackfield new``: write the package of a new connector."""

from pathlib import Path

import click

from jackfield.cli.app import App
from jackfield.cli.base import command


@command("new")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where it is written, a folder that is empty or not there yet (default ./jackfield-NAME).",
)
def new(app: App, name: str, into: Path | None) -> None:
    """Write a package with a connector for the application NAME, which works at once with the simulator in it.

    NAME is small letters, digits and hyphens. All files are written, or none.
    """
    import shlex

    from jackfield.cli.output import say
    from jackfield.scaffold import names_of, rendered, write_whole

    names = names_of(name)
    _demand_free(names.distribution)
    folder = into or Path(names.distribution)
    files = rendered(names)
    write_whole(folder, files)
    say(f"Wrote {names.distribution} into {folder}: {len(files)} files.")
    say()
    say("Try it, in an environment of its own:")
    for line in (
        f"cd {shlex.quote(str(folder))}",
        'python -m pip install -e ".[test]"',
        "pytest",
        f"python -m {names.module}.simulator &",
        "jackfield check demo",
        "jackfield sync demo",
    ):
        say(f"  {line}")
    say()
    say(f"Then make it yours, beginning with src/{names.module}/api.py; README.md gives the order.")


def _demand_free(distribution: str) -> None:
    """Raise BadConfig where a package of that name is installed: the new one would take its place."""
    from importlib.metadata import PackageNotFoundError, version

    from jackfield.errors import BadConfig

    try:
        there = version(distribution)
    except PackageNotFoundError:
        return
    raise BadConfig(
        f"{distribution} {there} is installed here, and the new package would take its place",
        path="NAME",
        hint="Use another name, or uninstall that one first.",
    )


COMMANDS = {"new": new}
