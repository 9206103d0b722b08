"""OAuth 2: a client as data, and access tokens that are renewed ahead of their end, once for all calls in flight.

Promises one token request however many calls need it, whatever the token is got for; hides tokens and their ends.
"""

import asyncio
import copy
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote_plus, urlencode

import msgspec

from jackfield.clock import Clock
from jackfield.config.secrets import Mask, Secret
from jackfield.errors import BadCredentials, JackfieldError, RateLimited, RemoteContract, Transient
from jackfield.http.bodies import NotJson, decode_json, peek_json
from jackfield.http.contract import Authorizer, HttpSession, Response
from jackfield.http.keys import basic
from jackfield.visible import one_line

__all__ = ["Authorizer", "ClientCredentials", "OAuthClient", "RefreshingToken", "TokenAnswer", "request_token"]

_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
"""What may stand in a header (RFC 6750, 2.1, and a little more)."""

_CODE = re.compile(r"[\x20-\x7e]{1,4096}")
"""What a code for consent may hold (RFC 6749, A.11)."""

_REFUSALS = (
    "invalid_grant",
    "invalid_client",
    "unauthorized_client",
    "invalid_request",
    "unsupported_grant_type",
    "invalid_scope",
)
_PASSING = ("temporarily_unavailable", "server_error", "slow_down")

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class OAuthClient(msgspec.Struct, frozen=True, kw_only=True):
    """An OAuth client of an application. Its consent uses PKCE (RFC 7636), beside a ``client_secret``, too.

    ``scopes`` empty asks for all that the client has. ``parameters`` are added to the authorisation address, which is
    empty where nobody is asked for consent. ``basic``: the token address wants the client's id and secret as Basic
    credentials, not in the form (RFC 6749, 2.3.1).
    """

    token_url: str
    client_id: str
    client_secret: Secret | None = None
    authorize_url: str = ""
    basic: bool = False
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
    token_type: str = "bearer"  # noqa: S105 - a kind of token
    expires_in: float | None = None
    refresh_token: str | None = None
    scope: str | None = None


class _WireError(msgspec.Struct, frozen=True, kw_only=True):
    error: Any = None
    error_description: Any = None


_wire = msgspec.json.Decoder(_Wire, strict=False)


async def request_token(http: HttpSession, client: OAuthClient, form: Mapping[str, str]) -> TokenAnswer:
    """Ask the token address with *form* plus the client's own credentials. Costs one request, rarely two.

    Raises BadCredentials if it refuses, RemoteContract if its JSON is no token, and what ``HttpSession.request`` raises.
    """
    try:
        return await _ask(http, client, form)
    except BadCredentials as error:
        proven = form.keys() & _PROVEN_OTHERWISE and error.tag in _NOT_WITH_A_SECRET
        if not proven or client.client_secret is None or client.basic:
            raise
        # Some want a secret or a proof, not both, also with a token that was got by one (RFC 7636 leaves it open).
        with suppress(JackfieldError):  # the refusal stands, whatever becomes of this
            return await _ask(http, msgspec.structs.replace(client, client_secret=None), form)
        raise


_PROVEN_OTHERWISE = ("code_verifier", "refresh_token")
_NOT_WITH_A_SECRET = ("invalid_request", "invalid_client")


async def _ask(http: HttpSession, client: OAuthClient, form: Mapping[str, str]) -> TokenAnswer:
    fields, headers = dict(form), dict(FORM)
    if client.basic and client.client_secret is not None:
        # Both are encoded as in a form first, so that an id may hold a colon.
        word = basic(quote_plus(client.client_id), Secret(quote_plus(client.client_secret.reveal())))
        http.conceal(Secret(word))
        headers["Authorization"] = f"Basic {word}"
    else:
        fields["client_id"] = client.client_id
        if client.client_secret is not None:
            fields["client_secret"] = client.client_secret.reveal()
    response = await http.request("POST", client.token_url, body=urlencode(fields).encode(), headers=headers)
    sent = Mask()
    sent.learn((client, headers, *(Secret(value) for name, value in fields.items() if name not in _PUBLIC)))
    if response.status != 200:
        raise _refusal(response, client, sent)
    try:
        wire = decode_json(response.body, _wire)
    except msgspec.ValidationError:
        # Nothing of the answer is shown, it may hold the token. Some applications refuse with status 200.
        raise _refusal(response, client, sent) from None
    except RemoteContract as error:
        # Of the half of an answer, or a gateway's page, nobody knows what comes next time.
        meaning = Transient if isinstance(error, NotJson) else RemoteContract
        raise meaning(
            f"the token address gave an answer that is not a token: {error.summary}", **_where(response)
        ) from None
    return _checked(wire, response)


_PUBLIC = ("grant_type", "client_id", "redirect_uri", "scope")


def _checked(wire: _Wire, response: Response) -> TokenAnswer:
    """What the token address answered, where it can be used; raises RemoteContract."""
    for token in (wire.access_token, *((wire.refresh_token,) if wire.refresh_token else ())):
        if not _TOKEN.fullmatch(token):
            raise RemoteContract("the token address gave a token that no header can carry", **_where(response))
    if wire.token_type.lower() != "bearer":
        raise RemoteContract(
            f"the token address gave a token of the type {one_line(wire.token_type, 40)!r}; only bearer tokens can be used",
            **_where(response),
        )
    # Without an end, or with one that is none, it is used until the application refuses it.
    ends = wire.expires_in is not None and math.isfinite(wire.expires_in) and wire.expires_in > 0
    return TokenAnswer(
        access_token=Secret(wire.access_token),
        expires_in=wire.expires_in if ends else None,
        refresh_token=Secret(wire.refresh_token) if wire.refresh_token else None,
        scope=wire.scope,
    )


def checked_code(text: str) -> Secret:
    """*text* as the code that answers a consent; raises BadCredentials if it can't be one."""
    if not _CODE.fullmatch(text):
        what = "it is empty" if not text else "it is too long, or holds characters that no code has"
        raise BadCredentials(f"that is no code: {what}", hint="Run the command again, and copy the code alone.")
    return Secret(text)


def _where(response: Response) -> dict[str, str | None]:
    return {"route": "oauth2 token", "request_id": response.request_id}


def _words(response: Response, sent: Mask) -> tuple[str, str]:
    """The application's own code for a refusal, and its words; both without what was sent and on one line."""
    reply = peek_json(response.body, _WireError)
    if reply is None:
        return "", ""
    error = reply.error if isinstance(reply.error, str) else ""
    # Some put code and words into one text: "invalid_client: Invalid client_id or client_secret".
    code, _, rest = error.partition(":")
    if code.strip() not in (*_REFUSALS, *_PASSING):
        code, rest = "", error
    description = reply.error_description if isinstance(reply.error_description, str) else ""
    said = ": ".join(part for part in (rest.strip(), description.strip()) if part)
    return code.strip(), one_line(sent.text(said))


def _refusal(response: Response, client: OAuthClient, sent: Mask) -> JackfieldError:
    error, said = _words(response, sent)
    where = _where(response)
    if error == "invalid_grant":
        return BadCredentials(
            "the refresh token or code is no longer accepted (invalid_grant)",
            tag=error,
            hint="Run `jackfield authorize` for this connection.",
            detail=said or None,
            **where,
        )
    reason = f"{error}: {said}" if error and said else error or said
    if error in _REFUSALS:
        secret = "with" if client.client_secret is not None else "without"
        return BadCredentials(
            f"the application does not accept this client ({reason}), {secret} a client secret",
            tag=error,
            hint="Check the client's id and secret; a token got with the secret needs it, one got without refuses it.",
            **where,
        )
    if error in _PASSING:
        return Transient(f"the token address can't answer now ({reason})", **where)
    reply = f": {said}" if said else ""
    if response.status in (400, 401, 403):
        return BadCredentials(
            f"the token address refused with status {response.status}{reply}",
            hint="Check the client's id and secret, and the token's address.",
            **where,
        )
    what = f"with status {response.status}" if response.status != 200 else "in JSON that holds no token"
    return RemoteContract(f"the token address answered {what}{reply}", **where)


def unauthorized(response: Response) -> bool:
    """Whether an answer means a token that is no longer good, where the application says no more than its status."""
    return response.status == 401


class _AccessToken(ABC):
    """What the kinds of tokens that end have in common; they differ in the form by which a token is asked for."""

    def __init__(
        self, *, http: HttpSession, client: OAuthClient, clock: Clock, lapsed: Callable[[Response], bool]
    ) -> None:
        self._http = http
        self._client = client
        self._clock = clock
        self._lapsed = lapsed
        self._turn = asyncio.Lock()
        self._tries = 0
        self._failure: JackfieldError | None = None
        self._header = Secret("")
        self._renew_at = -math.inf
        self._ends_at = -math.inf

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    async def headers(self) -> Mapping[str, str]:
        """The Authorization header; renews first where the token is near its end."""
        now = self._clock.monotonic()
        good = now < self._ends_at
        # While the old token is good, nobody waits for the call that renews it.
        if now >= self._renew_at and not (good and self._turn.locked()):
            try:
                await self._renew_once()
            except (Transient, RateLimited, RemoteContract):
                now = self._clock.monotonic()
                if now >= self._ends_at:
                    raise
                self._renew_at = now + min(30.0, (self._ends_at - now) / 2)
        return {"Authorization": self._header.reveal()}

    async def renew(self, used: Mapping[str, str], response: Response) -> bool:
        """Whether the call that got *response* should be sent once more, with a newer token than in *used*."""
        if not self._lapsed(response):
            return False
        if used.get("Authorization") == self._header.reveal():
            await self._renew_once()
        return True

    async def _renew_once(self) -> None:
        """Renew, or take what comes of the renewal that is under way."""
        tries = self._tries
        async with self._turn:
            if self._tries == tries and not isinstance(self._failure, BadCredentials):
                try:
                    await self._ask()
                    self._failure = None
                except JackfieldError as error:
                    self._failure = error.with_traceback(None)
                self._tries += 1
            failure = self._failure
        if failure is not None:
            raise copy.copy(failure)

    async def _ask(self) -> None:
        started = self._clock.monotonic()
        answer = await request_token(self._http, self._client, self._form())
        for secret in (answer.access_token, answer.refresh_token):
            if secret is not None:
                self._http.conceal(secret)
        lifetime = answer.expires_in if answer.expires_in is not None else 3600.0
        self._header = Secret(f"Bearer {answer.access_token.reveal()}")
        self._ends_at = started + lifetime
        self._renew_at = self._ends_at - min(300.0, lifetime / 10)
        self._keep(answer)

    @abstractmethod
    def _form(self) -> Mapping[str, str]:
        """What the token address is asked with."""

    @abstractmethod
    def _keep(self, answer: TokenAnswer) -> None:
        """Keep what the next renewal needs of *answer*."""


class RefreshingToken(_AccessToken):
    """An Authorizer with bearer tokens got for a refresh token; one that the application replaces is used from then on.

    Renews min(300 s, a tenth of the lifetime) ahead of the end, and once when *lapsed* says that an answer means an
    expired token; however many calls need it at the same time, one request is made, and its failure is that of all. A
    failure ahead of the end is survived while the old token is good. After BadCredentials nothing is asked again.
    """

    def __init__(
        self,
        *,
        http: HttpSession,
        client: OAuthClient,
        refresh_token: Secret,
        clock: Clock,
        lapsed: Callable[[Response], bool] = unauthorized,
    ) -> None:
        super().__init__(http=http, client=client, clock=clock, lapsed=lapsed)
        self._refresh_token = refresh_token

    def _form(self) -> Mapping[str, str]:
        self._http.conceal(self._refresh_token)
        return {"grant_type": "refresh_token", "refresh_token": self._refresh_token.reveal()}

    def _keep(self, answer: TokenAnswer) -> None:
        self._refresh_token = answer.refresh_token or self._refresh_token


class ClientCredentials(_AccessToken):
    """An Authorizer with bearer tokens got for the client's own id and secret (RFC 6749, 4.4): nobody consents.

    Asks for the client's ``scopes``; *parameters* are added to the form, such as an audience. When it renews, and what
    becomes of a failure, is as for ``RefreshingToken``.
    """

    def __init__(
        self,
        *,
        http: HttpSession,
        client: OAuthClient,
        clock: Clock,
        lapsed: Callable[[Response], bool] = unauthorized,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(http=http, client=client, clock=clock, lapsed=lapsed)
        self._parameters = dict(parameters or {})

    def _form(self) -> Mapping[str, str]:
        scope = {"scope": " ".join(self._client.scopes)} if self._client.scopes else {}
        return {**self._parameters, **scope, "grant_type": "client_credentials"}

    def _keep(self, answer: TokenAnswer) -> None:
        """Nothing: the client's own id and secret ask for the next one."""
