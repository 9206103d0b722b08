"""The process, its control routes, its records and its speed."""

from __future__ import annotations

import ast
import http.client
import json
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from harness.sdk import check_exchange, exchanges

import jackfield_dropbox_simulator as simulator_package
from jackfield_dropbox_simulator.launch import Control, ControlError, spawn
from jackfield_dropbox_simulator.options import ServiceOptions

from .support import Client, running


def test_a_process_says_when_it_is_ready_and_ends_quietly(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    arguments = ("--members", "30", "--groups", "5", "--roles", "3", "--app-key", "k", "--record", str(record))
    with spawn(*arguments) as simulator:
        assert set(simulator.ready) == {
            "base_url",
            "app_key",
            "app_secret",
            "refresh_token",
            "members",
            "groups",
            "memberships",
            "render_ms_per_1000",
        }
        assert (simulator.ready["members"], simulator.ready["groups"], simulator.app_key) == (30, 6, "k")
        truth = simulator.truth()
        assert len(truth["users"]) == 30
        assert simulator.ready["memberships"] == sum(len(group["members"]) for group in truth["groups"])
        process = simulator.process
    assert process.returncode == 0


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, None])
def test_signals_and_a_closed_input_end_it(ending: signal.Signals | None) -> None:
    command = [sys.executable, "-m", "jackfield_dropbox_simulator", "--end-with-stdin", "--members", "5"]
    with subprocess.Popen(command, stdin=-1, stdout=-1, stderr=-1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        json.loads(process.stdout.readline())
        if ending is None:
            process.stdin.close()
        else:
            process.send_signal(ending)
        assert process.wait(5) == 0
        assert (process.stdout.read(), process.stderr.read()) == (b"", b"")


def test_an_input_that_cannot_close_is_told_and_ignored() -> None:
    command = [sys.executable, "-m", "jackfield_dropbox_simulator", "--end-with-stdin", "--members", "5"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=-1, stderr=-1) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        json.loads(process.stdout.readline())
        process.terminate()
        assert process.wait(5) == 0
        assert b"no pipe" in process.stderr.read()


def test_faults_of_the_transport_leave_no_trace_and_do_not_delay_the_end() -> None:
    command = [sys.executable, "-m", "jackfield_dropbox_simulator", "--members", "5"]
    with subprocess.Popen(command, stdout=-1, stderr=-1) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        control = Control(json.loads(process.stdout.readline())["base_url"])
        for kind in ("drop", "drop_after", "hang"):
            control.fault(kind, times=1)
            connection = http.client.HTTPConnection(control.base_url.removeprefix("http://"), timeout=0.3)
            connection.request("POST", "/2/team/get_info", b"null")
            with pytest.raises((OSError, http.client.HTTPException)):
                connection.getresponse().read()
            if kind != "hang":
                connection.close()
        started = time.monotonic()
        process.terminate()
        assert process.wait(60) == 0
        assert time.monotonic() - started < 15
        assert process.stderr.read() == b""
        connection.close()


def test_it_needs_nothing_of_the_host_or_the_connector() -> None:
    folder = Path(simulator_package.__file__).parent
    depth = {path: len(path.relative_to(folder).parts) for path in folder.rglob("*.py")}
    for path, levels in depth.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                assert node.level <= levels, f"{path} leaves the simulator"
            elif isinstance(node, ast.Import | ast.ImportFrom):
                names = (
                    [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
                )
                for name in names:
                    top = name.partition(".")[0]
                    assert top in sys.stdlib_module_names | {"aiohttp", "msgspec"}, f"{path} imports {name}"


def test_options_of_the_write_side_are_taken() -> None:
    options = ("--read-lag", "2.5", "--async-jobs", "--job-polls", "3", "--job-seconds", "1")
    with spawn("--members", "5", *options) as simulator:
        told = simulator.settings()
    names = ("read_lag", "async_jobs", "job_polls", "job_seconds")
    assert [told[name] for name in names] == [2.5, True, 3, 1.0]


def test_wrong_options_are_explained() -> None:
    command = [sys.executable, "-m", "jackfield_dropbox_simulator", "--members", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "a team has at least 2 members" in done.stderr


def test_records_hold_every_exchange_but_no_secret(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with running(ServiceOptions(record=str(record)), members=20, groups=4) as client:
        client.rows("members", {"limit": 6})
        client.call("team/groups/members/list", {"group": {".tag": "group_id", "group_id": "g:none"}})
        client.call("team/get_info", {})
        secrets = [client.access_token, client.simulator.ready["refresh_token"]]
    found = list(exchanges(record))
    assert [status for _, _, status, _ in found] == [200, 200, 200, 200, 409, 400]
    for exchange in found:
        check_exchange(*exchange)
    assert not any(secret in record.read_text() for secret in secrets)
    route, request, status, answer = found[0]
    with pytest.raises(AssertionError, match="member_id"):
        check_exchange(route, request, status, answer.replace(b'"team_member_id"', b'"member_id"', 1))
    with pytest.raises(AssertionError, match="limit"):
        check_exchange(route, b'{"limit":"many"}', status, answer)


def test_requests_are_counted_from_the_reset_on(client: Client) -> None:
    client.sign_in()
    cursor = client.ok("team/members/list_v2", {"limit": 20})["cursor"]
    client.control.reset_requests()
    again = client.ok("team/members/list_v2", {"limit": 20})["cursor"]
    for text in (cursor, again):
        client.ok("team/members/list/continue_v2", {"cursor": text})
    client.sign_in()
    client.call("team/none")
    told = client.control.requests()
    assert (told["total"], told["token_refreshes"], told["token_exchanges"]) == (5, 1, 0)
    assert told["per_route"]["team/members/list/continue_v2"] == 2
    assert [entry["index"] for entry in told["requests"]] == [0, 1, 2, 3, 4]
    # The same position has the same fingerprint, whatever its cursor looks like.
    prints = {entry["cursor_fingerprint"] for entry in told["requests"][1:3]}
    assert (len(prints), None in prints, cursor == again) == (1, False, False)


def test_settings_change_at_run_time(client: Client) -> None:
    client.call("team/get_info")
    told = client.control.settings(latency_ms=50, team_id="dbtid:other", scopes=["team_info.read"])
    assert told["latency_ms"] == 50
    started = time.monotonic()
    assert client.ok("team/get_info")["team_id"] == "dbtid:other"
    assert time.monotonic() - started >= 0.05
    assert client.call("team/groups/list", {}).tag == "missing_scope"
    for wrong in ({"latency": 1}, {"rate": "fast"}):
        with pytest.raises(ControlError):
            client.control.settings(**wrong)


def test_waits_overlap(client: Client) -> None:
    client.sign_in()
    client.control.settings(latency_ms=1000)
    threads = [threading.Thread(target=client.call, args=("team/get_info",)) for _ in range(10)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started < 10.0, "not one after the other"
    assert client.control.requests()["most_in_flight"] >= 5


def test_a_rate_is_kept_with_retry_after(client: Client) -> None:
    client.sign_in()
    client.control.settings(rate=3)
    answers = [client.call("team/get_info") for _ in range(8)]
    limited = [answer for answer in answers if answer.status == 429]
    assert {answer.status for answer in answers} == {200, 429}
    assert {answer.headers["Retry-After"] for answer in limited} == {"1"}


@pytest.mark.parametrize(
    ("method", "name", "body"),
    [
        ("GET", "nothing", None),
        ("GET", "observed", None),
        ("POST", "team", {"do": "fly"}),
        ("POST", "team", {"do": "leave", "user": "nobody"}),
        ("POST", "team", {"do": "delete_group", "group": "none"}),
        ("POST", "churn", {"every": 0}),
        ("POST", "team", {"do": "join", "nonsense": 1}),
    ],
)
def test_control_orders_that_make_no_sense_are_refused(client: Client, method: str, name: str, body: Any) -> None:
    with pytest.raises(ControlError):
        client.control.send(method, name, body)


def test_a_thousand_members_are_served_in_time() -> None:
    with running(members=1000, groups=40, memberships=10_000) as client:
        assert client.simulator.ready["render_ms_per_1000"] < 150
        client.sign_in()
        spent: list[float] = []
        for _ in range(5):
            started = time.process_time()
            request = urllib.request.Request(
                f"{client.base_url}/2/team/members/list_v2",
                b"{}",
                {"Authorization": f"Bearer {client.access_token}", "Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request) as answer:
                assert len(answer.read()) > 800_000
            spent.append(time.process_time() - started)
        # The processor's time, of both ends: the machine may be busy with other tests.
        assert min(spent) < 0.5
