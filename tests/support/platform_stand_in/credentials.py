"""The key of the connector, and what the token endpoint demands of an assertion that is signed with it."""

import base64
import binascii
import json
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLAIMS = {"iss", "sub", "aud", "iat", "nbf", "exp"}
# How far the clocks of the two sides may be apart, in seconds; both run on one machine here.
CLOCKS = 5
WINDOW = 120


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The bytes of base64url without padding; ValueError for anything else."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        raise ValueError("not base64url without padding")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("not base64url without padding") from error


@dataclass
class Credentials:
    """One connector's client id and key; which nonces it has used."""

    client_id: str
    kid: str | None = None
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    nonces: set[str] = field(default_factory=set[str])

    @property
    def audience(self) -> str:
        """The host of the client id, without a port."""
        host = self.client_id.partition("@")[2].partition("/")[0]
        return host.rpartition(":")[0] if re.search(r":\d+$", host) else host

    @property
    def secret(self) -> str:
        """The client secret as the connector is given it."""
        key = self.key.private_bytes_raw()
        public = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": encode(public), "d": encode(key)}
        if self.kid is not None:
            jwk["kid"] = self.kid
        return f"secret-token:conductorone.com:v1:{encode(json.dumps(jwk).encode())}"

    def faults_of_form(self, fields: list[tuple[str, str]]) -> Iterator[str]:
        """What is wrong with the fields of a token request, the assertion aside."""
        names = [name for name, _ in fields]
        expected = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": None,
        }
        for name in sorted(set(names)):
            if names.count(name) > 1:
                yield f"{name} is given {names.count(name)} times"
            if name not in expected:
                yield f"{name} does not belong into a token request"
        given = dict(fields)
        for name, value in expected.items():
            if name not in given:
                yield f"{name} is missing"
            elif value is not None and given[name] != value:
                yield f"{name} is {given[name]!r}, not {value!r}"

    def faults_of_assertion(self, assertion: str) -> Iterator[str]:
        """What is wrong with a signed assertion; its nonce counts as used afterwards."""
        try:
            first, second, third = assertion.split(".")
            header, claims = _object(first), _object(second)
            signature = decode(third)
        except ValueError as error:
            yield f"the assertion is no signed token: {error}"
            return
        try:
            self.key.public_key().verify(signature, f"{first}.{second}".encode())
        except InvalidSignature:
            yield "the signature of the assertion is not by the key of the client secret"
        yield from self._faults_of_header(header)
        yield from self._faults_of_claims(claims)

    def _faults_of_header(self, header: dict[str, Any]) -> Iterator[str]:
        names = {"alg", "nonce"} if self.kid is None else {"alg", "kid", "nonce"}
        if set(header) != names:
            yield f"the header has {sorted(header)}, not {sorted(names)}"
        if header.get("alg") != "EdDSA":
            yield f"alg is {header.get('alg')!r}, not 'EdDSA'"
        if "kid" in header and header["kid"] != self.kid:
            yield f"kid is {header['kid']!r}, not {self.kid!r}"
        nonce = header.get("nonce")
        if not isinstance(nonce, str) or not re.fullmatch("[0-9a-f]{32}", nonce):
            yield f"nonce is {nonce!r}, not 32 hexadecimal digits"
        elif nonce in self.nonces:
            yield f"the nonce {nonce} was used before"
        else:
            self.nonces.add(nonce)

    def _faults_of_claims(self, claims: dict[str, Any]) -> Iterator[str]:
        if set(claims) != CLAIMS:
            yield f"the claims are {sorted(claims)}, not {sorted(CLAIMS)}"
        for name, value in (("iss", self.client_id), ("sub", self.client_id), ("aud", self.audience)):
            if claims.get(name) != value:
                yield f"{name} is {claims.get(name)!r}, not {value!r}"
        times = [claims.get(name) for name in ("iat", "nbf", "exp")]
        if any(isinstance(each, bool) or not isinstance(each, int | float) for each in times):
            yield f"iat, nbf, exp are {times}, not numbers"
            return
        issued, begins, ends = cast("list[float]", times)
        if abs(issued - time.time()) > CLOCKS:
            yield f"iat is {issued - time.time():+.0f} s from now"
        if abs(issued - begins - WINDOW) > 1:
            yield f"nbf is {issued - begins:g} s before iat, not {WINDOW}"
        if abs(ends - issued - WINDOW) > 1:
            yield f"exp is {ends - issued:g} s after iat, not {WINDOW}"


def _object(segment: str) -> dict[str, Any]:
    value: Any = json.loads(decode(segment))
    return cast("dict[str, Any]", value) if isinstance(value, dict) else _refuse_segment(segment)


def _refuse_segment(segment: str) -> NoReturn:
    raise ValueError(f"{segment} is no JSON object")


class Tokens:
    """The access tokens given out, and until when each is good."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._withdrawn: set[str] = set()

    def give(self, lifetime: float) -> str:
        token = f"stand-in-{len(self._until) + 1}-{secrets.token_hex(16)}"
        self._until[token] = time.monotonic() + lifetime
        return token

    def withdraw_all(self) -> int:
        """Makes every token that is out invalid at once; how many there were."""
        before = len(self._withdrawn)
        self._withdrawn.update(self._until)
        return len(self._withdrawn) - before

    def standing(self, token: str) -> str:
        """``good``, ``withdrawn``, ``expired`` or ``unknown``."""
        if token not in self._until:
            return "unknown"
        if token in self._withdrawn:
            return "withdrawn"
        return "good" if time.monotonic() < self._until[token] else "expired"
