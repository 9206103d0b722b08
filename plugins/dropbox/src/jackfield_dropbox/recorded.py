"""What a recording shows of a team: its listings, look-ups and figures, put together from the answers.

Needs the extra ``testkit`` of jackfield, as all that reads recordings.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from jackfield_testkit.presumptions import Exchange, listed, status, table

LISTING: Final = ("team/members/list_v2", "team/members/list/continue_v2")
GROUPS: Final = ("team/groups/list", "team/groups/list/continue")
IN_GROUP: Final = ("team/groups/members/list", "team/groups/members/list/continue")
INFO: Final = "team/groups/get_info"
FIND: Final = "team/members/get_info_v2"
LOG: Final = ("team_log/get_events", "team_log/get_events/continue")
TEAM: Final = "team/get_info"
CATALOGUE: Final = "team/members/get_available_team_member_roles"

Row = dict[str, Any]


def asked(exchanges: Sequence[Exchange], *routes: str) -> Iterator[Exchange]:
    """The exchanges of some routes that were answered at all."""
    paths = {f"/2/{route}" for route in routes}
    return (each for each in exchanges if each.path in paths and each.answer is not None)


def argument(exchange: Exchange) -> Row:
    """What was asked for, empty where it was nothing."""
    return table(exchange.body.value)


def answer(exchange: Exchange) -> Any:
    """The JSON of a success, None of anything else."""
    good = exchange.answer is not None and exchange.answer.status == 200 and exchange.answer.body.kind == "json"
    return exchange.answer.body.value if good and exchange.answer is not None else None


def error_tag(exchange: Exchange) -> str:
    """The tag of a refusal, empty where there is none."""
    value = exchange.answer.body.value if exchange.answer is not None and status(exchange) != 200 else None
    tag = table(table(value).get("error")).get(".tag")
    return tag if isinstance(tag, str) else ""


def rows(exchanges: Sequence[Exchange], key: str, *routes: str) -> Iterator[tuple[int, Row]]:
    """The rows under *key* of all answers of some routes, each with the number of its exchange."""
    for each in asked(exchanges, *routes):
        value = answer(each)
        for row in listed(value if not key else table(value).get(key)):
            yield each.number, table(row)


def whole(exchanges: Sequence[Exchange], routes: Sequence[str]) -> bool:
    """Whether a listing was read from its first page to its last, with no page of an error between."""
    pages = list(asked(exchanges, *routes))
    if not pages or any(status(each) != 200 for each in pages):
        return False
    return pages[0].path == f"/2/{routes[0]}" and table(answer(pages[-1])).get("has_more") is False


def members(exchanges: Sequence[Exchange]) -> dict[str, Row]:
    """The profiles that the listing of members gave, by the member's id; with ``roles`` as the row has them."""
    found: dict[str, Row] = {}
    for _, row in rows(exchanges, "members", *LISTING):
        profile = table(row.get("profile"))
        found[str(profile.get("team_member_id"))] = profile | {"roles": row.get("roles")}
    return found


def tag(value: object) -> str:
    """The tag of a union."""
    found = table(value).get(".tag")
    return found if isinstance(found, str) else ""


def figure(exchanges: Sequence[Exchange], name: str) -> Iterator[tuple[int, int]]:
    """A figure of the team in each answer that tells it."""
    for each in asked(exchanges, TEAM):
        value = table(answer(each)).get(name)
        if isinstance(value, int):
            yield each.number, value


def in_groups(exchanges: Sequence[Exchange]) -> dict[str, tuple[int, frozenset[str]]]:
    """Who is in a group by the group's own listing, where that was read to its end or came whole; with an exchange's number."""
    found: dict[str, tuple[int, frozenset[str]]] = {}
    for number, row in rows(exchanges, "", INFO):
        if isinstance(row.get("group_id"), str) and row.get("members") is not None:
            found[row["group_id"]] = number, _people(row["members"])
    reading: dict[str, tuple[str, frozenset[str]]] = {}
    for each in asked(exchanges, *IN_GROUP):
        page, arg = table(answer(each)), argument(each)
        group, before = reading.get(
            str(arg.get("cursor")), (str(table(arg.get("group")).get("group_id")), frozenset[str]())
        )
        people = before | _people(page.get("members"))
        if page.get("has_more") is True:
            reading[str(page.get("cursor"))] = group, people
        elif page:
            found[group] = each.number, people
    return found


def _people(some: object) -> frozenset[str]:
    return frozenset(str(table(table(each).get("profile")).get("team_member_id")) for each in listed(some))


def fits(row: object, form: Any) -> bool:
    """Whether a row has the form that the connector reads."""
    try:
        msgspec.convert(row, form, strict=False)
    except (msgspec.ValidationError, ValueError):
        return False
    return True
