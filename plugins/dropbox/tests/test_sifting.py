"""A row that can't be understood is kept aside with its place, on each route, and costs no other row."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from jackfield.errors import RemoteContract, Transient
from jackfield_dropbox.api import Api
from jackfield_dropbox.sifting import Sifted

from .test_answers import ask

SECRET = "s3cr3t-content"
NAME = {"display_name": "N"}


def member(id: str, **fields: Any) -> dict[str, Any]:
    return {"profile": {"team_member_id": id, "email": "a@b.c", "status": {".tag": "active"}, "name": NAME, **fields}}


def group(id: str, **fields: Any) -> dict[str, Any]:
    return {"group_id": id, "group_name": "G", "group_management_type": {".tag": "user_managed"}, **fields}


def joined(id: str) -> dict[str, Any]:
    return {"profile": {"team_member_id": id}, "access_type": {".tag": "member"}}


PAGE = {"cursor": "c", "has_more": False}
GOOD, BAD = "dbmid:good", "dbmid:bad"
ROUTES: dict[str, tuple[Callable[[list[Any]], Any], Any, list[Any], Callable[[Api], Any]]] = {
    "members": (
        lambda rows: {"members": rows, **PAGE},
        member(GOOD),
        [
            member(BAD, groups=SECRET),
            member(BAD, status=None),
            member(BAD, email={"x": SECRET}),
            member(BAD, joined_on=SECRET),
            {"profile": None},
            None,
            SECRET,
            [],
        ],
        lambda api: api.members_list(limit=1, include_removed=False),
    ),
    "members further": (
        lambda rows: {"members": rows, **PAGE},
        member(GOOD),
        [member(BAD, name=None)],
        lambda api: api.members_list_continue("c"),
    ),
    "members by id": (
        lambda rows: {"members_info": rows},
        {".tag": "member_info", **member(GOOD)},
        [{".tag": "member_info", **member(BAD, groups=1)}, {"profile": member(BAD)}, 7],
        lambda api: api.members_get_info([GOOD, BAD]),
    ),
    "roles": (
        lambda rows: {"roles": rows},
        {"role_id": "pid_dbtmr:1", "name": "R"},
        [{"role_id": "pid_dbtmr:2"}, {"name": SECRET}],
        lambda api: api.role_catalogue(),
    ),
    "groups": (
        lambda rows: {"groups": rows, **PAGE},
        group("g:1"),
        [group("g:2", member_count="7"), group("g:2", group_name=None), {"group_id": 3}],
        lambda api: api.groups_list(limit=1),
    ),
    "groups further": (
        lambda rows: {"groups": rows, **PAGE},
        group("g:1"),
        [group("g:2", group_management_type=SECRET)],
        lambda api: api.groups_list_continue("c"),
    ),
    "groups by id": (
        lambda rows: rows,
        {".tag": "group_info", **group("g:1", members=[])},
        [{".tag": "group_info", **group("g:2", member_count=-1)}, {"group_id": "g:2"}, None],
        lambda api: api.groups_in_full(("g:1", "g:2")),
    ),
    "members of a group": (
        lambda rows: {"members": rows, **PAGE},
        joined(GOOD),
        [{"profile": {"team_member_id": BAD}}, {"access_type": {".tag": "member"}}, None],
        lambda api: api.group_members("g:1", None, limit=1),
    ),
}


@pytest.mark.parametrize("route", ROUTES)
def test_a_broken_row_costs_itself_only(route: str) -> None:
    around, good, bad, call = ROUTES[route]
    for one in bad:
        answer: Sifted[Any] = ask(json.dumps(around([good, one, good])).encode(), call)
        [broken] = answer.broken
        assert broken.number == 2
        told = answer.reason() or ""
        assert answer.route in told
        assert "row 2" in told
        assert SECRET not in told + repr(answer)
        whole: Sifted[Any] = ask(json.dumps(around([good, good])).encode(), call)
        assert answer.page == whole.page
        assert whole.broken == ()
        assert whole.reason() is None


def test_one_byte_that_is_no_utf_8_costs_its_row_only() -> None:
    rows = json.dumps({"members": [member(GOOD), member(BAD, external_id="@"), member(GOOD)], **PAGE}).encode()
    answer = ask(
        rows.replace(b"@", b"\xff", 2).replace(b"a\xffb.c", b"a@b.c", 1), lambda api: api.members_list_continue("c")
    )
    assert len(answer.page.members) + len(answer.broken) == 3
    assert answer.broken


@pytest.mark.parametrize("name", ["groups", "secondary_emails", "external_id", "joined_on", "membership_type"])
def test_null_is_the_same_as_nothing_where_a_field_may_be_absent(name: str) -> None:
    row = member(GOOD, **{name: None})
    answer = ask(json.dumps({"members": [row], **PAGE}).encode(), lambda api: api.members_list_continue("c"))
    assert not answer.broken


def test_the_members_of_a_group_are_sifted_within_their_group() -> None:
    infos = [
        {".tag": "group_info", **group("g:1", members=[joined(GOOD), None, joined(BAD)], member_count=3)},
        {".tag": "group_info", **group("g:2", members=[joined(GOOD)])},
    ]
    answer = ask(json.dumps(infos).encode(), lambda api: api.groups_in_full(("g:1", "g:2")))
    assert [len(info.members) for info in answer.page] == [2, 1]
    assert [(one.within, one.number) for one in answer.broken] == [("g:1", 2)]


@pytest.mark.parametrize("id", [SECRET, "dbmid:a b", "dbmid:" + "x" * 200, "\u202edbmid:a", 7])
def test_only_what_looks_like_an_id_is_told(id: Any) -> None:
    answer = ask(
        json.dumps({"members": [member(id, groups=3)], **PAGE}).encode(), lambda api: api.members_list_continue("c")
    )
    assert answer.broken[0].id is None


def test_an_answer_without_rows_breaks_the_contract() -> None:
    for body in ({"members": None, **PAGE}, {"members": {}, **PAGE}, {"members": []}, []):
        with pytest.raises(RemoteContract):
            ask(json.dumps(body).encode(), lambda api: api.members_list_continue("c"))
    with pytest.raises(Transient):
        ask(b'{"members":[{"profile"', lambda api: api.members_list_continue("c"))


def test_many_broken_rows_are_told_in_few_words() -> None:
    rows = [member(f"dbmid:{number}", groups=1) for number in range(500)]
    answer = ask(json.dumps({"members": rows, **PAGE}).encode(), lambda api: api.members_list_continue("c"))
    told = answer.reason() or ""
    assert "500 rows" in told
    assert "and 497 more" in told
    assert len(told) < 600
