"""The kit's tap before a server with a protocol of its own, and the rules that go by it: held, and broken by each mistake."""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Generator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from jackfield_testkit import tap
from jackfield_testkit.bench import Bench
from jackfield_testkit.checks import doubting, failing, running, sharing, tapped
from jackfield_testkit.data import Finding, Lacking, NotApplicable

from .lined import FOUND, PASSWORD, SAMPLES, Lines, listening

RULES = (
    tapped.survives_a_lost_connection,
    tapped.takes_a_lost_connection_for_passing,
    tapped.can_be_cancelled_while_it_waits,
    tapped.tells_no_secret_of_a_lost_connection,
    doubting.doubts_a_lost_answer,
)

At = Callable[..., AbstractContextManager[Bench]]


@pytest.fixture
def at(tmp_path: Path) -> At:
    """Benches of the connector before a server of its own."""

    @contextmanager
    def made(mistake: str = "", *, past: bool = False, **more: str) -> Generator[Bench]:
        lines = Lines()
        with listening(lines) as port, tap("127.0.0.1", port) as lines.tap:
            values = {"port": port if past else lines.tap.port, "password": PASSWORD, "mistake": mistake, **more}
            bench = Bench(FOUND, values, lines, SAMPLES, tmp_path)
            try:
                yield bench
            finally:
                bench.close()

    return made


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_connector_that_makes_no_mistake_keeps_the_rules(at: At, rule):
    with at() as bench:
        asyncio.run(rule(bench))
        assert not bench.left


@pytest.mark.parametrize(
    ("mistake", "rule", "told"),
    [
        ("an end", tapped.survives_a_lost_connection, "calls itself complete, and user:"),
        ("an end", tapped.takes_a_lost_connection_for_passing, "taken for an answer, and it is another"),
        ("nobody holds it", tapped.takes_a_lost_connection_for_passing, "taken for an answer, and it is another"),
        ("contract", tapped.takes_a_lost_connection_for_passing, "becomes RemoteContract, not Transient"),
        ("bad config", tapped.takes_a_lost_connection_for_passing, "becomes BadConfig, not Transient"),
        ("swallows", tapped.can_be_cancelled_while_it_waits, "the cancellation was swallowed"),
        ("secret", tapped.tells_no_secret_of_a_lost_connection, "lines://<the secret>@127.0.0.1"),
        ("believes", doubting.doubts_a_lost_answer, "told as changed, and was not made"),
        ("denies", doubting.doubts_a_lost_answer, "was made by it"),
        ("repeats", doubting.doubts_a_lost_answer, "makes it again by itself"),
        ("looks and repeats", doubting.doubts_a_lost_answer, "makes it again by itself"),
    ],
)
def test_each_mistake_is_found(at: At, mistake: str, rule, told: str):
    with at(mistake) as bench, pytest.raises(Finding) as found:
        asyncio.run(rule(bench))
    assert told in found.value.what
    assert PASSWORD not in found.value.what


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_backend_without_a_tap_lacks_it(at: At, tmp_path: Path, rule):
    authorities = tmp_path / "ca.pem"
    authorities.write_text("-----BEGIN CERTIFICATE-----\n")
    with at(ca=str(authorities)) as bench, pytest.raises(Lacking) as lacking:
        del bench.backend.tap
        asyncio.run(rule(bench))
    lacks = "the backend has no tap, so what becomes of lost connections of another protocol is not checked"
    assert str(lacking.value) == lacks


@pytest.mark.parametrize(
    "rule",
    [failing.survives_what_passes, failing.names_errors_by_what_to_do, sharing.repeats_no_write],
    ids=lambda rule: rule.__name__,
)
def test_rules_of_requests_say_that_a_tap_is_lacking_and_with_one_that_its_rules_are_meant(at: At, rule):
    with at() as bench:
        with pytest.raises(
            NotApplicable, match="by HTTP; its own protocol is disturbed by the rules of the tap"
        ) as said:
            asyncio.run(rule(bench))
        assert not isinstance(said.value, Lacking)
        del bench.backend.tap
        with pytest.raises(Lacking, match="no requests by HTTP, and the backend has no tap"):
            asyncio.run(rule(bench))


def test_where_there_is_no_server_nothing_lacks(at: At):
    with at() as bench:
        bench.backend.tap = None
        for rule in (*RULES, failing.survives_what_passes):
            with pytest.raises(NotApplicable) as said:
                asyncio.run(rule(bench))
            assert not isinstance(said.value, Lacking)


def test_a_configuration_that_leads_past_the_tap_is_told(at: At):
    with at(past=True) as bench:
        with pytest.raises(Lacking, match="leads past the tap"):
            asyncio.run(tapped.survives_a_lost_connection(bench))
        with pytest.raises(Finding, match="it connects by itself"):
            by_the_suite(running.keeps_to_its_session(bench))


def test_what_goes_through_the_tap_needs_no_session(at: At):
    with at() as bench:
        by_the_suite(running.keeps_to_its_session(bench))


def by_the_suite(check: Coroutine[Any, Any, None]) -> None:
    """Run *check* as the suite does: what connects is told from the host's own by whose code is below it."""
    FunctionType((lambda: run()).__code__, {"__name__": "jackfield_testkit", "run": partial(asyncio.run, check)})()  # noqa: F821


def asked(port: int, *pieces: bytes) -> bytes:
    """What comes back for a line in pieces; nothing where the connection is cut."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for each in pieces:
            client.sendall(each)
        return answered(client)


def answered(client: socket.socket) -> bytes:
    """What comes back; nothing where the connection is cut."""
    try:
        return client.recv(1000)
    except ConnectionResetError:
        return b""


ADD = b'{"write": "add", "who": "u5"}\n'


class TestTap:
    @pytest.fixture
    def lines(self) -> Generator[Lines]:
        lines = Lines()
        with listening(lines) as port, tap("localhost", port) as lines.tap:
            yield lines

    def test_it_passes_on_and_counts(self, lines: Lines):
        assert asked(lines.tap.port, ADD[:9], ADD[9:]) == b'{"ok": true}\n'
        assert lines.members == {"u1", "u2", "u5"}
        seen = (lines.tap.connections, lines.tap.messages, lines.tap.bytes_sent, lines.tap.bytes_answered)
        assert seen == (1, 1, len(ADD), 13)

    def test_a_lost_message_does_not_arrive_and_a_lost_answer_is_none_of_the_message(self, lines: Lines):
        lines.tap.lose_message(1)
        assert asked(lines.tap.port, ADD) == b""
        assert (lines.tap.struck, lines.counted) == (True, {})
        lines.tap.lose_answer(2)
        assert asked(lines.tap.port, ADD) != b""
        assert not lines.tap.struck
        assert asked(lines.tap.port, ADD) == b""
        assert (lines.tap.struck, lines.counted) == (True, {"add u5": 2})
        assert asked(lines.tap.port, ADD) != b""

    def test_who_is_refused_is_let_in_at_the_same_port_again(self, lines: Lines):
        port = lines.tap.port
        with socket.create_connection(("127.0.0.1", port), timeout=10) as open_before:
            lines.tap.refuse()
            assert open_before.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            asked(port, ADD)
        lines.tap.restore()
        assert lines.tap.port == port
        assert asked(port, ADD) != b""

    def test_after_a_lost_answer_the_server_may_be_out_of_reach(self, lines: Lines):
        lines.tap.lose_answer(1, refuse=True)
        assert asked(lines.tap.port, ADD) == b""
        with pytest.raises(ConnectionRefusedError):
            asked(lines.tap.port, ADD)
        assert lines.counted == {"add u5": 1}

    def test_what_is_held_back_arrives_once_it_may_or_never_if_it_is_cut(self, lines: Lines):
        with socket.create_connection(("127.0.0.1", lines.tap.port), timeout=10) as client:
            lines.tap.hold_at(1)
            client.sendall(ADD)
            client.settimeout(0.1)
            with pytest.raises(TimeoutError):
                client.recv(1)
            assert lines.counted == {}
            lines.tap.restore()
            client.settimeout(10)
            assert answered(client) != b""
            lines.tap.hold()
            client.sendall(ADD)
            lines.tap.cut()
            lines.tap.restore()
            assert answered(client) == b""
        assert lines.counted == {"add u5": 1}

    def test_it_leaves_no_thread_and_no_port(self):
        with listening(lines := Lines()) as port, tap("127.0.0.1", port) as between:
            client = socket.create_connection(("127.0.0.1", between.port), timeout=10)
        with client:
            assert answered(client) == b""
        with pytest.raises(ConnectionRefusedError):
            asked(between.port, ADD)
        assert not lines.counted

    def test_a_server_that_is_not_there_cuts_the_connection(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            with tap(*nobody.getsockname()) as between:
                assert asked(between.port) == b""
