"""The inspector: what passes through a link, seen on this computer, and sent again to the app alone."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from doorstep_client.errors import UsageError
from doorstep_client.inspector import InspectedTarget, notes, records
from doorstep_client.inspector.records import BODY, MOST, MOST_BYTES, Records, Watcher
from doorstep_client.inspector.replay import request_bytes
from doorstep_client.inspector.views import HIDDEN, detail, readable
from doorstep_client.settings import wants_inspector
from doorstep_client.targets import LocalPort, ServerTarget, Target, make_target
from doorstep_client.traffic.conversation import Conversation
from doorstep_client.traffic.exchange import Exchange
from tests.support import eventually
from tests.support.servers import end_server

GET = b"GET /a?b=1 HTTP/1.1\r\nHost: one.localhost\r\nCookie: s=1\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def only(kept: Records) -> Exchange:
    (exchange,) = kept.exchanges.values()
    return exchange


# -- reading along -------------------------------------------------------------------------------


def test_a_request_and_its_answer_are_one_exchange_however_they_are_cut() -> None:
    for step in (1, 3, 1000):
        kept = Records()
        talk = Conversation(kept)
        for at in range(0, len(GET), step):
            talk.asked(GET[at : at + step])
        for at in range(0, len(OK), step):
            talk.answered(OK[at : at + step])

        seen = only(kept)
        assert (seen.method, seen.path, seen.status, seen.state) == ("GET", "/a?b=1", 200, "done")
        assert seen.request.get("x-forwarded-for") == "203.0.113.9"
        assert (bytes(seen.answer.body), seen.answer.size) == (b"hi", 2)
        assert seen.duration is not None


def test_one_connection_carries_many_exchanges() -> None:
    kept = Records()
    talk = Conversation(kept)
    for _ in range(3):
        talk.asked(b"POST /p HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        talk.answered(b"HTTP/1.1 100 Continue\r\n\r\n")
        talk.answered(OK)
        talk.asked(b"HEAD /h HTTP/1.1\r\n\r\n")
        talk.answered(
            b"HTTP/1.1 204 No Content\r\n\r\n" if _ else b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
        )

    assert [(each.method, each.state) for each in kept.exchanges.values()] == [
        ("POST", "done"),
        ("HEAD", "done"),
    ] * 3
    assert bytes(kept.exchanges[5].request.body) == b"abc"


def test_a_websocket_is_seen_to_open_and_its_bytes_are_counted() -> None:
    kept = Records()
    talk = Conversation(kept)
    talk.asked(b"GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    talk.answered(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    talk.asked(b"12345")
    talk.answered(b"123")
    seen = only(kept)
    assert (seen.is_websocket, seen.state, seen.request.size, seen.answer.size) == (True, "open", 5, 3)
    talk.ended()
    assert only(kept).state == "done"


def test_an_upgrade_that_the_app_refuses_is_a_request_like_any_other() -> None:
    kept = Records()
    talk = Conversation(kept)
    talk.asked(b"GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    talk.answered(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    talk.asked(GET)
    talk.answered(OK)
    assert [(each.status, each.is_websocket) for each in kept.exchanges.values()] == [
        (403, False),
        (200, False),
    ]


def test_an_answer_without_a_length_ends_with_its_connection_and_a_short_one_is_broken() -> None:
    kept = Records()
    for head in (b"HTTP/1.1 200 OK\r\n\r\nhi", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", b""):
        talk = Conversation(kept)
        talk.asked(GET)
        talk.answered(head)
        talk.ended()
    assert [each.state for each in kept.exchanges.values()] == ["done", "broken", "broken"]


def test_what_cannot_be_read_is_only_not_followed() -> None:
    kept = Records()
    talk = Conversation(kept)
    talk.asked(GET)
    talk.answered(b"SSH-2.0 nonsense\r\n")
    talk.answered(OK)
    talk.asked(b"\x00\x01")
    assert only(kept).state == "broken"


# -- what is kept --------------------------------------------------------------------------------


def test_memory_is_bounded() -> None:
    kept = Records()
    for _ in range(2 * MOST):
        exchange = kept.begin("POST", "/", [], None)
        for _ in range(3):
            kept.add(exchange, exchange.request, b"x" * BODY)
            kept.add(exchange, exchange.answer, b"x" * BODY)

    assert len(kept.exchanges) <= MOST
    assert sum(len(e.request.body) + len(e.answer.body) for e in kept.exchanges.values()) <= MOST_BYTES
    assert next(reversed(kept.exchanges)) == 2 * MOST
    assert exchange.request.size == 3 * BODY
    assert not exchange.request.is_whole


async def test_a_watcher_that_does_not_read_costs_no_more_than_the_records() -> None:
    kept = Records()
    watcher: Watcher = kept.watch()
    for _ in range(10 * MOST):
        kept.end(kept.begin("GET", "/", [], None), "done")
    assert len(watcher._news) <= 2 * MOST
    assert len(await watcher.next()) == MOST


def test_secrets_are_hidden_until_they_are_asked_for() -> None:
    exchange = Records().begin("GET", "/", [("Authorization", "Bearer t"), ("Accept", "*/*")], None)
    exchange.answer.headers = [("Set-Cookie", "s=1")]

    hidden = detail(exchange, secrets=False)
    assert hidden["request"]["headers"] == [["Authorization", HIDDEN], ["Accept", "*/*"]]
    assert hidden["answer"]["headers"] == [["Set-Cookie", HIDDEN]]
    assert hidden["hides_secrets"]
    assert detail(exchange, secrets=True)["request"]["headers"][0] == ["Authorization", "Bearer t"]


def test_bodies_are_shown_as_text_where_they_are_text() -> None:
    def body(data: bytes, coding: str = "") -> str | None:
        return readable(records.Message([("Content-Encoding", coding)], len(data), bytearray(data)))

    assert body(b"caf\xc3\xa9") == "café"
    assert body(gzip.compress(b"hello"), "gzip") == "hello"
    assert len(body(gzip.compress(b"0" * 50_000_000), "gzip") or "") == BODY
    assert body(b"\x89PNG\r\n\x1a\n\0\0\0") is None
    assert body(b"not gzip", "gzip") == "not gzip"


def test_a_request_is_sent_again_as_it_came() -> None:
    kept = Records()
    Conversation(kept).asked(
        b"PUT /%2F HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
    )
    assert request_bytes(only(kept)) == b"PUT /%2F HTTP/1.1\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nhi"


@pytest.mark.parametrize(("said", "wants"), [("1", True), ("True", True), ("", False), ("0", False)])
def test_the_environment_asks_for_it(said: str, wants: bool) -> None:
    assert wants_inspector({"DOORSTEP_INSPECT": said}) is wants
    with pytest.raises(UsageError, match="DOORSTEP_INSPECT"):
        wants_inspector({"DOORSTEP_INSPECT": "perhaps"})


# -- the whole, with an app and with a port ------------------------------------------------------


async def echo(
    scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answers with what it was asked, and how often."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    headers = [(b"content-type", b"text/plain"), (b"set-cookie", b"s=1")]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": scope["method"].encode() + b" " + body})


@asynccontextmanager
async def local_server() -> AsyncIterator[int]:
    app = make_target(echo, lifespan=False)
    server = await asyncio.get_running_loop().create_server(app.protocol, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        app.abort()
        await end_server(server)


@asynccontextmanager
async def inspecting(inner: Target) -> AsyncIterator[tuple[InspectedTarget, httpx.AsyncClient]]:
    target = InspectedTarget(inner)
    await target.start()
    try:
        async with httpx.AsyncClient(base_url=target.url, trust_env=False) as viewer:
            yield target, viewer
    finally:
        await target.stop()


async def ask(target: InspectedTarget, request: bytes) -> bytes:
    """What the relay does on a tunnel connection."""
    loop = asyncio.get_running_loop()
    near, far = socket.socketpair()
    await loop.connect_accepted_socket(target.protocol, far)
    reader, writer = await asyncio.open_connection(sock=near)
    writer.write(request)
    async with asyncio.timeout(20):
        answer = await reader.readuntil(b"POST hi")
    writer.close()
    return answer


POST = (
    b"POST /form HTTP/1.1\r\nHost: one.localhost\r\nAuthorization: Bearer secret\r\nContent-Length: 2\r\n"
    b"Connection: close\r\nX-Forwarded-For: 203.0.113.9\r\n\r\nhi"
)


@pytest.mark.parametrize("kind", ["app", "port"])
async def test_a_request_is_seen_and_sent_again_to_the_app_itself(kind: str) -> None:
    async with local_server() as port:
        inner = ServerTarget(LocalPort(port)) if kind == "port" else make_target(echo, lifespan=False)
        async with inspecting(inner) as (target, viewer):
            assert b"201" in await ask(target, POST)
            async with asyncio.timeout(20):
                while (await viewer.get("requests/1")).json().get("state") != "done":  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            seen = (await viewer.get("requests/1")).json()
            assert (seen["status"], seen["visitor"], seen["path"]) == (201, "203.0.113.9", "/form")
            assert seen["answer"]["body"] == "POST hi"
            assert "Bearer" not in json.dumps(seen)
            assert "Bearer secret" in (await viewer.get("requests/1?secrets=1")).text

            origin = {
                "Origin": str(viewer.base_url).partition("/")[0] + f"//127.0.0.1:{viewer.base_url.port}"
            }
            again = await viewer.post("requests/1/replay", headers=origin)
            assert again.status_code == 200, again.text
            assert (again.json()["status"], again.json()["replay_of"]) == (201, 1)
            assert (await viewer.get("requests/2")).json()["request"]["body"] == "hi"


async def test_only_who_has_the_address_and_comes_by_it_gets_an_answer() -> None:
    async with inspecting(make_target(echo, lifespan=False)) as (target, viewer):
        page = await viewer.get("")
        assert page.status_code == 200
        assert "default-src 'none'" in page.headers["content-security-policy"]
        port = viewer.base_url.port
        root = f"http://127.0.0.1:{port}"
        for url, headers in (
            (f"{root}/", {}),
            (f"{root}/wrong-key/", {}),
            (target.url, {"Host": f"evil.example:{port}"}),
            (target.url, {"Host": "127.0.0.1"}),
            (f"{target.url}../page.py", {}),
            (f"{target.url}page.py", {}),
        ):
            assert (await viewer.get(url, headers=headers)).status_code == 404, (url, headers)
        for origin in (
            {},
            {"Origin": "null"},
            {"Origin": "http://evil.example"},
            {"Origin": "http://localhost:1"},
        ):
            assert (await viewer.post("requests/1/replay", headers=origin)).status_code == 404


async def test_the_pages_are_listed_while_they_are_open() -> None:
    async with inspecting(make_target(echo, lifespan=False)) as (target, _):
        assert await asyncio.to_thread(notes.running) == [target.url]
        await asyncio.sleep(0.05)  # asyncio leaks a connection that is accepted while its server closes
        (note,) = notes.folder().iterdir()
        assert note.stat().st_mode & 0o077 == 0
    assert notes.running() == []
    note.write_text(target.url)  # as a killed process leaves it
    assert notes.running() == []
    assert not note.exists()


async def test_news_come_as_they_happen() -> None:
    async with inspecting(make_target(echo, lifespan=False)) as (target, viewer):
        async with asyncio.timeout(20), viewer.stream("GET", "events") as stream:
            lines = stream.aiter_lines()
            assert json.loads((await anext(lines))[6:]) == {"oldest": 0, "exchanges": []}
            await ask(target, POST)
            seen = ""
            while '"done"' not in seen:
                seen = await anext(lines)
            assert json.loads(seen[6:])["exchanges"][0]["status"] == 201
        await eventually(lambda: target._records.watchers == 0)
