"""The conformance kit: one suite that every connector's tests run, and mutants by which the suite itself is tried.

Promises that a connector which passes keeps the rules that the host relies on, and that a finding names the rule, its
reason and the steps that show it. Needs pytest and hypothesis (the extra ``testkit``); nothing else imports it.
"""

from typing import TYPE_CHECKING, Any

from jackfield_testkit.clock import HastyClock
from jackfield_testkit.data import Backend, Samples, Truth, Variant

if TYPE_CHECKING:
    from jackfield_testkit.suite import ConnectorSuite
    from jackfield_testkit.tapping import Tap, tap

__all__ = ["Backend", "ConnectorSuite", "HastyClock", "Samples", "Tap", "Truth", "Variant", "tap"]


def __getattr__(name: str) -> Any:
    # pytest loads the plugin of this package in each of its runs; the suite and the tap only where they are used.
    if name == "ConnectorSuite":
        from jackfield_testkit.suite import ConnectorSuite

        return ConnectorSuite
    if name in ("Tap", "tap"):
        from jackfield_testkit import tapping

        return getattr(tapping, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
