"""The configuration: files, the environment over them, and what is said of a wrong value."""

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest

from jackfield.config import ConnectorConfig, Secret, connection_names, connector_config, find_config, load_settings
from jackfield.config.load import RESERVED, HostSettings, Settings, did_you_mean
from jackfield.errors import BadConfig


class Nested(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: Secret
    size: int = 1


class Config(ConnectorConfig, frozen=True, kw_only=True):
    app_key: Annotated[str, msgspec.Meta(min_length=3)]
    app_secret: Secret | None = None
    page_size: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    ratio: float = 1.0
    include_removed: bool = False
    region: Literal["eu", "us"] = "eu"
    folders: tuple[str, ...] = ()
    nested: Nested | None = None


def load(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    file = tmp_path / "jackfield.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, environ or {})


def config(settings: Settings, environ: dict[str, str] | None = None, name: str = "acme", **more: Any) -> Config:
    return connector_config(settings.connection(name), Config, environ or {}, **more)


def refused(path: str, says: str) -> Any:
    class Expect:
        def __enter__(self) -> "Expect":
            self._raises = pytest.raises(BadConfig)
            self.info = self._raises.__enter__()
            return self

        def __exit__(self, *error: Any) -> bool:
            swallowed = bool(self._raises.__exit__(*error))
            assert says in str(self.info.value)
            assert self.info.value.path == path
            assert self.info.value.exit_code == 2
            return swallowed

    return Expect()


ACME = '[connections.acme]\nconnector = "dropbox"\napp_key = "key"\n'


def test_a_connection_is_the_hosts_keys_and_the_connectors_own(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        f'policies = ["audit"]\n{ACME}app_secret = "s3cret"\nconcurrency = 3\nnested = {{ key = "k3y" }}\nfolders = ["a"]\n'
        '[connections.other]\nconnector = "x"',
    )
    assert connection_names(settings) == ("acme", "other")
    assert settings.policies == ("audit",)
    assert settings.connection("acme").host == HostSettings(connector="dropbox", concurrency=3)
    read = config(settings)
    assert (read.app_key, read.folders) == ("key", ("a",))
    assert read.app_secret and read.app_secret.reveal() == "s3cret"
    assert read.nested and read.nested.key.reveal() == "k3y"


@pytest.mark.parametrize(
    ("text", "path", "says"),
    [
        ("conections = 1", "conections", "Did you mean 'connections'?"),
        ("connections = 1", "connections", "expected a table of connections"),
        ("policies = 1", "policies", "expected `array`, got `int`"),
        ("policies = [1]", "policies[0]", "expected `str`, got `int`"),
        ("[connections]\nacme = 1", "connections.acme", "expected a table"),
        ('[connections."Ac me"]', "connections.Ac me", "can't name a connection"),
        ("[connections.acme]", "connections.acme.connector", "which connector it uses"),
        ("[connections.acme]\nconnector = 1", "connections.acme.connector", "expected `str`, got `int`"),
        (f"{ACME}concurrency = 0", "connections.acme.concurrency", "expected `int` >= 1"),
        (f'{ACME}concurrency = "many"', "connections.acme.concurrency", "expected `int`, got `str`"),
        (f'{ACME}read_only = "perhaps"', "connections.acme.read_only", "expected `bool`, got `str`"),
        (f"{ACME}request_timeout = 0", "connections.acme.request_timeout", "expected `float` > 0"),
        (f"{ACME}app_secert = 1", "connections.acme.app_secert", "Did you mean 'app_secret'?"),
        (f"{ACME}concurency = 1", "connections.acme.concurency", "Did you mean 'concurrency'?"),
        (f"{ACME}zzz = 1", "connections.acme.zzz", "Known: app_key, app_secret"),
        (f"{ACME}page_size = 1001", "connections.acme.page_size", "expected `int` <= 1000"),
        (f"{ACME}page_size = [1]", "connections.acme.page_size", "expected `int`, got `array`"),
        (f'{ACME}region = "moon"', "connections.acme.region", "not one of those allowed"),
        (f"{ACME}app_secret = 5", "connections.acme.app_secret", "expected `str`, got `int`"),
        (f'{ACME}folders = ["a", "b\\u0000"]', "connections.acme.folders[1]", "a null character"),
        ('policies = ["\\u0000"]', "policies[0]", "a null character"),
        (f'{ACME}nested = {{ "a\\u0000" = 1 }}', "connections.acme.nested", "a null character"),
        (f"{ACME}folders = [1]", "connections.acme.folders[0]", "expected `str`, got `int`"),
        (f"{ACME}nested = {{}}", "connections.acme.nested.key", "the key 'key' is missing"),
        (f"{ACME}nested = {{key='a', kez='b'}}", "connections.acme.nested.kez", "unknown key 'kez'"),
        (f"{ACME}nested = {{key='a', size='b'}}", "connections.acme.nested.size", "expected `int`, got `str`"),
        ('[connections.acme]\nconnector = "dropbox"', "connections.acme.app_key", "the key 'app_key' is missing"),
        ('[connections.acme]\nconnector = "x"\napp_key = "k"', "connections.acme.app_key", "length >= 3"),
    ],
)
def test_a_wrong_value_is_named_by_its_path(tmp_path: Path, text: str, path: str, says: str) -> None:
    with refused(path, says):
        config(load(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        "app_key = ['s3cret']",
        "app_secret = ['s3cret']",
        "app_secret = { s3cret = 's3cret' }",
        "page_size = 's3cret'",
        "region = 's3cret'",
        "include_removed = 's3cret'",
        "nested = 's3cret'",
        "nested = { key = 's3cret', size = 's3cret' }",
        "folders = 's3cret'",
        "concurrency = 's3cret'",
    ],
)
def test_what_is_said_of_a_wrong_value_never_shows_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadConfig) as wrong:
        config(load(tmp_path, f'[connections.acme]\nconnector = "dropbox"\n{text}\n'))
    error: BaseException | None = wrong.value
    assert "s3cret" not in repr(wrong.value.diagnostic())
    while error is not None:
        assert "s3cret" not in f"{error} {error!r}"
        error = None if error.__suppress_context__ else error.__context__


def test_settings_show_no_value_of_a_connection(tmp_path: Path) -> None:
    settings = load(tmp_path, f'{ACME}app_secret = "s3cret"\nnested = {{ key = "s3cret" }}\n')
    for shown in (settings, settings.connection("acme"), config(settings)):
        assert "s3cret" not in f"{shown} {shown!r}"


@pytest.mark.parametrize(
    ("known", "hint"), [(["acme"], "Did you mean 'acme'?"), (["zeta", "beta"], "Known: beta, zeta"), ([], "None is")]
)
def test_an_unknown_connection_is_answered_with_the_nearest_or_all(tmp_path: Path, known: list[str], hint: str) -> None:
    settings = load(tmp_path, "".join(f'[connections.{name}]\nconnector = "x"\n' for name in known))
    with refused("connections", hint):
        settings.connection("acmee")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"[connections.acme]\nconnector = \n", "not valid TOML: Invalid value (at line 2"),
        (b"[connections.acme]\n[connections.acme]\n", "line 2"),
        (b"x = '\xff'", "not UTF-8 text (at line 1)"),
        (b"\n\n# caf\xe9\n", "not UTF-8 text (at line 3)"),
        (b"x = " + b"[" * 5000, "not valid TOML"),
    ],
)
def test_a_file_that_is_no_toml_is_named_with_the_line(tmp_path: Path, data: bytes, says: str) -> None:
    file = tmp_path / "jackfield.toml"
    file.write_bytes(data)
    with pytest.raises(BadConfig) as wrong:
        load_settings(file, {})
    assert says in str(wrong.value)
    assert str(file) in str(wrong.value)


def test_a_file_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / "jackfield.toml"
    file.write_bytes(b"\xef\xbb\xbf" + ACME.encode())
    assert connection_names(load_settings(file, {})) == ("acme",)


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="can't be read"):
        load_settings(tmp_path, {})


# The environment over the file


def variables(**values: str) -> dict[str, str]:
    return {f"JACKFIELD_CONNECTIONS__{name}": value for name, value in values.items()}


def test_the_environment_overrides_the_file_and_is_read_as_numbers_and_truth_values(tmp_path: Path) -> None:
    environ = variables(
        ACME__APP_KEY="other", ACME__PAGE_SIZE="7", ACME__RATIO="0.5", ACME__INCLUDE_REMOVED="true", ACME__READ_ONLY="1"
    )
    settings = load(tmp_path, f"{ACME}page_size = 5\n", environ)
    read = config(settings)
    assert (read.app_key, read.page_size, read.ratio, read.include_removed) == ("other", 7, 0.5, True)
    assert settings.connection("acme").host.read_only is True


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("page_size = '8'", "page_size"),
        ("ratio = '0.5'", "ratio"),
        ("include_removed = 'true'", "include_removed"),
        ("include_removed = 1", "include_removed"),
        ("page_size = true", "page_size"),
        ("nested = { key = 'k', size = '1' }", "nested.size"),
        ("concurrency = '8'", "concurrency"),
        ("request_timeout = '8'", "request_timeout"),
        ("read_only = 'true'", "read_only"),
        ("app_key = 123", "app_key"),
    ],
)
def test_a_value_of_the_file_must_have_the_type_that_is_wanted(tmp_path: Path, text: str, path: str) -> None:
    key = "" if path == "app_key" else "app_key = 'key'\n"
    with refused(f"connections.acme.{path}", "expected `"):
        config(load(tmp_path, f"[connections.acme]\nconnector = 'dropbox'\n{key}{text}\n"))


def test_a_reference_is_read_as_the_number_or_truth_value_that_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "size").write_text("7\n")
    text = f"{ACME}include_removed = 'env:R'\npage_size = 'file:{tmp_path}/size'\nratio = 2\nfolders = ['env:F']\n"
    environ = {"R": "true", "F": "123", "K": "s3cret", "S": "4"}
    read = config(load(tmp_path, text + "nested = { key = 'env:K', size = 'env:S' }\n"), environ)
    assert (read.include_removed, read.page_size, read.ratio, read.folders) == (True, 7, 2.0, ("123",))
    assert read.nested and (read.nested.key.reveal(), read.nested.size) == ("s3cret", 4)


def test_a_text_of_digits_stays_a_text(tmp_path: Path) -> None:
    environ = variables(ACME__APP_KEY="123") | {"S": "456"}
    read = config(load(tmp_path, f"{ACME}app_secret = 'env:S'\n", environ), environ)
    assert (read.app_key, read.app_secret and read.app_secret.reveal()) == ("123", "456")
    assert type(read.app_key) is str


def test_a_connection_may_exist_by_the_environment_alone() -> None:
    environ = variables(ACME__CONNECTOR="dropbox", ACME__APP_KEY="key", ACME__APP_SECRET="env:S") | {"S": "s3cret"}
    settings = load_settings(None, environ)
    read = config(settings, environ)
    assert read.app_secret and read.app_secret.reveal() == "s3cret"
    with refused("connections", "in the environment"):
        settings.connection("other")


def test_a_wrong_value_of_the_environment_is_named_by_its_path() -> None:
    settings = load_settings(None, variables(ACME__CONNECTOR="dropbox", ACME__APP_KEY="key", ACME__PAGE_SIZE="s3cret"))
    with refused("connections.acme.page_size", "expected `int`, got `str`") as wrong:
        config(settings)
    assert "s3cret" not in str(wrong.info.value)


def test_names_with_dashes_and_underscores_are_found(tmp_path: Path) -> None:
    text = "".join(f'[connections.{name}]\nconnector = "x"\n' for name in ("a-b", "a_b", "c-d", "e__f", "g_", "a"))
    environ = variables(A_B__APP_KEY="1", C_D__APP_KEY="2", E__F__APP_KEY="3", G___APP_KEY="4", A__APP_KEY="5")
    connections = load(tmp_path, text, environ).connections
    assert {name: table.get("app_key") for name, table in connections.items()} == {
        "a-b": None,
        "a_b": "1",
        "c-d": "2",
        "e__f": "3",
        "g_": "4",
        "a": "5",
    }


def test_a_variable_that_may_mean_two_connections_is_refused(tmp_path: Path) -> None:
    text = '[connections.a-b_c]\nconnector = "x"\n[connections.a_b-c]\nconnector = "x"\n'
    with refused("JACKFIELD_CONNECTIONS__A_B_C__APP_KEY", "a-b_c or a_b-c"):
        load(tmp_path, text, variables(A_B_C__APP_KEY="1"))


@pytest.mark.parametrize("name", ["ACME", "ACME__", "__APP_KEY", "_ACME__APP_KEY", "", "ÄCME__APP_KEY"])
def test_a_variable_that_names_no_connection_or_no_key_is_refused(name: str) -> None:
    with refused(f"JACKFIELD_CONNECTIONS__{name}", "JACKFIELD_CONNECTIONS__NAME__KEY"):
        load_settings(None, {f"JACKFIELD_CONNECTIONS__{name}": "x"})


def test_other_variables_are_nobodys_business() -> None:
    assert load_settings(None, {"JACKFIELD_HOME": "/x", "JACKFIELD_CONNECTIONS": "x", "PATH": ""}).connections == {}


# Which file


def test_the_file_is_found_by_precedence(tmp_path: Path) -> None:
    here, user, named, given = (tmp_path / name for name in ("here", "user", "named", "given"))
    for folder in (here, user, named, given):
        folder.mkdir()
        (folder / "jackfield.toml").write_text("")
    environ = {"JACKFIELD_CONFIG": str(named / "jackfield.toml")}
    assert find_config(given / "jackfield.toml", environ, here, user) == given / "jackfield.toml"
    assert find_config(None, environ, here, user) == named / "jackfield.toml"
    assert find_config(None, {"JACKFIELD_CONFIG": ""}, here, user) == here / "jackfield.toml"
    (here / "jackfield.toml").unlink()
    assert find_config(None, {}, here, user) == user / "jackfield.toml"
    (user / "jackfield.toml").unlink()
    assert find_config(None, {}, here, user) is None


def test_a_file_that_was_asked_for_must_exist_and_never_falls_back(tmp_path: Path) -> None:
    (tmp_path / "jackfield.toml").write_text("")
    for given, environ, says in (
        (tmp_path / "no.toml", {}, "does not exist"),
        (None, {"JACKFIELD_CONFIG": str(tmp_path)}, "is a folder"),
    ):
        with pytest.raises(BadConfig, match=says):
            find_config(given, environ, tmp_path, tmp_path)
    with pytest.raises(BadConfig):
        find_config(Path("x" * 5000), {}, tmp_path, tmp_path)


def test_a_tilde_means_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "my.toml").write_text("")
    assert find_config(None, {"JACKFIELD_CONFIG": "~/my.toml"}, tmp_path, tmp_path) == tmp_path / "my.toml"
    with pytest.raises(BadConfig, match="home folder"):
        find_config(Path("~no-such-person-here/my.toml"), {}, tmp_path, tmp_path)


# The rest


def test_the_keys_of_the_host_are_reserved_and_described() -> None:
    assert {"connector", "provisioning", "read_only", "concurrency"} <= RESERVED
    for field in msgspec.inspect.type_info(HostSettings).fields:  # type: ignore[attr-defined]
        assert isinstance(field.type, msgspec.inspect.Metadata) or field.type.__class__.__name__
        assert "description" in str(field.type.extra_json_schema), field.name


def test_a_secret_that_need_not_exist_yet_is_left_out(tmp_path: Path) -> None:
    settings = load(tmp_path, f'{ACME}app_secret = "file:/nowhere/at/all"\n')
    assert not config(settings, without="app_secret").app_secret
    with refused("connections.acme.app_secret", "does not exist"):
        config(settings)


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [("dropbx", ["dropbox", "box"], "Did you mean 'dropbox'?"), ("xyz", ["dropbox"], None), ("a", [], None)],
)
def test_the_nearest_name_is_offered_where_one_is_near(name: str, known: list[str], said: str | None) -> None:
    assert did_you_mean(name, known) == said
