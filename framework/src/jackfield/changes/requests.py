"""Requests: changes as people ask for them, by names and with values as people write them, and what they mean to one connection.

Promises that a request that is wrong is told with its place, that all are looked at before any is refused, and that one
name is looked up once however often it is asked for.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

import msgspec

from jackfield.changes.addresses import ADDRESSES, address_problem
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.resolve import Resolved, resolve
from jackfield.changes.session import Session
from jackfield.config.load import did_you_mean
from jackfield.errors import BadConfig, JackfieldError, NotFound, Unsupported
from jackfield_contracts import (
    Action,
    ActionKind,
    Argument,
    ArgumentType,
    Change,
    CreateAccount,
    DeleteAccount,
    GrantAccess,
    RevokeAccess,
    RunAction,
    Value,
)

_TRUTH: Mapping[str, bool] = {"true": True, "yes": True, "false": False, "no": False}
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


def read_pairs(pairs: Iterable[str]) -> dict[str, object]:
    """The values of ``key=value`` texts, a tuple of all where a key is repeated; raises BadConfig."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise BadConfig(f"{pair!r} is no argument", hint="Write key=value.")
        found.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else tuple(values) for key, values in found.items()}


def read_values(given: Mapping[str, object], declared: Iterable[Argument]) -> dict[str, Value]:
    """*given* in the forms of the arguments that are *declared*; one that is not stays a text. Raises BadConfig."""
    known = {argument.name: argument for argument in declared}
    return {
        name: read_value(known.get(name) or Argument(name=name), value)
        for name, value in given.items()
        if value is not None
    }


def read_value(argument: Argument, given: object) -> Value:
    """*given*, a text or several or a value of JSON or TOML, in the form of *argument*; raises BadConfig."""
    if argument.secret and isinstance(given, str):
        return given  # where the value is read from
    if argument.type is ArgumentType.STRINGS:
        return _strings(argument, given)
    if isinstance(given, list | tuple):
        raise BadConfig(f"{argument.name} takes one value, not several", path=argument.name)
    if argument.type is ArgumentType.STRING:
        if isinstance(given, str):
            if argument.sets in ADDRESSES and (wrong := address_problem(given)) is not None:
                wrong.path = argument.name
                raise wrong
            return given
        raise BadConfig(f"{argument.name} must be a text", path=argument.name)
    if argument.type is ArgumentType.BOOLEAN:
        return read_truth(argument.name, given)
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if isinstance(given, str) and _INTEGER.fullmatch(given.strip()):
        return int(given)
    raise BadConfig(f"{argument.name} must be a whole number", path=argument.name)


def read_truth(name: str, given: object) -> bool:
    """*given* as true or false; raises BadConfig."""
    if isinstance(given, bool):
        return given
    found = _TRUTH.get(given.strip().casefold()) if isinstance(given, str) else None
    if found is None:
        raise BadConfig(f"{name} must be true or false (or yes or no)", path=name)
    return found


def _strings(argument: Argument, given: object) -> tuple[str, ...]:
    """Each text holds some, between commas; one that has a comma itself stands in quotation marks."""
    if not isinstance(given, str | tuple | list):
        raise BadConfig(f"{argument.name} must be a list of texts", path=argument.name)
    texts: Iterable[object] = (given,) if isinstance(given, str) else cast("Iterable[object]", given)
    split = not isinstance(given, list)  # JSON and TOML have lists of their own
    found: list[str] = []
    for text in texts:
        if not isinstance(text, str):
            raise BadConfig(f"{argument.name} must be a list of texts", path=argument.name)
        found += _between_commas(argument.name, text) if split else [text]
    return tuple(found)


def _between_commas(name: str, text: str) -> list[str]:
    try:
        rows = list(csv.reader([text], skipinitialspace=True, strict=True))
    except csv.Error:
        raise BadConfig(f"the quotation marks of {name} do not pair", path=name) from None
    return [each.strip() for row in rows for each in row if each.strip()]


_KEYS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "grant": (frozenset({"entitlement", "principal"}), frozenset({"replace"})),
    "revoke": (frozenset({"entitlement", "principal"}), frozenset()),
    "create_account": (frozenset(), frozenset({"type", "arguments"})),
    "delete_account": (frozenset({"account"}), frozenset({"arguments"})),
    "enable_account": (frozenset({"account"}), frozenset({"name", "arguments"})),
    "disable_account": (frozenset({"account"}), frozenset({"name", "arguments"})),
    "action": (frozenset({"name"}), frozenset({"account", "arguments"})),
}
"""By kind of request, the keys that it needs and those that it may have."""

_OF_KIND = {"enable_account": ActionKind.ENABLE_ACCOUNT, "disable_account": ActionKind.DISABLE_ACCOUNT}
_SHOWN = 20


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One change as it is asked for. ``place`` says where, such as the line of a file.

    ``arguments`` are texts, or what JSON and TOML can hold.
    """

    kind: str = "grant"
    entitlement: str = ""
    principal: str = ""
    replace: bool = False
    account: str = ""
    name: str = ""
    type: str = ""
    arguments: Mapping[str, object] = {}
    place: str = ""


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
    if not isinstance(kind, str) or kind not in _KEYS:
        near = did_you_mean(str(kind), _KEYS)
        raise BadConfig(f"there is no kind of change {kind!r}", path="kind", hint=near or f"Known: {', '.join(_KEYS)}.")
    needed, allowed = _KEYS[kind]
    known = ("kind", *sorted(needed), *sorted(allowed))
    for key, value in fields.items():
        if key not in known:
            raise BadConfig(
                f"the kind {kind} has no {key!r}",
                path=key,
                hint=did_you_mean(key, known) or f"It has {', '.join(known)}.",
            )
        if key == "replace":
            fields[key] = read_truth(key, value)
        elif key == "arguments":
            if not isinstance(value, Mapping):
                raise BadConfig("arguments must be a table", path=key)
        elif not isinstance(value, str):
            raise BadConfig(f"{key} must be a text", path=key)
        _demand_unicode(key, fields[key])
    for key in sorted(needed - fields.keys()):
        raise BadConfig(f"the kind {kind} needs {'an' if key[0] in 'ae' else 'a'} {key}", path=key)
    return msgspec.convert({**fields, "place": place}, Request)


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
    prepared = [_prepared(request, session, operations) for request in requests]
    resolved = await resolve(
        session,
        snapshot,
        entitlements={one.entitlement for one in requests if one.entitlement},
        principals={text for one in prepared if (text := _principal(one))},
    )
    changes: list[Change] = []
    problems: list[str] = []
    for request, one in zip(requests, prepared, strict=True):
        try:
            if isinstance(one, JackfieldError):
                raise one
            changes.append(operations.completed(_change(one, resolved, operations)))
        except JackfieldError as error:
            if not request.place or not isinstance(error, BadConfig | NotFound | Unsupported):
                raise
            problems.append(located(request.place, error))
    if problems:
        raise WrongRequests(f"{len(problems):,} of {len(requests):,} changes are wrong; nothing was done", problems)
    return tuple(changes)


def located(place: str, error: JackfieldError) -> str:
    """What is wrong at *place*, in one line."""
    where = ", ".join(each for each in (place, error.path) if each)
    return f"{where}: {error.summary}" + (f". {error.hint}" if error.hint else "")


class _Prepared(msgspec.Struct, frozen=True):
    """A request with the action that it runs, and the names that are to be looked up."""

    request: Request
    action: Action | None = None


def _prepared(request: Request, session: Session, operations: Operations) -> _Prepared | JackfieldError:
    try:
        if request.kind in _OF_KIND:
            return _Prepared(request, action_of(session, _OF_KIND[request.kind], request.name))
        return _Prepared(request, operations.action(request.name) if request.kind == "action" else None)
    except JackfieldError as error:
        return error


def action_of(session: Session, kind: ActionKind, name: str = "") -> Action:
    """The action of that kind, the one called *name* where there are several; raises Unsupported or BadConfig."""
    found = [each for each in session.connection.actions() if each.kind is kind]
    verb = kind.value.partition("_")[0]
    if not found:
        raise Unsupported(
            f"the connector {session.connection.plugin.name!r} has no action that can {verb} accounts",
            connection=session.connection.name,
            hint=f"`jackfield action list {session.connection.name}` shows those that it has.",
        )
    names = [each.name for each in found]
    if name:
        if name not in names:
            raise BadConfig(
                f"{name!r} is no action that can {verb} accounts",
                path="name",
                hint=did_you_mean(name, names) or f"There is {', '.join(names)}.",
            )
        return found[names.index(name)]
    if len(found) > 1:
        raise BadConfig(
            f"several actions can {verb} accounts: {', '.join(names)}",
            hint=f"Run the one you mean: `jackfield action run {session.connection.name} {names[0]} …`.",
        )
    return found[0]


def _principal(one: _Prepared | JackfieldError) -> str | None:
    """The name of a person that *one* has."""
    if isinstance(one, JackfieldError):
        return None
    if one.action is not None:
        given = one.request.arguments.get(one.action.account or "")
        return one.request.account or (given if isinstance(given, str) else None)
    return one.request.principal or one.request.account


def _change(one: _Prepared, resolved: Resolved, operations: Operations) -> Change:
    request = one.request
    if one.action is not None:
        return _action(one.action, request, resolved)
    if request.kind == "grant":
        return GrantAccess(
            entitlement=resolved.entitlement(request.entitlement),
            principal=resolved.principal(request.principal),
            replace=request.replace,
        )
    if request.kind == "revoke":
        return RevokeAccess(
            entitlement=resolved.entitlement(request.entitlement), principal=resolved.principal(request.principal)
        )
    change: CreateAccount | DeleteAccount
    if request.kind == "create_account":
        change = CreateAccount(type=request.type) if request.type else CreateAccount()
    elif request.kind == "delete_account":
        change = DeleteAccount(account=resolved.principal(request.account))
    else:
        raise ValueError(f"nothing says how a request of the kind {request.kind!r} becomes a change")
    values = read_values(request.arguments, operations.arguments(change))
    return msgspec.structs.replace(change, arguments=values)


def _action(action: Action, request: Request, resolved: Resolved) -> RunAction:
    values = read_values(request.arguments, action.arguments)
    if request.account:
        if action.account is None:
            raise BadConfig(f"the action {action.name} is not about an account", path="account")
        if action.account in values:
            raise BadConfig(f"the account is given twice, also as {action.account}", path="account")
        account = resolved.principal(request.account)
    else:
        text = values.get(action.account) if action.account else None
        if not isinstance(text, str) or not text:
            return RunAction(name=action.name, arguments=values)
        try:
            account = resolved.principal(text)
        except NotFound:
            # It may be a name that only the application knows how to read; the plan says whose it is.
            return RunAction(name=action.name, arguments=values)
    return RunAction(name=action.name, arguments={**values, action.account or "": account.id}, account=account)
