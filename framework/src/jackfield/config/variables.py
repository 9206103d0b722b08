"""Variables of the environment that look like settings of ours and are none."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from jackfield.config.load import Settings, did_you_mean
from jackfield.config.overlay import ENV_PREFIX, SERVE_PREFIX, SERVICES_PREFIX, Variable

OURS = "JACKFIELD_"
ALONE = (
    *("JACKFIELD_CONFIG", "JACKFIELD_HOME", "JACKFIELD_DATABASE", "JACKFIELD_LOG_LEVEL", "JACKFIELD_ACTOR"),
    "JACKFIELD_LEASE_SECONDS",
)
"""The variables that set one thing; a test holds them to those that are read anywhere."""

_OF_KUBERNETES = re.compile(r".*_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_(TCP|UDP|SCTP)(_.*)?)?)")
"""What Kubernetes sets in a pod where a Service there is called after us."""

_PREFIXES = (ENV_PREFIX, SERVICES_PREFIX, SERVE_PREFIX)


def strange_variables(settings: Settings, environ: Mapping[str, str]) -> tuple[str, ...]:
    """What is to be told of variables that begin as ours do and set nothing, a sentence each.

    A variable that the configuration refers to is meant, whatever it is called.
    """
    unknown = [
        name
        for name in environ
        if name.startswith(OURS) and not name.startswith(_PREFIXES) and name not in ALONE
        if not _OF_KUBERNETES.fullmatch(name)
    ]
    if unknown:
        tables = (*settings.connections.values(), *settings.services.values(), settings.serve)
        meant = {text.removeprefix("env:") for text in _texts(tables) if text.startswith("env:")}
        unknown = [name for name in unknown if name not in meant]
    near = (*ALONE, *(prefix.removesuffix("__") for prefix in _PREFIXES))
    told = [
        " ".join(filter(None, (f"the variable {name} is no setting.", did_you_mean(name.partition("__")[0], near))))
        for name in sorted(unknown)
    ]
    told += _of_nothing(settings.connections, "connection", "connector")
    told += _of_nothing(settings.services, "service", "service")
    return tuple(told)


def _of_nothing(tables: Mapping[str, Mapping[str, object]], what: str, needed: str) -> Iterator[str]:
    """Those that set keys of a connection or a service which nothing else speaks of."""
    whole = [name for name, table in tables.items() if needed in table]
    for name, table in tables.items():
        variables = [value.name for value in table.values() if isinstance(value, Variable)]
        if name in whole or not variables or len(variables) < len(table):
            continue
        verb = "sets" if len(variables) == 1 else "set"
        text = f"{', '.join(sorted(variables))} {verb} keys of the {what} {name!r}, which has no {needed}."
        yield " ".join(filter(None, (text, did_you_mean(name, whole))))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(tuple(cast("Mapping[str, object]", value).values()))
    elif isinstance(value, list | tuple):
        for each in cast("Iterable[object]", value):
            yield from _texts(each)
