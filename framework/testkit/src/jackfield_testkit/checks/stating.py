"""What a connector reads before and after changes."""

from collections.abc import Collection

from jackfield.errors import JackfieldError
from jackfield.host.connection import Connection
from jackfield_contracts import AccessState, AccountState, ResourceId, StateQuery, UserTrait
from jackfield_testkit.bench import Bench, Synced, outcome_of
from jackfield_testkit.checks.acting import (
    samples_of,
)
from jackfield_testkit.data import Finding
from jackfield_testkit.reach import no_requests
from jackfield_testkit.wire import (
    BROKEN,
    FOREIGN,
    REFUSALS,
    Wire,
    answer,
    at,
    lose_request,
)

_SOME = 40
"""How many of a kind are asked about at once, which is less than any application's own limit should be."""


async def reads_the_state_as_it_is(bench: Bench) -> None:
    """``read_state`` shows what is true now: who is there, what is offered, what is held; strangers are left out.

    Every outcome is judged by this read.
    """
    bench.need_hook("grant")
    changes = samples_of(bench)
    truth = bench.truth()
    principals = tuple(dict.fromkeys(each.principal for each in changes))
    resources = tuple(dict.fromkeys(each.entitlement.resource for each in changes))
    held_by = {each.principal for each in truth.grants if each.entitlement.resource in resources}
    some = tuple(dict.fromkeys((*principals, *sorted(held_by)[:5])))
    nobody = bench.samples.nobody or ResourceId(type=principals[0].type, id=f"{principals[0].id}-testkit")
    nowhere = ResourceId(type=resources[0].type, id=f"{resources[0].id}-testkit")
    async with bench.open() as connection:
        state = await connection.read_state(StateQuery(principals=(*some, nobody), resources=(*resources, nowhere)))
        await _by_name(bench, connection, principals[0], state)
    there = {each.account for each in state.accounts}
    if missing := [
        each for each in some if each not in there and each in truth.resources and each.type == principals[0].type
    ]:
        raise Finding(f"{missing[0]} is in the application and not in the state", "read_state")
    if nobody in there:
        raise Finding(f"{nobody} is not in the application and is in the state", "read_state")
    offered = {each.id: each for each in state.entitlements}
    for change in changes:
        if change.entitlement not in offered:
            raise Finding(f"the state does not offer {change.entitlement}", "read_state")
    if foreign := [each for each in offered if each.resource == nowhere]:
        raise Finding(f"the state offers {foreign[0]}, of a resource that is not there", "read_state")
    shown = {each for each in state.held if each.entitlement.resource in resources}
    wanted = {each for each in truth.grants if each.entitlement.resource in resources and each.principal in some}
    if shown != wanted:
        raise Finding(f"the state and the truth differ on {min(shown ^ wanted)}", "read_state")


async def _by_name(bench: Bench, connection: Connection, principal: ResourceId, state: AccessState) -> None:
    login = next((each.login for each in state.accounts if each.account == principal), None)
    if login is None:
        return
    named = await connection.read_state(StateQuery(names=(login, "nobody@testkit.example")))
    found = {each.asked: each.account for each in named.accounts}
    if found.get(login) != principal:
        raise Finding(
            f"the login {login!r} finds {found.get(login)}, and is that of {principal}",
            f"read_state(names=({login!r},))",
        )
    if "nobody@testkit.example" in found:
        raise Finding("a name that nobody has finds somebody", "read_state(names=('nobody@testkit.example',))")


async def states_what_a_sync_shows(bench: Bench) -> None:
    """``read_state`` knows every kind of account, resource and entitlement that a sync shows, and tells the same of it.

    What an administrator sees in a sync is what is asked for next; a read that does not know it refuses with "not there".
    """
    bench.need_hook("grant")
    synced = await bench.sync()
    if not synced.complete:
        raise Finding(f"a sync of an application that nothing disturbs is {synced}", "sync")
    kinds = {each.principal.type for each in bench.samples.grants}
    accounts = _some_of_each_status(synced, kinds)
    of_type: dict[str, list[ResourceId]] = {}
    for each in synced.entitlements:
        of_type.setdefault(each.id.resource.type, []).append(each.id.resource)
    resources = [id for some in of_type.values() for id in list(dict.fromkeys(some))[:_SOME]]
    async with bench.open() as connection:
        state = await connection.read_state(StateQuery(principals=tuple(accounts), resources=tuple(resources)))
        await _shows_rivals(connection, synced)
    there = {each.account for each in state.accounts}
    if missing := [id for id in accounts if id not in there]:
        raise Finding(f"a sync shows {missing[0]}, and the state does not", "sync", "read_state")
    for account in state.accounts:
        trait = synced.resources[account.account].trait if account.account in synced.resources else None
        if isinstance(trait, UserTrait) and (account.status, account.login) != (trait.status, trait.login):
            said = f"a sync shows {account.account} as {trait.status.value} ({trait.login})"
            raise Finding(f"{said}, and the state as {account.status.value} ({account.login})", "sync", "read_state")
        if isinstance(trait, UserTrait):
            _no_address_guessed(account, trait)
    offered = {each.id: each for each in state.entitlements}
    for each in synced.entitlements:
        if each.id.resource not in resources:
            continue
        if each.id not in offered:
            raise Finding(
                f"a sync shows the entitlement {each.id}, and the state does not offer it", "sync", "read_state"
            )
        for name in ("exclusive", "immutable", "privileged", "leaves"):
            if getattr(offered[each.id], name) != getattr(each, name):
                message = f"{name} of {each.id} is {getattr(each, name)!r} in a sync"
                raise Finding(f"{message} and {getattr(offered[each.id], name)!r} in the state", "sync", "read_state")
    shown = {each for each in synced.grants if each.entitlement.resource in resources and each.principal in accounts}
    held = {each for each in state.held if each.entitlement.resource in resources}
    if shown != held:
        raise Finding(f"a sync and the state differ on {min(shown ^ held)}", "sync", "read_state")


def _no_address_guessed(account: AccountState, trait: UserTrait) -> None:
    """Fail where one of several addresses is a fact of an account, and nothing says that it is the main one."""
    email = account.facts.get("email")
    main = [each.address for each in trait.emails if each.primary]
    if isinstance(email, str) and email and len(trait.emails) > 1 and email not in main:
        said = f"which of {len(trait.emails)} addresses is the main one is not told"
        raise Finding(f"{said}, and the state has {email!r} as that of {account.account}", "sync", "read_state")


def _some_of_each_status(synced: Synced, kinds: Collection[str]) -> list[ResourceId]:
    """Those whom the samples may be granted to, people of every status among them."""
    some = [id for id in synced.resources if id.type in kinds]
    statuses = {each.status: id for id in some if isinstance(each := synced.resources[id].trait, UserTrait)}
    return list(dict.fromkeys((*statuses.values(), *some)))[:_SOME]


async def _shows_rivals(connection: Connection, synced: Synced) -> None:
    """Ask for one resource, and see that what its entitlement would replace is shown as well."""
    exclusive = {each.id: each.exclusive for each in synced.entitlements if each.exclusive is not None}
    tried: set[str] = set()
    for held in sorted(synced.grants):
        own = exclusive.get(held.entitlement)
        if own is None or own.set in tried:
            continue
        rival = next(
            (id for id, each in exclusive.items() if each.set == own.set and id.resource != held.entitlement.resource),
            None,
        )
        if rival is None:
            continue
        tried.add(own.set)
        state = await connection.read_state(StateQuery(principals=(held.principal,), resources=(rival.resource,)))
        if held not in state.held:
            raise Finding(
                f"{held.principal} holds {held.entitlement}, which {rival} would replace, and the state does not show it",
                f"read_state(principals=({held.principal},), resources=({rival.resource},))",
            )


def query_of_what_is_held(bench: Bench) -> StateQuery:
    """Of the samples, and of some who hold what they are about: a state that comes out empty shows."""
    changes = samples_of(bench)
    truth = bench.truth()
    held = sorted(each for each in truth.grants if each.principal.type == changes[0].principal.type)
    of_resources = [each for each in held if each.entitlement.resource in {one.entitlement.resource for one in changes}]
    principals = tuple(
        dict.fromkeys((*(each.principal for each in changes), *(each.principal for each in of_resources[:3])))
    )
    return StateQuery(
        principals=principals, resources=tuple(dict.fromkeys(each.entitlement.resource for each in changes))
    )


async def raises_where_the_state_is_unknown(bench: Bench) -> None:
    """A state that can't be read raises, it never comes out empty or short.

    "Not held" out of a failed read lets a revocation pass for made.
    """
    query = query_of_what_is_held(bench)
    wire = Wire()
    async with bench.open(wire) as connection:
        wanted = await connection.read_state(query)
    faults = {
        "lost": lose_request,
        **{f"answered {status}": answer(status, FOREIGN) for status in (*REFUSALS, 500)},
        **BROKEN,
    }
    if not wire.sent:
        raise no_requests(bench, "reading the state makes no requests")
    for index in range(len(wire.sent)):
        for what, fault in faults.items():
            struck = Wire(at(index, fault, lasting=True))
            async with bench.open(struck) as connection:
                try:
                    state = await connection.read_state(query)
                except JackfieldError as error:
                    outcome_of(error)
                    continue
            if _short(state, wanted):
                raise Finding(
                    "the state comes out short instead of raising",
                    f"read_state, {', '.join(struck.struck[:1])} is {what}",
                )


def _short(state: AccessState, wanted: AccessState) -> bool:
    """Whether *state* is another than *wanted* without saying so; what it tells as unreadable may be missing."""
    message = state.unreadable.keys()
    held = {each for each in wanted.held if not {str(each.entitlement.resource), str(each.principal)} & message}
    accounts = {each.account for each in wanted.accounts if str(each.account) not in message}
    offered = {each.id for each in wanted.entitlements if str(each.id.resource) not in message}
    return not (
        held <= set(state.held) <= set(wanted.held)
        and accounts <= {each.account for each in state.accounts} <= {each.account for each in wanted.accounts}
        and offered <= {each.id for each in state.entitlements} <= {each.id for each in wanted.entitlements}
    )
