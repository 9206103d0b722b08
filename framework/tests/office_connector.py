"""The connector of the office, with every hook that changes, and a site that has it open for changes."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from jackfield.changes.open import open_session
from jackfield.changes.session import ChangeOptions, Session
from jackfield.config import ConnectorConfig, HostSettings
from jackfield.errors import RateLimited, Refused, Transient
from jackfield.hookspecs import ConnectorType, Context, hookimpl
from jackfield.host.configured import Configured
from jackfield.host.discovery import Found
from jackfield.host.policies import Policy
from jackfield.http.network import NetworkSettings
from jackfield.log import NoLog
from jackfield.state import Home, State
from jackfield_contracts import (
    AccessState,
    AccountState,
    AccountStatus,
    Action,
    ActionKind,
    Argument,
    ArgumentType,
    Capability,
    Confirmation,
    CreateAccount,
    DeleteAccount,
    Entitlement,
    EntitlementId,
    Exclusive,
    GrantAccess,
    GrantId,
    Outcome,
    OutcomeKind,
    ResourceType,
    RevokeAccess,
    RunAction,
    StateQuery,
    TraitKind,
)

from .office import Clock, Office, Person, group, role, user


def entitlement_of(id: EntitlementId) -> Entitlement:
    if id.resource.type == "role":
        exclusive = Exclusive(set="role")
    else:
        exclusive = Exclusive(set=str(id.resource), rank=1 if id.slug == "owner" else 0)
    return Entitlement(
        id=id,
        scope="x",
        display_name=f"{id.resource.id} {id.slug}",
        grantable_to=("user",),
        privileged=id.resource.type == "role",
        exclusive=exclusive,
        immutable="nobody can change it" if id.resource.id == "frozen" else None,
    )


class OfficeConnector:
    """Every hook that changes."""

    def __init__(self, office: Office) -> None:
        self.office = office

    @hookimpl
    def resource_types(self) -> tuple[ResourceType, ...]:
        return (
            ResourceType(name="user", display_name="User", trait=TraitKind.USER, batch=3),
            ResourceType(name="group", display_name="Group", trait=TraitKind.GROUP, batch=4),
            ResourceType(name="role", display_name="Role", trait=TraitKind.ROLE),
        )

    @hookimpl
    async def read_state(self, query: StateQuery) -> AccessState:
        office = self.office
        office.calls["read_state"] += 1
        if office.unread and (error := office.unread.pop(0)) is not None:
            raise error
        groups, roles, people = office.seen()
        accounts: list[AccountState] = []
        for id, person in people.items():
            asked = next((name for name in query.names if name in (id, person.login)), None)
            if asked is not None or user(id) in query.principals:
                accounts.append(
                    AccountState(
                        account=user(id),
                        asked=asked,
                        status=person.status,
                        status_raw=person.word or person.status.value,
                        login=person.login,
                        display_name=person.name,
                        facts={
                            "name": person.name,
                            "groups": tuple(sorted(at for at, members in groups.items() if id in members)),
                        },
                    )
                )
        offered: dict[EntitlementId, Entitlement] = {}
        held: list[GrantId] = []
        for resource in query.resources:
            if resource.type == "group" and resource.id in groups:
                for slug in ("member", "owner"):
                    id = EntitlementId(resource=resource, slug=slug)
                    offered[id] = entitlement_of(id)
                members = groups[resource.id]
                held += [
                    GrantId(entitlement=group(resource.id, members[each.id]), principal=each)
                    for each in query.principals
                    if each.id in members
                ]
            elif resource.type == "role" and resource.id in ("admin", "helper"):
                for name in ("admin", "helper"):
                    offered[role(name)] = entitlement_of(role(name))
                held += [
                    GrantId(entitlement=role(roles[each.id]), principal=each)
                    for each in query.principals
                    if each.id in roles
                ]
        return AccessState(
            accounts=tuple(accounts),
            entitlements=tuple(offered.values()),
            held=tuple(dict.fromkeys(held)),
            request_ids=("r",),
        )

    @hookimpl
    async def grant(self, changes: tuple[GrantAccess, ...], ids: tuple[str, ...]) -> tuple[Outcome, ...]:
        self.office.ids.append(ids)
        return self._write("grant", [lambda change=change: self._grant(change) for change in changes])

    @hookimpl
    async def revoke(self, changes: tuple[RevokeAccess, ...]) -> tuple[Outcome, ...]:
        return self._write("revoke", [lambda change=change: self._revoke(change) for change in changes])

    @hookimpl
    async def create_account(self, changes: tuple[CreateAccount, ...]) -> tuple[Outcome, ...]:
        return self._write("create_account", [lambda change=change: self._create(change) for change in changes])

    @hookimpl
    async def delete_account(self, change: DeleteAccount) -> Outcome:
        return self._write("delete_account", [lambda: self._delete(change)])[0]

    @hookimpl
    def actions(self) -> tuple[Action, ...]:
        of = Argument(name="user_id", required=True)
        return (
            Action(
                name="disable",
                description="Disable.",
                kind=ActionKind.DISABLE_ACCOUNT,
                arguments=(of, Argument(name="wipe", type=ArgumentType.BOOLEAN, default=False)),
                account="user_id",
                leads_to=(AccountStatus.DISABLED,),
                destructive=True,
            ),
            Action(
                name="rename",
                description="Rename.",
                kind=ActionKind.UPDATE_ACCOUNT,
                arguments=(of, Argument(name="name", sets="name", required=True)),
                account="user_id",
            ),
            Action(
                name="greet",
                description="Send a mail.",
                kind=ActionKind.NOTIFY,
                arguments=(of, Argument(name="loud", type=ArgumentType.BOOLEAN, default=False)),
                account="user_id",
                confirmed_by=Confirmation.ANSWER,
            ),
        )

    @hookimpl
    async def run_action(self, change: RunAction) -> Outcome:
        return self._write(change.name, [lambda: self._act(change)])[0]

    @hookimpl
    async def job_status(self, job: str) -> Outcome:
        office = self.office
        office.calls["job_status"] += 1
        if job not in office.jobs:
            raise Refused("no such job", tag="no_such_job")
        done, effect = office.jobs[job]
        if office.clock.monotonic() < done:
            return Outcome(outcome=OutcomeKind.PENDING, job=job)
        office.remember()
        effect()
        return Outcome(outcome=OutcomeKind.CHANGED)

    def _write(self, name: str, effects: list[Callable[[], Outcome]]) -> tuple[Outcome, ...]:
        self.office.calls[name] += 1
        after = self.office.stumble()
        self.office.remember()
        outcomes: tuple[Outcome, ...] = ()
        for effect in effects:
            outcomes += (effect(),)
            if len(outcomes) < len(effects):
                self.office.middle()
        if after == "after":
            raise Transient("the answer was lost")
        if after == "busy":
            raise RateLimited("the application asks for a pause", after=1.0, turned_away=False)
        return outcomes

    def _grant(self, change: GrantAccess) -> Outcome:
        office, at, who = self.office, change.entitlement, change.principal.id
        held = office.roles if at.resource.type == "role" else office.groups[at.resource.id]
        wanted = at.resource.id if at.resource.type == "role" else at.slug
        if held.get(who) == wanted:
            return Outcome(outcome=OutcomeKind.ALREADY)
        if office.people[who].status is AccountStatus.DISABLED:
            return Outcome(outcome=OutcomeKind.REFUSED, tag="is_disabled", reason="the account is disabled")
        held[who] = wanted
        office.changed(f"grant {who}")
        return Outcome(outcome=OutcomeKind.CHANGED, request_ids=("w",))

    def _revoke(self, change: RevokeAccess) -> Outcome:
        office, at, who = self.office, change.entitlement, change.principal.id
        if at.resource.type == "role":
            if list(office.roles.values()).count("admin") == 1 and office.roles.get(who) == "admin":
                return Outcome(outcome=OutcomeKind.REFUSED, tag="last_admin", reason="the last admin stays")
            if office.roles.get(who) != at.resource.id:
                return Outcome(outcome=OutcomeKind.ALREADY)
            del office.roles[who]
        else:
            held = office.groups[at.resource.id]
            if held.get(who) != at.slug:
                return Outcome(outcome=OutcomeKind.ALREADY)
            if at.slug == "owner":
                held[who] = "member"
            else:
                del held[who]
        office.changed(f"revoke {who}")
        return Outcome(outcome=OutcomeKind.CHANGED)

    def _create(self, change: CreateAccount) -> Outcome:
        office, login = self.office, str(change.arguments["email"])
        if any(person.login == login for person in office.people.values()):
            self._join(change, login)
            return Outcome(outcome=OutcomeKind.ALREADY)

        def effect() -> None:
            if all(person.login != login for person in office.people.values()):
                office.people[f"u{len(office.people) + 1}"] = Person(login=login, status=AccountStatus.PENDING)
                office.changed(f"invite {login}")

        if office.by_job:
            job = f"job{len(office.jobs)}"
            office.jobs[job] = (office.clock.monotonic() + office.job_takes, effect)
            return Outcome(outcome=OutcomeKind.PENDING, job=job)
        effect()
        office.middle()
        self._join(change, login)
        return Outcome(outcome=OutcomeKind.CHANGED)

    def _join(self, change: CreateAccount, login: str) -> None:
        wanted = change.arguments.get("groups")
        for at in wanted if isinstance(wanted, tuple) else ():
            for id, person in self.office.people.items():
                if person.login == login:
                    self.office.groups[str(at)][id] = "member"

    def _delete(self, change: DeleteAccount) -> Outcome:
        if self.office.people.pop(change.account.id, None) is None:
            return Outcome(outcome=OutcomeKind.ALREADY)
        self.office.changed(f"delete {change.account.id}")
        return Outcome(outcome=OutcomeKind.CHANGED)

    def _act(self, change: RunAction) -> Outcome:
        assert change.account is not None
        person = self.office.people[change.account.id]
        if change.name == "disable":
            if person.status is not AccountStatus.ENABLED:
                return Outcome(outcome=OutcomeKind.REFUSED, tag="not_active", reason="it is not active")
            person.status = AccountStatus.DISABLED
        elif change.name == "rename":
            person.name = str(change.arguments["name"])
        self.office.changed(f"{change.name} {change.account.id}")
        return Outcome(outcome=OutcomeKind.CHANGED)


CREATE = Capability(
    name="create",
    description="Invite.",
    hook="create_account",
    arguments=(
        Argument(name="email", required=True, sets="login"),
        Argument(name="groups", type=ArgumentType.STRINGS, sets="groups"),
        Argument(name="note"),
    ),
)


class Site:
    """An office, the host's home, and a way to open it for changes."""

    def __init__(self, folder: Path, state: State) -> None:
        self.clock = Clock()
        self.office = Office(self.clock)
        self.state = state
        self.home = Home(folder=folder)
        self.policies: tuple[Policy, ...] = ()
        self.host = HostSettings(connector="office", provisioning=True)

    @asynccontextmanager
    async def open(self, **options: object) -> AsyncGenerator[Session]:
        @asynccontextmanager
        async def opened(_: ConnectorConfig, __: Context) -> AsyncGenerator[OfficeConnector]:
            yield OfficeConnector(self.office)

        kind = ConnectorType(
            name="office", display_name="Office", config=ConnectorConfig, open=opened, capabilities=(CREATE,)
        )
        its = Configured(
            name="acme",
            plugin=Found(name="office", distribution="office", version="1", type=kind),
            config=ConnectorConfig(),
            host=self.host,
            home=self.home,
            state=self.state,
            network=NetworkSettings(),
            clock=self.clock,
            log=NoLog(),
            policies=self.policies,
        )
        async with open_session(its, msgspec.convert(options, ChangeOptions)) as session:
            yield session
