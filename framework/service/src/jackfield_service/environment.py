"""A host that is set up by variables alone, in the names that others have given them.

Promises that a variable of our own goes before one of theirs, and that what belongs to nobody here is passed over.
"""

from collections.abc import Iterable, Mapping

import msgspec

from jackfield.config import RESERVED
from jackfield.hookspecs import ConnectorType, ServiceType

_LEVELS = {"warn": "warning", "fatal": "error", "panic": "error", "dpanic": "error"}


def connection_name(connector: ConnectorType) -> str:
    """What the connection is called that the variables describe."""
    return connector.name.replace("-", "_")


def with_others(
    environ: Mapping[str, str], connector: ConnectorType, services: Iterable[ServiceType]
) -> dict[str, str]:
    """*environ* with one connection of *connector*, and those of *services* that are set up, in variables of our own."""
    name = connection_name(connector)
    connection = f"JACKFIELD_CONNECTIONS__{name.upper()}__"
    keys = {field.encode_name for field in msgspec.structs.fields(connector.config)} | RESERVED
    made: dict[str, str] = {f"{connection}CONNECTOR": connector.name}
    for service in services:
        own = f"JACKFIELD_SERVICES__{service.name.replace('-', '_').upper()}__"
        found: dict[str, str] = {}
        for variable, target in service.environ.items():
            for given, key in _matching(environ, variable, target, service.environ):
                if not (value := environ[given].strip()):
                    continue
                where, _, what = key.partition(".")
                if where == "connection" and what in keys:
                    made.setdefault(f"{connection}{what.upper()}", value)
                elif where == "serve":
                    made.setdefault(f"JACKFIELD_SERVE__{what.upper()}", value)
                elif where == "service":
                    found[f"{own}{what.upper()}"] = value
                elif key == "log_level":
                    made.setdefault("JACKFIELD_LOG_LEVEL", _LEVELS.get(value.lower(), value.lower()))
        if service.enabled_by and f"{own}{service.enabled_by.upper()}" in found:
            made |= found | {f"{own}SERVICE": service.name}
            if service.asks_for_syncs:
                made.setdefault(f"{connection}SCHEDULE", "never")
            if "connection" in {field.encode_name for field in msgspec.structs.fields(service.config)}:
                made.setdefault(f"{own}CONNECTION", name)
    return {**made, **environ}


def _matching(
    environ: Mapping[str, str], variable: str, target: str, named: Mapping[str, str]
) -> Iterable[tuple[str, str]]:
    """The variables that are meant by *variable*, each with its target."""
    if not variable.endswith("*"):
        return [(variable, target)] if variable in environ else []
    begin = variable[:-1]
    rest = sorted(each for each in environ if each.startswith(begin) and each not in named and each != begin)
    return [(each, target.replace("*", each.removeprefix(begin).lower())) for each in rest]
