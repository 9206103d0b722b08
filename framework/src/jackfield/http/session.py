"""The session of one connection: limiter, authorisation, limits and error classes around the client."""

import math
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import msgspec

from jackfield.clock import Clock
from jackfield.config.secrets import Mask, Secret
from jackfield.errors import BadConfig, RateLimited, Transient
from jackfield.http.address import checked_address
from jackfield.http.contract import Authorizer, KeyInAddress, Response, RetryAfter, Sender, default_retry_after
from jackfield.http.limiter import Limiter
from jackfield.http.network import NetworkSettings
from jackfield.http.transport import open_client, route_of
from jackfield.log import Logger, NoLog

DEFAULT_PAUSE = 5.0
"""Seconds to pause where the application refuses without saying for how long."""

NOT_IMPLEMENTED = 501
"""The one error of a server that no second try mends."""


class SessionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one connection; see ``HostSettings`` for what they mean.

    ``between`` makes of the sender one that all requests pass, those of authorisation included.
    """

    concurrency: int = 8
    timeout: float = 100.0
    max_bytes: int = 16_777_216
    max_header_bytes: int = 32_768
    network: NetworkSettings = NetworkSettings()
    between: Callable[[Sender], Sender] | None = None


class Session:
    """Implements ``HttpSession``; ``sent`` counts every request that went out, those of authorisation included.

    ``mask`` knows the secrets of the connection.
    """

    def __init__(self, client: Sender, limiter: Limiter, clock: Clock, log: Logger) -> None:
        self._client = client
        self._clock = clock
        self._log = log
        self.limiter = limiter
        self.mask = Mask()
        self.sent = 0

    def holds_secret(self, text: str) -> bool:
        """See ``HttpSession.holds_secret``."""
        return self.mask.text(text) != text

    def conceal(self, secret: Secret) -> None:
        """See ``HttpSession.conceal``."""
        self.mask.learn(secret)

    def intercept(self, between: Callable[[Sender], Sender]) -> None:
        """Let what *between* makes of the sender stand before the network from now on: for tests that lose answers."""
        self._client = between(self._client)

    async def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        auth: Authorizer | None = None,
        retry_after: RetryAfter | None = None,
    ) -> Response:
        """See ``HttpSession.request``."""
        try:
            checked_address(url)
        except BadConfig as error:
            raise error.locate(route=route_of(url)) from None
        plain = dict(headers or {})
        # Credentials are fetched before a slot is taken: renewing them needs one of its own.
        credentials: Mapping[str, str] = await auth.headers() if auth else {}
        self._conceal(credentials)
        key = self._key(auth)
        response = await self._send(method, url, body, plain, credentials, key, retry_after)
        if auth and await auth.renew(credentials, response):
            credentials = await auth.headers()
            self._conceal(credentials)
            key = self._key(auth)
            response = await self._send(method, url, body, plain, credentials, key, retry_after)
            return msgspec.structs.replace(response, repeated=True)
        return response

    def _key(self, auth: Authorizer | None) -> Secret | None:
        """What of *auth* goes into the address, encoded; learns the secrets that *auth* itself holds."""
        self.mask.learn(auth)
        parameters: Mapping[str, Secret] = auth.parameters() if isinstance(auth, KeyInAddress) else {}
        if not parameters:
            return None
        for each in parameters.values():
            self.mask.learn((each, Secret(urlencode({"": each.reveal()})[1:])))
        return Secret(urlencode({name: each.reveal() for name, each in parameters.items()}))

    def _conceal(self, credentials: Mapping[str, str]) -> None:
        """Learn the token of an Authorization header, whoever made it."""
        for name, value in credentials.items():
            if name.lower() == "authorization" and value.strip():
                self.mask.learn(Secret(value.split()[-1]))

    async def _send(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        credentials: Mapping[str, str],
        key: Secret | None,
        retry_after: RetryAfter | None,
    ) -> Response:
        route = route_of(url)
        async with self.limiter.slot():
            self.sent += 1
            started = self._clock.monotonic()
            response = await self._client.send(method, url, body=body, headers={**headers, **credentials}, key=key)
            if response.request_id is not None and self.mask.text(response.request_id) != response.request_id:
                response = msgspec.structs.replace(response, request_id=None)
            if response.status == 429 or (response.status == 503 and "retry-after" in response.headers):
                after = (retry_after or default_retry_after)(response, self._clock)
                if after is not None and not (math.isfinite(after) and after >= 0):
                    after = None
                self.limiter.pause(DEFAULT_PAUSE if after is None else after)
                self._log.info("rate limited", route=route, pause=after, request_id=response.request_id)
                raise RateLimited(
                    "the application asks for a pause",
                    after=after,
                    turned_away=response.status == 429,
                    route=route,
                    request_id=response.request_id,
                )
        self._log.debug(
            "answer",
            route=route,
            status=response.status,
            bytes=len(response.body),
            ms=round((self._clock.monotonic() - started) * 1000),
            request_id=response.request_id,
        )
        if response.status >= 500 and response.status != NOT_IMPLEMENTED:
            raise Transient(f"the server answered {response.status}", route=route, request_id=response.request_id)
        self.limiter.succeeded()
        return response


@asynccontextmanager
async def open_session(options: SessionOptions, clock: Clock, log: Logger | None = None) -> AsyncGenerator[Session]:
    """A session for as long as the block lasts; one for each connection."""
    async with open_client(
        options.network,
        timeout=options.timeout,
        max_bytes=options.max_bytes,
        max_header_bytes=options.max_header_bytes,
    ) as client:
        limiter = Limiter(maximum=options.concurrency, clock=clock)
        sender = options.between(client) if options.between is not None else client
        yield Session(sender, limiter, clock, log or NoLog())
