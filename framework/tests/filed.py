"""A connector in one file, for an application that is a JSON file, and a policy beside it."""

CONNECTOR = '''
"""A club whose members and teams stand in a JSON file."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from jackfield.hookspecs import ConnectorConfig, ConnectorType, Context, PolicyType, Reads, family, hookimpl
from jackfield_contracts import (
    AccessState, AccountState, AccountStatus, Capability, CapabilityStatus, CheckReport, Entitlement, EntitlementId,
    Grant, GrantAccess, GrantId, Outcome, OutcomeKind, Page, Resource, ResourceId, ResourceType, Scope, StateQuery,
    Tenant, TraitKind, UserTrait,
)


class Config(ConnectorConfig, frozen=True, kw_only=True):
    """Where the club is."""

    file: str


class Club(Reads):
    """One open connection."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def all(self) -> dict[str, list[str]]:
        return json.loads(self.file.read_text())

    @hookimpl
    async def check(self) -> CheckReport:
        return CheckReport(
            tenant=Tenant(id="club"), capabilities=(CapabilityStatus(capability="sync", available=True),)
        )

    @hookimpl
    def resource_types(self) -> tuple[ResourceType, ...]:
        return TYPES

    @family("all", scopes=(Scope(name="all", family="all"),))
    async def everything(self) -> Page:
        teams = self.all()
        people = sorted({one for team in teams.values() for one in team})
        items = [
            Resource(id=user(one), scope="all", display_name=one, trait=UserTrait(status=AccountStatus.ENABLED))
            for one in people
        ]
        for team, members in teams.items():
            items += [Resource(id=member(team).resource, scope="all", display_name=team), offered(team)]
            items += [Grant(entitlement=member(team), principal=user(one), scope="all") for one in members]
        return Page(items=tuple(items))

    @hookimpl
    async def read_state(self, query: StateQuery) -> AccessState:
        teams = self.all()
        asked = [*((one.id, None) for one in query.principals), *((one, one) for one in query.names)]
        people = {one for team in teams.values() for one in team}
        return AccessState(
            accounts=tuple(
                AccountState(account=user(one), asked=name, status=AccountStatus.ENABLED)
                for one, name in asked if one in people
            ),
            entitlements=tuple(offered(one.id) for one in query.resources if one.id in teams),
            held=tuple(
                GrantId(entitlement=member(team.id), principal=one)
                for team in query.resources for one in query.principals if one.id in teams.get(team.id, ())
            ),
        )

    @hookimpl
    async def grant(self, changes: tuple[GrantAccess, ...]) -> tuple[Outcome, ...]:
        for change in changes:
            teams = self.all()
            teams[change.entitlement.resource.id].append(change.principal.id)
            self.file.write_text(json.dumps(teams))
        return tuple(Outcome(outcome=OutcomeKind.CHANGED) for _ in changes)


def user(name: str) -> ResourceId:
    return ResourceId(type="user", id=name)


def member(team: str) -> EntitlementId:
    return EntitlementId(resource=ResourceId(type="group", id=team), slug="member")


def offered(team: str) -> Entitlement:
    return Entitlement(id=member(team), scope="all", display_name="Member", grantable_to=("user",))


@asynccontextmanager
async def open_club(config: Config, context: Context) -> AsyncGenerator[Club]:
    yield Club(Path(config.file))


TYPES = (
    ResourceType(name="user", display_name="Person", trait=TraitKind.USER),
    ResourceType(name="group", display_name="Team", trait=TraitKind.GROUP),
)
connector = same = ConnectorType(
    name="club",
    display_name="Club",
    config=Config,
    open=open_club,
    capabilities=(
        Capability(name="sync", description="Reads everything.", hook="read_page"),
        Capability(name="change", description="Adds people to teams.", hook="grant"),
    ),
    resource_types=TYPES,
)
'''

POLICY = """
from jackfield.hookspecs import PolicyType, hookimpl


class Closed:
    @hookimpl
    def before_change(self, proposed): return "the club is closed"


closed = PolicyType(name="closed", open=Closed)
"""
