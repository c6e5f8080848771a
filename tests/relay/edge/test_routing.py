"""Which share a request is for, whether it may be, and what is said when there is none."""

from __future__ import annotations

import asyncio
import ipaddress

import pytest

from tests.relay.edge.conftest import MakeStage
from tests.relay.edge.stage import GET, OK, WEBSOCKET, Peer, Stage, request, tunnel_request
from tests.support import eventually

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]


async def code_of(peer: Peer) -> tuple[int, str | None]:
    answer = await peer.last_answer()
    return answer.status, answer.header("Doorstep-Error")


SESSION = WEBSOCKET.replace(b"demo.localhost", b"localhost").replace(b"/ws", b"/.doorstep/session")


# -- shares that are not live --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status"),
    [("no-such-share", 404), ("offline", 503), ("expired", 410), ("revoked", 410), ("closed", 410)],
)
async def test_a_name_that_is_not_live_is_answered_with_what_is_known_of_it(
    stage: Stage, code: str, status: int
) -> None:
    stage.facts["gone"] = (code, "because")
    visitor = await stage.visitor(request(host="gone.localhost"))
    answer = await visitor.last_answer()
    assert (answer.status, answer.header("Doorstep-Error")) == (status, code)
    assert answer.json()["detail"] == "because"


async def test_a_person_gets_a_page_and_a_program_json(stage: Stage) -> None:
    for accept, kind in (
        ("text/html,*/*;q=0.8", "text/html"),
        ("application/json", "application/problem+json"),
        ("*/*", "application/problem+json"),
    ):
        visitor = await stage.visitor(request("/", f"Accept: {accept}", host="gone.localhost"))
        assert ((await visitor.last_answer()).header("Content-Type") or "").startswith(kind)


async def test_a_lookup_that_fails_is_answered_as_busy(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.facts["gone"] = None  # type: ignore[assignment]  # what a broken database is to the edge
    visitor = await stage.visitor(request(host="gone.localhost"))
    assert await code_of(visitor) == (503, "busy")
    assert "could not look up 'gone'" in caplog.text


async def test_a_visitor_that_leaves_during_the_lookup_is_forgotten(stage: Stage) -> None:
    stage.lookup_gate.clear()
    visitor = await stage.visitor(request(host="gone.localhost"))
    await eventually(lambda: stage.edge.visitors)
    visitor.reset()
    await eventually(lambda: not stage.edge.visitors)
    stage.lookup_gate.set()
    await asyncio.sleep(0.02)


async def test_a_visitor_may_half_close_and_still_hear_what_the_lookup_found(stage: Stage) -> None:
    stage.lookup_gate.clear()
    visitor = await stage.visitor(request(host="gone.localhost"))
    visitor.half_close()
    await asyncio.sleep(0.02)
    stage.lookup_gate.set()
    assert await code_of(visitor) == (404, "no-such-share")


async def test_the_answer_to_an_unfinished_upload_is_not_reset_away(stage: Stage) -> None:
    visitor = await stage.visitor(
        request("/", "Content-Length: 1000000", method="POST", host="gone.localhost")
    )
    for _ in range(20):
        await visitor.send(b"x" * 10_000)
    assert await code_of(visitor) == (404, "no-such-share")


async def test_an_unknown_end_of_a_share_is_offline_to_visitors(stage: Stage) -> None:
    """`bad-token` and its like are between the relay and the client."""
    waiting = await stage.visitor(GET)
    await eventually(lambda: stage.share.pool.waiting == 1)
    stage.share.end("bad-token", "the token of this session was revoked")
    answer = await waiting.last_answer()
    assert (answer.status, answer.header("Doorstep-Error")) == (503, "offline")
    assert b"token" not in answer.body


# -- Host ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "a.b.localhost", "localhost.evil.example", "x" * 250])
async def test_another_domain_is_no_link_here(stage: Stage, host: str) -> None:
    assert await code_of(await stage.visitor(request(host=host))) == (404, "no-such-share")


@pytest.mark.parametrize(
    "host", ["", "de mo.localhost", "demo.localhost:http", "demo.localhost/x", "x" * 300]
)
async def test_what_is_no_host_is_refused(stage: Stage, host: str) -> None:
    assert await code_of(await stage.visitor(request(host=host))) == (400, "bad-request")


@pytest.mark.parametrize(
    "host", ["DEMO.localhost", "demo.localhost:8080", "demo.localhost.", "Demo.LocalHost.:80"]
)
async def test_a_host_in_another_spelling_is_the_same_share(stage: Stage, host: str) -> None:
    visitor, app = await stage.pair(request(host=host))
    await app.send(OK)
    assert (await visitor.answer()).body == b"hi"


async def test_another_host_on_the_same_connection_is_misdirected(stage: Stage) -> None:
    stage.add_share("other")
    other = await stage.app("other")
    visitor, app = await stage.pair()
    await app.send(OK)
    await visitor.answer()
    await visitor.send(request(host="other.localhost"))
    assert await code_of(visitor) == (421, "misdirected")
    assert await other.silent()


async def test_another_host_in_a_pipeline_is_misdirected(stage: Stage) -> None:
    stage.add_share("other")
    other = await stage.app("other")
    visitor, app = await stage.pair(GET + request(host="other.localhost"))
    await app.send(OK)
    assert (await visitor.answer()).body == b"hi"
    assert await code_of(visitor) == (421, "misdirected")
    assert await other.silent()


async def test_the_relay_itself_after_a_share_is_misdirected(stage: Stage) -> None:
    visitor, app = await stage.pair(GET + request(host="localhost"))
    await app.send(OK)
    await visitor.answer()
    assert await code_of(visitor) == (421, "misdirected")
    assert stage.at_apex == b""


async def test_a_trusted_proxy_may_send_requests_for_all_on_one_connection(make_stage: MakeStage) -> None:
    stage = await make_stage(trusted=LOOPBACK)
    stage.add_share("other")
    proxy, demo = await stage.pair()
    other = await stage.app("other")
    await demo.send(OK)
    await proxy.answer()
    await proxy.send(request(host="other.localhost"))
    assert b"Host: other.localhost\r\n" in await other.head()
    await other.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother")
    assert (await proxy.answer()).body == b"other"
    await proxy.send(request(host="localhost"))
    assert (await proxy.answer()).body == b"apex"


# -- who asks ------------------------------------------------------------------------------------


async def test_what_visitors_say_of_themselves_is_overwritten(stage: Stage) -> None:
    visitor = await stage.visitor(
        request(
            "/",
            "X-Forwarded-For: 1.2.3.4",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: evil",
            "Forwarded: for=1.2.3.4",
        )
    )
    app = await stage.app()
    head = await app.head()
    assert head.count(b"X-Forwarded-For: 127.0.0.1\r\n") == 1
    assert b"1.2.3.4" not in head
    assert b"X-Forwarded-Proto: http\r\n" in head
    assert b"X-Forwarded-Host: demo.localhost\r\n" in head
    await app.send(OK)
    await visitor.answer()
    await visitor.send(request("/", "X-Forwarded-For: 1.2.3.4"))
    assert b"1.2.3.4" not in await app.head()


@pytest.mark.parametrize(
    ("said", "visitor"),
    [
        ([], "127.0.0.1"),
        (["203.0.113.7"], "203.0.113.7"),
        (["1.1.1.1, 203.0.113.7"], "203.0.113.7"),
        (["1.1.1.1", "203.0.113.7"], "203.0.113.7"),
        (["203.0.113.7, 127.0.0.9"], "203.0.113.7"),
        (["127.0.0.8, 127.0.0.9"], "127.0.0.8"),
        (["2001:db8::1"], "2001:db8::1"),
        (["203.0.113.7, unknown"], "127.0.0.1"),
        (["203.0.113.7, "], "127.0.0.1"),
        (["<script>"], "127.0.0.1"),
    ],
)
async def test_a_trusted_proxy_is_believed_up_to_the_first_address_that_is_none(
    make_stage: MakeStage, said: list[str], visitor: str
) -> None:
    stage = await make_stage(trusted=LOOPBACK)
    await stage.visitor(
        request("/", *(f"X-Forwarded-For: {hop}" for hop in said), "X-Forwarded-Proto: https")
    )
    app = await stage.app()
    head = await app.head()
    assert f"X-Forwarded-For: {visitor}\r\n".encode() in head
    assert head.count(b"X-Forwarded-For") == 1
    assert b"X-Forwarded-Proto: https\r\n" in head


async def test_each_request_of_a_trusted_proxy_is_of_its_own_visitor(make_stage: MakeStage) -> None:
    stage = await make_stage(trusted=LOOPBACK)
    proxy, app = await stage.pair(request("/", "X-Forwarded-For: 203.0.113.1", "X-Forwarded-Proto: https"))
    await app.send(OK)
    await proxy.answer()
    await proxy.send(request("/", "X-Forwarded-For: 203.0.113.2", "X-Forwarded-Proto: javascript"))
    head = await app.head()
    assert b"X-Forwarded-For: 203.0.113.2\r\n" in head
    assert b"X-Forwarded-Proto: http\r\n" in head


# -- the relay itself ----------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1", "[::1]:80"])
async def test_the_relays_own_host_is_served_by_its_own_app(stage: Stage, host: str) -> None:
    visitor = await stage.visitor(
        request("/x?y", "X-Forwarded-For: 6.6.6.6", "Doorstep-Admin: yes", host=host)
    )
    assert (await visitor.answer()).body == b"apex"
    assert stage.at_apex.startswith(f"GET /x?y HTTP/1.1\r\nHost: {host}\r\n".encode())
    assert b"6.6.6.6" not in stage.at_apex
    assert b"Doorstep-" not in stage.at_apex


async def test_a_connection_to_the_relay_carries_one_request(stage: Stage) -> None:
    """The next one would reach the relay's app unchecked, or be for a share when a proxy reuses it."""
    visitor = await stage.visitor(request("/1", host="localhost"))
    await visitor.answer()
    assert b"\r\nConnection: close\r\n" in stage.at_apex
    await eventually(lambda: len(stage.edge.at_apex) == 1)
    visitor.reset()
    await eventually(lambda: not stage.edge.at_apex)


async def test_a_body_for_the_relay_reaches_its_app(stage: Stage) -> None:
    visitor = await stage.visitor(
        request("/1", "Content-Length: 8", method="POST", host="localhost") + b"half"
    )
    await visitor.send(b"half")
    await eventually(lambda: stage.at_apex.endswith(b"\r\n\r\nhalfhalf"))


async def test_a_body_that_stops_in_the_middle_ends_the_connection_to_the_relay(
    make_stage: MakeStage,
) -> None:
    stage = await make_stage(body_timeout=0.1)
    visitor = await stage.visitor(
        request("/silent", "Content-Length: 8", method="POST", host="localhost") + b"half"
    )
    await visitor.gone()
    await eventually(lambda: not stage.edge.at_apex)


async def test_a_websocket_to_the_relay_has_no_such_deadline(make_stage: MakeStage) -> None:
    stage = await make_stage(body_timeout=0.05, app_timeout=0.05, idle_timeout=0.05)
    visitor = await stage.visitor(SESSION)
    await visitor.answer()
    assert b"Connection: Upgrade\r\nUpgrade: websocket\r\n" in stage.at_apex
    assert await visitor.silent(0.3)


async def test_only_sessions_may_upgrade_at_the_relays_own_host(stage: Stage) -> None:
    await stage.visitor(SESSION.replace(b"/.doorstep/session", b"/healthz"))
    await eventually(lambda: b"/healthz" in stage.at_apex)
    assert b"Upgrade" not in stage.at_apex
    assert b"Connection: close" in stage.at_apex


async def test_no_second_request_hides_behind_a_sessions_handshake(stage: Stage) -> None:
    smuggled = request("/api/v1/shares/mine", method="DELETE", host="mine.localhost")
    assert await code_of(await stage.visitor(SESSION + smuggled)) == (400, "bad-request")
    assert b"DELETE" not in stage.at_apex


# -- tunnel connections --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(tunnel_request(ticket="bad"), id="a bad ticket"),
        pytest.param(tunnel_request("nobody"), id="a name that is not live"),
        pytest.param(tunnel_request(ticket=""), id="an empty ticket"),
        pytest.param(
            tunnel_request().replace(b"Authorization: Doorstep", b"Authorization: Bearer"),
            id="another scheme",
        ),
        pytest.param(tunnel_request().replace(b"Authorization", b"Proxy-Authorization"), id="another field"),
        pytest.param(tunnel_request().replace(b"Authorization", b"X-Authorization"), id="no credentials"),
        pytest.param(tunnel_request(extra=b"early"), id="bytes before the 101"),
    ],
)
async def test_a_tunnel_connection_without_its_ticket_is_refused(stage: Stage, asked: bytes) -> None:
    assert await code_of(await stage.visitor(asked)) == (403, "ticket-refused")
    assert stage.share.pool.size == 0


@pytest.mark.parametrize(
    "asked",
    [
        request("/.doorstep/tunnel", "Authorization: Doorstep good"),
        request("/.doorstep/session"),
        request("/.doorstep/"),
        request("/.doorstep/anything"),
        tunnel_request().replace(b"/tunnel", b"/other"),
        tunnel_request().replace(b"/tunnel", b"/tunnel/"),
        tunnel_request().replace(b"doorstep-reverse", b"websocket"),
    ],
)
async def test_the_relays_paths_on_a_share_never_reach_its_app(stage: Stage, asked: bytes) -> None:
    app = await stage.app()
    assert (await code_of(await stage.visitor(asked)))[0] == 404
    assert await app.silent(0.03)


async def test_a_tunnel_connection_serves_only_the_share_it_was_dialled_for(stage: Stage) -> None:
    stage.add_share("other")
    other = await stage.app("other")
    visitor = await stage.visitor(GET)
    assert await visitor.silent(0.05)
    app = await stage.app()
    await app.head()
    assert await other.silent(0.03)


async def test_tunnel_connections_beyond_the_limit_are_ended(make_stage: MakeStage) -> None:
    stage = await make_stage(share={"limit": 2})
    await stage.app()
    await stage.app()
    assert await (await stage.app()).gone()
    assert stage.share.pool.size == 2
    assert len(stage.edge.tunnels) == 2


# -- shares that end -----------------------------------------------------------------------------


async def test_the_end_of_a_share_reaches_visitors_who_wait(stage: Stage) -> None:
    waiting = [await stage.visitor(GET) for _ in range(3)]
    await eventually(lambda: stage.share.pool.waiting == 3)
    stage.share.end("revoked", "by its owner")
    for visitor in waiting:
        answer = await visitor.last_answer()
        assert (answer.status, answer.json()["detail"]) == (410, "by its owner")


async def test_the_end_of_a_share_is_the_answer_to_a_request_under_way(stage: Stage) -> None:
    visitor, app = await stage.pair()
    stage.share.end("revoked", "by its owner")
    assert await code_of(visitor) == (410, "revoked")
    assert await app.gone()


async def test_the_end_of_a_share_cuts_an_answer_that_has_begun(stage: Stage) -> None:
    visitor, app = await stage.pair()
    await app.send(b"HTTP/1.1 200 OK\r\n\r\nfirst")
    await visitor.head()
    await visitor.exactly(5)
    stage.share.end("expired", "")
    with pytest.raises(ConnectionResetError):
        await visitor.rest()
    assert await app.gone()


async def test_the_end_of_a_share_cuts_its_websockets(stage: Stage) -> None:
    visitor, app = await stage.pair(WEBSOCKET)
    await app.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    await visitor.head()
    stage.share.end("revoked", "")
    assert await visitor.gone()
    assert await app.gone()
    await eventually(lambda: not stage.edge.visitors and not stage.edge.tunnels)


async def test_the_end_of_a_share_ends_its_idle_tunnel_connections_and_takes_no_more(stage: Stage) -> None:
    app = await stage.app()
    share = stage.share
    share.end("revoked", "")
    assert await app.gone()
    late = await stage.visitor(tunnel_request())
    await late.gone()
    assert share.pool.size == 0
    assert stage.told == [("demo", "revoked", "")]


async def test_one_share_ends_alone(stage: Stage) -> None:
    stage.add_share("other")
    other = await stage.app("other")
    visitor = await stage.visitor(request(host="other.localhost"))
    await other.head()
    stage.share.end("revoked", "")
    await other.send(OK)
    assert (await visitor.answer()).body == b"hi"
