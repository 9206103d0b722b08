"""What the commands share: the options given, and what is made of them when first needed.

Promises that the environment is read here and nowhere below, and that nothing is imported or opened that a command
does not ask for.
"""

import os
from collections.abc import Coroutine, Generator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jackfield.cli.redaction import Redactor
    from jackfield.clock import Clock
    from jackfield.config import ConnectionSettings, ConnectorConfig, HostSettings, Secret
    from jackfield.config.load import Settings
    from jackfield.hookspecs import ConnectorType, ExporterType, ImporterType
    from jackfield.host.configured import Configured
    from jackfield.host.discovery import Discovery, Found
    from jackfield.host.plugin_files import PluginFile
    from jackfield.host.policies import Policy
    from jackfield.http import SessionOptions
    from jackfield.http.network import NetworkSettings
    from jackfield.log import Logger
    from jackfield.recording import Recording
    from jackfield.state import DatabaseAddress, Home, State

LOG_LEVELS = ("debug", "info", "warning", "error")
OUTPUTS = ("table", "json", "csv")
COMPLETING = "_JACKFIELD_COMPLETE"
"""The variable by which a shell asks for completions."""

T = TypeVar("T")


class App:
    """One run of the command line."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.environ: Mapping[str, str] = os.environ if environ is None else environ
        self._config: Path | None = None
        self._home: Path | None = None
        self._database: str | None = None
        self._log_level: str | None = None
        self._plugins: tuple[Path, ...] = ()
        self._record: Path | None = None
        self._open = ExitStack()
        self.output: str | None = None
        self.prints: str | None = None
        """How the command prints, once that is known."""
        self.has_printed = False
        """Whether a document was printed, or begun."""
        self._tells = True

    def set_options(
        self,
        *,
        config: Path | None = None,
        home: Path | None = None,
        log_level: str | None = None,
        output: str | None = None,
        plugin: tuple[Path, ...] = (),
        database: str | None = None,
        record: Path | None = None,
    ) -> None:
        """Take options that were given; None leaves what was said before, and further plugin files add to it."""
        self._config = config or self._config
        self._home = home or self._home
        self._log_level = log_level or self._log_level
        self.output = output or self.output
        self._plugins += plugin
        self._record = record or self._record
        self._database = database or self._database

    @property
    def given(self) -> list[str]:
        """The options that were given, as words of a command line."""
        found = (
            ("--config", self._config),
            ("--home", self._home),
            ("--log-level", self._log_level),
            ("--record", self._record),
        )
        words = [word for name, value in found if value is not None for word in (name, str(value))]
        return words + [word for each in self._plugins for word in ("--plugin", str(each))]

    def anew(self, environ: Mapping[str, str]) -> "App":
        """Another run with the same options and *environ*, which has read and opened nothing yet."""
        made = App(environ)
        made.set_options(
            config=self._config,
            home=self._home,
            log_level=self._log_level,
            output=self.output,
            plugin=self._plugins,
            database=self._database,
        )
        made._tells = False
        if (recording := self.recording) is not None:
            vars(made)["recording"] = recording
        return made

    @property
    def log_level(self) -> str:
        """The level at and above which is logged; raises BadConfig if the environment names none."""
        level = self._log_level or self.environ.get("JACKFIELD_LOG_LEVEL", "").lower() or "warning"
        if level not in LOG_LEVELS:
            from jackfield.errors import BadConfig

            raise BadConfig(
                f"{level!r} is no log level", path="$JACKFIELD_LOG_LEVEL", hint=f"Use one of {', '.join(LOG_LEVELS)}."
            )
        return level

    @cached_property
    def redactor(self) -> "Redactor":
        """Takes secrets out of everything that is logged or told as an error."""
        from jackfield.cli.redaction import Redactor

        return Redactor()

    @cached_property
    def log(self) -> "Logger":
        """The log, on stderr."""
        from jackfield.cli.logging import LazyLog

        return LazyLog(self.log_level, self.redactor)

    @cached_property
    def clock(self) -> "Clock":
        """The machine's clock."""
        from jackfield.clock import SystemClock

        return SystemClock()

    @cached_property
    def settings(self) -> "Settings":
        """The configuration; raises BadConfig."""
        from platformdirs import user_config_path

        from jackfield.config import config_places, find_config, load_settings

        here, user_folder = Path.cwd(), user_config_path("jackfield", appauthor=False)
        file = find_config(self._config, self.environ, here, user_folder)
        settings = load_settings(file, self.environ, looked=config_places(here, user_folder))
        self._tell_strange(settings)
        return settings

    def _tell_strange(self, settings: "Settings") -> None:
        """Tell of variables that look like ours and set nothing, once, and not to a shell that completes."""
        if not self._tells or COMPLETING in self.environ:
            return
        self._tells = False
        from jackfield.cli.output import note
        from jackfield.config.variables import strange_variables

        for message in strange_variables(settings, self.environ):
            note(f"WARNING: {message}")

    @property
    def config_to_make(self) -> Path:
        """Where a configuration is made, if there is none: where it was said to be, else in the working folder."""
        if self._config is not None:
            return self._config.expanduser()
        named = self.environ.get("JACKFIELD_CONFIG")
        return Path(named).expanduser() if named else Path.cwd() / "jackfield.toml"

    @cached_property
    def home(self) -> "Home":
        """The folder of the state; it need not exist."""
        from jackfield.state.home import Home

        named = self._home or (Path(self.environ["JACKFIELD_HOME"]) if self.environ.get("JACKFIELD_HOME") else None)
        if named is None:
            from platformdirs import user_state_path

            named = user_state_path("jackfield", appauthor=False)
        return Home(folder=named.expanduser().absolute())

    @cached_property
    def database(self) -> "DatabaseAddress | None":
        """The database that hosts share, None where the state is a file; raises BadConfig. Its password is told nowhere."""
        given = self._database or self.environ.get("JACKFIELD_DATABASE", "")
        if not given:
            return None
        from jackfield.config.secrets import demand_text, resolve_reference
        from jackfield.state.address import parse_address

        path = "--database" if self._database else "$JACKFIELD_DATABASE"
        url = resolve_reference(demand_text(given, path), self.environ, path)
        address = parse_address(url, term=self.environ.get("JACKFIELD_LEASE_SECONDS"), path=path)
        self.redactor.learn(address.password)
        return address

    @property
    def has_state(self) -> bool:
        """Whether there is a state to be asked, or a database that was named; where there is none, none is made."""
        return self.database is not None or self.home.has_database

    @cached_property
    def network(self) -> "NetworkSettings":
        """Proxies and CAs by the usual variables."""
        from jackfield.cli.environment import network_settings

        return network_settings(self.environ)

    @cached_property
    def actor(self) -> str | None:
        """Who makes changes: $JACKFIELD_ACTOR, else the name of the login; None if there is neither."""
        if named := self.environ.get("JACKFIELD_ACTOR", "").strip():
            return named.encode(errors="replace").decode()
        from getpass import getuser

        try:
            return getuser()
        except (OSError, KeyError, ImportError):
            return None  # a container's user may have no name; the journal then names nobody

    @cached_property
    def plugin_files(self) -> "tuple[PluginFile, ...]":
        """The files given with --plugin, each imported once; raises BadConfig."""
        if not self._plugins:
            return ()
        from jackfield.cli.foreign import foreign_output
        from jackfield.host.plugin_files import load_plugin_file

        with foreign_output():
            return tuple(load_plugin_file(file) for file in dict.fromkeys(file.absolute() for file in self._plugins))

    @cached_property
    def discovery(self) -> "Discovery[ConnectorType]":
        """All connectors that are installed or lie in given files, imported; why others can't be used goes to the log."""
        from jackfield.cli.foreign import foreign_output
        from jackfield.hookspecs import ConnectorType
        from jackfield.host.discovery import discover_connectors, with_files

        with foreign_output():
            installed = discover_connectors()
            discovery = with_files(installed, self.plugin_files, ConnectorType)
        self._log_failures(discovery)
        return discovery

    def connector(self, name: str, *, path: str) -> "Found[ConnectorType]":
        """The connector called *name*, out of a given file before an installed one; no other is imported.

        Raises BadConfig with *path* if there is none that can be used. That its package is damaged, or another has its name
        too, is told.
        """
        from jackfield.cli.foreign import foreign_output
        from jackfield.cli.text import count
        from jackfield.hookspecs import CONNECTORS_GROUP, ConnectorType
        from jackfield.host.discovery import Discovery, discover_connectors, with_files

        if self.plugin_files:
            from jackfield.host.discovery import installed_as

            given: Discovery[ConnectorType] = Discovery(found={}, failures=())
            with foreign_output():
                given = with_files(given, self.plugin_files, ConnectorType)
            if (found := given.found.get(name)) is not None:
                for distribution, version in installed_as(CONNECTORS_GROUP, name):
                    message = f"the connector {name!r} is taken from {found.distribution}, not from what is installed"
                    self.log.warning(message, installed=distribution, version=version)
                return found
        with foreign_output():
            discovery = discover_connectors().only(name)
        self._log_failures(discovery)
        if discovery.failures and name in discovery.found:
            message = f"{count(len(discovery.failures), 'plugin')} can't be used; `jackfield connectors list` says why"
            self.log.warning(message)
        return discovery.get(name, path=path)

    def exporters(self, name: str | None = None) -> "Discovery[ExporterType]":
        """The exporters that are installed or lie in given files, imported: all, or the one called *name*."""
        from jackfield.cli.foreign import foreign_output
        from jackfield.hookspecs import ExporterType
        from jackfield.host.discovery import discover_exporters, with_files

        with foreign_output():
            installed = discover_exporters()
            if name is None:
                return with_files(installed, self.plugin_files, ExporterType)
            return with_files(installed.only(name), self.plugin_files, ExporterType)

    def importers(self, name: str | None = None) -> "Discovery[ImporterType]":
        """The importers that are installed or lie in given files, imported: all, or the one called *name*."""
        from jackfield.cli.foreign import foreign_output
        from jackfield.hookspecs import ImporterType
        from jackfield.host.discovery import discover_importers, with_files

        with foreign_output():
            installed = discover_importers()
            if name is None:
                return with_files(installed, self.plugin_files, ImporterType)
            return with_files(installed.only(name), self.plugin_files, ImporterType)

    def _log_failures(self, discovery: "Discovery[ConnectorType]") -> None:
        for failure in discovery.failures:
            self.log.debug(
                "a connector can't be used",
                name=failure.name,
                distribution=failure.distribution,
                version=failure.version,
                reason=failure.reason,
                trace=failure.trace,
            )

    def policies(self) -> "tuple[Policy, ...]":
        """The policies that the configuration enables, opened; raises BadConfig."""
        from jackfield.cli.foreign import foreign_output
        from jackfield.host.policies import open_policies

        with foreign_output():
            return open_policies(self.settings.policies, self.log, self.plugin_files)

    def plugin(self, settings: "ConnectionSettings") -> "Found[ConnectorType]":
        """The connector of a connection; raises BadConfig."""
        return self.connector(settings.host.connector, path=f"connections.{settings.name}.connector")

    def connector_config(
        self, settings: "ConnectionSettings", plugin: "Found[ConnectorType]", *, without: str | None = None
    ) -> "ConnectorConfig":
        """The connector's own configuration; its secrets are taken out of logs and messages from now on."""
        from jackfield.cli.foreign import foreign_output
        from jackfield.config import connector_config

        with foreign_output():
            config = connector_config(settings, plugin.type.config, self.environ, without=without)
        self.redactor.learn(config)
        return config

    def configured(
        self,
        settings: "ConnectionSettings",
        plugin: "Found[ConnectorType]",
        state: "State",
        *,
        host: "HostSettings | None" = None,
        policies: "Sequence[Policy]" = (),
    ) -> "Configured":
        """A connection with all that syncs and changes work on it with; *host* instead of its own settings."""
        from jackfield.host.configured import Configured

        return Configured(
            name=settings.name,
            plugin=plugin,
            config=self.connector_config(settings, plugin),
            host=host or settings.host,
            home=self.home,
            state=state,
            network=self.network,
            clock=self.clock,
            log=self.log,
            policies=policies,
            reveal=self._reveal,
            recording=self.recording,
        )

    def _reveal(self, reference: str, path: str) -> "Secret":
        """What a reference on the command line or in a file of changes refers to; it is taken out of the log from now on."""
        from jackfield.config import Secret
        from jackfield.config.secrets import resolve_reference

        value = Secret(resolve_reference(reference, self.environ, path))
        self.redactor.learn(value)
        return value

    @cached_property
    def recording(self) -> "Recording | None":
        """The recording that was asked for, open from now on until ``close``; raises BadConfig where its file is there."""
        if self._record is None:
            return None
        from jackfield.recording import open_recording

        file, self._record = self._record, None  # of which there is nothing to tell where it can't be made
        recording = self._open.enter_context(open_recording(file, self.clock, self.log))
        self._record = file
        return recording

    def close(self) -> None:
        """Close what this run opened, and tell what was recorded."""
        if self._record is None:
            return
        from jackfield.cli.output import note
        from jackfield.cli.text import count

        recording: Recording | None = vars(self).get("recording")
        self._open.close()
        if recording is None:
            note(f"Nothing is recorded, and {self._record} is not made: the command got as far as no request.")
        else:
            lost = f" {recording.lost} more are not in it." if recording.lost else ""
            note(f"Recorded: {count(recording.written, 'request')} in {self._record}.{lost}")

    def session_options(self, settings: "ConnectionSettings", plugin: "Found[ConnectorType]") -> "SessionOptions":
        """The limits of a connection, the way to the network, and the recording on it."""
        from jackfield.host.configured import recorder_of, session_options

        return session_options(settings.host, self.network, recorder_of(self.recording, settings.name, plugin))

    @contextmanager
    def state(self) -> Generator["State"]:
        """The record of runs, made if need be: in the database that was named, else in the home."""
        from jackfield.state import open_state

        home = self.home.ensure()
        with open_state(self.database or home.database) as state:
            yield state

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run *work* to its end; SIGTERM cancels it and ends the process with 143."""
        import asyncio
        import signal

        from jackfield.cli.exits import TERMINATED

        terminated = False

        async def guarded() -> T:
            task, loop = asyncio.create_task(work), asyncio.get_running_loop()

            def terminate() -> None:
                nonlocal terminated
                terminated = True
                task.cancel()

            loop.add_signal_handler(signal.SIGTERM, terminate)
            try:
                return await task
            finally:
                loop.remove_signal_handler(signal.SIGTERM)

        try:
            return asyncio.run(guarded())
        except asyncio.CancelledError:
            if terminated:
                raise SystemExit(TERMINATED) from None
            raise
