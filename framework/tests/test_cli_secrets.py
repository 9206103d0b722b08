"""No secret in a log, whatever the level, and one line for each event."""

import io
import logging

import pytest

from jackfield.cli.logging import LazyLog, take_over
from jackfield.cli.redaction import Redactor
from jackfield.config import ConnectorConfig, Secret


class Config(ConnectorConfig, frozen=True, kw_only=True):
    token: Secret
    name: str = "plain"


@pytest.fixture
def redactor() -> Redactor:
    made = Redactor()
    made.learn(Config(token=Secret("kn0wn-value")))
    return made


def logged(redactor: Redactor, event: str, *, least: str = "debug", **facts: object) -> str:
    stream = io.StringIO()
    LazyLog(least, redactor, stream).info(event, **facts)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("event", "facts"),
    [
        ("sent kn0wn-value away", {}),
        ("sent", {"body": "x=kn0wn-value"}),
        ("sent", {"header": "Authorization: Bearer abc.def-123"}),
        ("sent", {"refresh_token": "abc.def-123"}),
        ("sent", {"authorization": "abc.def-123"}),
        ("sent", {"form": {"client_secret": "abc.def-123", "other": [{"code": "abc.def-123"}]}}),
        ("sent", {"body": b"access_token=abc.def-123"}),
        ("sent", {"body": '{"access_token": "abc.def-123"}'}),
        ("sent", {"url": "https://example.com/?code=abc.def-123&state=1"}),
        ("sent", {"proxy": "http://user:abc.def-123@proxy:8080"}),
        ("sent", {"secret": Secret("abc.def-123")}),
        ("sent", {"config": Config(token=Secret("abc.def-123"))}),
        ("sent", {"error": ValueError("token=abc.def-123")}),
    ],
)
def test_no_secret_is_logged(redactor: Redactor, event: str, facts: dict[str, object]):
    line = logged(redactor, event, **facts)
    assert line.startswith("timestamp=")
    assert "kn0wn-value" not in line
    assert "abc.def-123" not in line


def test_what_is_no_secret_stays(redactor: Redactor):
    line = logged(redactor, "answer", route="/token", status=200, code_page=7, token_count=3, path="a\nb", level=3)
    for part in ("route=/token", "status=200", "code_page=7", "token_count=3", "path=a\\nb", "level=info", "level_=3"):
        assert part in line
    assert line.count("\n") == 1


def test_the_trace_of_an_error_is_one_line_without_values(redactor: Redactor):
    stream = io.StringIO()
    try:
        local = "kn0wn-value"
        raise ValueError(local)
    except ValueError as error:
        LazyLog("debug", redactor, stream).debug("failed", exc_info=error)
    assert stream.getvalue().count("\n") == 1
    assert "ValueError" in stream.getvalue()
    assert "kn0wn-value" not in stream.getvalue()


def test_what_is_below_the_level_is_not_written(redactor: Redactor):
    assert logged(redactor, "answer", least="warning") == ""


@pytest.mark.parametrize(("level", "count"), [("debug", 1), ("warning", 0)])
def test_libraries_log_at_debug_level_only(redactor: Redactor, level: str, count: int):
    stream = io.StringIO()
    handler = take_over(LazyLog(level, redactor, stream), level)
    before = logging.getLogger().level
    try:
        logging.getLogger("some.library").warning("careful with %s", "kn0wn-value")
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(before)
    assert stream.getvalue().count("\n") == count
    assert "kn0wn-value" not in stream.getvalue()
    assert ("library=some.library" in stream.getvalue()) == bool(count)
