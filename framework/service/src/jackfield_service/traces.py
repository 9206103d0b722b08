"""Traces by OpenTelemetry, where the usual variable names an endpoint (``OTEL_EXPORTER_OTLP_ENDPOINT``).

Promises that nothing is imported or sent where none is named, and that no span holds anything personal: names of connections,
runs and words of ours.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from jackfield.errors import BadConfig

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_FLUSH_MILLISECONDS = 1500


class Tracing:
    """Spans of what this host does."""

    def __init__(self, environ: Mapping[str, str], version: str) -> None:
        self._provider: Any = None
        self._tracer: Any = None
        named = next((name for name in _ENDPOINTS if environ.get(name)), None)
        if named is None:
            return
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError:
            raise BadConfig(
                "traces are asked for, and OpenTelemetry is not installed",
                path=f"${named}",
                hint="Run `pip install 'jackfield-service[traces]'`.",
            ) from None
        resource = Resource.create({"service.name": "jackfield", "service.version": version})
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("jackfield")

    @contextmanager
    def span(self, name: str, **attributes: str) -> Generator[dict[str, str | bool | int]]:
        """One span around the block; what the block puts into the dictionary is added to its attributes."""
        found: dict[str, str | bool | int] = {}
        if self._tracer is None:
            yield found
            return
        with self._tracer.start_as_current_span(name, attributes=attributes, record_exception=False) as span:
            try:
                yield found
            finally:
                for key, value in found.items():
                    span.set_attribute(key, value)

    def close(self) -> None:
        """Send what is left, for a moment."""
        if self._provider is not None:
            self._provider.force_flush(_FLUSH_MILLISECONDS)
            self._provider.shutdown()
