"""Consent, codes, PKCE, refreshes, scopes and lifetimes, as strict as Dropbox."""

from __future__ import annotations

import base64
import hashlib
import re
import urllib.parse
from typing import Any

import pytest

from .support import Answer, Client, running

_VERIFIER = "a-verifier.with~forty_three-or-more-characters-0123456789"
_S256 = base64.urlsafe_b64encode(hashlib.sha256(_VERIFIER.encode()).digest()).decode().rstrip("=")
_REDIRECT = "http://localhost:8899/back?x=1"


def _app(client: Client, *, secret: bool = True) -> dict[str, str]:
    ready = client.simulator.ready
    return {"client_id": ready["app_key"]} | ({"client_secret": ready["app_secret"]} if secret else {})


def _authorize(client: Client, **query: str) -> Answer:
    asked = {"client_id": client.simulator.ready["app_key"], "response_type": "code", **query}
    return client.http("GET", "/oauth2/authorize?" + urllib.parse.urlencode(asked))


def _returned(answer: Answer) -> dict[str, str]:
    assert answer.status == 302, answer.text
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers["Location"]).query))


def _code(client: Client, **query: str) -> str:
    return _returned(_authorize(client, redirect_uri=_REDIRECT, **query))["code"]


def _exchange(client: Client, code: str, **fields: str) -> Answer:
    return client.form(grant_type="authorization_code", code=code, redirect_uri=_REDIRECT, **fields)


def _refused(answer: Answer) -> str:
    assert answer.status == 400, answer.text
    assert set(answer.json) == {"error", "error_description"}
    return answer.json["error"]


def test_a_code_gives_tokens_once(client: Client) -> None:
    back = _returned(_authorize(client, redirect_uri=_REDIRECT, state="s p", token_access_type="offline"))
    assert (back["state"], back["x"]) == ("s p", "1")
    assert _refused(_exchange(client, "wrong", **_app(client))) == "invalid_grant"
    answer = _exchange(client, back["code"], **_app(client)).json
    assert set(answer) == {"access_token", "token_type", "expires_in", "refresh_token", "scope", "uid", "team_id"}
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 14400)
    assert answer["team_id"] == client.control.truth()["team"]["team_id"]
    assert _refused(_exchange(client, back["code"], **_app(client))) == "invalid_grant"
    client.access_token = answer["access_token"]
    assert client.call("team/get_info").status == 200


def test_without_a_redirect_the_code_is_shown(client: Client) -> None:
    page = _authorize(client, token_access_type="offline")
    found = re.search(r'id="auth-code">([^<]+)<', page.text)
    assert found is not None
    answer = client.form(grant_type="authorization_code", code=found[1], **_app(client))
    assert answer.json["refresh_token"]
    code = client.control.consent(client_id=client.simulator.ready["app_key"])
    assert client.form(grant_type="authorization_code", code=code, **_app(client)).status == 200


@pytest.mark.parametrize("access", ["online", "legacy", None])
def test_only_offline_access_gives_a_refresh_token(client: Client, access: str | None) -> None:
    query = {} if access is None else {"token_access_type": access}
    assert "refresh_token" not in _exchange(client, _code(client, **query), **_app(client)).json


def test_the_redirect_must_be_the_same(client: Client) -> None:
    answer = client.form(
        grant_type="authorization_code", code=_code(client), redirect_uri="https://x.example", **_app(client)
    )
    assert _refused(answer) == "invalid_grant"
    assert _refused(client.form(grant_type="authorization_code", code=_code(client), **_app(client))) == "invalid_grant"


def test_the_admin_may_refuse(client: Client) -> None:
    back = _returned(_authorize(client, redirect_uri=_REDIRECT, state="1", deny="1"))
    assert (back["error"], back["state"]) == ("access_denied", "1")
    client.control.fault("access_denied", times=1)
    assert _returned(_authorize(client, redirect_uri=_REDIRECT))["error"] == "access_denied"
    assert "code" in _returned(_authorize(client, redirect_uri=_REDIRECT))


@pytest.mark.parametrize(
    "query",
    [
        {"client_id": "other"},
        {"response_type": "token"},
        {"scope": ""},
        {"scope": "members.read files.metadata.read"},
        {"redirect_uri": "http://elsewhere.example/"},
        {"redirect_uri": "https://x.example/#part"},
        {"token_access_type": "forever"},
        {"include_granted_scopes": "team"},
        {"code_challenge_method": "S256"},
        {"code_challenge": "short", "code_challenge_method": "S256"},
        {"code_challenge": _S256, "code_challenge_method": "S512"},
        {"unknown": "1"},
    ],
)
def test_wrong_authorise_requests_are_a_page_with_400(client: Client, query: dict[str, str]) -> None:
    answer = _authorize(client, **query)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize(("challenge", "method"), [(_S256, "S256"), (_VERIFIER, "plain"), (_VERIFIER, None)])
def test_pkce_is_verified_and_refreshed_without_the_secret(client: Client, challenge: str, method: str | None) -> None:
    query = {"code_challenge": challenge, "token_access_type": "offline"}
    if method:
        query["code_challenge_method"] = method
    public = _app(client, secret=False)
    code = _code(client, **query)
    assert _refused(_exchange(client, code, **public)) == "invalid_request"
    assert _refused(_exchange(client, code, code_verifier="short", **public)) == "invalid_request"
    assert _refused(_exchange(client, code, code_verifier=_VERIFIER + "x", **public)) == "invalid_grant"
    token = _exchange(client, code, code_verifier=_VERIFIER, **public).json["refresh_token"]
    refresh: dict[str, str] = {"grant_type": "refresh_token", "refresh_token": token}
    assert _refused(client.form(**refresh, **_app(client))) == "invalid_request"
    answer = client.form(**refresh, **public)
    assert answer.status == 200
    assert "refresh_token" not in answer.json


def test_pkce_beside_the_secret_is_verified_too_and_the_token_needs_the_secret(client: Client) -> None:
    code = _code(client, code_challenge=_S256, code_challenge_method="S256", token_access_type="offline")
    assert _refused(_exchange(client, code, **_app(client))) == "invalid_request"
    assert _refused(_exchange(client, code, code_verifier=_VERIFIER + "x", **_app(client))) == "invalid_grant"
    token = _exchange(client, code, code_verifier=_VERIFIER, **_app(client)).json["refresh_token"]
    refresh: dict[str, str] = {"grant_type": "refresh_token", "refresh_token": token}
    assert _refused(client.form(**refresh, **_app(client, secret=False))) == "invalid_client"
    assert client.form(**refresh, **_app(client)).status == 200


def test_a_verifier_without_a_challenge_is_refused(client: Client) -> None:
    assert _refused(_exchange(client, _code(client), code_verifier=_VERIFIER, **_app(client))) == "invalid_grant"


def test_a_token_got_with_the_secret_needs_it_in_the_form_or_as_basic(client: Client) -> None:
    ready = client.simulator.ready
    refresh: dict[str, str] = {"grant_type": "refresh_token", "refresh_token": ready["refresh_token"]}
    assert _refused(client.form(**refresh, client_id=ready["app_key"])) == "invalid_client"
    assert _refused(client.form(**refresh, client_id=ready["app_key"], client_secret="x")) == "invalid_client"
    assert _refused(client.form(**refresh, client_id="x", client_secret=ready["app_secret"])) == "invalid_client"
    basic = base64.b64encode(f"{ready['app_key']}:{ready['app_secret']}".encode()).decode()
    assert client.form({"Authorization": f"Basic {basic}"}, **refresh).status == 200
    assert _refused(client.form({"Authorization": "Basic !"}, **refresh)) == "invalid_request"
    assert _refused(client.form({"Authorization": f"Basic {basic}"}, **refresh, **_app(client))) == "invalid_request"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x", "client_id": "y", "code": "z"}, "invalid_request"),
    ],
)
def test_wrong_token_requests_are_refused(client: Client, fields: dict[str, str], error: str) -> None:
    assert _refused(client.form(**fields)) == error


def test_the_token_endpoint_takes_forms_only(client: Client) -> None:
    answer = client.http("POST", "/oauth2/token", b"{}", {"Content-Type": "application/json"})
    assert _refused(answer) == "invalid_request"
    twice = b"grant_type=refresh_token&grant_type=refresh_token"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert _refused(client.http("POST", "/oauth2/token", twice, form)) == "invalid_request"
    assert client.http("GET", "/oauth2/token").status == 405


def test_scopes_can_be_narrowed_and_are_checked(client: Client) -> None:
    ready = client.simulator.ready
    refresh: dict[str, Any] = {"grant_type": "refresh_token", "refresh_token": ready["refresh_token"], **_app(client)}
    answer = client.form(**refresh, scope="members.read")
    assert answer.json["scope"] == "members.read"
    client.access_token = answer.json["access_token"]
    assert client.call("team/members/list_v2", {}).status == 200
    # The scope is looked at before the argument.
    refused = client.call("team/groups/list", {"nonsense": 1})
    assert (refused.status, refused.json["error"]) == (401, {".tag": "missing_scope", "required_scope": "groups.read"})
    assert _refused(client.form(**refresh, scope="files.metadata.read")) == "invalid_scope"
    assert _refused(client.form(**refresh, scope=" ")) == "invalid_scope"


def test_a_consent_can_ask_for_some_scopes(client: Client) -> None:
    code = _code(client, scope="members.read groups.read")
    assert _exchange(client, code, **_app(client)).json["scope"] == "members.read groups.read"


def test_every_route_names_the_scope_that_is_missing(client: Client) -> None:
    client.control.settings(scopes=["files.content.read"])
    for name, route in client.simulator.service.routes.items():
        answer = client.call(name)
        assert (answer.status, answer.json["error"]["required_scope"]) == (401, route.scope)


def test_tokens_expire() -> None:
    with running() as client:
        client.control.settings(token_lifetime=0)
        assert client.call("team/get_info").tag == "expired_access_token"
        client.control.settings(token_lifetime=100)
        client.sign_in()
        assert client.call("team/get_info").status == 200
        client.control.expire()
        assert client.call("team/get_info").tag == "expired_access_token"
