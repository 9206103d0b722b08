"""OAuth consent: the address at which an administrator agrees, the answer on loopback, and the code's exchange.

Promises that an answer counts only with the state of this very consent, that a code is of use to nobody else (the
client's secret, or PKCE with S256), and that neither shows in a log. Hides the little web server.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit

import msgspec

from jackfield.config.secrets import Secret
from jackfield.errors import BadConfig, BadCredentials, RemoteContract
from jackfield.http.address import checked_address
from jackfield.http.auth import OAuthClient, TokenAnswer, request_token
from jackfield.http.contract import HttpSession

if TYPE_CHECKING:
    from aiohttp import web

CALLBACK = "/callback"
LOOPBACK_PORT = 53171
"""The port of the redirect address unless told otherwise: applications want the address registered beforehand."""


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """One consent that was asked for. ``redirect_uri`` None: the application shows a code for pasting."""

    client: OAuthClient
    state: Secret
    verifier: Secret | None = None
    redirect_uri: str | None = None

    @property
    def address(self) -> str:
        """The address that the administrator opens."""
        fields = {**self.client.parameters, "response_type": "code", "client_id": self.client.client_id}
        fields["state"] = self.state.reveal()
        if self.client.scopes:
            fields["scope"] = " ".join(self.client.scopes)
        if self.redirect_uri is not None:
            fields["redirect_uri"] = self.redirect_uri
        if self.verifier is not None:
            fields |= {"code_challenge": _challenge(self.verifier), "code_challenge_method": "S256"}
        parts = urlsplit(checked_address(self.client.authorize_url))
        query = "&".join(part for part in (parts.query, urlencode(fields)) if part)
        return urlunsplit(parts._replace(query=query))

    async def exchange(self, http: HttpSession, code: Secret) -> TokenAnswer:
        """The tokens for *code*. Costs one request; raises BadCredentials if the code is refused."""
        form = {"grant_type": "authorization_code", "code": code.reveal()}
        if self.redirect_uri is not None:
            form["redirect_uri"] = self.redirect_uri
        if self.verifier is not None:
            form["code_verifier"] = self.verifier.reveal()
        try:
            return await request_token(http, self.client, form)
        except BadCredentials as error:
            if error.tag != "invalid_grant":
                raise
            raise BadCredentials(
                "the application refuses the code (invalid_grant): it is mistyped, was used before, or is too old",
                hint="Run `jackfield authorize` again and use the new code within a few minutes.",
                route=error.route,
                request_id=error.request_id,
            ) from None


def begin_consent(client: OAuthClient, redirect_uri: str | None = None) -> Consent:
    """A new consent, with a state of its own and, for a client without a secret, a PKCE verifier (RFC 7636)."""
    return Consent(
        client=client,
        state=Secret(secrets.token_urlsafe(32)),
        verifier=None if client.client_secret is not None else Secret(secrets.token_urlsafe(64)),
        redirect_uri=redirect_uri,
    )


def refresh_token_of(answer: TokenAnswer) -> Secret:
    """The refresh token of *answer*; raises RemoteContract if the application gave none."""
    if answer.refresh_token is None:
        raise RemoteContract(
            "the application gave no refresh token, only access for a short time",
            route="oauth2 token",
            hint="Its app must be allowed offline access.",
        )
    return answer.refresh_token


class Receiver:
    """Waits on loopback for the redirect that carries the code."""

    def __init__(self, port: int) -> None:
        self.redirect_uri = f"http://127.0.0.1:{port}{CALLBACK}"
        self._consent: Consent | None = None
        self._code: asyncio.Future[Secret] = asyncio.get_running_loop().create_future()

    async def code(self, consent: Consent, *, timeout: float) -> Secret:
        """The code that answers *consent*; raises BadCredentials if it is denied or nothing comes within *timeout* s."""
        self._consent = consent
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.shield(self._code)
        except TimeoutError:
            raise BadCredentials(
                f"nobody agreed within {timeout:g} s",
                hint="Run `jackfield authorize` again; without --loopback it asks for a code that you paste.",
            ) from None

    async def answer(self, request: "web.Request") -> "web.Response":
        """Take one redirect; what does not carry this consent's state changes nothing."""
        given = request.query.get("state", "").encode()
        if self._consent is None or not hmac.compare_digest(given, self._consent.state.reveal().encode()):
            return _page(400, "This is not the answer that is waited for. Start again from the terminal.")
        if self._code.done():
            return _page(200, "Already answered. You can close this page and return to the terminal.")
        code, error = request.query.get("code", ""), request.query.get("error", "")
        if code and not error:
            self._code.set_result(Secret(code))
            return _page(200, "Done. You can close this page and return to the terminal.")
        denied = error == "access_denied"
        what = (
            "consent was denied" if denied else f"the application answered the consent with {error[:80] or 'no code'!r}"
        )
        self._code.set_exception(BadCredentials(what, hint="Run `jackfield authorize` again to try once more."))
        self._code.exception()  # marks it as seen, should nobody wait any more
        return _page(200, "Access was not given. You can close this page and return to the terminal.")


@asynccontextmanager
async def receive(port: int) -> AsyncGenerator[Receiver]:
    """Listen on 127.0.0.1 for as long as the block lasts; port 0 takes a free one. Raises BadConfig if it is taken."""
    from aiohttp import web

    application = web.Application()
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    listening = _listen(port)
    receiver = Receiver(listening.getsockname()[1])
    application.router.add_get(CALLBACK, receiver.answer)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield receiver
    finally:
        await runner.cleanup()
        listening.close()


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        listening.close()
        raise BadConfig(
            f"the port {port} of 127.0.0.1 can't be listened on: {error.strerror}",
            hint="Choose another with --redirect-port, and register its redirect address with the application.",
        ) from None
    return listening


def _page(status: int, text: str) -> "web.Response":
    from aiohttp import web

    return web.Response(
        status=status,
        text=f"<!doctype html><meta charset=utf-8><title>Jackfield</title><p>{text}</p>",
        content_type="text/html",
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'",
            "Referrer-Policy": "no-referrer",
        },
    )


def _challenge(verifier: Secret) -> str:
    digest = hashlib.sha256(verifier.reveal().encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
