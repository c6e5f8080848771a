"""Spans of requests, as OpenTelemetry's own tracer would get them."""

from __future__ import annotations

import ipaddress
from typing import Any

from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, get_current_span

from doorstep_relay.edge.record import Recorder
from doorstep_relay.edge.tracing import Traces
from tests.relay.edge.conftest import MakeStage
from tests.relay.edge.stage import OK, Stage, request
from tests.support import eventually

THEIRS = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class FakeSpan(NonRecordingSpan):
    """Notes what it is told."""

    def __init__(self, trace_id: int, attributes: dict[str, Any]) -> None:
        super().__init__(SpanContext(trace_id, 0x77, is_remote=False, trace_flags=TraceFlags(1)))
        self.attributes = attributes
        self.times: list[int] = []

    def set_attribute(self, key: str, value: Any) -> None:
        self.attributes[key] = value

    def end(self, end_time: int | None = None) -> None:
        self.times.append(end_time or 0)


class FakeTracer:
    """Starts spans: of a trace that is handed on, or of the trace 0x55."""

    def __init__(self) -> None:
        self.spans: list[FakeSpan] = []

    def start_span(
        self, name: str, *, context: Any, kind: Any, start_time: int, attributes: dict[str, Any]
    ) -> FakeSpan:
        parent = get_current_span(context).get_span_context().trace_id if context else 0
        span = FakeSpan(parent or 0x55, {"name": name, **attributes})
        span.times.append(start_time)
        self.spans.append(span)
        return span


def traced(stage: Stage) -> FakeTracer:
    tracer = FakeTracer()
    stage.edge.recorder = Recorder([], Traces(tracer))  # type: ignore[arg-type]  # as much of one as is used
    return tracer


async def test_the_app_is_told_of_the_span_and_not_of_the_visitors(stage: Stage) -> None:
    tracer = traced(stage)
    app = await stage.app()
    visitor = await stage.visitor(request("/a?secret=1", THEIRS, "tracestate: a=1"))
    asked = await app.head()
    assert b"traceparent: 00-%032x-%016x-01\r\n" % (0x55, 0x77) in asked
    assert b"0af7651916cd43dd8448eb211c80319c" not in asked
    assert b"tracestate" not in asked
    await app.send(OK)
    await visitor.answer()
    (span,) = tracer.spans
    await eventually(lambda: len(span.times) == 2, what="the span to end")
    assert span.times[0] <= span.times[1]
    assert (span.attributes["name"], span.attributes["url.path"]) == ("GET", "/a")
    assert (span.attributes["doorstep.share"], span.attributes["http.response.status_code"]) == ("demo", 200)
    assert "secret" not in repr(span.attributes)


async def test_a_trusted_proxys_trace_goes_on(make_stage: MakeStage) -> None:
    stage = await make_stage(trusted=[ipaddress.ip_network("127.0.0.0/8")])
    traced(stage)
    app = await stage.app()
    await stage.visitor(request("/", THEIRS))
    assert b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-" in await app.head()
