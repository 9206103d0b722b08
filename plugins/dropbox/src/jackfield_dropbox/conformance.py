"""The Dropbox connector under the conformance kit: a small simulated team, and the changes to try on it.

``jackfield connectors check dropbox`` runs it on what is installed. Needs the extra ``testkit`` of jackfield.
"""

import random
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from jackfield_contracts import (
    CreateAccount,
    DeleteAccount,
    Email,
    EntitlementId,
    GrantAccess,
    GrantId,
    ResourceId,
    RevokeAccess,
    RunAction,
)
from jackfield_dropbox.people import is_email
from jackfield_dropbox_simulator import thread
from jackfield_dropbox_simulator.launch import Control, ControlError
from jackfield_dropbox_simulator.options import SCOPES, ServiceOptions, TeamOptions
from jackfield_dropbox_simulator.writes.ledger import EFFECTS
from jackfield_testkit import ConnectorSuite, Samples, Truth, Variant

_TEAM = TeamOptions(members=24, groups=6, seed=1)
_PAGE = 6
_JOB_SECONDS = 120.0
_SERVICE = ServiceOptions(page_cap=_PAGE, blank_page=True, async_jobs=True, job_seconds=_JOB_SECONDS)
_STATUS = {"active": "enabled", "suspended": "disabled", "invited": "pending"}
_ROOM = 1000
_NOT_IN_NAMES = '/:?*<>"|'


class SimulatedTeam:
    """A simulated team as the kit's backend, one group of it empty; its jobs take two minutes, which ``work`` lets pass."""

    page_size = _PAGE
    most_requests = 20
    permissions = SCOPES
    counts = ("member_count",)

    def __init__(self, base_url: str, ready: Mapping[str, Any], held: ExitStack) -> None:
        self.base_url = base_url
        self.ready = ready
        self._held = held
        self.control = Control(base_url)
        self.control.settings(job_effect="end", licensed=_ROOM)
        # Nobody names a group without members: only the listing of groups shows it.
        self.control.change({"do": "create_group", "name": "Nobody"})
        self._drifts = 0

    def truth(self) -> Truth:
        """The team as the simulator holds it, by no route of Dropbox's API."""
        team = self.control.truth()
        roles = [_resource("role", each["role_id"]) for each in team["roles"]]
        groups = [_resource("group", each["group_id"]) for each in team["groups"]]
        people = {_resource("user", each["team_member_id"]): each for each in team["users"]}
        seat = _entitlement("license", "full", "assigned")
        fixed = [_resource("app", "dropbox"), _resource("license", "full")]
        return Truth(
            resources=frozenset([*fixed, *roles, *groups, *people]),
            grants=frozenset(
                [
                    *(
                        GrantId(
                            entitlement=_entitlement("group", each["group_id"], slug), principal=_resource("user", id)
                        )
                        for each in team["groups"]
                        for id, slug in each["members"].items()
                    ),
                    *(
                        GrantId(entitlement=_entitlement("role", role, "member"), principal=person)
                        for person, each in people.items()
                        for role in each["roles"]
                    ),
                    *(
                        GrantId(entitlement=seat, principal=person)
                        for person, each in people.items()
                        if each["licensed"]
                    ),
                ]
            ),
            facts={
                **{person: _facts(each) for person, each in people.items()},
                **{_resource("group", each["group_id"]): _facts_of_group(each) for each in team["groups"]},
                **{
                    _resource("role", each["role_id"]): {
                        "display_name": each["name"],
                        "description": each["description"],
                        "privileged": True,
                    }
                    for each in team["roles"]
                },
                _resource("license", "full"): {
                    "display_name": "Full member",
                    "seats_total": team["team"]["licensed"],
                    "seats_used": team["team"]["used_licenses"] or None,
                },
            },
        )

    def whole(self) -> Mapping[str, object]:
        """All that the simulator keeps of the team."""
        team = self.control.truth()
        people = {f"user:{each['team_member_id']}": each for each in team["users"]}
        return {**people, **{f"group:{each['group_id']}": each for each in team["groups"]}}

    def invite(self, name: str, login: str) -> ResourceId | None:
        """Let somebody join, if Dropbox takes such a name and address."""
        if not is_email(login) or set(name) & set(_NOT_IN_NAMES):
            return None
        given, _, surname = name.partition(" ")
        try:
            (id,) = self.control.change({"do": "join", "email": login, "given": given, "surname": surname})
        except ControlError:  # somebody has that address, in whatever capitals
            return None
        return _resource("user", id)

    def make_group(self, name: str) -> ResourceId:
        """Let there be a group of that name."""
        (id,) = self.control.change({"do": "create_group", "name": name})
        return _resource("group", id)

    def effects(self) -> Mapping[str, int]:
        """Invitations, mails, removals and the like, each by whom it is about."""
        counted = self.control.effects()
        return {f"{what} {whom}": number for what in EFFECTS for whom, number in counted[what].items()}

    def work(self) -> None:
        """Let jobs end."""
        self.control.advance(_JOB_SECONDS * 2)

    def fail_jobs(self) -> None:
        """Let jobs end in failure from now on."""
        self.control.settings(job_fails="the simulator was told to fail")

    def expire(self) -> None:
        """Let all access tokens end."""
        self.control.expire()

    def forget_cursors(self) -> None:
        """Let all cursors lapse."""
        self.control.forget_cursors()

    def allow(self, permissions: Collection[str] | None) -> None:
        """Give the app these scopes only, or all of them again."""
        self.control.settings(scopes=SCOPES if permissions is None else tuple(permissions))
        self.expire()

    def remove(self, person: ResourceId) -> None:
        """Take somebody out of the team; who is its last administrator stays."""
        with suppress(ControlError):  # the last administrator can't leave
            self.control.change({"do": "leave", "user": person.id})

    def another(self) -> "tuple[SimulatedTeam, Mapping[str, Any]]":
        """Another team, and a connection to it."""
        team = msgspec.structs.replace(_TEAM, members=9, groups=3, seed=2)
        simulator = self._held.enter_context(thread.running(team, _SERVICE))
        other = SimulatedTeam(simulator.base_url, simulator.ready, self._held)
        return other, connection_to(other)

    def give_address(self, person: ResourceId, address: str) -> bool:
        """No two members can have one address."""
        return False

    def variants(self) -> Mapping[str, Variant]:
        """A connection that reads no events, and by which nobody's devices are wiped."""
        simulator = self._held.enter_context(thread.running(_TEAM, _SERVICE))
        team = SimulatedTeam(simulator.base_url, simulator.ready, self._held)
        own = {"activity": False, "disable_wipes_devices": False}
        return {"no events": Variant(backend=team, config={**connection_to(team), **own}, samples=samples_on(team))}

    def sign_in(self, person: ResourceId) -> None:
        """Let somebody sign in."""
        self.control.change({"do": "sign_in", "user": person.id, "ago": float(self._drifts)})
        self._drifts += 1

    def drift(self, seed: int) -> None:
        """Change something from outside."""
        rng = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        team = self.control.truth()
        people = [each["team_member_id"] for each in team["users"] if each["status"] == "active" and not each["roles"]]
        groups = [each["group_id"] for each in team["groups"] if each["management_type"] == "user_managed"]
        user, group = rng.choice(people), rng.choice(groups)
        self._drifts += 1
        some: list[dict[str, Any]] = [
            {"do": "group_add", "user": user, "group": group},
            {"do": "group_remove", "user": user, "group": group},
            {"do": "set_access", "user": user, "group": group, "access": "owner"},
            {"do": "set_role", "user": user, "role": team["roles"][-1]["role_id"]},
            {"do": "join", "email": f"drift{self._drifts}@{_domain(team)}"},
            {"do": "leave", "user": user},
            {"do": "suspend", "user": user},
            {"do": "create_group", "name": f"Drift {self._drifts}"},
            {"do": "delete_group", "group": group},
        ]
        rng.shuffle(some)
        for each in some:
            try:
                self.control.change(each)
            except ControlError:
                continue  # such as somebody who is in the group already
            return


def connection_to(team: SimulatedTeam) -> Mapping[str, Any]:
    """The keys of a connection to *team*."""
    return {
        "app_key": team.ready["app_key"],
        "app_secret": team.ready["app_secret"],
        "refresh_token": team.ready["refresh_token"],
        "base_url": team.base_url,
        "activity": True,
    }


class TestDropbox(ConnectorSuite):
    """The kit's suite on the Dropbox connector."""

    connector = "dropbox"

    @pytest.fixture
    def backend(self) -> Iterator[SimulatedTeam]:  # type: ignore[override]
        """A team of its own for each test."""
        with ExitStack() as held:
            simulator = held.enter_context(thread.running(_TEAM, _SERVICE))
            yield SimulatedTeam(simulator.base_url, simulator.ready, held)

    @pytest.fixture
    def config(self, backend: SimulatedTeam) -> Mapping[str, Any]:  # type: ignore[override]
        """A connection to it."""
        return connection_to(backend)

    @pytest.fixture
    def samples(self, backend: SimulatedTeam) -> Samples:  # type: ignore[override]
        """Changes to try."""
        return samples_on(backend)


def samples_on(backend: SimulatedTeam) -> Samples:
    """Changes to try; the team is first made to have one administrator, and somebody who can be recovered."""
    control = backend.control
    team = control.truth()
    admin_role = team["team"]["admin_role"]
    first, *others = [each["team_member_id"] for each in team["users"] if admin_role in each["roles"]]
    for each in others:
        control.change({"do": "set_role", "user": each, "role": None})
    (left,) = control.change({"do": "join", "email": f"left@{_domain(team)}", "given": "Lee", "surname": "Left"})
    control.change({"do": "leave", "user": left})
    team = control.truth()
    plain = [each for each in team["users"] if not each["roles"]]
    active, suspended, invited = (
        [each["team_member_id"] for each in plain if each["status"] == status]
        for status in ("active", "suspended", "invited")
    )
    # Those of whom Dropbox keeps most come first: what is wiped by a change is seen by them.
    kept = {each["team_member_id"]: _kept(each) for each in plain}
    active.sort(key=kept.__getitem__, reverse=True)
    groups = {
        kind: [each for each in team["groups"] if each["management_type"] == kind and each["members"]]
        for kind in ("user_managed", "company_managed", "system_managed")
    }
    own, company, system = (groups[kind][-1] for kind in ("user_managed", "company_managed", "system_managed"))
    outside = [id for id in active if id not in own["members"] and id not in company["members"]]
    inside = next(id for id, slug in own["members"].items() if slug == "member" and id in active)
    sleeper = next(each["email"] for each in plain if each["status"] == "suspended")
    role = team["roles"][-1]["role_id"]
    return Samples(
        grants=(
            _gives("group", own["group_id"], "owner", outside[0]),
            _gives("group", own["group_id"], "member", outside[1]),
            _gives("group", own["group_id"], "owner", inside),
            _gives("role", role, "member", outside[2]),
            _gives("role", team["roles"][-2]["role_id"], "member", outside[4]),
            _gives("group", company["group_id"], "member", outside[3]),
        ),
        refused=(
            RevokeAccess(entitlement=_entitlement("role", admin_role, "member"), principal=_resource("user", first)),
            _gives("group", system["group_id"], "member", left),
            _gives("group", own["group_id"], "owner", suspended[0]),
            _gives("role", role, "member", suspended[0]),
            DeleteAccount(account=_resource("user", first)),
            CreateAccount(arguments={"email": sleeper}),
            _does("disable_user", first),
        ),
        accounts=(
            CreateAccount(
                arguments={
                    "email": f"new@{_domain(team)}",
                    "given_name": "Nora",
                    "surname": "New",
                    "groups": (own["group_id"],),
                }
            ),
        ),
        deletions=(DeleteAccount(account=_resource("user", active[-1])),),
        actions=(
            _does("disable_user", active[0], wipe_data=False),
            _does("enable_user", suspended[0]),
            _does("recover_user", left),
            _does("send_welcome_email", invited[0]),
            _does("set_profile", active[1], surname="Renamed"),
        ),
    )


def _resource(kind: str, id: str) -> ResourceId:
    return ResourceId(type=kind, id=id)


def _entitlement(kind: str, id: str, slug: str) -> EntitlementId:
    return EntitlementId(resource=_resource(kind, id), slug=slug)


def _gives(kind: str, id: str, slug: str, user: str) -> GrantAccess:
    return GrantAccess(entitlement=_entitlement(kind, id, slug), principal=_resource("user", user))


def _does(name: str, user: str, **values: Any) -> RunAction:
    return RunAction(name=name, arguments={"user_id": user, **values}, account=_resource("user", user))


def _domain(team: Mapping[str, Any]) -> str:
    return team["users"][0]["email"].rpartition("@")[2]


def _facts(user: Mapping[str, Any]) -> dict[str, Any]:
    known = ("external_id", "persistent_id", "account_id")
    first = Email(address=user["email"], primary=True, verified=user["email_verified"])
    more = [Email(address=each["email"], verified=each["is_verified"]) for each in user["secondary_emails"]]
    return {
        "display_name": user["display_name"] or user["email"],
        "status": _STATUS[user["status"]],
        "status_raw": user["status"],
        "login": user["email"],
        "emails": (first, *more),
        "given_name": user["given_name"] or None,
        "surname": user["surname"] or None,
        "familiar_name": user["given_name"] or None,
        "external_ids": {name: user[name] for name in known if user[name]},
        "membership_type": user["membership_type"],
        "directory_restricted": user["is_directory_restricted"],
        "invited": _time(user["invited_on"]),
        "joined": _time(user["joined_on"]),
        "suspended": _time(user["suspended_on"]),
    }


def _facts_of_group(group: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "display_name": group["name"],
        "external_id": group["external_id"],
        "management": group["management_type"],
        "member_count": len(group["members"]),
    }


def _kept(user: Mapping[str, Any]) -> int:
    """How much there is of somebody that not everybody has."""
    some = ("secondary_emails", "external_id", "persistent_id", "is_directory_restricted", "profile_photo_url")
    return sum(bool(user[name]) for name in some)


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
