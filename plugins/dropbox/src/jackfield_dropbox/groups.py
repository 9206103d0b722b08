"""Who is in a group and who owns it: several people by one call, and the true outcome of each where Dropbox takes none.

Dropbox adds and removes all people of a call or nobody, and its refusal may name those it is about, or not.
"""

from collections.abc import Awaitable, Callable, Container, Iterable, Mapping

import msgspec

from jackfield.errors import JackfieldError, Refused, RemoteContract
from jackfield_contracts import Outcome, OutcomeKind
from jackfield_dropbox import memberships, people, routes, writes
from jackfield_dropbox.api import Api, Reply
from jackfield_dropbox.outcomes import Verdict, asked_before, decide, outcome
from jackfield_dropbox.presumption import Presumption

_PERSONAL = (
    "duplicate_user",
    "members_not_in_team",
    "users_not_found",
    "user_must_be_active_to_be_owner",
    "user_cannot_be_manager_of_company_managed_group",
    "member_not_in_group",
)
"""Tags that are about people and not about the whole group."""

CHANGED = Outcome(outcome=OutcomeKind.CHANGED)
_OWNS = Outcome(
    outcome=OutcomeKind.REFUSED,
    tag="holds_more",
    reason="This person owns the group, which includes membership: revoke owner first.",
)
_NOT_IN = Outcome(outcome=OutcomeKind.ALREADY, reason="This person is not in the group.")
_NO_OWNER = Outcome(outcome=OutcomeKind.ALREADY, reason="This person does not own the group, and stays a member of it.")
_MOVING = Verdict(
    outcome=OutcomeKind.FAILED, sentence="The group is being changed by somebody else right now.", retryable=True
)
_UNSEEN = Verdict(
    outcome=OutcomeKind.FAILED,
    sentence="Dropbox does not show who is in the group; nothing was changed.",
    retryable=True,
)

_SHOWN = Outcome(
    outcome=OutcomeKind.CHANGED,
    reason="Dropbox refused it, and yet shows it made: somebody else may have made it.",
)

Send = Callable[[Api, Mapping[str, str]], Awaitable[Reply[object]]]
Suspects = Callable[[Api, Mapping[str, str], str], Awaitable[dict[str, str]]]
Judge = Callable[[Api, str, str, str, str | None], Awaitable[Outcome]]


async def put(api: Api, group: str, wanted: Mapping[str, str], held: Mapping[str, str]) -> dict[str, Outcome]:
    """Make people (id to access type) members or owners of a group; *held* is what a read showed before.

    One groups/members/add for all who are not in it, one groups/members/set_access_type for each member to become owner.
    """
    promoted = [id for id, slug in wanted.items() if slug == "owner" and held.get(id) == "member"]
    joining = {id: slug for id, slug in wanted.items() if id not in promoted}

    async def send(call: Api, some: Mapping[str, str]) -> Reply[object]:
        return await writes.groups_add(call, group, some)

    async def suspects(call: Api, some: Mapping[str, str], tag: str) -> dict[str, str]:
        if tag == "duplicate_user":
            now = await _shown(call, group)
            return {id: now[id] for id in some if id in now}
        if tag != "user_must_be_active_to_be_owner":
            return {}
        owners = [id for id, slug in some.items() if slug == "owner"]
        return {id: seen for id, seen in (await _situations(call, owners)).items() if seen != "active"}

    async def judge(call: Api, id: str, slug: str, tag: str, seen: str | None) -> Outcome:
        if tag == "duplicate_user" and slug == "owner":
            return await _own(call, group, id, seen)
        return outcome(decide(routes.GROUPS_ADD, tag), tag=tag)

    ends = await _settle(api, joining, send, suspects, judge, so=held)
    for id in promoted:
        ends[id] = await _promote(api.traced(), group, id)

    def made(id: str, now: str | None) -> bool:
        return now in (wanted[id], "owner") and now != held.get(id)

    return await _as_shown(api.traced(), group, ends, made)


async def take(api: Api, group: str, taken: Mapping[str, str], held: Mapping[str, str]) -> dict[str, Outcome]:
    """Take membership or ownership (id to access type) from people; *held* is what a read showed before.

    One groups/members/remove for all members, one groups/members/set_access_type for each owner, who stays a member.
    Somebody who by now owns the group loses no membership by it: where *held* differs from what is taken, one more read.
    """
    seen = api.traced()
    ends: dict[str, Outcome] = {}
    unsure = {id: slug for id, slug in taken.items() if held.get(id) != slug}
    if unsure:
        try:
            now = await _now(seen, group)
        except Refused as error:
            tag = error.tag or "other"
            return {id: _with_ids(outcome(_UNSEEN, tag=tag), seen) for id in taken}
        if now is not None and now.access is not None:
            held = {**held, **now.access}
            for id, slug in taken.items():
                held_now = now.access.get(id)
                if held_now is None and now.unclear is not None:
                    ends[id] = _with_ids(outcome(_UNSEEN, tag="unreadable"), seen)
                elif held_now != slug:
                    ends[id] = _with_ids(_untouched(slug, held_now), seen)
    demoted: set[str] = set()
    for id, slug in taken.items():
        if id not in ends and slug == "owner":
            ends[id] = await _demote(api.traced(), group, id)
            demoted.add(id)
    leaving = {id: slug for id, slug in taken.items() if id not in ends}

    async def send(call: Api, some: Mapping[str, str]) -> Reply[object]:
        return await writes.groups_remove(call, group, some)

    async def suspects(call: Api, some: Mapping[str, str], tag: str) -> dict[str, str]:
        access = await _shown(call, group) if tag == "member_not_in_group" else None
        return {id: access.get(id, "outside") for id in some if access.get(id) != "member"} if access else {}

    async def judge(call: Api, id: str, slug: str, tag: str, seen: str | None) -> Outcome:
        return _OWNS if seen == "owner" else outcome(decide(routes.GROUPS_REMOVE, tag), tag=tag)

    def made(id: str, now: str | None) -> bool:
        return id in held and (now is None or (now == "member" and taken[id] == "owner"))

    asked = {id: ends[id] for id in demoted}
    asked |= await _settle(api, leaving, send, suspects, judge, so=[id for id in leaving if id not in held])
    return ends | await _as_shown(api.traced(), group, asked, made)


async def _now(api: Api, group: str) -> memberships.GroupNow | None:
    """The group now; None for one that is gone. Raises RemoteContract where the answer can't be understood."""
    found = await memberships.groups_now(api, (group,))
    for why in found.unreadable.values():
        raise RemoteContract(why, route="team/groups/get_info")
    return found.known.get(group)


async def _shown(api: Api, group: str) -> dict[str, str]:
    """Who is in the group now, and as what; nobody where Dropbox does not say."""
    try:
        now = await _now(api, group)
    except Refused:
        return {}
    return (now.access or {}) if now is not None else {}


async def _as_shown(
    api: Api, group: str, ends: Mapping[str, Outcome], made: Callable[[str, str | None], bool]
) -> dict[str, Outcome]:
    """*ends*, and of those who were refused what one read shows: a refusal may come of a call that was carried out."""
    doubted = [id for id, end in ends.items() if end.outcome in (OutcomeKind.REFUSED, OutcomeKind.FAILED)]
    if not doubted:
        return {**ends}
    try:
        now = await _now(api, group)
    except JackfieldError:
        # The refusals are known without it.
        return {**ends}
    found = {**ends}
    if now is None or now.access is None or now.unclear is not None:
        return found
    for id in doubted:
        if made(id, now.access.get(id)):
            found[id] = _with_ids(_SHOWN, api, ends[id].request_ids)
    return found


async def _settle(
    api: Api,
    waiting: Mapping[str, str],
    send: Send,
    suspects: Suspects,
    judge: Judge,
    *,
    so: Container[str] = (),
    halved: bool = False,
) -> dict[str, Outcome]:
    """Send *waiting* in one call; after a refusal without those whom it is about, until nobody is left.

    They are those whom the refusal names, or those whom one read shows, or they are found by halving. Of those who are
    *so* it was known before the first call; of the others who are so by a later one, an earlier one may be the reason.
    """
    left = dict(waiting)
    ends: dict[str, Outcome] = {}
    before: tuple[str, ...] = ()
    looked = set(_PERSONAL) if halved else set[str]()
    again = halved
    while left:
        call = api.traced()
        reply = await send(call, left)
        tag = reply.tag
        if tag is None:
            return ends | {id: _with_ids(CHANGED, call, before) for id in left}
        if tag not in _PERSONAL:
            shared = outcome(decide(reply.route, tag), tag=tag)
            return ends | {id: _with_ids(shared, call, before) for id in left}
        about: dict[str, str | None] = {id: None for id in reply.names if id in left}
        if not about and len(left) == 1:
            about = dict.fromkeys(left)
        if not about and tag not in looked:
            looked.add(tag)
            about = {**await suspects(call, left, tag)}
        if not about:
            return ends | await _halved(api, left, send, suspects, judge, so)
        before += call.request_ids
        again = again or reply.repeated
        for id, seen in about.items():
            own = api.traced()
            end = await judge(own, id, left.pop(id), tag, seen)
            ends[id] = _with_ids(asked_before(end) if again and id not in so else end, own, before)
        again = True
    return ends


async def _halved(
    api: Api, waiting: dict[str, str], send: Send, suspects: Suspects, judge: Judge, so: Container[str]
) -> dict[str, Outcome]:
    rows = list(waiting.items())
    middle = len(rows) // 2
    first = await _settle(api, dict(rows[:middle]), send, suspects, judge, so=so, halved=True)
    return first | await _settle(api, dict(rows[middle:]), send, suspects, judge, so=so, halved=True)


async def _own(api: Api, group: str, id: str, seen: str | None) -> Outcome:
    """Somebody is in the group already and is to own it."""
    if seen is None:
        seen = (await _shown(api, group)).get(id)
    if seen == "owner":
        return outcome(decide(routes.GROUPS_ADD, "duplicate_user", "owner"), tag="duplicate_user")
    reply = await writes.set_access(api, group, id, "owner")
    if reply.tag is None:
        return outcome(decide(routes.GROUPS_ADD, "duplicate_user", "member"), tag="duplicate_user")
    if reply.tag == "member_not_in_group":
        return outcome(_MOVING, tag=reply.tag)
    return outcome(decide(routes.SET_ACCESS, reply.tag), tag=reply.tag)


async def _promote(api: Api, group: str, id: str) -> Outcome:
    """Make a member an owner; add one who has left the group since it was read."""
    reply = await writes.set_access(api, group, id, "owner")
    if reply.tag is None:
        return _with_ids(CHANGED, api)
    if reply.tag != "member_not_in_group":
        return _with_ids(outcome(decide(routes.SET_ACCESS, reply.tag), tag=reply.tag), api)
    added = await writes.groups_add(api, group, {id: "owner"})
    if added.tag is None:
        return _with_ids(outcome(decide(routes.SET_ACCESS, reply.tag, "grant"), tag=reply.tag), api)
    verdict = _MOVING if added.tag == "duplicate_user" else decide(routes.GROUPS_ADD, added.tag)
    return _with_ids(outcome(verdict, tag=added.tag), api)


async def _demote(api: Api, group: str, id: str) -> Outcome:
    """Make an owner a member."""
    reply = await writes.set_access(api, group, id, "member")
    if reply.tag is None:
        return _with_ids(CHANGED, api)
    end = outcome(decide(routes.SET_ACCESS, reply.tag), tag=reply.tag)
    return _with_ids(asked_before(end) if reply.repeated else end, api)


async def _situations(api: Api, ids: Iterable[str]) -> dict[str, str]:
    try:
        found = await people.find(api, [("team_member_id", id) for id in ids])
    except Refused:
        return {}
    return {member.profile.team_member_id: people.situation(member) for member in found.values()}


def _untouched(slug: str, now: str | None) -> Outcome:
    if slug == "member" and now == "owner":
        return _OWNS
    return _NOT_IN if now is None else _NO_OWNER


def _with_ids(end: Outcome, api: Api, before: tuple[str, ...] = ()) -> Outcome:
    ids = dict.fromkeys((*before, *end.request_ids, *api.request_ids))
    return msgspec.structs.replace(end, request_ids=tuple(ids))


PRESUMES = (
    Presumption(
        name="all-or-nobody",
        presumed="groups/members/add and remove make all of a call or nothing.",
        source="the texts of their errors",
        noticed="the call is refused, and a read shows that some or all of it was made",
        then="it is told as the read shows it; whom a later call of it finds so already is changed, maybe by somebody else",
        switch="group_batch",
        test=(
            "tests/test_unclear_lookups.py::test_members_who_join_though_their_call_was_refused_are_told_as_they_are"
        ),
    ),
)
