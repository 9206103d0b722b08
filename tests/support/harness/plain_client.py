"""A plain client of the stand-in of the platform, that does what it is told, also what is wrong."""

import base64
import hashlib
import json
import secrets
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from typing import Any, cast

import grpc
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from platform_stand_in import rules
from platform_stand_in.launch import Platform
from platform_stand_in.messages import BATON, CONNECTOR, message_class

PATH = f"/{BATON}BatonService/"
GIVEN = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def segment(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Client:
    """One connector, without a loop: each call is made when it is asked for."""

    def __init__(self, platform: Platform, *, host_id: str = "host-1") -> None:
        self.platform = platform
        self.host_id = host_id
        self.token = ""
        encoded = platform.client_secret.split(":", 3)[3]
        self.jwk: dict[str, str] = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
        credentials: Any = grpc.ssl_channel_credentials(platform.ca_file.read_bytes())
        self._channel: Any = grpc.secure_channel(platform.address, credentials)

    def close(self) -> None:
        self._channel.close()

    def assertion(self, header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None) -> str:
        """A signed assertion; what *header* and *claims* name replaces what belongs there, None takes it away."""
        now = int(time.time())
        client_id = self.platform.client_id
        heads = {
            "alg": "EdDSA",
            "nonce": secrets.token_hex(16),
            **({"kid": self.jwk["kid"]} if "kid" in self.jwk else {}),
        }
        body = {"iss": client_id, "sub": client_id, "aud": self.platform.host, "iat": now, "nbf": now - 120}
        whole = [{**heads, **(header or {})}, {**body, "exp": now + 120, **(claims or {})}]
        kept = [{key: value for key, value in each.items() if value is not None} for each in whole]
        signed = ".".join(segment(json.dumps(each).encode()) for each in kept)
        key = self.jwk["d"]
        private = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)))
        return f"{signed}.{segment(private.sign(signed.encode()))}"

    def form(self, **changed: str | None) -> dict[str, str]:
        """The form of a token request; None takes a field away."""
        form: dict[str, str | None] = {
            "grant_type": "client_credentials",
            "client_id": self.platform.client_id,
            "client_assertion_type": GIVEN,
            **({} if "client_assertion" in changed else {"client_assertion": self.assertion()}),
            **changed,
        }
        return {key: value for key, value in form.items() if value is not None}

    def ask_token(self, form: dict[str, str] | None = None, **headers: str) -> tuple[int, dict[str, Any]]:
        """Status and JSON of the answer of the token endpoint."""
        data = urllib.parse.urlencode(form or self.form()).encode()
        url = f"https://{self.platform.address}/auth/v1/token"
        request = urllib.request.Request(url, data=data, headers=headers)
        try:
            with self._opener().open(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def _opener(self) -> urllib.request.OpenerDirector:
        context = ssl.create_default_context(cafile=str(self.platform.ca_file))
        handler = urllib.request.HTTPSHandler(context=context)
        return urllib.request.build_opener(urllib.request.ProxyHandler({}), handler)

    def sign_in(self) -> None:
        """Gets a token and keeps it."""
        status, answer = self.ask_token()
        assert status == 200, answer
        self.token = answer["access_token"]

    def _metadata(self, authorization: str | None) -> list[tuple[str, str]]:
        return [("authorization", authorization or f"Bearer {self.token}")]

    def send(self, method: str, data: bytes, authorization: str | None = None) -> bytes:
        """One unary call with these bytes."""
        call: Any = self._channel.unary_unary(PATH + method)
        return call(data, timeout=20, metadata=self._metadata(authorization))

    def call(self, method: str, **fields: Any) -> Any:
        """One unary call with a message of these fields, and the answer."""
        request = message(method, host_id=self.host_id, **fields)
        answer = message_class(f"{BATON}BatonService{method}Response")()
        answer.ParseFromString(self.send(method, request.SerializeToString()))
        return answer

    def hello(self, **changed: Any) -> Any:
        """A Hello with everything in it."""
        metadata = message_class(f"{CONNECTOR}ConnectorMetadata")(display_name="Plain")
        metadata.capabilities.connector_capabilities.append(2)
        kind = metadata.capabilities.resource_type_capabilities.add(capabilities=[2])
        kind.resource_type.id = "user"
        fields: dict[str, Any] = {
            "os_info": dict.fromkeys(rules.OS_INFO, "linux"),
            "build_info": {"lang_version": "3", "package": "plain", "package_version": "1"},
            "connector_metadata": metadata,
        }
        return self.call("Hello", **{**fields, **changed})

    def task(self) -> Any:
        """The task of one poll."""
        return self.call("GetTask").task

    def begun(self) -> "Client":
        """Signed in, and hello said."""
        self.sign_in()
        self.hello()
        return self

    def upload(self, task_id: str, data: bytes, **wrong: Any) -> None:
        """A whole upload."""
        self.stream(self.pieces(task_id, data, **wrong))

    def stream(self, messages: Iterable[Any]) -> None:
        call: Any = self._channel.stream_unary(f"{PATH}UploadAsset")
        sent = (each.SerializeToString() for each in messages)
        call(sent, timeout=20, metadata=self._metadata(None))

    def pieces(
        self, task_id: str, data: bytes, *, size: int = 512 * 1024, checksum: bytes | None = None
    ) -> Iterator[Any]:
        """The messages of an upload."""
        yield message("UploadAsset", metadata={"host_id": self.host_id, "task_id": task_id})
        for at in range(0, len(data), size):
            yield message("UploadAsset", data={"data": data[at : at + size]})
        yield message("UploadAsset", eof={"sha256_checksum": checksum or hashlib.sha256(data).digest()})

    def succeed(self, task_id: str, response: str | None = None) -> None:
        """FinishTask with success, and an empty response of this type."""
        success: dict[str, Any] = {}
        if response is not None:
            success["response"] = {"type_url": f"type.googleapis.com/{CONNECTOR}{response}"}
        self.call("FinishTask", task_id=task_id, success=success)

    def fail(self, task_id: str, code: int = 2, text: str = "it failed", **error: Any) -> None:
        """FinishTask with an error."""
        self.call("FinishTask", task_id=task_id, status={"code": code, "message": text}, error=error)


def message(method: str, **fields: Any) -> Any:
    """The request of a method."""
    return message_class(f"{BATON}BatonService{method}Request")(**fields)


def code_of(error: BaseException) -> str:
    """The gRPC code of a failed call, by name."""
    return cast("Any", error).code().name
