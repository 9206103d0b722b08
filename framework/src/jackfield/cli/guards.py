"""What guards the changes of a connection, as it is in effect."""

from jackfield.changes.plan import DEFAULTS
from jackfield.cli.text import clean
from jackfield.config import HostSettings


def guards_of(host: HostSettings) -> dict[str, object]:
    """The settings that guard changes, defaults included."""
    return {
        "provisioning": host.provisioning,
        "read_only": host.read_only,
        "require_reason": host.require_reason,
        "limits": limits_of(host),
        "protected": host.protected,
    }


def limits_of(host: HostSettings) -> dict[str, int]:
    """Most changes of each kind in an hour."""
    return {**DEFAULTS, **host.limits}


def limits_text(limits: dict[str, int]) -> str:
    """Limits in words: ``delete 10, revoke 200``."""
    return ", ".join(f"{kind} {number:,}" for kind, number in limits.items())


def allowed_text(*, provisioning: bool, read_only: bool) -> str:
    """Whether changes may be made, in a word or two."""
    return "read-only" if read_only else "allowed" if provisioning else "not enabled"


def guard_lines(host: HostSettings) -> list[str]:
    """The same for people, a line each."""
    reason = ", each with a reason" if host.require_reason else ""
    allowed = allowed_text(provisioning=host.provisioning, read_only=host.read_only)
    return [
        f"changes        {allowed}{reason}",
        f"limits         {limits_text(limits_of(host))} (an hour)",
        f"protected      {clean(', '.join(host.protected)) or 'nobody'}",
    ]
