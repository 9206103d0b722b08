"""What stands over the configuration file: variables of the environment, and from where the file's own references count."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from jackfield.config.secrets import demand_text
from jackfield.errors import BadConfig

CONNECTION_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
ENV_PREFIX = "JACKFIELD_CONNECTIONS__"


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
    """The value of a variable: text, whatever is meant."""

    __slots__ = ()


def overlay(connections: dict[str, dict[str, Any]], environ: Mapping[str, str]) -> None:
    """Names in variables can't hold a dash: ``ACME_EU`` means the connection acme-eu where the file has one."""
    spelt: dict[str, list[str]] = {}
    for name in connections:
        spelt.setdefault(name.replace("-", "_"), []).append(name)
    for variable, value in environ.items():
        if not variable.startswith(ENV_PREFIX):
            continue
        demand_text(value, variable)
        rest = variable.removeprefix(ENV_PREFIX).lower()
        # The longest known name, since a name and a key may hold __ too.
        name = max((each for each in spelt if rest.startswith(each + "__")), key=len, default=rest.partition("__")[0])
        key = rest.removeprefix(name + "__")
        if key == rest or not key or not CONNECTION_NAME.fullmatch(name):
            raise BadConfig(
                "the variable does not name a connection and a key",
                path=variable,
                hint=f"Write {ENV_PREFIX}NAME__KEY, such as {ENV_PREFIX}ACME__CONNECTOR.",
            )
        named = spelt.get(name, [name])
        target = name if name in named else named[0]
        if target != name and len(named) > 1:
            raise BadConfig(f"the variable may mean {' or '.join(sorted(named))}", path=variable)
        connections.setdefault(target, {})[key] = Variable(value)
