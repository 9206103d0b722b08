"""A server that is asked by lines of JSON over TCP, a connector to it, and mistakes that can be planted in that."""

import asyncio
import json
import socketserver
import threading
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Annotated, Any

from msgspec import Meta

from jackfield.config import ConnectorConfig, Secret
from jackfield.errors import BadConfig, BadCredentials, RemoteContract, Transient
from jackfield.hookspecs import ConnectorType, Context, Reads, family, hookimpl
from jackfield.host.discovery import Found
from jackfield_contracts import (
    AccessState,
    AccountState,
    AccountStatus,
    Capability,
    CapabilityStatus,
    CheckReport,
    Entitlement,
    EntitlementId,
    Grant,
    GrantAccess,
    GrantId,
    GroupTrait,
    Outcome,
    OutcomeKind,
    Page,
    Resource,
    ResourceId,
    ResourceType,
    RevokeAccess,
    RowKind,
    Scope,
    StateQuery,
    TraitKind,
    UserTrait,
)
from jackfield_testkit import Samples, Tap, Truth

PASSWORD = "of-the-lines-4711"
TYPES = (
    ResourceType(name="user", display_name="User", trait=TraitKind.USER),
    ResourceType(name="group", display_name="Group", trait=TraitKind.GROUP),
)
STAFF = ResourceId(type="group", id="staff")
MEMBER = EntitlementId(resource=STAFF, slug="member")
OFFERED = Entitlement(id=MEMBER, scope="group", display_name="Member of the staff", grantable_to=("user",))
CHANGED = Outcome(outcome=OutcomeKind.CHANGED)
ALREADY = Outcome(outcome=OutcomeKind.ALREADY)


def user(name: str) -> ResourceId:
    return ResourceId(type="user", id=name)


def holding(name: str) -> GrantId:
    return GrantId(entitlement=MEMBER, principal=user(name))


class Lines:
    """People, and who of them is in the one group: the backend of the kit, and what answers the connector."""

    tap: Tap | None
    """Set, once there is one."""

    def __init__(self) -> None:
        self.people = [f"u{number}" for number in range(7)]
        self.members = {"u1", "u2"}
        self.counted: Counter[str] = Counter()

    def truth(self) -> Truth:
        everybody = frozenset([STAFF, *map(user, self.people)])
        return Truth(resources=everybody, grants=frozenset(map(holding, self.members)))

    def effects(self) -> Mapping[str, int]:
        return dict(self.counted)

    def answer(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        match asked:
            case {"hello": password}:
                return {"ok": password == PASSWORD}
            case {"people_from": start}:
                return {"people": self.people[start : start + 3], "next": start + 3 < len(self.people)}
            case {"members": _}:
                return {"members": sorted(self.members)}
            case {"write": "add" | "drop" as what, "who": who}:
                (self.members.add if what == "add" else self.members.discard)(who)
                self.counted[f"{what} {who}"] += 1
                return {"ok": True}
            case _:
                return {"ok": False}


@contextmanager
def listening(lines: Lines) -> Generator[int]:
    """The port at which *lines* are asked."""

    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            with suppress(OSError):
                for line in self.rfile:
                    self.wfile.write(json.dumps(lines.answer(json.loads(line))).encode() + b"\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 100

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


class Config(ConnectorConfig, frozen=True, kw_only=True):
    port: Annotated[int, Meta(description="Port of the server.")]
    password: Annotated[Secret, Meta(description="Password.")]
    ca: Annotated[str | None, Meta(description="File of the authorities to trust.")] = None
    mistake: Annotated[str, Meta(description="What the connector does wrong.")] = ""


class Lined(Reads):
    """The connector; each call has a connection of its own."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._mistake = config.mistake

    async def ask(self, **asked: Any) -> Any:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._config.port)
            try:
                if not (await _told(reader, writer, {"hello": self._config.password.reveal()}))["ok"]:
                    raise BadCredentials("the password is wrong")
                return await _told(reader, writer, asked)
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
        except ConnectionRefusedError as error:
            if self._mistake == "bad config":
                raise BadConfig("there is no such server", path="port") from error
            raise self._lost() from error
        except OSError as error:
            raise self._lost() from error
        except asyncio.CancelledError:
            if self._mistake == "swallows":
                raise self._lost() from None
            raise

    def _lost(self) -> Exception:
        if self._mistake == "contract":
            return RemoteContract("the server's answer can't be read")
        if self._mistake == "secret":
            return Transient(f"lines://{self._config.password.reveal()}@127.0.0.1 failed")
        return Transient("the connection was lost")

    @hookimpl
    async def check(self) -> CheckReport:
        await self.ask(members=True)
        names = ("sync", "grant", "revoke")
        return CheckReport(capabilities=tuple(CapabilityStatus(capability=name, available=True) for name in names))

    @hookimpl
    def resource_types(self) -> tuple[ResourceType, ...]:
        return TYPES

    @family("people", scopes=(Scope(name="user", family="people", rows=RowKind.RESOURCES, lists="user"),))
    async def people(self, cursor: str | None) -> Page:
        start = int(cursor or 0)
        try:
            told = await self.ask(people_from=start)
        except Transient:
            if self._mistake != "an end":
                raise
            return Page()
        active = UserTrait(status=AccountStatus.ENABLED, status_raw="active")
        rows = [Resource(id=user(name), scope="user", display_name=name, trait=active) for name in told["people"]]
        return Page(items=tuple(rows), next=str(start + 3) if told["next"] else None)

    @family(
        "groups",
        scopes=(
            Scope(name="group", family="groups", rows=RowKind.RESOURCES, lists="group"),
            Scope(name="members", family="groups"),
        ),
    )
    async def groups(self, cursor: str | None) -> Page:
        told = await self.ask(members=True)
        grants = [Grant(entitlement=MEMBER, principal=user(name), scope="members") for name in told["members"]]
        staff = Resource(id=STAFF, scope="group", display_name="Staff", trait=GroupTrait())
        return Page(items=(staff, OFFERED, *grants))

    @hookimpl
    async def read_state(self, query: StateQuery) -> AccessState:
        try:
            told = await self.ask(members=True)
        except Transient:
            if self._mistake != "nobody holds it":
                raise
            told = {"members": []}
        held = [holding(name) for name in told["members"] if user(name) in query.principals]
        accounts = [
            AccountState(account=each, login=each.id, display_name=each.id, status=AccountStatus.ENABLED)
            for each in query.principals
        ]
        return AccessState(accounts=tuple(accounts), entitlements=(OFFERED,), held=tuple(held))

    @hookimpl
    async def grant(self, changes: tuple[GrantAccess, ...]) -> tuple[Outcome, ...]:
        return tuple([await self._write("add", each.principal.id) for each in changes])

    @hookimpl
    async def revoke(self, changes: tuple[RevokeAccess, ...]) -> tuple[Outcome, ...]:
        return tuple([await self._write("drop", each.principal.id) for each in changes])

    async def _write(self, what: str, who: str) -> Outcome:
        held = who in (await self.ask(members=True))["members"]
        if held == (what == "add"):
            return ALREADY
        try:
            await self.ask(write=what, who=who)
        except Transient:
            if self._mistake == "believes":
                return CHANGED
            if self._mistake == "denies":
                return Outcome(outcome=OutcomeKind.FAILED, reason="The connection was lost.")
            if self._mistake == "looks and repeats":
                return await self._write(what, who)
            if self._mistake != "repeats":
                raise
            await self.ask(write=what, who=who)
        return CHANGED


async def _told(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: Mapping[str, Any]) -> Any:
    writer.write(json.dumps(asked).encode() + b"\n")
    await writer.drain()
    line = await reader.readline()
    if not line.endswith(b"\n"):
        raise ConnectionResetError("the server hung up")
    return json.loads(line)


@asynccontextmanager
async def open_lined(config: Any, context: Context) -> AsyncGenerator[Lined]:
    yield Lined(config)


FOUND: Found[ConnectorType] = Found(
    name="lined",
    distribution="jackfield-lined",
    version="1",
    type=ConnectorType(
        name="lined",
        display_name="Lined",
        config=Config,
        open=open_lined,
        capabilities=(
            Capability(name="sync", description="read everything", hook="read_page"),
            Capability(name="grant", description="add members", hook="grant"),
            Capability(name="revoke", description="drop members", hook="revoke"),
        ),
        resource_types=TYPES,
    ),
)

SAMPLES = Samples(grants=(GrantAccess(entitlement=MEMBER, principal=user("u3")),))
