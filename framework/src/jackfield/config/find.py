"""Finding: which file is the configuration, what stands in it, and the environment laid over that."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from jackfield.config.load import Settings, convert, did_you_mean
from jackfield.config.overlay import (
    CONNECTION_NAME,
    SERVE_PREFIX,
    SERVICES_PREFIX,
    anchored,
    overlay,
    overlay_keys,
)
from jackfield.errors import BadConfig
from jackfield.files import MOST_BYTES, demand_trusted, read_foreign

_KEYS = ("connections", "policies", "max_file_bytes", "serve", "services")
_MOST_BYTES = 4_194_304
"""Of the configuration file itself."""
_LEAST_BYTES = 1024


def find_config(given: Path | None, environ: Mapping[str, str], here: Path, user_folder: Path) -> Path | None:
    """The configuration file to use, by precedence: *given*, $JACKFIELD_CONFIG, ./jackfield.toml, the user's folder.

    Raises BadConfig for one that was not named and that another user may write: it says where secrets are sent.
    """
    named = given or (Path(environ["JACKFIELD_CONFIG"]) if environ.get("JACKFIELD_CONFIG") else None)
    if named is not None:
        try:
            named = named.expanduser()
        except RuntimeError:
            raise BadConfig(f"the configuration file {named} is in a home folder that is not known") from None
        if not _exists(named):
            raise BadConfig(f"the configuration file {named} does not exist")
        return named
    found = next((file for file in config_places(here, user_folder) if _exists(file)), None)
    if found is not None:
        try:
            demand_trusted(
                found,
                what="the configuration file",
                hint="Take the right to write away from others there (`chmod go-w`), or name the file with --config if you"
                " trust what stands in it.",
            )
        except OSError as error:
            raise BadConfig(f"{found} can't be read: {error.strerror}") from None
    return found


def config_places(here: Path, user_folder: Path) -> tuple[Path, Path]:
    """Where a configuration file is looked for, the first one found being used, if none is named."""
    return here / "jackfield.toml", user_folder / "jackfield.toml"


def load_settings(
    file: Path | None, environ: Mapping[str, str], *, looked: tuple[Path, ...] = (), content: bytes | None = None
) -> Settings:
    """Read *file* and lay the environment's ``JACKFIELD_CONNECTIONS__NAME__KEY`` over it; raises BadConfig.

    *looked* tells where a file was looked for, for the error that a connection is unknown. *content* is what is to stand in
    *file*, and is read in place of what does.
    """
    raw: dict[str, Any] = {}
    if file is not None:
        try:
            if content is None:
                content = read_foreign(file, what="the configuration file", most=_MOST_BYTES)
            # As in a file that is opened for text, a line may end as on any system.
            raw = tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"))
        except tomllib.TOMLDecodeError as error:
            raise BadConfig(f"{file} is not valid TOML: {error}") from None
        except RecursionError:
            raise BadConfig(f"{file} is not valid TOML: it is nested too deep") from None
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            raise BadConfig(f"{file} is not UTF-8 text (at line {line})", hint="Save it as UTF-8.") from None
        except ValueError as error:
            # The parser does not put Python's own words about a number of too many digits into its error.
            raise BadConfig(f"{file} is not valid TOML: {error}") from None
        except OSError as error:
            raise BadConfig(f"{file} can't be read: {error.strerror}") from None
    _demand_text(raw, "")
    for key in raw:
        if key not in _KEYS:
            raise BadConfig(f"unknown key {key!r} in {file}", path=key, hint=did_you_mean(key, _KEYS))
    folder = file.absolute().parent if file else None
    connections = _tables(raw, "connections", folder)
    overlay(connections, environ)
    services = _tables(raw, "services", folder)
    overlay(services, environ, prefix=SERVICES_PREFIX)
    serve = raw.get("serve", {})
    if not isinstance(serve, dict):
        raise BadConfig("expected a table", path="serve")
    serve = cast("dict[str, Any]", anchored(cast("object", serve), folder))
    overlay_keys(serve, environ, prefix=SERVE_PREFIX)
    policies = convert(raw.get("policies", []), tuple[str, ...], "policies")
    most = convert(raw.get("max_file_bytes", MOST_BYTES), int, "max_file_bytes")
    if most < _LEAST_BYTES:
        raise BadConfig(f"expected a number of at least {_LEAST_BYTES:,}", path="max_file_bytes")
    return Settings(
        max_file_bytes=most,
        connections=connections,
        policies=policies,
        services=services,
        serve=serve,
        source=str(file) if file else "the environment",
        file=file,
        looked=() if file else tuple(map(str, looked)),
    )


def _tables(raw: dict[str, Any], what: str, folder: Path | None) -> dict[str, dict[str, Any]]:
    """The tables of the file under *what*, by name."""
    tables = raw.get(what, {})
    if not isinstance(tables, dict):
        raise BadConfig(f"expected a table of {what}", path=what)
    found: dict[str, dict[str, Any]] = {}
    for name, table in cast("dict[str, Any]", tables).items():
        if not CONNECTION_NAME.fullmatch(name):
            raise BadConfig(
                f"{name!r} can't name a {what[:-1]}: small letters, digits, - and _ only", path=f"{what}.{name}"
            )
        if not isinstance(table, dict):
            raise BadConfig("expected a table", path=f"{what}.{name}")
        found[name] = cast("dict[str, Any]", anchored(cast("object", table), folder))
    return found


def _demand_text(value: object, path: str) -> None:
    """Raise BadConfig where a text has a null character: no path, name, address or password can hold one."""
    if isinstance(value, str) and "\0" in value:
        raise BadConfig("a null character can't stand in a text", path=path)
    if isinstance(value, Mapping):
        for key, each in cast("Mapping[str, object]", value).items():
            _demand_text(key, path)
            _demand_text(each, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for number, each in enumerate(cast("list[object]", value)):
            _demand_text(each, f"{path}[{number}]")


def _exists(file: Path) -> bool:
    try:
        if file.is_dir():
            raise BadConfig(f"{file} is a folder, not a configuration file")
        return file.exists()
    except OSError as error:
        raise BadConfig(f"{file} can't be read: {error.strerror}") from None
