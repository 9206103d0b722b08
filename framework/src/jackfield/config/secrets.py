"""Secrets: a type that never shows its value, and the references by which a configuration names one."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, cast

import msgspec

from jackfield.errors import BadConfig, MissingSecret
from jackfield.files import read_foreign

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

SECRETS_GROUP = "jackfield.secrets.v1"
"""Entry-point group of further reference schemes: a callable that takes what follows the colon and gives the value."""

MASK = "***"
"""What stands in the place of a secret."""

_SHORTEST = 4
_SHORTEST_PART = 8

_MOST_BYTES = 65_536

_SCHEME = re.compile(r"([a-z][a-z0-9+-]*):(.+)", re.DOTALL)


class Secret:
    """A value that shows itself only when asked by ``reveal()``: not in repr, text, format, JSON, pickle or logs."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret can't be pickled")


class ConnectorConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of each connector's configuration: a frozen Struct whose fields are the keys of ``[connections.NAME]``.

    Write ``kw_only=True`` on the subclass too, describe fields with ``msgspec.Meta(description=…)``, and give secrets
    the type ``Secret``.
    """


def secrets_in(value: object) -> Iterator[Secret]:
    """The secrets that *value* holds, however deep: a Secret, or a Struct, a table or a list with some in it."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from secrets_in(getattr(value, name))
    elif isinstance(value, Mapping):
        for each in cast("Mapping[object, object]", value).values():
            yield from secrets_in(each)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for each in cast("list[object]", value):
            yield from secrets_in(each)


class Mask:
    """Takes the secrets that it knows out of text. Shows none of them itself."""

    def __init__(self) -> None:
        self._known: dict[str, list[int]] = {}

    def __repr__(self) -> str:
        return "Mask(***)"

    def learn(self, value: object) -> None:
        """Remember the secrets in *value*; what is too short to tell from other text is not remembered."""
        for each in secrets_in(value):
            known = each.reveal()
            if len(known) >= _SHORTEST and known not in self._known:
                self._known[known] = _borders(known)

    def text(self, text: str) -> str:
        """*text* without the secrets, nor the beginning of one at its end, where it was cut. In linear time."""
        known = sorted(self._known, key=len, reverse=True)
        for secret in known:
            text = text.replace(secret, MASK)
        for secret in known:
            length = _overlap(text, secret, self._known[secret])
            if length >= _SHORTEST_PART:
                return text[:-length] + MASK
        return text


def _borders(word: str) -> list[int]:
    """For each beginning of *word*, the length of its longest own beginning that is its end as well."""
    borders = [0] * len(word)
    length = 0
    for at in range(1, len(word)):
        while length and word[at] != word[length]:
            length = borders[length - 1]
        length += word[at] == word[length]
        borders[at] = length
    return borders


def _overlap(text: str, word: str, borders: list[int]) -> int:
    """The length of the longest beginning of *word*, not the whole, with which *text* ends (Knuth, Morris, Pratt)."""
    tail = text[-(len(word) - 1) :]
    if word[:_SHORTEST_PART] not in tail:
        return 0
    length = 0
    for one in tail:
        while length and one != word[length]:
            length = borders[length - 1]
        length += one == word[length]
    return length


def demand_text(value: str, path: str) -> str:
    """*value* of an environment variable; raises BadConfig where its bytes were no UTF-8 (PEP 383 keeps them as surrogates)."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadConfig("the environment variable is not UTF-8 text", path=path) from None
    return value


def resolve_reference(value: str, environ: Mapping[str, str], path: str) -> str:
    """The value that *value* refers to (``env:NAME``, ``file:PATH``, an installed scheme), or *value* itself.

    *path* is the place in the configuration, for the error. Raises BadConfig if the reference leads nowhere. A file's
    surrounding white space is not part of the value. No error shows a value.
    """
    found = _SCHEME.fullmatch(value)
    if found is None:
        return value
    scheme, rest = found.groups()
    if scheme == "env":
        if not environ.get(rest):
            state = "empty" if rest in environ else "not set"
            raise MissingSecret(
                f"the environment variable {rest} is {state}", path=path, hint="Set it, or name another."
            )
        return demand_text(environ[rest], path)
    if scheme == "file":
        return _read_file(_file(rest, path), path)
    if rest.startswith("//"):
        return value  # an address
    drivers = _drivers(scheme)
    return _ask_driver(drivers, scheme, rest, path) if drivers else value


def is_reference(value: str) -> bool:
    """Whether *value* refers to a secret instead of being one: ``env:NAME``, ``file:PATH``, an installed scheme."""
    found = _SCHEME.fullmatch(value)
    if found is None:
        return False
    scheme, rest = found.groups()
    if scheme in ("env", "file"):
        return True
    return not rest.startswith("//") and bool(_drivers(scheme))


def _drivers(scheme: str) -> "list[EntryPoint]":
    from importlib.metadata import entry_points  # 0.03 s, for schemes that few configurations name

    return [point for point in entry_points(group=SECRETS_GROUP) if point.name == scheme]


def _ask_driver(drivers: "list[EntryPoint]", scheme: str, rest: str, path: str) -> str:
    named = ", ".join(sorted(point.dist.name if point.dist else "unknown" for point in drivers))
    if len(drivers) > 1:
        raise BadConfig(
            f"several plugins read {scheme}: references ({named})", path=path, hint="Uninstall all but one."
        )
    try:
        value: object = drivers[0].load()(rest)
    except BadConfig as error:
        error.path = error.path or path
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a foreign driver raises stays its own
        # Its text may hold the secret.
        raise MissingSecret(
            f"the plugin for {scheme}: references ({named}) failed: {type(error).__name__}", path=path
        ) from None
    if not isinstance(value, str) or not value:
        what = "nothing" if value in ("", None) else f"a {type(value).__name__}"
        raise BadConfig(f"the plugin for {scheme}: references ({named}) gave {what}, not text", path=path)
    return value


def file_reference(value: str) -> Path | None:
    """The file that *value* refers to, None if it is no ``file:`` reference. The file need not exist."""
    found = _SCHEME.fullmatch(value)
    return _file(found.group(2), None) if found and found.group(1) == "file" else None


def _file(name: str, path: str | None) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise BadConfig(f"the file {name} names a home folder that is not known", path=path) from None


def _read_file(file: Path, path: str) -> str:
    try:
        data = read_foreign(file, what="the file", most=_MOST_BYTES, path=path)
        text = data.decode("utf-8-sig").strip()
    except FileNotFoundError:
        raise MissingSecret(
            f"the file {file} does not exist",
            path=path,
            hint="Create it, or let `jackfield authorize` write it if it is to hold a refresh token.",
        ) from None
    except UnicodeDecodeError:
        raise MissingSecret(f"the file {file} is not UTF-8 text", path=path) from None
    except (OSError, ValueError) as error:
        raise MissingSecret(f"the file {file} can't be read: {type(error).__name__}", path=path) from None
    if not text:
        raise MissingSecret(f"the file {file} is empty", path=path)
    return text
