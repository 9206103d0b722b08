"""``jackfield authorize``: an administrator's consent, from the address to the refresh token in its place."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument
from jackfield.cli.change_options import accept_tenant_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from jackfield.config import ConnectionSettings, ConnectorConfig, Secret
    from jackfield.hookspecs import ConnectorType
    from jackfield.host.discovery import Found
    from jackfield.http import OAuthClient
    from jackfield.http.consent import Consent
    from jackfield_contracts import CheckReport


@command("authorize")
@connection_argument
@click.option("--loopback", is_flag=True, help="Receive the answer on 127.0.0.1 instead of asking for a code.")
@click.option(
    "--redirect-port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Port of --loopback (default 53171; 0: any). Register http://127.0.0.1:PORT/callback with the application.",
)
@click.option("--no-browser", is_flag=True, help="Open no browser; the address is printed in any case.")
@click.option(
    "--timeout", type=click.FloatRange(min=1), default=600.0, help="Seconds to wait with --loopback (default 600)."
)
@click.option("--print-token", is_flag=True, help="Print the refresh token once on stdout instead of storing it.")
@accept_tenant_option
def authorize(
    app: App,
    connection: str,
    loopback: bool,
    redirect_port: int | None,
    no_browser: bool,
    timeout: float,
    print_token: bool,
    accept_tenant: str | None,
) -> None:
    """Ask an administrator for consent to CONNECTION, and keep the refresh token that it gives.

    Without --loopback, the application shows a code, which is pasted here. The token is written to where the configuration
    says file:PATH (mode 0600). Where there are snapshots, it has to be for the account that they are of, or for that of
    --accept-tenant: else nothing is stored or printed, and a token that was stored before stays.
    """
    from jackfield.cli.commands.check import known_account
    from jackfield.cli.foreign import foreign_output
    from jackfield.cli.output import note
    from jackfield.cli.text import clean
    from jackfield.errors import JackfieldError

    settings = app.settings.connection(connection)
    plugin = app.plugin(settings)
    describe, key = _consent_of(connection, plugin)
    place = None if print_token else _token_file(app, settings, key)
    config = app.connector_config(settings, plugin, without=key)
    client = _client(connection, plugin, describe, config)
    if loopback or redirect_port is not None:
        from jackfield.http.consent import LOOPBACK_PORT

        port = LOOPBACK_PORT if redirect_port is None else redirect_port
        token = app.run(_by_loopback(app, settings, client, port, timeout=timeout, browser=not no_browser))
    else:
        token = _by_code(app, settings, client)
    app.redactor.learn(token)
    known, whom = known_account(app, connection), None
    if known is not None or accept_tenant:
        # A token of another account would take the place of a good one.
        whom = _compared(app, settings, plugin, _with_token(config, key, token), known, accept_tenant or None)
    if place is None:
        click.echo(token.reveal())
    else:
        from jackfield.files import write_privately

        write_privately(place, token.reveal().encode() + b"\n")
        note(f"The refresh token is in {place}.")
    try:
        with foreign_output():
            whom = whom or _text(app.run(_checked(app, settings, plugin, _with_token(config, key, token))))
    except JackfieldError as error:
        where = "printed" if place is None else "stored"
        note(f"Consent was given and the token is {where}, but signing in with it failed:")
        raise error from None
    note(f"Authorized as {clean(whom)}.")


def _consent_of(connection: str, plugin: "Found[ConnectorType]") -> "tuple[Callable[[Any], OAuthClient], str]":
    """How the connector describes its consent, and the configuration key of the token; raises Unsupported."""
    from jackfield.errors import Unsupported

    if plugin.type.oauth is None or plugin.type.token_key is None:
        raise Unsupported(
            f"the connector {plugin.name!r} has no consent of this kind",
            connection=connection,
            hint=f"`jackfield connectors show {plugin.name}` lists how it signs in.",
        )
    return plugin.type.oauth, plugin.type.token_key


def _token_file(app: App, settings: "ConnectionSettings", key: str) -> Path:
    """Where the token is to go, found to be writable; raises BadConfig before anybody is asked for anything."""
    from jackfield.cli.targets import demand_target
    from jackfield.config.secrets import file_reference
    from jackfield.errors import BadConfig
    from jackfield.files import ensure_writable

    path = f"connections.{settings.name}.{key}"
    value = settings.own.get(key)
    place = file_reference(value) if isinstance(value, str) else None
    if place is None:
        raise BadConfig(
            "the refresh token can't be stored: the configuration names no file for it",
            path=path,
            hint=f'Set {key} = "file:PATH", or use --print-token and store the token yourself.',
        )
    place = place.absolute()
    try:
        demand_target(app, place, token=key)
        ensure_writable(place)
    except BadConfig as error:
        raise BadConfig(
            f"the refresh token can't be stored: {error.summary}",
            path=path,
            hint="Name another file, or use --print-token and store the token yourself.",
        ) from None
    return place


def _client(
    connection: str,
    plugin: "Found[ConnectorType]",
    describe: "Callable[[Any], OAuthClient]",
    config: "ConnectorConfig",
) -> "OAuthClient":
    from jackfield.cli.foreign import foreign_output
    from jackfield.config.load import place_config_error
    from jackfield.errors import BadConfig, JackfieldError, PluginBug

    try:
        with foreign_output():
            return describe(config)
    except JackfieldError as error:
        if isinstance(error, BadConfig):
            place_config_error(error, connection, plugin.type.config)
        raise error.locate(connection=connection) from None
    except Exception as error:
        raise PluginBug(
            f"the connector {plugin.name!r} failed in oauth: {type(error).__name__}",
            connection=connection,
            hint=f"Please report it to {plugin.type.docs or plugin.distribution}, version {plugin.version}.",
        ) from error


async def _by_loopback(
    app: App, settings: "ConnectionSettings", client: "OAuthClient", port: int, *, timeout: float, browser: bool
) -> "Secret":
    from jackfield.http.consent import begin_consent, receive

    async with receive(port) as receiver:
        consent = begin_consent(client, receiver.redirect_uri)
        app.redactor.learn(consent)
        _show_address(consent.address)
        click.echo(f"Waiting for the answer at {receiver.redirect_uri} …", err=True)
        if browser:
            _open_browser(consent.address)
        code = await receiver.code(consent, timeout=timeout)
    return await _exchanged(app, settings, consent, code)


def _by_code(app: App, settings: "ConnectionSettings", client: "OAuthClient") -> "Secret":
    from jackfield.cli.typed import typed_line
    from jackfield.errors import BadCredentials
    from jackfield.http.auth import checked_code
    from jackfield.http.consent import begin_consent

    consent = begin_consent(client)
    app.redactor.learn(consent)
    _show_address(consent.address)
    click.echo("Paste the code that it shows: ", nl=False, err=True)
    typed = typed_line()
    if not sys.stdin.isatty():
        click.echo(err=True)
    if not typed:
        raise BadCredentials("no code was given", connection=settings.name, hint="Run the command again.")
    try:
        code = checked_code(typed)
    except BadCredentials as error:
        raise error.locate(connection=settings.name) from None
    return app.run(_exchanged(app, settings, consent, code))


async def _exchanged(app: App, settings: "ConnectionSettings", consent: "Consent", code: "Secret") -> "Secret":
    """The refresh token that *code* is good for."""
    from jackfield.http import open_session
    from jackfield.http.consent import refresh_token_of

    app.redactor.learn(code)
    async with open_session(app.session_options(settings, app.plugin(settings)), app.clock, app.log) as http:
        return refresh_token_of(await consent.exchange(http, code))


def _show_address(address: str) -> None:
    click.echo("Open this address in a browser, as an administrator of the account, and agree:", err=True)
    click.echo(f"\n  {address}\n", err=True)


def _open_browser(address: str) -> None:
    """Open a browser where somebody sees it: with a terminal and a display."""
    import os

    seen = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.stderr.isatty() and seen:
        click.launch(address)


def _with_token(config: "ConnectorConfig", key: str, token: "Secret") -> "ConnectorConfig":
    import msgspec

    field = next(field.name for field in msgspec.structs.fields(config) if field.encode_name == key)
    return msgspec.structs.replace(config, **{field: token})


async def _checked(
    app: App, settings: "ConnectionSettings", plugin: "Found[ConnectorType]", config: "ConnectorConfig"
) -> "CheckReport":
    """Who authorised whose account, by the connector's own check."""
    from jackfield.cli.commands.check import checked

    return await checked(app, settings, plugin, config)


def _compared(
    app: App,
    settings: "ConnectionSettings",
    plugin: "Found[ConnectorType]",
    config: "ConnectorConfig",
    known: str | None,
    accepted: str | None,
) -> str:
    """Whose consent it is, for the account of the snapshots or the one accepted; raises before anything is stored."""
    from jackfield.cli.output import note
    from jackfield.errors import JackfieldError
    from jackfield.host.tenants import TenantMatch, demand_tenant

    try:
        report = app.run(_checked(app, settings, plugin, config))
        why = "signing in with the new token does not say which account it is"
        tenant_match = TenantMatch(now=report.tenant, known=known, accepted=accepted, why=why)
        demand_tenant(tenant_match, settings.name, writes=True)
    except JackfieldError:
        note("Consent was given, and the token is not stored or printed: whatever was stored before stays.")
        raise
    return _text(report)


def _text(report: "CheckReport") -> str:
    tenant = (report.tenant.name or report.tenant.id) if report.tenant else "an unknown account"
    return f"{report.authorized_by or 'an unknown administrator'} of {tenant}"


COMMANDS = {"authorize": authorize}
