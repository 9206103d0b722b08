"""Policies: enabled by name, called one by one, and never in each other's way."""

import sys
from pathlib import Path
from typing import Any

import pytest

from jackfield.errors import BadConfig
from jackfield.hookspecs import POLICIES_GROUP, Published
from jackfield.host.policies import open_policies, tell_published

from .installing import install

CODE = """
from jackfield.hookspecs import PolicyType, hookimpl
seen = []

class Watcher:
    def __init__(self, name): self.name = name
    @hookimpl
    def snapshot_published(self, published): seen.append((self.name, published.run))

class Fails:
    @hookimpl
    def snapshot_published(self, published): raise RuntimeError("disk full")

class Exits:
    @hookimpl
    def snapshot_published(self): raise SystemExit(1)

class Sleeps:
    @hookimpl
    async def snapshot_published(self, published): seen.append("never")

class Connects:
    @hookimpl
    def read_page(self, family): return None

class Asks:
    @hookimpl
    def snapshot_published(self, published, database): return None

def ends(): raise SystemExit(1)

watch = PolicyType(name="watch", open=lambda: Watcher("watch"))
late = PolicyType(name="late", open=lambda: Watcher("late"))
fails = PolicyType(name="fails", open=Fails)
exits = PolicyType(name="exits", open=Exits)
sleeps = PolicyType(name="sleeps", open=Sleeps)
connects = PolicyType(name="connects", open=Connects)
asks = PolicyType(name="asks", open=Asks)
ends_opening = PolicyType(name="ends-opening", open=ends)
quiet = PolicyType(name="quiet", open=object)
"""

PUBLISHED = Published(connection="acme", run="r1", path="/x", sha256="0", complete=True)


class Log:
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def warning(self, event: str, **facts: Any) -> None:
        self.lines.append((event, facts))

    debug = info = warning


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Installs all of the policies above; gives what they see."""
    names = ("watch", "late", "fails", "exits", "sleeps", "connects", "asks", "quiet")
    points = {name: f"policies_of_test:{name}" for name in names} | {"ends-opening": "policies_of_test:ends_opening"}
    install(tmp_path, "policy-kit", version="3.0", points={POLICIES_GROUP: points}, modules={"policies_of_test": CODE})
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "policies_of_test", raising=False)
    import policies_of_test  # type: ignore[import-not-found]

    return policies_of_test.seen


def test_policies_watch_in_the_order_of_the_configuration_each_once(seen: list[Any]) -> None:
    tell_published(open_policies(("late", "watch", "quiet", "late"), Log()), PUBLISHED, Log())
    assert seen == [("late", "r1"), ("watch", "r1")]


@pytest.mark.parametrize(
    ("name", "error"),
    [("fails", "RuntimeError: disk full"), ("exits", "SystemExit: 1"), ("sleeps", "must be a plain function")],
)
def test_a_policy_that_fails_to_watch_is_logged_and_changes_nothing(seen: list[Any], name: str, error: str) -> None:
    log = Log()
    tell_published(open_policies((name, "watch"), log), PUBLISHED, log)
    assert seen == [("watch", "r1")]
    ((event, facts),) = log.lines
    assert event == "a policy failed"
    assert facts["policy"] == name
    assert error in facts["error"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("connects", "read_page"),
        ("asks", "database"),
        ("ends-opening", "SystemExit: 1"),
    ],
)
def test_a_policy_that_does_not_fit_is_named_before_anything_runs(seen: list[Any], name: str, says: str) -> None:
    with pytest.raises(BadConfig) as refused:
        open_policies((name,), Log())
    assert f"the policy {name!r} (policy-kit 3.0) fails to open" in str(refused.value)
    assert says in str(refused.value)
    assert refused.value.path == "policies"


def test_a_policy_that_is_not_installed_is_answered_with_the_nearest(seen: list[Any]) -> None:
    with pytest.raises(BadConfig, match="no plugin 'wach' is installed") as refused:
        open_policies(("wach",), Log())
    assert refused.value.path == "policies"


def test_no_policy_enabled_is_none_opened() -> None:
    assert open_policies((), Log()) == ()
