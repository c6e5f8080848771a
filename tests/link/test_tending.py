"""What is changed of a link while it lives: its end, whether it is seen, whose it is, how many hold it."""

from __future__ import annotations

import asyncio
import contextlib
import time

from tests.link.clients import asking, at_best, becomes, client, cut, status, websocket
from tests.link.conftest import Lasting, StartRelay
from tests.support import Relay, wait_for

SOON = 1.0
"""Seconds within which a change is there."""


def pids(relay: Relay, url: str, count: int = 12) -> set[int]:
    """Who answers visitors that keep no cookies."""
    return {relay.visit(url).json()["pid"] for _ in range(count)}


def answering(relay: Relay, url: str, count: int = 4) -> set[int | None]:
    """The same, just after a client was killed: who is sent there before that is noticed gets no answer."""
    return {relay.visit(url).json().get("pid") for _ in range(count)}


async def test_a_paused_link_is_seen_by_nobody_until_it_is_resumed(lasting: Lasting) -> None:
    relay = lasting.relay
    with client(relay, lasting.token(), name="paused") as running:
        url = running.url

        async def paused(_number: int) -> float:
            async with asking(relay, url, "/events?") as (reader, _), websocket(relay, url) as ws:
                await asyncio.to_thread(relay.cli, "share", "pause", "paused")
                began = time.monotonic()
                await cut(reader, 60)
                with contextlib.suppress(Exception):  # how a library tells of a cut is its own business
                    await asyncio.wait_for(ws.recv(), 60)
                took = time.monotonic() - began
                page = await asyncio.to_thread(relay.visit, url, headers={"Accept": "text/html"})
            assert (page.status, page.header("Doorstep-Error")) == (503, "paused")
            running.told("is paused")
            await asyncio.to_thread(relay.cli, "share", "resume", "paused")
            await asyncio.to_thread(becomes, relay, url, 200)
            running.told("goes on")
            return took

        assert await at_best(paused, SOON) < SOON


def test_a_link_whose_end_was_put_off_lives_on_and_its_client_says_so(lasting: Lasting) -> None:
    relay = lasting.relay
    with client(relay, lasting.token(), name="extended", expires_in=8) as running:
        first_end = time.monotonic() + 8
        extended = relay.visit(
            "/api/v1/shares/extended/extend",
            method="POST",
            headers={"Authorization": f"Bearer {lasting.token()}", "Content-Type": "application/json"},
            body=b'{"by": 3600}',
        )
        assert extended.status == 200, extended.text
        running.told("now ends at")
        wait_for(lambda: time.monotonic() > first_end + 0.6, 15, what="the first end")
        assert status(relay, running.url) == 200


def test_a_client_is_reminded_of_the_end_shortly_before_it(lasting: Lasting) -> None:
    with client(lasting.relay, lasting.token(), name="reminded", expires_in=5) as running:
        running.told("ends in")
        assert running.ended() == "expired"


def test_a_link_that_was_given_away_ends_for_who_had_it(lasting: Lasting) -> None:
    relay, bob = lasting.relay, lasting.token("bob")
    with client(relay, lasting.token(), name="given") as ann:
        url = ann.url
        relay.cli("share", "transfer", "given", "bob")
        assert ann.ended() == "taken-over"
        assert status(relay, url) == 503
        with client(relay, lasting.token(), name="given", wait=False) as again:
            assert again.refused() == "name-taken"
        with client(relay, bob, name="given") as running:
            assert relay.visit(url).json()["pid"] == running.pid


# -- several clients -------------------------------------------------------------------------------


def test_visitors_are_spread_over_all_clients_and_one_that_leaves_ends_none(lasting: Lasting) -> None:
    relay, token = lasting.relay, lasting.token()
    with client(relay, token, name="several", balance=True) as first:
        url = first.url
        with client(relay, token, name="several", balance=True) as second:
            assert pids(relay, url) == {first.pid, second.pid}
            time.sleep(2.5)  # in which the relay tends every share's connections
            assert pids(relay, url) == {first.pid, second.pid}
            second.process.kill()
            wait_for(lambda: answering(relay, url) == {first.pid}, what="the first alone")
        with client(relay, token, name="several", balance=True) as third:
            wait_for(lambda: answering(relay, url, 12) == {first.pid, third.pid}, what="both again")
            first.process.kill()
            wait_for(lambda: answering(relay, url) == {third.pid}, what="the third alone")
            assert status(relay, url) == 200


def test_a_visitor_with_cookies_stays_with_one_client(lasting: Lasting) -> None:
    relay, token = lasting.relay, lasting.token()
    with (
        client(relay, token, name="sticky", balance=True) as first,
        client(relay, token, name="sticky", balance=True) as second,
    ):
        answer = relay.visit(first.url)
        cookie = (answer.header("Set-Cookie") or "").split(";")[0]
        assert cookie.startswith("doorstep-client=")
        for _ in range(8):
            again = relay.visit(first.url, headers={"Cookie": f"a=b; {cookie}; c=d"})
            assert again.json()["pid"] == answer.json()["pid"]
            assert again.header("Set-Cookie") is None
        left = first if answer.json()["pid"] == first.pid else second
        other = second if left is first else first
        left.process.kill()
        wait_for(lambda: answering(relay, first.url) == {other.pid}, what="the other alone")
        moved = relay.visit(other.url, headers={"Cookie": cookie})
        assert moved.json()["pid"] == other.pid
        assert moved.header("Set-Cookie") is not None


def test_one_that_wants_the_name_alone_ends_them_all(lasting: Lasting) -> None:
    relay, token = lasting.relay, lasting.token()
    with (
        client(relay, token, name="alone", balance=True) as first,
        client(relay, token, name="alone", balance=True) as second,
        client(relay, token, name="alone") as third,
    ):
        assert {first.ended(), second.ended()} == {"taken-over"}
        assert pids(relay, third.url, 4) == {third.pid}


def test_all_clients_come_back_after_a_restart_of_the_relay(start_relay: StartRelay) -> None:
    relay, token = start_relay()
    with (
        client(relay, token, name="back", balance=True) as first,
        client(relay, token, name="back", balance=True) as second,
    ):
        relay.kill()
        relay.start()
        becomes(relay, first.url, 200)
        both = {first.pid, second.pid}
        wait_for(lambda: pids(relay, first.url) == both, what="both clients")


def test_a_revoked_link_ends_for_every_client(lasting: Lasting) -> None:
    relay, token = lasting.relay, lasting.token()
    with (
        client(relay, token, name="all-gone", balance=True) as first,
        client(relay, token, name="all-gone", balance=True) as second,
    ):
        relay.cli("share", "revoke", "all-gone", "--reason", "enough")
        assert (first.ended(), second.ended()) == ("revoked", "revoked")
        assert relay.visit(first.url).json()["code"] == "revoked"
