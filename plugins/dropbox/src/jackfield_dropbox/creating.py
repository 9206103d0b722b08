"""Invitations: up to twenty in one call, each with its own outcome, role and groups; and what becomes of their jobs."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from jackfield.errors import BadCredentials, MissingPermission, Refused, RemoteContract
from jackfield_contracts import CreateAccount, Outcome, OutcomeKind, ResourceId
from jackfield_dropbox import groups, people, routes, wire, writes
from jackfield_dropbox.api import Api
from jackfield_dropbox.arguments import flag, problem, text, texts
from jackfield_dropbox.memberships import groups_now
from jackfield_dropbox.outcomes import asked_before, decide, decisive, outcome
from jackfield_dropbox.presumption import Presumption

_ODD = "not understood"
"""In place of the tag of an item that can't be understood; no tag has a space."""
_UNCLEAR = "What became of the invitation can't be understood from Dropbox's answer"


class Invitation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who is invited, and what follows once the account is there."""

    email: str
    role: str | None = None
    groups: tuple[str, ...] = ()


class Job(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="route", tag="add"):
    """A job of members/add_v2, and whose invitation in it is asked about."""

    id: str
    invitation: Invitation


async def create(api: Api, changes: Sequence[CreateAccount]) -> tuple[Outcome, ...]:
    """Invite people by one members/add_v2, then join groups by one groups/members/add for each group.

    Asked again for somebody who is invited or active it invites nobody; groups that are missing are joined.
    """
    ends: dict[int, Outcome] = {}
    call = api.traced()
    asked: dict[str, int] = {}
    invitations: list[tuple[Invitation, dict[str, Any]]] = []
    twice: dict[int, int] = {}
    for index, prepared in enumerate(await _all_prepared(call, changes)):
        if isinstance(prepared, Outcome):
            ends[index] = msgspec.structs.replace(prepared, request_ids=call.request_ids)
        elif (first := asked.setdefault(prepared[0].email.casefold(), index)) != index:
            twice[index] = first
        else:
            invitations.append(prepared)
    if invitations:
        made = await _invite(call, invitations)
        ends |= {asked[email]: end for email, end in made.items()}
    for index, first in twice.items():
        end = ends[first]
        if end.outcome is OutcomeKind.CHANGED:
            end = msgspec.structs.replace(
                end, outcome=OutcomeKind.ALREADY, reason="This person was invited by another change of the same call."
            )
        ends[index] = end
    return tuple(ends[index] for index in range(len(changes)))


async def foreseen(api: Api, changes: Sequence[CreateAccount]) -> list[Outcome | None]:
    """Which of *changes* nobody would be invited for, as their roles, groups and texts are. Two requests at most."""
    return [each if isinstance(each, Outcome) else None for each in await _all_prepared(api, changes)]


async def _all_prepared(
    call: Api, changes: Sequence[CreateAccount]
) -> list[tuple[Invitation, dict[str, Any]] | Outcome]:
    """Each as it is to be sent, or why nobody is to be invited for it."""
    roles = await call.roles() if any(text(each.arguments, "role") for each in changes) else None
    unknown = await _unknown_groups(call, changes)
    return [_prepared(each, roles, unknown) for each in changes]


async def add_status(api: Api, job: Job, text: str) -> Outcome:
    """How one invitation of a job stands, by members/add/job_status/get_v2; groups are joined once it has ended.

    *text* is the job as an outcome names it.
    """
    call = api.traced()
    reply = await writes.add_job(call, job.id)
    launch = reply.answer
    if launch is not None and launch.tag == "in_progress":
        return Outcome(outcome=OutcomeKind.PENDING, job=text, request_ids=call.request_ids)
    if launch is not None and launch.tag == "complete" and launch.complete is not None:
        made = await _ended(call, _items(launch), [job.invitation])
        return made[job.invitation.email.casefold()]
    failed = "failed" if launch is not None and launch.tag == "failed" else None
    tag = reply.tag or failed or "other"
    found = await _look(call, [job.invitation.email])
    member = found.get(job.invitation.email)
    there = member is not None and people.situation(member) in ("active", "invited")
    if reply.tag is None and failed is None and not there:
        raise _odd(routes.ADD_STATUS, launch)
    verdict = decide(routes.ADD_STATUS, tag, "there" if there else None)
    if member is None or not there:
        return outcome(verdict, tag=tag, request_ids=call.request_ids)
    joined = await _join(call, {job.invitation.email.casefold(): (member, job.invitation)})
    return _with_groups(
        msgspec.structs.replace(outcome(verdict, tag=tag), account=people.user_id(member)),
        joined.get(job.invitation.email.casefold(), {}),
        call,
    )


async def _unknown_groups(call: Api, changes: Sequence[CreateAccount]) -> dict[str, Outcome]:
    """How invitations end whose groups can't be joined: known before anybody is invited. One request, where there are any."""
    wanted = tuple(dict.fromkeys(group for each in changes for group in texts(each.arguments, "groups")))
    there = await groups_now(call, wanted)
    text = {group: _no_group(group, "The team has no such group.") for group in wanted if group not in there.known}
    for group, why in there.unreadable.items():
        reason = f"{group}: what Dropbox says of it can't be understood ({why}). Nobody was invited."
        text[group] = Outcome(outcome=OutcomeKind.FAILED, tag="unreadable", reason=reason, retryable=True)
    for group, now in there.known.items():
        if now.group.group_management_type.tag == "system_managed":
            text[group] = _no_group(group, "Dropbox manages the members of this group itself.")
    return text


def _no_group(group: str, why: str) -> Outcome:
    return _refused("group_not_found", f"{group}: {why} Nobody was invited.")


def _prepared(
    change: CreateAccount, roles: wire.Roles | None, unknown: Mapping[str, Outcome]
) -> tuple[Invitation, dict[str, Any]] | Outcome:
    values = change.arguments
    for group in texts(values, "groups"):
        if group in unknown:
            return unknown[group]
    email = text(values, "email") or ""
    if change.type != "user":
        return _refused("wrong_type", f"Dropbox has no accounts of the type {change.type!r}.")
    if (wrong := problem({**values, "email": email})) is not None:
        return _refused("invalid_argument", wrong)
    role: str | None = None
    if wanted := text(values, "role"):
        known = roles.roles if roles is not None else ()
        ids = [each.role_id for each in known if each.role_id == wanted] or [
            each.role_id for each in known if each.name == wanted
        ]
        if not ids:
            return _refused("role_not_found", f"The team has no admin role {wanted!r}.")
        if len(ids) > 1:
            return _refused("role_ambiguous", f"Several roles are called {wanted!r}: {', '.join(ids)}. Give the id.")
        role = ids[0]
    sent: dict[str, Any] = {
        "member_email": email,
        "member_given_name": text(values, "given_name"),
        "member_surname": text(values, "surname"),
        "member_external_id": text(values, "external_id") or None,
        "member_persistent_id": text(values, "persistent_id") or None,
        "is_directory_restricted": values.get("directory_restricted"),
        "role_ids": [role] if role else None,
    }
    sent = {name: value for name, value in sent.items() if value is not None}
    sent["send_welcome_email"] = flag(values, "send_welcome_email", True)
    return Invitation(email=email, role=role, groups=texts(values, "groups")), sent


async def _invite(call: Api, invitations: list[tuple[Invitation, dict[str, Any]]]) -> dict[str, Outcome]:
    """Outcomes by e-mail address in small letters."""
    asked = [invitation for invitation, _ in invitations]
    reply = await writes.add_members(call, [sent for _, sent in invitations])
    launch = reply.answer
    if launch is not None and launch.tag == "complete" and launch.complete is not None:
        return await _ended(call, _items(launch), asked, repeated=reply.repeated)
    if launch is not None and launch.async_job_id:
        return {
            each.email.casefold(): Outcome(
                outcome=OutcomeKind.PENDING,
                reason="Dropbox invites by a job that goes on.",
                job=msgspec.json.encode(Job(id=launch.async_job_id, invitation=each)).decode(),
                request_ids=call.request_ids,
            )
            for each in asked
        }
    if reply.tag is None:
        raise _odd(routes.ADD, launch)
    end = outcome(decide(routes.ADD, reply.tag), tag=reply.tag, request_ids=call.request_ids)
    return {each.email.casefold(): end for each in asked}


def _odd(route: str, launch: wire.AddLaunch | None) -> RemoteContract:
    """An answer of which it is not known what it means: only a read can tell."""
    tag = wire.plain_tag(launch.tag) if launch is not None else "none"
    return RemoteContract(f"Dropbox answered in words that this version does not know ({tag})", route=route)


def _items(launch: wire.AddLaunch) -> list[wire.AddItem]:
    """The items; one that can't be understood has the tag ``_ODD`` and at most an address."""
    items: list[wire.AddItem] = []
    for each in launch.complete or ():
        try:
            item = wire.add_item(each)
        except msgspec.ValidationError:
            items.append(wire.AddItem(tag=_ODD))
            continue
        odd = item.tag == "success" and item.profile is None
        items.append(wire.AddItem(tag=_ODD, email=item.email) if odd else item)
    return items


async def _ended(
    call: Api, items: list[wire.AddItem], asked: list[Invitation], *, repeated: bool = False
) -> dict[str, Outcome]:
    """What became of each of those *asked* for, by e-mail address in small letters.

    *repeated*: the items answer a second request for them.
    """
    by_email = _matched(items, [each.email.casefold() for each in asked])
    doubtful = [each.email for each in asked if _tag(by_email, each) == "user_already_on_team"]
    unsaid = [each.email for each in asked if not _said(_tag(by_email, each))]
    found = await _look(call, doubtful + unsaid)
    ends: dict[str, Outcome] = {}
    there: dict[str, tuple[wire.Member, Invitation]] = {}
    for each in asked:
        key, item = each.email.casefold(), by_email.get(each.email.casefold())
        member = found.get(each.email)
        case = people.situation(member) if member is not None else None
        if item is not None and item.tag == "success" and item.profile is not None:
            member = wire.Member(profile=item.profile, roles=item.roles or ())
            ends[key] = Outcome(outcome=OutcomeKind.CHANGED, reason=_short_of(each, member))
        elif not _said(item.tag if item is not None else None) and case in ("active", "invited"):
            ends[key] = Outcome(outcome=OutcomeKind.CHANGED, reason=_UNCLEAR + ", and the account is there.")
        elif item is None:
            reason = _UNCLEAR + ", and the account is not to be seen."
            ends[key] = Outcome(
                outcome=OutcomeKind.FAILED, reason=reason, tag="not_understood", retryable=True, understood=False
            )
        else:
            end = outcome(decide(routes.ADD, item.tag, case), tag=item.tag)
            ends[key] = asked_before(end) if repeated else end
        if member is not None:
            ends[key] = msgspec.structs.replace(ends[key], account=people.user_id(member))
            if ends[key].outcome in (OutcomeKind.CHANGED, OutcomeKind.ALREADY):
                there[key] = (member, each)
    joined = await _join(call, there)
    return {key: _with_groups(end, joined.get(key, {}), call) for key, end in ends.items()}


def _said(tag: str | None) -> bool:
    """Whether *tag* tells what became of an invitation."""
    return tag == "success" or (tag is not None and decisive(routes.ADD, tag))


def _tag(items: Mapping[str, wire.AddItem], invitation: Invitation) -> str | None:
    item = items.get(invitation.email.casefold())
    return item.tag if item is not None else None


def _matched(items: list[wire.AddItem], emails: list[str]) -> dict[str, wire.AddItem]:
    """Items by address, but those that can't be understood, a success that shows somebody else among them.

    Items without an address (``other`` carries none) are of those who are left, where each of them says the same.
    """
    named = {key: item for item in items for key in _addresses(item) if key in emails}
    left = [email for email in emails if email not in named]
    # No write may follow on an account of which it is not known that it is the one invited.
    nameless = [
        wire.AddItem(tag=_ODD) if item.tag == "success" else item
        for item in items
        if not _addresses(item).intersection(emails)
    ]
    if len(nameless) == len(left) and len({item.tag for item in nameless}) == 1:
        named |= dict(zip(left, nameless, strict=True))
    return {email: item for email, item in named.items() if item.tag != _ODD}


def _addresses(item: wire.AddItem) -> set[str]:
    """Whom *item* is about: any address of the account that it shows, else the one that it carries."""
    more = (item.profile.secondary_emails or ()) if item.profile is not None else ()
    return {email.casefold() for email in (item.email, *(each.email for each in more)) if email}


def _short_of(asked: Invitation, member: wire.Member) -> str | None:
    if asked.role is None or any(role.role_id == asked.role for role in member.roles or ()):
        return None
    return f"Invited, but Dropbox did not give the role (role:{asked.role})."


async def _look(call: Api, emails: list[str]) -> dict[str, wire.Member]:
    if not emails:
        return {}
    try:
        found = await people.search(call, [("email", email) for email in emails])
    except Refused:
        return {}
    return {email: member for (_, email), member in found.members.items()}


async def _join(call: Api, there: Mapping[str, tuple[wire.Member, Invitation]]) -> dict[str, dict[str, Outcome]]:
    """Join the groups asked for that the account is not in yet: outcomes by e-mail address and group."""
    wanted: dict[str, dict[str, str]] = {}
    for key, (member, invitation) in there.items():
        for group in invitation.groups:
            if group not in (member.profile.groups or ()):
                wanted.setdefault(group, {})[member.profile.team_member_id] = key
    joined: dict[str, dict[str, Outcome]] = {}
    for group, joining in wanted.items():
        try:
            ends = await groups.put(call, group, dict.fromkeys(joining, "member"), {})
        except (MissingPermission, BadCredentials) as error:
            # The invitation has gone out, and is not to be told as one that failed.
            tag = "missing_scope" if isinstance(error, MissingPermission) else error.code
            ends = dict.fromkeys(joining, _refused(tag, f"{error.summary}."))
        for id, key in joining.items():
            joined.setdefault(key, {})[group] = ends[id]
    return joined


def _with_groups(end: Outcome, joined: Mapping[str, Outcome], call: Api) -> Outcome:
    """*end* with what became of its groups.

    An account that was there already and joined a group is changed. Where a group was not joined, it is not so as it was
    asked for, and the reason says what was done; it is refused if nothing was.
    """
    if not joined:
        return msgspec.structs.replace(end, request_ids=tuple(dict.fromkeys(call.request_ids)))
    fine = (OutcomeKind.CHANGED, OutcomeKind.ALREADY)
    inside = tuple(group for group, its in joined.items() if its.outcome in fine)
    outside = {group: its for group, its in joined.items() if its.outcome not in fine}
    text = [end.reason or ("The account was made." if end.outcome is OutcomeKind.CHANGED else "")]
    if inside and end.outcome is OutcomeKind.ALREADY:
        text.append(f"It joined {', '.join(inside)}.")
    text += [f"Not joined: {group}: {its.reason or its.tag or 'no reason given'}" for group, its in outside.items()]
    made = end.outcome is OutcomeKind.CHANGED or any(its.outcome is OutcomeKind.CHANGED for its in joined.values())
    kind = OutcomeKind.CHANGED if made else end.outcome
    if outside:
        kind = OutcomeKind.UNVERIFIED if made else OutcomeKind.REFUSED
    more = dict.fromkeys((*call.request_ids, *(id for its in joined.values() for id in its.request_ids)))
    return msgspec.structs.replace(
        end,
        outcome=kind,
        reason=" ".join(filter(None, text))
        if outside or (inside and end.outcome is OutcomeKind.ALREADY)
        else end.reason,
        tag=next((its.tag for its in outside.values()), end.tag),
        retryable=any(its.retryable for its in outside.values()),
        results={**end.results, "groups_joined": inside, "groups_not_joined": tuple(outside)},
        request_ids=tuple(more),
    )


def _refused(tag: str, reason: str, account: ResourceId | None = None) -> Outcome:
    return Outcome(outcome=OutcomeKind.REFUSED, tag=tag, reason=reason, account=account)


PRESUMES = (
    Presumption(
        name="form-of-success",
        presumed="members/add_v2 gives the new member beside the tag success.",
        source="the specification",
        noticed="the answer has another form or another tag",
        then="a read settles it: changed where the account is there, else failed, with the tag",
        switch="added",
        test="tests/test_unclear_answers.py::test_an_invitation_that_was_made_is_changed_in_whatever_form_its_success_comes",
    ),
    Presumption(
        name="success-of-whom",
        presumed="The account that members/add_v2 gives as a success has the address that was invited.",
        source="the specification",
        noticed="none of its addresses is that one",
        then="a read by the address settles it, and nothing is done to the account that was given",
        switch="added",
        test="tests/test_unclear_answers.py::test_a_success_that_shows_somebody_else_leads_to_no_write_about_that_person",
    ),
    Presumption(
        name="address-of-the-removed",
        presumed="The address of an account that can be recovered can't be invited.",
        source="seen; the documentation of user_already_on_team does not say so",
        noticed="the invitation is made",
        then="it is a new account, as the answer says",
        switch="rehire",
        test="tests/test_unclear_lookups.py::test_rehiring_somebody_whom_look_ups_do_not_know_names_the_way",
    ),
    Presumption(
        name="removed-people-are-shown",
        presumed="Nothing of whether a look-up knows removed people.",
        source="not documented",
        noticed="the write route answers otherwise than the look-up",
        then="the write route's own answer decides",
        switch="removed_looked_up",
        test="tests/test_unclear_lookups.py::test_somebody_whom_look_ups_do_not_know_is_recovered_all_the_same",
    ),
)
