"""Finding members by whatever they are called, and how their accounts stand: reads for changes."""

import re
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from jackfield.errors import Refused, RemoteContract, Transient
from jackfield_contracts import ResourceId
from jackfield_dropbox import routes, wire
from jackfield_dropbox.api import Api
from jackfield_dropbox.presumption import Presumption

EMAIL: Final = re.compile(r"['#&A-Za-z0-9._%+-]+@[A-Za-z0-9-][A-Za-z0-9.-]*\.[A-Za-z]{2,15}")
EMAIL_LENGTH: Final = 255
EXTERNAL_ID_LENGTH: Final = 64
_MEMBER_ID: Final = "dbmid:"
_SELECTORS_A_CALL: Final = 1000

By = Literal["team_member_id", "email", "external_id"]
Selector = tuple[By, str]


def is_email(text: str) -> bool:
    """Whether Dropbox takes *text* for an e-mail address; anything else in its place is a 400."""
    return len(text) <= EMAIL_LENGTH and EMAIL.fullmatch(text) is not None


def is_unicode(text: str) -> bool:
    """Whether *text* can be sent: half of a surrogate pair, as a command line may give it, can't."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def user_id(member: wire.Member) -> ResourceId:
    """The member as a resource."""
    return ResourceId(type="user", id=member.profile.team_member_id)


def situation(member: wire.Member) -> str:
    """active, invited, suspended, ``recoverable`` (removed, and can be brought back), removed, or a word of tomorrow."""
    status = member.profile.status
    return "recoverable" if status.tag == "removed" and status.is_recoverable else status.tag


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Members by what they were asked for; and why nothing can be known of those whose rows can't be understood."""

    members: dict[Selector, wire.Member]
    unreadable: dict[Selector, str]


async def find(api: Api, selectors: Iterable[Selector]) -> dict[Selector, wire.Member]:
    """The members that *selectors* mean; those that Dropbox does not know are left out. One members/get_info_v2 call.

    Raises RemoteContract where the answer says nothing of one of them, or nothing that can be understood.
    """
    found = await search(api, selectors)
    for why in found.unreadable.values():
        raise RemoteContract(why, route=routes.GET_INFO)
    return found.members


async def search(api: Api, selectors: Iterable[Selector]) -> Found:
    """As ``find``, but who can't be understood costs nobody else: told as unreadable."""
    asked = list(dict.fromkeys(selectors))
    found = Found(members={}, unreadable={})
    for start in range(0, len(asked), _SELECTORS_A_CALL):
        found = _both(found, await _search(api, asked[start : start + _SELECTORS_A_CALL]))
    return found


def _both(one: Found, other: Found) -> Found:
    return Found(members=one.members | other.members, unreadable=one.unreadable | other.unreadable)


async def _search(api: Api, asked: list[Selector]) -> Found:
    try:
        answer = await api.members_find([wire.selector(by, value) for by, value in asked])
    except (RemoteContract, Transient):
        # Dropbox documents no largest number for one call. Where it fails for another reason, the first half does, too.
        if len(asked) == 1:
            raise
        middle = len(asked) // 2
        return _both(await _search(api, asked[:middle]), await _search(api, asked[middle:]))
    members: dict[Selector, wire.Member] = {}
    missing: set[str] = set()
    for item in answer.page.members_info:
        if item.id_not_found is not None:
            missing.add(item.id_not_found.casefold())
        if item.profile is None:
            continue
        member = wire.Member(profile=item.profile, roles=item.roles)
        members |= dict.fromkeys(_names(item.profile), member)
    found = Found(members={}, unreadable={})
    for by, value in asked:
        # Dropbox does not say whether it minds the case of addresses; a second account by another case is not known.
        member = members.get((by, value.casefold() if by == "email" else value))
        if member is not None:
            found.members[by, value] = member
        elif value.casefold() not in missing:
            found.unreadable[by, value] = answer.reason() or _left_out(answer.page)
    return found


def _left_out(page: wire.MembersInfo) -> str:
    bare = [
        number for number, item in enumerate(page.members_info, 1) if item.profile is None and not item.id_not_found
    ]
    rows = f", and row {', '.join(map(str, bare))} says of nobody whom it is about" if bare else ""
    return f"{routes.GET_INFO} left out some of the members asked for{rows}"


def _names(profile: wire.Profile) -> list[Selector]:
    emails = [profile.email, *(more.email for more in profile.secondary_emails or ())]
    names: list[Selector] = [("email", email.casefold()) for email in reversed(emails)]
    names.append(("team_member_id", profile.team_member_id))
    if profile.external_id:
        names.append(("external_id", profile.external_id))
    return names


async def find_named(api: Api, names: Iterable[str]) -> dict[Selector, wire.Member]:
    """As ``find``, for *names* under ("email", name): a member's id, e-mail address or external id.

    One call, and one more where a name that looks like an id or address is not found as such.
    """
    found = await search_named(api, names)
    for why in found.unreadable.values():
        raise RemoteContract(why, route=routes.GET_INFO)
    return found.members


async def search_named(api: Api, names: Iterable[str], ids: Iterable[str] = ()) -> Found:
    """As ``find_named``, for ids as well, and who can't be understood costs nobody else."""
    wanted = list(dict.fromkeys(name for name in names if name))
    first = {name: one for name in wanted if (one := reading(name)) is not None}
    found = await search(api, [*(("team_member_id", id) for id in ids), *first.values()])
    reason = found.members.keys() | found.unreadable.keys()
    again: dict[str, Selector] = {
        name: ("external_id", name)
        for name, one in first.items()
        if one not in reason and one[0] != "external_id" and len(name) <= EXTERNAL_ID_LENGTH
    }
    later = await search(api, again.values()) if again else Found(members={}, unreadable={})
    for name in wanted:
        readings: list[Selector] = [first[name]] if name in first else []
        for one in (*readings, *([again[name]] if name in again else [])):
            for some in (found, later):
                if (member := some.members.get(one)) is not None:
                    found.members.setdefault(("email", name), member)
                if (why := some.unreadable.get(one)) is not None:
                    found.unreadable.setdefault(("email", name), why)
    return found


def reading(name: str) -> Selector | None:
    """What *name* is by its looks: a member's id, an e-mail address or an external id; None if it can be none."""
    if not is_unicode(name):
        return None
    if name.startswith(_MEMBER_ID):
        return "team_member_id", name
    if is_email(name):
        return "email", name
    if name.count("@") > 1 or not name.isprintable():
        # An address that can be nobody's, or one with what is not seen in it: no external id looks like that either.
        return None
    return ("external_id", name) if len(name) <= EXTERNAL_ID_LENGTH else None


async def look(api: Api, id: str) -> str | None:
    """The ``situation`` of one member now; "gone" if Dropbox knows none, None if it does not say."""
    selector: Selector = ("team_member_id", id)
    try:
        found = await find(api, [selector])
    except Refused:
        return None
    return situation(found[selector]) if selector in found else "gone"


PRESUMES = (
    Presumption(
        name="members-a-call",
        presumed="One members/get_info_v2 takes 1,000 people.",
        source="inferred: no largest number is documented",
        noticed="the call is refused, or fails",
        then="it is made in halves",
        switch="members_a_call",
        test="tests/test_unclear_lookups.py::test_a_plan_about_more_people_than_one_call_may_ask_for_is_made",
    ),
    Presumption(
        name="email-case",
        presumed="An address means the same account in small and large letters.",
        source="not documented",
        noticed="Dropbox says that an address is on the team, and shows nobody who has it",
        then="the refusal stands and says what it may mean",
        switch="email_case",
        test="tests/test_unclear_lookups.py::test_an_address_in_other_letters_is_refused_by_the_route_itself",
    ),
    Presumption(
        name="further-addresses",
        presumed="An account is found by its first address; whether by the others is for Dropbox.",
        source="not documented",
        noticed="the account that is found has the address as a further one",
        then="it is the account that is meant",
        switch="email_selectors",
        test="tests/test_unclear_lookups.py::test_somebody_is_found_by_a_further_address_where_dropbox_does_so",
    ),
    Presumption(
        name="row-of-a-person",
        presumed="What Dropbox says of a person can be understood.",
        source="the specification",
        noticed="a row of the answer can't",
        then="nothing is changed about that person, which failed and may be tried again; the others go on",
        switch="broken_member",
        test="tests/test_unclear_lookups.py::test_somebody_who_can_not_be_understood_stops_nobody_else",
    ),
)
