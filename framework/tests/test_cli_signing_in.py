"""``connectors``, ``check`` and ``authorize``: what is installed, what credentials allow, and how they are got."""

import io
import json
import stat
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit
from urllib.request import urlopen

import pytest

from jackfield.cli.commands.check import PATIENCE
from jackfield.errors import BadConfig, RateLimited
from jackfield.hookspecs import API
from jackfield.http import OAuthClient
from jackfield_contracts import Tenant

from .imaginary import APP_SECRET, TOKEN, Line

Forms = list[dict[str, list[str]]]
Paste = Callable[[str | bytes], None]


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(tmp_path, monkeypatch, capsys)


class TestConnectors:
    def test_those_that_can_be_used_and_those_that_can_not_are_listed(self, line: Line):
        ran = line.run("connectors", "list")
        assert ran.code == 0
        one, other = ran.out.splitlines()[1:]
        assert one.split() == ["imaginary", "Imaginary", "1.2", "jackfield-imaginary", f"{API[0]}.{API[1]}", "ready"]
        assert "can't be used: it fails to import: no" in other
        found = line.run("connectors", "list", "--output", "json").json()
        assert [one["name"] for one in found["connectors"]] == ["imaginary"]
        assert found["failures"] == [
            {
                "name": "broken",
                "distribution": "jackfield-broken",
                "version": "0.1",
                "reason": "it fails to import: no",
            }
        ]

    def test_one_is_shown_without_configuration(self, line: Line):
        line.config.unlink()
        ran = line.run("connectors", "show", "imaginary")
        assert ran.code == 0
        for text in ("users.read, counts.read (optional)", "token  (secret, required)", "What consent gives."):
            assert text in ran.out
        assert "$JACKFIELD_CONNECTIONS__NAME__PAGE_SIZE" in ran.out

    def test_its_keys_are_told_to_programs(self, line: Line):
        found = line.run("connectors", "show", "imaginary", "--output", "json").json()
        keys = {one["name"]: one for one in found["configuration"]}
        assert keys["token"] == {
            "name": "token",
            "type": "secret",
            "required": True,
            "default": None,
            "description": "What consent gives.",
            "secret": True,
            "variable": "JACKFIELD_CONNECTIONS__NAME__TOKEN",
        }
        assert (keys["page_size"]["type"], keys["page_size"]["default"]) == ("whole number", 100)
        assert (keys["app_secret"]["secret"], keys["app_secret"]["required"]) == (True, False)

    def test_a_mistyped_name_is_answered_with_the_nearest(self, line: Line):
        ran = line.run("connectors", "show", "imaginry")
        assert ran.code == 2
        assert "Did you mean 'imaginary'?" in ran.err

    def test_an_unknown_or_broken_one_says_why(self, line: Line):
        assert line.run("connectors", "show", "nothing").code == 2
        ran = line.run("connectors", "show", "broken")
        assert ran.code == 2
        assert "it fails to import" in ran.err


class TestCheck:
    def test_it_tells_whose_account_and_what_is_allowed(self, line: Line):
        line.world.refused = {"change"}
        ran = line.run("check", "acme")
        assert ran.code == 0
        assert "Imaginary Ltd (t1)" in ran.out
        assert "Ann Admin" in ran.out
        assert "NOT AVAILABLE  users.write" in ran.out
        found = line.run("check", "acme", "--output", "json").json()
        assert found["tenant"] == {"id": "t1", "name": "Imaginary Ltd"}
        assert found["capabilities"][1] == {
            "capability": "change",
            "available": False,
            "missing": ["users.write"],
            "reason": "not granted",
        }

    def test_what_it_does_not_know_is_unknown(self, line: Line):
        line.world.admin, line.world.tenant = None, Tenant(id="t1")
        ran = line.run("check", "acme")
        assert "authorized by  unknown" in ran.out
        assert line.run("check", "acme", "--output", "json").json()["authorized_by"] is None

    def test_credentials_that_can_not_sync_are_not_enough(self, line: Line):
        line.world.refused = {"users"}
        ran = line.run("check", "acme", "--output", "json")
        assert ran.code == 4
        assert ran.json()["capabilities"][0]["available"] is False
        assert "users.read" in ran.err

    def test_refused_credentials_need_a_new_sign_in(self, line: Line):
        line.token.write_text("an-old-one")
        ran = line.run("check", "acme")
        assert (ran.code, ran.out) == (3, "")
        assert "an-old-one" not in ran.err

    def test_what_may_work_later_is_tried_again_and_nothing_of_it_is_printed(self, line: Line):
        line.world.failing_checks = 1
        ran = line.run("check", "acme", "--output", "json")
        assert (ran.code, len(line.world.checks)) == (0, 2)
        assert ran.json()["connection"] == "acme"

    def test_a_pause_longer_than_its_patience_is_not_waited_for(self, line: Line, monkeypatch: pytest.MonkeyPatch):
        async def refuse(_: object) -> None:
            line.world.checks.append("")
            raise RateLimited("come back later", after=PATIENCE * 2)

        monkeypatch.setattr("jackfield.host.connection.Connection.check", refuse)
        assert line.run("check", "acme").code == 75
        assert len(line.world.checks) == 1


class Tokens(BaseHTTPRequestHandler):
    """The token address of the imaginary application."""

    forms: Forms

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.forms.append(form)
        good = form["code"] == ["good-code"]
        body = {"access_token": "access-t0ken", "refresh_token": TOKEN} if good else {"error": "invalid_grant"}
        self.send_response(200 if good else 400)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


class TestAuthorize:
    @pytest.fixture
    def forms(self, line: Line) -> Iterator[Forms]:
        forms: Forms = []
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Mine", (Tokens,), {"forms": forms}))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        line.world.consent = OAuthClient(
            authorize_url="https://example.com/authorize",
            token_url=f"http://127.0.0.1:{server.server_address[1]}/token",
            client_id="app",
        )
        line.token.unlink()
        line.token.parent.rmdir()
        yield forms
        server.shutdown()
        thread.join()
        server.server_close()

    @pytest.fixture
    def paste(self, monkeypatch: pytest.MonkeyPatch) -> Paste:
        def put(text: str | bytes) -> None:
            data = text if isinstance(text, bytes) else text.encode()
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))

        return put

    def test_a_pasted_code_becomes_a_token_in_its_place(self, line: Line, forms: Forms, paste: Paste):
        paste("good-code\n")
        ran = line.run("authorize", "acme")
        assert (ran.code, ran.out) == (0, "")
        assert ran.err.splitlines()[-1] == "Authorized as Ann Admin of Imaginary Ltd."
        assert line.token.read_text() == TOKEN + "\n"
        assert stat.S_IMODE(line.token.stat().st_mode) == 0o600
        assert stat.S_IMODE(line.token.parent.stat().st_mode) == 0o700
        assert line.world.checks == [TOKEN]
        assert TOKEN not in ran.err
        assert line.run("check", "acme").code == 0

    def test_without_a_secret_the_flow_uses_pkce(self, line: Line, forms: Forms, paste: Paste):
        paste("good-code\n")
        ran = line.run("authorize", "acme")
        (address,) = [row.strip() for row in ran.err.splitlines() if "https://" in row]
        assert dict(parse_qsl(urlsplit(address).query))["code_challenge_method"] == "S256"
        assert len(forms[0]["code_verifier"][0]) >= 43
        assert "client_secret" not in forms[0]

    def test_with_a_secret_the_flow_uses_it_and_never_shows_it(self, line: Line, forms: Forms, paste: Paste):
        line.write_config(app_secret=APP_SECRET)
        paste("good-code\n")
        ran = line.run("authorize", "acme", "--log-level", "debug")
        assert ran.code == 0
        assert forms[0]["client_secret"] == [APP_SECRET]
        assert len(forms[0]["code_verifier"][0]) >= 43
        for secret in (APP_SECRET, TOKEN, "good-code", "access-t0ken"):
            assert secret not in ran.out + ran.err

    def test_on_request_the_token_is_printed_once_and_not_stored(self, line: Line, forms: Forms, paste: Paste):
        line.write_config(token="env:SOMEWHERE")
        paste("good-code\n")
        ran = line.run("authorize", "acme", "--print-token")
        assert (ran.code, ran.out) == (0, TOKEN + "\n")
        assert TOKEN not in ran.err
        assert not line.token.parent.exists()

    @pytest.mark.parametrize("value", ["env:SOMEWHERE", "plain", "file:/proc/nowhere/token"])
    def test_a_token_that_can_not_be_stored_is_found_out_before_anybody_is_asked(
        self, line: Line, forms: Forms, value: str
    ):
        line.write_config(token=value)
        ran = line.run("authorize", "acme")
        assert ran.code == 2
        assert "connections.acme.token" in ran.err
        assert "--print-token" in ran.err
        assert "https://" not in ran.err

    @pytest.mark.parametrize("place", ["jackfield.toml", "home/state.db", "link"])
    def test_a_token_takes_the_place_of_nothing_of_jackfields_own(self, line: Line, forms: Forms, place: str):
        (line.folder / "link").symlink_to(line.folder / "jackfield.toml")
        line.write_config(token=f"file:{place}")
        before = (line.folder / "jackfield.toml").read_bytes()
        ran = line.run("authorize", "acme")
        assert ran.code == 2
        assert "connections.acme.token" in ran.err
        assert "is not written" in ran.err
        assert "https://" not in ran.err
        assert (line.folder / "jackfield.toml").read_bytes() == before

    def test_a_refused_code_stores_nothing(self, line: Line, forms: Forms, paste: Paste):
        paste("bad-code\n")
        ran = line.run("authorize", "acme")
        assert ran.code == 3
        assert "bad-code" not in ran.err
        assert not line.token.exists()

    def test_no_code_is_no_consent(self, line: Line, forms: Forms, paste: Paste):
        paste("")
        assert line.run("authorize", "acme").code == 3
        assert forms == []

    @pytest.mark.parametrize(
        "pasted",
        [
            *(
                b"caf\xe9\n",
                b"\xff\xfea\x00\n",
                b"co\x1b[2Jde\n",
                b"co\x00de\n",
                "co\u200bde\n".encode(),
                b"x" * 100_000,
            ),
            *("кодъ\n".encode(), b"\x80" * 5000, b"a\tb\n"),
        ],
    )
    def test_what_is_pasted_and_is_no_code_ends_in_a_sentence(
        self, line: Line, forms: Forms, paste: Paste, pasted: bytes
    ):
        paste(pasted)
        ran = line.run("authorize", "acme")
        assert (ran.code, forms) == (3, [])
        assert "that is no code" in ran.err
        assert all(row.isprintable() for row in ran.err.splitlines())

    def test_the_answer_can_come_by_loopback(self, line: Line, forms: Forms, monkeypatch: pytest.MonkeyPatch):
        def agree(address: str) -> None:
            fields = dict(parse_qsl(urlsplit(address).query))
            back = f"{fields['redirect_uri']}?state={fields['state']}&code=good-code"
            threading.Thread(target=lambda: urlopen(back).read()).start()

        monkeypatch.setattr("jackfield.cli.commands.authorize._show_address", agree)
        ran = line.run("authorize", "acme", "--loopback", "--redirect-port", "0", "--no-browser")
        assert (ran.code, ran.err.splitlines()[-1]) == (0, "Authorized as Ann Admin of Imaginary Ltd.")
        assert forms[0]["redirect_uri"][0].startswith("http://127.0.0.1:")
        assert line.token.read_text() == TOKEN + "\n"

    def test_nobody_agreeing_in_time_is_told(self, line: Line, forms: Forms):
        ran = line.run("authorize", "acme", "--redirect-port", "0", "--timeout", "1")
        assert ran.code == 3
        assert "nobody agreed" in ran.err

    def test_a_connector_without_consent_says_so(self, line: Line):
        assert line.run("authorize", "acme").code == 7

    def test_a_wrong_value_that_consent_finds_is_named_by_its_whole_path(self, line: Line, forms: Forms):
        line.world.consent_error = BadConfig("that is no address", path="url")
        ran = line.run("authorize", "acme")
        assert (ran.code, forms) == (2, [])
        assert "at connections.acme.url" in ran.err
