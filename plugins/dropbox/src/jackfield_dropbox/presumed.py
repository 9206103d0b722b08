"""``python -m jackfield_dropbox.presumed FILE``: which presumptions of the connector a recording bears out.

A recording of a real team tells by it how the simulator is to behave. Needs the extra ``testkit`` of jackfield.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from jackfield_dropbox import recorded, routes, wire
from jackfield_dropbox.harmless import harmless
from jackfield_dropbox.presumptions import reading, writing
from jackfield_dropbox.recorded import argument, asked, error_tag, members, rows, tag
from jackfield_testkit.presumptions import Check, Exchange, Sight, listed, main, status, table

Exchanges = Sequence[Exchange]

_CURSOR: Final = ("invalid_cursor", "bad_cursor", "reset")
_SEATED: Final = ("active", "suspended", "invited")


def _figure(name: str, counts: Callable[[dict[str, Any]], bool]) -> Check:
    """Whether a figure of the team is the number of listed members that count."""

    def check(exchanges: Exchanges) -> Iterator[Sight]:
        if recorded.whole(exchanges, recorded.LISTING):
            people = sum(map(counts, members(exchanges).values()))
            # Dropbox says 0 where it does not know.
            yield from ((number, value == people) for number, value in recorded.figure(exchanges, name) if value)

    return check


def _seated(profile: dict[str, Any]) -> bool:
    return tag(profile.get("status")) in _SEATED and tag(profile.get("membership_type")) in ("", "full")


def _provisioned(profile: dict[str, Any]) -> bool:
    return tag(profile.get("status")) in ("active", "invited")


def _member_count(exchanges: Exchanges) -> Iterator[Sight]:
    inside = recorded.in_groups(exchanges)
    everybody = members(exchanges) if recorded.whole(exchanges, recorded.LISTING) else {}
    for number, group in rows(exchanges, "groups", *recorded.GROUPS):
        count, id = group.get("member_count"), group.get("group_id")
        if not isinstance(count, int) or not isinstance(id, str):
            continue
        if id in inside:
            yield number, len(inside[id][1]) == count
        elif everybody and tag(group.get("group_management_type")) != "system_managed":
            yield number, sum(id in listed(each.get("groups")) for each in everybody.values()) == count


def _answered(route: str, several: str, *, most: int = 1) -> Check:
    """Whether calls about more than *most* things were answered."""

    def check(exchanges: Exchanges) -> Iterator[Sight]:
        for each in asked(exchanges, route):
            if len(listed(argument(each).get(several))) > most:
                yield each.number, status(each) == 200

    return check


def _page_size(exchanges: Exchanges) -> Iterator[Sight]:
    for each in asked(exchanges, recorded.LISTING[0], recorded.GROUPS[0], recorded.IN_GROUP[0]):
        if argument(each).get("limit") == 1000:
            yield each.number, status(each) < 500


def _empty_pages(exchanges: Exchanges) -> Iterator[Sight]:
    for routes_, key in ((recorded.LISTING, "members"), (recorded.GROUPS, "groups")):
        pages = list(asked(exchanges, *routes_))
        for at, each in enumerate(pages):
            page = table(recorded.answer(each))
            if page.get("has_more") is True and not listed(page.get(key)):
                rest = [row for one in pages[at + 1 :] for row in listed(table(recorded.answer(one)).get(key))]
                yield each.number, bool(rest)


def _nobody(exchanges: Exchanges) -> Iterator[Sight]:
    if recorded.whole(exchanges, recorded.LISTING):
        *_, last = asked(exchanges, *recorded.LISTING)
        yield last.number, bool(members(exchanges))


def _twice(exchanges: Exchanges) -> Iterator[Sight]:
    seen: set[str] = set()
    for number, row in rows(exchanges, "members", *recorded.LISTING):
        id = str(table(row.get("profile")).get("team_member_id"))
        if id in seen:
            yield number, True
        seen.add(id)


def _profile_groups(exchanges: Exchanges) -> Iterator[Sight]:
    everybody = members(exchanges)
    for group, (number, people) in recorded.in_groups(exchanges).items():
        for id in people & everybody.keys():
            yield number, group in listed(everybody[id].get("groups"))


def _plain_roles(exchanges: Exchanges) -> Iterator[Sight]:
    for number, row in rows(exchanges, "members", *recorded.LISTING):
        if not row.get("roles"):
            yield number, row.get("roles") in (None, [])


def _role_ids(some: object) -> set[str]:
    return {str(table(each).get("role_id")) for each in listed(some)}


def _catalogue(exchanges: Exchanges) -> Iterator[Sight]:
    offered = {str(row.get("role_id")) for _, row in rows(exchanges, "roles", recorded.CATALOGUE)}
    for number, row in rows(exchanges, "members", *recorded.LISTING):
        if offered and _role_ids(row.get("roles")):
            yield number, _role_ids(row.get("roles")) <= offered


def _found(exchanges: Exchanges) -> Iterator[tuple[int, dict[str, Any], dict[str, Any]]]:
    """Each look-up of a member with its selector."""
    for each in asked(exchanges, recorded.FIND):
        items = listed(table(recorded.answer(each)).get("members_info"))
        for selector, item in zip(listed(argument(each).get("members")), items, strict=False):
            yield each.number, table(selector), table(item)


def _role_listed(exchanges: Exchanges) -> Iterator[Sight]:
    everybody = members(exchanges)
    for number, _, item in _found(exchanges):
        id = str(table(item.get("profile")).get("team_member_id"))
        if id in everybody:
            yield number, _role_ids(item.get("roles")) == _role_ids(everybody[id].get("roles"))


def _groups_listed(exchanges: Exchanges) -> Iterator[Sight]:
    if not recorded.whole(exchanges, recorded.GROUPS):
        return
    known = {str(row.get("group_id")) for _, row in rows(exchanges, "groups", *recorded.GROUPS)}
    known |= {
        str(row.get("group_id"))
        for _, row in rows(exchanges, "", recorded.INFO)
        if tag(row.get("group_management_type")) == "system_managed"
    }
    for number, row in rows(exchanges, "members", *recorded.LISTING):
        if named := listed(table(row.get("profile")).get("groups")):
            yield number, known.issuperset(map(str, named))


def _unknown_group(exchanges: Exchanges) -> Iterator[Sight]:
    yield from ((number, True) for number, row in rows(exchanges, "", recorded.INFO) if tag(row) == "id_not_found")
    for each in asked(exchanges, recorded.INFO):
        if status(each) == 409:
            yield each.number, error_tag(each) == "group_not_on_team"


def _not_on_the_team(exchanges: Exchanges) -> Iterator[Sight]:
    everybody = members(exchanges)
    for number, selector, item in _found(exchanges):
        if tag(item) == "id_not_found" and tag(selector) == "team_member_id":
            yield number, str(selector.get("team_member_id")) not in everybody


def _form(key: str, form: Any, *routes_: str, inner: str = "") -> Check:
    """Whether rows, or the rows under *inner* of each, have the form that the connector reads."""

    def check(exchanges: Exchanges) -> Iterator[Sight]:
        for number, row in rows(exchanges, key, *routes_):
            for each in listed(row.get(inner)) if inner else (row,):
                yield number, recorded.fits(each, form)

    return check


def _both(*checks: Check) -> Check:
    return lambda exchanges: (sight for check in checks for sight in check(exchanges))


def _open_unions(exchanges: Exchanges) -> Iterator[Sight]:
    known = harmless().words[".tag"]

    def tags(value: object) -> Iterator[str]:
        for each in table(value).values():
            yield from tags(each)
        for each in listed(value):
            yield from tags(each)
        yield tag(value)

    for each in asked(exchanges, *recorded.LISTING, *recorded.GROUPS, *recorded.IN_GROUP, recorded.INFO, recorded.FIND):
        yield from ((each.number, True) for found in tags(recorded.answer(each)) if found and found not in known)


def _cursors(*routes_: str) -> Check:
    def check(exchanges: Exchanges) -> Iterator[Sight]:
        for each in asked(exchanges, *routes_):
            if status(each) == 200 or error_tag(each) in _CURSOR:
                yield each.number, status(each) == 200

    return check


def _event_ids(exchanges: Exchanges) -> Iterator[Sight]:
    for number, row in rows(exchanges, "events", *recorded.LOG):
        actor = table(row.get("actor"))
        who = table(actor.get("user") or actor.get("admin"))
        if tag(row.get("event_type")) == "login_success" and tag(who) in ("", "team_member"):
            yield number, bool(who.get("team_member_id"))


def _system_info(exchanges: Exchanges) -> Iterator[Sight]:
    for number, row in rows(exchanges, "", recorded.INFO):
        if tag(row.get("group_management_type")) == "system_managed":
            yield number, not row.get("members")


def _by_first_address(exchanges: Exchanges) -> Iterator[Sight]:
    for number, selector, item in _found(exchanges):
        if tag(selector) == "email" and item.get("profile"):
            first = str(table(item["profile"]).get("email"))
            yield number, first.lower() == str(selector.get("email")).lower()


def _added(exchanges: Exchanges) -> Iterator[tuple[int, list[str], dict[str, Any]]]:
    """Each item of an answer to an invitation, with the addresses that were invited."""
    for each in asked(exchanges, routes.ADD):
        invited = [str(table(one).get("member_email")).lower() for one in listed(argument(each).get("new_members"))]
        for item in listed(table(recorded.answer(each)).get("complete")):
            yield each.number, invited, table(item)


def _success(exchanges: Exchanges) -> Iterator[Sight]:
    for number, _, item in _added(exchanges):
        known = tag(item) in harmless().words[".tag"]
        yield number, known and (tag(item) != "success" or recorded.fits(item.get("profile"), wire.Profile))


def _success_of_whom(exchanges: Exchanges) -> Iterator[Sight]:
    for number, invited, item in _added(exchanges):
        if tag(item) == "success":
            profile = table(item.get("profile"))
            further = [table(each).get("email") for each in listed(profile.get("secondary_emails"))]
            yield number, any(str(each).lower() in invited for each in (profile.get("email"), *further))


def _writes_answer(exchanges: Exchanges) -> Iterator[Sight]:
    launches = (
        routes.GROUPS_ADD,
        routes.GROUPS_REMOVE,
        routes.REMOVE,
        routes.REMOVE_STATUS,
        routes.ADD,
        routes.ADD_STATUS,
    )
    for each in asked(exchanges, *launches):
        if status(each) == 200:
            value = table(recorded.answer(each))
            yield each.number, bool(value) and (not tag(value) or tag(value) in harmless().words[".tag"])


CHECKS: Final[Mapping[str, Check]] = {
    "used-licenses": _figure("num_used_licenses", _seated),
    "provisioned-users": _figure("num_provisioned_users", _provisioned),
    "member-count": _member_count,
    "groups-a-call": _answered(recorded.INFO, "group_ids"),
    "page-size": _page_size,
    "empty-pages": _empty_pages,
    "nobody-at-all": _nobody,
    "rows-twice": _twice,
    "profile-groups": _profile_groups,
    "plain-roles": _plain_roles,
    "role-catalogue": _catalogue,
    "role-listed": _role_listed,
    "groups-listed": _groups_listed,
    "unknown-group": _unknown_group,
    "removed-in-sync": _not_on_the_team,
    "member-row": _form("members", wire.Member, *recorded.LISTING),
    "group-row": _form("groups", wire.Group, *recorded.GROUPS),
    "group-member-row": _both(
        _form("members", wire.GroupMember, *recorded.IN_GROUP),
        _form("", wire.GroupMember, recorded.INFO, inner="members"),
    ),
    "open-unions": _open_unions,
    "cursor-lifetime": _cursors(recorded.LISTING[1], recorded.GROUPS[1], recorded.IN_GROUP[1]),
    "event-cursor": _cursors(recorded.LOG[1]),
    "event-ids": _event_ids,
    "event-form": _form("events", wire.LogEvent, *recorded.LOG),
    "members-a-call": _answered(recorded.FIND, "members"),
    "further-addresses": _by_first_address,
    "row-of-a-person": _form("members_info", wire.MemberItem, recorded.FIND),
    "row-of-a-group": _form("", wire.GroupInfo, recorded.INFO),
    "row-of-a-membership": _form("", wire.GroupMember, recorded.INFO, inner="members"),
    "system-info": _system_info,
    "form-of-success": _success,
    "success-of-whom": _success_of_whom,
    "form-of-answers": _writes_answer,
}

_NOTHING: Final = "nothing is presumed, so that it can't be wrong"
_TRUTH: Final = "it needs to be known what is true of the team, beside what it answers"
UNSEEN: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("listing-order", "removed-profile", "system-listing", "event-order", "jobs-and-effects"), _NOTHING
    ),
    **dict.fromkeys(("system-groups-of-a-person", "groups-of-the-removed", "removed-people-are-shown"), _NOTHING),
    **dict.fromkeys(("event-delay", "event-repeats", "reads-lag", "email-case", "all-or-nobody"), _TRUTH),
    **dict.fromkeys(("address-of-the-removed", "seven-days"), _TRUTH),
}

PRESUMED: Final[Mapping[str, str]] = {each.name: each.presumed for each in (*reading(), *writing())}

if __name__ == "__main__":
    sys.exit(main(PRESUMED, CHECKS, UNSEEN))
