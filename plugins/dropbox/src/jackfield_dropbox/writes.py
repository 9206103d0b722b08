"""The routes that write: one function each, one request each. A refusal is a reply with its tag, see ``Api.ask``."""

from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Any

import msgspec

from jackfield_dropbox import routes, wire
from jackfield_dropbox.api import Api, Reply
from jackfield_dropbox.presumption import Presumption
from jackfield_dropbox.wire import selector


def _group(id: str) -> dict[str, str]:
    return selector("group_id", id)


def _user(id: str) -> dict[str, str]:
    return selector("team_member_id", id)


# Dropbox's default, return_members, makes it give the whole group, which "may take a long time". The job id in the
# answers is deprecated and always one space.


async def groups_add(api: Api, group: str, people: Mapping[str, str]) -> Reply[Any]:
    """groups/members/add: all of *people* (id to access type) or nobody."""
    members = [{"user": _user(id), "access_type": access} for id, access in people.items()]
    arg = {"group": _group(group), "members": members, "return_members": False}
    return await api.ask(routes.GROUPS_ADD, arg, msgspec.Raw)


async def groups_remove(api: Api, group: str, people: Iterable[str]) -> Reply[Any]:
    """groups/members/remove: all of *people* or nobody; it removes owners as well."""
    arg = {"group": _group(group), "users": [_user(id) for id in people], "return_members": False}
    return await api.ask(routes.GROUPS_REMOVE, arg, msgspec.Raw)


async def set_access(api: Api, group: str, person: str, access: str) -> Reply[Any]:
    """groups/members/set_access_type: a member becomes an owner, or an owner a member."""
    arg = {"group": _group(group), "user": _user(person), "access_type": access, "return_members": False}
    return await api.ask(routes.SET_ACCESS, arg, msgspec.Raw)


async def set_roles(api: Api, person: str, roles: tuple[str, ...]) -> Reply[wire.RolesSet]:
    """members/set_admin_permissions_v2: *roles* (one at most) replace whatever is held, none makes a plain member."""
    return await api.ask(routes.SET_ROLES, {"user": _user(person), "new_roles": roles}, wire.RolesSet)


async def add_members(api: Api, people: list[dict[str, Any]]) -> Reply[wire.AddLaunch]:
    """members/add_v2: invite up to 20 people; what is wrong with one of them stands in the answer."""
    return await api.ask(routes.ADD, {"new_members": people}, wire.AddLaunch)


async def add_job(api: Api, job: str) -> Reply[wire.AddLaunch]:
    """members/add/job_status/get_v2."""
    return await api.ask(routes.ADD_STATUS, {"async_job_id": job}, wire.AddLaunch)


async def remove_member(api: Api, person: str, terms: Mapping[str, Any]) -> Reply[wire.Launch]:
    """members/remove on *terms*, which are the route's further arguments."""
    return await api.ask(routes.REMOVE, {"user": _user(person), **terms}, wire.Launch)


async def remove_job(api: Api, job: str) -> Reply[wire.Launch]:
    """members/remove/job_status/get."""
    return await api.ask(routes.REMOVE_STATUS, {"async_job_id": job}, wire.Launch)


async def suspend(api: Api, person: str, *, wipe_data: bool) -> Reply[Any]:
    """members/suspend; Dropbox's own default is to wipe, so that it is always said."""
    return await api.ask(routes.SUSPEND, {"user": _user(person), "wipe_data": wipe_data}, NoneType)


async def unsuspend(api: Api, person: str) -> Reply[Any]:
    """members/unsuspend."""
    return await api.ask(routes.UNSUSPEND, {"user": _user(person)}, NoneType)


async def recover(api: Api, person: Mapping[str, str]) -> Reply[Any]:
    """members/recover of whom the selector *person* means."""
    return await api.ask(routes.RECOVER, {"user": person}, NoneType)


async def set_profile(api: Api, person: str, values: Mapping[str, Any]) -> Reply[Any]:
    """members/set_profile_v2 with *values*, named ``new_…`` as the route names them."""
    return await api.ask(routes.SET_PROFILE, {"user": _user(person), **values}, msgspec.Raw)


async def send_welcome_email(api: Api, person: str) -> Reply[Any]:
    """members/send_welcome_email, whose argument is the selector itself; it does nothing unless the person is invited."""
    return await api.ask(routes.WELCOME, _user(person), NoneType)


PRESUMES = (
    Presumption(
        name="form-of-answers",
        presumed="A write answers in the form that is documented.",
        source="the specification",
        noticed="the answer has another form",
        then="a read settles it; where nothing can be read, it is unverified",
        switch="write_answer",
        test="tests/test_unclear_answers.py::test_a_write_that_was_made_is_changed_whatever_its_answer_looks_like",
    ),
)
