"""Values as TOML: what ``init`` writes into a configuration."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import cast

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_value(value: object) -> str:
    """*value*, of texts, numbers, truth values, lists and tables, as TOML."""
    if isinstance(value, str):
        # A basic string of TOML escapes as JSON does; only DEL has to be escaped beside.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, object]", value).items()
        return "{ " + ", ".join(f"{_key(key)} = {toml_value(each)}" for key, each in pairs) + " }"
    return "[" + ", ".join(map(toml_value, cast("Sequence[object]", value))) + "]"


def section(name: str, values: Mapping[str, object]) -> str:
    """The table ``[connections.NAME]``."""
    lines = [f"{_key(key)} = {toml_value(value)}" for key, value in values.items()]
    return "\n".join([f"[connections.{name}]", *lines]) + "\n"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else toml_value(name)
