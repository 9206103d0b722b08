"""Every command that can write compares the account first: on the same team, on another one, and without a snapshot."""

from pathlib import Path

import pytest

from tests.sweeps.tenants import CASES, COMMANDS, READS, Prepared, commands, play


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return Prepared(tmp_path_factory.mktemp("tenants") / "prepared")


def test_no_command_is_forgotten() -> None:
    found = dict(commands())
    assert set(found) == READS | set(COMMANDS)
    for name, command in found.items():
        options = {parameter.name for parameter in command.params}
        assert ("accept_tenant" in options) == (name in COMMANDS and name != "check"), name
        if "provisioning" in options:
            assert COMMANDS[name].changes, name


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_is_done_in_another_team(prepared: Prepared, tmp_path: Path, name: str, case: str) -> None:
    assert play(name, case, prepared, tmp_path / "case").wrong == ()
