"""People and groups of odd names: each is shown as it is called, found by it alone, and changed alone."""

from collections.abc import Callable, Mapping

from jackfield.host.connection import Connection
from jackfield_contracts import Email, EntitlementId, GrantAccess, OutcomeKind, ResourceId, StateQuery, TraitKind
from jackfield_testkit.bench import Bench, differences
from jackfield_testkit.checks.acting import grant_id, name_of, one_of_each_kind, outcome_text, restore
from jackfield_testkit.data import Finding, Lacking, NotApplicable

_ODD = (
    ("Ann O'Neil", "ann.o'neil"),
    ('Say "Hello"', 'say"hello'),
    ("A/B and C", "a/b.c"),
    ("50% off", "50%25off"),
    ("Who? Me = 1", "who?me=1"),
    ("Me & You", "me&you"),
    ("Number #1", "no#1"),
    ("Back\\slash", "back\\slash"),
    ("Ünïcødé Žlutý", "žlutý"),
    ("李小龍", "李"),
    ("Plus + Space", "plus+one"),
    ("Star * (all)", "star*all"),
    ("Brackets [1]", "a[1]b"),
    ("Comma, Semi; Colon:", "comma,semi"),
    ("Capital Letters", "Capital.Letters"),
    ("007", "007"),
    ("null", "null"),
    ("1e5", "1e5"),
)
"""Names and logins that mean something else in an address, a filter or a file than what they say."""

_PATTERNS = ("*", "%", "?*", ".*", "_%")
"""What finds everybody where a name is taken for a pattern."""

_LIKE = (("Anna", "anna"), ("Annabel", "annabel"), ("Ann", "ann"))
"""Each is the beginning of another, and the shortest comes last."""

_MORE = 3
"""How many more than a page have a name in common."""

_MOST = 20
_GIVEN = 6
"""To how many of them something is granted."""


async def finds_people_of_any_name(bench: Bench) -> None:
    """Whoever somebody is called, they are shown under that name, found by it, and nobody is found in their place.

    People are called O'Neil and 李, Ann and Annabel, and there are more Smiths than a page holds: who is taken for another
    loses access that the other was to lose.
    """
    invite = bench.need("invite", "how people of odd names, or of names that begin alike, are found")
    domain = await _domain(bench)
    there: dict[str, ResourceId] = {}
    refused = 0
    for name, login in _ODD:
        known = _first(invite, (name, login + domain), (name, f"odd{len(there)}{domain}"), ("Odd", login + domain))
        refused += not known
        there |= known
    like = [(name, login + domain) for name, login in _LIKE]
    size = min(int(getattr(bench.backend, "page_size", _MORE)), _MOST)
    like += [(f"Smith {number:03}", f"smith{number:03}{domain}") for number in range(size + _MORE)]
    for name, login in like:
        there |= _first(invite, (name, login))
    if not there:
        raise Lacking("the application takes none of the names that are tried")
    await _shown(bench)
    await _found(bench, there)
    await _granted(bench, there)
    if refused:
        bench.leave(f"the application takes {refused} of {len(_ODD)} odd names in no form", 1 - refused / len(_ODD) / 2)


def _first(invite: Callable[[str, str], ResourceId | None], *tried: tuple[str, str]) -> dict[str, ResourceId]:
    for name, login in tried:
        if (made := invite(name, login)) is not None:
            return {login: made}
    return {}


async def _domain(bench: Bench) -> str:
    """What follows the name in a login of the application, such as @example.com."""
    for facts in bench.truth().facts.values():
        if isinstance(login := facts.get("login"), str):
            return "@" + login.rpartition("@")[2] if "@" in login else ""
    return "@example.com"


async def _shown(bench: Bench) -> None:
    shown = await bench.sync()
    if not shown.complete:
        raise Finding(
            f"the sync is not complete: {shown}", "people and groups of odd names are there", "jackfield sync"
        )
    if wrong := differences(shown, bench.truth()):
        raise Finding("; ".join(wrong), "people and groups of odd names are there", "jackfield sync")


async def _found(bench: Bench, there: dict[str, ResourceId]) -> None:
    """Each by the login alone, all at once and by id; nobody by what is only the beginning of one."""
    if not any(map(bench.implements, ("grant", "create_account", "delete_account", "run_action"))):
        return
    truth = bench.truth()
    logins = {login.casefold() for facts in truth.facts.values() if isinstance(login := facts.get("login"), str)}
    async with bench.open() as connection:
        # Of those who have a name in common the last ones, beyond a page.
        alone = [*there.items()]
        for login, id in (*alone[: len(_ODD) + len(_LIKE)], *alone[-2:]):
            state = await connection.read_state(StateQuery(names=(login,)))
            found = [each.account for each in state.accounts if each.asked == login]
            if found != [id]:
                seen = found[0] if found else "nobody"
                raise Finding(f"{login!r} finds {seen}, and is {id}", f"read_state(names=({login!r},))")
        begun = (login[: len(login) // 2] for login, _ in (*alone[: len(_ODD)], *alone[-1:]))
        for short in dict.fromkeys((*begun, *_PATTERNS)):
            if short and short.casefold() not in logins:
                state = await connection.read_state(StateQuery(names=(short,)))
                if state.accounts:
                    raise Finding(f"{short!r}, which nobody is called, finds {state.accounts[0].account}", "read_state")
        state = await connection.read_state(StateQuery(names=tuple(there), principals=tuple(there.values())))
    for login, id in there.items():
        named = {each.account for each in state.accounts if each.asked == login}
        if named != {id}:
            raise Finding(f"asked for among others, {login!r} finds {named or 'nobody'}, and is {id}", "read_state")
        if not any(each.account == id and each.asked is None for each in state.accounts):
            raise Finding(f"asked for among others by id, {id} is not found", "read_state")


async def _granted(bench: Bench, there: dict[str, ResourceId]) -> None:
    """Give one of the samples to the people of odd names, and take it back."""
    people = {each.type for each in there.values()}
    for change in [each for each in one_of_each_kind(bench.samples.grants) if each.principal.type in people][:1]:
        for id in [*there.values()][:_GIVEN]:
            await _gives(bench, GrantAccess(entitlement=change.entitlement, principal=id))


async def _gives(bench: Bench, change: GrantAccess) -> None:
    before = bench.truth()
    (outcome,) = await bench.change(change)
    given = bench.truth().grants - before.grants
    if outcome.outcome is OutcomeKind.CHANGED and given != frozenset((grant_id(change),)):
        raise Finding(
            f"it is told as changed, and {', '.join(map(str, sorted(given))) or 'nothing'} is new", name_of(change)
        )
    if outcome.outcome is not OutcomeKind.CHANGED:
        raise Finding(f"a grant that is possible ends as {outcome_text(outcome)}", name_of(change))
    await restore(bench, change, before)


async def finds_groups_of_any_name(bench: Bench) -> None:
    """Whatever a group is called, it is shown under that name, and who is put into it is in it and in no other.

    "R&D", "A/B" and "Ops" beside "Ops (old)": a name that is put into an address as it is opens another group's door.
    """
    make = bench.need("make_group", "how groups of odd names are shown and changed")
    made = {
        name: each for name in (*(name for name, _ in _ODD), "Ops (old)", "Ops") if (each := make(name)) is not None
    }
    if not made:
        raise Lacking("the application takes none of the names that are tried")
    await _shown(bench)
    async with bench.open() as connection:
        kinds = {each.name for each in connection.resource_types() if each.trait is TraitKind.GROUP}
        if bench.implements("grant"):
            state = await connection.read_state(StateQuery(resources=tuple(made.values())))
            offered = {each.id.resource for each in state.entitlements}
            if missing := [each for each in made.values() if each not in offered]:
                raise Finding(f"a sync shows {missing[0]}, and the state offers nothing of it", "read_state")
    samples = [each for each in bench.samples.grants if each.entitlement.resource.type in kinds]
    if bench.implements("grant") and not samples:
        raise NotApplicable("the samples grant no group")
    for change in samples[:1]:
        for each in [*made.values()][-_GIVEN:]:
            own = EntitlementId(resource=each, slug=change.entitlement.slug)
            await _gives(bench, GrantAccess(entitlement=own, principal=change.principal))


async def finds_all_of_one_name(bench: Bench) -> None:
    """Of several people of one name, or one address, all are found by it, or nobody; never just the first of them.

    The host asks which of them is meant where it is told of several; who is told of one changes that one.
    """
    invite = bench.need("invite", "whether several people of one name are told apart")
    if not any(map(bench.implements, ("grant", "create_account", "delete_account", "run_action"))):
        raise NotApplicable("the connector makes no changes, and asks for nobody by name")
    domain = await _domain(bench)
    both = [each for number in (1, 2) if (each := invite("Same Name", f"same{number}{domain}")) is not None]
    if len(both) < 2:
        raise Lacking("the application takes no two people of one name")
    await _all_or_nobody(bench, "Same Name", both)
    alike = [
        each
        for name in ("alike", "ALIKE")
        if (each := invite(f"{name} {name}", f"{name}{domain}")) is not None and each in bench.truth().resources
    ]
    if len(set(alike)) > 1:
        await _all_or_nobody(bench, f"Alike{domain}", alike)
    give = getattr(bench.backend, "give_address", None)
    shared = f"shared{domain or '@example.com'}"
    if give is None:
        bench.leave(
            "the backend has no give_address, so whether an address that two have finds one is not checked", 0.5
        )
    elif give(both[0], shared) and give(both[1], shared):
        await _all_or_nobody(bench, shared, both)


async def _all_or_nobody(bench: Bench, name: str, both: list[ResourceId]) -> None:
    async with bench.open() as connection:
        state = await connection.read_state(StateQuery(names=(name,)))
    found = {each.account for each in state.accounts if each.asked == name}
    if found and not found >= set(both):
        told = ", ".join(map(str, sorted(found)))
        raise Finding(f"{name!r} finds {told} alone, and {both[0]} and {both[1]} are called so", "read_state")


async def finds_people_by_what_they_have(bench: Bench) -> None:
    """Somebody is found by their main address, in capitals or not; nobody else is by that, or by another system's id.

    Requests come from other systems, by the address or the number that those have: who is not found is made a second time.
    """
    if not any(map(bench.implements, ("grant", "create_account", "delete_account", "run_action"))):
        raise NotApplicable("the connector makes no changes, and asks for nobody by name")
    addresses, others = _known_by(bench)
    if not addresses and not others:
        raise Lacking("the truth tells neither addresses nor external ids of people")
    async with bench.open() as connection:
        for name, id in _of_one(addresses):
            for asked in (name, name.upper()):
                await _is_found(connection, asked, id, surely=True)
        for name, id in _of_one(others):
            # Of several ids that others have for somebody, an application may look for one kind only.
            await _is_found(connection, name, id, surely=False)


async def _is_found(connection: Connection, name: str, id: ResourceId, *, surely: bool) -> None:
    state = await connection.read_state(StateQuery(names=(name,)))
    found = {each.account for each in state.accounts if each.asked == name}
    if found != {id} and (found or surely):
        seen = ", ".join(map(str, sorted(found))) or "nobody"
        raise Finding(f"{name!r} finds {seen}, and is {id}'s", f"read_state(names=({name!r},))")


def _of_one(known: Mapping[str, set[ResourceId]]) -> list[tuple[str, ResourceId]]:
    return [(name, id) for name, (id, *more) in ((name, [*who]) for name, who in known.items()) if not more][:_MOST]


def _known_by(bench: Bench) -> tuple[dict[str, set[ResourceId]], dict[str, set[ResourceId]]]:
    """Whose each main address, and each external id, is."""
    addresses: dict[str, set[ResourceId]] = {}
    others: dict[str, set[ResourceId]] = {}
    for id, facts in bench.truth().facts.items():
        for each in facts.get("emails") or ():
            if isinstance(each, Email) and each.primary:
                addresses.setdefault(each.address, set()).add(id)
        known: Mapping[str, str] = facts.get("external_ids") or {}
        for name in known.values():
            others.setdefault(name, set()).add(id)
    return addresses, others
