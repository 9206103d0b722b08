"""Changes as lines of the work list: what is to be done, for whom, and what the exports show done by now."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

import msgspec

from jackfield.errors import JackfieldError
from jackfield.hookspecs import Clock, Logger
from jackfield_contracts import (
    AccessState,
    AccountState,
    AccountStatus,
    Argument,
    CreateAccount,
    DeleteAccount,
    EntitlementId,
    GrantAccess,
    GrantId,
    IdentifierError,
    Outcome,
    OutcomeKind,
    ResourceId,
    RevokeAccess,
    StateQuery,
)
from jackfield_roster.config import RosterConfig, path_of
from jackfield_roster.model import NO_WORK_LIST, SLUG
from jackfield_roster.reading import Reader
from jackfield_roster.state import read_state
from jackfield_roster.worklist import Line, Thing, WorkList

CREATE = (
    Argument(name="login", required=True, sets="login", description="Login or e-mail address of the new account."),
    Argument(name="name", description="Whole name, for whoever makes the account."),
)

_IN_USE = (AccountStatus.ENABLED, AccountStatus.PENDING, AccountStatus.UNKNOWN)
"""As the host has it: an account that is there and disabled is not the one that was asked for."""

GRANT, REVOKE, CREATE_ACCOUNT, DELETE_ACCOUNT = "grant", "revoke", "create_account", "delete_account"

Change = GrantAccess | RevokeAccess | CreateAccount | DeleteAccount


async def ask(
    reader: Reader,
    config: RosterConfig,
    changes: Sequence[Change],
    ids: Sequence[str],
    *,
    state: AccessState,
    known: StateQuery,
    clock: Clock,
    log: Logger,
) -> tuple[Outcome, ...]:
    """Have *changes* in the work list, one open line each; *pending* until an export shows them.

    Lines that the newest exports show done are marked so by the way. Asked twice, it is one line. Nobody is asked for what
    the exports show already or do not have; *state* is believed where they can't be read, or can't tell. *known* says what
    the last snapshot has.
    """
    if config.work_list is None:
        return tuple(_refused("no_work_list", NO_WORK_LIST) for _ in changes)
    names = ids if len(ids) == len(changes) else [_id_of(change) for change in changes]
    asked = clock.now().isoformat(timespec="seconds")
    lines = [_line(change, id, asked, state) for change, id in zip(changes, names, strict=True)]
    book = WorkList(path_of(config.work_list), config.application)
    own = [line.thing for line in lines]
    since = await asyncio.to_thread(book.open_things)
    others = [thing for thing in since if thing not in own]
    seen = await _seen(reader, config, [*own, *others], known, clock, log) if others else None
    shown = [thing for thing in others if seen is not None and _shown(thing, since[thing], seen)]
    now = seen or await _seen(reader, config, own, known, clock, log) or state
    believed = [now if _is_clear(thing, now) else state for thing in own]
    ends = {
        index: end
        for index, (change, by) in enumerate(zip(changes, believed, strict=True))
        if (end := _answered(change, by)) is not None
    }
    left = [line for index, line in enumerate(lines) if index not in ends]
    if left:
        await asyncio.to_thread(book.ask, left, dict.fromkeys(shown, asked))
    return tuple(ends.get(index) or _pending(line, book) for index, line in enumerate(lines))


async def _seen(
    reader: Reader, config: RosterConfig, things: Sequence[Thing], known: StateQuery, clock: Clock, log: Logger
) -> AccessState | None:
    """What the exports say of *things*; None where that can't be read."""
    queries = [query for thing in things if (query := _query(thing)) is not None]
    whole = msgspec.structs.replace(
        known,
        principals=tuple(dict.fromkeys(each for query in queries for each in query.principals)),
        names=tuple(dict.fromkeys(each for query in queries for each in query.names)),
        resources=tuple(dict.fromkeys(each for query in queries for each in query.resources)),
    )
    try:
        return await read_state(reader, config, whole, clock)
    except JackfieldError as error:
        log.info("what the exports say of the work list can't be read", reason=str(error))
        return None


def _pending(line: Line, book: WorkList) -> Outcome:
    reason = f"a person has to do it: it is line {line.id} of {book.file}, and an export will show it done"
    return Outcome(outcome=OutcomeKind.PENDING, tag="work_list", reason=reason)


def _id_of(change: Change) -> str:
    """An id for a change that comes without one: the same for the same change."""
    return blake2b(msgspec.json.encode(change, order="deterministic"), digest_size=8).hexdigest()


def _answered(change: Change, state: AccessState) -> Outcome | None:
    """The outcome of what needs no line."""
    if isinstance(change, CreateAccount):
        there = next((each for each in state.accounts if each.asked == change.arguments.get("login")), None)
        reason = "the export has this login already"
        return Outcome(outcome=OutcomeKind.ALREADY, reason=reason, account=there.account) if there else None
    if isinstance(change, DeleteAccount):
        gone = _account(change.account, state) is None
        return Outcome(outcome=OutcomeKind.ALREADY, reason="the export does not have it") if gone else None
    if change.entitlement.resource.type not in ("group", "role") or change.entitlement.slug != "member":
        return _refused("not_found", f"groups and roles offer member, and nothing offers {change.entitlement}")
    if change.principal.type not in ("user", "group"):
        return _refused("wrong_principal", "only users and groups can hold it")
    if change.principal == change.entitlement.resource:
        return _refused("wrong_principal", "a group can't be a member of itself")
    if not any(each.id == change.entitlement for each in state.entitlements):
        return _refused("not_found", f"the export has no {change.entitlement.resource}")
    held = GrantId(entitlement=change.entitlement, principal=change.principal) in state.held
    if held == isinstance(change, GrantAccess):
        return Outcome(outcome=OutcomeKind.ALREADY, reason="the export shows it so")
    if isinstance(change, GrantAccess) and _account(change.principal, state) is None:
        return _refused("not_found", f"the export has no {change.principal}")
    return None


def _refused(tag: str, reason: str) -> Outcome:
    return Outcome(outcome=OutcomeKind.REFUSED, tag=tag, reason=reason)


def _account(id: ResourceId, state: AccessState) -> AccountState | None:
    return next((each for each in state.accounts if each.account == id), None)


def _line(change: Change, id: str, asked: str, state: AccessState) -> Line:
    if isinstance(change, CreateAccount):
        login, name = change.arguments.get("login"), change.arguments.get("name")
        return Line(id=id, asked=asked, do=CREATE_ACCOUNT, who=str(login), who_name=str(name or ""))
    if isinstance(change, DeleteAccount):
        who = _called(change.account, state)
        return Line(id=id, asked=asked, do=DELETE_ACCOUNT, who=str(change.account), who_name=who)
    names = {each.id: each.display_name for each in state.entitlements}
    return Line(
        id=id,
        asked=asked,
        do=GRANT if isinstance(change, GrantAccess) else REVOKE,
        what=str(change.entitlement),
        what_name=names.get(change.entitlement, ""),
        who=str(change.principal),
        who_name=_called(change.principal, state),
    )


def _called(id: ResourceId, state: AccessState) -> str:
    account = _account(id, state)
    if account is None:
        return ""
    name, login = account.display_name, account.login
    return f"{name} <{login}>" if login and login != name else name


def _query(thing: Thing) -> StateQuery | None:
    """What to ask the exports for; None for a line whose ids no export could have, so that to lack them shows nothing."""
    if thing.do == CREATE_ACCOUNT:
        return StateQuery(names=(thing.who,)) if thing.who else None
    try:
        who = ResourceId.parse(thing.who)
        if thing.do == DELETE_ACCOUNT:
            return StateQuery(principals=(who,)) if _known(who, "user") else None
        if thing.do in (GRANT, REVOKE):
            what = EntitlementId.parse(thing.what)
            known = _known(who, "user", "group") and _known(what.resource, "group", "role") and what.slug == SLUG
            return StateQuery(principals=(who,), resources=(what.resource,)) if known else None
    except IdentifierError:
        return None  # a person's own line, or one that was changed
    return None


def _known(id: ResourceId, *types: str) -> bool:
    """Whether an export could have this id: none has white space around it."""
    return id.type in types and id.id == id.id.strip()


def _shown(thing: Thing, asked: str, state: AccessState) -> bool:
    """Whether the exports show it, and were written after it was asked for."""
    if (query := _query(thing)) is None or not _is_clear(thing, state) or not _done(thing, state):
        return False
    stood = [state.as_of.get(key) for key in _memberships(query) or (*map(str, query.principals), *query.names)]
    return all(_after(each, asked) for each in stood)


def _memberships(query: StateQuery) -> list[str]:
    return [f"{what}#{who}" for what in query.resources for who in query.principals]


def _is_clear(thing: Thing, state: AccessState) -> bool:
    """Whether nothing that the exports may tell of it is unclear."""
    if not state.unreadable or (query := _query(thing)) is None:
        return True
    keys = (*map(str, query.principals), *query.names, *map(str, query.resources), *_memberships(query))
    return not any(key in state.unreadable for key in keys)


def _after(stood: str | None, asked: str) -> bool:
    """Whether a moment is known and after another; a date that a person wrote otherwise is not."""
    try:
        return stood is not None and datetime.fromisoformat(stood) >= datetime.fromisoformat(asked)
    except (ValueError, TypeError):
        return False


def _done(thing: Thing, state: AccessState) -> bool:
    """Whether the exports show it; only for what ``_query`` asked for."""
    if thing.do == CREATE_ACCOUNT:
        return any(each.asked == thing.who and each.status in _IN_USE for each in state.accounts)
    who = ResourceId.parse(thing.who)
    if thing.do == DELETE_ACCOUNT:
        account = _account(who, state)
        return account is None or account.status is AccountStatus.DELETED
    wanted = GrantId(entitlement=EntitlementId.parse(thing.what), principal=who)
    return (wanted in state.held) == (thing.do == GRANT)
