"""The configuration as it is served: every connection and service looked at before any is run."""

import hashlib
import platform
import secrets
from collections.abc import Callable

import msgspec

from jackfield.cli.app import App
from jackfield.config import Secret, connection_names
from jackfield.config.load import read_table, revealed
from jackfield.errors import BadConfig, BadStorage, JackfieldError, MissingSecret
from jackfield.files import make_plain
from jackfield.hookspecs import ServiceType
from jackfield.host.discovery import discover_services, with_files
from jackfield_service.schedule import Schedule
from jackfield_service.settings import ServeSettings, schedule_of, serve_settings
from jackfield_service.supervising import Configured


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What is served: the settings, the connections with their schedules, and the services.

    ``unusable`` are the connections, and ``services_unusable`` the services, of which a secret is not there, and why.
    """

    app: App
    fresh: Callable[[], App]
    settings: ServeSettings
    schedules: dict[str, Schedule]
    services: dict[str, Configured]
    unusable: dict[str, str] = {}
    services_unusable: dict[str, str] = {}
    host_id: str
    home: tuple[int, int]

    @property
    def names(self) -> tuple[str, ...]:
        """The connections, in alphabetical order."""
        return tuple(self.schedules)

    @property
    def shared(self) -> bool:
        """Whether several hosts may share the work."""
        return self.app.database is not None

    @property
    def address(self) -> Secret:
        """The database of the syncs to come; a file in the home that is made if need be, unless hosts share one."""
        if self.app.database is not None:
            return self.app.database.url
        file = self.app.home.ensure().folder / "service.db"
        make_plain(file)
        return Secret(f"sqlite:///{file}")

    def view(self) -> App:
        """The same configuration for one piece of work; references to secrets are read when it begins.

        Raises BadStorage where another folder lies in the place of the home: without its journal nothing may be done.
        """
        app = self.fresh()
        if self.home != _identity(app):
            raise BadStorage(
                f"the home folder {app.home.folder} is not the one that was there at the start",
                hint="Put it back, or start anew.",
            )
        app.settings = self.app.settings
        app.log = self.app.log
        app.redactor = self.app.redactor
        return app


def load(fresh: Callable[[], App], only: str | None = None) -> Loaded:
    """Read the configuration and look at all of it; raises BadConfig for the first thing that is wrong.

    A secret that is not there makes one connection, or one service, unusable and stops no other; it is raised where none can
    be used. *only* one connection, and the services of it, are served where that is named.
    """
    app = fresh()
    app.home.ensure()
    settings = serve_settings(app)
    schedules: dict[str, Schedule] = {}
    lacking: dict[str, MissingSecret] = {}
    for name in (only,) if only is not None else connection_names(app.settings):
        own = app.settings.connection(name)
        plugin = app.plugin(own)
        try:
            app.connector_config(own, plugin)
        except MissingSecret as error:
            lacking[name] = error
        schedules[name] = schedule_of(app, name, settings)
    if lacking and len(lacking) == len(schedules):
        raise next(iter(lacking.values()))
    app.policies()
    tables = app.settings.services
    wanted = (name for name in sorted(tables) if only in (None, tables[name].get("connection")))
    services: dict[str, Configured] = {}
    services_unusable: dict[str, str] = {}
    for name in wanted:
        try:
            services[name] = _service(app, name)
        except MissingSecret as error:
            services_unusable[name] = error.told
    if not schedules:
        raise BadConfig(
            f"no connection is configured in {app.settings.source}",
            path="connections",
            hint="`jackfield init` writes one; or name a connector with --connector, and set its keys by variables.",
        )
    return Loaded(
        app=app,
        fresh=fresh,
        settings=settings,
        schedules=schedules,
        services=services,
        unusable={name: error.told for name, error in lacking.items()},
        services_unusable=services_unusable,
        home=_identity(app),
        host_id=settings.host_id or _host_id(shared=app.database is not None),
    )


def is_usable(app: App, name: str) -> bool:
    """Whether the secrets of a connection are there by now."""
    own = app.settings.connection(name)
    try:
        app.connector_config(own, app.plugin(own))
    except JackfieldError:
        return False
    return True


def a_service_is_usable(loaded: Loaded) -> bool:
    """Whether the secrets of a service are there by now that were not."""
    for name in loaded.services_unusable:
        try:
            _service(loaded.view(), name)
        except JackfieldError:
            continue
        return True
    return False


def _identity(app: App) -> tuple[int, int]:
    """Which folder the home is, whatever it is called; none where there is none."""
    try:
        found = app.home.folder.stat()
    except OSError:
        return (0, 0)
    return found.st_dev, found.st_ino


def _host_id(*, shared: bool) -> str:
    """The name of this host; where several share the work, no two may have one, be they processes of one machine."""
    node = platform.node() or "jackfield"
    return f"{node}-{secrets.token_hex(4)}" if shared else node


def _service(app: App, name: str) -> Configured:
    """One service of the configuration; only its own plugin is imported."""
    at, table = f"services.{name}", dict(app.settings.services[name])
    wanted = str(table.pop("service", name))
    found = with_files(discover_services().only(wanted), app.plugin_files, ServiceType).get(
        wanted, path=f"{at}.service"
    )
    config = read_table(table, found.type.config, app.environ, at=at, of=f"the service {wanted!r}")
    app.redactor.learn(config)
    connection = getattr(config, "connection", None)
    if isinstance(connection, str) and connection not in app.settings.connections:
        raise BadConfig(f"there is no connection {connection!r}", path=f"{at}.connection")
    content = msgspec.json.encode((wanted, found.version, config), enc_hook=revealed)
    return Configured(name=name, plugin=found, config=config, fingerprint=hashlib.sha256(content).hexdigest())
