"""Where a proxy lets nothing through but the session, the session carries everything: with a real nginx."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from pathlib import Path

import pytest

from tests.getting_out.conftest import Lasting
from tests.getting_out.middleboxes import UPGRADE, Middlebox, nginx
from tests.link.clients import Client, asking, becomes, client, cut, host_of, status, websocket
from tests.support import Relay, visit

CARRIED = "no direct connections; the link works through its session, slower"
MEGABYTE = 1024 * 1024


def through(box: Middlebox, lasting: Lasting, name: str, **options: object) -> object:
    return client(lasting.relay, lasting.token, env={"DOORSTEP_RELAY": box.url}, name=name, **options)


@pytest.fixture(scope="module")
def carried(lasting: Lasting, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """A client whose tunnel connections lose their Upgrade."""
    folder = tmp_path_factory.mktemp("stripping") / "nginx"
    with nginx(folder, lasting.relay.url) as box, through(box, lasting, "carried") as one:
        one.told(CARRIED)
        yield one


@pytest.mark.parametrize(
    "elsewhere",
    ["", "return 403;", "return 444;", "return 200 hello;"],
    ids=["stripped", "refused", "cut", "answered"],
)
def test_however_the_upgrade_is_broken_the_link_works_and_that_is_told_once(
    lasting: Lasting, tmp_path: Path, elsewhere: str
) -> None:
    with (
        nginx(tmp_path / "nginx", lasting.relay.url, elsewhere=elsewhere) as box,
        through(box, lasting, "broken") as one,
    ):
        for _ in range(5):
            assert status(lasting.relay, one.url) == 200
        one.told(CARRIED)
        assert one.process.output.count(CARRIED) == 1
        assert "cannot be served" not in one.process.output


def test_a_proxy_that_cuts_what_it_let_through_is_gone_around(lasting: Lasting, tmp_path: Path) -> None:
    impatient = f"{UPGRADE}proxy_read_timeout 300ms;"
    with (
        nginx(tmp_path / "nginx", lasting.relay.url, elsewhere=impatient) as box,
        through(box, lasting, "impatient") as one,
    ):
        one.told(CARRIED)
        for _ in range(5):
            assert status(lasting.relay, one.url) == 200
        assert "cannot be served" not in one.process.output


def test_a_proxy_that_lets_upgrades_through_is_no_reason_to_be_slower(
    lasting: Lasting, tmp_path: Path
) -> None:
    with (
        nginx(tmp_path / "nginx", lasting.relay.url, elsewhere=UPGRADE) as box,
        through(box, lasting, "direct") as one,
    ):
        assert status(lasting.relay, one.url) == 200
        assert CARRIED not in one.process.output


def test_big_answers_and_uploads_arrive_whole(lasting: Lasting, carried: Client) -> None:
    assert len(visit(f"{carried.url}/big?{4 * MEGABYTE}").body) == 4 * MEGABYTE
    sent = os.urandom(3 * MEGABYTE)
    told = json.loads(visit(f"{carried.url}/upload", method="POST", body=sent).body)

    assert told == {"size": len(sent), "sha256": hashlib.sha256(sent).hexdigest()}


async def test_a_websocket_of_a_visitor_works(lasting: Lasting, carried: Client) -> None:
    async with websocket(lasting.relay, carried.url) as socket:
        for message in ("hello", b"\x00\xff" * 40_000, "and goodbye"):
            await socket.send(message)
            async with asyncio.timeout(20):
                assert await socket.recv() == message


async def test_a_visitor_who_takes_nothing_holds_up_nobody_else(lasting: Lasting, carried: Client) -> None:
    async with (
        asking(lasting.relay, carried.url, f"/big?{64 * MEGABYTE}"),
        asking(lasting.relay, carried.url, f"/big?{64 * MEGABYTE}"),
    ):
        for _ in range(5):
            answer = await asyncio.to_thread(visit, f"{carried.url}/big?{MEGABYTE}")
            assert len(answer.body) == MEGABYTE


async def test_many_visitors_at_once_are_served(lasting: Lasting, carried: Client) -> None:
    answers = await asyncio.gather(
        *(asyncio.to_thread(status, lasting.relay, carried.url) for _ in range(40))
    )

    assert set(answers) == {200}


async def test_row_4_what_a_session_carries_is_cut_when_the_link_is_revoked(
    lasting: Lasting, tmp_path: Path
) -> None:
    with (
        nginx(tmp_path / "nginx", lasting.relay.url) as box,
        through(box, lasting, "revoked") as one,
    ):
        becomes(lasting.relay, one.url, 200)
        async with asking(lasting.relay, one.url, f"/big?{64 * MEGABYTE}") as (reader, _):
            await asyncio.to_thread(lasting.relay.cli, "share", "revoke", "revoked")
            await cut(reader, 10)
        assert await asyncio.to_thread(one.ended) == "revoked"
        assert status(lasting.relay, one.url) == 410


def test_after_a_restart_of_the_relay_the_link_comes_back_the_same_way(tmp_path: Path) -> None:
    relay = Relay(tmp_path / "relay")
    token = relay.token("alice")
    relay.start()
    try:
        with (
            nginx(tmp_path / "nginx", relay.url) as box,
            client(relay, token, env={"DOORSTEP_RELAY": box.url}, name="again") as one,
        ):
            becomes(relay, one.url, 200)
            one.told(CARRIED)
            relay.kill()
            relay.start()
            becomes(relay, one.url, 200, 40)
            assert one.process.output.count(CARRIED) == 1
    finally:
        relay.kill()


def test_a_proxy_that_lets_no_websocket_through_at_all_is_told_as_such(
    lasting: Lasting, tmp_path: Path
) -> None:
    with nginx(tmp_path / "nginx", lasting.relay.url, session="") as box:
        blocked = client(
            lasting.relay, lasting.token, wait=False, env={"DOORSTEP_RELAY": box.url}, name="blocked"
        )
        with blocked as one:
            assert one.refused() == "UnreachableError"
            assert "a proxy in between lets no WebSocket through" in one.process.output
            assert lasting.token not in one.process.output


def test_a_port_target_is_carried_too(lasting: Lasting, tmp_path: Path) -> None:
    """The pump between a stream and a local server: here the relay's own pages are the server."""
    with (
        nginx(tmp_path / "nginx", lasting.relay.url) as box,
        through(box, lasting, "port", port=lasting.relay.port) as one,
    ):
        becomes(lasting.relay, f"{one.url}/healthz", 200)
        assert visit(f"{one.url}/healthz").json() == {"status": "ok"}
        assert host_of(one.url).startswith("port.")
