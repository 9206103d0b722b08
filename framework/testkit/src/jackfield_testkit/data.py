"""What an author tells the kit: what is true of the application, and which changes may be tried on it."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from jackfield_contracts import (
    Change,
    CreateAccount,
    DeleteAccount,
    GrantAccess,
    GrantId,
    ResourceId,
    RunAction,
)


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the application now, told by the application's side and not by the connector.

    ``facts`` are what else a sync has to show of a resource, only those that are given being compared: display_name,
    status, login, any date of a user, or a key of ``profile``.

    ``access`` is who has what in the end, what is inherited from groups included; None where whoever holds anything of a group
    has what the group has.
    """

    resources: frozenset[ResourceId]
    grants: frozenset[GrantId] = frozenset()
    facts: Mapping[ResourceId, Mapping[str, Any]] = {}
    access: frozenset[GrantId] | None = None


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
    """

    def truth(self) -> Truth:
        """What is true now."""
        ...


class NotApplicable(Exception):
    """A check has nothing to look at; its text says why."""


class Finding(AssertionError):
    """A connector breaks a rule: what was seen, and the ``steps`` that show it."""

    def __init__(self, what: str, *steps: str) -> None:
        super().__init__(what)
        self.what = what
        self.steps = steps
