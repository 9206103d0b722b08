"""Codes and tokens, with the rules under which they are given and taken."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable

import msgspec

_CODE_LIFETIME = 600.0
_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


class OAuthError(Exception):
    """A request to the token endpoint is refused with this error and description."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What an admin agreed to: the authorise request, as far as the code's exchange depends on it."""

    scopes: tuple[str, ...]
    redirect_uri: str
    offline: bool
    challenge: str
    method: str
    expires_at: float


class Refresh(msgspec.Struct, kw_only=True):
    """A refresh token; one got by PKCE alone is used without the app's secret, any other with it."""

    scopes: tuple[str, ...]
    pkce: bool


class Access(msgspec.Struct, kw_only=True):
    """An access token."""

    scopes: tuple[str, ...]
    expires_at: float


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """What the token endpoint gives; a refresh gives no new refresh token."""

    access_token: str
    scopes: tuple[str, ...]
    refresh_token: str = ""


class TokenStore:
    """All codes and tokens of one app and one team."""

    def __init__(
        self,
        *,
        app_key: str,
        app_secret: str,
        refresh_token: str,
        scopes: tuple[str, ...],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.app_key = app_key
        self.scopes = scopes
        self._secret = app_secret
        self._clock = clock
        self._codes: dict[str, Consent] = {}
        self._refresh: dict[str, Refresh] = {refresh_token: Refresh(scopes=scopes, pkce=False)}
        self._access: dict[str, Access] = {}

    def consent(
        self, *, scopes: tuple[str, ...], redirect_uri: str, offline: bool, challenge: str = "", method: str = "plain"
    ) -> str:
        """Notes an admin's consent and gives the code for it."""
        code = secrets.token_urlsafe(32)
        self._codes[code] = Consent(
            scopes=scopes,
            redirect_uri=redirect_uri,
            offline=offline,
            challenge=challenge,
            method=method,
            expires_at=self._clock() + _CODE_LIFETIME,
        )
        return code

    def exchange(
        self, *, code: str, redirect_uri: str, verifier: str, client_id: str, secret: str | None, lifetime: float
    ) -> Granted:
        """Gives tokens for a code, once; a code asked for with a challenge needs the verifier, with a secret or without."""
        consent = self._codes.get(code)
        self._check_client(client_id, secret)
        if consent is None or consent.expires_at < self._clock():
            raise OAuthError("invalid_grant", "code doesn't exist or has expired")
        if consent.redirect_uri != redirect_uri:
            raise OAuthError("invalid_grant", "redirect_uri mismatch")
        self._check_proof(consent, verifier, secret)
        del self._codes[code]
        refresh = ""
        if consent.offline:
            refresh = secrets.token_urlsafe(48)
            self._refresh[refresh] = Refresh(scopes=consent.scopes, pkce=bool(consent.challenge) and secret is None)
        return Granted(
            access_token=self._new_access(consent.scopes, lifetime), scopes=consent.scopes, refresh_token=refresh
        )

    def refresh(
        self, *, token: str, client_id: str, secret: str | None, scopes: tuple[str, ...] | None, lifetime: float
    ) -> Granted:
        """Gives a new access token, with all scopes of the refresh token or some of them."""
        self._check_client(client_id, secret)
        known = self._refresh.get(token)
        if known is None:
            raise OAuthError("invalid_grant", "refresh token is invalid or revoked")
        if known.pkce and secret is not None:
            raise OAuthError("invalid_request", "client_secret must not be given for a token that was got with PKCE")
        if not known.pkce and secret is None:
            raise OAuthError("invalid_client", "No client secret was given")
        if scopes is not None and not set(scopes) <= set(known.scopes):
            raise OAuthError("invalid_scope", "scope is not a subset of what was granted")
        granted = known.scopes if scopes is None else scopes
        return Granted(access_token=self._new_access(granted, lifetime), scopes=granted)

    def find(self, token: str) -> Access | None:
        """The access token, expired or not."""
        return self._access.get(token)

    def expired(self, access: Access) -> bool:
        """Whether the access token has expired."""
        return access.expires_at <= self._clock()

    def expire_all(self) -> int:
        """Expires all access tokens now; gives how many."""
        for access in self._access.values():
            access.expires_at = 0.0
        return len(self._access)

    def set_scopes(self, scopes: tuple[str, ...]) -> None:
        """Gives these scopes to the app and to every token, new or existing."""
        self.scopes = scopes
        for token in (*self._refresh.values(), *self._access.values()):
            token.scopes = scopes

    def _new_access(self, scopes: tuple[str, ...], lifetime: float) -> str:
        token = "sl.u." + secrets.token_urlsafe(96)
        self._access[token] = Access(scopes=scopes, expires_at=self._clock() + lifetime)
        return token

    def _check_client(self, client_id: str, secret: str | None) -> None:
        known = hmac.compare_digest(client_id.encode(), self.app_key.encode())
        if not known or (secret is not None and not hmac.compare_digest(secret.encode(), self._secret.encode())):
            raise OAuthError("invalid_client", "Invalid client_id or client_secret")

    def _check_proof(self, consent: Consent, verifier: str, secret: str | None) -> None:
        if not consent.challenge:
            if verifier:
                raise OAuthError("invalid_grant", "code_verifier was given, but the code has no code_challenge")
            if secret is None:
                raise OAuthError("invalid_client", "No client secret was given")
            return
        if not _VERIFIER.fullmatch(verifier):
            raise OAuthError("invalid_request", "code_verifier must have 43 to 128 characters of A-Z a-z 0-9 - . _ ~")
        made = verifier
        if consent.method == "S256":
            made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        if not hmac.compare_digest(made, consent.challenge):
            raise OAuthError("invalid_grant", "invalid code verifier")
