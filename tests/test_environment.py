"""Every key that ``connectors show`` lists can be set by a variable, tables and lists included."""

import json
from pathlib import Path
from typing import Any

import pytest

from jackfield.config import ConnectorConfig, HostSettings, connector_config, load_settings
from jackfield.config.load import Settings
from jackfield.errors import BadConfig
from jackfield_dropbox.config import DropboxConfig
from jackfield_roster.config import RosterConfig
from jackfield_scim.config import ScimConfig

HOST: dict[str, Any] = {
    "connector": "dropbox",
    "concurrency": 3,
    "request_timeout": 1.5,
    "retry_deadline": 2.5,
    "stall_timeout": 3.5,
    "max_answer_bytes": 2048,
    "max_header_bytes": 4096,
    "max_snapshot_rows": 7,
    "max_snapshot_bytes": 1_048_577,
    "max_alike_notes": 2,
    "keep_snapshots": 3,
    "provisioning": True,
    "read_only": True,
    "require_reason": True,
    "schedule": "6h",
    "protected": ["ceo@x.org", "user:1"],
    "limits": {"delete": 0, "revoke": 7},
    "findings": {"dormant_days": 30, "ignore": [{"kind": "admins", "who": "a@x.org", "reason": "the owner"}]},
}

DROPBOX: dict[str, Any] = {
    "app_key": "the key",
    "refresh_token": "the token",
    "app_secret": "the secret",
    "include_removed": True,
    "disable_wipes_devices": False,
    "activity": True,
    "base_url": "http://127.0.0.1:1",
}

ROSTER: dict[str, Any] = {
    "application": "erp",
    "application_name": "The ERP",
    "folder": "/srv/exports",
    "users": {"file": "users.csv", "id": "Id", "statuses": {"active": "enabled"}, "profile": {"cost": "Cost"}},
    "groups": {"file": "groups.csv", "id": "Id"},
    "roles": {"file": "roles.csv", "id": "Id"},
    "memberships": [{"file": "m.csv", "of": "group", "to": "Group", "member": "Who"}],
    "privileged": ["admins"],
    "max_age_hours": 24.0,
    "quiet_seconds": 1.0,
    "bounds": {"rows": 10},
    "work_list": "/srv/list.csv",
}

SCIM: dict[str, Any] = {
    "url": "https://api.example.com/scim/v2",
    "token": "t",
    "username": "reader",
    "password": "p",
    "token_url": "https://login.example.com/token",
    "client_id": "c",
    "client_secret": "s",
    "oauth_scopes": ["read", "write"],
    "oauth_basic": True,
    "oauth_parameters": {"audience": "api"},
    "groups": False,
    "media_type": "application/json",
    "page_size": 50,
    "paging": "index",
    "totals": "ignored",
    "members_by": "filter",
    "members_listed": True,
    "untyped_members": "user",
    "send_member_type": False,
    "text_booleans": True,
    "text_values": True,
    "active_if_absent": True,
    "filters": "no",
    "lookup_by": ["userName"],
    "patch": "no",
    "deletes": False,
    "put_without_etag": True,
    "patch_removal": "value",
    "patch_form": "value",
    "patch_capitals": True,
    "patch_operations": "operations",
    "bare_errors": True,
}


def both(tmp_path: Path, values: dict[str, Any], base: dict[str, Any]) -> tuple[Settings, Settings]:
    """The same keys by the file, and by variables."""
    file = tmp_path / "jackfield.toml"
    every = base | values
    file.write_text("[connections.acme]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in every.items()))
    environ = {f"JACKFIELD_CONNECTIONS__ACME__{key.upper()}": text(value) for key, value in every.items()}
    return load_settings(file, {}), load_settings(None, environ)


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def test_every_key_of_the_host(tmp_path: Path) -> None:
    assert set(HOST) == set(HostSettings.__struct_fields__)
    by_file, by_variables = both(tmp_path, HOST, {})
    assert by_variables.connection("acme").host == by_file.connection("acme").host


@pytest.mark.parametrize(("config", "values"), [(DropboxConfig, DROPBOX), (RosterConfig, ROSTER), (ScimConfig, SCIM)])
def test_every_key_of_each_connector(tmp_path: Path, config: type[ConnectorConfig], values: dict[str, Any]) -> None:
    assert set(values) == set(config.__struct_fields__)
    found = [
        connector_config(settings.connection("acme"), config, {})
        for settings in both(tmp_path, values, {"connector": "x"})
    ]
    assert found[0] == found[1]
    for name in values:
        assert getattr(found[1], name) is not None


@pytest.mark.parametrize("written", ['["a", "b"]', "['a', 'b']", ' [\n"a",\n"b",\n] '])
def test_a_list_is_json_or_toml(written: str) -> None:
    settings = load_settings(
        None, {"JACKFIELD_CONNECTIONS__ACME__CONNECTOR": "x", "JACKFIELD_CONNECTIONS__ACME__PROTECTED": written}
    )
    assert settings.connection("acme").host.protected == ("a", "b")


@pytest.mark.parametrize("written", ['{"delete": 1}', "{ delete = 1 }"])
def test_a_table_is_json_or_toml(written: str) -> None:
    settings = load_settings(
        None, {"JACKFIELD_CONNECTIONS__ACME__CONNECTOR": "x", "JACKFIELD_CONNECTIONS__ACME__LIMITS": written}
    )
    assert settings.connection("acme").host.limits == {"delete": 1}


@pytest.mark.parametrize("written", ["", "a, b", "[", '["a"', "1\nconnector = 2", "[" * 100_000, '{"a": 1', "x"])
def test_what_is_neither_is_told_with_its_place(written: str) -> None:
    settings = load_settings(
        None, {"JACKFIELD_CONNECTIONS__ACME__CONNECTOR": "x", "JACKFIELD_CONNECTIONS__ACME__PROTECTED": written}
    )
    with pytest.raises(BadConfig) as caught:
        settings.connection("acme")
    assert caught.value.path == "connections.acme.protected"


def test_a_relative_reference_counts_from_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    (there / "token").write_text("of there")
    (here / "token").write_text("of here")
    file = there / "jackfield.toml"
    file.write_text('[connections.acme]\nconnector = "x"\napp_key = "k"\nrefresh_token = "file:token"\n')
    monkeypatch.chdir(here)

    def token(environ: dict[str, str], named: Path = file) -> str:
        config = connector_config(load_settings(named, environ).connection("acme"), DropboxConfig, environ)
        return config.refresh_token.reveal()

    assert token({}) == "of there"
    assert token({}, Path("../there/jackfield.toml")) == "of there"
    # A variable is no part of the file.
    assert token({"JACKFIELD_CONNECTIONS__ACME__REFRESH_TOKEN": "file:token"}) == "of here"
