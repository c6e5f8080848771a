"""A share's life, seen from outside: lost and found again, ended by the relay, never stolen."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from doorstep_client import share
from tests.link.app import app
from tests.link.clients import (
    ROOT,
    asking,
    at_best,
    becomes,
    client,
    cut,
    get,
    host_of,
    not_ready,
    status,
    under_way,
    websocket,
)
from tests.link.conftest import HEARTBEAT, QUICK, Lasting, StartRelay
from tests.support import Relay, free_port, raw_request, run_script, wait_for

NOTICED = 2 * HEARTBEAT + 2
"""Two heartbeats of silence, and a moment for a busy machine."""
CUT = 15.0
"""Less than two heartbeats of a relay as it comes: who is killed is missed by his connections' ends."""


def read_to_its_end(answer: http.client.HTTPResponse) -> None:
    """Read until it breaks off or is complete; it never hangs, because the connection has a timeout."""
    with contextlib.suppress(http.client.HTTPException, ConnectionError):
        while answer.read(1024):
            pass


# -- the client goes away --------------------------------------------------------------------------


def test_a_killed_client_turns_its_link_offline_and_comes_back_under_its_name(
    lasting: Lasting,
) -> None:
    relay = lasting.relay
    token = lasting.token()
    with client(relay, token, name="killed") as first:
        url = first.url
        with get(relay, url, "/events?") as under_way:
            assert under_way.read(8) == b"data: 0\n"
            began = time.monotonic()
            first.process.kill()
            read_to_its_end(under_way)
            assert time.monotonic() - began < CUT
        becomes(relay, url, 503, CUT)
        page = relay.visit(url, headers={"Accept": "text/html"})

    assert 'http-equiv="refresh"' in page.text
    assert page.header("Retry-After") is not None
    assert relay.visit(url).json()["code"] == "offline"
    with client(relay, token, name="killed") as second:
        assert second.url == url
        assert relay.visit(url).json()["pid"] == second.pid


def test_a_visitor_who_waits_for_a_killed_client_gets_an_answer(lasting: Lasting) -> None:
    relay = lasting.relay
    with client(relay, lasting.token(), name="waited") as running:
        waiting = threading.Timer(0.3, running.process.kill)
        waiting.start()
        began = time.monotonic()
        answer = relay.visit(running.url + "/slow?30")
        waiting.join()

    assert answer.json()["code"] in {"app-failed", "offline"}
    assert time.monotonic() - began < CUT


def test_a_client_that_hangs_is_noticed_within_two_heartbeats_and_returns(start_relay: StartRelay) -> None:
    """The best of three counts: the machine may stand still, too."""
    relay, alice = start_relay(*QUICK)
    took: list[float] = []
    with client(relay, alice, name="hanging") as running:
        while len(took) < 3 and min(took, default=NOTICED) >= NOTICED:
            becomes(relay, running.url, 200)
            running.process.send(signal.SIGSTOP)
            try:
                began = time.monotonic()
                assert relay.visit(running.url + "/slow?0").status in {502, 503}
                took.append(time.monotonic() - began)
                assert status(relay, running.url) == 503
            finally:
                running.process.send(signal.SIGCONT)
        becomes(relay, running.url, 200)

    print(f"a client that hangs was noticed after {took} s with a heartbeat of {HEARTBEAT} s")
    assert min(took) < NOTICED


def test_a_client_that_closes_ends_its_link_for_good(lasting: Lasting) -> None:
    relay = lasting.relay
    with client(relay, lasting.token(), name="closing") as running:
        url = running.url
        running.process.send(signal.SIGINT)
        assert running.ended() == "closed"

        answer = relay.visit(url)
        assert (answer.status, answer.json()["code"]) == (410, "closed")


def test_a_name_whose_grace_is_over_is_closed_but_kept_for_its_owner(start_relay: StartRelay) -> None:
    relay, alice = start_relay("--grace", "1s")
    bob = relay.token("bob")
    with client(relay, alice, name="hello") as first:
        url = first.url
        first.process.kill()
    becomes(relay, url, 410)
    with client(relay, bob, name="hello", wait=False) as thief:
        assert thief.refused() == "name-taken"
    with client(relay, alice, name="hello") as back:
        assert back.url == url
        assert status(relay, url) == 200


# -- the relay goes away ---------------------------------------------------------------------------


def test_clients_of_a_killed_relay_return_by_themselves_with_the_same_url(start_relay: StartRelay) -> None:
    relay, alice = start_relay()
    with client(relay, alice) as unnamed, client(relay, alice, name="hello") as named:
        urls = [unnamed.url, named.url]
        with get(relay, urls[0], "/events?") as under_way:
            relay.kill()
            read_to_its_end(under_way)
        unnamed.told("cannot be reached")
        relay.start()
        for url, one in zip(urls, (unnamed, named), strict=True):
            one.told("is back")
            assert relay.visit(url).json()["pid"] == one.pid
            assert one.url == url


def test_a_relay_that_is_stopped_lets_requests_under_way_finish(
    start_relay: StartRelay, tmp_path: Path
) -> None:
    relay, alice = start_relay("--drain", "60s")
    with client(relay, alice) as running:
        url = running.url
        with socket.create_connection(("127.0.0.1", relay.port), timeout=20) as visitor:
            visitor.sendall(f"GET /held?{tmp_path}/go HTTP/1.1\r\nHost: {host_of(url)}\r\n\r\n".encode())
            wait_for(lambda: under_way(relay, alice, url) == 1, what="the request at the relay")
            assert relay.process is not None
            relay.process.send(signal.SIGTERM)
            wait_for(lambda: not_ready(relay), what="the relay to stop")
            (tmp_path / "go").touch()
            answer = b""
            while not answer.endswith(b"held"):
                part = visitor.recv(65536)
                assert part, answer
                answer += part
        assert relay.process.wait() == 0
        relay.start()
        running.told("is back")
        assert status(relay, url) == 200


def test_a_relay_with_a_hanging_client_and_an_endless_answer_still_stops(start_relay: StartRelay) -> None:
    relay, alice = start_relay("--heartbeat", "30s")
    with client(relay, alice) as running, client(relay, alice) as hanging:
        with get(relay, running.url, "/events?"):
            hanging.process.send(signal.SIGSTOP)
            began = time.monotonic()
            assert relay.process is not None
            relay.process.send(signal.SIGTERM)
            assert relay.process.wait(20) == 0
        hanging.process.send(signal.SIGCONT)

    assert time.monotonic() - began < 9


def test_what_ended_while_the_relay_was_away_stays_ended(start_relay: StartRelay) -> None:
    relay, alice = start_relay()
    with client(relay, alice, name="hello") as running:
        url = running.url
        relay.kill()
        relay.cli("share", "revoke", "hello", "--reason", "spam")
        relay.start()
        running.process.wait_for_line(r"^ENDED revoked")

        assert status(relay, url) == 410


# -- the relay ends a share ------------------------------------------------------------------------


async def _cut_at_once(relay: Relay, url: str, end: Callable[[], object]) -> None:
    """End the share while visitors are served in every way; returns when the last of them is cut."""
    async with (
        asking(relay, url, "/events") as (events, _),
        asking(relay, url, "/big?100000000000") as (download, _),
        websocket(relay, url) as socket,
    ):
        await socket.send("x")
        await socket.recv()
        ending = asyncio.ensure_future(asyncio.to_thread(end))
        async with asyncio.timeout(60):
            await asyncio.gather(cut(events, 60), cut(download, 60), socket.wait_closed())
        await ending
        assert socket.close_code == 1006


async def test_revoking_cuts_everything_within_a_second_and_the_client_does_not_return(
    lasting: Lasting,
) -> None:
    relay, url = lasting.relay, ""

    async def revoked(number: int) -> float:
        nonlocal url
        name, told = f"spammer-{number}", 0.0

        def revoke() -> None:
            nonlocal told
            relay.cli("share", "revoke", name, "--reason", "it was spam")
            told = time.monotonic()

        with client(relay, lasting.token(), name=name) as running:
            url = running.url
            await _cut_at_once(relay, url, revoke)
            over = time.monotonic()
            running.told("revoked.*it was spam")
            assert running.ended() == "revoked"
        return over - told

    took = await at_best(revoked, 1)
    print(f"everything was cut {took:.2f} s after `share revoke` had ended")
    assert took < 1
    page = relay.visit(url, headers={"Accept": "text/html"})
    assert page.status == 410
    assert "it was spam" in page.text
    assert relay.visit(url).json() == {
        "title": "This link was revoked",
        "status": 410,
        "code": "revoked",
        "detail": "it was spam",
    }


async def test_an_expired_share_is_cut_within_a_second_and_the_client_does_not_return(
    lasting: Lasting,
) -> None:
    relay, url = lasting.relay, ""

    async def expired(_number: int) -> float:
        nonlocal url
        with client(relay, lasting.token(), expires_in=8) as running:
            url = running.url
            ends = float(running.process.wait_for_line(r"ends (\S+)$").group(1))
            await _cut_at_once(relay, url, lambda: None)
            late = time.time() - ends
            running.told("expired")
            assert running.ended() == "expired"
        assert late > -0.1
        return late

    late = await at_best(expired, 1)
    print(f"everything was cut {late:.2f} s after the expiry")
    assert late < 1
    answer = relay.visit(url)
    assert (answer.status, answer.json()["code"]) == (410, "expired")


async def test_a_client_that_ignores_its_end_is_cut_all_the_same(lasting: Lasting) -> None:
    relay = lasting.relay
    with client(relay, lasting.token(), name="deaf") as running:
        url = running.url
        async with websocket(relay, url) as socket:
            await socket.send("x")
            await socket.recv()
            running.process.send(signal.SIGSTOP)
            try:
                await asyncio.to_thread(relay.cli, "share", "revoke", "deaf")
                async with asyncio.timeout(10):
                    await socket.wait_closed()
            finally:
                running.process.send(signal.SIGCONT)
        assert await asyncio.to_thread(status, relay, url) == 410


async def test_opened_again_elsewhere_the_first_is_cut_and_does_not_return(lasting: Lasting) -> None:
    relay = lasting.relay
    token = lasting.token()

    async def taken_over(_number: int) -> float:
        with client(relay, token, name="moving") as first:
            url = first.url
            async with asking(relay, url, "/events") as (events, _):
                with client(relay, token, name="moving") as second:
                    opened = time.monotonic()
                    await cut(events, 60)
                    took = time.monotonic() - opened
                    assert first.ended() == "taken-over"
                    assert (await asyncio.to_thread(relay.visit, url)).json()["pid"] == second.pid
        return took

    assert await at_best(taken_over, 1) < 1


async def test_a_visitor_in_line_when_the_share_is_taken_over_is_served_by_the_new_client(
    start_relay: StartRelay,
) -> None:
    relay, alice = start_relay("--heartbeat", "10s", "--max-tunnels", "1")
    with client(relay, alice, name="hello") as first:
        async with asking(relay, first.url, "/events"):
            waiting = asyncio.ensure_future(asyncio.to_thread(relay.visit, first.url, deadline=60.0))
            await asyncio.sleep(0.3)
            with client(relay, alice, name="hello") as second:
                answer = await asyncio.wait_for(waiting, 60)

    assert (answer.status, answer.json()["pid"]) == (200, second.pid)


async def test_a_revoked_token_ends_its_sessions_and_opens_none(lasting: Lasting) -> None:
    relay = lasting.relay

    async def revoked(number: int) -> float:
        name = f"mallory-{number}"
        token = relay.token(name)
        with client(relay, token, name=name) as running:
            url = running.url
            async with asking(relay, url, "/events") as (events, _):
                await asyncio.to_thread(relay.cli, "token", "revoke", name)
                told = time.monotonic()
                await cut(events, 60)
                took = time.monotonic() - told
            running.told("token")
            assert running.ended() == "bad-token"
            assert await asyncio.to_thread(status, relay, url) == 503
        with client(relay, token, name=f"{name}-again", wait=False) as again:
            assert again.refused() == "bad-token"
        return took

    assert await at_best(revoked, 1) < 1


def test_a_token_that_expires_ends_its_sessions(lasting: Lasting) -> None:
    """In this process: to start another one may take as long as the token lasts."""
    token = lasting.relay.token("brief", "--expires", "8s")
    with share(app, relay=lasting.relay.url, token=token, lifespan=False) as link:
        assert link.wait(60)
        assert getattr(link.error, "code", "") == "bad-token"


# -- who may not -----------------------------------------------------------------------------------


def test_a_name_is_its_owners_while_live_offline_and_closed(lasting: Lasting) -> None:
    relay = lasting.relay
    alice, bob = lasting.token(), lasting.token("bob")

    def steal() -> str:
        with client(relay, bob, name="wanted", wait=False) as thief:
            return thief.refused()

    with client(relay, alice, name="wanted") as running:
        assert steal() == "name-taken"
        assert relay.visit(running.url).json()["pid"] == running.pid
        running.process.kill()
        becomes(relay, running.url, 503)
    assert steal() == "name-taken"
    relay.cli("share", "revoke", "wanted")
    assert steal() == "revoked"


@pytest.mark.parametrize("name", ["admin", "www", "a_b", "-x", "xn--abc", "a" * 64, "x.y", "", "l\u00f6l"])
def test_a_name_that_is_not_given_out_is_refused_with_a_message(lasting: Lasting, name: str) -> None:
    relay = lasting.relay
    with client(relay, lasting.token(), name=name, wait=False) as running:
        assert running.refused() == "name-refused"
        assert "Traceback" not in running.process.output


def test_without_a_good_token_nothing_opens(lasting: Lasting) -> None:
    relay = lasting.relay
    good = lasting.token()
    for token in (None, "nonsense", good[:-1], good + "x"):
        with client(relay, token, wait=False) as running:
            assert running.refused() == "bad-token"


def test_a_relay_without_a_token_does_not_start_unless_it_is_told_to_be_open(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    closed = Relay(tmp_path_factory.mktemp("closed"))
    with pytest.raises(AssertionError, match="token create"):
        closed.start()
    opened = Relay(tmp_path_factory.mktemp("open"), args=["--open"])
    opened.start()
    try:
        with client(opened, None) as running:
            assert status(opened, running.url) == 200
    finally:
        opened.kill()


def _upgrade(relay: Relay, host: str, authorization: str | None) -> bytes:
    lines = [
        "GET /.doorstep/tunnel HTTP/1.1",
        f"Host: {host}",
        "Connection: Upgrade",
        "Upgrade: doorstep-reverse",
        *([f"Authorization: {authorization}"] if authorization else []),
    ]
    return raw_request(relay.port, ("\r\n".join(lines) + "\r\n\r\n").encode(), deadline=20)


def test_a_tunnel_connection_needs_a_ticket_of_this_share_and_epoch(lasting: Lasting) -> None:
    relay = lasting.relay
    token = lasting.token()
    with client(relay, token, name="tickets") as hello, client(relay, token, name="tickets-2") as other:
        stolen = _ticket_of(relay, token, "tickets-3")
        hosts = [host_of(one.url).split(":")[0] for one in (hello, other)]
        for host in hosts:
            for shown in (
                None,
                "Doorstep",
                "Doorstep " + "A" * 48,
                "Bearer " + token,
                "Doorstep " + stolen,
                stolen,
            ):
                assert _upgrade(relay, host, shown).startswith(b"HTTP/1.1 403 "), (host, shown)


def _ticket_of(relay: Relay, token: str, name: str) -> str:
    """A ticket of another live share; its session ends here."""
    script = f"""
import asyncio, aiohttp
from doorstep_client import wire
async def main():
    async with aiohttp.ClientSession() as http:
        url, headers = "{relay.url}" + wire.SESSION_PATH, {{"Authorization": "Bearer {token}"}}
        async with http.ws_connect(url, headers=headers) as ws:
            await ws.receive()
            await ws.send_str(wire.encode(wire.Open(0, "{name}")))
            opened = wire.decode_from_relay((await ws.receive()).data)
            print("TICKET", opened.ticket, opened.lease, flush=True)
            await asyncio.sleep(60)
asyncio.run(main())
"""
    with run_script(script, env={"PYTHONPATH": ROOT}) as process:
        return process.wait_for_line(r"^TICKET (\S+)").group(1)


def test_a_ticket_is_worth_nothing_after_its_epoch(lasting: Lasting) -> None:
    relay = lasting.relay
    token = lasting.token()
    old = _ticket_of(relay, token, "epochs")
    with client(relay, token, name="epochs") as running:
        host = host_of(running.url)
        assert _upgrade(relay, host, f"Doorstep {old}").startswith(b"HTTP/1.1 403 ")
        assert relay.visit(running.url).json()["pid"] == running.pid


# -- what visitors are shown -----------------------------------------------------------------------


def test_people_get_a_page_and_programs_get_json_for_the_same_code(lasting: Lasting) -> None:
    relay = lasting.relay
    url = relay.share_url("nobody")
    page = relay.visit(url, headers={"Accept": "text/html,application/xhtml+xml;q=0.9"})
    told = relay.visit(url, headers={"Accept": "application/json"})

    assert page.status == told.status == 404
    assert page.header("Content-Type") == "text/html; charset=utf-8"
    assert told.json()["code"] == page.header("Doorstep-Error") == "no-such-share"


def test_no_relay_configured_leaves_the_local_app_running_and_says_what_to_do() -> None:
    source = f"""
import doorstep as ds
ds.Interface(fn=lambda name: f"Hello {{name}}!", inputs="text", outputs="text").launch(
    share=True, server_port={free_port()})
"""
    with run_script(source) as script:
        local = script.wait_for_line(r"http://127\.0\.0\.1:(\d+)")
        script.wait_for_line("doorstep login")
        script.wait_for_line("local URL only")
        with socket.create_connection(("127.0.0.1", int(local.group(1))), timeout=20) as visitor:
            visitor.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            assert visitor.recv(15) == b"HTTP/1.1 200 OK"
        assert script.running


def test_the_seed_example_prints_a_local_url_and_a_public_one_that_works(lasting: Lasting) -> None:
    relay = lasting.relay
    source = """
import doorstep as ds
def greet(name):
    return f"Hello {name}!"
ds.Interface(fn=greet, inputs="text", outputs="text").launch(share=True, server_port=0)
"""
    with run_script(source, env=relay.client_env()) as script:
        script.wait_for_line(r"local URL:\s+http://127\.0\.0\.1:\d+")
        url = script.wait_for_line(r"public URL:\s+(http://\S+)").group(1)
        page = relay.visit(url)

    assert page.status == 200
    assert "<html" in page.text


# -- nothing leaks ---------------------------------------------------------------------------------


def test_200_shares_that_come_and_go_leave_nothing_in_the_relay(lasting: Lasting) -> None:
    relay = lasting.relay
    source = """
from doorstep_client import share
from tests.link.app import app
for count in (10, 200):
    for number in range(count):
        with share(app, lifespan=False) as link:
            pass
    print("ROUND", count, flush=True)
"""
    env = {"PYTHONPATH": ROOT, **relay.client_env(lasting.token())}
    process = psutil.Process(relay.pid)
    with run_script(source, env=env) as script:
        script.wait_for_line("^ROUND 10$")
        before = (process.num_threads(), process.num_fds(), process.memory_info().rss)
        script.wait_for_line("^ROUND 200$", 90)
        script.wait()
    wait_for(lambda: process.num_fds() <= before[1] + 5, 10, what="the relay's descriptors are closed")

    grown = (process.memory_info().rss - before[2]) / 1e6
    print(f"200 shares later the relay has grown by {grown:.1f} MB")
    assert process.num_threads() <= before[0] + 2
    assert grown < 30
