"""Errors named by what the host does next.

Each class carries the exit code of the command line. A connector raises these and nothing else; whatever else escapes
it becomes PluginBug.

JackfieldError
├── BadConfig            stop the connection, show the path of the value          2
├── BadCredentials       mark it *needs sign-in*, no retries                      3
├── MissingPermission    leave that capability out, say so                        4
├── RateLimited          pause the whole connection, retry                        75
├── Transient            retry with backoff until the deadline                    75
├── Refused              the outcome of one change                                5
│   └── NotFound         the thing is not there                                   5
├── CursorExpired        restart that read                                        75
├── RemoteContract       fail the scope, keep a redacted sample                   6
├── Unsupported          explain the capability                                   7
├── Busy                 another process holds the lock                           13
└── PluginBug            fail the connection only, say where to report it         70
"""

from collections.abc import Callable
from typing import ClassVar

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

    def __str__(self) -> str:
        text = self.summary
        if self.where:
            text += f" ({self.where})"
        if self.hint:
            text += f" {self.hint}"
        return text

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
    """The application asks for a pause of ``after`` seconds, None where it gives no figure."""

    code = "rate_limited"
    exit_code = 75

    def __init__(self, summary: str, *, after: float | None = None, **where: str | None) -> None:
        super().__init__(summary, **where)
        self.after = after


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


class PluginBug(JackfieldError):
    """A connector broke the contract with the host; the message says where to report it."""

    code = "plugin_bug"
    exit_code = 70
