"""What is noted of requests: ids for app and visitor, the access log's lines, the spans of a trace."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

import pytest

from doorstep_relay.edge.access_log import AccessLog, redacted
from doorstep_relay.edge.record import Record, Recorder
from tests.relay.edge.conftest import MakeStage
from tests.relay.edge.stage import GET, OK, SWITCHED, WEBSOCKET, Stage, request
from tests.support import eventually

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


def note(stage: Stage) -> list[Record]:
    """Have every request noted; the records appear as the requests end."""
    found: list[Record] = []
    stage.edge.recorder = Recorder([found.append])
    return found


async def test_app_and_visitor_get_the_same_id_and_nobody_elses(stage: Stage) -> None:
    found = note(stage)
    app = await stage.app()
    visitor = await stage.visitor(request("/a?b", "X-Request-ID: mine"))
    asked = await app.head()
    assert b"mine" not in asked
    await app.send(b"HTTP/1.1 200 OK\r\nX-Request-Id: apps\r\nContent-Length: 2\r\n\r\nhi")
    answer = await visitor.answer()
    number = answer.header("X-Request-Id")
    assert number is not None
    assert b"X-Request-Id: %b\r\n" % number.encode() in asked
    assert "apps" not in number
    await eventually(lambda: found, what="the request to be over")
    (record,) = found
    assert (record.id.decode(), record.name, record.peer, record.status) == (number, "demo", "127.0.0.1", 200)
    assert record.bytes_out > 2


async def test_a_trusted_proxys_id_is_kept(make_stage: MakeStage) -> None:
    stage = await make_stage(trusted=[LOOPBACK])
    note(stage)
    app = await stage.app()
    for sent, kept in (("proxy-1.a", True), ("no blanks", False), ("x" * 129, False)):
        visitor = await stage.visitor(request("/", f"X-Request-Id: {sent}"))
        asked = await app.head()
        assert (f"X-Request-Id: {sent}\r\n".encode() in asked) is kept
        await app.send(OK)
        assert ((await visitor.answer()).header("X-Request-Id") == sent) is kept


async def test_what_the_relay_answers_itself_is_noted_with_its_code(stage: Stage) -> None:
    found = note(stage)
    visitor = await stage.visitor(request(host="nothing.localhost"))
    answer = await visitor.last_answer()
    assert (answer.status, answer.header("X-Request-Id")) == (404, found[0].id.decode())
    assert (found[0].status, found[0].code) == (404, "no-such-share")


async def test_who_left_before_the_answer_is_noted_without_a_status(stage: Stage) -> None:
    found = note(stage)
    visitor, _ = await stage.pair()
    visitor.reset()
    await eventually(lambda: found, what="the request to be over")
    assert found[0].status == 0


async def test_a_websocket_is_one_request_with_what_went_both_ways(stage: Stage) -> None:
    found = note(stage)
    visitor, app = await stage.pair(WEBSOCKET)
    await app.send(SWITCHED)
    await visitor.head()
    await visitor.send(b"x" * 10)
    await app.exactly(10)
    visitor.reset()
    await eventually(lambda: found, what="it to be over")
    assert (found[0].status, found[0].bytes_in) == (101, 10)


async def test_each_request_of_a_connection_has_its_own(stage: Stage) -> None:
    found = note(stage)
    app = await stage.app()
    visitor = await stage.visitor()
    for _ in range(3):
        await visitor.send(GET)
        await app.head()
        await app.send(OK)
        await visitor.answer()
    await eventually(lambda: len(found) == 3, what="three records")
    assert len({record.id for record in found}) == 3


# -- the log ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "logged"),
    [
        ("/", "/"),
        ("/a?key=secret&page=2", "/a?key=*&page=*"),
        ("/a?secret", "/a?*"),
        ("/a?x=1?y=2&&", "/a?x=*&*&*"),
    ],
)
def test_parameters_are_logged_by_name_alone(target: str, logged: str) -> None:
    assert redacted(target) == logged


async def test_lines_that_a_slow_disk_has_no_time_for_are_counted(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorstep_relay.edge.access_log.MOST", 0)
    file = tmp_path / "access.log"
    log = AccessLog(str(file))
    stage.edge.recorder = Recorder([log])
    await (await stage.visitor(request(host="nothing.localhost"))).last_answer()
    assert log.dropped == 1
    monkeypatch.setattr("doorstep_relay.edge.access_log.MOST", 10)
    await (await stage.visitor(request(host="nothing.localhost"))).last_answer()
    log.close()
    told, line = (json.loads(text) for text in file.read_text().splitlines())
    assert told == {"dropped": 1}
    assert line["status"] == 404
