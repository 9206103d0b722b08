"""Bytes that are no text, where text is expected: a plan, a variable, and a status that only proxies give."""

from pathlib import Path

import pytest

from jackfield.changes.planfile import load_plan
from jackfield.changes.requestfiles import read_requests
from jackfield.config.load import load_settings
from jackfield.config.secrets import resolve_reference
from jackfield.errors import BadConfig


def test_a_plan_that_is_not_utf8_is_no_plan(tmp_path: Path) -> None:
    file = tmp_path / "the.plan"
    file.write_bytes(b'{"format":"\xff"}')
    with pytest.raises(BadConfig, match="is no plan"):
        load_plan(file)


def test_a_number_of_too_many_digits_is_no_toml(tmp_path: Path) -> None:
    file = tmp_path / "changes.toml"
    file.write_text("a = " + "9" * 10_000)
    with pytest.raises(BadConfig, match="is not valid TOML"):
        load_settings(file, {})
    with pytest.raises(BadConfig, match=r"changes\.toml"):
        read_requests(file)


def test_a_variable_that_is_not_utf8_is_named() -> None:
    variable = "JACKFIELD_CONNECTIONS__ACME__APP_KEY"
    with pytest.raises(BadConfig, match="not UTF-8") as refused:
        load_settings(None, {variable: "\udcff"})
    assert refused.value.path == variable
    with pytest.raises(BadConfig, match="not UTF-8"):
        resolve_reference("env:KEY", {"KEY": "\udcff"}, "connections.acme.app_key")
