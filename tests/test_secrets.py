"""A sample of the sweep ``secrets``, and results that stay readable for programs."""

import json
from pathlib import Path

import pytest
from harness.cli import Site
from harness.spawned import spawn

from tests.sweeps.secrets import found_in, planted, play

SAMPLE = (
    "a sync that goes well",
    "authorize, then a sync",
    "a wrong app secret",
    "401 for every call",
    "token answers that are cut",
    "answers of another form",
    "kill -9",
)


@pytest.mark.parametrize("name", SAMPLE)
def test_no_secret_comes_out(tmp_path: Path, name: str) -> None:
    _, told = play(name, tmp_path / "site")
    assert not told


def test_the_search_finds_what_it_looks_for() -> None:
    secrets = planted("a+b/c=%1")
    assert found_in(b"client_secret=a%2Bb%2Fc%3D%251&", secrets)
    assert found_in(b"log: a+b/c=%1", secrets)
    assert found_in(b"Bearer sl.u.AbCdEf-123", secrets)
    assert not found_in(b"Bearer sl.u.***", secrets)


def test_retries_leave_standard_output_to_the_result(tmp_path: Path) -> None:
    with spawn("--members", "30") as simulator:
        simulator.fault("server_error", at=2, times=2)
        ended = Site(tmp_path, simulator).sync()
    assert ended.code == 0
    assert json.loads(ended.out)["status"] == "published"
    assert not ended.err
