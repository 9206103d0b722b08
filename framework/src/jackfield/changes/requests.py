"""Requests: changes as people ask for them, by names and with values as people write them, and what they mean to one connection.

Promises that a request that is wrong is told with its place, that all are looked at before any is refused, and that one
name is looked up once however often it is asked for.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of, request_types
from jackfield.changes.kinds.request import Request
from jackfield.changes.kinds.rules import readable
from jackfield.changes.kinds.values import read_truth
from jackfield.changes.resolve import resolve
from jackfield.changes.session import Session
from jackfield.config.load import did_you_mean
from jackfield.errors import BadConfig, JackfieldError, NotFound, Unsupported
from jackfield_contracts import Change, ResourceId

_SHOWN = 20


class WrongRequests(BadConfig):
    """Some of many requests are wrong; ``problems`` says of each where and why."""

    def __init__(
        self, summary: str, problems: Sequence[str], *, hint: str | None = None, path: str | None = None
    ) -> None:
        super().__init__(summary, hint=hint, path=path)
        more = len(problems) - _SHOWN
        self.problems = (*problems[:_SHOWN], *((f"… and {more:,} more",) if more > 0 else ()))


def request_of(given: Mapping[str, object], place: str = "") -> Request:
    """The request that *given* writes down; empty values count as left out. Raises BadConfig with the key as its path."""
    fields = {key: value for key, value in given.items() if value not in (None, "", {})}
    kind = fields.setdefault("kind", "grant")
    types = request_types()
    if not isinstance(kind, str) or kind not in types:
        near = did_you_mean(str(kind), types)
        raise BadConfig(f"there is no kind of change {kind!r}", path="kind", hint=near or f"Known: {', '.join(types)}.")
    keys = keys_of(types[kind])
    needed = sorted(key for key, field in keys.items() if field.required)
    known = ("kind", *needed, *sorted(keys.keys() - needed))
    for key, value in fields.items():
        if key not in known:
            raise BadConfig(
                f"the kind {kind} has no {key!r}",
                path=key,
                hint=did_you_mean(key, known) or f"It has {', '.join(known)}.",
            )
        form = str if key == "kind" else keys[key].type
        if form is bool:
            fields[key] = read_truth(key, value)
        elif form is not str:
            if not isinstance(value, Mapping):
                raise BadConfig(f"{key} must be a table", path=key)
        elif not isinstance(value, str):
            raise BadConfig(f"{key} must be a text", path=key)
        _demand_unicode(key, fields[key])
    for key in needed:
        if key not in fields:
            raise BadConfig(f"the kind {kind} needs {'an' if key[0] in 'ae' else 'a'} {key}", path=key)
    return msgspec.convert({**fields, "place": place}, types[kind])


def keys_of(of: type[Request]) -> dict[str, msgspec.structs.FieldInfo]:
    """The keys of a kind of request, beside kind: its own, then those that all have."""
    fields = {field.name: field for field in msgspec.structs.fields(of)}
    own = {name: field for name, field in fields.items() if name not in Request.__struct_fields__}
    return {**own, "reason": fields["reason"]}


def _demand_unicode(key: str, value: object) -> None:
    """Raise BadConfig for what no JSON could hold, such as a text that was typed in another encoding."""
    try:
        msgspec.json.encode(value)
    except UnicodeEncodeError:
        raise BadConfig(f"{key} is not Unicode text", path=key) from None
    except RecursionError:
        raise BadConfig(f"{key} is nested too deep", path=key) from None


async def changes_of(
    session: Session, requests: Sequence[Request], snapshot: Path | JackfieldError | None
) -> tuple[Change, ...]:
    """What *requests* mean to the connection, in their order. Names are those of *snapshot* and of the application.

    Raises what is wrong with a request that has no place, or WrongRequests where some of a file are.
    """
    operations = Operations(session.connection)
    resolved = await resolve(
        session,
        snapshot,
        entitlements={name for request in requests for name in request.entitlements()},
        principals={name for request in requests for name in request.principals(operations)},
        holders={name for request in requests for name in request.holders(operations)},
    )
    changes: list[Change] = []
    problems: list[str] = []
    for request in requests:
        try:
            changes.append(operations.completed(request.change(resolved, operations)))
        except JackfieldError as error:
            if not request.place or not isinstance(error, BadConfig | NotFound | Unsupported):
                raise
            problems.append(located(request.place, error))
    if problems:
        raise WrongRequests(f"{len(problems):,} of {len(requests):,} changes are wrong; nothing was done", problems)
    return tuple(changes)


def once(
    session: Session, requests: Sequence[Request], changes: Sequence[Change]
) -> tuple[tuple[Change, ...], tuple[str | None, ...]]:
    """*changes*, which are those of *requests*, each once, and why each is asked for; what was left out is told.

    One is left out only where a read can show it made, and where nothing else is to be changed of the same people between.
    """
    operations = Operations(session.connection)
    found: dict[bytes, list[int]] = {}
    kept: list[tuple[Change, str | None, str]] = []
    latest: dict[ResourceId, int] = {}
    repeats: list[str] = []
    for request, change in zip(requests, changes, strict=True):
        same, people = found.setdefault(msgspec.json.encode(change), []), kind_of(change).principals(change)
        if same and readable(change, operations) and all(latest[each] == same[-1] for each in people):
            before, why, place = kept[same[-1]]
            kept[same[-1]] = (before, why or request.reason or None, place)
            repeats.append(f"{request.place} (as {place})")
            continue
        same.append(len(kept))
        latest.update((each, len(kept)) for each in people)
        kept.append((change, request.reason or None, request.place))
    if repeats:
        more = f" and {len(repeats) - _SHOWN:,} more" if len(repeats) > _SHOWN else ""
        what = f"{len(repeats):,} rows ask for what earlier rows ask for, and count for nothing"
        if len(repeats) == 1:
            what = "One row asks for what an earlier row asks for, and counts for nothing"
        session.warn(f"{what}: {', '.join(repeats[:_SHOWN])}{more}")
    return tuple(change for change, _, _ in kept), tuple(why for _, why, _ in kept)


def located(place: str, error: JackfieldError) -> str:
    """What is wrong at *place*, in one line."""
    where = ", ".join(each for each in (place, error.path) if each)
    return f"{where}: {error.summary}" + (f". {error.hint}" if error.hint else "")
