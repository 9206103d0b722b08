"""When certificate authorities are read: not for what nobody uses, and in time for whoever does."""

import asyncio
import json
import os
import ssl
import sys
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web

from .loopback import asynchronous, web_server

FIRST_REQUEST = """
import asyncio, gc, json, ssl, sys
from jackfield.clock import SystemClock
from jackfield.errors import Transient
from jackfield.http import SessionOptions, open_session

async def request():
    async with open_session(SessionOptions(), SystemClock()) as http:
        await http.request("GET", "http://127.0.0.1:1/")

try:
    asyncio.run(request())
except Transient:
    pass
found = [each.cert_store_stats()["x509_ca"] for each in gc.get_objects() if isinstance(each, ssl.SSLContext)]
"""
TOLD = """
print(json.dumps([found, ssl.create_default_context().cert_store_stats()["x509_ca"]]))
"""
ANOTHER_USER = """
import aiohttp

async def ask():
    async with aiohttp.ClientSession() as client, client.get(sys.argv[1]) as answer:
        return await answer.text()

print(json.dumps(asyncio.run(ask())))
"""


@pytest.fixture
def ca(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's certificate for localhost by a CA of its own, and the CA's file."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return context, tmp_path / "ca.pem"


async def told(code: str, ca_file: Path, *words: str) -> Any:
    """What *code* prints last in a process that trusts the CA in *ca_file*."""
    environment = {**os.environ, "SSL_CERT_FILE": str(ca_file), "SSL_CERT_DIR": str(ca_file.parent / "none")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *words, env=environment, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(out.splitlines()[-1])


def test_a_request_that_needs_no_certificates_reads_none(ca: tuple[ssl.SSLContext, Path]) -> None:
    """Where this fails, the HTTP library makes its contexts in another way, and start-up takes longer for it."""
    found, ours = asyncio.run(told(FIRST_REQUEST + TOLD, ca[1]))
    assert found, "the library made no context at all: what is done about them is needed no more"
    assert set(found) == {0}
    assert ours == 1, "whoever makes a context afterwards has the CAs"


def test_who_else_uses_the_library_finds_the_certificates_that_it_would_have_read(
    ca: tuple[ssl.SSLContext, Path],
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="trusted")

    @asynchronous
    async def run() -> None:
        async with web_server(answer, ssl=ca[0]) as url:
            assert await told(FIRST_REQUEST + ANOTHER_USER, ca[1], url) == "trusted"

    run()
