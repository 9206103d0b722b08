"""A server that is broken or means harm, over raw sockets: every answer ends in a result or an error of the host's names."""

import io
import json
import logging
import random
import tracemalloc
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from jackfield.cli.logging import LazyLog, take_over
from jackfield.cli.redaction import Redactor
from jackfield.errors import JackfieldError, RateLimited, RemoteContract, Transient
from jackfield.http import ByCursor, ByLink, ByOffset, JsonApi, OAuthClient, decode_json, peek_json
from jackfield.http.auth import request_token
from jackfield.http.bodies import MOST_VALUES
from jackfield.http.places import find, plain_at, sample, text_at

from .loopback import OK, asynchronous, get, raw_server, says, session


def whole(head: bytes, body: bytes = b"{}") -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


MANY = b"".join(b"X-%d: a\r\n" % number for number in range(5000))
NO_HTTP = {
    "another protocol": b"SSH-2.0-OpenSSH_9.0\r\n",
    "a reason that is not ASCII": whole(b"HTTP/1.1 200 \xff\xfe\r\n"),
    "a status that is none": whole(b"HTTP/1.1 abc OK\r\n"),
    "a status of five digits": whole(b"HTTP/1.1 99999 OK\r\n"),
    "a header without a name": whole(OK + b": a\r\n"),
    "a header with a NUL": whole(OK + b"X-A: \x00\r\n"),
    "a header name that is not ASCII": whole(OK + b"X-\xff: a\r\n"),
    "two lengths": OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a length below zero": OK + b"Content-Length: -5\r\n\r\nabc",
    "a length of 5,000 digits": OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nabc",
    "a length in other digits": OK + "Content-Length: ٣\r\n\r\nabc".encode(),
    "a length and chunks": OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "a chunk of 2^160 bytes": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\nabc",
    "a chunk below zero": OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc",
    "5,000 headers": whole(OK + MANY),
    "5,000 headers behind the body": OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n" + MANY + b"\r\n",
}
TOO_LARGE = {
    "a header": whole(OK + b"X-A: " + b"a" * 100_000 + b"\r\n"),
    "a header's name": whole(OK + b"X-" + b"a" * 100_000 + b": a\r\n"),
    "a header without an end": OK + b"X: " + b"a" * 20_000_000,
    "a reason without an end": b"HTTP/1.1 200 " + b"a" * 20_000_000,
}


@pytest.mark.parametrize("case", [*NO_HTTP, *TOO_LARGE])
def test_what_is_no_http_breaks_the_contract_and_is_not_shown(case: str):
    @asynchronous
    async def run() -> None:
        said = {**NO_HTTP, **TOO_LARGE}[case]
        async with raw_server(says(said)) as url, session() as http:
            tracemalloc.start()
            try:
                with pytest.raises(RemoteContract) as refused:
                    await get(http, f"{url}/page")
                assert tracemalloc.get_traced_memory()[1] < 60_000_000  # the server's 20 MB are in this process, too
            finally:
                tracemalloc.stop()
            assert refused.value.route == "/page"
            assert ("max_header_bytes" in str(refused.value)) is (case in TOO_LARGE)
            assert "aaa" not in str(refused.value)
            assert http.limiter.in_flight == 0

    run()


@asynchronous
async def test_how_large_a_header_may_be_is_a_setting():
    said = whole(OK + b"X-A: " + b"a" * 100_000 + b"\r\n")
    async with raw_server(says(said)) as url, session(max_header_bytes=200_000) as http:
        assert (await get(http, url)).headers["x-a"] == "a" * 100_000


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 \x1b[2J\x1b]0;owned\x07\r\n",
        b"HTTP/1.1 429 \x1b[2J\r\nRetry-After: \x1b[2J\r\n",
        OK + b"X-Request-Id: \x1b[2J\r\n",
        OK + b"Content-Encoding: \x1b[2J\r\n",
        OK + b"Link: <\x1b[2J>; rel=next\r\nX-A: \xc2\x9b2J\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: \x1b[2J\r\n",
        b"HTTP/1.1 500 \xe2\x80\xae\r\n",
    ],
)
def test_nothing_that_drives_a_terminal_reaches_log_or_error(head: bytes):
    written = io.StringIO()
    log = LazyLog("debug", Redactor(), written)
    root = logging.getLogger()
    level = root.level
    handler = take_over(log, "debug")

    @asynchronous
    async def run() -> str:
        async with raw_server(says(whole(head))) as url, session() as http:
            try:
                answer = await JsonApi(http, url).get("page", type=dict[str, Any])
                return str(answer)
            except JackfieldError as error:
                return str(error)

    try:
        told = run()
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert "page" in written.getvalue()
    for line in [*written.getvalue().split("\n"), told or ""]:
        assert line.isprintable(), repr(line)


@pytest.mark.parametrize(
    "told", ["9" * 5000, "nan", "inf", "-1", "1e400", "Mon, 99 Jan 999999 99:99:99 +99999", "٣", ""]
)
def test_a_pause_that_is_none_is_a_pause_all_the_same(told: str):
    @asynchronous
    async def run() -> None:
        said = whole(b"HTTP/1.1 429 X\r\nRetry-After: " + told.encode() + b"\r\n")
        async with raw_server(says(said)) as url, session() as http:
            with pytest.raises(RateLimited) as paused:
                await get(http, url)
            assert paused.value.after is None or 0 <= paused.value.after < 1e12

    run()


@asynchronous
async def test_whatever_is_changed_in_an_answer_it_ends_in_an_answer_or_an_error_of_ours():
    chance = random.Random(9)
    plain = whole(OK + b"X-Request-Id: r\r\nRetry-After: 3\r\nContent-Encoding: identity\r\n", b'{"a":[1,"b"]}')
    for _ in range(150):
        said = bytearray(plain)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(said))
            noise = chance.randbytes(chance.randint(0, 12))
            said[at : at + chance.randint(0, 8)] = noise
        async with raw_server(says(bytes(said))) as url, session(timeout=1.0) as http:
            try:
                await JsonApi(http, url).get("page", type=dict[str, Any])
            except JackfieldError as error:
                assert isinstance(error, (RemoteContract, Transient, RateLimited)) or error.exit_code in (2, 3, 4, 5)
                assert error.exit_code != 70


# --- bodies ----------------------------------------------------------------------------------------------------------


class Row(msgspec.Struct):
    id: str
    size: int = 0
    weight: float = 0.0


BODIES = {
    "a byte that is not UTF-8": b'{"items": [{"id": "a\xff"}], "next": "n"}',
    "a cut character": b'{"items": [{"id": "a\xe2\x82"}], "next": "n"}',
    "not UTF-8 in the cursor": b'{"items": [], "next": "a\xff"}',
    "not a number": b'{"items": [{"id": "a", "weight": NaN}], "next": "n"}',
    "infinity": b'{"items": [{"id": "a", "weight": 1e999}], "next": "n"}',
    "an integer of 5,000 digits": b'{"items": [{"id": "a", "size": ' + b"9" * 5000 + b'}], "next": "n"}',
    "a cursor of 5,000 digits": b'{"items": [], "next": ' + b"9" * 5000 + b"}",
    "nested 100,000 deep": b'{"items": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested 100,000 deep where nobody looks": b'{"other": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
    "a control character": b'{"items": [{"id": "a\x00"}], "next": "n"}',
    "UTF-16": '{"items": []}'.encode("utf-16"),
    "a list of two million objects": b'{"items": [' + b"{}," * 2_000_000 + b"{}]}",
    "a list of two million lists elsewhere": b'{"other": [' + b"[]," * 2_000_000 + b'[]], "items": []}',
    "nothing": b"",
    "a web page": b"<html>",
    "one and a half": b'{"items": [], "next": "n"}{',
    "a list": b"[1, 2]",
    "a number": b"7",
}


@pytest.mark.parametrize("case", BODIES)
@pytest.mark.parametrize("status", [200, 409, 404])
def test_no_body_is_anything_but_a_refusal(case: str, status: int):
    @asynchronous
    async def run() -> None:
        said = whole(b"HTTP/1.1 %d X\r\nX-Request-Id: r-7\r\n" % status, BODIES[case])
        async with raw_server(says(said)) as url, session() as http:
            api = JsonApi(http, url, tag="error.code", permission="error.lacks", ok=None)
            paging = ByCursor(items="items", next="next")
            tracemalloc.start()
            try:
                with pytest.raises(JackfieldError) as refused:
                    await paging.read(api, "rows", type=Row, cursor=None)
                assert tracemalloc.get_traced_memory()[1] < 8 * len(BODIES[case]) + 20_000_000
            finally:
                tracemalloc.stop()
            if status == 200:
                assert isinstance(refused.value, RemoteContract)
            assert (refused.value.route, refused.value.request_id) == ("rows", "r-7")

    run()


@pytest.mark.parametrize("case", BODIES)
@pytest.mark.parametrize("status", [200, 400, 401])
def test_no_body_of_a_token_address_is_anything_but_a_refusal(case: str, status: int):
    @asynchronous
    async def run() -> None:
        said = whole(b"HTTP/1.1 %d X\r\nX-Request-Id: r-7\r\n" % status, BODIES[case])
        async with raw_server(says(said)) as url, session() as http:
            with pytest.raises(JackfieldError) as refused:
                await request_token(http, OAuthClient(token_url=url, client_id="c"), {})
            assert refused.value.request_id == "r-7"

    run()


@pytest.mark.parametrize("total", ["9" * 5000, "-1", "1.5", "٣", "", "9007199254740993", "1_000"])
def test_a_total_in_a_header_that_is_none_breaks_the_contract(total: str):
    @asynchronous
    async def run() -> None:
        said = whole(OK + b"X-Total: " + total.encode() + b"\r\n", b"[]")
        async with raw_server(says(said)) as url, session() as http:
            with pytest.raises(RemoteContract):
                await ByLink(total_header="X-Total").read(JsonApi(http, url), "rows", type=Row, cursor=None)

    run()


@asynchronous
async def test_an_items_id_of_any_kind_is_no_fault_of_the_connector():
    body = b'[{"id": {"a": [1]}}, {"id": "\xff"}]'
    async with raw_server(says(whole(OK, body))) as url, session() as http:
        with pytest.raises(RemoteContract):
            await ByOffset(key="id").read(JsonApi(http, url), "rows", type=dict[str, msgspec.Raw], cursor=None)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_place_is_found_or_the_contract_broken(body: bytes):
    for look in (find, plain_at, text_at):
        for place in ("items", "next", "items.0.id", "items.-1", "", "/other/a", 'a"b', "other.1"):
            with suppress(RemoteContract):
                look(body, place)
    assert len(sample(body)) <= 300
    assert peek_json(body, Row) is None


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (rb'{"id": "a\ud800b"}', "a\ufffdb"),
        (rb'{"id": "\udc00\ud83d"}', "\ufffd\ufffd"),
        (rb'{"id": "\ud83d\ude00 \uD83D"}', "\U0001f600 \ufffd"),
        (rb'{"id": "\ud83d\ud83d\ude00"}', "\ufffd\U0001f600"),
        (rb'{"id": "\\ud800 \ud800"}', "\\ud800 \ufffd"),
        (rb'{"id": "\\\\\ud800"}', "\\\\\ufffd"),
    ],
)
def test_half_a_surrogate_pair_costs_one_character(body: bytes, read: str):
    assert decode_json(body, msgspec.json.Decoder(Row)).id == read
    assert json.loads(body)["id"].encode("utf-8", "replace").count(b"?") >= 1


def test_a_document_of_as_many_values_as_a_page_has_is_read():
    rows = b"[" + b",".join(b'{"id":"%d"}' % number for number in range(MOST_VALUES // 3)) + b"]"
    assert len(decode_json(rows, msgspec.json.Decoder(list[Row]))) == MOST_VALUES // 3
