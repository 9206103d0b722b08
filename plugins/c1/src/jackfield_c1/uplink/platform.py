"""The platform as the uplink calls it: one method for each of its own, over one channel.

Promises that each call is authorised and has a deadline, and that a token which is not honoured any more is renewed once.
Hides gRPC. Rules: sections B.2 and B.3 of the platform's wire.
"""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from jackfield.hookspecs import ServiceHost
from jackfield_c1.proto import baton_pb2
from jackfield_c1.uplink.credentials import Tokens

SERVICE = "c1.connectorapi.baton.v1.BatonService"
CHUNK = 512 * 1024
"""Bytes of one message of an upload."""
_DEADLINE = 30.0
_UPLOAD_DEADLINE = 3600.0
_LARGEST = 64 * 1024 * 1024

A = TypeVar("A", bound=Message)


class CallFailed(Exception):
    """A call that the platform answered with an error: its ``code``, and what it says."""

    def __init__(self, method: str, code: str, details: str) -> None:
        super().__init__(f"{method}: {code}: {details}")
        self.method = method
        self.code = code
        self.details = details


class Platform:
    """The calls; ``host_id`` stands in each of them."""

    def __init__(self, channel: grpc.aio.Channel, tokens: Tokens, host_id: str) -> None:
        self._channel = channel
        self._tokens = tokens
        self.host_id = host_id

    async def hello(self, request: baton_pb2.BatonServiceHelloRequest) -> None:
        """Say who is there and what it can do."""
        await self._call("Hello", request, baton_pb2.BatonServiceHelloResponse)

    async def get_task(self) -> baton_pb2.BatonServiceGetTaskResponse:
        """The next task, if there is one, and when to ask again."""
        request = baton_pb2.BatonServiceGetTaskRequest(host_id=self.host_id)
        return await self._call("GetTask", request, baton_pb2.BatonServiceGetTaskResponse)

    async def heartbeat(self, task: str) -> baton_pb2.BatonServiceHeartbeatResponse:
        """Say that a task goes on; whether it was cancelled."""
        request = baton_pb2.BatonServiceHeartbeatRequest(host_id=self.host_id, task_id=task)
        return await self._call("Heartbeat", request, baton_pb2.BatonServiceHeartbeatResponse)

    async def finish(self, request: baton_pb2.BatonServiceFinishTaskRequest) -> None:
        """Say what became of a task."""
        request.host_id = self.host_id
        await self._call("FinishTask", request, baton_pb2.BatonServiceFinishTaskResponse)

    async def upload(self, task: str, file: Path) -> None:
        """Send the *file* that a task asked for, whole."""

        async def messages() -> AsyncIterator[baton_pb2.BatonServiceUploadAssetRequest]:
            kind = baton_pb2.BatonServiceUploadAssetRequest
            yield kind(metadata=kind.UploadMetadata(host_id=self.host_id, task_id=task))
            digest = hashlib.sha256()
            with await asyncio.to_thread(file.open, "rb") as data:
                while chunk := await asyncio.to_thread(data.read, CHUNK):
                    digest.update(chunk)
                    yield kind(data=kind.UploadData(data=chunk))
            yield kind(eof=kind.UploadEOF(sha256_checksum=digest.digest()))

        async def once(metadata: Any) -> baton_pb2.BatonServiceUploadAssetResponse:
            call: Any = self._channel.stream_unary(
                f"/{SERVICE}/UploadAsset",
                request_serializer=_to_bytes,
                response_deserializer=baton_pb2.BatonServiceUploadAssetResponse.FromString,
            )
            return await call(messages(), metadata=metadata, timeout=_UPLOAD_DEADLINE)

        await self._authorised("UploadAsset", once)

    async def _call(self, method: str, request: Message, answer: type[A]) -> A:
        async def once(metadata: Any) -> A:
            call: Any = self._channel.unary_unary(
                f"/{SERVICE}/{method}", request_serializer=_to_bytes, response_deserializer=answer.FromString
            )
            return await call(request, metadata=metadata, timeout=_DEADLINE)

        return await self._authorised(method, once)

    async def _authorised(self, method: str, once: Callable[[Any], Any]) -> Any:
        for again in (True, False):
            metadata = (("authorization", await self._tokens.header()),)
            try:
                return await once(metadata)
            except grpc.aio.AioRpcError as error:
                code = error.code().name
                if code == "UNAUTHENTICATED":
                    self._tokens.forget()
                    if again:
                        continue
                raise CallFailed(method, code, error.details() or "") from None
        raise AssertionError("a loop of two ends within two")


@asynccontextmanager
async def open_channel(host: ServiceHost, target: str, name: str) -> AsyncGenerator[grpc.aio.Channel]:
    """A channel to *target* by TLS, for as long as the block lasts."""
    roots = await asyncio.to_thread(_roots, host)
    options = [
        ("grpc.primary_user_agent", f"{name} jackfield/{host.host_version}"),
        ("grpc.max_receive_message_length", _LARGEST),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.max_reconnect_backoff_ms", 30_000),
    ]
    credentials = grpc.ssl_channel_credentials(root_certificates=roots)
    async with grpc.aio.secure_channel(target, credentials, options=options) as channel:
        yield channel


def _roots(host: ServiceHost) -> bytes | None:
    """The CAs that are trusted: those that the environment names, else the system's; None for those of gRPC."""
    named = host.network.ca_file or ssl.get_default_verify_paths().cafile
    return Path(named).read_bytes() if named and Path(named).is_file() else None


def _to_bytes(message: Message) -> bytes:
    return message.SerializeToString()
