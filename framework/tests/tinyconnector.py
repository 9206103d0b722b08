"""A distribution with a connector of forty lines and its suite, as an installer leaves it, and planted bugs for it."""

import os
from difflib import unified_diff
from pathlib import Path

from .installing import install

PACKAGE = "tinyconnector"

PLUGIN = """
import json
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from jackfield.hookspecs import ConnectorConfig, ConnectorType, Reads, family, hookimpl
from jackfield_contracts import (
    AccountStatus, Capability, CapabilityStatus, CheckReport, Page,
    Resource, ResourceId, ResourceType, RowKind, Scope, TraitKind, UserTrait
)

USERS = Scope(name="user", family="users", rows=RowKind.RESOURCES, lists="user", unreconcilable="nothing is counted")
ACTIVE = UserTrait(status=AccountStatus.ENABLED, status_raw="active")
TYPES = (ResourceType(name="user", display_name="User", trait=TraitKind.USER),)


class Config(ConnectorConfig, frozen=True, kw_only=True):
    file: Annotated[str, Meta(description="File with the names.")]


class Tiny(Reads):
    def __init__(self, config):
        self._file = Path(config.file)

    @hookimpl
    async def check(self):
        return CheckReport(capabilities=(CapabilityStatus(capability="sync", available=True),))

    @hookimpl
    def resource_types(self):
        return TYPES

    @family("users", scopes=(USERS,), description="the users")
    async def users(self, cursor: str | None) -> Page:
        names = json.loads(self._file.read_text())
        start = int(cursor or 0)
        rows = [
            Resource(id=ResourceId(type="user", id=name), scope="user", display_name=name.title(), trait=ACTIVE)
            for name in names[start : start + 2]
        ]
        return Page(items=tuple(rows), next=str(start + 2) if start + 2 < len(names) else None)


@asynccontextmanager
async def open_tiny(config, context):
    yield Tiny(config)


connector = ConnectorType(
    name="tiny",
    display_name="Tiny",
    config=Config,
    open=open_tiny,
    capabilities=(Capability(name="sync", description="read users", hook="read_page"),),
    resource_types=TYPES,
)
"""

CONFORMANCE = """
import json

import pytest

from jackfield_testkit import ConnectorSuite, Truth
from jackfield_contracts import ResourceId

NAMES = ["ann", "bob", "cy", "di", "eve"]


class Backend:
    page_size = 2

    def truth(self):
        return Truth(resources=frozenset(ResourceId(type="user", id=name) for name in NAMES))


class TestTiny(ConnectorSuite):
    connector = "tiny"
    waived = {"gives_the_same_twice": "to see how that is told"}

    @pytest.fixture
    def backend(self):
        return Backend()

    @pytest.fixture
    def config(self, backend, tmp_path):
        file = tmp_path / "names.json"
        file.write_text(json.dumps(NAMES))
        return {"file": str(file)}
"""

_NEXT = "        return Page("


def _patch(head: str, new: str) -> str:
    lines = PLUGIN.splitlines(keepends=True)
    changed = PLUGIN.replace(_NEXT, new, 1) if new else PLUGIN.replace("if start + 2 <", "if start + 3 <")
    name = f"{PACKAGE}/plugin.py"
    return head + "".join(unified_diff(lines, changed.splitlines(keepends=True), f"a/{name}", f"b/{name}"))


LAST_PAGE_DROPPED = _patch("Title: The last page is never read\nWhy: The end is reckoned\n one page too early.\n\n", "")
HARMLESS = _patch("Title: A comment\nWhy: It is no bug.\n\n", f"        # harmless\n{_NEXT}")
UNFIT = HARMLESS.replace("         ]\n", "         }\n")


def installed(site: Path) -> dict[str, str]:
    """Install the connector below *site*; the environment of a process that finds it."""
    package = site / PACKAGE
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "plugin.py").write_text(PLUGIN)
    (package / "conformance.py").write_text(CONFORMANCE)
    points = {
        "jackfield.connectors.v1": {"tiny": f"{PACKAGE}.plugin:connector"},
        "jackfield.testkit.v1": {"tiny": f"{PACKAGE}.conformance:TestTiny"},
    }
    install(site, "jackfield-tiny", points=points)
    return {**os.environ, "PYTHONPATH": str(site)}
