"""Consent: what is asked, whose answer counts, and what the code is exchanged with."""

import asyncio
import base64
import hashlib
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from aiohttp import ClientSession

from jackfield.config import Secret
from jackfield.errors import BadConfig, BadCredentials, RemoteContract
from jackfield.http import OAuthClient, Response
from jackfield.http.auth import request_token
from jackfield.http.consent import Consent, Receiver, begin_consent, receive, refresh_token_of

from .loopback import asynchronous

WITH_SECRET = OAuthClient(
    authorize_url="https://example.com/authorize?locale=en",
    token_url="https://example.com/token",
    client_id="app",
    client_secret=Secret("app-secret"),
    scopes=("read", "write"),
    parameters={"offline": "yes"},
)
WITHOUT = OAuthClient(
    authorize_url="https://example.com/authorize", token_url="https://example.com/token", client_id="app"
)


def asked(consent: Consent) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(consent.address).query))


class Application:
    """Plays the token address."""

    def __init__(self, status: int = 200, body: bytes = b'{"access_token":"a","refresh_token":"r"}') -> None:
        self.forms: list[dict[str, list[str]]] = []
        self._answer = Response(status=status, headers={}, body=body)

    async def request(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str]) -> Response:
        self.forms.append(parse_qs(body.decode()))
        return self._answer


class Either(Application):
    """Takes a secret or a proof, not both."""

    async def request(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str]) -> Response:
        answer = await super().request(method, url, body=body, headers=headers)
        if "client_secret" in self.forms[-1]:
            return Response(status=400, headers={}, body=b'{"error":"invalid_request","error_description":"not both"}')
        return answer


class TestTheAddress:
    def test_with_a_secret_it_has_a_state_and_a_challenge_too(self):
        fields = asked(begin_consent(WITH_SECRET))
        assert (fields["response_type"], fields["client_id"], fields["scope"]) == ("code", "app", "read write")
        assert (fields["locale"], fields["offline"]) == ("en", "yes")
        assert len(fields["state"]) >= 32
        assert fields["code_challenge_method"] == "S256"
        assert not {"redirect_uri", "client_secret", "code_verifier"} & set(fields)

    def test_without_a_secret_it_has_a_pkce_challenge(self):
        consent = begin_consent(WITHOUT, "http://127.0.0.1:1/callback")
        fields = asked(consent)
        digest = hashlib.sha256(consent.verifier.reveal().encode()).digest()
        assert fields["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
        assert (fields["code_challenge_method"], fields["redirect_uri"]) == ("S256", "http://127.0.0.1:1/callback")
        assert "scope" not in fields
        assert 43 <= len(consent.verifier.reveal()) <= 128

    def test_no_two_consents_are_alike_and_none_shows_its_secrets(self):
        one, other = begin_consent(WITHOUT), begin_consent(WITHOUT)
        assert one.state != other.state
        assert one.verifier != other.verifier
        assert one.state.reveal() not in repr(one)


class TestTheExchange:
    @asynchronous
    async def test_with_a_secret_the_code_goes_with_it(self):
        application = Application()
        consent = begin_consent(WITH_SECRET, "http://127.0.0.1:1/x")
        answer = await consent.exchange(application, Secret("code"))  # type: ignore[arg-type]
        assert refresh_token_of(answer) == Secret("r")
        assert application.forms == [
            {
                "grant_type": ["authorization_code"],
                "code": ["code"],
                "redirect_uri": ["http://127.0.0.1:1/x"],
                "client_id": ["app"],
                "client_secret": ["app-secret"],
                "code_verifier": [consent.verifier.reveal()],
            }
        ]

    @asynchronous
    async def test_an_application_that_takes_a_secret_or_a_proof_gets_the_proof_alone(self):
        application = Either()
        consent = begin_consent(WITH_SECRET)
        assert refresh_token_of(await consent.exchange(application, Secret("code"))) == Secret("r")  # type: ignore[arg-type]
        assert [("client_secret" in form, "code_verifier" in form) for form in application.forms] == [
            (True, True),
            (False, True),
        ]
        application.forms.clear()
        form = {"grant_type": "refresh_token", "refresh_token": "got-by-a-proof"}
        await request_token(application, WITH_SECRET, form)  # type: ignore[arg-type]
        assert ["client_secret" in form for form in application.forms] == [True, False]

    @asynchronous
    async def test_a_refusal_that_the_proof_alone_does_not_help_is_the_one_that_is_told(self):
        application = Application(401, b'{"error":"invalid_client: Invalid client_id or client_secret"}')
        with pytest.raises(
            BadCredentials, match=r"invalid_client: Invalid client_id or client_secret\), with a client"
        ):
            await begin_consent(WITH_SECRET).exchange(application, Secret("code"))  # type: ignore[arg-type]
        assert len(application.forms) == 2

    @asynchronous
    async def test_without_a_secret_the_code_goes_with_the_verifier(self):
        application = Application()
        consent = begin_consent(WITHOUT)
        await consent.exchange(application, Secret("code"))  # type: ignore[arg-type]
        assert application.forms[0]["code_verifier"] == [consent.verifier.reveal()]
        assert not {"client_secret", "redirect_uri"} & set(application.forms[0])

    @asynchronous
    async def test_a_refused_code_says_so_and_is_not_shown(self):
        application = Application(400, b'{"error":"invalid_grant"}')
        with pytest.raises(BadCredentials, match="refuses the code") as raised:
            await begin_consent(WITH_SECRET).exchange(application, Secret("c0de-text"))  # type: ignore[arg-type]
        assert "c0de-text" not in str(raised.value)

    @asynchronous
    async def test_a_refused_client_stays_a_refused_client(self):
        application = Application(400, b'{"error":"invalid_client"}')
        with pytest.raises(BadCredentials, match="invalid_client"):
            await begin_consent(WITH_SECRET).exchange(application, Secret("code"))  # type: ignore[arg-type]

    @asynchronous
    async def test_access_without_a_refresh_token_is_not_enough(self):
        answer = await begin_consent(WITH_SECRET).exchange(Application(body=b'{"access_token":"a"}'), Secret("code"))  # type: ignore[arg-type]
        with pytest.raises(RemoteContract, match="no refresh token"):
            refresh_token_of(answer)


async def redirected(receiver: Receiver, **query: str) -> tuple[int, str, Mapping[str, str]]:
    async with ClientSession() as browser, browser.get(f"{receiver.redirect_uri}?{urlencode(query)}") as page:
        return page.status, await page.text(), dict(page.headers)


class Answered:
    """A consent that waits on loopback, and what comes back."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.consent = begin_consent(WITHOUT, receiver.redirect_uri)
        self.waiting = asyncio.create_task(receiver.code(self.consent, timeout=5))

    async def answer(self, **query: str) -> tuple[int, str, Mapping[str, str]]:
        await asyncio.sleep(0)
        return await redirected(self.receiver, state=self.consent.state.reveal(), **query)


class TestLoopback:
    @asynchronous
    async def test_the_code_of_the_answer_is_given_and_the_person_sent_back(self):
        async with receive(0) as receiver:
            consent = Answered(receiver)
            status, page, headers = await consent.answer(code="the-code")
            assert await consent.waiting == Secret("the-code")
        assert status == 200
        assert "return to the terminal" in page
        assert "the-code" not in page
        assert headers["Cache-Control"] == "no-store"

    @asynchronous
    async def test_it_listens_on_loopback_only(self):
        async with receive(0) as receiver:
            assert urlsplit(receiver.redirect_uri).hostname == "127.0.0.1"
            with socket.socket() as other, pytest.raises(ConnectionRefusedError):
                other.connect(("127.0.0.2", urlsplit(receiver.redirect_uri).port))

    @asynchronous
    async def test_an_answer_with_another_state_counts_for_nothing(self):
        async with receive(0) as receiver:
            consent = Answered(receiver)
            await asyncio.sleep(0)
            forged: list[dict[str, Any]] = [
                {"state": "x", "code": "evil"},
                {"code": "evil"},
                {"error": "access_denied"},
            ]
            for query in forged:
                assert (await redirected(receiver, **query))[0] == 400
            assert not consent.waiting.done()
            await consent.answer(code="good")
            assert await consent.waiting == Secret("good")
            assert (await consent.answer(code="late"))[0] == 200
            assert await consent.waiting == Secret("good")

    @asynchronous
    async def test_a_denial_is_told(self):
        async with receive(0) as receiver:
            consent = Answered(receiver)
            await consent.answer(error="access_denied")
            with pytest.raises(BadCredentials, match="denied"):
                await consent.waiting

    @asynchronous
    async def test_another_error_of_the_application_is_told(self):
        async with receive(0) as receiver:
            consent = Answered(receiver)
            await consent.answer(error="server_error")
            with pytest.raises(BadCredentials, match="server_error"):
                await consent.waiting

    @asynchronous
    async def test_it_does_not_wait_for_ever(self):
        async with receive(0) as receiver:
            with pytest.raises(BadCredentials, match="nobody agreed"):
                await receiver.code(begin_consent(WITHOUT), timeout=0.01)

    @asynchronous
    async def test_a_port_in_use_is_named(self):
        async with receive(0) as receiver:
            port = urlsplit(receiver.redirect_uri).port or 0
            with pytest.raises(BadConfig, match=str(port)):
                async with receive(port):
                    pass
