"""What goes away is told with its version and a remedy, to authors and administrators; today nothing goes away.

The deprecations of these tests are their own: the host's specification is marked for as long as a test, or a process, lasts.
"""

import inspect
import json
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from jackfield.hookspecs import API, CONNECTORS_GROUP, SINCE, ConnectorSpec, ConnectorType, PolicySpec
from jackfield.host import deprecation
from jackfield.host.deprecation import JackfieldDeprecation, RemovedIn2Warning, collected, fields_used, uses_of
from jackfield.host.discovery import discover_connectors
from jackfield_contracts import Page, Resource, ResourceId
from jackfield_contracts import since as contracts_since

from .filed import CONNECTOR
from .installing import install
from .test_pluginfiles import Desk

RELEASED = json.loads((Path(__file__).parent / "released" / "interface-1.json").read_text())
OLD_GRANT = RemovedIn2Warning("the hook grant", instead="implement give_access.")
GRANT_TOLD = "uses the hook grant, which goes away in plugin interface 2: implement give_access."

AGED_HOST = """
import sys
from jackfield import hookspecs
from jackfield.host import deprecation
from jackfield.cli.main import main
from jackfield.host.deprecation import RemovedIn2Warning
from jackfield_contracts import Resource

def spec(hook): return getattr(hookspecs.ConnectorSpec, hook).jackfield_spec
spec("grant")["warn_on_impl"] = RemovedIn2Warning("the hook grant", instead="implement give_access.")
spec("read_page")["warn_on_impl_args"] = {
    "attempt": RemovedIn2Warning("the argument attempt of read_page", instead="leave it out.")
}
deprecation.FIELDS[Resource] = {
    "description": RemovedIn2Warning("the field description of Resource", instead="set profile instead.")
}
sys.exit(main())
"""


def specs() -> Iterator[tuple[str, Any]]:
    for spec in (ConnectorSpec, PolicySpec):
        for name, member in vars(spec).items():
            if hasattr(member, "jackfield_spec"):
                yield name, member


def arguments(hook: Any) -> list[str]:
    return list(inspect.signature(hook).parameters)[1:]


class AgedDesk(Desk):
    """The command line of a host in which a hook, an argument and a field go away."""

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        (self.folder / "aged_host.py").write_text(AGED_HOST)
        done = self.started([sys.executable, "aged_host.py", *words])
        assert "Warning" not in done.stdout + done.stderr
        return done


@pytest.fixture
def desk(tmp_path: Path) -> AgedDesk:
    return AgedDesk(tmp_path)


def module(code: str, name: str = "module_of_test") -> ModuleType:
    made = ModuleType(name)
    sys.modules[name] = made  # msgspec looks for annotations there
    try:
        exec(compile(code, f"{name}.py", "exec"), vars(made))
    finally:
        del sys.modules[name]
    return made


class TestNow:
    def test_nothing_goes_away(self):
        assert dict(deprecation.FIELDS) == {}
        for name, hook in specs():
            assert not hook.jackfield_spec["warn_on_impl"], name
            assert not hook.jackfield_spec["warn_on_impl_args"], name
        for found in discover_connectors().found.values():
            assert found.uses == ()

    def test_every_hook_says_since_when_it_is_there(self):
        hooks = dict(specs())
        assert {name for name in SINCE if "." not in name} == set(hooks)
        for name, version in SINCE.items():
            hook, _, argument = name.partition(".")
            if argument:
                assert argument in arguments(hooks[hook])
                assert version > SINCE[hook]
        assert max(SINCE.values()) == API

    def test_hooks_and_contracts_are_counted_by_one_number(self):
        assert max(contracts_since.SINCE.values()) <= API
        assert CONNECTORS_GROUP.endswith(f".v{API[0]}")

    def test_the_hooks_only_grew_since_the_release(self):
        now = {name: arguments(hook) for name, hook in specs()}
        assert set(RELEASED) <= set(now)
        for name, named in RELEASED.items():
            assert set(named) <= set(now[name]), name

    def test_what_is_newer_than_the_release_has_a_newer_version(self):
        now = {name: arguments(hook) for name, hook in specs()}
        newest = max(version for name, version in SINCE.items() if name in RELEASED)
        for name in set(now) - set(RELEASED):
            assert SINCE[name] > newest, name
        for name, named in RELEASED.items():
            for argument in set(now[name]) - set(named):
                assert SINCE[f"{name}.{argument}"] > newest, f"{name}.{argument}"

    def test_a_field_that_goes_away_is_marked_in_its_contract_and_the_other_way_round(self):
        from jackfield_contracts.schemas import contracts

        marked = {
            (struct, field.name)
            for struct in contracts().values()
            for field in msgspec.structs.fields(struct)
            if "deprecated" in json.dumps(getattr(field.type, "extra_json_schema", None))
        }
        assert marked == {(struct, name) for struct, fields in deprecation.FIELDS.items() for name in fields}


class TestWarnings:
    def test_a_warning_names_what_the_version_and_the_remedy(self):
        assert str(OLD_GRANT) == "the hook grant goes away in plugin interface 2: implement give_access."

    def test_every_class_names_the_version_in_which_its_things_go(self):
        for each in JackfieldDeprecation.__subclasses__():
            (number,) = re.findall(r"RemovedIn(\d+)Warning", each.__name__)
            assert each.gone_in == f"plugin interface {number}"
            assert int(number) > API[0]

    def test_others_go_on_as_ever(self):
        with pytest.warns(UserWarning, match="something else"), collected() as uses:
            warnings.warn("something else", UserWarning, stacklevel=1)
            warnings.warn(OLD_GRANT, stacklevel=1)
        assert [each.uses for each in uses] == ["the hook grant"]

    def test_where_others_are_errors_they_stay_so(self):
        with pytest.raises(UserWarning), warnings.catch_warnings():
            warnings.simplefilter("error")
            with collected():
                warnings.warn("something else", UserWarning, stacklevel=1)


class TestFields:
    OLD = RemovedIn2Warning("the field description of Resource", instead="set profile instead.")

    @pytest.fixture(autouse=True)
    def deprecated(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setitem(deprecation.FIELDS, Resource, {"description": self.OLD})  # type: ignore[arg-type]

    def resource(self, **changes: Any) -> Resource:
        return Resource(id=ResourceId(type="user", id="1"), scope="all", display_name="Ann", **changes)

    def test_one_that_is_set_is_noticed_at_any_depth_and_once(self):
        page = Page(items=(self.resource(), self.resource(description="a"), self.resource(description="b")))
        for value in (page, (page, page), {"pages": [page]}):
            (use,) = fields_used(value)
            assert str(use) == (
                "uses the field description of Resource, which goes away in plugin interface 2: set profile instead."
            )

    def test_one_that_is_not_set_is_not_told(self):
        assert fields_used(Page(items=(self.resource(), self.resource(description="")))) == ()


class TestSeen:
    """What can be seen of a connector without opening it."""

    @pytest.fixture(autouse=True)
    def deprecated(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setitem(ConnectorSpec.grant.jackfield_spec, "warn_on_impl", OLD_GRANT)  # type: ignore[attr-defined]
        args = {"attempt": RemovedIn2Warning("the argument attempt of read_page", instead="leave it out.")}
        monkeypatch.setitem(ConnectorSpec.read_page.jackfield_spec, "warn_on_impl_args", args)  # type: ignore[attr-defined]

    def seen(self, code: str) -> list[str]:
        kind: ConnectorType = module(code).connector
        return [each.uses for each in uses_of(kind)]

    def test_a_hook_of_the_class_that_open_gives(self):
        assert self.seen(CONNECTOR) == ["the hook grant"]

    def test_what_the_host_implements_for_it_is_not_its_own(self):
        assert "the argument attempt of read_page" not in self.seen(CONNECTOR)

    def test_an_argument_that_a_method_of_a_family_takes(self):
        code = CONNECTOR.replace("def everything(self)", "def everything(self, attempt: int)")
        assert self.seen(code) == ["the hook grant", "the argument attempt of read_page"]

    def test_where_open_has_no_annotation_the_hook_of_a_capability(self):
        assert self.seen(CONNECTOR.replace(" -> AsyncGenerator[Club]", "")) == ["the hook grant"]

    def test_another_hook_is_not_told(self):
        code = CONNECTOR.replace("async def grant(", "async def revoke(").replace('hook="grant"', 'hook="revoke"')
        assert self.seen(code) == []


class TestHost:
    """Real processes of a host that is one version on, with a connector that was written before."""

    @pytest.fixture(autouse=True)
    def installed(self, desk: AgedDesk):
        points = {CONNECTORS_GROUP: {"club": "old_club:connector"}}
        code = CONNECTOR.replace("display_name=one", "display_name=one, description='a member'")
        install(desk.site, "jackfield-club", version="3.4", points=points, modules={"old_club": code})

    def test_the_list_and_the_page_of_a_connector_tell_it(self, desk: AgedDesk):
        assert GRANT_TOLD in " ".join(desk.done("connectors", "list", "--output", "csv").split())
        shown = desk.done("connectors", "show", "club")
        line = next(line for line in CONNECTOR.splitlines() if "def grant" in line)
        number = CONNECTOR.splitlines().index(line)
        assert f"It {GRANT_TOLD} ({desk.site / 'old_club.py'}, line {number})\n" in shown
        (use,) = json.loads(desk.done("connectors", "show", "club", "--output", "json"))["deprecations"]
        assert use["gone_in"] == "plugin interface 2"

    def test_a_connector_that_uses_none_of_it_is_told_nothing(self, desk: AgedDesk):
        code = CONNECTOR.replace("async def grant(", "async def revoke(").replace('"club"', '"reader"')
        points = {CONNECTORS_GROUP: {"reader": "reader:connector"}}
        install(desk.site, "jackfield-reader", points=points, modules={"reader": code})
        listed = json.loads(desk.done("connectors", "list", "--output", "json"))["connectors"]
        assert [one["deprecations"] for one in listed if one["name"] == "reader"] == [[]]

    def test_a_sync_logs_each_once_and_works_all_the_same(self, desk: AgedDesk):
        done = desk.run("sync", "acme")
        assert done.returncode == 0
        logged = [line for line in done.stderr.splitlines() if "which goes away in" in line]
        assert len(logged) == 2
        assert "level=warning" in logged[0] and f"the connector 'club' {GRANT_TOLD}" in logged[0]
        assert "version=3.4" in logged[0] and "connection=acme" in logged[0]
        assert "uses the field description of Resource" in logged[1]

    def test_a_file_that_warns_when_imported_is_told_so(self, desk: AgedDesk):
        warn = "import warnings\nfrom jackfield.host.deprecation import RemovedIn2Warning\n"
        warn += "warnings.warn(RemovedIn2Warning('the module acme', instead='import emca.'))\n"
        warn += "warnings.warn('of no interest', UserWarning)\n"
        desk.mine.write_text(CONNECTOR.replace('name="club"', 'name="late"') + warn)
        shown = desk.done("connectors", "show", "late", "--plugin", "mine.py")
        assert "It uses the module acme, which goes away in plugin interface 2: import emca." in shown


class TestOptionalHooks:
    """A plugin may implement hooks that only newer hosts call."""

    CODE = CONNECTOR.replace(
        "    @hookimpl\n    async def grant(",
        "    @hookimpl{}\n    async def read_mind(self): ...\n\n    @hookimpl\n    async def grant(",
    )

    def test_one_marked_as_optional_does_no_harm(self, tmp_path: Path):
        desk = Desk(tmp_path)
        desk.mine.write_text(self.CODE.replace("@hookimpl{}", "@hookimpl(optionalhook=True)"))
        desk.done("check", "acme", "--plugin", "mine.py")

    def test_one_that_is_not_is_refused_with_the_remedy(self, tmp_path: Path):
        desk = Desk(tmp_path)
        desk.mine.write_text(self.CODE.replace("@hookimpl{}", "@hookimpl"))
        done = desk.run("check", "acme", "--plugin", "mine.py")
        assert done.returncode == 70
        assert "read_mind" in done.stderr and "Upgrade jackfield or the plugin" in done.stderr
