"""The token endpoint of the stand-in takes what the reference says, and finds everything else."""

import base64
import json
import time
from collections.abc import Generator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from harness.plain_client import Client, code_of, segment
from harness.platforms import fresh, plain, spawn
from platform_stand_in.launch import Platform


@pytest.fixture
def platform(stand_in: Platform) -> Generator[Platform]:
    with fresh(stand_in):
        yield stand_in


@pytest.fixture
def client(platform: Platform) -> Generator[Client]:
    with plain(platform) as client:
        yield client


def found(platform: Platform) -> list[str]:
    return [f"{each['rule']}: {each['text']}" for each in platform.take_violations()]


def test_a_right_request_gets_a_token_with_the_lifetime_that_is_set(platform: Platform, client: Client):
    platform.settings(token_lifetime=90)
    status, answer = client.ask_token()
    assert status == 200
    assert (answer["token_type"], answer["expires_in"], set(answer)) == (
        "bearer",
        90,
        {"access_token", "token_type", "expires_in"},
    )
    [call] = platform.calls("token")
    assert (call["path"], call["answer"]) == ("/auth/v1/token", {"status": 200, "expires_in": 90})
    assert "assertion" not in json.dumps(call)


WRONG_FIELDS: dict[str, tuple[dict[str, str | None], str]] = {
    "no grant type": ({"grant_type": None}, "grant_type is missing"),
    "another grant type": ({"grant_type": "password"}, "grant_type is 'password'"),
    "another client": ({"client_id": "somebody@else/spc"}, "client_id is"),
    "another assertion type": ({"client_assertion_type": "jwt"}, "client_assertion_type is 'jwt'"),
    "no assertion": ({"client_assertion": None}, "client_assertion is missing"),
    "the secret on the wire": ({"client_secret": "x"}, "client_secret does not belong"),
    "a scope": ({"scope": "all"}, "scope does not belong"),
    "no token at all": ({"client_assertion": "abc"}, "no signed token"),
    "a list as header": ({"client_assertion": f"{segment(b'[]')}.{segment(b'{}')}.AA"}, "no JSON object"),
}


@pytest.mark.parametrize("name", WRONG_FIELDS)
def test_a_wrong_form_is_found(platform: Platform, client: Client, name: str):
    changed, text = WRONG_FIELDS[name]
    status, answer = client.ask_token(client.form(**changed))
    assert (status, answer["error"]) == (401, "invalid_client")
    assert any(text in each for each in found(platform))


WRONG_ASSERTIONS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a type in the header": ({"typ": "JWT"}, {}, "the header has"),
    "a key id that the secret has not": ({"kid": "k"}, {}, "the header has"),
    "another algorithm": ({"alg": "none"}, {}, "alg is 'none'"),
    "no nonce": ({"nonce": None}, {}, "nonce is None"),
    "a short nonce": ({"nonce": "abc"}, {}, "nonce is 'abc'"),
    "an id of the token": ({}, {"jti": "1"}, "the claims are"),
    "no subject": ({}, {"sub": None}, "sub is None"),
    "another issuer": ({}, {"iss": "me"}, "iss is 'me'"),
    "a list of audiences": ({}, {"aud": ["localhost"]}, "aud is ['localhost']"),
    "an old assertion": ({}, {"iat": 1000, "nbf": 880, "exp": 1120}, "from now"),
    "a long life": ({}, {"exp": 4_000_000_000}, "after iat"),
    "no grace": ({}, {"nbf": 0}, "before iat"),
    "a time as text": ({}, {"exp": "soon"}, "not numbers"),
}


@pytest.mark.parametrize("name", WRONG_ASSERTIONS)
def test_a_wrong_assertion_is_found(platform: Platform, client: Client, name: str):
    header, claims, text = WRONG_ASSERTIONS[name]
    status, _ = client.ask_token(client.form(client_assertion=client.assertion(header, claims)))
    assert status == 401
    assert any(text in each for each in found(platform))


def test_a_signature_by_another_key_is_found(platform: Platform, client: Client):
    client.jwk["d"] = base64.urlsafe_b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()
    assert client.ask_token()[0] == 401
    assert found(platform) == ["token-request: the signature of the assertion is not by the key of the client secret"]


def test_a_nonce_is_used_once(platform: Platform, client: Client):
    assertion = client.assertion()
    assert client.ask_token(client.form(client_assertion=assertion))[0] == 200
    assert client.ask_token(client.form(client_assertion=assertion))[0] == 401
    [violation] = found(platform)
    assert "was used before" in violation


def test_a_header_for_another_way_of_signing_in_is_found(platform: Platform, client: Client):
    assert client.ask_token(DPoP="x", Authorization="Basic eDp5")[0] == 401
    assert len(found(platform)) == 2


def test_the_endpoint_fails_as_often_as_it_is_told(platform: Platform, client: Client):
    for status in (401, 403, 500, 503):
        platform.fail("token", str(status), times=2)
        assert [client.ask_token()[0] for _ in range(3)] == [status, status, 200]


def test_a_call_needs_a_good_token(platform: Platform, client: Client):
    client.begun()
    for authorization in ("Bearer nonsense", f"bearer {client.token}", "Basic x"):
        with pytest.raises(Exception) as raised:
            client.send("GetTask", b"\x0a\x01h", authorization)
        # The kind written small is found, and refused only if the token is bad as well.
        assert code_of(raised.value) in ("UNAUTHENTICATED", "FAILED_PRECONDITION")
    assert [each.partition(":")[0] for each in found(platform)].count("authorization") == 3


def test_tokens_expire_all_at_once_when_told_and_in_their_time(platform: Platform, client: Client):
    client.begun()
    assert platform.expire_tokens() == 1
    with pytest.raises(Exception) as raised:
        client.task()
    assert code_of(raised.value) == "UNAUTHENTICATED"
    assert found(platform) == []
    platform.settings(token_lifetime=0.2)
    client.sign_in()
    time.sleep(0.3)
    with pytest.raises(Exception) as raised:
        client.task()
    assert code_of(raised.value) == "UNAUTHENTICATED"
    assert found(platform) == ["authorization: the token is expired"]


def test_a_key_id_and_a_tenant_of_another_name_than_the_address():
    with spawn("--kid", "key-1", "--tenant", "acme.example:8443") as platform, plain(platform) as client:
        assert platform.client_id == "clever-fox-42195@acme.example:8443/spc"
        assert platform.host == "acme.example"
        assert client.jwk["kid"] == "key-1"
        client.begun()
        assert client.ask_token(client.form(client_assertion=client.assertion({"kid": None})))[0] == 401
        assert [each["rule"] for each in platform.take_violations()] == ["token-request"]
