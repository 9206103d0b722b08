"""What an author tells the kit: what is true of the application, and which changes may be tried on it."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from jackfield_contracts import (
    Change,
    CreateAccount,
    DeleteAccount,
    EntitlementId,
    GrantAccess,
    GrantId,
    ResourceId,
    RunAction,
)


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the application now, told by the application's side and not by the connector.

    ``facts`` are what else a sync has to show of a resource: any field of ``Resource`` or of its trait by its name, such as
    display_name, status, login, created (with its zone), emails (``Email`` with which is primary and verified, in any
    order), external_ids, given_name or, of a group, external_id; any other name is a key of ``profile``, whose value has its
    type as well. Only those that are given are compared, and a rule tells which of those shown nobody compares.

    ``access`` is who has what in the end, what is inherited from groups included; None where whoever holds anything of a group
    has what the group has. ``privileged`` are the entitlements that give privileges, so that no other does; None where that is
    not told.
    """

    resources: frozenset[ResourceId]
    grants: frozenset[GrantId] = frozenset()
    facts: Mapping[ResourceId, Mapping[str, Any]] = {}
    access: frozenset[GrantId] | None = None
    privileged: frozenset[EntitlementId] | None = None


class Samples(msgspec.Struct, frozen=True, kw_only=True):
    """Changes that may be tried on a fresh backend; leave empty what the connector can't do.

    ``grants`` are possible and not held at the start. No two of them for one person may exclude each other, nor what that
    person holds; save that where an upgrade that is taken back leaves what was before (an owner stays a member), one such
    belongs among them. Give one of each kind of entitlement at least, and two, for two people, of a kind that excludes others.

    ``refused`` are those that the application has to refuse: the last administrator's role taken away, a group that nobody
    may join, an account that is suspended; and what the connector itself has to: a role for somebody who holds another
    (without ``replace``), and what ranks lower taken from somebody who holds what ranks higher. ``nobody`` is a principal
    that there is none of, if not every id can be one.
    """

    grants: tuple[GrantAccess, ...] = ()
    refused: tuple[Change, ...] = ()
    accounts: tuple[CreateAccount, ...] = ()
    deletions: tuple[DeleteAccount, ...] = ()
    actions: tuple[RunAction, ...] = ()
    nobody: ResourceId | None = None


class Backend(Protocol):
    """The application that the connector talks to, fresh for each test.

    Beside ``truth`` it may have, and what it lacks is not checked, with a word about it: ``effects() -> Mapping[str,
    int]`` counts side effects; ``work()`` lets jobs end, or a person do what waits for one; ``fail_jobs()`` lets those
    end in failure that begin from then on; ``expire()`` lets access tokens lapse; ``forget_cursors()`` lets the cursors
    of pages lapse; ``allow(permissions: Collection[str] | None)`` gives the credentials these permissions only, of those
    that capabilities declare, or all of them again; ``sign_in(person: ResourceId)`` logs that somebody signed in just now;
    ``drift(seed: int)`` changes something from outside; ``remove(person: ResourceId)`` takes somebody out of the
    application; ``another() -> tuple[Backend, Mapping[str, Any]]`` is a second application with other content, and the
    configuration of a connection to it; ``permissions`` are the names of all that it can permit; ``counts`` are the names
    of the fields (or headers) in which it says how many there are; ``page_size`` is how many things a page holds at most
    (small, so that listings take several pages); ``most_requests`` is how many a sync of the fresh backend may take.

    ``whole() -> Mapping[str, object]`` gives the application's own objects, of plain dicts, lists and values, by a text that
    ends with the object's id, such as ``user:u1``: all that it keeps, without its own versions and dates of change;
    lacking it, the kit compares what the answers of a sync hold. ``invite(name: str, login: str) -> ResourceId | None``
    lets somebody of that name and login be there, ``make_group(name: str) -> ResourceId | None`` a group; None is what the
    application does not take. ``give_address(person: ResourceId, address: str) -> bool`` gives somebody one more address;
    False where two can't have the same. ``variants() -> Mapping[str, Variant]`` are other configurations to try, by a name:
    between them, each setting that may be left out should have another value once. ``spoil(number: int) -> str | None``
    makes a row unreadable, for connectors that make no requests, and says how; each number does it in another way, None
    where there are no more. ``tap`` is what ``jackfield_testkit.tap(host, port)`` gives, for a connector with a protocol of
    its own whose configuration leads through it to the server; None says that there is no server at all.
    """

    def truth(self) -> Truth:
        """What is true now."""
        ...


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """Another configuration to try: the *config* of a connection to a *backend* of its own, and changes to try there."""

    backend: Backend
    config: Mapping[str, Any]
    samples: Samples = Samples()


class NotApplicable(Exception):
    """A check has nothing to look at; its text says why."""


class Lacking(NotApplicable):
    """A check could be made, and the author's fixtures don't let it; its text says what they lack."""


class Finding(AssertionError):
    """A connector breaks a rule: what was seen, and the ``steps`` that show it."""

    def __init__(self, what: str, *steps: str) -> None:
        super().__init__(what)
        self.what = what
        self.steps = steps
