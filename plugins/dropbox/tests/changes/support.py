"""A connection to a simulated team over real HTTP; whatever was sent is judged by the official SDK at the end."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from harness.sdk import decode, exchanges, routes
from harness.simulators import Inside, simulating

from jackfield.clock import Clock, SystemClock
from jackfield.config import Secret
from jackfield.host.connection import Connection, open_connection
from jackfield.host.discovery import Found
from jackfield.http import SessionOptions
from jackfield.log import NoLog
from jackfield_contracts import (
    AccessState,
    CreateAccount,
    DeleteAccount,
    EntitlementId,
    GrantAccess,
    Outcome,
    ResourceId,
    RevokeAccess,
    RunAction,
    StateQuery,
    Value,
)
from jackfield_dropbox.config import DropboxConfig
from jackfield_dropbox.plugin import connector
from jackfield_dropbox_simulator.options import TeamOptions


class Team:
    """A simulated team and a connection to it; ids are Dropbox's own."""

    def __init__(self, sim: Inside, connection: Connection, record: Path) -> None:
        self.sim = sim
        self._record = record
        self.connection = connection

    def people(self, status: str = "active", *, role: bool = False) -> list[str]:
        """Members of that status, with a role or without."""
        users = self.sim.truth()["users"]
        return [one["team_member_id"] for one in users if one["status"] == status and bool(one["roles"]) == role]

    def true(self, user: str) -> dict[str, Any]:
        """The truth about an account."""
        truth = self.sim.truth()
        return next(one for one in truth["users"] + truth["removed"] if one["team_member_id"] == user)

    def by_email(self, email: str) -> dict[str, Any] | None:
        """The truth about the member with that address."""
        return next((one for one in self.sim.truth()["users"] if one["email"] == email), None)

    def new_group(self, kind: str = "user_managed") -> str:
        """A new group without members."""
        name = f"Fresh {len(self.sim.truth()['groups'])}"
        return self.sim.change({"do": "create_group", "name": name, "management": kind})[0]

    def system_group(self) -> str:
        """The group that Dropbox manages."""
        groups = self.sim.truth()["groups"]
        return next(one["group_id"] for one in groups if one["management_type"] == "system_managed")

    def enter(self, group: str, user: str, access: str = "member") -> None:
        """Put somebody into a group behind the connector's back."""
        self.sim.change({"do": "group_add", "group": group, "user": user, "access": access})

    def access(self, group: str, user: str) -> str | None:
        """What the person truly is in the group."""
        return self.true(user)["groups"].get(group)

    def do(self, what: str, user: str, **more: Any) -> str:
        """A change behind the connector's back; gives the user."""
        self.sim.change({"do": what, "user": user, **more})
        return user

    def someone(self, situation: str) -> str:
        """The id of somebody in that situation, as ``people.situation`` names it; made so where nobody is."""
        fresh = self.sim.change({"do": "invite", "email": f"{situation}{len(self.sim.truth()['users'])}@team.example"})
        user = fresh[0]
        if situation == "invited":
            return user
        self.do("activate", user)
        if situation == "suspended":
            self.do("suspend", user)
        elif situation == "recoverable":
            self.do("leave", user)
        elif situation in ("removed", "gone"):
            self.do("leave", user, permanently=True)
        return user

    def admin_role(self) -> str:
        """The id of the role of team administrators."""
        return self.sim.truth()["team"]["admin_role"]

    def roles(self) -> list[str]:
        """The ids of the other roles."""
        return [one["role_id"] for one in self.sim.truth()["roles"] if one["role_id"] != self.admin_role()]

    def calls(self) -> dict[str, int]:
        """The write calls since the last reset, by route."""
        return self.sim.effects()["calls"]

    def sent(self, route: str) -> list[Any]:
        """What was sent to a route so far."""
        return [json.loads(request) for its, request, _, _ in exchanges(self._record) if its == route]

    async def state(self, *changes: GrantAccess | RevokeAccess | DeleteAccount | RunAction) -> AccessState:
        """What the host reads before it makes *changes*."""
        principals: list[ResourceId] = []
        resources: list[ResourceId] = []
        names: list[str] = []
        for change in changes:
            if isinstance(change, GrantAccess | RevokeAccess):
                principals.append(change.principal)
                resources.append(change.entitlement.resource)
            elif isinstance(change, DeleteAccount) or change.account is not None:
                principals.append(change.account)
            else:
                names.append(str(change.arguments["user_id"]))
        return await self.connection.read_state(
            StateQuery(principals=tuple(principals), names=tuple(names), resources=tuple(dict.fromkeys(resources)))
        )

    async def grant(self, *changes: GrantAccess, state: AccessState | None = None) -> tuple[Outcome, ...]:
        """Grant, on the state of now unless another is given."""
        return await self.connection.change(
            "grant", changes, state if state is not None else await self.state(*changes)
        )

    async def revoke(self, *changes: RevokeAccess, state: AccessState | None = None) -> tuple[Outcome, ...]:
        """Revoke, on the state of now unless another is given."""
        return await self.connection.change(
            "revoke", changes, state if state is not None else await self.state(*changes)
        )

    async def create(self, *people: dict[str, Value]) -> tuple[Outcome, ...]:
        """Create accounts."""
        return await self.connection.change(
            "create_account", tuple(CreateAccount(arguments=each) for each in people), AccessState()
        )

    async def delete(self, user: str, state: AccessState | None = None, **terms: Value) -> Outcome:
        """Delete an account."""
        change = DeleteAccount(account=ResourceId(type="user", id=user), arguments=terms)
        state = state if state is not None else await self.state(change)
        return (await self.connection.change("delete_account", (change,), state))[0]

    async def run(self, name: str, user: str, state: AccessState | None = None, **values: Value) -> Outcome:
        """Run an action on the account with the id."""
        change = RunAction(name=name, arguments={"user_id": user, **values}, account=ResourceId(type="user", id=user))
        state = state if state is not None else await self.state(change)
        return (await self.connection.change("run_action", (change,), state))[0]


def entitlement(kind: str, id: str, slug: str) -> EntitlementId:
    """``kind:id/slug``."""
    return EntitlementId(resource=ResourceId(type=kind, id=id), slug=slug)


def joins(group: str, user: str, slug: str = "member") -> GrantAccess:
    """The grant of membership, or of ownership."""
    return GrantAccess(entitlement=entitlement("group", group, slug), principal=ResourceId(type="user", id=user))


def leaves(group: str, user: str, slug: str = "member") -> RevokeAccess:
    """The revocation of membership, or of ownership."""
    return RevokeAccess(entitlement=entitlement("group", group, slug), principal=ResourceId(type="user", id=user))


def gets(role: str, user: str, *, replace: bool = False) -> GrantAccess:
    """The grant of a role."""
    principal = ResourceId(type="user", id=user)
    return GrantAccess(entitlement=entitlement("role", role, "member"), principal=principal, replace=replace)


def loses(role: str, user: str) -> RevokeAccess:
    """The revocation of a role."""
    return RevokeAccess(entitlement=entitlement("role", role, "member"), principal=ResourceId(type="user", id=user))


@asynccontextmanager
async def connected(
    record: Path, *, clock: Clock | None = None, config: dict[str, Any] | None = None, members: int = 30, **service: Any
) -> AsyncGenerator[Team]:
    """A team and a connection to it; at the end the SDK judges each exchange."""
    async with simulating(TeamOptions(members=members), record=str(record), **service) as sim:
        settings = DropboxConfig(
            app_key=sim.app_key,
            app_secret=Secret(sim.app_secret),
            refresh_token=Secret(sim.refresh_token),
            base_url=sim.base_url,
            **(config or {}),
        )
        found = Found(name="dropbox", distribution="jackfield-dropbox", version="1", type=connector)
        async with open_connection(
            "acme", found, settings, options=SessionOptions(), clock=clock or SystemClock(), log=NoLog()
        ) as connection:
            yield Team(sim, connection, record)
    if record.exists():
        judge(record)


def judge(record: Path) -> None:
    """Assert that the SDK takes every request, and that none was refused for its form; forced answers are no matter."""
    for route, request, status, answer in exchanges(record):
        if route in routes():
            assert status != 400, f"{route}: {answer!r} to {request!r}"
            decode(routes()[route].arg_type, request)


def over_http(**options: Any) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., None]]:
    """Make a test of ``async def test(team, …)``, which gets a fresh team."""

    def decorate(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
        @wraps(test)
        def run(tmp_path: Path, **given: Any) -> None:
            async def main() -> None:
                async with connected(tmp_path / "record.jsonl", **options) as team:
                    await test(team, **given)

            asyncio.run(main())

        others = list(inspect.signature(test).parameters.values())[1:]
        own = inspect.Parameter("tmp_path", inspect.Parameter.KEYWORD_ONLY)
        kept = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in others]
        run.__signature__ = inspect.Signature([own, *kept])  # type: ignore[attr-defined]
        return run

    return decorate
