"""``jackfield connectors``: what is installed, without configuration and without network."""

from typing import TYPE_CHECKING, Any

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, output_option

if TYPE_CHECKING:
    from jackfield.hookspecs import ConnectorType
    from jackfield.host.discovery import Found


@click.group("connectors")
def connectors() -> None:
    """The connectors that are installed, and what they can do."""


@command("list")
@output_option("table", "json", "csv")
def list_(app: App, output: str) -> None:
    """List the connectors that are installed, and why others can't be used."""
    from jackfield.cli.describe import deprecations, use_text
    from jackfield.cli.output import Columns, note, print_json, print_rows

    discovery = app.discovery
    usable = [
        {
            "name": found.name,
            "display_name": found.type.display_name,
            "distribution": found.distribution,
            "version": found.version,
            "api": _api(found),
            "deprecations": deprecations(found),
        }
        for found in discovery.found.values()
    ]
    failures = [
        {"name": one.name, "distribution": one.distribution, "version": one.version, "reason": one.reason}
        for one in discovery.failures
    ]
    if output == "json":
        print_json({"connectors": usable, "failures": failures})
        return
    if not usable and not failures:
        note("No connector is installed. Install one beside jackfield, such as a package named jackfield-NAME.")

    def cells(one: dict[str, Any]) -> tuple[Any, ...]:
        state = f"can't be used: {one['reason']}" if "reason" in one else "ready"
        state = "; ".join((state, *(use_text(each) for each in one.get("deprecations", ()))))
        return (one["name"], one.get("display_name"), one["version"], one["distribution"], one.get("api"), state)

    names = "name", "display_name", "version", "distribution", "api", "state"
    print_rows(output, [*usable, *failures], Columns(names, cells))


@command("show")
@click.argument("name")
@output_option("table", "json")
def show(app: App, name: str, output: str) -> None:
    """Show what the connector NAME reads and can do, the permissions that it needs, and how it is configured."""
    from jackfield.cli.describe import connector_document, tell_connector
    from jackfield.cli.output import print_json

    found = app.connector(name, path="connectors")
    made = connector_document(found)
    if output == "json":
        print_json(made)
    else:
        tell_connector(made)


@command("check")
@click.argument("name")
@click.option("--seeds", default="3", metavar="[FIRST:]NUMBER", help="Seeds of the random checks (default 3).")
@output_option("table", "json")
def check(app: App, name: str, seeds: str, output: str) -> int:
    """Try the connector NAME by the conformance suite that its package brings, and tell of each rule.

    Needs jackfield[testkit]. It talks to the suite's own backend and to none of your connections. Ends with 5 if a rule
    is broken.
    """
    import subprocess
    import sys
    from importlib.util import find_spec

    from jackfield.errors import BadConfig

    found = app.connector(name, path="connectors")
    if find_spec(_KIT) is None:
        raise BadConfig("the conformance suite is not installed", path="connectors", hint="Install jackfield[testkit].")
    if any(found.distribution == str(file.path) for file in app.plugin_files):
        raise BadConfig(
            f"the connector {name!r} comes out of a plugin file, and a suite only with a package",
            path=found.distribution,
            hint="Make a package of it (`jackfield new NAME`), or run pytest on a ConnectorSuite of your own.",
        )
    # The kit stands above the command line, and brings pytest; so it has a process of its own.
    command = [sys.executable, "-m", f"{_KIT}.report", name, "--seeds", seeds, "--output", output]
    with subprocess.Popen(command) as process:  # noqa: S603 - our own interpreter
        try:
            return process.wait()
        except BaseException:
            # Killed, it could not end the suite that it runs, nor take away its folder.
            process.terminate()
            raise


_KIT = "jackfield_testkit"
"""The distribution with the suite, which stands above this one and is not imported here."""


def _api(found: "Found[ConnectorType]") -> str:
    return ".".join(map(str, found.type.api))


connectors.add_command(list_)
connectors.add_command(show)
connectors.add_command(check)

COMMANDS = {"connectors": connectors}
