"""The HTTP library, in the only place that imports it.

Promises a client that goes through the proxies and trusts the CAs it is told to, and errors named as the host's own.
Hides which library that is.
"""

import re
import ssl
import sys
import zlib
from base64 import b64encode
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jackfield.config.secrets import Secret
from jackfield.errors import BadConfig, JackfieldError, RemoteContract, Transient
from jackfield.http.certificates import CA_PATH, cas_read_late, demand_regular_cas, trusted
from jackfield.http.contract import Response
from jackfield.http.network import NetworkSettings, way_to
from jackfield.visible import one_line

if TYPE_CHECKING:
    import httpx


_READ_BUFFER = 1 << 18
"""Bytes taken from the socket before the reader is asked to keep up; a page of a listing is about a megabyte."""


_MOST_HEADERS = 128
_MOST_DIGITS = 18

_MOST_MEMBERS = 100
"""Parts, packed one by one, of which a packed answer may be made; each costs time and memory, however short."""


_KEY = "jackfield.key"
"""Extension of a request that carries the part of its address that is secret: the HTTP library logs addresses."""


_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def route_of(url: str) -> str:
    """The path of *url*, which names the route in errors and logs; ``?`` if it is no address."""
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        return "?"


@asynccontextmanager
async def open_client(
    network: NetworkSettings, *, timeout: float, max_bytes: int, max_header_bytes: int
) -> AsyncGenerator["Client"]:
    """A client for as long as the block lasts. *timeout*: seconds for a whole answer; *max_bytes*: its largest size.

    *max_header_bytes*: the largest size of one header, and of the first line.
    """
    demand_regular_cas(network)
    client = Client(network, timeout=timeout, max_bytes=max_bytes, max_header_bytes=max_header_bytes)
    try:
        yield client
    finally:
        await client.close()


class Client:
    """Sends requests and reads whole answers, one at a time for each call."""

    def __init__(self, network: NetworkSettings, *, timeout: float, max_bytes: int, max_header_bytes: int) -> None:
        self._made: httpx.AsyncClient | None = None
        self._network = network
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._max_header_bytes = max_header_bytes

    def _client(self) -> "httpx.AsyncClient":
        """The library's client, made for the first request: importing it takes longer than a sync that reads files."""
        made = self._made
        if made is None:
            from http.cookiejar import CookieJar, DefaultCookiePolicy

            httpx = _import_httpx()
            made = self._made = httpx.AsyncClient(
                transport=_lazy_transport(httpx, self._network, self._max_header_bytes),
                timeout=httpx.Timeout(None, connect=min(self._timeout, 20.0)),
                follow_redirects=False,
                trust_env=False,
                headers={"User-Agent": "jackfield", "Accept-Encoding": "gzip"},
                cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=())),
            )
        return made

    async def close(self) -> None:
        """Close what connections there are."""
        if self._made is not None:
            await self._made.aclose()

    async def send(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], key: Secret | None = None
    ) -> Response:
        """Send one request; *key* is a query, encoded, that nothing shows.

        Raises Transient, RemoteContract (an answer too large, or that is no HTTP), BadConfig (no such address, a
        certificate that is not trusted) and ValueError (a header that can't be sent).
        """
        import asyncio

        client = self._client()

        import aiohttp
        import httpx

        for name, value in headers.items():
            if not (value.isascii() and value.isprintable()):
                # The value may be secret, so it is not shown.
                raise ValueError(f"the header {name} holds a character that no header can carry")
        route = route_of(url)
        request_id: str | None = None
        try:
            async with asyncio.timeout(self._timeout):
                async with client.stream(
                    method, url, content=body, headers=headers, extensions={_KEY: key} if key else None
                ) as answer:
                    answer_headers = {name.lower(): value for name, value in answer.headers.items()}
                    request_id = _request_id(answer_headers)
                    # Without a proxy it is an answer of the application, and tells nothing of what it did.
                    if answer.status_code == 407 and way_to(url, self._network) is not None:
                        raise _proxy_refused(407)
                    content = await _read(answer, answer_headers, self._max_bytes)
        except TimeoutError:
            raise Transient(f"no whole answer within {self._timeout:g} s", route=route, request_id=request_id) from None
        except JackfieldError as error:
            error.locate(route=route, request_id=request_id)
            raise
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError, OverflowError) as error:
            raise BadConfig(f"not an address that can be called: {type(error).__name__}", route=route) from None
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            raise _lost(error, self._max_header_bytes).locate(route=route, request_id=request_id) from None
        return Response(status=answer.status_code, headers=answer_headers, body=content, request_id=request_id)


async def _read(answer: "httpx.Response", headers: Mapping[str, str], most: int) -> bytes:
    """The whole body, unpacked; never more than *most* bytes are held, however small they came over the wire."""
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise RemoteContract(f"the answer comes in a coding that was not asked for ({one_line(coding, 40)})")
    packed = coding.endswith("gzip")
    length = headers.get("content-length", "")
    if length.isdecimal() and (len(length) > _MOST_DIGITS or int(length) > most):
        raise _too_large(most)
    unpack = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS) if packed else None
    chunks: list[bytes] = []
    received = size = 0
    members = 1
    async for chunk in answer.aiter_raw():
        received += len(chunk)
        while chunk:
            plain, rest = chunk, b""
            if unpack is not None:
                if unpack.eof:
                    members += 1
                    if members > _MOST_MEMBERS:
                        raise RemoteContract(f"the answer is packed in more than {_MOST_MEMBERS} parts (gzip)")
                    unpack = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
                try:
                    plain = unpack.decompress(chunk, most - size + 1)
                except zlib.error:
                    raise Transient("the answer was damaged on its way (gzip)") from None
                rest = unpack.unconsumed_tail or unpack.unused_data
            size += len(plain)
            if max(size, received) > most:
                raise _too_large(most)
            chunks.append(plain)
            chunk = rest
    if unpack is not None and received and not unpack.eof:
        raise Transient("the answer was cut off (gzip)")
    return b"".join(chunks)


def _too_large(most: int) -> RemoteContract:
    return RemoteContract(
        f"the answer is larger than {most} bytes",
        hint="Raise max_answer_bytes of the connection if the application is right.",
    )


def _lost(error: Exception, max_header_bytes: int) -> JackfieldError:
    from aiohttp import ClientResponseError
    from aiohttp.http_exceptions import LineTooLong

    cause = error.__cause__ or error
    if type(cause).__name__ == "ClientHttpProxyError":
        return _proxy_refused(getattr(cause, "status", 0))
    refused = _certificate_error(cause)
    if refused is not None:
        return BadConfig(
            f"the server's certificate is not trusted: {refused}",
            path=CA_PATH,
            hint="Set SSL_CERT_FILE to your organisation's CA bundle if the certificate is from there.",
        )
    if isinstance(error, ClientResponseError):
        # Its head, or how it says where it ends, can't be read; of its text nothing is shown.
        if any(isinstance(each, LineTooLong) for each in _causes(error)):
            return RemoteContract(
                f"the answer has a header of more than {max_header_bytes} bytes",
                hint="Raise max_header_bytes of the connection if the application is right.",
            )
        return RemoteContract(
            f"the answer is no HTTP that can be read, or has more than {_MOST_HEADERS} headers",
            hint="Check the address: another service may listen there.",
        )
    return Transient(f"the connection failed ({type(cause).__name__})")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _certificate_error(error: BaseException) -> str | None:
    """Why a certificate was refused, None if *error* means something else."""
    for each in (error, error.__cause__):
        if isinstance(each, ssl.SSLCertVerificationError) and hasattr(each, "verify_message"):
            return each.verify_message
    return None


def _proxy_refused(status: int) -> JackfieldError:
    if status == 407:
        return BadConfig("the proxy wants a name and a password, or other ones", path="HTTP_PROXY or HTTPS_PROXY")
    return Transient(f"the proxy refused with status {status}")


def _request_id(headers: Mapping[str, str]) -> str | None:
    """Vendors name the header after themselves: X-Request-Id, X-Vendor-Request-Id."""
    return next(
        (value for name, value in headers.items() if name.endswith("request-id") and _REQUEST_ID.fullmatch(value)), None
    )


def _import_httpx() -> Any:
    # httpx imports its command line where click and rich are installed: 0.1 s for what is never used here. None in
    # sys.modules makes it take the branch that it has for their absence.
    name = "httpx._main"
    unused = name not in sys.modules
    if unused:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        import httpx
    finally:
        if unused:
            sys.modules.pop(name, None)
    return httpx


def _lazy_transport(httpx: Any, network: NetworkSettings, max_header_bytes: int) -> Any:
    """One transport that makes a connection pool for each proxy when first needed: loading CAs costs 30 ms."""
    with cas_read_late():
        from aiohttp import ClientSession, DummyCookieJar, TCPConnector
    from httpx_aiohttp import AiohttpTransport

    transports: dict[tuple[bool, str | None], Any] = {}

    def make(secure: bool, proxy: str | None) -> Any:
        context = trusted(network) if secure or (proxy or "").startswith("https:") else None

        def session() -> ClientSession:
            # The limiter does the waiting, so the pool has no limit of its own.
            connector = TCPConnector(limit=0, ssl=context if context is not None else True)
            made = ClientSession(
                connector=connector,
                cookie_jar=DummyCookieJar(),
                read_bufsize=_READ_BUFFER,
                max_line_size=max_header_bytes,
                max_field_size=max_header_bytes,
                max_headers=_MOST_HEADERS,
            )
            # It would send some requests a second time on its own; only the host decides that.
            made._retry_connection = False  # pyright: ignore[reportPrivateUsage]
            return made

        through, login = _proxy(httpx, proxy)
        # aiohttp takes the login from here for a tunnel only; on other requests it is a header of theirs.
        if through is not None and secure and login is not None:
            through.headers["Proxy-Authorization"] = login
        transport = AiohttpTransport(verify=context if context is not None else False, client=session, proxy=through)
        return transport, None if secure else login

    @cache
    def ways(scheme: str, host: str, port: int | None) -> str | None:
        # NO_PROXY may be long, and a connection asks few hosts.
        named = f"[{host}]" if ":" in host else host
        return way_to(f"{scheme}://{named}{f':{port}' if port else ''}", network)

    class Lazy(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: Any) -> Any:
            key = (request.url.scheme == "https", ways(request.url.scheme, request.url.host, request.url.port))
            if key not in transports:
                transports[key] = make(*key)
            transport, login = transports[key]
            if login is not None:
                request.headers["Proxy-Authorization"] = login
            # With any other scheme it fails, with an error that shows the address.
            if (secret := request.extensions.get(_KEY)) is not None and request.url.scheme in ("http", "https"):
                request = _keyed(httpx, request, secret)
            try:
                return await transport.handle_async_request(request)
            except UnicodeEncodeError as error:
                if error.encoding == "idna":
                    raise  # a name of no host
                # The address and the headers sent were encoded before: it is the line that the answer begins with.
                raise RemoteContract("the answer begins with a line that is not ASCII text") from None

        async def aclose(self) -> None:
            for transport, _ in transports.values():
                await transport.aclose()

    return Lazy()


def _keyed(httpx: Any, request: Any, key: Secret) -> Any:
    """*request* with *key* in its address: a copy, for the library still logs the one that it was given."""
    query = b"&".join(part for part in (request.url.query, key.reveal().encode()) if part)
    return httpx.Request(
        request.method,
        request.url.copy_with(query=query),
        headers=request.headers,
        stream=request.stream,
        extensions={name: value for name, value in request.extensions.items() if name != _KEY},
    )


def _proxy(httpx: Any, address: str | None) -> tuple[Any, str | None]:
    """The proxy at *address* and the header with which to sign in there; the address is never shown."""
    if address is None:
        return None, None
    proxy = None
    with suppress(ValueError, httpx.InvalidURL):
        proxy = httpx.Proxy(address)
    if proxy is None or proxy.url.scheme not in ("http", "https") or not proxy.url.host:
        raise BadConfig("the proxy's address is not of the form http://host:port", path="HTTP_PROXY or HTTPS_PROXY")
    if proxy.auth is None:
        return proxy, None
    login = b64encode(":".join(proxy.auth).encode()).decode()
    return httpx.Proxy(proxy.url), f"Basic {login}"
