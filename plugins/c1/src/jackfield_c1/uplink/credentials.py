"""Who the uplink is: its id, its key, and the assertions and tokens made with them.

Promises that the key leaves this module in signatures only. Rules: section B.1 of the platform's wire.
"""

import base64
import secrets
from urllib.parse import urlencode

import msgspec

from jackfield.errors import BadConfig, BadCredentials, RemoteContract, Transient
from jackfield.hookspecs import Clock, HttpSession, Secret

_KIND, _VERSION = "secret-token", "v1"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_AROUND = 120
"""Seconds before and after now for which an assertion is good."""
_AHEAD = 10.0
"""Seconds before its end from which on a token is renewed."""
_LEAST_LIFE = 60.0


class ClientId(msgspec.Struct, frozen=True, kw_only=True):
    """A client id in its parts: ``name@host/suffix``."""

    text: str
    name: str
    host: str


class _Jwk(msgspec.Struct, frozen=True, kw_only=True):
    kty: str
    crv: str
    d: str
    kid: str | None = None

    def __repr__(self) -> str:
        return "_Jwk(…)"


class _Token(msgspec.Struct, frozen=True, kw_only=True):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - a kind of token
    expires_in: float | None = None


def read_client_id(text: str, *, at: str) -> ClientId:
    """The parts of a client id; raises BadConfig with *at* as the place."""
    name, mark, rest = text.strip().partition("@")
    host, slash, _ = rest.partition("/")
    if not mark or not slash or not name or not host:
        raise BadConfig("the client id is not of the form name@host/suffix", path=at, hint="Copy it as it was shown.")
    return ClientId(text=text.strip(), name=name, host=host)


class Key:
    """The private key of a client secret."""

    def __init__(self, secret: Secret, *, at: str) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        parts = secret.reveal().strip().split(":", 3)
        form = BadConfig(
            "the client secret is not of the form secret-token:…:v1:…", path=at, hint="Copy it as it was shown."
        )
        if len(parts) != 4 or parts[0] != _KIND or parts[2] != _VERSION:
            raise form
        try:
            jwk = msgspec.json.decode(_decoded(parts[3]), type=_Jwk)
            if (jwk.kty, jwk.crv) != ("OKP", "Ed25519"):
                raise BadConfig(
                    "the key of the client secret is none for Ed25519", path=at, hint="Make new credentials there."
                )
            self._key = Ed25519PrivateKey.from_private_bytes(_decoded(jwk.d))
        except (ValueError, msgspec.MsgspecError):
            raise form from None
        self._kid = jwk.kid

    def __repr__(self) -> str:
        return "Key(…)"

    def assertion(self, client: ClientId, now: int) -> str:
        """A JWT that says that we are *client*, good around *now* (seconds since 1970)."""
        header: dict[str, object] = {"alg": "EdDSA", "nonce": secrets.token_hex(16)}
        if self._kid:
            header["kid"] = self._kid
        claims = {
            "iss": client.text,
            "sub": client.text,
            "aud": client.host.partition(":")[0],
            "iat": now,
            "nbf": now - _AROUND,
            "exp": now + _AROUND,
        }
        signed = f"{_encoded(msgspec.json.encode(header))}.{_encoded(msgspec.json.encode(claims))}"
        return f"{signed}.{_encoded(self._key.sign(signed.encode()))}"


class Tokens:
    """Access tokens, each used until it is about to end."""

    def __init__(self, http: HttpSession, client: ClientId, key: Key, host: str, clock: Clock) -> None:
        self._http = http
        self._client = client
        self._key = key
        self._host = host
        self._clock = clock
        self._header: str | None = None
        self._ends = 0.0

    def forget(self) -> None:
        """The token is not honoured any more."""
        self._header = None

    async def header(self) -> str:
        """The value of ``authorization``; one request where a new token is needed.

        Raises BadCredentials where the platform refuses these credentials, Transient where it may not the next time.
        """
        if self._header is not None and self._clock.monotonic() < self._ends - _AHEAD:
            return self._header
        began = self._clock.monotonic()
        assertion = self._key.assertion(self._client, int(self._clock.now().timestamp()))
        self._http.conceal(Secret(assertion))
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client.text,
            "client_assertion_type": _ASSERTION,
            "client_assertion": assertion,
        }
        answer = await self._http.request(
            "POST",
            f"https://{self._host}/auth/v1/token",
            body=urlencode(form).encode(),
            headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
        )
        if answer.status in (400, 401, 403):
            raise BadCredentials(
                f"the platform refuses the client id and secret ({answer.status})",
                route="/auth/v1/token",
                hint="Look whether the credentials were revoked, and whether this machine's clock is right.",
            )
        if answer.status != 200:
            raise Transient(f"the platform gives no token ({answer.status})", route="/auth/v1/token")
        try:
            token = msgspec.json.decode(answer.body, type=_Token, strict=False)
        except msgspec.MsgspecError:
            raise RemoteContract(
                "the answer of the token address can't be understood", route="/auth/v1/token"
            ) from None
        kind = "Bearer" if token.token_type.lower() == "bearer" else token.token_type
        self._http.conceal(Secret(token.access_token))
        self._header = f"{kind} {token.access_token}"
        self._ends = began + max(token.expires_in or _LEAST_LIFE, _AHEAD + 1.0)
        return self._header


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
