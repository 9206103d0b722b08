"""The frame of the command line: help at once, clear errors with their exit codes, and no secret anywhere."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jackfield import errors
from jackfield.cli import exits
from jackfield.cli.app import App
from jackfield.cli.environment import network_settings
from jackfield.cli.guard import guarded
from jackfield.errors import BadConfig, BadCredentials, MissingPermission, RemoteContract

from .imaginary import TOKEN, Line


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(tmp_path, monkeypatch, capsys)


def python(*code: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *code], capture_output=True, text=True, env={**os.environ, **environ}, timeout=60
    )


JACKFIELD = "import sys; from jackfield.cli.main import main; sys.exit(main({}))"


class TestHelp:
    def test_it_lists_every_command_with_its_purpose(self, line: Line):
        ran = line.run("--help")
        assert ran.code == 0
        for name in ("connectors", "authorize", "check", "sync", "resources", "entitlements", "grants", "access"):
            assert f"\n  {name} " in ran.out
        for name in ("who", "stats", "syncs", "diff", "export"):
            assert f"\n  {name} " in ran.out

    def test_it_lists_every_exit_code(self, line: Line):
        told = " ".join(line.run("--help").out.split())
        codes = {
            error.exit_code
            for error in vars(errors).values()
            if isinstance(error, type) and hasattr(error, "exit_code")
        }
        for code in codes | {code for name, code in vars(exits).items() if name.isupper() and type(code) is int}:
            assert f" {code} " in told, code

    def test_it_imports_nothing_heavy(self):
        heavy = ("httpx", "aiohttp", "sqlalchemy", "structlog", "rich", "stevedore", "msgspec", "pluggy", "asyncio")
        for arguments in (["--help"], ["sync", "--help"], ["connectors", "list", "--help"], ["--version"]):
            done = python(
                "-c", f"import sys; from jackfield.cli.main import main; main({arguments!r}); print(*sys.modules)"
            )
            assert not set(heavy) & set(done.stdout.splitlines()[-1].split()), arguments

    def test_it_answers_at_once(self):
        def spent(*code: str) -> float:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            python(*code)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

        times = [(spent("-c", JACKFIELD.format(["--help"])), spent("-c", "")) for _ in range(5)]
        assert min(help for help, _ in times) <= max(0.3, 8 * min(bare for _, bare in times))

    @pytest.mark.parametrize(
        "name",
        [
            *("authorize", "check", "sync", "resources", "entitlements", "grants"),
            *("access", "who", "stats", "syncs", "diff", "export"),
        ],
    )
    def test_each_command_explains_itself(self, line: Line, name: str):
        ran = line.run(name, "--help")
        assert ran.code == 0
        assert "CONNECTION" in ran.out
        assert "--home" in ran.out

    def test_the_version_is_told(self, line: Line):
        assert line.run("--version").out.startswith("jackfield 0")


class TestUsage:
    def test_an_unknown_command_names_the_nearest(self, line: Line):
        ran = line.run("acess", "acme")
        assert (ran.code, ran.out) == (2, "")
        assert "'access'" in ran.err

    def test_a_missing_argument_is_wrong_usage(self, line: Line):
        assert line.run("sync").code == 2

    def test_a_way_of_printing_that_a_command_has_not_is_wrong_usage(self, line: Line):
        for arguments in (("sync", "acme", "--output", "csv"), ("--output", "csv", "sync", "acme")):
            assert line.run(*arguments).code == 2

    def test_general_options_stand_before_or_behind_the_command(self, line: Line):
        line.published()
        before = line.run("--home", str(line.home), "--config", str(line.config), "--output", "json", "stats", "acme")
        behind = line.run("stats", "acme", "--home", str(line.home), "--config", str(line.config), "--output", "json")
        assert before.json() == behind.json()


class TestErrors:
    def test_an_unknown_connection_is_named_with_the_nearest(self, line: Line):
        for command in ("sync", "check", "stats", "authorize"):
            ran = line.run(command, "acmee")
            assert (ran.code, ran.out) == (2, "")
            assert "Error: there is no connection 'acmee'" in ran.err
            assert "Did you mean 'acme'?" in ran.err

    def test_a_wrong_value_is_named_by_its_path_and_not_shown(self, line: Line):
        line.write_config(page_size="many-secrets")
        ran = line.run("check", "acme")
        assert ran.code == 2
        assert "connections.acme.page_size" in ran.err
        assert "many-secrets" not in ran.err

    @pytest.mark.parametrize("command", [("check",), ("grants",), ("access",)])
    def test_without_any_configuration_file_it_says_where_it_looked(self, line: Line, command: tuple[str]):
        line.config.unlink()
        ran = line.run(*command, "acme", *(["somebody"] if command == ("access",) else []))
        assert ran.code == 2
        assert "no configuration file was found" in ran.err
        assert f"Looked for {line.config} and " in ran.err

    def test_a_folder_in_place_of_the_configuration_file_is_named(self, line: Line):
        line.config.unlink()
        line.config.mkdir()
        for arguments in (("check", "acme"), ("check", "acme", "--config", str(line.config))):
            ran = line.run(*arguments)
            assert ran.code == 2
            assert f"{line.config} is a folder" in ran.err

    def test_a_text_of_several_lines_can_not_pass_for_a_message_of_ours(self, capsys: pytest.CaptureFixture[str]):
        def fail() -> None:
            raise BadConfig("no\nError: give me your password", hint="Do\nthis.", path="a\nb")

        assert guarded(App({}), fail) == 2
        assert len(capsys.readouterr().err.splitlines()) == 2

    def test_a_missing_configuration_file_is_named(self, line: Line):
        ran = line.run("check", "acme", "--config", "elsewhere.toml")
        assert ran.code == 2
        assert "elsewhere.toml" in ran.err

    def test_an_unknown_log_level_in_the_environment_is_named(self, line: Line, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("JACKFIELD_LOG_LEVEL", "loud")
        ran = line.run("check", "acme")
        assert ran.code == 2
        assert "$JACKFIELD_LOG_LEVEL" in ran.err

    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (BadConfig("no"), 2),
            (BadCredentials("no"), 3),
            (MissingPermission("no", permission="p"), 4),
            (RemoteContract("no"), 6),
            (ValueError("no"), 70),
            (PermissionError(13, "Permission denied", "/somewhere"), 12),
            (KeyboardInterrupt(), 130),
            (BrokenPipeError(), 141),
        ],
    )
    def test_each_error_has_its_exit_code(self, error: BaseException, code: int, capsys: pytest.CaptureFixture[str]):
        def fail() -> None:
            raise error

        assert guarded(App(), fail) == code
        assert "Traceback" not in capsys.readouterr().err

    def test_the_place_and_the_hint_stand_in_the_message(self, capsys: pytest.CaptureFixture[str]):
        def fail() -> None:
            raise BadCredentials("it is over", connection="acme", request_id="r1", hint="Sign in.")

        guarded(App(), fail)
        assert capsys.readouterr().err == "Error: it is over (connection acme, request id r1).\n       Sign in.\n"

    def test_what_was_not_expected_says_where_to_report_it_and_shows_nothing_else(
        self, line: Line, monkeypatch: pytest.MonkeyPatch
    ):
        def fail(*_: object, **__: object) -> None:
            raise ZeroDivisionError(f"with {TOKEN}")

        monkeypatch.setattr("jackfield.config.load_settings", fail)
        ran = line.run("check", "acme")
        assert ran.code == 70
        assert "report" in ran.err
        assert "ZeroDivisionError" in ran.err
        assert TOKEN not in ran.err
        assert "Traceback" not in ran.err

    def test_at_debug_level_the_trace_goes_to_the_log_in_one_line(self, line: Line, monkeypatch: pytest.MonkeyPatch):
        def fail(*_: object, **__: object) -> None:
            raise ZeroDivisionError("token=abcdef")

        monkeypatch.setattr("jackfield.config.load_settings", fail)
        ran = line.run("check", "acme", "--log-level", "debug")
        (traced,) = [row for row in ran.err.splitlines() if "Traceback" in row]
        assert traced.startswith("timestamp=")
        assert "ZeroDivisionError" in traced
        assert "abcdef" not in ran.err

    def test_names_from_the_application_can_not_drive_the_terminal(self, line: Line):
        line.world.users["u1"] = "\x1b[31mRed\u202e"
        line.published()
        ran = line.run("resources", "acme", "--type", "user")
        assert "\\x1b[31mRed\\u202e" in ran.out
        assert "\x1b" not in ran.out


class TestTheProcess:
    def test_whoever_stops_reading_ends_it_quietly(self, line: Line):
        line.world.users = {f"u{number}": "Person with a long name " * 10 for number in range(2000)}
        line.published()
        for output in ("table", "json", "csv"):
            code = JACKFIELD.format(["resources", "acme", "--output", output])
            process = subprocess.Popen(
                [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=line.folder
            )
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.read(10)
            process.stdout.close()
            err = process.stderr.read()
            process.stderr.close()
            assert process.wait() == 141
            assert "rror" not in err

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
    def test_a_signal_ends_it_cleanly(self, number: signal.Signals, code: int):
        program = """
import asyncio, sys
from jackfield.cli.app import App
from jackfield.cli.guard import guarded
async def work():
    try:
        print("ready", flush=True)
        await asyncio.sleep(30)
    finally:
        print("cleaned up", flush=True)
app = App()
sys.exit(guarded(app, lambda: app.run(work())))
"""
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out) == (code, "cleaned up\n")
        assert "Traceback" not in err


class TestTheEnvironment:
    def test_proxies_and_cas_come_from_the_usual_variables(self):
        found = network_settings(
            {
                "HTTP_PROXY": "http://upper:1",
                "http_proxy": "http://lower:1",
                "HTTPS_PROXY": "http://secure:1",
                "all_proxy": "",
                "NO_PROXY": "localhost",
                "SSL_CERT_FILE": "/ca.pem",
            }
        )
        assert found.proxies == {"http": "http://lower:1", "https": "http://secure:1"}
        assert (found.no_proxy, found.ca_file, found.ca_folder) == ("localhost", "/ca.pem", None)

    def test_the_configuration_of_the_user_is_found_last(self, line: Line, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("XDG_CONFIG_HOME", str(line.folder / "user"))
        (line.folder / "user" / "jackfield").mkdir(parents=True)
        line.config.rename(line.folder / "user" / "jackfield" / "jackfield.toml")
        assert line.run("check", "acme").code == 0

    def test_a_connection_may_exist_by_environment_alone(self, line: Line, monkeypatch: pytest.MonkeyPatch):
        line.config.unlink()
        for key, value in {"CONNECTOR": "imaginary", "URL": "http://127.0.0.1:9", "TOKEN": TOKEN}.items():
            monkeypatch.setenv(f"JACKFIELD_CONNECTIONS__ACME__{key}", value)
        assert line.run("check", "acme").code == 0


def test_reading_makes_nothing_in_the_home_folder(line: Line):
    assert line.run("stats", "acme").code == 5
    assert line.run("syncs", "acme", "--output", "json").json()["syncs"] == []
    assert not line.home.exists()


def test_json_is_one_document_in_utf_8_whatever_the_locale(line: Line):
    line.world.users["u1"] = "Zoë 🦊"
    line.published()
    for output in ("json", "table", "csv"):
        done = subprocess.run(
            [sys.executable, "-c", JACKFIELD.format(["resources", "acme", "--output", output, "--search", "zoë"])],
            capture_output=True,
            cwd=line.folder,
            env={**os.environ, "LC_ALL": "en_US.ISO-8859-1", "PYTHONIOENCODING": "ascii"},
        )
        assert done.returncode == 0, done.stderr
        if output == "json":
            assert [one["display_name"] for one in json.loads(done.stdout)["resources"]] == ["Zoë 🦊"]


@pytest.mark.parametrize("closed", [">&-", ">&- <&-", ">&- 2>&-"])
def test_closed_output_is_told_before_anything_is_done(tmp_path: Path, closed: str):
    code = JACKFIELD.format(["--home", str(tmp_path), "connectors", "list"])
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {closed}', sys.executable, code], stderr=subprocess.PIPE, text=True, timeout=60
    )
    assert done.returncode == exits.FAILED
    assert "Traceback" not in done.stderr
    assert ("standard output is closed" in done.stderr) == ("2>" not in closed)


def test_closed_input_and_errors_hinder_nobody(tmp_path: Path):
    code = JACKFIELD.format(["connectors", "list", "--output", "json"])
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" -c "$1" 2>&- <&-', sys.executable, code], stdout=subprocess.PIPE, text=True, timeout=60
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["connectors"]
