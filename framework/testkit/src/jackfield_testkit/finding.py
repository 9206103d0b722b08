"""How a finding is told: the rule, its reason, what was seen, and the steps that show it."""

import inspect

from jackfield.hookspecs import ConnectorType
from jackfield.host.discovery import Found, discover_connectors
from jackfield_testkit.data import Finding


def reported(name: str, text: str, finding: Finding) -> str:
    """*finding* of the check *name*, whose docstring *text* is the rule and then the reason."""
    rule, reason = rule_and_reason(text)
    steps = "".join(f"\n    {number}. {step}" for number, step in enumerate(finding.steps, 1))
    return f"{finding.what}\n  rule {name}: {rule}\n  why: {reason}\n  shown by:{steps or ' the connector as it is'}"


def rule_and_reason(text: str) -> tuple[str, str]:
    """The two parts of a check's docstring."""
    rule, _, reason = inspect.cleandoc(text).partition("\n\n")
    return " ".join(rule.split()), " ".join(reason.split())


def discovered(name: str) -> Found[ConnectorType]:
    """The installed connector; a finding if there is none that can be used."""
    discovery = discover_connectors().only(name)
    if name in discovery.found:
        return discovery.found[name]
    failed = next((each.reason for each in discovery.failures if each.name == name), None)
    raise AssertionError(
        f"the connector {name!r} can't be used: {failed}"
        if failed
        else f"no connector {name!r} is installed; install the package, so that its entry point is there"
    )
