"""What a connector implements: the hooks, the connector type that announces it, and the context that it is opened with.

A connector is a plain object with ``@hookimpl`` methods, made by ``ConnectorType.open``. A hook is called with keywords
and takes only the arguments that it names. The hooks that read are usually not written by hand: derive from ``Reads``
and mark one method per family with ``@family``.
"""

import re
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from inspect import getmembers_static, iscoroutinefunction, signature
from typing import Any, ClassVar, Protocol, TypeVar

import msgspec
import pluggy

from jackfield.clock import Clock
from jackfield.config import ConnectorConfig, Secret
from jackfield.exporterspecs import (
    AccessLine,
    Export,
    ExporterType,
    ExportOption,
    Exports,
    SignInTimes,
    SnapshotFacts,
)
from jackfield.http import Harmless, HttpSession, OAuthClient
from jackfield.importerspecs import Import, ImporterType
from jackfield.log import Logger
from jackfield.servicespecs import ServedConnection, ServedSync, ServiceHost, ServiceType
from jackfield_contracts import (
    AccessState,
    Action,
    Capability,
    Change,
    CheckReport,
    CreateAccount,
    DeleteAccount,
    EventPage,
    Family,
    Feed,
    GrantAccess,
    JournalEntry,
    Outcome,
    Page,
    PlannedChange,
    Resource,
    ResourceId,
    ResourceType,
    RevokeAccess,
    RunAction,
    Scope,
    StateQuery,
    Tenant,
)

API = (1, 3)
"""The version of the plugin interface that this host speaks: a plugin needs the same major and at most this minor."""

CONNECTORS_GROUP = "jackfield.connectors.v1"
POLICIES_GROUP = "jackfield.policies.v1"
EXPORTERS_GROUP = "jackfield.exporters.v1"
IMPORTERS_GROUP = "jackfield.importers.v1"
SERVICES_GROUP = "jackfield.services.v1"
COMMANDS_GROUP = "jackfield.commands.v1"
"""Its entry points lead to a click command or group; its name is the command's, its help the distribution's summary."""

SINCE: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(("check", "resource_types", "families", "read_page", "snapshot_published"), (1, 0)),
    **dict.fromkeys(("read_state", "grant", "revoke", "create_account", "delete_account"), (1, 1)),
    **dict.fromkeys(("actions", "run_action", "job_status", "before_change", "after_change"), (1, 1)),
    **dict.fromkeys(("grant.ids", "revoke.ids", "create_account.ids", "delete_account.id", "run_action.id"), (1, 2)),
    **dict.fromkeys(("tenant", "authorized_by", "feeds", "read_feed", "foresee"), (1, 3)),
}
"""Since which version each hook is there; also each argument, as ``hook.argument``, that is younger than its hook."""

PROJECT = "jackfield"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

NAME = re.compile(r"[a-z][a-z0-9-]{1,39}")
"""The form of the name of a connector, a policy, an exporter or an importer."""

__all__ = [
    "API",
    "AccessLine",
    "Clock",
    "ConnectorConfig",
    "ConnectorSpec",
    "ConnectorType",
    "Context",
    "Export",
    "ExportOption",
    "ExporterType",
    "Exports",
    "HttpSession",
    "Import",
    "ImporterType",
    "Logger",
    "OAuthClient",
    "PolicySpec",
    "PolicyType",
    "Proposed",
    "Published",
    "Reads",
    "Secret",
    "ServedConnection",
    "ServedSync",
    "ServiceHost",
    "ServiceType",
    "SignInTimes",
    "SnapshotFacts",
    "SyncView",
    "family",
    "hookimpl",
]


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What the host hands to a connector when it opens one connection."""

    connection: str
    http: HttpSession
    clock: Clock
    log: Logger


C = TypeVar("C", bound=ConnectorConfig)


class ConnectorType(msgspec.Struct, frozen=True, kw_only=True):
    """The light, static object behind a connector's entry point: importing it opens nothing.

    ``open(config, context)`` is an async context manager that gives the object with the hook implementations.
    ``oauth(config)`` describes how consent is asked for, None if the application has none. ``api`` is the least version
    of the plugin interface that the connector needs. ``docs`` is an address. ``token_key`` names the configuration key
    that holds what consent gives (a refresh token). ``harmless()`` tells what of the application's requests and answers a
    recording may show as it is.
    """

    name: str
    display_name: str
    config: type[ConnectorConfig]
    open: Callable[[Any, Context], AbstractAsyncContextManager[object]]
    capabilities: tuple[Capability, ...]
    resource_types: tuple[ResourceType, ...] = ()
    oauth: Callable[[Any], OAuthClient] | None = None
    token_key: str | None = None
    api: tuple[int, int] = API
    docs: str = ""
    harmless: Callable[[], Harmless] | None = None


class SyncView(Protocol):
    """What a read may ask about the rows that this sync has stored so far."""

    def stored(self, type: str, ids: Iterable[str]) -> Mapping[str, Resource]:
        """The stored resources of *type* among *ids*, by id; ids not stored are left out. No request."""
        ...


class ConnectorSpec(Protocol):
    """The hooks of a connector, one implementation per open connection."""

    @hookspec(firstresult=True)
    def check(self) -> Awaitable[CheckReport]:
        """Sign in, and say whose account it is and what the credentials allow. Changes nothing.

        Called by ``jackfield check``, never by a sync. A permission that is missing is a capability that is not
        available, and no error. Raises BadCredentials where the sign-in fails, and what can't be decided.
        """
        ...

    @hookspec(firstresult=True)
    def tenant(self) -> Awaitable[Tenant | None]:
        """Whose account of the application is reached: the same id as in ``Page.tenant``. One request at most.

        Called once by each command that works out or makes changes, before anything else is asked: what was meant for one
        account is never done in another. None where the application has no such thing. Raises MissingPermission where the
        credentials may not know it. Without this hook, ``check`` tells it, where there is something to compare with.
        """
        ...

    @hookspec(firstresult=True)
    def authorized_by(self) -> Awaitable[ResourceId | None]:
        """Whose consent the credentials are, as a principal; None where they are nobody's. One request at most.

        Called where a plan takes an account or a privilege away, so that whoever does it to the administrator behind the
        connection is warned. Raises MissingPermission where the credentials may not know it.
        """
        ...

    @hookspec(firstresult=True)
    def resource_types(self) -> tuple[ResourceType, ...]:
        """The resource types that this connection reads. No request.

        Called once for each sync and whenever changes are worked out; gives the same each time. Raises nothing.
        """
        ...

    @hookspec(firstresult=True)
    def families(self) -> tuple[Family, ...]:
        """The families of reads that make a sync. No request.

        Called once, when a sync begins or goes on; gives the same each time. Raises nothing. ``Reads`` has it ready-made.
        """
        ...

    @hookspec(firstresult=True)
    def read_page(
        self, family: str, scopes: tuple[Scope, ...], cursor: str | None, attempt: int, view: SyncView
    ) -> Awaitable[Page]:
        """Read one page of *family* for *scopes*, from *cursor* (None: from the beginning).

        *attempt* counts the tries at this very page that failed before, so that a later try may ask for less. Nothing is
        kept between calls: what the next page needs stands in the cursor (at most 4 KiB of text).

        Called once for each page; the next page is asked for while this one is stored, and several reads go on at a
        time. A page that was read may be asked for again, after a crash or a failure. Raises RateLimited (every call of the
        connection waits), Transient (tried again until ``retry_deadline``), CursorExpired (the read starts again, at most
        three times), RemoteContract (tried three times); MissingPermission, Refused, NotFound or Unsupported make the
        read's scopes unreadable at once; BadConfig and BadCredentials end the sync. ``Reads`` has it ready-made.
        """
        ...

    # --- activity ---------------------------------------------------------------------------------------------------

    @hookspec(firstresult=True)
    def feeds(self) -> tuple[Feed, ...]:
        """The logs of the application that this connection reads; none where the configuration does not ask for it. No request.

        Called before a feed is read; gives the same each time. Raises nothing.
        """
        ...

    @hookspec(firstresult=True)
    def read_feed(self, feed: str, cursor: str | None, since: str | None) -> Awaitable[EventPage]:
        """Read one page of *feed*, from *cursor*; where that is None, from the time *since* (ISO 8601) or from its beginning.

        The host keeps the cursor together with the events of its page, reads on from it, also days later, and takes events
        that come twice for one. Raises CursorExpired where the application honours the cursor no more: the host begins anew
        at a time before what it has, as far as the feed may be late. Else raises as ``read_page`` does. One request a page.
        """
        ...

    # --- changes: each hook answers what the application said, the host reads the state to confirm it ---------------

    @hookspec(firstresult=True)
    def read_state(self, query: StateQuery) -> Awaitable[AccessState]:
        """Read now, past any snapshot, what *query* asks for. Changes nothing.

        What is not in the application is left out of the answer; raises where it can't be known.

        Called once for all changes of a plan to evaluate them, before each stage that follows another, and after the changes,
        for up to ten seconds, until it shows them. Costs the least requests that answer the whole query. Raises any
        error of the host's; while a change is confirmed, one that can't be read is *unverified*.
        """
        ...

    @hookspec(firstresult=True)
    def foresee(self, changes: tuple[Change, ...], state: AccessState) -> Awaitable[tuple[Outcome | None, ...]]:
        """What the application is known to refuse of *changes*, which are all that a plan would make, in its order.

        One answer for each: *refused* with the tag and the sentence that making it would give; *changed* with what nobody
        can know beforehand as the reason, told as a warning; None where nothing is known against it. *state* is what the
        plan was made on; what it does not tell may be read, by the least requests. What earlier ones of *changes* will have
        done counts as done. Changes nothing.

        Called once where a plan is only shown: by ``jackfield plan`` and every ``--dry-run``. Where changes are made, the
        application itself decides. Raises any error of the host's: the plan then tells that this could not be looked up.
        """
        ...

    @hookspec(firstresult=True)
    def grant(
        self, changes: tuple[GrantAccess, ...], state: AccessState, ids: tuple[str, ...]
    ) -> Awaitable[tuple[Outcome, ...]]:
        """Make grants on entitlements of one resource; an outcome each, in their order.

        *changes* are at most as many as ``ResourceType.batch`` allows, *state* is what was read just before. Made twice
        it must do nothing the second time: after a crash the host may ask again for what a read does not show. *ids* are
        those of the changes in the journal (since 1.2); a change that is asked for again has the id of the first time.

        Called after the intents are in the journal, one call at a time. Raises RateLimited (it is asked again after the
        pause), and Transient or RemoteContract where the answer is not known: the host reads the state and asks again for
        what is not made, four times in all. What the application says no to is an outcome; Refused raised makes all of
        *changes* refused, any other error makes them failed.
        """
        ...

    @hookspec(firstresult=True)
    def revoke(
        self, changes: tuple[RevokeAccess, ...], state: AccessState, ids: tuple[str, ...]
    ) -> Awaitable[tuple[Outcome, ...]]:
        """Take back grants on entitlements of one resource, in the manner of ``grant``."""
        ...

    @hookspec(firstresult=True)
    def create_account(
        self, changes: tuple[CreateAccount, ...], ids: tuple[str, ...]
    ) -> Awaitable[tuple[Outcome, ...]]:
        """Make accounts of one type, in the manner of ``grant``; each outcome names its account, if there is one."""
        ...

    @hookspec(firstresult=True)
    def delete_account(self, change: DeleteAccount, state: AccessState, id: str) -> Awaitable[Outcome]:
        """Delete one account; *state* and *id* as in ``grant``. Raises as ``grant`` does."""
        ...

    @hookspec(firstresult=True)
    def actions(self) -> tuple[Action, ...]:
        """The actions that this connection offers. No request.

        Called whenever changes are worked out and by ``jackfield action list``; gives the same each time. Raises nothing.
        """
        ...

    @hookspec(firstresult=True)
    def run_action(self, change: RunAction, state: AccessState, id: str) -> Awaitable[Outcome]:
        """Run one action, its arguments checked and completed; *state* and *id* as in ``grant``.

        Raises as ``grant`` does. An action that is confirmed by the answer alone is never asked for twice.
        """
        ...

    @hookspec(firstresult=True)
    def job_status(self, job: str) -> Awaitable[Outcome]:
        """How a job of the application stands that an outcome named; *pending* while it goes on.

        Once it has ended, what the change needs beside it may be done here; done twice, that does nothing the second time.
        Called while a change waits, and later by ``jackfield changes recover``. Raises Refused or NotFound where the
        application knows the job no more (the state then tells), and what can't be decided: it is asked again.
        """
        ...


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot that has just been published: where it lies, and its record."""

    connection: str
    run: str
    path: str
    sha256: str
    complete: bool


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """A change that is about to be made: what and on which state, who wants it (``actor``), and why (``reason``)."""

    connection: str
    connector: str
    change: PlannedChange
    actor: str | None = None
    reason: str | None = None


class PolicyType(msgspec.Struct, frozen=True, kw_only=True):
    """The object behind a policy's entry point; ``open()`` gives the object with the hook implementations."""

    name: str
    open: Callable[[], object]
    api: tuple[int, int] = API


class PolicySpec(Protocol):
    """The hooks of a policy: a plugin across connectors, enabled by name in the configuration."""

    @hookspec
    def snapshot_published(self, published: Published) -> None:
        """Watch a published snapshot. Called after its record is committed; an error is logged and changes nothing."""

    @hookspec
    def before_change(self, proposed: Proposed) -> str | None:
        """Look at a change that is about to be made: a sentence vetoes it, None lets it pass. An error is a veto."""

    @hookspec
    def after_change(self, entry: JournalEntry) -> None:
        """Watch a change whose outcome is in the journal; an error is logged and changes nothing."""


_MARK = "_jackfield_family"
_ARGUMENTS = ("scopes", "cursor", "attempt", "view")
Method = TypeVar("Method", bound=Callable[..., Coroutine[Any, Any, Page]])


def family(
    name: str,
    *,
    follows: tuple[str, ...] = (),
    scopes: tuple[Scope, ...] = (),
    max_weight: int = 1,
    max_scopes: int = 1,
    description: str = "",
) -> Callable[[Method], Method]:
    """Mark a method as the one that reads the pages of a family; see ``Family`` for what the arguments mean.

    The method is ``async def`` and names those arguments of ``read_page`` that it needs: scopes, cursor, attempt, view.
    Raises TypeError for one that is not.
    """
    mark = Family(
        name=name,
        follows=follows,
        scopes=scopes,
        max_weight=max_weight,
        max_scopes=max_scopes,
        description=description,
    )

    def decorate(method: Method) -> Method:
        if not iscoroutinefunction(method):
            raise TypeError(f"the method of the family {name!r} must be async def")
        if foreign := [each for each in list(signature(method).parameters)[1:] if each not in _ARGUMENTS]:
            raise TypeError(
                f"the method of the family {name!r} takes {', '.join(foreign)}; it may take {', '.join(_ARGUMENTS)}"
            )
        setattr(method, _MARK, mark)
        return method

    return decorate


class Reads:
    """Base of connectors: makes the hooks ``families`` and ``read_page`` of the methods marked with ``@family``.

    A subclass in which two methods are marked with one family raises TypeError where it is defined.
    """

    _families: ClassVar[dict[str, tuple[Family, str, tuple[str, ...]]]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        found = [
            (member.__code__.co_firstlineno, mark, name, tuple(signature(member).parameters)[1:])
            for name, member in getmembers_static(cls)
            if isinstance(mark := getattr(member, _MARK, None), Family)
        ]
        found.sort(key=lambda row: row[0])
        names = [mark.name for _, mark, _, _ in found]
        if twice := [name for name in names if names.count(name) > 1]:
            raise TypeError(f"{cls.__name__}: two methods are marked with @family({twice[0]!r})")
        cls._families = {mark.name: (mark, name, named) for _, mark, name, named in found}

    @classmethod
    def arguments_named(cls) -> tuple[tuple[str, ...], ...]:
        """The arguments of ``read_page`` that each marked method takes."""
        return tuple(named for _, _, named in cls._families.values())

    @hookimpl
    def families(self) -> tuple[Family, ...]:
        """The families of the marked methods, in the order of their definition."""
        return tuple(mark for mark, _, _ in self._families.values())

    @hookimpl
    def read_page(
        self, family: str, scopes: tuple[Scope, ...], cursor: str | None, attempt: int, view: SyncView
    ) -> Awaitable[Page]:
        """Call the method marked for *family* with the arguments that it names."""
        _, name, named = self._families[family]
        given = {"scopes": scopes, "cursor": cursor, "attempt": attempt, "view": view}
        return getattr(self, name)(**{key: given[key] for key in named})
