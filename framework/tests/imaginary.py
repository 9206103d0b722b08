"""An imaginary application with its connector, and a command line that knows no other."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from jackfield.cli.main import main
from jackfield.config import ConnectorConfig, Secret
from jackfield.errors import BadCredentials, MissingPermission, Transient
from jackfield.hookspecs import ConnectorType, Context, OAuthClient, Reads, family, hookimpl
from jackfield.host.discovery import Discovery, Failure, Found
from jackfield_contracts import (
    AccountStatus,
    Capability,
    CapabilityStatus,
    CheckReport,
    Diagnostic,
    Email,
    Entitlement,
    EntitlementId,
    Grant,
    GroupTrait,
    Item,
    Page,
    Permission,
    Resource,
    ResourceId,
    ResourceType,
    RowKind,
    Scope,
    Tenant,
    TraitKind,
    UserTrait,
)

TOKEN = "t0ken-of-the-team"
APP_SECRET = "s3cret-of-the-app"


class Config(ConnectorConfig, frozen=True, kw_only=True):
    """How the imaginary application is reached."""

    url: Annotated[str, msgspec.Meta(description="Where it is.")]
    token: Annotated[Secret, msgspec.Meta(description="What consent gives.")]
    app_secret: Secret | None = None
    page_size: int = 100


class World:
    """What is true in the imaginary application, and what it refuses."""

    def __init__(self) -> None:
        self.users = {f"u{number}": f"Person {number}" for number in range(1, 21)}
        self.groups = {"g1": {"u1", "u2"}, "g2": {"u3"}}
        self.names = {"g1": "Engineering", "g2": "Sales"}
        self.statuses: dict[str, AccountStatus] = {}
        self.profiles: dict[str, dict[str, str | int | float | bool | None]] = {}
        self.without_address: set[str] = set()
        self.counted = False
        """Whether groups say how many members they have."""
        self.refused: set[str] = set()
        self.tenant = Tenant(id="t1", name="Imaginary Ltd")
        self.admin: str | None = "Ann Admin"
        self.checks: list[str] = []
        self.failing_checks = 0
        self.error: Exception | None = None
        self.incomplete: dict[str, str] = {}
        self.notes: tuple[Diagnostic, ...] = ()
        self.consent: OAuthClient | None = None
        self.consent_error: Exception | None = None


class Imaginary(Reads):
    """One open connection."""

    def __init__(self, world: World, config: Config) -> None:
        self._world = world
        self._config = config

    @hookimpl
    async def check(self) -> CheckReport:
        world = self._world
        world.checks.append(self._config.token.reveal())
        if world.failing_checks:
            world.failing_checks -= 1
            raise Transient("the application is busy")
        if self._config.token.reveal() != TOKEN:
            raise BadCredentials("the token is not accepted")
        return CheckReport(
            tenant=world.tenant,
            authorized_by=world.admin,
            capabilities=(
                self._status("sync", "users.read", "users"),
                self._status("change", "users.write", "change"),
            ),
        )

    def _status(self, name: str, permission: str, what: str) -> CapabilityStatus:
        if what in self._world.refused:
            return CapabilityStatus(capability=name, available=False, missing=(permission,), reason="not granted")
        return CapabilityStatus(capability=name, available=True)

    @hookimpl
    def resource_types(self) -> tuple[ResourceType, ...]:
        return TYPES

    @family("users", scopes=(Scope(name="user", family="users", rows=RowKind.RESOURCES, lists="user"),))
    async def users(self) -> Page:
        self._demand("users")
        rows = tuple(
            Resource(
                id=ResourceId(type="user", id=id),
                scope="user",
                display_name=name,
                profile=self._world.profiles.get(id, {}),
                trait=UserTrait(
                    status=self._world.statuses.get(id, AccountStatus.ENABLED),
                    login=id,
                    emails=()
                    if id in self._world.without_address
                    else (Email(address=f"{id}@example.com", primary=True),),
                ),
            )
            for id, name in self._world.users.items()
        )
        return Page(
            items=rows,
            expected={"user": len(rows)},
            incomplete=self._world.incomplete,
            tenant=self._world.tenant,
            diagnostics=self._world.notes,
        )

    @family(
        "groups",
        scopes=(
            Scope(name="group", family="groups", rows=RowKind.RESOURCES, lists="group"),
            Scope(name="group/*", family="groups"),
        ),
    )
    async def groups(self) -> Page:
        self._demand("groups")
        items: list[Item] = []
        for id, members in self._world.groups.items():
            of = ResourceId(type="group", id=id)
            member = EntitlementId(resource=of, slug="member")
            name = self._world.names.get(id, id)
            trait = GroupTrait(member_count=len(members) if self._world.counted else None)
            items.append(Resource(id=of, scope="group", display_name=name, trait=trait))
            items.append(Entitlement(id=member, scope="group", display_name="Member"))
            items += [
                Grant(entitlement=member, principal=ResourceId(type="user", id=one), scope="group/*")
                for one in sorted(members)
            ]
        held = sum(map(len, self._world.groups.values()))
        return Page(items=tuple(items), expected={"group": len(self._world.groups), "group/*": held})

    def _demand(self, what: str) -> None:
        if self._world.error is not None:
            raise self._world.error
        if what in self._world.refused:
            raise MissingPermission(f"reading {what} is not allowed", permission=f"{what}.read")


TYPES = (
    ResourceType(name="user", display_name="Person", trait=TraitKind.USER, permissions=("users.read",)),
    ResourceType(name="group", display_name="Team", trait=TraitKind.GROUP),
)
CAPABILITIES = (
    Capability(
        name="sync",
        description="Reads everything.",
        hook="read_page",
        permissions=(Permission(name="users.read"), Permission(name="counts.read", optional=True)),
    ),
    Capability(
        name="change", description="Changes people.", hook="grant", permissions=(Permission(name="users.write"),)
    ),
)


def connector(world: World) -> Found[ConnectorType]:
    """The connector of *world*, as discovery finds it."""

    @asynccontextmanager
    async def open_(config: Config, context: Context) -> AsyncGenerator[Imaginary]:
        yield Imaginary(world, config)

    kind = ConnectorType(
        name="imaginary",
        display_name="Imaginary",
        config=Config,
        open=open_,
        capabilities=CAPABILITIES,
        resource_types=TYPES,
        oauth=None if world.consent is None else lambda config: _client(world, config),
        token_key=None if world.consent is None else "token",
    )
    return Found(name="imaginary", distribution="jackfield-imaginary", version="1.2", type=kind)


def _client(world: World, config: Config) -> OAuthClient:
    assert world.consent is not None
    if world.consent_error is not None:
        raise world.consent_error
    return msgspec.structs.replace(world.consent, client_secret=config.app_secret)


BROKEN = Failure(
    name="broken", distribution="jackfield-broken", version="0.1", reason="it fails to import: no", trace="Trace"
)


class Line:
    """Runs command lines in this process, in a folder of their own."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.world = World()
        self._capture = capture
        self._patch = patch
        self.config = folder / "jackfield.toml"
        self.token = folder / "secrets" / "token"
        self.write_config()
        self.token.parent.mkdir()
        self.token.write_text(TOKEN + "\n")
        for name in ("JACKFIELD_CONFIG", "JACKFIELD_LOG_LEVEL"):
            patch.delenv(name, raising=False)
        patch.setenv("JACKFIELD_HOME", str(self.home))
        patch.chdir(folder)
        patch.setattr(
            "jackfield.host.discovery.discover_connectors",
            lambda: Discovery(found={"imaginary": connector(self.world)}, failures=(BROKEN,)),
        )

    def write_config(self, **values: str) -> None:
        """Write the configuration of the connection ``acme``; *values* replace its own."""
        lines = {"connector": "imaginary", "url": "http://127.0.0.1:9", "token": f"file:{self.token}"} | values
        lines = {key: json.dumps(value) for key, value in lines.items()}
        self.config.write_text("[connections.acme]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items()))

    def run(self, *arguments: str) -> "Ran":
        """Run one command line."""
        self._capture.readouterr()
        code = self.code(*arguments)
        out, err = self._capture.readouterr()
        return Ran(code=code, out=out, err=err)

    def code(self, *arguments: str) -> int:
        """Run one command line for its exit code; what it prints stays with pytest."""
        try:
            return main(arguments)
        except SystemExit as ended:
            assert isinstance(ended.code, int)
            return ended.code

    def published(self) -> str:
        """Sync, and give the run that was published."""
        ran = self.run("sync", "acme", "--output", "json")
        assert ran.code in (0, 8), ran.err
        return str(ran.json()["run"])


class Ran(msgspec.Struct, frozen=True):
    """What a command line left."""

    code: int
    out: str
    err: str

    def json(self) -> Mapping[str, Any]:
        """Standard output as one JSON document."""
        return json.loads(self.out)
