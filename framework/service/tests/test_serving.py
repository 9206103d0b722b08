"""``jackfield serve`` as a process: syncs on schedule, health, reload, and every kind of end."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from harness.forking import JACKFIELD
from harness.serving import configuration, serving
from harness.spawned import spawn

from jackfield.state import RunStatus, open_state
from jackfield.state.home import Home

TEAM = ("--members", "30", "--groups", "4")


def _runs(folder: Path, name: str = "acme") -> list[str]:
    with open_state(Home(folder=folder / "home").database) as state:
        return [run.status.value for run in state.history(name)]


def _write(folder: Path, text: str) -> None:
    (folder / "jackfield.toml").write_text(text, encoding="utf-8")


def test_connections_are_synced_on_schedule_and_health_tells_of_it(tmp_path: Path) -> None:
    with spawn(*TEAM) as team, spawn("--members", "20", "--groups", "3", "--seed", "5") as other:
        _write(tmp_path, configuration({"acme": team, "beta": other}, serve='schedule = "2s"\njitter = 0.0'))
        with serving(tmp_path) as server:
            for name in ("acme", "beta"):
                server.logged("synced", connection=name, published=True, complete=True)
            server.until(lambda _: server.count("synced", connection="acme") >= 3)
            assert server.ask("live") == (200, "live\n")
            assert server.ask("ready") == (200, "ready\n")
            health = server.health()
            assert health["ready"]
            assert health["connections"]["beta"]["complete"]
            assert (server.metric("jackfield_sync_total", connection="acme", status="published") or 0) >= 3
            assert server.metric("jackfield_snapshot_complete", connection="beta") == 1
            assert server.end() < 10
            assert server.process.returncode == 0
    assert set(_runs(tmp_path)) == {"published"}


def test_one_that_fails_stops_no_other_and_is_told(tmp_path: Path) -> None:
    with spawn(*TEAM) as team, spawn(*TEAM, "--refresh-token", "another") as other:
        _write(tmp_path, configuration({"acme": team, "beta": other}, serve='schedule = "1s"\njitter = 0.0'))
        text = (tmp_path / "jackfield.toml").read_text().replace('refresh_token = "another"', 'refresh_token = "stale"')
        _write(tmp_path, text)
        with serving(tmp_path) as server:
            server.logged("a sync failed", connection="beta", error="bad_credentials")
            server.until(lambda _: server.count("synced", connection="acme") >= 2)
            ready = server.ask("ready")
            assert ready.status == 503
            assert "sign-in beta" in ready.text
            assert server.metric("jackfield_needs_sign_in", connection="beta") == 1
            assert server.ask("live").status == 200


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL], ids=["ended", "killed"])
def test_a_sync_that_is_cut_off_is_gone_on_with_at_the_next_start(tmp_path: Path, sign: signal.Signals) -> None:
    with spawn("--members", "3000", "--groups", "60", "--latency", "150", "--page-cap", "100") as team:
        _write(tmp_path, configuration({"acme": team}, serve='schedule = "1h"'))
        with serving(tmp_path) as server:
            server.logged("serving")
            _until_requests(team, 12)
            assert server.end(sign) < 10
        asked = len(team.requests()["requests"])
        status = _runs(tmp_path)[0]
        assert status == (RunStatus.INTERRUPTED if sign is signal.SIGTERM else RunStatus.RUNNING)
        team.settings(latency_ms=0)
        with serving(tmp_path) as server:
            done = server.logged("synced", connection="acme", complete=True)
            assert server.end() < 10
        with open_state(Home(folder=tmp_path / "home").database) as state:
            runs = state.history("acme")
        assert [run.run for run in runs] == [done["run"]], "the same run went on"
        assert len(team.requests()["requests"]) - asked < 60


def _until_requests(team: object, number: int) -> None:
    end = time.monotonic() + 60
    while len(team.requests()["requests"]) < number:  # type: ignore[attr-defined]
        assert time.monotonic() < end
        time.sleep(0.05)


def test_what_was_missed_while_it_was_down_is_made_up_once(tmp_path: Path) -> None:
    with spawn(*TEAM) as team:
        _write(tmp_path, configuration({"acme": team}, serve='schedule = "2s"\njitter = 0.0'))
        with serving(tmp_path) as server:
            server.logged("synced")
            server.end(signal.SIGKILL)
        _write(tmp_path, configuration({"acme": team}, serve='schedule = "1h"\njitter = 0.0'))
        time.sleep(3)
        before = len(_runs(tmp_path))
        with serving(tmp_path) as server:
            server.logged("serving")
            time.sleep(4)
            health = server.health()["connections"]["acme"]
        assert len(_runs(tmp_path)) - before <= 1
        assert health["next_sync"] is not None


def test_hangup_takes_up_a_new_configuration_and_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    with spawn(*TEAM) as team, spawn("--members", "20", "--groups", "3") as other:
        _write(tmp_path, configuration({"acme": team}, serve='schedule = "1h"'))
        with serving(tmp_path) as server:
            server.logged("synced", connection="acme")
            _write(tmp_path, configuration({"acme": team, "beta": other}, serve='schedule = "later"'))
            server.process.send_signal(signal.SIGHUP)
            told = server.logged("the new configuration is wrong, and the old one goes on")
            assert "serve.schedule" in told["reason"]
            assert server.ask("ready").status == 200
            assert "serve.schedule" in server.health()["configuration"]
            assert "jackfield_configuration_taken 0.0" in server.ask("metrics").text
            _write(tmp_path, configuration({"acme": team, "beta": other}, serve='schedule = "1h"'))
            server.process.send_signal(signal.SIGHUP)
            server.logged("the configuration was read anew", connections=2)
            server.logged("synced", connection="beta")
            assert server.health()["configuration"] is None
            assert "jackfield_configuration_taken 1.0" in server.ask("metrics").text


def test_a_secret_that_is_replaced_on_the_disk_is_used_from_the_next_sync_on(tmp_path: Path) -> None:
    with spawn(*TEAM) as team:
        (tmp_path / "token").write_text("stale")
        (tmp_path / "token").chmod(0o600)
        _write(
            tmp_path, configuration({"acme": team}, serve='schedule = "1s"\njitter = 0.0', refresh_token="file:token")
        )
        with serving(tmp_path) as server:
            server.logged("a sync failed", error="bad_credentials")
            assert server.ask("ready").status == 503
            (tmp_path / "token").write_text(team.refresh_token)
            server.logged("synced", connection="acme")
            assert server.ask("ready").status == 200


@pytest.mark.parametrize("how", ["by itself", "with SIGHUP"])
def test_a_secret_that_is_missing_at_the_start_stops_one_connection_only(tmp_path: Path, how: str) -> None:
    with spawn(*TEAM) as team, spawn(*TEAM, "--refresh-token", "another") as other:
        look = 1 if how == "by itself" else 300
        text = configuration({"acme": team, "beta": other}, serve=f'schedule = "1h"\nlook = {look}')
        _write(tmp_path, text.replace('"another"', '"file:late"'))
        with serving(tmp_path) as server:
            told = server.logged("a connection can't be used", connection="beta")
            assert "late does not exist" in told["reason"]
            server.logged("synced", connection="acme")
            ready = server.ask("ready")
            assert ready.status == 503
            assert "secret beta: the file" in ready.text
            assert "acme" not in ready.text
            assert "late does not exist" in server.health()["connections"]["beta"]["unusable"]
            assert server.metric("jackfield_connection_usable", connection="beta") == 0
            assert server.metric("jackfield_connection_usable", connection="acme") == 1
            (tmp_path / "late").write_text(other.refresh_token)
            (tmp_path / "late").chmod(0o600)
            if how != "by itself":
                server.process.send_signal(signal.SIGHUP)
            server.logged("synced", connection="beta", complete=True)
            server.until(lambda _: server.ask("ready").status == 200)
            assert server.metric("jackfield_connection_usable", connection="beta") == 1
            assert server.health()["connections"]["beta"]["failing"] is None


def test_where_no_connection_has_its_secrets_it_ends_at_once(tmp_path: Path) -> None:
    with spawn(*TEAM) as team:
        _write(tmp_path, configuration({"acme": team}, refresh_token="file:late"))
        with serving(tmp_path) as server:
            assert server.process.wait(60) == 2
            server.end()
        assert "late does not exist" in "\n".join(server.lines)


def test_a_connection_that_is_never_synced_is_served_all_the_same(tmp_path: Path) -> None:
    with spawn(*TEAM) as team:
        _write(tmp_path, configuration({"acme": team}, schedule="never"))
        with serving(tmp_path) as server:
            server.logged("serving", connections=1)
            time.sleep(2)
            assert server.health()["connections"]["acme"]["next_sync"] is None
            assert not team.requests()["requests"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no connection is configured"),
        ('[serve]\nschedule = "sometimes"', "serve.schedule"),
        ("[serve]\nspeed = 1", "unknown key 'speed'"),
        ('[services.platform]\nservice = "nobody"', "no plugin 'nobody'"),
        (
            '[connections.acme]\nconnector = "dropbox"\napp_key = "k"\nrefresh_token = "t"\nschedule = "x"',
            "connections.acme.schedule",
        ),
        ('[connections.acme]\nconnector = "dropbox"', "app_key"),
    ],
)
def test_a_configuration_that_is_wrong_ends_it_at_once(tmp_path: Path, text: str, says: str) -> None:
    if "services" in text:
        text += '\n[connections.acme]\nconnector = "dropbox"\napp_key = "k"\nrefresh_token = "t"'
    _write(tmp_path, text)
    with serving(tmp_path) as server:
        assert server.process.wait(60) == 2
        server.end()
    told = "\n".join(server.lines)
    assert says in told
    assert "Traceback" not in told


def test_a_disk_that_takes_nothing_makes_it_unready(tmp_path: Path) -> None:
    with spawn(*TEAM) as team:
        _write(tmp_path, configuration({"acme": team}, serve='schedule = "1h"'))
        with serving(tmp_path) as server:
            server.logged("synced")
            (tmp_path / "home").rename(tmp_path / "gone")
            (tmp_path / "home").write_text("in the way")
            ready = server.ask("ready")
            assert ready.status == 503
            assert ready.text.startswith("store:")
            (tmp_path / "home").unlink()
            (tmp_path / "gone").rename(tmp_path / "home")
            assert server.ask("ready").status == 200


def test_no_secret_stands_in_log_health_or_metrics(tmp_path: Path) -> None:
    with spawn(*TEAM) as team:
        _write(tmp_path, configuration({"acme": team}, serve='schedule = "1s"\njitter = 0.0'))
        with serving(tmp_path, environment={"JACKFIELD_LOG_LEVEL": "debug"}) as server:
            server.until(lambda _: server.count("synced") >= 2)
            shown = "\n".join([*server.lines, server.ask("health").text, server.ask("metrics").text])
            people = [user["email"] for user in team.truth()["users"]]
            server.end()
        kept = b"".join(file.read_bytes() for file in (tmp_path / "home").glob("service.db*"))
    for secret in (team.app_secret, team.refresh_token):
        assert secret not in shown
        assert secret.encode() not in kept
    metrics = shown[shown.index("# HELP") :]
    assert not [each for each in people if each in metrics]


def test_the_log_is_json_or_text(tmp_path: Path) -> None:
    with spawn(*TEAM) as team:
        _write(tmp_path, configuration({"acme": team}, serve='schedule = "1h"\nlog_format = "text"'))
        with serving(tmp_path) as server:
            end = time.monotonic() + 60
            while not any("event=synced" in line for line in server.lines):
                assert time.monotonic() < end
                time.sleep(0.1)
            assert re.search(r"level=info event=synced .*connection=acme", "\n".join(server.lines))


def test_a_start_knows_what_failed_before_and_tries_it_again(tmp_path: Path) -> None:
    with spawn(*TEAM) as team:
        (tmp_path / "token").write_text("stale")
        (tmp_path / "token").chmod(0o600)
        text = configuration({"acme": team}, serve='schedule = "6h"', refresh_token="file:token")
        _write(tmp_path, text)
        with serving(tmp_path) as server:
            server.logged("a sync failed", error="bad_credentials")
            assert server.metric("jackfield_sync_total", connection="acme", status="held") == 0
            server.end()
        with serving(tmp_path) as server:
            server.logged("a sync failed", error="bad_credentials")
            assert "sign-in acme" in server.ask("ready").text
            (tmp_path / "token").write_text(team.refresh_token)
            server.process.send_signal(signal.SIGHUP)
            server.logged("synced", connection="acme")
            assert server.ask("ready").status == 200


def test_what_fails_after_a_hangup_that_came_while_it_went_on_is_tried_again(tmp_path: Path) -> None:
    with spawn(*TEAM) as team:
        (tmp_path / "token").write_text("stale")
        (tmp_path / "token").chmod(0o600)
        text = configuration(
            {"acme": team}, serve='schedule = "6h"\nlook = 0.5', refresh_token="file:token", retry_deadline=1.0
        )
        _write(tmp_path, text)
        team.settings(latency_ms=3000)
        with serving(tmp_path) as server:
            server.logged("serving")
            _until_requests(team, 1)
            server.process.send_signal(signal.SIGHUP)
            server.logged("the configuration was read anew")
            (tmp_path / "token").write_text(team.refresh_token)
            server.logged("a sync failed", error="bad_credentials")
            team.settings(latency_ms=0)
            server.logged("synced", connection="acme")


def test_what_is_held_or_was_never_published_is_not_ready(tmp_path: Path) -> None:
    with spawn("--members", "60", "--groups", "6") as team, spawn(*TEAM) as other:
        other.fault("server_error", times=100_000)
        serve = 'schedule = "2s"\njitter = 0.0\nstale_after = 2.0'
        _write(tmp_path, configuration({"acme": team, "beta": other}, serve=serve, retry_deadline=1.0))
        with serving(tmp_path) as server:
            server.logged("synced", connection="acme")
            team.change({"do": "remove_percent", "percent": 50})
            server.logged("held", connection="acme")
            end = time.monotonic() + 60
            while "stale beta" not in (ready := server.ask("ready").text):
                assert time.monotonic() < end, ready
                time.sleep(0.3)
            assert "held acme" in ready


def test_a_database_that_is_away_at_the_start_is_told_as_every_command_tells_it(tmp_path: Path) -> None:
    with spawn(*TEAM) as team:
        _write(tmp_path, configuration({"acme": team}))
        with serving(tmp_path, environment={"JACKFIELD_DATABASE": "postgresql://x:hidden@127.0.0.1:1/x"}) as server:
            assert server.process.wait(60) == 75
            server.end()
            told = "\n".join(server.lines)
    assert "Traceback" not in told
    assert "hidden" not in told


def test_by_variables_alone_one_connection_is_served_and_other_commands_are_run(tmp_path: Path) -> None:
    with spawn(*TEAM) as team:
        _write(tmp_path, '[connections.broken]\nconnector = "dropbox"\napp_key = "env:NOWHERE"\nrefresh_token = "x"')
        connection = {
            f"JACKFIELD_CONNECTIONS__DROPBOX__{key.upper()}": getattr(team, key)
            for key in ("app_key", "app_secret", "refresh_token", "base_url")
        }
        with serving(tmp_path, "--connector", "dropbox", environment=connection) as server:
            server.logged("serving", connections=1)
            server.logged("synced", connection="dropbox")
            server.end()
        with serving(tmp_path, "--connector", "dropbox", "--", "syncs", "dropbox", environment=connection) as other:
            assert other.process.wait(60) == 0
            assert other.process.stdout is not None
            assert "published" in other.process.stdout.read()


def test_two_do_not_serve_from_one_home(tmp_path: Path) -> None:
    with spawn(*TEAM) as team:
        _write(tmp_path, configuration({"acme": team}))
        with serving(tmp_path) as first:
            first.logged("serving")
            with serving(tmp_path) as second:
                assert second.process.wait(60) == 13
            assert first.ask("ready").status == 200


def test_nothing_is_done_in_a_home_that_is_another(tmp_path: Path) -> None:
    with spawn(*TEAM) as team:
        _write(tmp_path, configuration({"acme": team}, serve='schedule = "1s"\nlook = 1.0'))
        with serving(tmp_path) as server:
            server.logged("synced")
            (tmp_path / "home").rename(tmp_path / "gone")
            (tmp_path / "home").mkdir(mode=0o700)
            end = time.monotonic() + 60
            while server.ask("ready").status == 200:
                assert time.monotonic() < end
                time.sleep(0.3)
            assert not (tmp_path / "home" / "state.db").exists()
            assert server.end() < 10


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "stuck"])
def test_whoever_reads_the_log_stops_nothing(tmp_path: Path, gone: bool) -> None:
    reader, writer = os.pipe()
    with spawn(*TEAM) as team:
        _write(tmp_path, configuration({"acme": team}, serve='schedule = "1s"\njitter = 0.0'))
        environment = {key: value for key, value in os.environ.items() if not key.startswith("JACKFIELD")}
        environment |= {"JACKFIELD_LOG_LEVEL": "debug", "JACKFIELD_SERVE__HEALTH_PORT": "0"}
        process = subprocess.Popen(
            [JACKFIELD, "--home", str(tmp_path / "home"), "serve"], cwd=tmp_path, env=environment, stderr=writer
        )
        os.close(writer)
        try:
            if gone:
                time.sleep(1.0)
                os.close(reader)
            end = time.monotonic() + 60
            while not (tmp_path / "home" / "state.db").exists() or len(_runs(tmp_path)) < 4:
                assert time.monotonic() < end
                time.sleep(0.3)
            process.terminate()
            assert process.wait(10) == 0
        finally:
            process.kill()
            process.wait(10)
            if not gone:
                os.close(reader)
