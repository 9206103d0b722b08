"""``jackfield serve``."""

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from jackfield.cli.app import App
from jackfield.cli.base import command

if TYPE_CHECKING:
    from jackfield.log import Logger


_LAST_LINES = 0.5
"""Seconds that the last lines of the log may take."""


@command(
    "serve",
    examples=(
        "jackfield serve",
        "jackfield serve --health-address 0.0.0.0 --health-port 8081",
        "jackfield serve --connector acme-crm",
        "jackfield serve --probe ready",
    ),
)
@click.option("--connector", metavar="NAME", help="Serve one connection of this connector, set up by variables alone.")
@click.argument("command", nargs=-1)
@click.option("--health-address", metavar="ADDRESS", help="Where health and metrics are answered (default 127.0.0.1).")
@click.option(
    "--health-port", type=click.IntRange(0, 65535), metavar="PORT", help="Its port (default 8081; 0: a free one)."
)
@click.option(
    "--probe",
    type=click.Choice(["live", "ready"]),
    help="Ask a host that serves here whether it lives or is ready; exit code 0 or 12, and nothing else is done.",
)
def serve(
    app: App,
    connector: str | None,
    command: tuple[str, ...],
    health_address: str | None,
    health_port: int | None,
    probe: str | None,
) -> int | None:
    """Sync every connection on its schedule, and run the services that are configured, until told to end.

    Health is answered at /live, /ready and /health, metrics at /metrics. SIGTERM ends it within ten seconds, and what goes
    on is carried on at the next start; SIGHUP reads the configuration anew.

    A COMMAND behind --connector is run instead, with the same variables laid out as a connection, such as
    `jackfield serve --connector NAME -- sync NAME --accept RUN`.
    """
    import logging

    from jackfield.cli.logging import LibraryHandler
    from jackfield_service.environment import connection_name
    from jackfield_service.loading import load
    from jackfield_service.logs import Apart
    from jackfield_service.settings import serve_settings

    environ = dict(app.environ)
    if health_address is not None:
        environ["JACKFIELD_SERVE__HEALTH_ADDRESS"] = health_address
    if health_port is not None:
        environ["JACKFIELD_SERVE__HEALTH_PORT"] = str(health_port)
    if connector is not None:
        environ = _with_others(app, connector, environ)

    def fresh() -> App:
        return app.anew(environ)

    if command:
        if connector is None:
            raise click.UsageError("A COMMAND needs --connector; without it, call it by itself.")
        os.execve(sys.executable, [sys.executable, sys.argv[0], *app.given, *command], environ)  # noqa: S606
    if probe is not None:
        return _probe(serve_settings(fresh()).health_address, serve_settings(fresh()).health_port, probe)
    first = fresh()
    log = Apart(_log(first, serve_settings(first).log_format))
    for handler in logging.getLogger().handlers:
        if isinstance(handler, LibraryHandler):
            handler.log = log

    def served_app() -> App:
        made = app.anew(environ)
        made.redactor = first.redactor
        made.log = log
        return made

    only = connection_name(app.connector(connector, path="--connector").type) if connector is not None else None
    loaded = load(served_app, only)

    import asyncio
    import gc

    from jackfield_service.memory import share_heaps
    from jackfield_service.serving import Serving

    share_heaps(environ)
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)

    async def serving() -> None:
        await Serving(loaded, lambda: load(served_app, only)).run()

    asyncio.run(serving())
    log.close(_LAST_LINES)
    with suppress(OSError):  # such as of a standard error that nobody reads
        app.close()
    # What still goes on in a thread is gone on with at the next start; to wait for it would take longer than is allowed.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _with_others(app: App, connector: str, environ: dict[str, str]) -> dict[str, str]:
    from jackfield.hookspecs import ServiceType
    from jackfield.host.discovery import discover_services, with_files
    from jackfield_service.environment import with_others

    plugin = app.connector(connector, path="--connector")
    services = with_files(discover_services(), app.plugin_files, ServiceType)
    return with_others(environ, plugin.type, [each.type for each in services.found.values()])


def _log(app: App, form: str) -> "Logger":
    from jackfield.cli.logging import LazyLog

    level = app.log_level if app.log_level != "warning" or "JACKFIELD_LOG_LEVEL" in app.environ else "info"
    return LazyLog(level, app.redactor, form="json" if form == "json" else "text")


def _probe(address: str, port: int, what: str) -> int:
    from urllib.error import HTTPError, URLError
    from urllib.request import ProxyHandler, build_opener

    from jackfield.cli import exits
    from jackfield.cli.output import note

    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 - asked, not listened at
    at = f"[{host}]" if ":" in host else host
    try:
        with build_opener(ProxyHandler({})).open(f"http://{at}:{port}/{what}", timeout=5.0) as answer:
            return exits.OK if answer.status == 200 else exits.FAILED
    except HTTPError as error:
        with error:
            note(error.read().decode(errors="replace").rstrip())
        return exits.FAILED
    except (URLError, OSError) as error:
        note(f"Not {what}: {error}")
        return exits.FAILED
