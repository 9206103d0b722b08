"""Who somebody is and what is known of them: every fact, and values that nobody foresaw."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

from jackfield.errors import JackfieldError, PluginBug
from jackfield_contracts import AccountStatus, AppTrait, ResourceId, RoleTrait, StateQuery, UserTrait
from jackfield_testkit.bench import Bench, Synced
from jackfield_testkit.bodies import Place, in_answers, place_text, with_changed
from jackfield_testkit.data import Finding, Lacking, NotApplicable
from jackfield_testkit.facts import fact_of, same_fact, shown_facts
from jackfield_testkit.wire import Wire, everywhere

_STATUSES = (AccountStatus.ENABLED, AccountStatus.DISABLED, AccountStatus.PENDING)
_MOST_WORDS = 8
"""How many different texts a place may hold that tells one of a few things."""

_MOST_PLACES = 40
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_DATES = ("created", "invited", "joined", "suspended", "last_login")
_MOST_TRIED = 2
_UNFORESEEN: tuple[Any, ...] = ("testkit_new", "", 7)
_NO_ROWS: tuple[tuple[str, Any], ...] = (
    ("middle", None),
    ("middle", "testkit"),
    ("middle", {}),
    ("last", None),
    ("last", {}),
)


async def shows_every_fact(bench: Bench) -> None:
    """Each fact that the application has is shown as it is: names, all addresses, ids, dates as instants, types.

    A review decides by who somebody is; an address that is lost, or a date of another zone, is another person or another day.
    """
    truth = bench.truth()
    shown = await bench.sync()
    for id, facts in truth.facts.items():
        resource = shown.resources.get(id)
        for name, fact in facts.items():
            if resource is not None and not same_fact(its := fact_of(resource, name), fact):
                raise Finding(f"{name} of {id} is shown as {its!r} and is {fact!r}", "jackfield sync")
    for each in shown.entitlements:
        fact = truth.facts.get(each.id.resource, {}).get("privileged")
        role = isinstance(shown.resources[each.id.resource].trait, RoleTrait)
        if role and isinstance(fact, bool) and each.privileged is not fact:
            raise Finding(
                f"{each.id} is shown as {_gives(each.privileged)} privileges, and is {_gives(fact)} them", "sync"
            )
    shown_so = {each.id for each in shown.entitlements if each.privileged}
    if truth.privileged is not None and (wrong := sorted(shown_so ^ truth.privileged)):
        raise Finding(f"{wrong[0]} is shown as {_gives(wrong[0] in shown_so)} privileges, which is wrong", "sync")
    if truth.privileged is None and any(each.resource.type not in _roles(shown) for each in shown_so):
        bench.leave("the truth does not tell which entitlements are privileged", 0.9)
    told: dict[str, set[str]] = defaultdict(set)
    for id, facts in truth.facts.items():
        told[id.type] |= facts.keys()
    seen: dict[str, set[str]] = defaultdict(set)
    for id, resource in shown.resources.items():
        if not isinstance(resource.trait, AppTrait):
            seen[id.type] |= shown_facts(resource)
    if not truth.facts:
        raise Lacking("the truth tells no facts, so that only who is there is compared, and not what is shown of them")
    left = [f"{type}.{name}" for type, names in seen.items() for name in sorted(names - told[type])]
    if left:
        every = len(left) + sum(map(len, told.values()))
        bench.leave(f"the truth does not tell {', '.join(left)}, which a sync shows", 1 - len(left) / every)
    held = {facts["status"] for facts in truth.facts.values() if facts.get("status") is not None}
    # A mapping of words is written by hand: the word that no account of the fixture has is the one that is wrong.
    if held and (lacking := [each.value for each in _STATUSES if each.value not in held]):
        bench.leave(f"no account of the truth is {' or '.join(lacking)}", 1 - len(lacking) / len(_STATUSES) / 2)


def _roles(shown: Synced) -> set[str]:
    """The types whose resources are roles, of which the facts tell it."""
    return {id.type for id, each in shown.resources.items() if isinstance(each.trait, RoleTrait)}


def _gives(privileged: bool) -> str:
    return "giving" if privileged else "not giving"


async def reads_dates_as_instants(bench: Bench) -> None:
    """A date is the instant that the application means, in whatever zone it is written; without a zone it is no date.

    Half of the world writes its own time: read as UTC, somebody left before they came.
    """
    wire = Wire()
    before = await bench.sync(wire)
    places = Counter(at for at, value in in_answers(wire.answered) if _is_date(value))
    known = _dates(before)
    seen = False
    for at in list(places)[:_MOST_PLACES]:
        zone = await bench.sync(Wire(everywhere(with_changed(at, _elsewhere))))
        step = f"{place_text(at)} of every answer is the same instant, written with +05:30"
        _no_bug(zone, step)
        for id, date in _dates(zone).items():
            if id in known and date != known[id]:
                raise Finding(f"{id[1]} of {id[0]} is shown as {date} and is {known[id]}", step)
        bare = await bench.sync(Wire(everywhere(with_changed(at, _without_zone))))
        seen = seen or _dates(bare) != known or not bare.complete
        later = await bench.sync(Wire(everywhere(with_changed(at, _a_day_later))))
        step = f"{place_text(at)} of every answer has no zone"
        _no_bug(bare, step)
        told = not bare.complete or len(bare.diagnostics) > len(before.diagnostics)
        # Those that follow this place are known by moving when it does.
        moved = {id for id, date in _dates(later).items() if id in known and date != known[id]}
        guessed = [id for id in moved if _dates(bare).get(id) is not None]
        seen = seen or bool(moved)
        if guessed and not told:
            id, name = guessed[0]
            raise Finding(f"{name} of {id} is shown as {_dates(bare)[guessed[0]]}, and nobody knows its zone", step)
        if moved:
            _none_made_up(await bench.sync(Wire(everywhere(with_changed(at, lambda _: None)))), moved, at)
    if not seen:
        raise NotApplicable("no answer of the application has a date with its zone that a sync shows")


def _none_made_up(shown: Synced, moved: Collection[tuple[ResourceId, str]], at: Place) -> None:
    """Fail where a date is shown that no answer gives."""
    if made_up := [each for each in moved if _dates(shown).get(each) is not None]:
        id, name = made_up[0]
        step = f"{place_text(at)} of every answer is null"
        raise Finding(f"{name} of {id} is shown as {_dates(shown)[made_up[0]]}, and no answer gives it", step)


def _dates(shown: Synced) -> dict[tuple[ResourceId, str], datetime]:
    return {
        (id, name): value
        for id, resource in shown.resources.items()
        for name in _DATES
        if isinstance(value := fact_of(resource, name), datetime)
    }


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and _DATE.fullmatch(value) is not None


def _elsewhere(value: Any) -> Any:
    if not _is_date(value):
        return value
    return datetime.fromisoformat(value).astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()


def _a_day_later(value: Any) -> Any:
    if not _is_date(value):
        return value
    return (datetime.fromisoformat(value) + timedelta(days=1)).astimezone(UTC).isoformat().replace("+00:00", "Z")


def _without_zone(value: Any) -> Any:
    return re.sub(r"(Z|[+-]\d\d:?\d\d)$", "", value) if _is_date(value) else value


async def guesses_at_no_value(bench: Bench) -> None:
    """Where a status is told by a value of a kind that nobody foresaw, the account's status is unknown or told as unclear.

    A text "False" where a truth was is true for most languages; whoever left is then shown as somebody who may sign in.
    """
    wire = Wire()
    before = await bench.sync(wire)
    known = _statuses(before)
    tried = False
    for at, words in _telling(wire):
        if not (follow := await _followers(bench, at, lambda one, to=words: _next(one, to), known)):
            continue
        tried = True
        # All of them, and those alone who had one word: where figures tell how many there should be, these still fit.
        whom: list[tuple[Any, set[ResourceId]]] = [(None, follow)]
        for had in words[:_MOST_TRIED]:
            other = _next(had, words)
            whom.append(
                (had, await _followers(bench, at, lambda one, had=had, to=other: _instead(one, to, had), known))
            )
        truths = isinstance(words[0], bool)
        told: dict[str, dict[ResourceId, AccountStatus]] = {}
        for word in words if truths else ():
            told[str(word)] = _statuses(await _with(bench, at, lambda one, word=word: _instead(one, word)))
        for value in (*_UNFORESEEN, *(("False", "false", "True") if truths else ())):
            meant = told.get(value.capitalize(), {}) if isinstance(value, str) else {}
            for had, some in whom:
                step = f"{place_text(at)} of every answer, which tells the status, is {value!r}"
                step += f" where it was {had!r}" if had is not None else ""
                _unknown(
                    await _with(bench, at, lambda one, to=value, had=had: _instead(one, to, had)),
                    known,
                    some,
                    meant,
                    step,
                )
    if not tried:
        raise NotApplicable("no answer of the application tells the status of a user by one of a few values")


async def _with(bench: Bench, at: Place, change: Callable[[Any], Any]) -> Synced:
    """A sync of answers that have something else in one place."""
    return await bench.sync(Wire(everywhere(with_changed(at, change))))


async def _followers(
    bench: Bench, at: Place, change: Callable[[Any], Any], known: Mapping[ResourceId, AccountStatus]
) -> set[ResourceId]:
    """Those whose status is another when something else stands in one place."""
    turned = _statuses(await _with(bench, at, change))
    return {id for id, status in known.items() if turned.get(id) not in (None, status)}


def _telling(wire: Wire) -> Iterator[tuple[Place, list[Any]]]:
    """The places that hold truths or one of a few words, with what they hold; of truths both."""
    held: dict[Place, Counter[Any]] = defaultdict(Counter[Any])
    for at, value in in_answers(wire.answered):
        if isinstance(value, bool | str) and "*" in at:
            held[at][value] += 1
    for at, words in list(held.items())[:_MOST_PLACES]:
        if all(isinstance(each, bool) for each in words):
            yield at, [True, False]
        elif 1 < len(words) <= _MOST_WORDS and words.total() > 2 * len(words):
            yield at, sorted(map(str, words))


def _next(value: Any, words: list[Any]) -> Any:
    """The word that stands after *value* in a circle of *words*."""
    return words[(words.index(value) + 1) % len(words)] if isinstance(value, bool | str) and value in words else value


def _instead(value: Any, other: Any, had: Any = None) -> Any:
    return other if isinstance(value, bool | str) and (had is None or value == had) else value


def _unknown(
    shown: Synced,
    known: Mapping[ResourceId, AccountStatus],
    who: Collection[ResourceId],
    meant: Mapping[ResourceId, AccountStatus],
    step: str,
) -> None:
    """Fail where the status of some is told, and neither unknown nor what is meant.

    In a snapshot that says that it is not whole, what is true may have been read in another place.
    """
    _no_bug(shown, step)
    for id, status in _statuses(shown).items():
        told_elsewhere = not shown.complete and status is known.get(id)
        if id in who and status not in (AccountStatus.UNKNOWN, meant.get(id)) and not told_elsewhere:
            raise Finding(f"{id} is shown as {status.value}", step)


def _statuses(shown: Synced) -> dict[ResourceId, AccountStatus]:
    return {id: trait.status for id, each in shown.resources.items() if isinstance(trait := each.trait, UserTrait)}


async def leaves_out_no_row(bench: Bench) -> None:
    """A row that can't be read is told, never left out.

    One that is skipped is access that nobody sees, in a snapshot that calls itself whole.
    """
    wire = Wire()
    before = await bench.sync(wire)
    if not wire.sent:
        await _spoiled(bench, before)
        return
    places = Counter((*at, "*") for at, value in in_answers(wire.answered) if _is_listing(value))
    if not places:
        raise NotApplicable("no answer of the application has a list of objects")
    for at in list(places)[:_MOST_PLACES]:
        for which, row in _NO_ROWS:
            shown = await _with(bench, at[:-1], lambda value, row=row, which=which: _one_else(value, row, which))
            _lost_and_told(before, shown, f"the {which} row of each {place_text(at)} is {row!r}")


async def _spoiled(bench: Bench, before: Synced) -> None:
    spoil = bench.need("spoil", "whether a row that can't be read is told")
    number = 0
    while (what := spoil(number)) is not None:
        shown = await bench.sync()
        _lost_and_told(before, shown, what)
        await _stated(bench, before, shown, what)
        number += 1


async def _stated(bench: Bench, before: Synced, shown: Synced, step: str) -> None:
    """Whose row can't be read is not told as not there when they are asked for: a deletion would count as made."""
    people = [id for id, each in before.resources.items() if isinstance(each.trait, UserTrait)]
    lost = [id for id in people if id not in shown.resources]
    if not lost or not bench.implements("grant"):
        return
    async with bench.open() as connection:
        try:
            state = await connection.read_state(StateQuery(principals=tuple(lost)))
        except JackfieldError:
            return  # told, and nothing is taken for gone
    there = {str(each.account) for each in state.accounts}
    if silent := [id for id in lost if str(id) not in there and str(id) not in state.unreadable]:
        raise Finding(f"{silent[0]} is told as not there, and their row can't be read", step, "read_state")


def _lost_and_told(before: Synced, shown: Synced, step: str) -> None:
    _no_bug(shown, step)
    # A word about it is not enough: in a snapshot that calls itself complete, whoever is missing counts as gone.
    if lost := shown.lost_of(before):
        raise Finding(f"{lost[0]} is missing, and its scope is told as seen whole", step, "jackfield sync")
    if not shown.complete:
        return
    gone: list[object] = [
        *sorted(before.resources.keys() - shown.resources.keys()),
        *sorted(before.grants - shown.grants),
    ]
    if gone:
        raise Finding(f"{gone[0]} is missing, and the snapshot calls itself complete", step, "jackfield sync")


def _is_listing(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(each, dict) for each in cast("list[Any]", value))


def _one_else(value: Any, row: Any, which: str) -> Any:
    if not _is_listing(value):
        return value
    rows = list(cast("list[Any]", value))
    rows[len(rows) // 2 if which == "middle" else -1] = row
    return rows


def _no_bug(shown: Synced, step: str) -> None:
    if isinstance(shown.error, PluginBug):
        raise Finding(f"the connector failed instead of naming what happened: {shown.error}", step, "jackfield sync")
