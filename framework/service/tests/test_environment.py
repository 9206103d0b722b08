"""A host that is set up by variables alone: theirs are read as ours, and ours go before."""

from collections.abc import Mapping

from jackfield.hookspecs import ConnectorConfig, ServiceHost, ServiceType
from jackfield_dropbox.plugin import connector
from jackfield_service.environment import with_others


class Config(ConnectorConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of a service."""

    connection: str
    key: str = ""


async def _run(config: Config, host: ServiceHost) -> None:
    """Does nothing."""


SERVICE = ServiceType(
    name="other-one",
    display_name="Other",
    config=Config,
    run=_run,
    environ={
        "THEIR_KEY": "service.key",
        "THEIR_PORT": "serve.health_port",
        "THEIR_LEVEL": "log_level",
        "THEIR_*": "connection.*",
    },
    enabled_by="key",
    asks_for_syncs=True,
)


def _made(**environ: str) -> Mapping[str, str]:
    return with_others(environ, connector, [SERVICE])


def test_the_connection_and_the_service_are_set_up() -> None:
    made = _made(THEIR_KEY="k", THEIR_PORT="9000", THEIR_LEVEL="WARN", THEIR_APP_KEY="a", THEIR_PROVISIONING="true")
    assert made["JACKFIELD_CONNECTIONS__DROPBOX__CONNECTOR"] == "dropbox"
    assert made["JACKFIELD_CONNECTIONS__DROPBOX__APP_KEY"] == "a"
    assert made["JACKFIELD_CONNECTIONS__DROPBOX__PROVISIONING"] == "true"
    assert made["JACKFIELD_CONNECTIONS__DROPBOX__SCHEDULE"] == "never"
    assert made["JACKFIELD_SERVICES__OTHER_ONE__SERVICE"] == "other-one"
    assert made["JACKFIELD_SERVICES__OTHER_ONE__CONNECTION"] == "dropbox"
    assert made["JACKFIELD_SERVICES__OTHER_ONE__KEY"] == "k"
    assert made["JACKFIELD_SERVE__HEALTH_PORT"] == "9000"
    assert made["JACKFIELD_LOG_LEVEL"] == "warning"


def test_without_its_key_the_service_is_not_run_and_the_connection_is_synced_on_schedule() -> None:
    made = _made(THEIR_APP_KEY="a")
    assert not [name for name in made if name.startswith("JACKFIELD_SERVICES")]
    assert "JACKFIELD_CONNECTIONS__DROPBOX__SCHEDULE" not in made


def test_our_own_variables_go_before_theirs() -> None:
    name = "JACKFIELD_CONNECTIONS__DROPBOX__APP_KEY"
    assert _made(**{name: "ours", "THEIR_APP_KEY": "theirs"})[name] == "ours"


def test_what_belongs_to_nobody_and_what_is_empty_is_passed_over() -> None:
    made = _made(THEIR_KEY=" ", THEIR_UNHEARD_OF="x", THEIR_APP_KEY="")
    assert {name for name in made if name.startswith("JACKFIELD")} == {"JACKFIELD_CONNECTIONS__DROPBOX__CONNECTOR"}
