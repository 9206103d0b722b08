"""A sample of the sweep ``fuzz`` with a fixed seed, and its oracles tried on what they have to find."""

import json
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from harness.evidence import ROOT

from tests.sweeps.fuzz import answers, inside
from tests.sweeps.fuzz.mutations import change_bytes, change_json
from tests.sweeps.fuzz.worker import targets

SEED, CASES = 7, 12


@pytest.mark.parametrize("part", [0, 1])
def test_nothing_is_found_with_this_seed(part: int, tmp_path: Path) -> None:
    names = sorted(targets())[part::2]
    command = [sys.executable, "-m", "tests.sweeps.fuzz.worker", "sample", str(SEED), str(CASES), str(tmp_path), *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert not done.returncode, done.stderr[-2000:]
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert not [each for each in told if "found" in each]
    assert [each["cases"] for each in told if "cases" in each] == [CASES] * len(names)


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Generator[Any]:
    (sync,) = (one for one in answers.TARGETS if one.name == "answers to sync")
    with sync.open(tmp_path_factory.mktemp("ground") / "site") as ground:
        yield ground


def test_a_mutation_is_what_it_says() -> None:
    assert change_json(b'{"a":[1,2]}', [["drop", 1]]) == b"{}"
    assert change_json(b'{"a":1}', [["twice", 1, None]]) == b'{"a":null,"a":1}'
    assert change_json(b'{"a":1}', [["replace", 1, {"raw": "NaN"}]]) == b'{"a":NaN}'
    assert change_bytes(b"abc", [["insert", 1, "\xff"], ["cut", 3]]) == b"a\xffb"


def test_rows_that_are_missing_are_found(team: Any) -> None:
    """The oracle, not the product: a snapshot of the base is held against a team of which one person is unknown to it."""
    truth = team._renewed("sync")
    team.kept.restore()
    truth["users"].append({**truth["users"][0], "team_member_id": "dbmid:another"})
    told = team._judge_sync(answers.Play([]), truth)
    assert told
    assert "dbmid:another" in told[0]


def test_what_a_documented_answer_says_of_its_own_row_is_not_held_against_it() -> None:
    true = json.dumps(
        {"members": [{"profile": {"team_member_id": "a"}}, {"profile": {"team_member_id": "b"}}]}
    ).encode()
    renamed = true.replace(b'"a"', b'"z"')
    shorter = json.dumps({"members": [{"profile": {"team_member_id": "b"}}]}).encode()
    assert {"a", "z"} <= answers.lied_about(renamed, true)
    assert "b" not in answers.lied_about(renamed, true)
    assert not answers.lied_about(shorter, true)


def test_a_wrong_type_is_not_documented() -> None:
    good = b'{"roles":[{"role_id":"pid_dbtmr:a","name":"A","description":"x"}]}'
    route = "team/members/get_available_team_member_roles"
    assert answers.documented(route, good)
    # A key that stands twice counts as it stands last, for the SDK as for the client.
    assert answers.documented(route, good.replace(b'"name":"A"', b'"name":"A","name":"B"'))
    assert not answers.documented(route, good.replace(b'"name":"A"', b'"name":"A","name":1'))
    assert not answers.documented(route, good.replace(b'"A"', b"1"))
    assert not answers.documented(route, good[:-1] + b"\xff}")


def test_a_change_told_as_failed_and_made_is_found(team: Any) -> None:
    (changes,) = (one for one in answers.TARGETS if one.name == "answers to changes")
    del changes
    truth = team._renewed("sync")
    team._effects["x"] = (set(), {"a fact that is gone"})
    assert truth
    for code, found in ((5, True), (12, True), (0, False), (75, False)):
        ended = inside.Ran(code, "", "", 0.0, [])
        assert bool(team._judge_change("x", answers.Play([]), ended)) == found
    team._effects["x"] = ({"a fact that never came"}, set())
    assert team._judge_change("x", answers.Play([]), inside.Ran(0, "", "", 0.0, []))


def test_findings_of_one_kind_have_one_signature() -> None:
    decoding = "exit code 70: Error: the connector 'dropbox' failed in {}: {}: can't decode byte {} in position 1"
    one = inside.signature(decoding.format("read_page", "UnicodeDecodeError", "0xb4"))
    assert one == inside.signature(decoding.format("read_page", "UnicodeDecodeError", "0xff"))
    assert one != inside.signature(decoding.format("read_state", "UnicodeDecodeError", "0xff"))
    assert one != inside.signature(decoding.format("read_page", "RecursionError", "0xff"))
    unexpected = "exit code 70: at {} Error: something happened that Jackfield did not expect ({}). This"
    assert inside.signature(unexpected.format("a", "KeyError")) == inside.signature(unexpected.format("b", "KeyError"))
    assert inside.signature(unexpected.format("a", "KeyError")) != inside.signature(unexpected.format("a", "OSError"))
    assert inside.signature("it took 21 s") == inside.signature("it took 34 s")


def test_only_loopback_is_reached() -> None:
    code = (
        "import socket, sys; sys.path[:0] = ['.', 'tests/support']\n"
        "from tests.sweeps.fuzz.inside import stay_inside; stay_inside()\n"
        "socket.getaddrinfo('localhost', 1)\n"
        "for call in (lambda: socket.getaddrinfo('evil.invalid', 1), lambda: socket.create_connection(('192.0.2.1', 9), 1)):\n"
        "    try: call()\n"
        "    except ConnectionRefusedError as error: assert 'loopback' in str(error)\n"
        "    else: raise SystemExit('it was let through')\n"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).returncode == 0
