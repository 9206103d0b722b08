"""Traces: sent where an endpoint is named, read by OpenTelemetry's own messages, with nothing personal in them."""

import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from harness.serving import configuration, serving
from harness.spawned import spawn
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from jackfield_service.traces import Tracing


class Collector(ThreadingHTTPServer):
    """Keeps what is sent to it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler) -> None:
                self.bodies.append(handler.rfile.read(int(handler.headers["content-length"])))
                handler.send_response(200)
                handler.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def collector() -> Generator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_syncs_are_spans(tmp_path: Path, collector: Collector) -> None:
    endpoint = f"http://127.0.0.1:{collector.server_address[1]}"
    with spawn("--members", "20", "--groups", "3") as team:
        (tmp_path / "jackfield.toml").write_text(configuration({"acme": team}, serve='schedule = "1h"'))
        with serving(tmp_path, environment={"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}) as server:
            done = server.logged("synced")
            assert server.end() < 10
        people = [user["email"] for user in team.truth()["users"]]
    sent = [ExportTraceServiceRequest.FromString(body) for body in collector.bodies]
    spans = [span for each in sent for one in each.resource_spans for scope in one.scope_spans for span in scope.spans]
    (sync,) = [span for span in spans if span.name == "sync"]
    facts = {each.key: each.value.string_value or each.value.int_value for each in sync.attributes}
    assert facts["connection"] == "acme"
    assert facts["run"] == done["run"]
    assert facts["status"] == "published"
    assert not [each for each in people if each.encode() in b"".join(collector.bodies)]


def test_an_endpoint_that_is_away_delays_no_end(tmp_path: Path) -> None:
    with spawn("--members", "20", "--groups", "3") as team:
        (tmp_path / "jackfield.toml").write_text(configuration({"acme": team}, serve='schedule = "1h"'))
        with serving(tmp_path, environment={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}) as server:
            server.logged("synced")
            assert server.end() < 10


def test_without_an_endpoint_nothing_is_made() -> None:
    tracing = Tracing({}, "1")
    with tracing.span("sync", connection="acme") as span:
        span["run"] = "x"
    tracing.close()
