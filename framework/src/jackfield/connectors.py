"""Discovery: which connectors and policies are installed, and which failed and why.

Promises that one broken, duplicate or outdated plugin never hides the others; hides stevedore and its traps.
"""

import traceback
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar, cast

import msgspec

from jackfield.config import RESERVED
from jackfield.errors import BadConfig
from jackfield.hookspecs import (
    API,
    CONNECTORS_GROUP,
    NAME,
    POLICIES_GROUP,
    ConnectorConfig,
    ConnectorType,
    PolicyType,
)

T = TypeVar("T", bound=ConnectorType | PolicyType)


class Found(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One plugin that can be used: what it announces, and the distribution that brought it."""

    name: str
    distribution: str
    version: str
    type: T


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin that can't be used, with the reason; ``trace`` is for the log."""

    name: str
    distribution: str
    version: str
    reason: str
    trace: str = ""


class Discovery(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """All plugins of one group, by name."""

    found: dict[str, Found[T]]
    failures: tuple[Failure, ...]

    def get(self, name: str, *, path: str) -> Found[T]:
        """The plugin called *name*; raises BadConfig, with the reason if it failed."""
        if name in self.found:
            return self.found[name]
        for failure in self.failures:
            if failure.name == name:
                raise BadConfig(
                    f"the plugin {name!r} ({failure.distribution}) can't be used: {failure.reason}", path=path
                )
        known = ", ".join(sorted(self.found)) or "none"
        raise BadConfig(f"no plugin {name!r} is installed", path=path, hint=f"Installed: {known}.")


def discover_connectors() -> Discovery[ConnectorType]:
    """Import and examine every installed connector. Opens nothing."""
    return _discover(CONNECTORS_GROUP, ConnectorType, None)


def discover_policies(enabled: tuple[str, ...]) -> Discovery[PolicyType]:
    """Import and examine the *enabled* policies only; the code of others is not touched."""
    return _discover(POLICIES_GROUP, PolicyType, enabled)


def _discover(group: str, kind: type[T], names: tuple[str, ...] | None) -> Discovery[T]:
    points = [point for point in entry_points(group=group) if names is None or point.name in names]
    if not points:
        return Discovery(found={}, failures=())
    from stevedore.named import NamedExtensionManager

    class Manager(NamedExtensionManager[Any]):
        # stevedore answers from a disk cache whose key can miss a fresh install, and whose entries have no distribution.
        def list_entry_points(self) -> list[EntryPoint]:
            return points

    failures: list[Failure] = []

    def failed(_: Any, point: EntryPoint, error: BaseException) -> None:
        failures.append(_failure(point, f"it fails to import: {type(error).__name__}: {error}", error))

    # Assertion errors and SystemExit escape stevedore's own callback, so each entry point is loaded here first.
    loadable: list[EntryPoint] = []
    for point in points:
        try:
            point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a foreign module raises must stay its own
            failed(None, point, error)
        else:
            loadable.append(point)
    points = loadable
    manager = Manager(
        namespace=group,
        names=sorted({point.name for point in points}),
        on_load_failure_callback=failed,
        on_missing_entrypoints_callback=lambda _: None,
        warn_on_missing_entrypoint=False,
    )
    found: dict[str, Found[T]] = {}
    for extension in sorted(manager.extensions, key=lambda extension: _precedence(extension.entry_point)):
        point, plugin = extension.entry_point, cast("T", extension.plugin)
        distribution, version = _distribution(point)
        if (reason := _unfit(plugin, point.name, kind)) is not None:
            failures.append(_failure(point, reason))
        elif point.name in found:
            first = found[point.name]
            reason = f"the name is already taken by {first.distribution} {first.version}; uninstall one of the two"
            failures.append(_failure(point, reason))
        else:
            found[point.name] = Found(name=point.name, distribution=distribution, version=version, type=plugin)
    return Discovery(found=found, failures=tuple(sorted(failures, key=lambda f: (f.name, f.distribution))))


def _is_config(config: object) -> bool:
    return isinstance(config, type) and issubclass(config, ConnectorConfig)


def _precedence(point: EntryPoint) -> tuple[str, bool, str]:
    """Of several with one name, the distribution named by convention (``jackfield-NAME``) is the first."""
    distribution, _ = _distribution(point)
    return point.name, distribution.lower().replace("_", "-") != f"jackfield-{point.name}", distribution


def _distribution(point: EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist is not None else ("unknown", "unknown")


def _failure(point: EntryPoint, reason: str, error: BaseException | None = None) -> Failure:
    distribution, version = _distribution(point)
    trace = "".join(traceback.format_exception(error)) if error is not None else ""
    return Failure(name=point.name, distribution=distribution, version=version, reason=reason, trace=trace)


def _unfit(plugin: object, name: str, kind: type[ConnectorType] | type[PolicyType]) -> str | None:
    """Why *plugin* can't be used by this host, None if it can."""
    if not isinstance(plugin, kind):
        return f"its entry point is a {type(plugin).__name__}, not a {kind.__name__}"
    if not NAME.fullmatch(name) or plugin.name != name:
        return f"its entry point is named {name!r} and calls itself {plugin.name!r}; both must be the same plain name"
    if plugin.api[0] != API[0] or plugin.api[1] > API[1]:
        wants, speaks = ".".join(map(str, plugin.api)), ".".join(map(str, API))
        newer = plugin.api > API
        remedy = "upgrade jackfield" if newer else "upgrade the plugin"
        return f"it needs plugin interface {wants} and this host speaks {speaks}; {remedy}"
    if isinstance(plugin, ConnectorType):
        if not _is_config(plugin.config):
            return "its configuration is not a ConnectorConfig"
        taken = RESERVED.intersection(field.encode_name for field in msgspec.structs.fields(plugin.config))
        if taken:
            return f"its configuration declares keys of the host: {', '.join(sorted(taken))}"
    return None
