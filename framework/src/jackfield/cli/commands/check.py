"""``jackfield check``: sign in, and say whose account it is and what the credentials allow."""

from typing import TYPE_CHECKING, Any

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument, output_option

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stamina.instrumentation import RetryDetails

    from jackfield.config import ConnectionSettings, ConnectorConfig
    from jackfield.hookspecs import ConnectorType
    from jackfield.host.connection import Connection
    from jackfield.host.discovery import Found
    from jackfield_contracts import CapabilityStatus, CheckReport

PATIENCE = 15.0
"""Seconds for which a check tries again what may work later."""


@command("check")
@connection_argument
@output_option("table", "json", "csv")
def check(app: App, connection: str, output: str) -> None:
    """Sign in to CONNECTION, and say whose account it is and what the credentials allow. Changes nothing.

    Exit code 0: a sync can run; capabilities that only change something may still lack permissions. 3: sign-in needed.
    4: permissions that a sync needs are missing. 5: a sync can't run now for another reason. 2: it is another account than
    that of its snapshots.
    """
    from jackfield.changes.plan import demand_kinds
    from jackfield.cli.foreign import foreign_output
    from jackfield.cli.guards import guard_lines, guards_of
    from jackfield.cli.output import Columns, diagnostic_line, print_json, print_rows, say
    from jackfield.cli.text import clean, tenant_told

    settings = app.settings.connection(connection)
    plugin = app.plugin(settings)
    demand_kinds(settings.host.limits, f"connections.{connection}.limits")
    account = known_account(app, connection)
    with foreign_output():
        report = app.run(_checked(app, settings, plugin, account))
    if output == "json":
        guards = guards_of(settings.host)
        print_json(
            {"connection": connection, "connector": plugin.name, **report_document(report, account), "guards": guards}
        )
    else:
        if output == "table":
            tenant = report.tenant
            say(f"{connection}: signed in with the connector {plugin.name} {plugin.version}")
            say(f"  account        {clean(tenant_told(tenant.id, tenant.name)) if tenant else 'unknown'}")
            if tenant is None and account is not None:
                say(
                    f"  its snapshots and changes are of {clean(account)}: whether this is the same account is not known"
                )
            say(f"  authorized by  {clean(report.authorized_by or 'unknown')}")
            for line in guard_lines(settings.host):
                say(f"  {line}")
            for one in report.diagnostics:
                say(f"  {diagnostic_line(one)}")
        known = {one.name: one for one in plugin.type.capabilities}

        def cells(one: "CapabilityStatus") -> tuple[Any, ...]:
            state = {True: "available", False: "NOT AVAILABLE", None: "unknown"}[one.available]
            what = known[one.capability].description if one.capability in known else ""
            return (one.capability, state, ", ".join(one.missing), one.reason, what)

        names = "capability", "state", "missing_permissions", "reason", "description"
        print_rows(output, report.capabilities, Columns(names, cells))
    demand_account(report, account, connection)
    _demand_sync(connection, plugin.type, report)


def known_account(app: App, connection: str) -> str | None:
    """The account that the snapshots of the connection are of, None where that is not known."""
    if not app.has_state:
        return None
    from jackfield.host.tenants import known_tenant

    with app.state() as state:
        return known_tenant(state, connection)


def demand_account(report: "CheckReport", known: str | None, connection: str) -> None:
    """Raise OtherTenant where the account that was signed in to is not that of the snapshots."""
    from jackfield.host.tenants import other_tenant

    if report.tenant is not None and known not in (None, report.tenant.id):
        raise other_tenant(report.tenant, known or "", connection, command=f"jackfield sync {connection}")


async def _checked(
    app: App, settings: "ConnectionSettings", plugin: "Found[ConnectorType]", known: str | None
) -> "CheckReport":
    """The report of the connector's check, and beside it what is wrong with the entries of those that are protected."""
    import msgspec

    from jackfield.cli.guards import replaced_guards
    from jackfield_contracts import Diagnostic, Severity

    message: list[str] = []

    async def look(connection: "Connection", report: "CheckReport") -> None:
        moved = report.tenant is not None and known not in (None, report.tenant.id)
        message[:] = await _unclear(app, settings, connection, moved=moved)

    report = await checked(app, settings, plugin, app.connector_config(settings, plugin), beside=look)
    at = f"connections.{settings.name}"
    replaced = replaced_guards(app.settings.connections[settings.name])
    notes = [
        Diagnostic(code=code, severity=Severity.WARNING, summary=each, path=f"{at}.{key}")
        for code, key, each in (
            *(("protected", "protected", each) for each in message),
            *(("replaced", key, each) for key, each in replaced),
        )
    ]
    return msgspec.structs.replace(report, diagnostics=(*report.diagnostics, *notes))


async def _unclear(
    app: App, settings: "ConnectionSettings", connection: "Connection", *, moved: bool
) -> tuple[str, ...]:
    """The entries of ``protected`` that mean nobody, or several; one read of the application if there are any."""
    if not settings.host.protected:
        return ()
    from jackfield.changes.open import protected_of
    from jackfield.errors import MissingPermission, Refused
    from jackfield_contracts import AccessState

    with app.state() as state:
        guard = protected_of(connection, settings.host, state, app.home, moved=moved)
    found = AccessState()
    if connection.implements("read_state") and (guard.query.names or guard.query.principals):
        try:
            found = await connection.read_state(guard.query)
        except (MissingPermission, Refused) as error:
            return (f"it is not known whom the entries of `protected` mean: {error.summary}",)
    return guard.unclear(found.accounts)


async def checked(
    app: App,
    settings: "ConnectionSettings",
    plugin: "Found[ConnectorType]",
    config: "ConnectorConfig",
    *,
    beside: "Callable[[Connection, CheckReport], Awaitable[None]] | None" = None,
) -> "CheckReport":
    """The report of the connector's own check, and *beside* on the same connection; what may work later is tried again."""
    import stamina

    from jackfield.errors import RateLimited, Transient
    from jackfield.host.connection import open_connection

    def may_work_later(error: Exception) -> bool:
        if isinstance(error, RateLimited):
            return (error.after or 0.0) < PATIENCE
        return isinstance(error, Transient)

    def tell(details: "RetryDetails") -> None:
        app.log.info(
            "trying again", number=details.retry_num, wait=round(details.wait_for, 1), why=str(details.caused_by)
        )

    stamina.instrumentation.set_on_retry_hooks([tell])
    options = app.session_options(settings, plugin)
    async with open_connection(
        settings.name, plugin, config, options=options, clock=app.clock, log=app.log
    ) as connection:
        async for attempt in stamina.retry_context(on=may_work_later, attempts=5, timeout=PATIENCE, wait_initial=0.5):
            with attempt:
                report = await connection.check()
                if beside is not None:
                    await beside(connection, report)
                return report
    raise AssertionError("a check ends with a report or an error")


def report_document(report: "CheckReport", known: str | None) -> dict[str, Any]:
    """A report for programs; null is unknown."""
    tenant = report.tenant
    return {
        "tenant": {"id": tenant.id, "name": tenant.name} if tenant else None,
        "tenant_of_snapshots": known,
        "authorized_by": report.authorized_by,
        "capabilities": [
            {
                "capability": one.capability,
                "available": one.available,
                "missing": one.missing,
                "reason": one.reason,
            }
            for one in report.capabilities
        ],
        "diagnostics": report.diagnostics,
    }


def _demand_sync(connection: str, connector: "ConnectorType", report: "CheckReport") -> None:
    """Raise MissingPermission if what reads the application is not available."""
    from jackfield.errors import MissingPermission, Refused

    reading = {one.name for one in connector.capabilities if one.hook == "read_page"}
    lacking = [one for one in report.capabilities if one.capability in reading and one.available is False]
    if lacking and not any(one.missing for one in lacking):
        raise Refused(
            f"it can't sync now: {'; '.join(one.reason or one.capability for one in lacking)}", connection=connection
        )
    if lacking:
        missing = ", ".join(dict.fromkeys(name for one in lacking for name in one.missing)) or "unknown"
        raise MissingPermission(
            f"these credentials can't sync: the permissions {missing} are missing",
            permission=missing,
            connection=connection,
            hint="Grant them to the credentials of this connection."
            if connector.oauth is None
            else "Grant them to the app, then run `jackfield authorize` once more: a token keeps what it was given.",
        )


COMMANDS = {"check": check}
