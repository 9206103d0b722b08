"""Since which version of the plugin interface each contract is there: each says it by ``since``."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

Version = tuple[int, int]
S = TypeVar("S", bound=msgspec.Struct)

SINCE: dict[str, Version] = {}
"""By the name of a contract, or ``Contract.field`` for a field that is younger than its contract."""


def since(major: int, minor: int, **fields: Version) -> Callable[[type[S]], type[S]]:
    """Say with which version a contract came, and with which the *fields* that came later."""

    def decorate(contract: type[S]) -> type[S]:
        SINCE[contract.__name__] = (major, minor)
        SINCE.update({f"{contract.__name__}.{name}": version for name, version in fields.items()})
        return contract

    return decorate
