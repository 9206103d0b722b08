"""Diagnostics: what happened, where, and what to do, in a form that machines and people read."""

from enum import StrEnum

import msgspec

from jackfield_contracts.since import since

__all__ = ["Diagnostic", "Severity"]


class Severity(StrEnum):
    """How much it matters: an error stopped something, a warning did not, info is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@since(1, 0)
class Diagnostic(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to tell: ``code`` is stable, ``summary`` one sentence, ``path`` the place, ``hint`` the next step."""

    code: str
    severity: Severity
    summary: str
    detail: str | None = None
    path: str | None = None
    hint: str | None = None
    request_id: str | None = None
