"""An imaginary application that can be changed, its connector, and a command line that knows no other."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from jackfield.config import ConnectorConfig
from jackfield.hookspecs import ConnectorType, Context, Reads, family, hookimpl
from jackfield.host.discovery import Discovery, Found
from jackfield_contracts import (
    AccessState,
    AccountState,
    AccountStatus,
    Action,
    ActionKind,
    Argument,
    ArgumentType,
    Capability,
    CapabilityStatus,
    CheckReport,
    Confirmation,
    CreateAccount,
    DeleteAccount,
    Email,
    Entitlement,
    EntitlementId,
    Exclusive,
    Grant,
    GrantAccess,
    GrantId,
    Item,
    Outcome,
    OutcomeKind,
    Page,
    Purpose,
    Resource,
    ResourceId,
    ResourceType,
    RevokeAccess,
    RunAction,
    Scope,
    StateQuery,
    Tenant,
    TraitKind,
    UserTrait,
)

from .imaginary import Line

CHANGED = Outcome(outcome=OutcomeKind.CHANGED, request_ids=("w1",))


class Config(ConnectorConfig, frozen=True, kw_only=True):
    """How the imaginary application is reached."""

    url: str = "http://127.0.0.1:9"


class Person(msgspec.Struct, kw_only=True):
    """One account."""

    name: str
    email: str
    status: AccountStatus = AccountStatus.ENABLED


class World:
    """What is true in the imaginary application, what is asked of it, and how it answers."""

    def __init__(self) -> None:
        self.people = {
            "u1": Person(name="Ann", email="ann@example.com"),
            "u2": Person(name="Bob", email="bob@example.com"),
            "u3": Person(name="Twin", email="twin.one@example.com"),
            "u4": Person(name="Twin", email="twin.two@example.com"),
        }
        self.names = {
            "group": {"g1": "Design", "g2": "Sales", "g:3": "R&D/Europe"},
            "role": {"r1": "User management", "r2": "Team admin"},
        }
        self.held = {held("group:g1/member", "u1"), held("role:r1/member", "u2")}
        self.writes: list[object] = []
        self.reads: list[StateQuery] = []
        self.answer: Callable[[], Outcome] | None = None
        self.jobs: dict[str, Outcome] = {}
        self.actions = ACTIONS
        self.tenant: Tenant | None = None
        self.tenant_error: Exception | None = None
        self.admin: str | None = None
        self.asked: list[str] = []
        self.statuses: tuple[CapabilityStatus, ...] = ()
        """What a check says of what the credentials allow."""
        self.demotes = False
        """Whether an owner who is taken the ownership, or disabled, becomes a plain member."""
        self.immutable: dict[str, str] = {}
        """Why nobody can change who is in a group, or what one grant (``ENTITLEMENT#user:ID``) is."""
        self.privileged: set[str] = set()
        """Groups that give a privilege, beside all roles."""
        self.bare = False
        """Whether entitlements have the same names everywhere, such as *member*, and don't say of what they are."""


def held(entitlement: str, user: str) -> GrantId:
    """A grant by short names."""
    return GrantId(entitlement=EntitlementId.parse(entitlement), principal=ResourceId(type="user", id=user))


class Writable(Reads):
    """One open connection."""

    def __init__(self, world: World) -> None:
        self._world = world

    @hookimpl
    async def check(self) -> CheckReport:
        self._world.asked.append("check")
        return CheckReport(
            tenant=self._world.tenant or Tenant(id="t1", name="Imaginary Ltd"), capabilities=self._world.statuses
        )

    @hookimpl
    def resource_types(self) -> tuple[ResourceType, ...]:
        return TYPES

    @family("all", scopes=(Scope(name="all", family="all"),))
    async def all(self) -> Page:
        items: list[Item] = []
        for id, person in self._world.people.items():
            trait = UserTrait(
                status=person.status, login=person.email, emails=(Email(address=person.email, primary=True),)
            )
            of = ResourceId(type="user", id=id)
            items.append(Resource(id=of, scope="all", display_name=person.name, trait=trait))
        for type, names in self._world.names.items():
            for id, name in names.items():
                items.append(Resource(id=ResourceId(type=type, id=id), scope="all", display_name=name))
                items += self._offered(ResourceId(type=type, id=id))
        items += [
            Grant(
                entitlement=each.entitlement,
                principal=each.principal,
                scope="all",
                immutable=self._world.immutable.get(f"{each.entitlement}#{each.principal}"),
            )
            for each in sorted(self._world.held)
        ]
        return Page(items=tuple(items), tenant=self._world.tenant)

    def _offered(self, resource: ResourceId) -> list[Entitlement]:
        if resource.id not in self._world.names.get(resource.type, {}):
            return []
        slugs = ("member", "owner") if resource.type == "group" else ("member",)
        return [
            Entitlement(
                id=EntitlementId(resource=resource, slug=slug),
                scope="all",
                display_name=slug.capitalize()
                if self._world.bare
                else f"{self._world.names[resource.type][resource.id]} {slug}",
                privileged=resource.type == "role" or resource.id in self._world.privileged,
                exclusive=Exclusive(set=str(resource), rank=rank)
                if resource.type == "group"
                else Exclusive(set="role"),
                purpose=Purpose.OWNERSHIP if slug == "owner" else Purpose.ASSIGNMENT,
                immutable=self._world.immutable.get(resource.id),
                leaves="member" if slug == "owner" and self._world.demotes else None,
            )
            for rank, slug in enumerate(slugs)
        ]

    @hookimpl
    async def read_state(self, query: StateQuery) -> AccessState:
        world = self._world
        world.reads.append(query)
        by_email = {person.email: id for id, person in world.people.items()}
        accounts = [
            self._account(id.id, None) for id in query.principals if id.type == "user" and id.id in world.people
        ]
        accounts += [
            AccountState(account=id, display_name=world.names["group"][id.id])
            for id in query.principals
            if id.type == "group" and id.id in world.names["group"]
        ]
        accounts += [self._account(by_email[name], name) for name in query.names if name in by_email]
        roles = [ResourceId(type="role", id=id) for id in world.names["role"]]
        resources = dict.fromkeys((*query.resources, *roles))
        return AccessState(
            accounts=tuple(accounts),
            entitlements=tuple(each for resource in resources for each in self._offered(resource)),
            held=tuple(
                each
                for each in sorted(world.held)
                if each.principal in query.principals and each.entitlement.resource in resources
            ),
            request_ids=("r1",),
        )

    def _account(self, id: str, asked: str | None) -> AccountState:
        person = self._world.people[id]
        return AccountState(
            account=ResourceId(type="user", id=id),
            asked=asked,
            status=person.status,
            status_raw=person.status.value,
            login=person.email,
            display_name=person.name,
            facts={"login": person.email},
        )

    @hookimpl
    async def grant(self, changes: tuple[GrantAccess, ...]) -> tuple[Outcome, ...]:
        return tuple([self._write(each, lambda each=each: self._hold(each)) for each in changes])

    def _hold(self, change: GrantAccess) -> None:
        kind = change.entitlement.resource
        rivals = {
            each
            for each in self._world.held
            if each.principal == change.principal
            and (each.entitlement.resource == kind or kind.type == each.entitlement.resource.type == "role")
        }
        self._world.held -= rivals
        self._world.held.add(GrantId(entitlement=change.entitlement, principal=change.principal))

    @hookimpl
    async def revoke(self, changes: tuple[RevokeAccess, ...]) -> tuple[Outcome, ...]:
        return tuple(
            [
                self._write(
                    each,
                    lambda each=each: self._take(GrantId(entitlement=each.entitlement, principal=each.principal)),
                )
                for each in changes
            ]
        )

    def _take(self, grant: GrantId) -> None:
        self._world.held.discard(grant)
        if self._world.demotes and grant.entitlement.slug == "owner":
            member = EntitlementId(resource=grant.entitlement.resource, slug="member")
            self._world.held.add(GrantId(entitlement=member, principal=grant.principal))

    @hookimpl
    async def create_account(self, changes: tuple[CreateAccount, ...]) -> tuple[Outcome, ...]:
        def make(change: CreateAccount) -> None:
            email = str(change.arguments["email"])
            self._world.people[f"n{len(self._world.people)}"] = Person(name=email, email=email)

        return tuple([self._write(each, lambda each=each: make(each)) for each in changes])

    @hookimpl
    async def delete_account(self, change: DeleteAccount) -> Outcome:
        return self._write(change, lambda: self._world.people.pop(change.account.id))

    @hookimpl
    def actions(self) -> tuple[Action, ...]:
        return self._world.actions

    @hookimpl
    async def run_action(self, change: RunAction) -> Outcome:
        def act() -> None:
            if change.account is not None and change.name in ("disable_user", "enable_user"):
                status = AccountStatus.DISABLED if change.name == "disable_user" else AccountStatus.ENABLED
                self._world.people[change.account.id].status = status
                if self._world.demotes and status is AccountStatus.DISABLED:
                    for each in [each for each in self._world.held if each.principal == change.account]:
                        if each.entitlement.slug == "owner":
                            self._take(each)

        outcome = self._write(change, act)
        return msgspec.structs.replace(outcome, results={"sent": True}) if change.name == "send_mail" else outcome

    @hookimpl
    async def job_status(self, job: str) -> Outcome:
        return self._world.jobs[job]

    def _write(self, change: object, effect: Callable[[], object]) -> Outcome:
        self._world.writes.append(change)
        if self._world.answer is not None:
            return self._world.answer()
        effect()
        return CHANGED


class Telling(Writable):
    """One that also tells whose account it is, and whose consent the credentials are."""

    @hookimpl
    async def tenant(self) -> Tenant | None:
        self._world.asked.append("tenant")
        if self._world.tenant_error is not None:
            raise self._world.tenant_error
        return self._world.tenant

    @hookimpl
    async def authorized_by(self) -> ResourceId | None:
        self._world.asked.append("authorized_by")
        if self._world.tenant_error is not None:
            raise self._world.tenant_error
        return ResourceId(type="user", id=self._world.admin) if self._world.admin else None


TYPES = (
    ResourceType(name="user", display_name="Person", trait=TraitKind.USER),
    ResourceType(name="group", display_name="Team", trait=TraitKind.GROUP, batch=10),
    ResourceType(name="role", display_name="Role", trait=TraitKind.ROLE),
)
USER = Argument(name="user_id", required=True, description="Whose account.")
ACTIONS = (
    Action(
        name="disable_user",
        description="Suspends somebody.",
        kind=ActionKind.DISABLE_ACCOUNT,
        arguments=(USER, Argument(name="wipe_data", type=ArgumentType.BOOLEAN, default=True, effect="wipes devices")),
        account="user_id",
        leads_to=(AccountStatus.DISABLED,),
        destructive=True,
        warning="The data on linked devices is wiped.",
    ),
    Action(
        name="enable_user",
        description="Lets somebody in again.",
        kind=ActionKind.ENABLE_ACCOUNT,
        arguments=(USER,),
        account="user_id",
        leads_to=(AccountStatus.ENABLED,),
    ),
    Action(
        name="send_mail",
        description="Sends a letter.",
        kind=ActionKind.NOTIFY,
        arguments=(
            Argument(name="to", type=ArgumentType.STRINGS, required=True),
            Argument(name="times", type=ArgumentType.INTEGER, default=1),
            Argument(name="style", choices=("plain", "fine")),
        ),
        confirmed_by=Confirmation.ANSWER,
    ),
)
CAPABILITIES = (
    Capability(name="sync", description="Reads everything.", hook="read_page"),
    Capability(name="grant", description="Lets people hold something.", hook="grant"),
    Capability(
        name="create",
        description="Makes people.",
        hook="create_account",
        arguments=(
            Argument(name="email", required=True, sets="login", description="Where the invitation goes."),
            Argument(name="groups", type=ArgumentType.STRINGS),
        ),
    ),
    Capability(
        name="delete",
        description="Removes people.",
        hook="delete_account",
        arguments=(Argument(name="keep", type=ArgumentType.BOOLEAN, default=False),),
    ),
)


def connector(world: World, kind_of: type[Writable] = Writable) -> Found[ConnectorType]:
    """The connector of *world*, as discovery finds it."""

    @asynccontextmanager
    async def open_(config: Config, context: Context) -> AsyncGenerator[Writable]:
        yield kind_of(world)

    kind = ConnectorType(
        name="writable",
        display_name="Writable",
        config=Config,
        open=open_,
        capabilities=CAPABILITIES,
        resource_types=TYPES,
    )
    return Found(name="writable", distribution="jackfield-writable", version="1.0", type=kind)


class WritableLine(Line):
    """Runs command lines that may change the imaginary application."""

    def __init__(
        self,
        folder: Path,
        patch: pytest.MonkeyPatch,
        capture: pytest.CaptureFixture[str],
        kind: type[Writable] = Writable,
    ) -> None:
        super().__init__(folder, patch, capture)
        self.app = World()
        patch.setenv("JACKFIELD_ACTOR", "tester")
        patch.setattr(
            "jackfield.host.discovery.discover_connectors",
            lambda: Discovery(found={"writable": connector(self.app, kind)}, failures=()),
        )
        self.configure(provisioning=True)

    def configure(self, **values: object) -> None:
        """Write the configuration of the connection ``acme``."""
        lines = {"connector": "writable", **values}
        self.config.write_text(
            "[connections.acme]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items())
        )
