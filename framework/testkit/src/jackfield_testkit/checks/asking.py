"""What a connector asks the application for by a name or an id, and whom it takes the answer for."""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import msgspec

from jackfield.errors import JackfieldError
from jackfield.host.connection import Connection
from jackfield.http import Response
from jackfield_contracts import AccessState, AccountState, ResourceId, StateQuery, TraitKind
from jackfield_testkit.aims import kind_of_request
from jackfield_testkit.bench import Bench, outcome_of
from jackfield_testkit.bodies import changed, decoded, values, with_body
from jackfield_testkit.checks.acting import samples_of
from jackfield_testkit.data import Finding, Lacking, NotApplicable
from jackfield_testkit.wire import Fault, Send, Sent, Wire

_SOME = 12
_PAIRS = 3
_PLAIN = "testkit0"
_ODD = (
    "o'neil",
    'a"b',
    'x" or "a" eq "a',
    "x' or 'a'='a",
    "a/b/../c",
    "50%25",
    "who?me=1&you=2",
    "no#1",
    "plus+and space",
    "back\\slash",
    "Žofie 李小龍",
)
"""Texts that mean something else where they are put into an address, a filter or a body as they are."""


async def quotes_what_it_asks(bench: Bench) -> None:
    """A name or an id is asked for as it is written, whatever letters it has.

    A slash, a question mark or a quote that is put into an address as it is asks for something else, and for whatever an
    answer to that shows somebody is disabled.
    """
    asked = False
    async with bench.open() as connection:
        people = _people_types(connection)
    resources = {each.entitlement.resource.type for each in bench.samples.grants}
    ways: list[tuple[str, Callable[[str], StateQuery]]] = [
        ("names=({!r},)", lambda text: StateQuery(names=(text,))),
        *((f"principals=({type}:{{}},)", _principal(type)) for type in sorted(people)),
        *((f"resources=({type}:{{}},)", _resource(type)) for type in sorted(resources)),
    ]
    if not bench.implements("grant") and not bench.implements("create_account") and not bench.implements("run_action"):
        raise NotApplicable("the connector makes no changes, and asks for nobody by name")
    for way, query in ways:
        plain = await _requests(bench, query(_PLAIN), way.format(_PLAIN))
        for odd in _ODD:
            step = f"read_state({way.format(odd)})"
            sent = await _requests(bench, query(odd), step)
            if len(sent) == len(plain):
                pairs = [each for each in zip(plain, sent, strict=True) if each[0].method == each[1].method]
            else:  # one of them is not asked for, or asked for in another way besides
                pairs = [(one, other) for one in plain if (other := _like(one, sent)) is not None]
            for one, other in pairs:
                asked = _fits(one, other, odd, step) or asked
    if not asked:
        raise NotApplicable("the connector puts no name and no id into a request")


def _like(plain: Sent, sent: Sequence[Sent]) -> Sent | None:
    """The request that asks for the same by the same words around the text, within the address behind the question mark."""
    own = urlsplit(plain.url)
    heads = [(name, value.split(_PLAIN)[0]) for name, value in parse_qsl(own.query) if _PLAIN in value]
    for other in sent:
        there = urlsplit(other.url)
        if heads and (other.method, there.path) == (plain.method, own.path):
            given = parse_qsl(there.query, keep_blank_values=True)
            if all(any(name == key and value.startswith(head) for key, value in given) for name, head in heads):
                return other
    return None


def _principal(type: str) -> Callable[[str], StateQuery]:
    return lambda text: StateQuery(principals=(ResourceId(type=type, id=text),))


def _resource(type: str) -> Callable[[str], StateQuery]:
    return lambda text: StateQuery(resources=(ResourceId(type=type, id=text),))


async def _requests(bench: Bench, query: StateQuery, step: str) -> list[Sent]:
    """The requests of one read of the state, after what signs in."""
    wire = Wire()
    async with bench.open(wire) as connection:
        try:
            state = await connection.read_state(query)
        except JackfieldError as error:
            outcome_of(error)
            return wire.sent
        if state.accounts and query.names:
            raise Finding(f"a name that nobody has finds {state.accounts[0].account}", step)
    return wire.sent


def _fits(plain: Sent, odd: Sent, text: str, step: str) -> bool:
    """Whether the text is in the request; a finding where it means something else there."""
    if _PLAIN not in plain.url and _PLAIN.encode() not in (plain.body or b""):
        return False
    one, other = urlsplit(plain.url), urlsplit(odd.url)
    if one.path.count("/") != other.path.count("/") or other.fragment:
        raise Finding(f"it asks for {odd.url}, where {_PLAIN!r} is asked for by {plain.url}", step)
    was, now = parse_qsl(one.query, keep_blank_values=True), parse_qsl(other.query, keep_blank_values=True)
    if [name for name, _ in was] != [name for name, _ in now]:
        raise Finding(f"it asks for {odd.url}, where {_PLAIN!r} is asked for by {plain.url}", step)
    for (name, before), (_, value) in zip(was, now, strict=True):
        _quoted(before, value, text, f"{name} of {odd.url}", step)
    if (plain.body or b"") and _PLAIN.encode() in (plain.body or b""):
        _body_fits(plain.body or b"", odd.body or b"", text, step)
    return True


def _quoted(before: str, value: str, text: str, what: str, step: str) -> None:
    """Fail where *text* stands in quotes with one of its own, or is not there."""
    if _PLAIN not in before:
        return
    head, tail = before.split(_PLAIN, 1)
    inner = value[len(head) : len(value) - len(tail)] if value.startswith(head) and value.endswith(tail) else ""
    quote = head[-1:] if head[-1:] in ("'", '"') else ""
    if not inner or (quote and quote in text and inner == text):
        raise Finding(f"{what} is {value!r}, which does not quote {text!r}", step)
    plain = not quote or not set(text) & set("\"'\\")
    if plain and text.casefold() not in (inner.casefold(), _unescaped(inner).casefold()):
        raise Finding(f"{what} is {value!r}, and asks not for {text!r}", step)


def _unescaped(text: str) -> str:
    """What a text between quotes means where letters are written as JSON may write them."""
    try:
        return str(msgspec.json.decode(f'"{text}"'))
    except msgspec.DecodeError:
        return text


def _body_fits(plain: bytes, odd: bytes, text: str, step: str) -> None:
    try:
        before = list(values(msgspec.json.decode(plain)))
        after = list(values(msgspec.json.decode(odd)))
    except msgspec.DecodeError:
        return
    if len(before) != len(after):
        raise Finding(f"the body of the request has another form than that for {_PLAIN!r}: {odd[:200]!r}", step)
    for (at, was), (_, value) in zip(before, after, strict=True):
        if isinstance(was, str) and isinstance(value, str):
            _quoted(was, value, text, ".".join(at), step)


async def takes_nobody_for_another(bench: Bench) -> None:
    """An answer about somebody else, or about many, misleads nobody: who was asked for is found, or it is said that not.

    A server that ignores a filter, or finds all who begin alike, answers with the wrong person first; the change is then
    made to them.
    """
    people = await _known(bench)
    tried = 0
    for one, other in pairwise(people[: _PAIRS + 1]):
        tried += await _misled(bench, one, other, _by_name, "names")
        tried += await _misled(bench, one, other, _by_id, "principals")
    if not tried:
        raise NotApplicable("nobody is asked for alone, so that no answer can be about another")


def _by_name(one: AccountState) -> StateQuery:
    return StateQuery(names=(str(one.login),))


def _by_id(one: AccountState) -> StateQuery:
    return StateQuery(principals=(one.account,))


async def _known(bench: Bench, of: Collection[ResourceId] | None = None) -> list[AccountState]:
    """Some people as the state shows them, those with a login; the check does not apply where there are not two."""
    if not any(map(bench.implements, ("grant", "create_account", "delete_account", "run_action"))):
        raise NotApplicable("the connector makes no changes, and asks for nobody by name")
    async with bench.open() as connection:
        kinds = _people_types(connection)
        ids = sorted(each for each in (bench.truth().resources if of is None else of) if each.type in kinds)[:_SOME]
        state = await connection.read_state(StateQuery(principals=tuple(ids)))
    people = [each for each in state.accounts if each.login]
    if of is None and len(people) < 2:
        raise NotApplicable("the state tells of no two people by what name they sign in")
    return people


def _people_types(connection: Connection) -> set[str]:
    return {each.name for each in connection.resource_types() if each.trait is TraitKind.USER}


async def _misled(
    bench: Bench, one: AccountState, other: AccountState, query: Callable[[AccountState], StateQuery], by: str
) -> int:
    """Answer what is asked about *one* by what is said of *other*, alone and first among both; whether that could be."""
    ids = frozenset((one.account.id, other.account.id, str(one.login), str(other.login)))
    wire = Wire()
    async with bench.open(wire) as connection:
        await connection.read_state(query(other))
    said: dict[str, list[tuple[Sent, Response]]] = {}
    for sent, given in wire.answered:
        said.setdefault(kind_of_request(sent, ids), []).append((sent, given))
    tried = 0
    for many in (False, True):
        struck: list[str] = []
        state = await _answered(bench, query(one), _instead(said, ids, struck, many=many))
        if not struck:
            continue
        tried += 1
        what = f"{one.login if by == 'names' else one.account}"
        whom = f"{other.account}{' first, and then with who is asked for' if many else ''}"
        step = f"read_state({by}=({what!r},)), {struck[0]} is answered with {whom}"
        if state is not None:
            _judged(state, one, other, by, step, there=many)
    return tried


async def _answered(bench: Bench, query: StateQuery, plan: Callable[[int, Sent], Fault | None]) -> AccessState | None:
    """The state, read while *plan* answers; None where that is told as an error."""
    async with bench.open(Wire(plan)) as connection:
        try:
            return await connection.read_state(query)
        except JackfieldError as error:
            outcome_of(error)
            return None


def _instead(
    said: Mapping[str, Sequence[tuple[Sent, Response]]], ids: frozenset[str], struck: list[str], *, many: bool
) -> Callable[[int, Sent], Fault | None]:
    taken: dict[str, int] = {}

    def plan(_: int, sent: Sent) -> Fault | None:
        kind = kind_of_request(sent, ids)
        number = taken.get(kind, 0)
        taken[kind] = number + 1
        known = said.get(kind, ())
        if number >= len(known):
            return None
        before, answer = known[number]
        if (before.url, before.body) == (sent.url, sent.body) or decoded(answer) is None:
            return None

        async def fault(send: Send) -> Response:
            own = await send()
            if not many:
                struck.append(str(sent))
                return answer
            both = _merged(decoded(answer), decoded(own))
            if both is None:
                return own
            struck.append(str(sent))
            return with_body(own, both)

        return fault

    return plan


def _merged(first: Any, second: Any) -> Any:
    """*second* with the rows of *first* before its own, in the first list that has any; None where there is none."""
    rows = {at: cast("list[Any]", each) for at, each in values(first) if isinstance(each, list) and "*" not in at}
    for at, own in values(second):
        if "*" not in at and isinstance(own, list) and own and rows.get(at):
            more = rows[at]
            return changed(second, at, lambda value, more=more: [*more, *cast("list[Any]", value)])
    return None


def _judged(state: AccessState, one: AccountState, other: AccountState, by: str, step: str, *, there: bool) -> None:
    for each in state.accounts:
        asked = each.asked == one.login if by == "names" else each.account == one.account
        if by == "names" and asked and each.account != one.account:
            raise Finding(f"who is asked for by {one.login!r} is taken for {each.account}", step)
        if by == "principals" and asked and each.login not in (one.login, None):
            raise Finding(f"{one.account} is told to sign in as {each.login!r}, who is {other.account}", step)
    found = [each for each in state.accounts if each.account == one.account]
    key = str(one.login) if by == "names" else str(one.account)
    if there and not found and not any(key in name for name in state.unreadable):
        raise Finding(f"{one.account} stands in the answer, and is told as not there", step)


async def holds_what_is_asked_by_name(bench: Bench) -> None:
    """Somebody who is asked for by name has what they hold, as somebody who is asked for by id.

    Who is found and holds nothing is granted twice, and revoked from never.
    """
    kinds = {each.entitlement.resource.type for each in samples_of(bench)}
    truth = bench.truth()
    some = [each for each in sorted(truth.grants) if each.entitlement.resource.type in kinds]
    resources = tuple(dict.fromkeys(each.entitlement.resource for each in some))[:_SOME]
    holders = {each.principal for each in some if each.entitlement.resource in resources}
    tried = 0
    for known in (await _known(bench, holders))[:_PAIRS]:
        held = {each for each in some if each.principal == known.account and each.entitlement.resource in resources}
        tried += 1
        async with bench.open() as connection:
            state = await connection.read_state(StateQuery(names=(str(known.login),), resources=resources))
        shown = {each for each in state.held if each.entitlement.resource in resources}
        if shown != held:
            raise Finding(
                f"the state and the truth differ on {min(shown ^ held)}",
                f"read_state(names=({known.login!r},), resources=({', '.join(map(str, resources))}))",
            )
    if not tried:
        raise Lacking("nobody of the truth who signs in holds what is of a kind with the samples")
