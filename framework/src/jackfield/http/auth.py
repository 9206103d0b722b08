"""OAuth 2: a client as data, and access tokens that are refreshed ahead of their end, once for all calls in flight."""

import asyncio
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import msgspec

from jackfield.clock import Clock
from jackfield.config.secrets import Secret
from jackfield.errors import BadCredentials, JackfieldError, RateLimited, RemoteContract, Transient
from jackfield.http.contract import Authorizer, HttpSession, Response

__all__ = ["Authorizer", "OAuthClient", "RefreshingToken", "TokenAnswer", "request_token"]

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class OAuthClient(msgspec.Struct, frozen=True, kw_only=True):
    """An OAuth client of an application. Without ``client_secret`` the flow uses PKCE (RFC 7636).

    ``scopes`` empty asks for all that the client has. ``parameters`` are added to the authorisation address.
    """

    authorize_url: str
    token_url: str
    client_id: str
    client_secret: Secret | None = None
    scopes: tuple[str, ...] = ()
    parameters: dict[str, str] = {}


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a token address answers (RFC 6749, 5.1). ``expires_in``: seconds."""

    access_token: Secret
    expires_in: float | None = None
    refresh_token: Secret | None = None
    scope: str | None = None


class _Wire(msgspec.Struct, frozen=True, kw_only=True):
    access_token: str
    expires_in: float | None = None
    refresh_token: str | None = None
    scope: str | None = None


class _WireError(msgspec.Struct, frozen=True, kw_only=True):
    error: str = ""


async def request_token(http: HttpSession, client: OAuthClient, form: Mapping[str, str]) -> TokenAnswer:
    """Ask the token address with *form* plus the client's own credentials. Costs one request.

    Raises BadCredentials if it refuses, and what ``HttpSession.request`` raises.
    """
    fields = {**form, "client_id": client.client_id}
    if client.client_secret is not None:
        fields["client_secret"] = client.client_secret.reveal()
    response = await http.request("POST", client.token_url, body=urlencode(fields).encode(), headers=FORM)
    if response.status != 200:
        raise _refusal(response, client)
    try:
        wire = msgspec.json.decode(response.body, type=_Wire)
    except msgspec.DecodeError:
        # A proxy's error page or a cut body: nothing of it is shown, it may hold the token.
        raise Transient(
            "the token address gave an answer that is not a token", route="oauth2 token", request_id=response.request_id
        ) from None
    return TokenAnswer(
        access_token=Secret(wire.access_token),
        expires_in=wire.expires_in,
        refresh_token=Secret(wire.refresh_token) if wire.refresh_token else None,
        scope=wire.scope,
    )


def _refusal(response: Response, client: OAuthClient) -> JackfieldError:
    try:
        error = msgspec.json.decode(response.body, type=_WireError).error
    except msgspec.DecodeError:
        error = ""
    where = {"route": "oauth2 token", "request_id": response.request_id}
    if error == "invalid_grant":
        return BadCredentials(
            "the refresh token or code is no longer accepted (invalid_grant)",
            hint="Run `jackfield authorize` for this connection.",
            **where,
        )
    if error in ("invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type"):
        secret = "with" if client.client_secret is not None else "without"
        return BadCredentials(
            f"the application does not accept this client ({error}), {secret} a client secret",
            hint="Check the client's id and secret; a token got with the secret needs it, one got without refuses it.",
            **where,
        )
    if response.status in (400, 401, 403):
        return BadCredentials(f"the token address refused with status {response.status}", **where)
    return RemoteContract(f"the token address answered {response.status}", **where)


class RefreshingToken:
    """An Authorizer with bearer tokens got for a refresh token.

    Refreshes min(300 s, a tenth of the lifetime) ahead of the end, and once when *lapsed* says that an answer means an
    expired token; however many calls need it at the same time, one request is made.
    """

    def __init__(
        self,
        *,
        http: HttpSession,
        client: OAuthClient,
        refresh_token: Secret,
        clock: Clock,
        lapsed: Callable[[Response], bool],
    ) -> None:
        self._http = http
        self._client = client
        self._refresh_token = refresh_token
        self._clock = clock
        self._lapsed = lapsed
        self._turn = asyncio.Lock()
        self._header: str | None = None
        self._renew_at = 0.0
        self._ends_at = 0.0

    def __repr__(self) -> str:
        return "RefreshingToken(***)"

    async def headers(self) -> Mapping[str, str]:
        """The Authorization header; refreshes first where the token is near its end."""
        if self._header is None or self._clock.monotonic() >= self._renew_at:
            async with self._turn:
                if self._header is None or self._clock.monotonic() >= self._renew_at:
                    await self._refresh_ahead()
        return {"Authorization": self._header or ""}

    async def renew(self, used: Mapping[str, str], response: Response) -> bool:
        """Whether the call that got *response* should be sent once more, with a newer token than in *used*."""
        if not self._lapsed(response):
            return False
        async with self._turn:
            if used.get("Authorization") == self._header:
                await self._refresh()
        return True

    async def _refresh_ahead(self) -> None:
        try:
            await self._refresh()
        except (Transient, RateLimited):
            # The token in hand still works for a while; the next call tries again.
            if self._header is None or self._clock.monotonic() >= self._ends_at:
                raise

    async def _refresh(self) -> None:
        form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token.reveal()}
        started = self._clock.monotonic()
        answer = await request_token(self._http, self._client, form)
        lifetime = answer.expires_in if answer.expires_in is not None else 3600.0
        self._header = f"Bearer {answer.access_token.reveal()}"
        self._ends_at = started + lifetime
        self._renew_at = self._ends_at - min(300.0, lifetime / 10)
