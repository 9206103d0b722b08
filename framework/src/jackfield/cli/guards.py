"""What guards the changes of a connection, as it is in effect."""

from collections.abc import Mapping

from jackfield.changes.plan import DEFAULTS
from jackfield.cli.text import clean
from jackfield.cli.toml_text import toml_value
from jackfield.config import HostSettings
from jackfield.config.overlay import Variable


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


def replaced_guards(table: Mapping[str, object]) -> list[tuple[str, str]]:
    """The guards of a connection's *table* that a variable set, though the file says otherwise: key, and what to tell."""
    found: list[tuple[str, str]] = []
    for key in ("provisioning", "read_only", "require_reason", "limits", "protected"):
        value = table.get(key)
        if isinstance(value, Variable) and value.replaces is not None:
            text = f"the variable {value.name} is in force, in place of all that the file has there: {toml_value(value.replaces)}"
            found.append((key, text))
    return found
