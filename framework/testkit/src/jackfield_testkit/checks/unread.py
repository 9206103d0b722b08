"""What becomes of one person whose rows can't be understood, wherever the application gives them."""

from collections.abc import Callable
from typing import Any, cast

import msgspec

from jackfield.errors import JackfieldError, PluginBug
from jackfield.http import Response
from jackfield_contracts import ResourceId, StateQuery, UserTrait
from jackfield_testkit.bench import Bench, Synced
from jackfield_testkit.bodies import decoded, with_body
from jackfield_testkit.data import Finding, NotApplicable
from jackfield_testkit.wire import Fault, Plan, Wire, everywhere, rewrite

_NUMBERS = "the same with numbers for its words"
_FORMS: tuple[Any, ...] = (None, {}, 7, _NUMBERS)


async def takes_nobody_whose_row_is_unread_for_gone(bench: Bench) -> None:
    """Somebody whose rows can't be understood, wherever there are any, is not told as gone: by no sync, and by no state.

    A new form of one row, and a deletion counts as made, or the next report says that the person has left.
    """
    wire = Wire()
    before = await bench.sync(wire)
    if not wire.sent or not before.complete:
        raise NotApplicable("the connector makes no requests, or an undisturbed sync is not complete")
    held = {each.principal for each in before.grants}
    people = sorted(id for id, each in before.resources.items() if isinstance(each.trait, UserTrait))
    if not people:
        raise NotApplicable("an undisturbed sync shows no people")
    # One of whom nothing else tells, and one who holds something.
    for who in {min(people, key=lambda each: (each in held, each)), max(people, key=lambda each: (each in held, each))}:
        for form in _FORMS:
            step = f"each row of {who} in a list is {form!r}"
            fault = everywhere(_unread(who, form, _words(before, who)))
            _there_or_told(before, await bench.sync(Wire(fault)), who, step)
            if bench.implements("grant"):
                await _stated(bench, who, fault, step)


def _there_or_told(before: Synced, shown: Synced, who: ResourceId, step: str) -> None:
    if isinstance(shown.error, PluginBug):
        raise Finding(f"the connector failed instead of naming what happened: {shown.error}", step)
    if who in shown.lost_of(before) or (who not in shown.resources and shown.complete):
        raise Finding(f"{who} is missing, and the listing is told as seen whole", step, "jackfield sync")


async def _stated(bench: Bench, who: ResourceId, fault: Plan, step: str) -> None:
    try:
        async with bench.open(Wire(fault)) as connection:
            state = await connection.read_state(StateQuery(principals=(who,)))
    except PluginBug as error:
        raise Finding(f"the connector failed instead of naming what happened: {error}", step) from None
    except JackfieldError:
        return
    if who not in [each.account for each in state.accounts] and str(who) not in state.unreadable:
        raise Finding(f"{who} is told as not there, and their row can't be understood", step, "read_state")


def _words(before: Synced, who: ResourceId) -> frozenset[str]:
    """What somebody is called."""
    resource = before.resources[who]
    trait = resource.trait
    found = [resource.display_name]
    if isinstance(trait, UserTrait):
        found += [trait.login or "", *(each.address for each in trait.emails)]
    return frozenset(found) - {"", who.id}


def _unread(who: ResourceId, form: Any, words: frozenset[str]) -> Fault:
    """Answers in whose lists *form* stands for every row that has the id of *who*."""

    def other(row: Any) -> Any:
        return _with_numbers(row, words) if form == _NUMBERS else form

    def change(given: Response) -> Response:
        body = decoded(given)
        return given if body is None else with_body(given, _replaced(body, who.id, other))

    return rewrite(change)


def _with_numbers(value: Any, words: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_with_numbers(each, words) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {name: _with_numbers(each, words) for name, each in cast("dict[str, Any]", value).items()}
    return 7 if value in words else value


def _replaced(body: Any, id: str, other: Callable[[Any], Any]) -> Any:
    if isinstance(body, list):
        rows = cast("list[Any]", body)
        return [
            other(each) if isinstance(each, dict) and _has(each, id) else _replaced(each, id, other) for each in rows
        ]
    if isinstance(body, dict):
        return {name: _replaced(each, id, other) for name, each in cast("dict[str, Any]", body).items()}
    return body


def _has(row: Any, id: str) -> bool:
    """Whether *row* is one of *id*, and not one in whose own lists it stands, such as a group with its members."""
    own = {name: each for name, each in cast("dict[str, Any]", row).items() if not isinstance(each, list)}
    return f'"{id}"'.encode() in msgspec.json.encode(own)
