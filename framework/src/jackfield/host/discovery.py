"""Discovery: which connectors, policies, exporters and importers are installed or lie in given files, and which failed and why.

Promises that one broken, duplicate or outdated plugin never hides the others; hides stevedore and its traps.
"""

import traceback
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from importlib.metadata import EntryPoint
from typing import Any, Generic, TypeVar, cast

import msgspec

from jackfield.config import RESERVED
from jackfield.config.load import did_you_mean
from jackfield.errors import BadConfig
from jackfield.hookspecs import (
    API,
    CONNECTORS_GROUP,
    EXPORTERS_GROUP,
    IMPORTERS_GROUP,
    NAME,
    POLICIES_GROUP,
    SERVICES_GROUP,
    ConnectorConfig,
    ConnectorType,
    ExporterType,
    ImporterType,
    PolicyType,
    ServiceType,
)
from jackfield.host.deprecation import Use, collected, uses_of
from jackfield.host.installed import installed_points, named
from jackfield.host.plugin_files import Plugin, PluginFile, wrong_plugin

T = TypeVar("T", bound=Plugin)


class Found(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One plugin that can be used: what it announces, the distribution that brought it, and what it uses that goes away.

    ``uses`` is what can be seen without opening it.
    """

    name: str
    distribution: str
    version: str
    type: T
    uses: tuple[Use, ...] = ()


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin that can't be used, with the reason; ``trace`` is for the log."""

    name: str
    distribution: str
    version: str
    reason: str
    trace: str = ""


class Discovery(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Plugins of one group, by name: all, or those that were asked for; ``known`` are the names of all that are installed."""

    found: dict[str, Found[T]]
    failures: tuple[Failure, ...]
    known: tuple[str, ...] = ()

    def only(self, name: str) -> "Discovery[T]":
        """The same: it has what was asked for already."""
        return self

    def get(self, name: str, *, path: str) -> Found[T]:
        """The plugin called *name*; raises BadConfig, with the reason if it failed."""
        if name in self.found:
            return self.found[name]
        for failure in self.failures:
            if failure.name == name:
                raise BadConfig(
                    f"the plugin {name!r} ({failure.distribution} {failure.version}) can't be used: {failure.reason}",
                    path=path,
                )
        known = sorted({*self.found, *self.known})
        hint = did_you_mean(name, known) or f"Installed: {', '.join(known) or 'none'}."
        if self.failures:
            hint += " `jackfield connectors list` says which plugins are damaged."
        raise BadConfig(f"no plugin {name!r} is installed", path=path, hint=hint)


class Installed(Generic[T]):
    """The installed plugins of one group, each imported when it is asked for."""

    def __init__(self, group: str, kind: type[T]) -> None:
        self._group = group
        self._kind = kind

    @cached_property
    def _all(self) -> Discovery[T]:
        return _discover(self._group, self._kind, None)

    @property
    def found(self) -> dict[str, Found[T]]:
        """All that can be used, by name; imports every one."""
        return self._all.found

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Those that can't be used; imports every one."""
        return self._all.failures

    def only(self, name: str) -> Discovery[T]:
        """The plugin called *name*, and damaged distributions; no other plugin is imported."""
        return _discover(self._group, self._kind, (name,))


def discover_connectors() -> Installed[ConnectorType]:
    """The installed connectors, imported and examined when they are asked for. Opens nothing."""
    return Installed(CONNECTORS_GROUP, ConnectorType)


def discover_exporters() -> Installed[ExporterType]:
    """The installed exporters, imported and examined when they are asked for."""
    return Installed(EXPORTERS_GROUP, ExporterType)


def discover_importers() -> Installed[ImporterType]:
    """The installed importers, imported and examined when they are asked for."""
    return Installed(IMPORTERS_GROUP, ImporterType)


def discover_services() -> Installed[ServiceType]:
    """The installed services, imported and examined when they are asked for. Runs none."""
    return Installed(SERVICES_GROUP, ServiceType)


def installed_as(group: str, name: str) -> tuple[tuple[str, str], ...]:
    """The distributions, with their versions, that announce the plugin *name*; none is imported."""
    return tuple(_distribution(point) for point in installed_points(group)[0] if point.name == name)


def discover_policies(enabled: tuple[str, ...]) -> Discovery[PolicyType]:
    """Import and examine the *enabled* policies only; the code of others is not touched."""
    return _discover(POLICIES_GROUP, PolicyType, enabled)


def with_files(discovery: "Discovery[T] | Installed[T]", files: Sequence[PluginFile], kind: type[T]) -> Discovery[T]:
    """*discovery* with the plugins of *kind* out of *files*, examined as installed ones are, each before an installed namesake.

    Raises BadConfig for one that can't be used, and for two of one name: whoever names a file means to run it.
    """
    given: dict[str, Found[T]] = {}
    for file in files:
        for at, plugin in file.plugins.items():
            if not isinstance(plugin, kind):
                continue
            if (reason := _unfit(plugin, plugin.name, kind)) is not None:
                raise wrong_plugin(file, at, reason)
            if plugin.name in given:
                first = given[plugin.name].distribution
                raise wrong_plugin(file, at, f"the name {plugin.name!r} is already taken by {first}")
            uses = (*file.uses, *_uses(plugin))
            found = Found(name=plugin.name, distribution=str(file.path), version=file.version, type=plugin, uses=uses)
            given[plugin.name] = found
    known = discovery.known if isinstance(discovery, Discovery) else ()
    return Discovery(found={**discovery.found, **given}, failures=discovery.failures, known=known)


def _discover(group: str, kind: type[T], names: tuple[str, ...] | None) -> Discovery[T]:
    if names == ():
        return Discovery(found={}, failures=())
    installed, damaged = installed_points(group)
    failures = [
        Failure(name=one.name, distribution=one.name, version=one.version, reason=one.reason) for one in damaged
    ]
    known = tuple(sorted({point.name for point in installed}))
    points = [point for point in installed if names is None or point.name in names]
    if not points:
        return Discovery(found={}, failures=tuple(failures), known=known)
    from stevedore.named import NamedExtensionManager

    class Manager(NamedExtensionManager[Any]):
        # stevedore answers from a disk cache whose key can miss a fresh install, and whose entries have no distribution.
        def list_entry_points(self) -> list[EntryPoint]:
            return points

    def failed(_: Any, point: EntryPoint, error: BaseException) -> None:
        reason = f"it fails to import: {type(error).__name__}: {error}"
        if point.pattern.fullmatch(point.value) is None:
            reason = f"its entry point {point.value!r} is malformed; it must be of the form module:object"
        failures.append(_failure(point, reason, error))

    # Assertion errors and SystemExit escape stevedore's own callback, so each entry point is loaded here first; and of
    # several with one name only the first that can be used.
    chosen: dict[str, EntryPoint] = {}
    at_import: dict[str, list[Use]] = {}
    for point in sorted(points, key=_precedence):
        if point.name in chosen:
            first = " ".join(_distribution(chosen[point.name]))
            failures.append(_failure(point, f"the name is already taken by {first}; uninstall one of the two"))
            continue
        try:
            with collected() as uses:
                plugin = point.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a foreign module raises must stay its own
            failed(None, point, error)
        else:
            if (reason := _unfit(plugin, point.name, kind)) is not None:
                failures.append(_failure(point, reason))
                continue
            chosen[point.name] = point
            at_import[point.name] = uses
    points = list(chosen.values())
    manager = Manager(
        namespace=group,
        names=sorted(chosen),
        on_load_failure_callback=failed,
        on_missing_entrypoints_callback=lambda _: None,
    )
    found: dict[str, Found[T]] = {}
    for extension in manager.extensions:
        point, plugin = extension.entry_point, cast("T", extension.plugin)
        distribution, version = _distribution(point)
        uses = (*at_import[point.name], *_uses(plugin))
        found[point.name] = Found(name=point.name, distribution=distribution, version=version, type=plugin, uses=uses)
    failures.sort(key=lambda failure: (failure.name, failure.distribution))
    return Discovery(found=found, failures=tuple(failures), known=known)


def _uses(plugin: Plugin) -> tuple[Use, ...]:
    return uses_of(plugin) if isinstance(plugin, ConnectorType) else ()


def _precedence(point: EntryPoint) -> tuple[str, int, str]:
    """Of several with one name, ours is the first, then the distribution named by convention (``jackfield-NAME``)."""
    distribution, _ = _distribution(point)
    plain = distribution.lower().replace("_", "-")
    return point.name, 0 if plain == "jackfield" else 1 if plain == f"jackfield-{point.name}" else 2, distribution


def _distribution(point: EntryPoint) -> tuple[str, str]:
    return named(point.dist) if point.dist is not None else ("unknown", "unknown")


def _failure(point: EntryPoint, reason: str, error: BaseException | None = None) -> Failure:
    distribution, version = _distribution(point)
    trace = "".join(traceback.format_exception(error)) if error is not None else ""
    return Failure(name=point.name, distribution=distribution, version=version, reason=reason, trace=trace)


def _unfit(plugin: object, name: str, kind: type[Plugin]) -> str | None:
    """Why *plugin* can't be used by this host, None if it can."""
    if not isinstance(plugin, kind):
        return f"its entry point is a {type(plugin).__name__}, not a {kind.__name__}"
    if plugin.name != name:
        return f"its entry point is named {name!r} and calls itself {plugin.name!r}; both must be the same plain name"
    if not isinstance(name, str) or not NAME.fullmatch(name):  # pyright: ignore[reportUnnecessaryIsInstance]
        return f"its name {name!r} is no plain name: 2 to 40 small letters, digits and hyphens, a letter first"
    try:
        msgspec.convert(plugin.api, tuple[int, int])
    except msgspec.ValidationError:
        return f"its api is {plugin.api!r}, not two numbers such as {API}"
    if plugin.api[0] != API[0] or plugin.api[1] > API[1]:
        wants, speaks = ".".join(map(str, plugin.api)), ".".join(map(str, API))
        newer = plugin.api > API
        remedy = "upgrade jackfield" if newer else "upgrade the plugin"
        return f"it needs plugin interface {wants} and this host speaks {speaks}; {remedy}"
    if isinstance(plugin, ExporterType):
        return None if callable(plugin.write) else "its write can't be called"
    if isinstance(plugin, ImporterType):
        return (
            None if callable(plugin.read) and callable(plugin.recognises) else "its read or recognises can't be called"
        )
    if isinstance(plugin, ServiceType):
        return _unfit_service(plugin)
    if not callable(plugin.open):
        return "its open can't be called"
    return _unfit_connector(plugin) if isinstance(plugin, ConnectorType) else None


def _unfit_service(plugin: ServiceType) -> str | None:
    if not callable(plugin.run):
        return "its run can't be called"
    keys = _keys_of(plugin.config)
    if isinstance(keys, str):
        return keys
    if "service" in keys:
        return "its configuration declares the key service, which is the host's"
    return None


def _unfit_connector(plugin: ConnectorType) -> str | None:
    keys = _keys_of(plugin.config)
    if isinstance(keys, str):
        return keys
    if taken := RESERVED.intersection(keys):
        return f"its configuration declares keys of the host: {', '.join(sorted(taken))}"
    if plugin.token_key is not None and plugin.token_key not in keys:
        return f"its token_key {plugin.token_key!r} is no key of its configuration"
    return None


def _keys_of(config: object) -> list[str] | str:
    """The keys of a plugin's configuration, or why it is none."""
    if not (isinstance(config, type) and issubclass(config, ConnectorConfig)):
        return "its configuration is not a ConnectorConfig"
    try:
        keys = [field.encode_name for field in msgspec.structs.fields(config)]
        # Of a key that no configuration file can hold, the decoder complains before it looks at any value.
        with suppress(msgspec.ValidationError):
            msgspec.convert({}, config, dec_hook=_no_custom_type)
    except Exception as error:  # noqa: BLE001 - types of foreign code are evaluated here
        return f"its configuration can't be read from a file: {type(error).__name__}: {error}"
    return keys


def _no_custom_type(type_: type, value: object) -> object:
    raise NotImplementedError(type_, value)  # how a hook of msgspec says that a type is not its own
