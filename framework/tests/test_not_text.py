"""Bytes that are no text, where text is expected: a plan, a variable, and a status that only proxies give."""

from pathlib import Path

import pytest

from jackfield.changes.planfile import read_plan
from jackfield.changes.request_files import read_requests
from jackfield.config.find import load_settings
from jackfield.config.secrets import resolve_reference
from jackfield.errors import BadConfig, PlanOutdated


def test_a_plan_that_is_not_utf8_is_no_plan(tmp_path: Path) -> None:
    file = tmp_path / "the.plan"
    file.write_bytes(b'{"format":"\xff"}')
    with pytest.raises(BadConfig, match="is no plan"):
        read_plan(file)[0]


def test_a_number_of_too_many_digits_is_no_toml(tmp_path: Path) -> None:
    file = tmp_path / "changes.toml"
    file.write_text("a = " + "9" * 10_000)
    with pytest.raises(BadConfig, match="is not valid TOML"):
        load_settings(file, {})
    with pytest.raises(BadConfig, match=r"changes\.toml"):
        read_requests(file)


@pytest.mark.parametrize("depth", [*range(50, 1500, 75), 100_000])
def test_what_is_nested_deep_is_wrong_and_no_more(tmp_path: Path, depth: int) -> None:
    file = tmp_path / "changes.jsonl"
    deep = "[" * depth + "]" * depth
    file.write_text(f'{{"kind":"create_account","arguments":{{"a":{deep}}}}}\n{{"kind":{deep}}}\n')
    with pytest.raises(BadConfig):
        read_requests(file)
    (tmp_path / "the.plan").write_text(f'{{"format":"jackfield-plan/1","digest":"","plan":{deep}}}')
    with pytest.raises((BadConfig, PlanOutdated)):
        read_plan(tmp_path / "the.plan")


def test_a_variable_that_is_not_utf8_is_named() -> None:
    variable = "JACKFIELD_CONNECTIONS__ACME__APP_KEY"
    with pytest.raises(BadConfig, match="not UTF-8") as refused:
        load_settings(None, {variable: "\udcff"})
    assert refused.value.path == variable
    with pytest.raises(BadConfig, match="not UTF-8"):
        resolve_reference("env:KEY", {"KEY": "\udcff"}, "connections.acme.app_key")
