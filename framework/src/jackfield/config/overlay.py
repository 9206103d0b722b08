"""What stands over the configuration file: variables of the environment, and from where the file's own references count."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from jackfield.config.secrets import demand_text
from jackfield.errors import BadConfig

CONNECTION_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
ENV_PREFIX = "JACKFIELD_CONNECTIONS__"
SERVICES_PREFIX = "JACKFIELD_SERVICES__"
SERVE_PREFIX = "JACKFIELD_SERVE__"


def anchored(value: object, folder: Path | None) -> object:
    """*value* of the file, with relative ``file:`` references counted from *folder*, in which the file lies."""
    if folder is None:
        return value
    if isinstance(value, str):
        name = value.removeprefix("file:")
        if name == value or not name or name.startswith("~") or Path(name).is_absolute():
            return value
        return f"file:{folder / name}"
    if isinstance(value, dict):
        return {key: anchored(each, folder) for key, each in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [anchored(each, folder) for each in cast("list[object]", value)]
    return value


class Variable(str):
    """The value of a variable: text, whatever is meant. ``name`` is the variable's, ``replaces`` what the file has there."""

    __slots__ = ("name", "replaces")

    name: str
    replaces: object

    @classmethod
    def of(cls, value: str, name: str, replaces: object = None) -> "Variable":
        """The *value* of the variable called *name*."""
        made = cls(value)
        made.name, made.replaces = name, replaces
        return made


def _lay(table: dict[str, Any], key: str, value: str, variable: str) -> None:
    """Let *value* stand in *table*; raises BadConfig where another spelling of the *variable* did already."""
    before = table.get(key)
    if isinstance(before, Variable):
        raise BadConfig(
            f"the variables {before.name} and {variable} are spellings of one",
            path=variable,
            hint="Take one of them away: which of them would count is anybody's guess.",
        )
    table[key] = Variable.of(value, variable, before)


def overlay(tables: dict[str, dict[str, Any]], environ: Mapping[str, str], *, prefix: str = ENV_PREFIX) -> None:
    """Lay the variables ``PREFIX NAME __ KEY`` over *tables*, which are called by names such as those of connections.

    Names in variables can't hold a dash: ``ACME_EU`` means the connection acme-eu where the file has one.
    """
    spelt: dict[str, list[str]] = {}
    for name in tables:
        spelt.setdefault(name.replace("-", "_"), []).append(name)
    for variable, value in environ.items():
        if not variable.startswith(prefix):
            continue
        demand_text(value, variable)
        rest = variable.removeprefix(prefix).lower()
        # The longest known name, since a name and a key may hold __ too.
        name = max((each for each in spelt if rest.startswith(each + "__")), key=len, default=rest.partition("__")[0])
        key = rest.removeprefix(name + "__")
        if key == rest or not key or not CONNECTION_NAME.fullmatch(name):
            what = "a connection" if prefix == ENV_PREFIX else "a service"
            raise BadConfig(
                f"the variable does not name {what} and a key",
                path=variable,
                hint=f"Write {prefix}NAME__KEY, such as {prefix}ACME__CONNECTOR."
                if prefix == ENV_PREFIX
                else f"Write {prefix}NAME__KEY, such as {prefix}PLATFORM__SERVICE.",
            )
        named = spelt.get(name, [name])
        target = name if name in named else named[0]
        if target != name and len(named) > 1:
            raise BadConfig(f"the variable may mean {' or '.join(sorted(named))}", path=variable)
        _lay(tables.setdefault(target, {}), key, value, variable)


def overlay_keys(table: dict[str, Any], environ: Mapping[str, str], *, prefix: str) -> None:
    """Lay the variables ``PREFIX KEY`` over one *table*."""
    for variable, value in environ.items():
        if variable.startswith(prefix):
            demand_text(value, variable)
            _lay(table, variable.removeprefix(prefix).lower(), value, variable)
