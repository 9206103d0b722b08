"""Policies: plugins across connectors, enabled by name in the configuration and called one by one.

Promises that the code of a policy that is not enabled never runs, and that one policy's error does not stop another.
"""

from collections.abc import Sequence
from copy import deepcopy
from inspect import iscoroutine

import msgspec
import pluggy

from jackfield.errors import BadConfig
from jackfield.hookspecs import PolicySpec, PolicyType, Proposed, Published
from jackfield.host.deprecation import register
from jackfield.host.discovery import discover_policies, with_files
from jackfield.host.plugin_files import PluginFile
from jackfield.host.relay import new_relay
from jackfield.log import Logger
from jackfield_contracts import JournalEntry


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """One enabled policy with a relay of its own."""

    name: str
    relay: pluggy.PluginManager


def open_policies(enabled: tuple[str, ...], log: Logger, files: Sequence[PluginFile] = ()) -> tuple[Policy, ...]:
    """The *enabled* policies in their order, out of *files* or installed.

    What they use that goes away is logged. Raises BadConfig for one that is in neither or can't be used.
    """
    if not enabled:
        return ()
    discovery = with_files(discover_policies(enabled), files, PolicyType)
    opened: list[Policy] = []
    for name in dict.fromkeys(enabled):
        found = discovery.get(name, path="policies")
        relay = new_relay(PolicySpec)
        try:
            uses = register(relay, found.type.open(), name)
            relay.check_pending()
        except (Exception, SystemExit) as error:
            raise BadConfig(
                f"the policy {name!r} ({found.distribution} {found.version}) fails to open: "
                f"{type(error).__name__}: {error}",
                path="policies",
            ) from error
        for use in (*found.uses, *uses):
            message = f"the policy {name!r} {use}"
            log.warning(message, version=found.version, where=use.where)
        opened.append(Policy(name=name, relay=relay))
    return tuple(opened)


def tell_published(policies: Sequence[Policy], published: Published, log: Logger) -> None:
    """Let each policy watch a published snapshot; an error is logged and changes nothing."""
    for policy in policies:
        try:
            for answer in policy.relay.hook.snapshot_published(published=published):
                if iscoroutine(answer):
                    answer.close()
                    raise TypeError("snapshot_published is a coroutine; it must be a plain function")
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a watcher's fault is its own
            log.warning("a policy failed", policy=policy.name, error=f"{type(error).__name__}: {error}")


def veto_of(policies: Sequence[Policy], proposed: Proposed, log: Logger) -> str | None:
    """Why a policy vetoes a change, with its name; None if all let it pass. A policy that fails vetoes."""
    for policy in policies:
        try:
            # Each looks at a copy of its own: a policy may forbid a change, not alter it.
            for answer in policy.relay.hook.before_change(proposed=deepcopy(proposed)):
                if iscoroutine(answer):
                    answer.close()
                    raise TypeError("before_change is a coroutine; it must be a plain function")
                if not isinstance(answer, str):
                    raise TypeError(f"before_change gave {type(answer).__name__}, neither a sentence nor None")
                return f"the policy {policy.name!r} vetoes it: {answer}"
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever is wrong with it, it did not agree
            log.warning("a policy failed", policy=policy.name, error=f"{type(error).__name__}: {error}")
            return (
                f"the policy {policy.name!r} failed ({type(error).__name__}), and without its word nothing is changed"
            )
    return None


def tell_changed(policies: Sequence[Policy], entry: JournalEntry, log: Logger) -> None:
    """Let each policy watch a change that is settled; an error is logged and changes nothing."""
    for policy in policies:
        try:
            for answer in policy.relay.hook.after_change(entry=deepcopy(entry)):
                if iscoroutine(answer):
                    answer.close()
                    raise TypeError("after_change is a coroutine; it must be a plain function")
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a watcher's fault is its own
            log.warning("a policy failed", policy=policy.name, error=f"{type(error).__name__}: {error}")
