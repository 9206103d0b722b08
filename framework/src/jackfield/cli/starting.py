"""What a new connection needs: collected from options and answers, tried, and written.

Promises that nothing is written before all of it can be read back as a configuration, that a file which is there keeps what
stands in it, byte for byte, whoever else adds to it meanwhile, and that a secret is neither shown nor put into the
configuration itself.
"""

import os
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from jackfield.cli.app import App
from jackfield.cli.describe import keys_of
from jackfield.cli.toml_text import section
from jackfield.config.find import load_settings
from jackfield.config.load import HostSettings, connector_config, did_you_mean
from jackfield.config.overlay import CONNECTION_NAME
from jackfield.config.secrets import Secret, is_reference
from jackfield.config.structured import is_structured, read_structured
from jackfield.errors import BadConfig

if TYPE_CHECKING:
    from jackfield.hookspecs import ConnectorType


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was given by options."""

    connector: str | None
    name: str | None
    pairs: tuple[str, ...]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A connection that is to be written. ``secrets`` are files beside the configuration and what goes into each."""

    name: str
    file: Path
    values: dict[str, object]
    secrets: dict[str, Secret]
    token_key: str | None

    def shown(self) -> str:
        """Its section; a secret stands there as the file that it goes into."""
        return section(self.name, self.values).rstrip()


def collect(app: App, wanted: Wanted, *, asking: bool) -> Made:
    """The connection, with what is missing asked for if *asking*; raises BadConfig naming the options where it isn't."""
    file = _file(app)
    connector = wanted.connector or _ask_connector(app, asking)
    found = app.connector(connector, path="--connector")
    name = wanted.name or _need(
        "name", asking, lambda: click.prompt("Name of the connection", default=connector, err=True)
    )
    if not CONNECTION_NAME.fullmatch(name):
        raise BadConfig(f"{name!r} can't name a connection: small letters, digits, - and _ only", path="--name")
    if file.exists():
        _demand_new(name, file)
    keys = {key["name"]: key for key in keys_of(found.type.config) if "." not in key["name"]}
    values: dict[str, object] = {"connector": connector}
    secrets: dict[str, Secret] = {}
    given = _given(wanted.pairs, found.type, keys)
    for key, about in keys.items():
        if key in given:
            values[key] = given[key]
        elif key == found.type.token_key:
            # What consent gives goes where `authorize` is told to put it.
            values[key] = f"file:{name}-{key.replace('_', '-')}"
        elif about["secret"]:
            typed = _ask_secret(key, about, asking)
            if typed is not None and is_reference(typed):
                values[key] = typed
            elif typed is not None:
                place = f"{name}-{key.replace('_', '-')}"
                values[key], secrets[place] = f"file:{place}", Secret(typed)
        elif about["required"]:
            values[key] = _typed(_ask_key(key, about, asking), key, found.type.config)
    values |= {key: value for key, value in given.items() if key not in keys}
    return Made(name=name, file=file, values=values, secrets=secrets, token_key=found.type.token_key)


_PATIENCE = 10.0
"""Seconds to wait for another who writes beside the configuration."""


def write(app: App, made: Made) -> None:
    """Write the secrets and the configuration; raises BadConfig, with nothing written, where it could not be read back.

    A configuration that is a symbolic link stays one: what it leads to is written.
    """
    from jackfield.files import demand_unplanted, folder_lock, replacing, write_privately

    demand_unplanted(made.file)
    file = made.file.resolve()
    with folder_lock(file.parent, patience=_PATIENCE, what="the folder of the configuration"):
        before = file.read_bytes() if file.exists() else None
        if before is not None:
            _demand_new(made.name, made.file)
        content = _appended(before or b"", section(made.name, made.values))
        _try(app, made, content)
        folder = made.file.absolute().parent
        for place in made.secrets:
            if (folder / place).exists():
                raise BadConfig(f"the file {folder / place} is there already", path=place, hint="Give another --name.")
        written: list[Path] = []
        try:
            for place, secret in made.secrets.items():
                write_privately(folder / place, secret.reveal().encode() + b"\n")
                written.append(folder / place)
            with replacing(file) as whole:
                if before is not None:
                    os.fchmod(whole.fileno(), stat.S_IMODE(file.stat().st_mode))
                whole.write(content)
        except BaseException:
            for each in written:
                with suppress(OSError):  # what went wrong first is what is told
                    each.unlink()
            raise


def _demand_new(name: str, file: Path) -> None:
    if name in load_settings(file, {}).connections:
        raise BadConfig(f"the connection {name!r} is in {file} already", path="--name", hint="Give it another name.")


def _appended(before: bytes, text: str) -> bytes:
    """*before* with *text* behind it, a line between them, and lines that end as those before do."""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = b"" if not before or before.endswith(end * 2) else end if before.endswith(end) else end * 2
    return before + gap + text.encode().replace(b"\n", end)


def _try(app: App, made: Made, content: bytes) -> None:
    """Read *content* as the configuration, with a stand-in for what references lead to: it may be there later."""
    try:
        whole = load_settings(made.file, {}, content=content)
    except BadConfig as error:
        raise BadConfig(
            f"{made.file} can't be given another section [connections.{made.name}]: {error.summary}",
            path="connections",
            hint="Write each connection as a section of its own, [connections.NAME].",
        ) from None
    settings = whole.connection(made.name)
    own = {
        key: "stand-in" if isinstance(value, str) and is_reference(value) else value
        for key, value in settings.own.items()
    }
    plugin = app.connector(str(made.values["connector"]), path="--connector")
    tried = msgspec.structs.replace(settings, own=own)
    connector_config(tried, plugin.type.config, app.environ, without=made.token_key)


def _file(app: App) -> Path:
    """The configuration that is used, or the one that is to be made."""
    made = app.config_to_make
    return (app.settings.file or made) if made.exists() else made


def _need(option: str, asking: bool, ask: Callable[[], str]) -> str:
    if not asking:
        raise BadConfig(f"--{option} is missing, and there is no terminal to ask on", path=f"--{option}")
    return ask()


def _ask_connector(app: App, asking: bool) -> str:
    known = sorted(app.discovery.found)
    return _need(
        "connector",
        asking,
        lambda: click.prompt(
            "Which application", type=click.Choice(known), default=known[0] if known else None, err=True
        ),
    )


def _ask_key(key: str, about: Mapping[str, Any], asking: bool) -> str:
    if not asking:
        raise BadConfig(
            f"{key} is missing, and there is no terminal to ask on", path=key, hint=f"Say --set {key}=VALUE."
        )
    click.echo(f"\n{about['description'] or about['type']}", err=True)
    return click.prompt(key, err=True)


def _ask_secret(key: str, about: Mapping[str, Any], asking: bool) -> str | None:
    if not asking:
        if about["required"]:
            raise BadConfig(
                f"{key} is missing, and there is no terminal to ask on",
                path=key,
                hint=f"Say --set {key}=env:VARIABLE or --set {key}=file:PATH.",
            )
        return None
    click.echo(f"\n{about['description']} (env:NAME, file:PATH, or the secret itself; it is not shown)", err=True)
    while True:
        typed = click.prompt(key, hide_input=True, default="", show_default=False, err=True).strip()
        if typed or not about["required"]:
            return typed or None


def _given(pairs: tuple[str, ...], connector: "ConnectorType", keys: Mapping[str, Any]) -> dict[str, object]:
    found: dict[str, object] = {}
    own = {field.encode_name for field in msgspec.structs.fields(HostSettings)} - {"connector"}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise BadConfig(f"{pair!r} has no value", path="--set", hint=f"Say --set {key}=VALUE.")
        if not (key in keys or key in own):
            hint = did_you_mean(key, [*keys, *own]) or f"The keys: {', '.join(keys)}."
            raise BadConfig(f"{key!r} is no key of {connector.name}", path="--set", hint=hint)
        if key in keys and keys[key]["secret"] and not is_reference(text):
            raise BadConfig(
                "a secret on a command line can be seen by others",
                path=f"--set {key}",
                hint=f"Say --set {key}=env:VARIABLE or --set {key}=file:PATH.",
            )
        found[key] = _typed(text, key, connector.config if key in keys else HostSettings)
    return found


def _typed(text: str, key: str, struct: type[msgspec.Struct]) -> object:
    """*text* as the value that the key wants."""
    kind = next(field.type for field in msgspec.structs.fields(struct) if field.encode_name == key)
    if is_structured(kind):
        return read_structured(text, key)
    try:
        if isinstance(plain := msgspec.to_builtins(msgspec.convert(text, kind, strict=False)), bool | int | float):
            return plain
    except (msgspec.ValidationError, NotImplementedError, TypeError):
        return text  # whatever is wrong with it is told with its place, when it is tried
    return text
