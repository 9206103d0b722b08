"""What a connector announces before it is opened: its import, its configuration, its capabilities."""

import json
import re
import subprocess
import sys
from collections.abc import Collection, Mapping
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from jackfield.config import Secret
from jackfield.config.secrets import secrets_in
from jackfield.errors import BadConfig, BadCredentials, JackfieldError, MissingPermission
from jackfield.host.connection import Connection
from jackfield_contracts import Action, TraitKind
from jackfield_testkit.bench import Bench, differences
from jackfield_testkit.data import Finding, NotApplicable

IMPORT_BUDGET = 0.15
"""Seconds of processor time beyond what the host has imported already."""

_HOOKS = ("read_page", "grant", "revoke", "create_account", "delete_account", "run_action")
_SECRET_NAMES = re.compile(r"(^|_)(secret|token|password|passwd|passphrase|api_?key|private_?key|credentials?)$")

_PROBE = """
import json, os, sys, threading, time
import jackfield.hookspecs, jackfield.http, jackfield.host.discovery, jackfield_contracts, typing, msgspec
from importlib.metadata import entry_points
(point,) = [p for p in entry_points(group=sys.argv[1]) if p.name == sys.argv[2]]
events, armed = [], [True]
OUTSIDE = ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.", "os.system", "os.exec", "os.posix_spawn")
def watch(event, arguments):
    if not armed[0]:
        return
    if event.startswith(OUTSIDE):
        events.append(event)
    elif event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        if not str(arguments[0]).endswith((".pyc", ".pyo")) and "__pycache__" not in str(arguments[0]):
            events.append("it opens a file to write")
sys.addaudithook(watch)
threads, environ, folder = threading.active_count(), dict(os.environ), os.getcwd()
started = time.process_time()
point.load()
spent = time.process_time() - started
armed[0] = False
if threading.active_count() > threads: events.append("it starts a thread")
if dict(os.environ) != environ: events.append("it changes the environment")
if os.getcwd() != folder: events.append("it changes the working folder")
print(json.dumps({"spent": spent, "events": events}))
"""


async def imports_lightly(bench: Bench) -> None:
    """Importing the connector is quick, and does nothing but define.

    Every command of the host imports every connector; one that signs in, starts threads or takes a second at that
    point slows and endangers all of them.
    """
    spent: list[float] = []
    for _ in range(3):
        probe = probe_import("jackfield.connectors.v1", bench.found.name)
        if probe["events"]:
            raise Finding(
                f"importing it has side effects: {', '.join(sorted(set(probe['events'])))}", "import the entry point"
            )
        spent.append(probe["spent"])
        if min(spent) <= IMPORT_BUDGET:
            return
    raise Finding(
        f"importing it takes {min(spent):.2f} s of processor time, more than {IMPORT_BUDGET} s", *_how_to_look(bench)
    )


def probe_import(group: str, name: str) -> dict[str, Any]:
    """Import an entry point in a process of its own: the processor time, and what it did beside."""
    done = subprocess.run([sys.executable, "-c", _PROBE, group, name], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise Finding(f"it fails to import in a fresh process: {done.stderr.strip().splitlines()[-1:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _how_to_look(bench: Bench) -> tuple[str, ...]:
    return (f"python -X importtime -c 'import {bench.found.type.open.__module__}'",)


async def reads_its_configuration(bench: Bench) -> None:
    """The configuration is read as the host reads it: keys are described, unknown and missing ones are named.

    Command line help, JSON Schema and docs are made of the Struct; an administrator who misspells a key has to hear of it.
    """
    struct = bench.found.type.config
    bench.config_of(bench.values)
    for name, hint in get_type_hints(struct, include_extras=True).items():
        if not any(isinstance(meta, msgspec.Meta) and meta.description for meta in _metas(hint)):
            raise Finding(
                f"the key {name!r} of {struct.__name__} has no description",
                f'{name}: Annotated[…, Meta(description="…")]',
            )
    _refused(bench, {**bench.values, "testkit_unknown": 1}, "testkit_unknown", "an unknown key")
    for field in msgspec.structs.fields(struct):
        if field.required:
            left = {key: value for key, value in bench.values.items() if key != field.encode_name}
            _refused(bench, left, field.encode_name, f"the missing key {field.encode_name!r}")


def _metas(hint: object) -> list[object]:
    if get_origin(hint) is Annotated:
        base, *metas = get_args(hint)
        return [*metas, *_metas(base)]
    return []


def _refused(bench: Bench, values: Mapping[str, Any], key: str, what: str) -> None:
    try:
        bench.config_of(values)
    except BadConfig as error:
        if key not in (error.path or ""):
            raise Finding(f"{what} is refused without its place: {error}") from None
    else:
        raise Finding(f"{what} is taken without a word", f"configuration {sorted(values)}")


async def keeps_its_secrets(bench: Bench) -> None:
    """What is secret in the configuration has the type Secret, and shows in no repr of what the connector opens.

    A plain text shows in the repr of a Struct, and so in tracebacks, logs and crash reports.
    """
    struct = bench.found.type.config
    hints = get_type_hints(struct)
    for name, hint in hints.items():
        if _SECRET_NAMES.search(name) and Secret not in (hint, *get_args(hint)):
            raise Finding(
                f"the key {name!r} of {struct.__name__} is {hint}, and its name says that it is a secret",
                f"{name}: Secret",
            )
    values = secret_values(bench)
    async with bench.open() as connection:
        for thing in (bench.config, connection, *_opened(connection)):
            for shown in (repr(thing), str(thing)):
                if any(value in shown for value in values):
                    raise Finding(f"repr() of a {type(thing).__name__} shows a secret of the configuration")


def secret_values(bench: Bench) -> list[str]:
    """The secrets of the configuration."""
    return [each.reveal() for each in secrets_in(bench.config) if len(each.reveal()) >= 4]


def _opened(connection: object) -> list[object]:
    """The connector's object and what it holds, three levels deep."""
    relay = getattr(connection, "_relay")  # noqa: B009 - the only way to what a connector opened
    found: list[object] = []
    level: list[object] = list(relay.get_plugins())
    for _ in range(3):
        found += level
        level = [each for thing in level for each in getattr(thing, "__dict__", {}).values() if _of_plugin(each)]
    return found


def _of_plugin(thing: object) -> bool:
    module = type(thing).__module__ or ""
    return not module.startswith(("builtins", "asyncio", "_", "jackfield.http.session"))


async def declares_what_it_does(bench: Bench) -> None:
    """Capabilities, hooks, families, actions and resource types agree with one another.

    The host shows capabilities without opening anything, and believes them: a hook that no capability names is never
    used, one that is named and missing fails when somebody needs it.
    """
    kind = bench.found.type
    names = [each.name for each in kind.capabilities]
    _unique(names, "capability")
    declared = {each.hook for each in kind.capabilities if each.hook}
    async with bench.open() as connection:
        _hooks_fit(connection, declared)
        types = connection.resource_types()
        _unique([each.name for each in types], "resource type")
        if not any(each.trait is TraitKind.USER for each in types):
            raise Finding("no resource type has the trait user, so that nothing can be told of people")
        _families_fit(connection, {each.name for each in types})
        for action in connection.actions():
            _action_fits(action, {each.name for each in types})
    for name, field in (("action", kind.name), ("display name", kind.display_name)):
        if not field.strip():
            raise Finding(f"the connector has an empty {name}")


def _hooks_fit(connection: Connection, declared: Collection[str]) -> None:
    for hook in sorted(declared):
        if not connection.implements(hook):
            raise Finding(f"a capability names the hook {hook!r}, which the connector does not implement")
    for hook in _HOOKS:
        if connection.implements(hook) and hook not in declared:
            raise Finding(f"the connector implements {hook!r}, and no capability says so")
    if not connection.implements("check"):
        raise Finding("the connector has no hook check, so that nobody can try credentials before a sync")
    writes = [hook for hook in _HOOKS[1:] if connection.implements(hook)]
    if writes and not connection.implements("read_state"):
        raise Finding(f"the connector implements {writes[0]!r} without read_state, so that no change can be confirmed")
    if connection.implements("grant") != connection.implements("revoke"):
        raise Finding("the connector implements only one of grant and revoke")


def _families_fit(connection: Connection, types: Collection[str]) -> None:
    families = connection.families()
    _unique([each.name for each in families], "family")
    known = {each.name for each in families}
    for scope in (scope for each in families for scope in each.scopes):
        for name in (scope.family, scope.fallback, scope.lookup):
            if name is not None and name not in known:
                raise Finding(f"the scope {scope.name!r} names the family {name!r}, which there is none of")
        if scope.lists is not None and scope.lists not in types:
            raise Finding(f"the scope {scope.name!r} lists {scope.lists!r}, which is no resource type")


def _action_fits(action: Action, types: Collection[str]) -> None:
    arguments = [each.name for each in action.arguments]
    _unique(arguments, f"argument of the action {action.name}")
    for name in (*((action.account,) if action.account else ()), *action.warning_unless):
        if name not in arguments:
            raise Finding(f"the action {action.name!r} speaks of {name!r}, which is none of its arguments")
    if action.acts_on and set(action.acts_on) <= set(action.leads_to):
        raise Finding(
            f"the action {action.name!r} acts only on accounts that are as it leads to, so that it does nothing"
        )
    for each in action.ends:
        if each.partition("/")[0] not in types or not each.partition("/")[2]:
            raise Finding(f"the action {action.name!r} ends {each!r}, which is no TYPE/SLUG of a resource type")
    if not action.description:
        raise Finding(f"the action {action.name!r} has no description")


def _unique(names: list[str], what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise Finding(f"two of {what} are called {name!r}")


async def checks_its_credentials(bench: Bench) -> None:
    """``check`` with good credentials succeeds, changes nothing, and says of each capability whether it can be used.

    It is what an administrator runs first; what it leaves open shows later, in the middle of a sync.
    """
    before = bench.truth()
    async with bench.open() as connection:
        try:
            report = await connection.check()
        except JackfieldError as error:
            raise Finding(f"check fails on a connection that works: {error}", "await connection.check()") from None
    if bench.truth() != before:
        raise Finding("check changed the application")
    message = [each.capability for each in report.capabilities]
    known = [each.name for each in bench.found.type.capabilities]
    if unknown := [name for name in message if name not in known]:
        raise Finding(f"check tells of the capability {unknown[0]!r}, which is not declared")
    silent = [each.name for each in bench.found.type.capabilities if each.hook and each.name not in message]
    if silent:
        raise Finding(f"check does not say whether {silent[0]!r} can be used")


async def tells_what_it_may_not(bench: Bench) -> None:
    """Credentials that lack a permission are told before anything fails for it: by ``check``, and in no sync as "none".

    Who gives a connector fewer rights than it could use has to see what it can't do, and not that nothing is there.
    """
    allow = bench.need("allow", "what credentials with fewer permissions come to")
    declared = bench.found.type.capabilities
    names = sorted({each.name for one in declared for each in one.permissions})
    if not names:
        raise NotApplicable("no capability declares a permission")
    truth = bench.truth()
    try:
        for name in names:
            allow([each for each in names if each != name])
            needing = {
                one.name for one in declared if any(each.name == name and not each.optional for each in one.permissions)
            }
            await _check_tells(bench, name, needing, {one.name for one in declared if one.hook})
            shown = await bench.sync()
            if shown.complete and (wrong := differences(shown, truth)):
                raise Finding(
                    f"the snapshot calls itself complete, and {'; '.join(wrong)}", f"without {name!r}", "sync"
                )
    finally:
        allow(None)


async def _check_tells(bench: Bench, name: str, needing: set[str], every: set[str]) -> None:
    steps = (f"without the permission {name!r}", "await connection.check()")
    async with bench.open() as connection:
        try:
            report = await connection.check()
        except (MissingPermission, BadCredentials):  # it takes that permission to sign in at all
            return
        except JackfieldError as error:
            raise Finding(f"check fails with {type(error).__name__}: {error}", *steps) from None
    for one in report.capabilities:
        if one.capability in needing and one.available:
            raise Finding(f"check says that {one.capability!r} can be used", *steps)
        if one.capability in every - needing and one.available is False:
            raise Finding(f"check says that {one.capability!r} can't be used, which does not need it", *steps)
