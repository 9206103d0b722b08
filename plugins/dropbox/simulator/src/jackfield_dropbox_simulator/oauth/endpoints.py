"""The two OAuth addresses: `/oauth2/authorize` for the admin's browser and `/oauth2/token` for the client."""

from __future__ import annotations

import base64
import binascii
import html as escape
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from ..team import Team
from ..wire.answers import Answer, encode, html
from .store import Granted, OAuthError, TokenStore

_AUTHORIZE = frozenset(
    {
        "client_id",
        "response_type",
        "redirect_uri",
        "state",
        "token_access_type",
        "scope",
        "include_granted_scopes",
        "code_challenge",
        "code_challenge_method",
        "force_reapprove",
        "force_reauthentication",
        "disable_signup",
        "locale",
        "require_role",
        "deny",
    }
)
_COMMON = frozenset({"grant_type", "client_id", "client_secret"})
_FIELDS = {
    "authorization_code": _COMMON | {"code", "redirect_uri", "code_verifier"},
    "refresh_token": _COMMON | {"refresh_token", "scope"},
}


def authorize(store: TokenStore, query: Mapping[str, str], *, deny: bool) -> Answer:
    """Plays the admin who consents, or refuses: a redirect with the code, or a page that shows it."""
    problem = _authorize_problem(store, query)
    if problem:
        return html(400, "Error (400)", problem)
    redirect, state = query.get("redirect_uri", ""), query.get("state")
    if deny or query.get("deny") == "1":
        answer = {"error": "access_denied", "error_description": "The user chose not to give your app access"}
    else:
        challenge = query.get("code_challenge", "")
        scope = query.get("scope")
        code = store.consent(
            scopes=store.scopes if scope is None else tuple(scope.split()),
            redirect_uri=redirect,
            offline=query.get("token_access_type") == "offline",
            challenge=challenge,
            method=query.get("code_challenge_method", "plain"),
        )
        answer = {"code": code}
    if not redirect:
        shown = answer.get("code")
        text = f'Your access code: <code id="auth-code">{shown}</code>' if shown else "You denied the app access."
        return html(200, "API Request Authorized" if shown else "Access denied", text)
    if state is not None:
        answer["state"] = state
    target = redirect + ("&" if urlsplit(redirect).query else "?") + urlencode(answer)
    return Answer(status=302, body=b"", headers={"Location": target})


def _authorize_problem(store: TokenStore, query: Mapping[str, str]) -> str:
    unknown = sorted(set(query) - _AUTHORIZE)
    if unknown:
        return f"Unknown parameter: {escape.escape(unknown[0])}"
    if query.get("client_id") != store.app_key:
        return "Invalid client_id: no app with this key"
    if query.get("response_type") != "code":
        return 'Invalid response_type: expected "code"'
    scope = query.get("scope")
    if scope is not None and not scope.split():
        return "Invalid scope: it is empty"
    if scope is not None and not set(scope.split()) <= set(store.scopes):
        return "Invalid scope: the app does not have it"
    if "include_granted_scopes" in query and (scope is None or query["include_granted_scopes"] not in ("user", "team")):
        return "Invalid include_granted_scopes: it is user or team, and needs a scope"
    if query.get("token_access_type", "online") not in ("online", "offline", "legacy"):
        return "Invalid token_access_type"
    if query.get("code_challenge_method", "plain") not in ("S256", "plain"):
        return "Invalid code_challenge_method"
    if "code_challenge_method" in query and "code_challenge" not in query:
        return "Missing code_challenge"
    if "code_challenge" in query and not 43 <= len(query["code_challenge"]) <= 128:
        return "Invalid code_challenge: expected 43 to 128 characters"
    return _redirect_problem(query.get("redirect_uri"))


def _redirect_problem(redirect: str | None) -> str:
    if redirect is None:
        return ""
    parts = urlsplit(redirect)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.fragment or not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        return "Invalid redirect_uri: expected https, or http on this host, and no fragment"
    return ""


def token(store: TokenStore, team: Team, *, headers: Mapping[str, str], body: bytes, lifetime: float) -> Answer:
    """Answers a request for tokens; whatever is wrong is a 400 with `error` and `error_description`."""
    try:
        granted = _grant(store, headers, body, lifetime)
    except OAuthError as error:
        return Answer(status=400, body=encode({"error": error.error, "error_description": error.description}))
    answer: dict[str, object] = {
        "access_token": granted.access_token,
        "token_type": "bearer",
        "expires_in": int(lifetime),
    }
    if granted.refresh_token:
        answer["refresh_token"] = granted.refresh_token
    answer |= {"scope": " ".join(granted.scopes), "uid": "1234567", "team_id": team.team_id}
    return Answer(body=encode(answer))


def _grant(store: TokenStore, headers: Mapping[str, str], body: bytes, lifetime: float) -> Granted:
    form = _form(headers, body)
    grant_type = form.get("grant_type", "")
    if grant_type not in _FIELDS:
        raise OAuthError("unsupported_grant_type", f"grant_type must be one of {', '.join(sorted(_FIELDS))}")
    unknown = sorted(set(form) - _FIELDS[grant_type])
    if unknown:
        raise OAuthError("invalid_request", f"unknown field {unknown[0]!r}")
    client_id, secret = _client(headers, form)
    if grant_type == "authorization_code":
        return store.exchange(
            code=_needed(form, "code"),
            redirect_uri=form.get("redirect_uri", ""),
            verifier=form.get("code_verifier", ""),
            client_id=client_id,
            secret=secret,
            lifetime=lifetime,
        )
    scope = form.get("scope")
    if scope is not None and not scope.split():
        raise OAuthError("invalid_scope", "scope is empty")
    return store.refresh(
        token=_needed(form, "refresh_token"),
        client_id=client_id,
        secret=secret,
        scopes=None if scope is None else tuple(scope.split()),
        lifetime=lifetime,
    )


def _form(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    if headers.get("Content-Type", "").split(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "Content-Type must be application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body))
    except ValueError as error:
        raise OAuthError("invalid_request", "the body is not a form") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise OAuthError("invalid_request", "a field is given twice")
    return form


def _client(headers: Mapping[str, str], form: Mapping[str, str]) -> tuple[str, str | None]:
    authorization = headers.get("Authorization")
    if authorization is None:
        return _needed(form, "client_id"), form.get("client_secret")
    kind, _, coded = authorization.partition(" ")
    try:
        name, colon, secret = base64.b64decode(coded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise OAuthError("invalid_request", "malformed Authorization header") from error
    if kind.lower() != "basic" or not colon:
        raise OAuthError("invalid_request", "Authorization must be Basic")
    if "client_secret" in form or form.get("client_id", name) != name:
        raise OAuthError("invalid_request", "the client must be given in one way only")
    return name, secret


def _needed(form: Mapping[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value:
        raise OAuthError("invalid_request", f'missing required field "{name}"')
    return value
