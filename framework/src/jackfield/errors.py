"""Errors named by what the host does next.

Each class carries the exit code of the command line. A connector raises these and nothing else; whatever else escapes
it becomes PluginBug.

JackfieldError
├── BadConfig            stop the connection, show the path of the value          2
│   ├── MissingSecret    the same; it may be there later                           2
│   └── OtherTenant      do nothing: it reaches another account than it is for      2
├── BadCredentials       mark it *needs sign-in*, no retries                      3
├── MissingPermission    leave that capability out, say so                        4
├── RateLimited          pause the whole connection, retry                        75
├── Transient            retry with backoff until the deadline                    75
├── Refused              make it the outcome of one change                        5
│   └── NotFound         the same; in a read, say what is not there               5
├── CursorExpired        restart that read                                        75
├── RemoteContract       fail the scope, keep a redacted sample                   6
├── Unsupported          explain the capability                                   7
├── Busy                 say which process holds the lock, do nothing             13
│   └── LeaseLost        write nothing more: another host has taken the lock over   13
├── PlanOutdated         refuse the plan, say what no longer fits                 14
├── BadStorage           stop, name the file or folder and what to do about it    12
│   └── StateUnavailable     stop: the database can't be asked now; run it again later  75
└── PluginBug            fail the connection only, say where to report it         70
"""

import errno
import sqlite3
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, NamedTuple, cast

from jackfield_contracts import Diagnostic, Severity


class JackfieldError(Exception):
    """What happened (``summary``), where, and what to do (``hint``).

    ``connection``, ``scope``, ``route`` and ``request_id`` are added by whoever knows them, see ``locate``.
    """

    code: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 12

    def __init__(
        self,
        summary: str,
        *,
        hint: str | None = None,
        detail: str | None = None,
        path: str | None = None,
        connection: str | None = None,
        scope: str | None = None,
        route: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(summary)
        self.summary = summary
        self.hint = hint
        self.detail = detail
        self.path = path
        self.connection = connection
        self.scope = scope
        self.route = route
        self.request_id = request_id

    def locate(
        self,
        *,
        connection: str | None = None,
        scope: str | None = None,
        route: str | None = None,
        request_id: str | None = None,
    ) -> "JackfieldError":
        """Add where it happened, keeping what is known already; returns the error itself."""
        self.connection = self.connection or connection
        self.scope = self.scope or scope
        self.route = self.route or route
        self.request_id = self.request_id or request_id
        return self

    def rewrite(self, change: Callable[[str], str]) -> "JackfieldError":
        """Put every text of it, but for the connection's name, through *change*; returns the error itself."""
        for name, value in vars(self).items():
            if isinstance(value, str) and name != "connection":
                setattr(self, name, change(value))
        self.args = (self.summary,)
        return self

    @property
    def where(self) -> str:
        """The place in words, empty if none is known."""
        places = (
            ("connection", self.connection),
            ("at", self.path),
            ("scope", self.scope),
            ("route", self.route),
            ("request id", self.request_id),
        )
        return ", ".join(f"{name} {value}" for name, value in places if value)

    @property
    def told(self) -> str:
        """What is wrong and where, without the hint, which may name commands: for whoever has no command line."""
        return f"{self.summary} ({self.where})" if self.where else self.summary

    def __str__(self) -> str:
        return f"{self.told} {self.hint}" if self.hint else self.told

    def document(self, redact: Callable[[str], str]) -> dict[str, object]:
        """It as the object that commands print in place of a result."""
        problems: tuple[str, ...] = getattr(self, "problems", ())
        return {
            "code": self.code,
            "summary": redact(self.summary),
            "where": redact(self.where) or None,
            "hint": redact(self.hint) if self.hint else None,
            "problems": [redact(each) for each in problems],
            "request_id": self.request_id,
        }

    def diagnostic(self) -> Diagnostic:
        """The same as data."""
        return Diagnostic(
            code=self.code,
            severity=Severity.ERROR,
            summary=self.summary,
            detail=self.detail,
            path=self.where or None,
            hint=self.hint,
            request_id=self.request_id,
        )


class BadConfig(JackfieldError):
    """A value of the configuration is wrong or missing; ``path`` names it."""

    code = "bad_config"
    exit_code = 2


class MissingSecret(BadConfig):
    """What a reference of the configuration leads to is not there, or can't be read, as it may be later."""

    code = "missing_secret"


class OtherTenant(BadConfig):
    """The connection reaches another account of the application than the one that it is for."""

    code = "other_tenant"


class BadCredentials(JackfieldError):
    """The application no longer accepts the credentials, for the reason that its own ``tag`` names, if any.

    Only a new sign-in helps.
    """

    code = "bad_credentials"
    exit_code = 3

    def __init__(self, summary: str, *, tag: str | None = None, **where: str | None) -> None:
        super().__init__(summary, **where)
        self.tag = tag


class MissingPermission(JackfieldError):
    """The credentials lack the permission named ``permission`` (the application's own name)."""

    code = "missing_permission"
    exit_code = 4

    def __init__(self, summary: str, *, permission: str, **where: str | None) -> None:
        super().__init__(summary, **where)
        self.permission = permission


class RateLimited(JackfieldError):
    """The application asks for a pause of ``after`` seconds, None where it gives no figure.

    ``turned_away`` says that it did nothing (429, RFC 6585); a 503 may come after all that was asked for was done.
    """

    code = "rate_limited"
    exit_code = 75

    def __init__(
        self, summary: str, *, after: float | None = None, turned_away: bool = True, **where: str | None
    ) -> None:
        super().__init__(summary, **where)
        self.after = after
        self.turned_away = turned_away


class Transient(JackfieldError):
    """It may work when tried again: a lost connection, a time-out, an error of the server's own."""

    code = "transient"
    exit_code = 75


class Refused(JackfieldError):
    """The application refused, for the reason that its own ``tag`` names."""

    code = "refused"
    exit_code = 5

    def __init__(self, summary: str, *, tag: str | None = None, **where: str | None) -> None:
        super().__init__(summary, **where)
        self.tag = tag


class NotFound(Refused):
    """The thing asked for is not in the application."""

    code = "not_found"


class CursorExpired(JackfieldError):
    """The application no longer honours the cursor; the read starts again from its beginning."""

    code = "cursor_expired"
    exit_code = 75


class RemoteContract(JackfieldError):
    """The application's answer is not what its documentation promises; ``detail`` keeps a redacted sample."""

    code = "remote_contract"
    exit_code = 6


class Unsupported(JackfieldError):
    """The connector can't do this, or not with this configuration."""

    code = "unsupported"
    exit_code = 7


class Busy(JackfieldError):
    """Another process holds the lock; the message names it."""

    code = "busy"
    exit_code = 13


class LeaseLost(Busy):
    """Another host has taken over what was locked here, since it was not renewed in time; nothing more is written."""

    code = "lease_lost"


class PlanOutdated(JackfieldError):
    """A plan is not what was written, or what it was made on no longer holds."""

    code = "plan_outdated"
    exit_code = 14


class BadStorage(JackfieldError):
    """A file of the host's own can't be written or read; ``path`` names it or its folder.

    ``damaged``: its content is not what was written, so that trying again can't help.
    """

    code = "bad_storage"
    exit_code = 12

    def __init__(self, summary: str, *, damaged: bool = False, **where: str | None) -> None:
        super().__init__(summary, **where)
        self.damaged = damaged


class StateUnavailable(BadStorage):
    """The database server that has the state can't be reached, or can't answer now."""

    code = "state_unavailable"
    exit_code = 75


class PluginBug(JackfieldError):
    """A connector broke the contract with the host; the message says where to report it."""

    code = "plugin_bug"
    exit_code = 70


class _Fault(NamedTuple):
    """What is wrong with a disk or a file, and what to do about it."""

    summary: str
    hint: str


_MAKE_ROOM = "Make room there and where temporary files go, then run it again."
_GIVE_RIGHT = "Give the user that runs this the right to read and write there."
_FULL = _Fault("no room is left on the disk", _MAKE_ROOM)
_FAILING = _Fault(
    "the disk refused to read or write",
    "Look at its health, its room, the quota and the limit of file sizes (`ulimit -f`), then run it again.",
)
_FORBIDDEN = _Fault("the right to read or write is lacking", _GIVE_RIGHT)
_UNWRITABLE = _Fault("a database file can't be written", f"{_GIVE_RIGHT} Its disk may be mounted read-only.")
_DAMAGED = _Fault(
    "a database file is damaged", "If it is state.db, restore it from a backup; a sync makes a new snapshot."
)

_BY_ERRNO: Mapping[int, _Fault] = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _Fault("the quota of the disk is used up", _MAKE_ROOM),
    errno.EFBIG: _Fault(
        "a file may not grow any larger", "Raise the limit of file sizes (`ulimit -f`), then run it again."
    ),
    errno.EIO: _FAILING,
    errno.EROFS: _Fault("the disk is read-only", "Mount it so that it can be written."),
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
}
_BY_SQLITE: Mapping[int, _Fault] = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _FAILING,
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_PERM: _UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: _Fault("a database file can't be opened", _GIVE_RIGHT),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
_PRIMARY = 0xFF
"""The part of SQLite's error code that names the kind of error."""


def storage_failure(error: BaseException, place: Path | None) -> BadStorage | None:
    """What *error* says of a disk or a file, None if it is of another kind.

    Told by the code of the system or of SQLite. *place* is named unless the error names a file itself.
    """
    found = _disk_error(error)
    if found is None:
        return None
    raised, fault = found
    file = raised.filename if isinstance(raised, OSError) else None
    code = errno.errorcode.get(raised.errno or 0) if isinstance(raised, OSError) else raised.sqlite_errorname
    return BadStorage(
        f"{fault.summary} ({code})",
        hint=fault.hint,
        path=str(file or place) if file or place else None,
        damaged=fault is _DAMAGED,
    )


def raise_unless_damaged(error: BaseException, place: Path) -> None:
    """Raise BadStorage where only the disk is in the way; what a damaged file means is for the caller to say."""
    failure = storage_failure(error, place)
    if failure is not None and not failure.damaged:
        raise failure from error


@contextmanager
def storing(place: Path) -> Generator[None]:
    """Turn what the disk refuses within the block into BadStorage, which names *place*."""
    try:
        yield
    except Exception as error:
        failure = storage_failure(error, place)
        if failure is None:
            raise
        raise failure from error


def _disk_error(error: BaseException | None) -> tuple[OSError | sqlite3.Error, _Fault] | None:
    """The error of the system or of SQLite within *error*, with what it means."""
    if isinstance(error, BaseExceptionGroup):
        inner = cast("BaseExceptionGroup[BaseException]", error).exceptions
        return next((found for one in inner if (found := _disk_error(one))), None)
    if isinstance(error, OSError):
        fault = _BY_ERRNO.get(error.errno or 0)
        return (error, fault) if fault else None
    if isinstance(error, sqlite3.Error):
        fault = _BY_SQLITE.get(getattr(error, "sqlite_errorcode", 0) & _PRIMARY)
        # SQLite itself rolls back where the disk is full; a second rollback fails in front of that error.
        return (error, fault) if fault else _disk_error(error.__context__)
    return _disk_error(getattr(error, "orig", None)) if error is not None else None
