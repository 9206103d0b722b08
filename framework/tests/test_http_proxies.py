"""The way out: real forwarding proxies, hosts that are reached without one, and CAs of one's own."""

import asyncio
import base64
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from aiohttp import web

from jackfield.errors import BadConfig, Transient
from jackfield.http.network import NetworkSettings, proxy_for, way_to

from .loopback import asynchronous, raw_server, says, session, web_server


class Proxy:
    """A forwarding proxy that keeps the heads of what it was asked."""

    def __init__(self, *, login: str | None = None) -> None:
        self.asked: list[str] = []
        self._login = login

    async def speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, _, rest = head.partition("\r\n")
        self.asked.append(first)
        method, target, version = first.split()
        given = [line.split(": ")[1] for line in rest.split("\r\n") if line.lower().startswith("proxy-authorization:")]
        if self._login and given != [f"Basic {base64.b64encode(self._login.encode()).decode()}"]:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            ahead = b""
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            parts = urlsplit(target)
            host, port = parts.hostname or "", str(parts.port or 80)
            kept = [line for line in rest.split("\r\n") if not line.lower().startswith(("proxy-", "connection"))]
            ahead = "\r\n".join([f"{method} {parts.path or '/'} {version}", "Connection: close", *kept]).encode()
        up_reader, up_writer = await asyncio.open_connection(host, int(port))
        up_writer.write(ahead)
        with suppress(ConnectionError):
            await asyncio.gather(_pipe(reader, up_writer), _pipe(up_reader, writer))


async def _pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    finally:
        target.close()


async def application(request: web.Request) -> web.Response:
    return web.Response(text=f"{request.method} {request.path} {'Proxy-Authorization' in request.headers}")


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """A server's certificate for localhost by a CA of its own, and the CA's file."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return context, str(file)


@asynccontextmanager
async def proxy_server(proxy: Proxy) -> AsyncGenerator[str]:
    async with raw_server(proxy.speak) as url:
        yield url


@asynchronous
async def test_http_goes_through_the_proxy_in_absolute_form() -> None:
    proxy = Proxy()
    async with (
        web_server(application) as url,
        proxy_server(proxy) as through,
        session(network=NetworkSettings(proxies={"http": through})) as http,
    ):
        answer = await http.request("POST", f"{url}/a?b=c", body=b"hello")
    assert answer.body == b"POST /a False"
    assert proxy.asked == [f"POST {url}/a?b=c HTTP/1.1"]


def test_https_goes_through_a_tunnel_and_trusts_the_ca_given(ca: tuple[ssl.SSLContext, str]) -> None:
    context, file = ca

    @asynchronous
    async def run() -> None:
        proxy = Proxy()
        async with (
            web_server(application, ssl=context) as url,
            proxy_server(proxy) as through,
            session(network=NetworkSettings(proxies={"https": through}, ca_file=file)) as http,
        ):
            answer = await http.request("GET", f"{url}/a")
        assert answer.body == b"GET /a False"
        assert proxy.asked == [f"CONNECT {url.removeprefix('https://')} HTTP/1.1"]

    run()


@pytest.mark.parametrize("secure", [False, True])
def test_name_and_password_of_a_proxy_go_to_the_proxy_only(ca: tuple[ssl.SSLContext, str], secure: bool) -> None:
    context, file = ca

    @asynchronous
    async def run() -> None:
        proxy = Proxy(login="mia:p@ss word")
        async with web_server(application, ssl=context if secure else None) as url, proxy_server(proxy) as through:
            given = through.replace("http://", "http://mia:p%40ss%20word@")
            network = NetworkSettings(proxies={"all": given}, ca_file=file)
            assert "p%40ss" not in repr(network)
            async with session(network=network) as http:
                answer = await http.request("GET", f"{url}/a")
        assert answer.body == b"GET /a False"

    run()


@pytest.mark.parametrize("secure", [False, True])
def test_a_proxy_that_wants_a_password_and_gets_none_is_told_apart_from_the_application(
    ca: tuple[ssl.SSLContext, str], secure: bool
) -> None:
    context, file = ca

    @asynchronous
    async def run() -> None:
        proxy = Proxy(login="mia:password")
        async with (
            web_server(application, ssl=context if secure else None) as url,
            proxy_server(proxy) as through,
            session(network=NetworkSettings(proxies={"all": through}, ca_file=file)) as http,
        ):
            with pytest.raises(BadConfig, match="the proxy wants") as refused:
                await http.request("GET", f"{url}/a")
            assert refused.value.route == "/a"

    run()


@asynchronous
async def test_a_proxy_that_is_not_there_is_transient_and_its_password_shows_nowhere() -> None:
    async with session(network=NetworkSettings(proxies={"http": "http://mia:s3cret@127.0.0.1:1"})) as http:
        with pytest.raises(Transient) as failed:
            await http.request("GET", "http://127.0.0.1:2/a")
    assert "s3cret" not in str(failed.value)


@pytest.mark.parametrize(
    "address", ["socks5://u:s3cret@h:1", "nonsense://u:s3cret@h", "http://", "http://u:s3cret@[::1"]
)
def test_a_proxy_that_can_not_be_used_is_named_without_its_address(address: str) -> None:
    @asynchronous
    async def run() -> None:
        async with session(network=NetworkSettings(proxies={"http": address})) as http:
            with pytest.raises(BadConfig, match="the proxy's address") as refused:
                await http.request("GET", "http://127.0.0.1:2/a")
            assert "s3cret" not in str(refused.value)
            assert "HTTP_PROXY" in (refused.value.path or "")

    run()


@asynchronous
async def test_a_proxy_that_lets_nobody_through_is_transient() -> None:
    async with (
        raw_server(says(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")) as through,
        session(network=NetworkSettings(proxies={"https": through})) as http,
    ):
        with pytest.raises(Transient, match="the proxy refused with status 403"):
            await http.request("GET", "https://localhost:1/a")


@asynchronous
async def test_a_host_of_no_proxy_is_reached_directly() -> None:
    proxy = Proxy()
    async with web_server(application) as url, proxy_server(proxy) as through:
        network = NetworkSettings(proxies={"all": through}, no_proxy="example.org, 127.0.0.0/8")
        async with session(network=network) as http:
            assert (await http.request("GET", url)).status == 200
    assert proxy.asked == []


def test_a_certificate_of_an_unknown_ca_is_a_fault_of_the_configuration_and_not_tried_again(
    ca: tuple[ssl.SSLContext, str],
) -> None:
    context, _ = ca

    @asynchronous
    async def run() -> None:
        async with web_server(application, ssl=context) as url, session() as http:
            with pytest.raises(BadConfig, match="certificate is not trusted") as refused:
                await http.request("GET", f"{url}/a")
            assert "SSL_CERT_FILE" in str(refused.value)
            assert refused.value.route == "/a"

    run()


def test_a_certificate_of_another_host_is_refused(ca: tuple[ssl.SSLContext, str]) -> None:
    context, file = ca

    @asynchronous
    async def run() -> None:
        async with web_server(application, ssl=context) as url, session(network=NetworkSettings(ca_file=file)) as http:
            with pytest.raises(BadConfig, match="not valid for"):
                await http.request("GET", url.replace("localhost", "127.0.0.1"))

    run()


@asynchronous
async def test_a_server_that_speaks_no_tls_is_not_called_untrusted() -> None:
    async with web_server(application) as url, session() as http:
        with pytest.raises(Transient, match="the connection failed"):
            await http.request("GET", url.replace("http:", "https:"))


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_bundle_that_can_not_be_read_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)

    @asynchronous
    async def run() -> None:
        with pytest.raises(BadConfig, match="CA bundle") as refused:
            async with session(network=NetworkSettings(ca_file=str(file))) as http:
                await http.request("GET", "https://localhost:1/")
        assert "SSL_CERT_FILE" in (refused.value.path or "")

    run()


PROXIES = {"http": "http://plain:1", "https": "secure:2", "all": "http://any:3"}


@pytest.mark.parametrize(
    ("url", "no_proxy", "proxy"),
    [
        ("http://a.example.org/", "", "http://plain:1"),
        ("https://a.example.org/", "", "http://secure:2"),
        ("http://a.example.org/", "*", None),
        ("http://a.example.org/", "example.org", None),
        ("http://example.org/", "example.org", None),
        ("http://example.org/", ".example.org", None),
        ("http://a.example.org/", "*.example.org", None),
        ("http://A.Example.ORG./", "EXAMPLE.org.", None),
        ("http://badexample.org/", "example.org", "http://plain:1"),
        ("http://example.org.evil.test/", "example.org", "http://plain:1"),
        ("http://a.example.org/", "other.test , example.org", None),
        ("http://a.example.org/", "other.test example.org", None),
        ("http://a.example.org:8080/", "example.org:8080", None),
        ("http://a.example.org:8081/", "example.org:8080", "http://plain:1"),
        ("https://a.example.org/", "example.org:443", None),
        ("http://a.example.org/", "example.org:443", "http://plain:1"),
        ("http://10.1.2.3/", "10.0.0.0/8", None),
        ("http://11.1.2.3/", "10.0.0.0/8", "http://plain:1"),
        ("http://10.1.2.3/", "10.1.2.3", None),
        ("http://10.1.2.3:81/", "10.1.2.3:80", "http://plain:1"),
        ("http://[::1]/", "::1", None),
        ("http://[::1]/", "[::1]", None),
        ("http://[::1]:8080/", "[::1]:8080", None),
        ("http://[::1]:8081/", "[::1]:8080", "http://plain:1"),
        ("http://[fd00::7]/", "fd00::/8", None),
        ("http://a.example.org/", ", ,", "http://plain:1"),
        ("http://localhost/", "localhost,127.0.0.1", None),
    ],
)
def test_which_hosts_are_reached_without_a_proxy(url: str, no_proxy: str, proxy: str | None) -> None:
    assert proxy_for(url, NetworkSettings(proxies=PROXIES, no_proxy=no_proxy)) == proxy


def test_the_proxy_for_all_serves_schemes_without_one_of_their_own() -> None:
    assert proxy_for("https://a.test/", NetworkSettings(proxies={"all": "any:3"})) == "http://any:3"
    assert proxy_for("https://a.test/", NetworkSettings(proxies={"http": "any:3"})) is None


@pytest.mark.parametrize(
    ("url", "proxy", "way"),
    [
        ("http://127.0.0.1/", "http://far:1", None),
        ("http://localhost/", "far:1", None),
        ("http://[::1]/", "http://127.0.0.1.far:1", None),
        ("http://127.0.0.1/", "http://127.0.0.2:1", "http://127.0.0.2:1"),
        ("http://127.0.0.1/", "http://[::1]:1", "http://[::1]:1"),
        ("https://a.test/", "http://far:1", "http://far:1"),
    ],
)
def test_nothing_leaves_this_machine_in_the_clear_for_a_proxy(url: str, proxy: str, way: str | None) -> None:
    assert way_to(url, NetworkSettings(proxies={"all": proxy})) == way
