"""News of calls as server-sent events: of the queue's stream, and of one call's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from doorstep.api.calls import Call, News
    from doorstep.queue.jobs import Failure

_encode = msgspec.json.Encoder().encode

HIDDEN = "The app's function ended with an error."
"""What a failure says when `show_error` is off."""
HEARTBEAT = b'data: {"msg":"heartbeat"}\n\n'
CALL_HEARTBEAT = b"event: heartbeat\ndata: null\n\n"
CLOSE = b'data: {"msg":"close_stream","event_id":null}\n\n'
ALIVE = b"data: ALIVE\n\n"
NO_SESSION = (
    b'data: {"msg":"unexpected_error","event_id":null,"message":"404: there is no such session",'
    b'"session_not_found":true,"success":false}\n\n'
)


def for_queue(call: Call, news: News) -> bytes:
    """A message of `queue/data`."""
    message: dict[str, Any] = {"msg": news.kind, "event_id": call.event_id}
    if news.kind == "process_generating":
        message |= {"output": _step(call, news), "success": True, "time_limit": None}
    elif news.kind == "process_completed":
        message |= _completed(call, news)
    else:
        message |= news.fields
    return b"data: %b\n\n" % _encode(message)


def for_call(call: Call, news: News) -> bytes:
    """An event of `call/{api}/{event_id}`; what is only for people waiting is left out."""
    if news.kind == "process_generating":
        return _event(b"generating", call.outputs(news.values or []))
    if news.kind != "process_completed":
        return b""
    failure: Failure | None = news.fields.get("failure")
    if failure is None:
        return _event(b"complete", call.outputs(news.values or []))
    return _event(b"error", error(failure))


def no_call(message: str) -> bytes:
    return _event(b"error", message)


def error(failure: Failure) -> dict[str, Any]:
    """What Gradio's clients read of a failure. `error` is null when errors are not shown: they say so."""
    if failure.code == "error" and failure.message == HIDDEN:
        return {"error": None}
    return {"error": failure.message, "duration": failure.seconds, "visible": True, "title": failure.title}


def result(call: Call, values: list[Any], seconds: float, *, is_generating: bool = False) -> dict[str, Any]:
    """The `output` of a call that ended well, also the body of `run/{api}`."""
    return {
        "data": call.outputs(values),
        "is_generating": is_generating,
        "duration": seconds,
        "average_duration": seconds,
        "render_config": None,
        "changed_state_ids": [],
    }


def _step(call: Call, news: News) -> dict[str, Any]:
    values = news.values or []
    step = result(call, values, 0.0, is_generating=True)
    if call.was_shown:
        step["data"] = call.differences(news.changes or {})
    call.was_shown = True
    return step


def _completed(call: Call, news: News) -> dict[str, Any]:
    failure: Failure | None = news.fields.get("failure")
    if failure is not None:
        return {"output": error(failure), "success": False, "title": failure.title}
    seconds: float = news.fields["seconds"]
    return {"output": result(call, news.values or [], seconds), "success": True, "title": None}


def _event(name: bytes, data: Any) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name, _encode(data))
