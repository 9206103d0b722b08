"""What a person asks of the making of changes, and the bench on which they are made."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from jackfield.changes.kinds.view import View
from jackfield.changes.protection import Protected
from jackfield.changes.vault import Reveal, Vault
from jackfield.clock import Clock
from jackfield.config import HostSettings
from jackfield.host.connection import Connection
from jackfield.host.policies import Policy
from jackfield.host.tenants import Whose
from jackfield.log import Logger
from jackfield.state import State
from jackfield.state.runs import Counts
from jackfield_contracts import AccessState, ResourceId, StateQuery

WAIT = 60.0
"""Seconds to wait for an outcome that is not known yet, where nothing else is said."""


class ChangeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How changes are to be made: by whom and why, ``wait`` seconds for a job, and ``limits`` by kind and hour.

    A ``dry_run`` makes no write call and writes no journal; it foretells what a run would end with, unless a plan is all that
    is wanted (``only_planned``). ``accept_tenant`` is the account that a person says is meant,
    though the snapshots are of another; ``planned_for`` the one that the plan to be applied was made for.
    """

    actor: str | None = None
    reason: str | None = None
    wait: float = WAIT
    dry_run: bool = False
    only_planned: bool = False
    limits: Mapping[str, int] = {}
    accept_tenant: str | None = None
    planned_for: str | None = None


class Locked(Protocol):
    """The right to write through a connection, which one process has at a time."""

    def take(self) -> None:
        """Take it; raises Busy where another process has it."""
        ...

    def release(self) -> None:
        """Let it go."""
        ...


class Changing:
    """One connection that is open for changes; while it is, no other process writes through it.

    ``lock`` is let go only while a person thinks, see ``open.resume``; None where nothing is written.
    """

    def __init__(
        self,
        connection: Connection,
        state: State,
        host: HostSettings,
        options: ChangeOptions,
        *,
        clock: Clock,
        log: Logger,
        policies: Sequence[Policy] = (),
        whose: Whose | None = None,
        reveal: Reveal | None = None,
        lock: Locked | None = None,
    ) -> None:
        self.connection = connection
        self.state = state
        self.host = host
        self.options = options
        self.clock = clock
        self.log = log
        self.policies = policies
        self.whose = whose or Whose()
        self.vault = Vault(reveal, connection.http.mask)
        self.protected = Protected()
        """Whom the configuration protects from every change."""
        self.consent: ResourceId | None = None
        """Whose consent the credentials are, once a plan has asked for it; None is unknown or nobody."""
        self.warnings: tuple[str, ...] = ()
        """What a person should know of all changes that are made now, each once."""
        self.lock = lock
        self._known: Counts | None = None
        self.seen: tuple[str, float, View] | None = None
        """The state that a plan was just made on: the plan's id, the moment (monotonic), and the state."""

    async def read_state(self, query: StateQuery) -> AccessState:
        """The live state that *query* asks for, beside what the last published snapshot of this account has."""
        if self._known is None:
            latest = next(iter(self.state.published(self.connection.name, 1)), None)
            self._known = latest.counts if latest is not None and not self.whose.moved else Counts()
        grants = self._known.grants if self._known.resources else None
        return await self.connection.read_state(
            msgspec.structs.replace(query, known=self._known.resources, known_grants=grants)
        )

    def warn(self, told: str) -> None:
        """Remember what a person should know before anything is made."""
        if told not in self.warnings:
            self.warnings += (told,)
