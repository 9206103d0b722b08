"""The keys of ``[serve]``, and what the environment says of it."""

from typing import Annotated

import msgspec
from msgspec import Meta

from jackfield.cli.app import App
from jackfield.config.load import read_table
from jackfield_service.schedule import Schedule, read_schedule


class ServeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How connections and services are run. Times in seconds."""

    schedule: Annotated[
        str,
        Meta(description="When a connection is synced that says nothing itself: `6h`, a cron expression, or `never`."),
    ] = "6h"
    jitter: Annotated[
        float,
        Meta(
            ge=0, le=0.5, description="The share of an interval by which syncs are spread, so that none begin together."
        ),
    ] = 0.1
    at_once: Annotated[int, Meta(ge=1, le=64, description="Most connections that this host syncs at once.")] = 4
    health_address: Annotated[str, Meta(description="The address at which health and metrics are answered.")] = (
        "127.0.0.1"
    )
    health_port: Annotated[
        int, Meta(ge=0, le=65535, description="Its port; 0 takes a free one, which the log tells.")
    ] = 8081
    log_format: Annotated[str, Meta(pattern="^(json|text|console)$", description="How the log is written.")] = "json"
    host_id: Annotated[
        str,
        Meta(
            pattern="^[A-Za-z0-9._-]{0,200}$",
            description="The name of this host among several; the machine's, if empty.",
        ),
    ] = ""
    grace: Annotated[
        float, Meta(gt=0, le=60, description="How long an end may take before what goes on is cut off.")
    ] = 8.0
    look: Annotated[
        float,
        Meta(
            ge=0.5, le=300, description="Seconds between two looks at whether every connection has a sync that waits."
        ),
    ] = 15.0
    stale_after: Annotated[
        float, Meta(ge=1, description="Intervals without a new snapshot after which a connection is not ready.")
    ] = 3.0


def serve_settings(app: App) -> ServeSettings:
    """The settings of ``[serve]``; raises BadConfig."""
    found = read_table(app.settings.serve, ServeSettings, app.environ, at="serve", of="serve")
    read_schedule(found.schedule, at="serve.schedule")
    return found


def schedule_of(app: App, connection: str, settings: ServeSettings) -> Schedule:
    """When *connection* is synced; raises BadConfig."""
    own = app.settings.connection(connection).host.schedule
    if own:
        return read_schedule(own, at=f"connections.{connection}.schedule")
    return read_schedule(settings.schedule, at="serve.schedule")
