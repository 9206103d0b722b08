"""Secrets: they show nowhere, and the references that lead to them."""

import copy
import json
import logging
import pickle
import traceback
from pathlib import Path

import msgspec
import pytest

from jackfield.config import ConnectorConfig, Secret, connector_config, load_settings, resolve_reference
from jackfield.config.secrets import file_reference
from jackfield.errors import BadConfig

from .installing import install

VALUE = "s3cret-value"


class Inner(msgspec.Struct, frozen=True, kw_only=True):
    key: Secret


class Outer(ConnectorConfig, frozen=True, kw_only=True):
    inner: Inner
    many: tuple[Secret, ...] = ()
    named: dict[str, Secret] = msgspec.field(default_factory=dict)


WHOLE = Outer(inner=Inner(key=Secret(VALUE)), many=(Secret(VALUE),), named={"a": Secret(VALUE)})


@pytest.mark.parametrize(
    "holder", [Secret(VALUE), WHOLE, [Secret(VALUE)], {"a": WHOLE}], ids=lambda h: type(h).__name__
)
def test_a_secret_shows_in_no_text_however_deep_it_is(holder: object, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("%s %r", holder, holder)
    logging.getLogger("test").warning("%s", [holder])
    shown = f"{holder} {holder!r} {holder!s} {holder!a} {[holder]} {caplog.text}" + json.dumps([holder], default=str)
    assert VALUE not in shown
    assert "Secret(***)" in shown


@pytest.mark.parametrize("holder", [Secret(VALUE), WHOLE], ids=lambda h: type(h).__name__)
def test_a_secret_can_not_be_written_as_data(holder: object) -> None:
    for write in (msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins, pickle.dumps, json.dumps):
        with pytest.raises(TypeError) as refused:
            write(holder)  # type: ignore[operator]
        assert VALUE not in str(refused.value)


def test_a_secret_shows_in_no_traceback_even_with_the_variables_of_each_frame() -> None:
    def use(config: Outer) -> None:
        key = config.inner.key
        raise RuntimeError(f"it fails with {config} and {key}")

    try:
        use(WHOLE)
    except RuntimeError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "config = Outer" in shown
    assert VALUE not in shown


def test_formats_of_text_do_not_reach_the_value() -> None:
    secret = Secret(VALUE)
    for spec in ("", "s", ">30"):
        try:
            assert VALUE not in format(secret, spec)
        except TypeError as error:
            assert VALUE not in str(error)


def test_a_secret_behaves_as_a_value() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert {Secret("a"), Secret("a")} == {Secret("a")}
    assert not Secret("")
    assert copy.deepcopy(WHOLE) == copy.copy(WHOLE) == WHOLE
    with pytest.raises(AttributeError):
        Secret("a").other = 1  # type: ignore[attr-defined]


# References


def test_plain_text_and_addresses_stand_for_themselves() -> None:
    for value in ("plain", "", "a:b", "UPPER:x", "http://127.0.0.1:8787", "urn:x:y", "env", "env:", "file:"):
        assert resolve_reference(value, {}, "p") == value


def test_the_environment_is_read_as_it_is() -> None:
    assert resolve_reference("env:S", {"S": " spaced "}, "p") == " spaced "


@pytest.mark.parametrize(("environ", "says"), [({}, "is not set"), ({"S": ""}, "is empty")])
def test_a_variable_that_holds_nothing_is_named(environ: dict[str, str], says: str) -> None:
    with pytest.raises(BadConfig, match=f"the environment variable S {says}") as refused:
        resolve_reference("env:S", environ, "connections.acme.app_secret")
    assert refused.value.path == "connections.acme.app_secret"


@pytest.mark.parametrize("data", [b"value", b"value\n", b"\r\n  value \t\r\n", b"\xef\xbb\xbfvalue\r\n"])
def test_white_space_around_a_file_is_not_part_of_the_value(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "s").write_bytes(data)
    assert resolve_reference(f"file:{tmp_path / 's'}", {}, "p") == "value"


def test_inner_white_space_of_a_file_is_kept(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("a b\nc\n")
    assert resolve_reference(f"file:{tmp_path / 's'}", {}, "p") == "a b\nc"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "does not exist"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"s3cret\xff", "is not UTF-8"),
        (b"s3cret" * 20_000, "too large"),
    ],
)
def test_a_file_that_gives_no_value_is_named_and_never_shown(tmp_path: Path, data: bytes | None, says: str) -> None:
    file = tmp_path / "s"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(BadConfig) as refused:
        resolve_reference(f"file:{file}", {}, "connections.acme.app_secret")
    assert says in str(refused.value)
    assert str(file) in str(refused.value)
    assert refused.value.path == "connections.acme.app_secret"
    assert "s3cret" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("name", ["", "/\0", "/" + "x" * 5000])
def test_a_place_that_is_no_file_is_a_fault_of_the_configuration(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadConfig, match="can't be read"):
        resolve_reference(f"file:{tmp_path}{name}", {}, "p")


def test_a_tilde_means_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "token").write_text("value")
    assert resolve_reference("file:~/token", {}, "p") == "value"
    assert file_reference("file:~/token") == tmp_path / "token"
    for read in (
        lambda: resolve_reference("file:~nobody-of-this-name/x", {}, "p"),
        lambda: file_reference("file:~nobody-of-this-name/x"),
    ):
        with pytest.raises(BadConfig, match="home folder"):
            read()


def test_only_a_file_reference_leads_to_a_file() -> None:
    assert file_reference("file:/run/token") == Path("/run/token")
    assert file_reference("env:TOKEN") is None
    assert file_reference("/run/token") is None


def test_references_are_resolved_however_deep_they_stand(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("from file")
    file = tmp_path / "jackfield.toml"
    file.write_text(
        f"""[connections.acme]
        connector = "x"
        inner = {{ key = "file:{tmp_path / "s"}" }}
        many = ["env:S", "plain"]
        named = {{ a = "env:S" }}
        """
    )
    settings = load_settings(file, {})
    read = connector_config(settings.connection("acme"), Outer, {"S": "from env"})
    assert read.inner.key.reveal() == "from file"
    assert [secret.reveal() for secret in read.many] == ["from env", "plain"]
    assert read.named["a"].reveal() == "from env"
    with pytest.raises(BadConfig) as refused:
        connector_config(settings.connection("acme"), Outer, {})
    assert refused.value.path in ("connections.acme.many[0]", "connections.acme.named.a")


DRIVER = f"""
def good(rest): return "value of " + rest
def nothing(rest): return ""
def number(rest): return 7
def fails(rest): raise RuntimeError("{VALUE} is wrong")
def ends(rest): raise SystemExit("{VALUE}")
def sentence(rest):
    from jackfield.errors import BadConfig
    raise BadConfig("the vault has no " + rest)
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    points = {name: f"secret_drivers:{name}" for name in ("good", "nothing", "number", "fails", "ends", "sentence")}
    site = tmp_path / "site"
    install(
        site,
        "vault-secrets",
        points={"jackfield.secrets.v1": {**points, "gone": "secret_drivers:gone", "absent": "no_such_module_at_all"}},
        modules={"secret_drivers": DRIVER},
    )
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(__import__("sys").modules, "secret_drivers", raising=False)
    return site


def test_a_plugin_may_bring_a_scheme_of_its_own(site: Path) -> None:
    assert resolve_reference("good:team/dropbox#key", {}, "p") == "value of team/dropbox#key"


@pytest.mark.parametrize(
    ("scheme", "says"),
    [
        ("nothing", "gave nothing"),
        ("number", "gave a int"),
        ("fails", "failed: RuntimeError"),
        ("ends", "failed: SystemExit"),
        ("gone", "failed: AttributeError"),
        ("absent", "failed: ModuleNotFoundError"),
        ("sentence", "the vault has no x"),
    ],
)
def test_a_scheme_that_fails_is_named_with_its_distribution_and_shows_nothing(
    site: Path, scheme: str, says: str
) -> None:
    with pytest.raises(BadConfig) as refused:
        resolve_reference(f"{scheme}:x", {}, "connections.acme.app_secret")
    assert says in str(refused.value)
    assert scheme == "sentence" or "vault-secrets" in str(refused.value)
    assert refused.value.path == "connections.acme.app_secret"
    assert VALUE not in "".join(traceback.format_exception(refused.value))


def test_two_plugins_for_one_scheme_are_refused(site: Path) -> None:
    install(site, "other-vault", points={"jackfield.secrets.v1": {"good": "secret_drivers:good"}})
    with pytest.raises(BadConfig, match=r"other-vault, vault-secrets"):
        resolve_reference("good:x", {}, "p")
