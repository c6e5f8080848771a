"""A request and its answer, and what becomes of both connections after it."""

from __future__ import annotations

import asyncio

import pytest

from tests.relay.edge.conftest import MakeStage
from tests.relay.edge.stage import GET, OK, Stage, request
from tests.support import eventually


async def test_a_request_reaches_the_app_and_its_answer_the_visitor(stage: Stage) -> None:
    app = await stage.app()
    visitor = await stage.visitor(request("/a?b=c", "X-A: 1"))
    assert await app.head() == (
        b"GET /a?b=c HTTP/1.1\r\nHost: demo.localhost\r\nX-A: 1\r\nX-Forwarded-For: 127.0.0.1\r\n"
        b"X-Forwarded-Host: demo.localhost\r\nX-Forwarded-Proto: http\r\n\r\n"
    )
    await app.send(b"HTTP/1.1 201 Made\r\nX-B: 2\r\nContent-Length: 2\r\nDate: now\r\n\r\nhi")
    assert await visitor.head() + await visitor.exactly(2) == (
        b"HTTP/1.1 201 Made\r\nX-B: 2\r\nDate: now\r\nContent-Length: 2\r\n\r\nhi"
    )


async def test_connections_on_both_sides_are_used_again_after_a_clean_exchange(stage: Stage) -> None:
    visitor, app = await stage.pair()
    for _ in range(3):
        await app.send(OK)
        assert (await visitor.answer()).body == b"hi"
        await visitor.send(GET)
        await app.head()
    assert stage.share.requests == 4
    assert stage.share.pool.size == 1


async def test_pipelined_requests_are_answered_one_after_the_other(stage: Stage) -> None:
    app = await stage.app()
    visitor = await stage.visitor(request("/1") + request("/2") + request("/3", "Connection: close"))
    for number in (b"1", b"2", b"3"):
        assert (await app.head()).startswith(b"GET /" + number)
        assert await app.silent(0.03)
        await app.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + number)
    assert [(await visitor.answer()).body for _ in "123"] == [b"1", b"2", b"3"]
    assert await visitor.rest() == b""


async def test_pipelined_requests_with_bodies_are_told_apart(stage: Stage) -> None:
    app = await stage.app()
    body = request("/1", "Content-Length: 3", method="POST") + b"abc"
    chunks = request("/2", "Transfer-Encoding: chunked", method="POST") + b"3\r\ndef\r\n0\r\n\r\n"
    visitor = await stage.visitor(body + chunks + request("/3"))
    for path, sent in ((b"/1", b"abc"), (b"/2", b"3\r\ndef\r\n0\r\n\r\n"), (b"/3", b"")):
        assert path in await app.head()
        assert await app.exactly(len(sent)) == sent
        await app.send(OK)
        assert (await visitor.answer()).status == 200


async def test_a_visitor_may_send_byte_by_byte(stage: Stage) -> None:
    app = await stage.app()
    visitor = await stage.visitor()
    message = request("/", "Transfer-Encoding: chunked", method="POST") + b"5\r\nhello\r\n0\r\n\r\n"
    for byte in message:
        await visitor.send(bytes([byte]))
        await asyncio.sleep(0)
    await app.head()
    assert await app.exactly(15) == b"5\r\nhello\r\n0\r\n\r\n"
    await app.send(OK)
    assert (await visitor.answer()).status == 200


async def test_an_app_may_answer_byte_by_byte(stage: Stage) -> None:
    visitor, app = await stage.pair()
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    message = hints + b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    for byte in message:
        await app.send(bytes([byte]))
        await asyncio.sleep(0)
    assert await visitor.head() == b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    assert (await visitor.head()).startswith(b"HTTP/1.1 200 OK\r\n")
    assert await visitor.exactly(15) == b"5\r\nhello\r\n0\r\n\r\n"
    await eventually(lambda: stage.share.pool.idle == 1)


async def test_empty_lines_before_a_request_are_skipped(stage: Stage) -> None:
    app = await stage.app()
    visitor = await stage.visitor(b"\r\n\r\n" + GET)
    await app.head()
    await app.send(OK)
    await visitor.answer()
    for part in (b"\r", b"\n\r", b"\n", GET):
        await visitor.send(part)
        await asyncio.sleep(0.01)
    await app.head()


# -- answers -------------------------------------------------------------------------------------


async def test_interim_answers_go_on_before_the_final_one(stage: Stage) -> None:
    visitor, app = await stage.pair(request("/", "Content-Length: 4", "Expect: 100-continue", method="POST"))
    await app.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert await visitor.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
    await visitor.send(b"body")
    assert await app.exactly(4) == b"body"
    await app.send(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK)
    assert b"102" in await visitor.head()
    assert b"Link: </x>" in await visitor.head()
    assert (await visitor.answer()).body == b"hi"
    await eventually(lambda: stage.share.pool.idle == 1)


async def test_a_visitor_of_http_1_0_gets_no_interim_answers(stage: Stage) -> None:
    visitor, app = await stage.pair(request(version="1.0"))
    await app.send(b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK)
    assert (await visitor.last_answer()).status == 200


async def test_a_visitor_of_http_1_0_gets_chunks_as_plain_bytes_until_the_end(stage: Stage) -> None:
    visitor, app = await stage.pair(request("/", "Connection: keep-alive", version="1.0"))
    await app.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\nde")
    await app.send(b"fg\r\n0\r\nX-T: 1\r\n\r\n")
    answer = await visitor.last_answer()
    assert answer.body == b"abcdefg"
    assert answer.header("Transfer-Encoding") is None
    assert answer.header("Connection") == "close"
    await eventually(lambda: stage.share.pool.idle == 1)


async def test_a_visitor_of_http_1_0_may_keep_its_connection_when_it_asks(stage: Stage) -> None:
    visitor, app = await stage.pair(request("/", "Connection: keep-alive", version="1.0"))
    await app.send(OK)
    assert (await visitor.answer()).header("Connection") == "keep-alive"
    await visitor.send(request(version="1.0"))
    await app.head()
    await app.send(OK)
    assert (await visitor.last_answer()).header("Connection") == "close"


async def test_a_visitor_of_http_1_0_never_sees_a_transfer_encoding(stage: Stage) -> None:
    visitor, app = await stage.pair(request(method="HEAD", version="1.0"))
    await app.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert b"Transfer-Encoding" not in await visitor.rest()


async def test_an_answer_until_close_ends_where_the_apps_connection_ends(stage: Stage) -> None:
    visitor, app = await stage.pair()
    await app.send(b"HTTP/1.1 200 OK\r\n\r\nfirst ")
    await app.send(b"second")
    await app.close()
    answer = await visitor.last_answer()
    assert answer.body == b"first second"
    assert answer.header("Connection") == "close"


async def test_an_answer_to_head_has_no_body_and_keeps_both_connections(stage: Stage) -> None:
    visitor, app = await stage.pair(request(method="HEAD"))
    await app.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    assert b"Content-Length: 1000\r\n" in await visitor.head()
    await visitor.send(GET)
    await app.head()
    await app.send(OK)
    assert (await visitor.answer()).body == b"hi"


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_an_answer_that_has_no_body_keeps_both_connections(stage: Stage, status: bytes) -> None:
    visitor, app = await stage.pair()
    await app.send(b"HTTP/1.1 " + status + b"\r\n\r\n")
    assert status in await visitor.head()
    await visitor.send(GET)
    await app.head()


async def test_an_answer_without_a_date_gets_one(stage: Stage) -> None:
    visitor, app = await stage.pair()
    await app.send(OK)
    assert ((await visitor.answer()).header("Date") or "").endswith(" GMT")


# -- answers that break off, or are none ---------------------------------------------------------


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive!",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfive!\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfive!\r\n0\r\n",
    ],
)
@pytest.mark.parametrize("version", ["1.1", "1.0"])
async def test_an_answer_cut_in_the_middle_is_seen_to_be_cut(
    stage: Stage, start: bytes, version: str
) -> None:
    visitor, app = await stage.pair(request(version=version))
    await app.send(start)
    assert b"five!" in await visitor.head() + await visitor.some()
    await app.close()
    with pytest.raises(ConnectionResetError):
        await visitor.rest()


async def test_an_answer_until_close_that_is_reset_is_seen_to_be_cut(stage: Stage) -> None:
    visitor, app = await stage.pair()
    await app.send(b"HTTP/1.1 200 OK\r\n\r\nfirst")
    await visitor.head()
    await visitor.exactly(5)
    app.reset()
    with pytest.raises(ConnectionResetError):
        await visitor.rest()


async def test_broken_chunks_in_an_answer_are_not_passed_on_as_an_end(stage: Stage) -> None:
    visitor, app = await stage.pair()
    await app.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfive!\r\n")
    await visitor.head()
    await app.send(b"zz\r\n0\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        await visitor.rest()
    assert await app.gone()


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000,
        b"y" * 70_000,
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
    ids=lambda answer: answer[:40].decode("latin-1").splitlines()[0],
)
async def test_an_answer_that_is_none_becomes_a_page_that_says_so(stage: Stage, answer: bytes) -> None:
    visitor, app = await stage.pair()
    await app.send(answer)
    told = await visitor.last_answer()
    assert (told.status, told.header("Doorstep-Error")) == (502, "app-failed")
    assert await app.gone()
    assert stage.share.pool.size == 0


async def test_an_app_that_goes_without_a_word_becomes_a_page_that_says_so(stage: Stage) -> None:
    visitor, app = await stage.pair()
    await app.close()
    assert (await visitor.last_answer()).header("Doorstep-Error") == "app-failed"


async def test_a_client_may_say_that_its_app_refuses(stage: Stage) -> None:
    visitor, app = await stage.pair()
    await app.send(b"HTTP/1.1 502 Bad Gateway\r\nDoorstep-Error: app-refused\r\nContent-Length: 0\r\n\r\n")
    assert (await visitor.last_answer()).header("Doorstep-Error") == "app-refused"


@pytest.mark.parametrize("code", ["revoked", "misdirected", "made-up", "\xff"])
async def test_an_app_cannot_speak_in_the_relays_name(stage: Stage, code: str) -> None:
    visitor, app = await stage.pair()
    await app.send(
        b"HTTP/1.1 200 OK\r\nDoorstep-Error: " + code.encode("latin-1") + b"\r\nContent-Length: 0\r\n\r\n"
    )
    assert (await visitor.last_answer()).header("Doorstep-Error") == "app-failed"


# -- when a tunnel connection is not used again --------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        pytest.param(
            GET, b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", id="told to close"
        ),
        pytest.param(GET, b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", id="HTTP/1.0"),
        pytest.param(GET, OK + b"X", id="surplus bytes"),
        pytest.param(GET, OK + OK, id="two answers"),
        pytest.param(request(method="HEAD"), OK, id="a body after HEAD"),
        pytest.param(GET, b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nhi", id="a body after 204"),
        pytest.param(
            GET,
            b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            id="a body after 304",
        ),
        pytest.param(
            request("/", "Connection: Upgrade", "Upgrade: websocket"), OK, id="an upgrade was attempted"
        ),
    ],
)
async def test_a_tunnel_connection_in_doubt_is_discarded(stage: Stage, asked: bytes, answer: bytes) -> None:
    visitor, app = await stage.pair(asked)
    await app.send(answer)
    assert (await visitor.head()).startswith(b"HTTP/1.1 ")
    assert await app.gone()
    assert stage.share.pool.size == 0


async def test_bytes_that_nobody_asked_for_end_an_idle_tunnel_connection(stage: Stage) -> None:
    app = await stage.app()
    await app.send(OK)
    assert await app.gone()
    assert stage.share.pool.size == 0


async def test_bytes_after_the_answer_never_reach_the_next_visitor(stage: Stage) -> None:
    visitor, app = await stage.pair()
    await app.send(OK)
    await visitor.answer()
    await app.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
    assert await app.gone()
    await stage.app()
    second = await stage.visitor(GET)
    assert await second.silent()


async def test_an_early_answer_to_an_upload_arrives_and_ends_both_connections(stage: Stage) -> None:
    visitor, app = await stage.pair(request("/", "Content-Length: 1000000", method="POST"))
    await visitor.send(b"x" * 1000)
    await app.exactly(1000)
    await app.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
    assert (await visitor.answer()).status == 413
    assert await app.gone()
    for _ in range(10):  # what is still on its way does not reset the answer away
        await visitor.send(b"x" * 1000)
    assert await visitor.rest() == b""


async def test_an_early_answer_drains_for_a_while_only(make_stage: MakeStage) -> None:
    stage = await make_stage(linger_idle=0.1)
    visitor, app = await stage.pair(request("/", "Content-Length: 1000000", method="POST"))
    await app.send(OK)
    assert (await visitor.answer()).status == 200
    await eventually(lambda: not stage.edge.visitors, 4)


async def test_an_early_answer_is_not_reset_away_by_a_long_upload(make_stage: MakeStage) -> None:
    stage = await make_stage(linger_bytes=1000)
    visitor, app = await stage.pair(request("/", "Content-Length: 1000000", method="POST"))
    await app.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
    assert await app.gone()
    await visitor.send(b"x" * 500_000)
    await asyncio.sleep(0.1)  # time for a reset to come

    assert (await visitor.answer()).status == 413
    assert await visitor.rest() == b""


async def test_an_upload_that_continues_beside_its_answer_is_passed_on(stage: Stage) -> None:
    visitor, app = await stage.pair(request("/", "Content-Length: 6", method="POST"))
    await app.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
    await visitor.head()
    await visitor.send(b"abcdef")
    assert await app.exactly(6) == b"abcdef"
    await app.send(b"0\r\n\r\n")
    assert await visitor.exactly(11) == b"1\r\na\r\n0\r\n\r\n"
    await eventually(lambda: stage.share.pool.idle == 1)


async def test_a_malformed_body_ends_both_connections_with_a_400(stage: Stage) -> None:
    visitor, app = await stage.pair(request("/", "Transfer-Encoding: chunked", method="POST"))
    await visitor.send(b"5\r\nhello\r\n")
    assert await app.exactly(10) == b"5\r\nhello\r\n"
    await visitor.send(b"not a size\r\n0\r\n\r\n")
    assert (await visitor.last_answer()).status == 400
    assert await app.gone()


async def test_a_malformed_body_in_the_heads_packet_is_refused_too(stage: Stage) -> None:
    await stage.app()
    visitor = await stage.visitor(request("/", "Transfer-Encoding: chunked", method="POST") + b"zz\r\n")
    assert (await visitor.last_answer()).status == 400
    assert stage.share.pool.size == 0


# -- visitors who leave --------------------------------------------------------------------------


async def test_a_body_that_turns_out_malformed_after_the_answer_began_cuts_the_answer(stage: Stage) -> None:
    visitor, app = await stage.pair(request("/", "Transfer-Encoding: chunked", method="POST"))
    await app.send(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nearly")
    assert (await visitor.head()).startswith(b"HTTP/1.1 200 ")
    assert await visitor.exactly(5) == b"early"
    await visitor.send(b"5\r\nhelloXX")
    with pytest.raises(ConnectionResetError):
        await visitor.rest()
    assert await app.gone()


async def test_the_app_is_told_when_the_visitor_is_gone(stage: Stage) -> None:
    visitor, app = await stage.pair()
    visitor.reset()
    assert await app.gone()
    await stage.empty()


async def test_a_visitor_may_say_that_it_sends_no_more_and_still_gets_its_answer(stage: Stage) -> None:
    visitor, app = await stage.pair()
    visitor.half_close()
    assert await app.silent()
    await app.send(OK)
    assert (await visitor.last_answer()).body == b"hi"
    await eventually(lambda: stage.share.pool.idle == 1 and not stage.edge.visitors)


async def test_a_half_closed_visitor_gets_all_answers_to_what_it_pipelined(stage: Stage) -> None:
    visitor, app = await stage.pair(GET + GET)
    visitor.half_close()
    await app.send(OK)
    await app.head()
    await app.send(OK)
    assert (await visitor.rest()).count(b"\r\n\r\nhi") == 2


async def test_a_visitor_that_ends_in_the_middle_of_its_body_ends_the_exchange(stage: Stage) -> None:
    visitor, app = await stage.pair(request("/", "Content-Length: 10", method="POST"))
    await visitor.send(b"half")
    visitor.half_close()
    await visitor.gone()
    assert await app.exactly(4) == b"half"
    assert await app.gone()
    await stage.empty()


async def test_a_body_that_ended_too_early_while_it_waited_is_refused(stage: Stage) -> None:
    visitor = await stage.visitor(request("/", "Content-Length: 10", method="POST") + b"half")
    visitor.half_close()
    await eventually(lambda: stage.share.pool.waiting == 1)
    (connection,) = stage.edge.visitors
    await eventually(lambda: connection._ended)
    app = await stage.app()
    assert (await visitor.last_answer()).status == 400
    await app.gone()
    await stage.empty()


async def test_an_app_that_half_closes_after_its_answer_is_not_used_again(stage: Stage) -> None:
    visitor, app = await stage.pair()
    await app.send(OK)
    app.half_close()
    assert (await visitor.answer()).body == b"hi"
    await eventually(lambda: stage.share.pool.size == 0)


async def test_a_tunnel_connection_that_ended_is_never_given_to_a_visitor(stage: Stage) -> None:
    """Its end and the next request may be read in one turn of the event loop."""
    app = await stage.app()
    tunnel = next(iter(stage.edge.tunnels))
    tunnel.eof_received()
    assert stage.share.pool.take() is None
    await app.close()


# -- the connection that a pool hands on ---------------------------------------------------------


async def test_the_next_in_line_gets_the_connection_as_soon_as_it_is_free(stage: Stage) -> None:
    first, app = await stage.pair(request("/first"))
    second = await stage.visitor(request("/second"))
    third = await stage.visitor(request("/third"))
    await eventually(lambda: stage.share.pool.waiting == 2)
    await app.send(OK)
    assert b"/second" in await app.head()
    await app.send(OK)
    assert b"/third" in await app.head()
    await app.send(OK)
    for visitor in (first, second, third):
        assert (await visitor.answer()).body == b"hi"


async def test_one_visitor_with_a_full_pipeline_does_not_keep_the_connection_from_others(
    stage: Stage,
) -> None:
    greedy, app = await stage.pair(request("/greedy") * 50)
    other = await stage.visitor(request("/other"))
    await eventually(lambda: stage.share.pool.waiting == 1)
    await app.send(OK)
    assert b"/other" in await app.head()
    await app.send(OK)
    assert b"/greedy" in await app.head()
    assert (await other.answer()).body == b"hi"
    await greedy.answer()


async def test_a_waiting_visitor_with_a_broken_body_does_not_break_the_one_before_it(stage: Stage) -> None:
    first, app = await stage.pair()
    broken = await stage.visitor(request("/", "Transfer-Encoding: chunked", method="POST") + b"zz\r\n")
    await eventually(lambda: stage.share.pool.waiting == 1)
    await app.send(OK)
    assert (await first.answer()).body == b"hi"
    assert (await broken.last_answer()).status == 400
    await first.send(GET)
    app = await stage.app()
    await app.head()
