"""OpenTelemetry traces: a span for each request, of which a share's app is told (W3C Trace Context).

Nothing of it is imported unless the operator names where traces go. What a visitor says of a trace of its
own is dropped; a trusted proxy's trace is continued. Spans carry no query, no header and no address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from doorstep_relay.errors import ConfigError

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

    from doorstep_relay.edge.record import Record

_FIELDS: Final = (b"traceparent:", b"tracestate:")
_NANO: Final = 1_000_000_000


class Traces:
    """Starts a span with each request and ends it with its answer. `tracer` is OpenTelemetry's."""

    def __init__(self, tracer: Tracer) -> None:
        from opentelemetry.propagators.textmap import default_setter
        from opentelemetry.trace import SpanKind, set_span_in_context
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._tracer = tracer
        self._kind = SpanKind.SERVER
        self._in_context = set_span_in_context
        self._propagator = TraceContextTextMapPropagator()
        self._setter = default_setter

    def begin(self, record: Record, *, trusted: bool) -> tuple[Span, bytes]:
        """The request's span, and the field lines that tell the app of it."""
        sent = _taken(record.head.lines)
        parent = self._propagator.extract(sent) if trusted else None
        span = self._tracer.start_span(
            record.head.method.decode("ascii"),
            context=parent,
            kind=self._kind,
            start_time=int(record.wall * _NANO),
            attributes={
                "http.request.method": record.head.method.decode("ascii"),
                "url.path": record.head.target.partition(b"?")[0].decode("ascii", "replace"),
                **({"doorstep.share": record.name} if record.name else {}),
                "doorstep.request_id": record.id.decode("ascii"),
            },
        )
        told: dict[str, str] = {}
        self._propagator.inject(told, self._in_context(span), self._setter)
        return span, b"".join(f"{name}: {value}\r\n".encode() for name, value in told.items())

    def __call__(self, record: Record) -> None:
        """The request is over."""
        span = record.span
        if span is None:
            return
        if record.status:
            span.set_attribute("http.response.status_code", record.status)
        if record.place:
            span.set_attribute("doorstep.host", record.place)
        if record.account:
            span.set_attribute("doorstep.account", record.account)
        if record.code:
            span.set_attribute("error.type", record.code)
        span.end(end_time=int((record.wall + record.seconds) * _NANO))


def _taken(lines: list[bytes]) -> dict[str, str]:
    """Take the fields of Trace Context out of a head; what they said, by name in lower case."""
    found = [line for line in lines if line.lower().startswith(_FIELDS)]
    for line in found:
        lines.remove(line)
    parts = (line.decode("ascii", "replace").partition(":") for line in found)
    return {name.lower(): value.strip() for name, _, value in parts}


def exporter(url: str, sample: float) -> tuple[Tracer, Any]:
    """A tracer that sends a part (0 to 1) of the traces to an OTLP/HTTP collector, and what to shut down.

    Raises `ConfigError` when OpenTelemetry is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
    except ModuleNotFoundError as missing:
        raise ConfigError(
            f"--traces needs the package {missing.name}; run: pip install 'doorstep[otel]'"
        ) from missing
    provider = TracerProvider(
        sampler=ParentBasedTraceIdRatio(sample), resource=Resource.create({"service.name": "doorstep-relay"})
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces")))
    return provider.get_tracer("doorstep_relay"), provider
