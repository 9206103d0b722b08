"""Reading: the configuration as written, and one connection of it as its connector's Struct."""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

import msgspec
from msgspec import Meta

from jackfield.config.findings import FindingsSettings
from jackfield.config.overlay import Variable
from jackfield.config.secrets import ConnectorConfig, Secret, resolve_reference
from jackfield.config.structured import is_structured, read_structured
from jackfield.errors import BadConfig
from jackfield.files import MOST_BYTES

_AT = " - at `$"
_MISSING = re.compile(r"Object missing required field `(.+?)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.+?)`")

Positive = Annotated[float, Meta(gt=0)]


class HostSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of a connection that belong to the host; a connector may not declare one of them."""

    connector: Annotated[str, Meta(description="Name of the connector, as `jackfield connectors list` shows it.")]
    concurrency: Annotated[
        int, Meta(ge=1, le=256, description="Most requests in flight at once; fewer while the application is busy.")
    ] = 8
    request_timeout: Annotated[Positive, Meta(description="Seconds that one answer may take.")] = 100.0
    retry_deadline: Annotated[
        Positive, Meta(description="Seconds for which a failing request is tried again before its read ends.")
    ] = 300.0
    stall_timeout: Annotated[
        Positive,
        Meta(
            description="Seconds without any progress after which a read ends, pauses that the application asks for included."
        ),
    ] = 900.0
    max_answer_bytes: Annotated[int, Meta(ge=1024, description="Largest answer that is accepted, in bytes.")] = (
        16_777_216
    )
    max_header_bytes: Annotated[
        int, Meta(ge=1024, le=16_777_216, description="Largest header of an answer that is accepted, in bytes.")
    ] = 32_768
    max_snapshot_rows: Annotated[
        int, Meta(ge=1, description="Most rows that one sync takes; a read that gives more ends, and is not complete.")
    ] = 20_000_000
    max_snapshot_bytes: Annotated[
        int, Meta(ge=1_048_576, description="Largest size of a snapshot while it is read; as for max_snapshot_rows.")
    ] = 8_589_934_592
    max_alike_notes: Annotated[
        int, Meta(ge=1, description="Different notes of one kind that a snapshot keeps; more become one with a count.")
    ] = 25
    keep_snapshots: Annotated[int, Meta(ge=2, description="How many snapshot files are kept.")] = 30
    schedule: Annotated[
        str,
        Meta(
            description="When `jackfield serve` syncs it: an interval such as `6h`, a cron expression, or `never`;"
            " if empty, that of `[serve]`."
        ),
    ] = ""
    provisioning: Annotated[bool, Meta(description="Whether changes may be made through this connection.")] = False
    read_only: Annotated[bool, Meta(description="Forbids every change, whatever else is set.")] = False
    require_reason: Annotated[bool, Meta(description="Whether each change needs a reason.")] = False
    protected: Annotated[
        tuple[Annotated[str, Meta(pattern=r"[^\s:]\s*$")], ...],
        Meta(
            description="People who are never changed, by id (user:42 or 42), login, any e-mail address or external id; a group,"
            " by type:id or name, is never given anything, nor loses what it holds."
        ),
    ] = ()
    limits: Annotated[
        dict[str, Annotated[int, Meta(ge=0)]],
        Meta(description="Most changes of a kind in an hour: delete, disable, revoke, privileged and others."),
    ] = {}
    findings: Annotated[
        FindingsSettings, Meta(description="What `jackfield findings` takes for a finding, and what is accepted.")
    ] = FindingsSettings()


RESERVED = frozenset(field.name for field in msgspec.structs.fields(HostSettings))
"""Keys of the host: a connector whose Struct declares one is refused at discovery."""


class ConnectionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One connection as configured: the host's keys decoded, the connector's own keys still as written."""

    name: str
    host: HostSettings
    own: dict[str, Any]

    def __repr__(self) -> str:
        return f"ConnectionSettings(name={self.name!r}, connector={self.host.connector!r})"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The whole configuration as written: connections and services by name, and the policies that are enabled.

    ``serve`` is the table of what runs connections and services. ``max_file_bytes``: how large a plan or a file of changes
    may be. ``looked`` names the places where a file was looked for and not found.
    """

    connections: dict[str, dict[str, Any]] = {}
    policies: tuple[str, ...] = ()
    services: dict[str, dict[str, Any]] = {}
    serve: dict[str, Any] = {}
    max_file_bytes: int = MOST_BYTES
    source: str = "the environment"
    file: Path | None = None
    looked: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Settings(connections={sorted(self.connections)}, policies={self.policies}, source={self.source!r})"

    def connection(self, name: str) -> ConnectionSettings:
        """The connection called *name*; raises BadConfig if it is unknown or a key of the host's is wrong."""
        if name not in self.connections:
            known = sorted(self.connections)
            near = did_you_mean(name, known) or ("Known: " + ", ".join(known) + "." if known else "")
            if self.looked:
                raise BadConfig(
                    f"there is no connection {name!r}: no configuration file was found",
                    path="connections",
                    hint=f"{near} Looked for {' and '.join(self.looked)}; name another with --config.".lstrip(),
                )
            raise BadConfig(
                f"there is no connection {name!r} in {self.source}",
                path="connections",
                hint=near or "None is configured.",
            )
        table = self.connections[name]
        at = f"connections.{name}"
        if "connector" not in table:
            raise BadConfig("the connection does not say which connector it uses", path=f"{at}.connector")
        own = {key: table[key] for key in table.keys() & RESERVED}
        own = _structured(own, HostSettings, at)
        texts = [key for key, value in own.items() if isinstance(value, Variable)]
        host = convert(_read_texts(own, HostSettings, texts, at), HostSettings, at)
        return ConnectionSettings(name=name, host=host, own={k: v for k, v in table.items() if k not in RESERVED})


_LONGEST_NAME = 200
"""Characters of a name that may be near another; the search is slow for long ones."""


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A question that offers the nearest of *known*, None if none is near."""
    if len(name) > _LONGEST_NAME:
        return None
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else None


def connection_names(settings: Settings) -> tuple[str, ...]:
    """The configured connections, in alphabetical order."""
    return tuple(sorted(settings.connections))


T = TypeVar("T")
S = TypeVar("S", bound=ConnectorConfig)
R = TypeVar("R", bound=msgspec.Struct)


def connector_config(
    settings: ConnectionSettings, struct: type[S], environ: Mapping[str, str], *, without: str | None = None
) -> S:
    """The connector's own Struct for *settings*, with references resolved; raises BadConfig with the value's path.

    *without* names a secret that need not exist yet (what consent will give); an empty Secret stands for it.
    """
    return read_table(
        settings.own,
        struct,
        environ,
        at=f"connections.{settings.name}",
        of=f"the connector {settings.host.connector!r}",
        beside=RESERVED,
        without=without,
    )


def read_table(
    table: dict[str, Any],
    struct: type[R],
    environ: Mapping[str, str],
    *,
    at: str,
    of: str,
    beside: Collection[str] = (),
    without: str | None = None,
) -> R:
    """*table* as *struct*, with references resolved and variables read; raises BadConfig with the value's path under *at*.

    *of* is whose keys they are, for the error about another one, which may be near to one of those *beside*.
    """
    known = [field.encode_name for field in fields_of(struct)]
    resolved: dict[str, Any] = {}
    texts: set[str] = set()
    for key, value in _structured(table, struct, at).items():
        if key not in known:
            raise BadConfig(
                f"unknown key {key!r} for {of}",
                path=f"{at}.{key}",
                hint=did_you_mean(key, [*known, *sorted(beside)]) or "Known: " + ", ".join(known),
            )
        if key == without:
            continue
        resolved[key] = _resolved(value, environ, f"{at}.{key}")
        if isinstance(value, Variable) or resolved[key] != value:
            texts.add(key)
    if without is not None:
        resolved[without] = ""
    return convert(_read_texts(resolved, struct, texts, at), struct, at)


@lru_cache(maxsize=64)
def fields_of(struct: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """The fields of *struct*, whose annotations are evaluated once: it takes a millisecond."""
    return msgspec.structs.fields(struct)


def _structured(values: dict[str, Any], struct: type[msgspec.Struct], at: str) -> dict[str, Any]:
    """*values* with the variables of those keys read that want a table or a list."""
    wanted = {field.encode_name for field in fields_of(struct) if is_structured(field.type)}
    return {
        key: read_structured(str(value), f"{at}.{key}") if isinstance(value, Variable) and key in wanted else value
        for key, value in values.items()
    }


def _read_texts(
    values: dict[str, Any], struct: type[msgspec.Struct], texts: Collection[str], at: str
) -> dict[str, Any]:
    """*values* with those called *texts* read as the numbers and truth values that their keys want.

    Variables and references hold nothing but text. What stands in a file has a type of its own, and is left alone.
    """
    types = {field.encode_name: field.type for field in fields_of(struct)}
    read = {key: str(value) if isinstance(value, Variable) else value for key, value in values.items()}
    for key in texts:
        try:
            _convert(read[key], types[key], strict=True)
        except msgspec.ValidationError:
            read[key] = msgspec.to_builtins(
                convert(read[key], types[key], f"{at}.{key}", strict=False), enc_hook=revealed
            )
    return read


def revealed(value: object) -> str:
    """What a secret hides, as an ``enc_hook`` of msgspec; for what is compared or hashed, and never shown."""
    if isinstance(value, Secret):
        return value.reveal()
    raise NotImplementedError(type(value))  # how a hook of msgspec says that a type is not its own


def _resolved(value: Any, environ: Mapping[str, str], at: str) -> Any:
    """*value* with every reference in it resolved, however deep."""
    if isinstance(value, str):
        return resolve_reference(value, environ, at)
    if isinstance(value, dict):
        table = cast("dict[str, Any]", value)
        return {key: _resolved(each, environ, f"{at}.{key}") for key, each in table.items()}
    if isinstance(value, list):
        return [_resolved(each, environ, f"{at}[{place}]") for place, each in enumerate(cast("list[Any]", value))]
    return value


def convert(value: Any, to: type[T], at: str, *, strict: bool = True) -> T:
    """*value* as *to*; raises BadConfig with the path under *at*. Unless *strict*, text may be a number or truth value.

    The offending value itself is never part of the message, since it may be secret.
    """
    try:
        return _convert(value, to, strict=strict)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(_AT)
        path = at + place.removesuffix("`")
        if missing := _MISSING.match(what):
            raise BadConfig(f"the key {missing.group(1)!r} is missing", path=f"{path}.{missing.group(1)}") from None
        if unknown := _UNKNOWN.match(what):
            raise BadConfig(f"unknown key {unknown.group(1)!r}", path=f"{path}.{unknown.group(1)}") from None
        if what.startswith("Invalid"):
            what = "the value is not one of those allowed"
        raise BadConfig(what[0].lower() + what[1:], path=path) from None


def _convert(value: Any, to: type[T], *, strict: bool) -> T:
    return msgspec.convert(value, to, strict=strict, dec_hook=_decode_secret)


def place_config_error(error: BadConfig, connection: str, struct: type[ConnectorConfig]) -> None:
    """Name the connection in the path of *error* if it begins with a key of the connector's own configuration."""
    key = re.split(r"[.\[]", error.path or "", maxsplit=1)[0]
    if key in {field.encode_name for field in fields_of(struct)}:
        error.path = f"connections.{connection}.{error.path}"


def _decode_secret(type_: type, value: Any) -> Any:
    if type_ is Secret:
        if not isinstance(value, str):
            raise TypeError("Expected `str`, got `" + type(value).__name__ + "`")
        return Secret(value)
    raise NotImplementedError(type_)  # how a hook of msgspec says that a type is not its own
