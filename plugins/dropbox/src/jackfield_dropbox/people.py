"""Finding members by whatever they are called, and how their accounts stand: reads for changes."""

import re
from collections.abc import Iterable
from typing import Final, Literal

from jackfield.errors import Refused, RemoteContract
from jackfield_contracts import ResourceId
from jackfield_dropbox import routes, wire
from jackfield_dropbox.api import Api

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


async def find(api: Api, selectors: Iterable[Selector]) -> dict[Selector, wire.Member]:
    """The members that *selectors* mean; those that Dropbox does not know are left out. One members/get_info_v2 call.

    Raises RemoteContract where the answer says nothing of one of them.
    """
    asked = list(dict.fromkeys(selectors))
    found: dict[Selector, wire.Member] = {}
    for start in range(0, len(asked), _SELECTORS_A_CALL):
        found |= await _find(api, asked[start : start + _SELECTORS_A_CALL])
    return found


async def _find(api: Api, asked: list[Selector]) -> dict[Selector, wire.Member]:
    answer = await api.members_find([wire.selector(by, value) for by, value in asked])
    members: dict[Selector, wire.Member] = {}
    missing: set[str] = set()
    for item in answer.members_info:
        if item.id_not_found is not None:
            missing.add(item.id_not_found.casefold())
        if item.profile is None:
            continue
        member = wire.Member(profile=item.profile, roles=item.roles)
        members |= dict.fromkeys(_names(item.profile), member)
    found: dict[Selector, wire.Member] = {}
    for by, value in asked:
        # Dropbox does not say whether it minds the case of addresses; a second account by another case is not known.
        member = members.get((by, value.casefold() if by == "email" else value))
        if member is not None:
            found[by, value] = member
        elif value.casefold() not in missing:
            raise RemoteContract("Dropbox left out some of the members asked for", route=routes.GET_INFO)
    return found


def _names(profile: wire.Profile) -> list[Selector]:
    emails = [profile.email, *(more.email for more in profile.secondary_emails)]
    names: list[Selector] = [("email", email.casefold()) for email in reversed(emails)]
    names.append(("team_member_id", profile.team_member_id))
    if profile.external_id:
        names.append(("external_id", profile.external_id))
    return names


async def find_named(api: Api, names: Iterable[str], ids: Iterable[str] = ()) -> dict[Selector, wire.Member]:
    """As ``find``, for ids and for *names* under ("email", name): a member's id, e-mail address or external id.

    One call, and one more where a name that looks like an id or address is not found as such.
    """
    wanted = list(dict.fromkeys(name for name in names if name))
    first = {name: reading for name in wanted if (reading := _reading(name)) is not None}
    found = await find(api, [*(("team_member_id", id) for id in ids), *first.values()])
    again: dict[str, Selector] = {
        name: ("external_id", name)
        for name, reading in first.items()
        if reading not in found and reading[0] != "external_id" and len(name) <= EXTERNAL_ID_LENGTH
    }
    later: dict[Selector, wire.Member] = await find(api, again.values()) if again else {}
    for name in wanted:
        member = found.get(first[name]) if name in first else None
        member = member or later.get(("external_id", name))
        if member is not None:
            found["email", name] = member
    return found


def _reading(name: str) -> Selector | None:
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
