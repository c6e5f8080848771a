"""The relay's side of sessions, without sockets and without a database."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

from doorstep_client import wire
from doorstep_relay.control import hub
from doorstep_relay.control import session as sessions
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.hub import Hub, SessionSettings
from doorstep_relay.control.opening import Grant
from doorstep_relay.control.outbox import MAX_SHARES, OUTBOX
from doorstep_relay.domain.tickets import TicketKey
from doorstep_relay.errors import NameTaken
from doorstep_relay.switchboard.local import LiveShare, Switchboard
from tests.support import eventually

T = TypeVar("T")
ALICE = Actor(1, "alice", token_id=11)
BOB = Actor(2, "bob", token_id=22)
DEADLINE = 20.0


class FakeChannel:
    """A WebSocket whose far end is the test."""

    def __init__(self) -> None:
        self.to_relay: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.from_relay: asyncio.Queue[wire.FromRelay] = asyncio.Queue()
        self.closed: tuple[int, str] | None = None
        self.reading = asyncio.Event()
        self.reading.set()
        self.heard = asyncio.get_running_loop().time()

    async def receive(self) -> str | bytes | None:
        message = await self.to_relay.get()
        self.heard = asyncio.get_running_loop().time()
        return message

    async def send(self, frame: str) -> None:
        await self.reading.wait()
        self.from_relay.put_nowait(wire.decode_from_relay(frame))

    async def close(self, code: int, reason: str) -> None:
        await self.reading.wait()
        self.closed = (code, reason)

    def carry(self, accept: object, failed: object) -> None: ...

    # -- the client's end

    def say(self, message: wire.FromClient | str) -> None:
        self.to_relay.put_nowait(message if isinstance(message, str) else wire.encode(message))

    def leave(self) -> None:
        self.to_relay.put_nowait(None)

    async def hear(self, kind: type[T]) -> T:
        async with asyncio.timeout(DEADLINE):
            message = await self.from_relay.get()
        assert isinstance(message, kind), message
        return message


class FakeShares:
    """Grants every name to its first owner. `gate` holds back what `open` answers."""

    def __init__(self) -> None:
        self.owners: dict[str, int | None] = {}
        self.epochs: dict[str, int] = {}
        self.told: list[tuple[str, int, int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()
        self.failing: set[int] = set()
        self.broken = False
        self._ids: dict[str, int] = {}

    async def open(
        self,
        actor: Actor,
        *,
        name: str | None,
        expires_in: float | None,
        lease: str | None,
        naming: str,
        balance: bool,
    ) -> Grant:
        self.entered.set()
        await self.gate.wait()
        if self.broken:
            raise OSError("the disk is full")
        name = name or f"random-{len(self._ids)}"
        if self.owners.setdefault(name, actor.account_id) != actor.account_id:
            raise NameTaken(name)
        share_id = self._ids.setdefault(name, len(self._ids) + 1)
        self.epochs[name] = self.epochs.get(name, 0) + 1
        return Grant(share_id, name, self.epochs[name], f"lease-{name}", expires_in, False)

    async def disconnected(self, share_id: int, epoch: int) -> bool:
        if share_id in self.failing:
            raise OSError("the disk is full")
        self.told.append(("disconnected", share_id, epoch))
        return True

    async def close(self, share_id: int, epoch: int) -> bool:
        if self.broken:
            raise OSError("the disk is full")
        self.told.append(("closed", share_id, epoch))
        return True


class FakeUpstream:
    """A tunnel connection."""

    idle_since = 0.0
    has_no_end = False

    def __init__(self) -> None:
        self.discarded = False

    def discard(self) -> None:
        self.discarded = True


class Desk:
    """A hub and what it stands on."""

    def __init__(self, heartbeat: float, **limits: Any) -> None:
        self.now = 1000.0
        self.shares = FakeShares()
        self.switchboard = Switchboard()
        settings = SessionSettings(
            heartbeat=heartbeat,
            spares=2,
            max_tunnels=8,
            ticket_lifetime=60.0,
            domain="localhost",
            url_of=lambda name: f"http://{name}.localhost",
            version="test",
            **limits,
        )
        key = TicketKey(b"k" * 32)
        self.hub = Hub(settings, self.shares, self.switchboard, key, lambda: self.now)  # type: ignore[arg-type]  # a fake
        self._tasks: list[asyncio.Task[None]] = []

    def connect(self, actor: Actor = ALICE) -> FakeChannel:
        channel = FakeChannel()
        self._tasks.append(asyncio.ensure_future(self.hub.serve(channel, actor)))
        return channel

    async def welcomed(self, actor: Actor = ALICE) -> FakeChannel:
        channel = self.connect(actor)
        await channel.hear(wire.Welcome)
        return channel

    async def opened(
        self, name: str, actor: Actor = ALICE, number: int = 0
    ) -> tuple[FakeChannel, wire.Opened]:
        channel = await self.welcomed(actor)
        channel.say(wire.Open(number, name))
        return channel, await channel.hear(wire.Opened)

    def live(self, name: str) -> LiveShare | None:
        return self.switchboard.find(name)

    async def over(self) -> None:
        """Every session has ended by itself."""
        async with asyncio.timeout(DEADLINE):
            await asyncio.gather(*self._tasks)

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def a_desk(heartbeat: float = 30.0, **limits: Any) -> AsyncIterator[Desk]:
    made = Desk(heartbeat, **limits)
    try:
        yield made
    finally:
        await made.end()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with a_desk() as made:
        yield made


# -- a database that fails --------------------------------------------------------------------------


async def test_a_share_that_cannot_be_written_down_leaves_the_sessions_others_alone(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    channel, _ = await desk.opened("demo")
    desk.shares.broken = True
    channel.say(wire.Open(1, "other"))
    error = await channel.hear(wire.Error)
    assert (error.code, error.fatal, error.share) == ("database", False, 1)
    assert desk.live("demo") is not None
    assert "the disk is full" in caplog.text
    channel.say(wire.Ping())
    await channel.hear(wire.Pong)


async def test_a_close_that_cannot_be_written_down_still_ends_the_share_for_its_visitors(desk: Desk) -> None:
    channel, _ = await desk.opened("demo")
    desk.shares.broken = True
    channel.say(wire.Close(0))
    assert (await channel.hear(wire.Ended)).code == "closed"
    assert desk.live("demo") is None
    channel.say(wire.Ping())
    await channel.hear(wire.Pong)


# -- opening ---------------------------------------------------------------------------------------


async def test_a_session_begins_with_the_heartbeat(desk: Desk) -> None:
    assert await desk.connect().hear(wire.Welcome) == wire.Welcome(30.0, "test")
    assert len(desk.hub) == 1


async def test_a_crowd_gives_its_signs_of_life_less_often(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "MOST_PINGS", 0.02)
    heartbeats = [(await desk.connect().hear(wire.Welcome)).heartbeat for _ in range(5)]

    assert heartbeats == [30.0, 50.0, 60.0, 60.0, 60.0]


async def test_open_makes_the_share_live_and_tells_all_that_the_client_needs(desk: Desk) -> None:
    _, opened = await desk.opened("hello", number=7)

    assert (opened.share, opened.name, opened.url) == (7, "hello", "http://hello.localhost")
    assert (opened.host, opened.epoch, opened.dial) == ("hello.localhost", 1, 2)
    live = desk.live("hello")
    assert live is not None
    assert desk.hub.admit("hello", opened.ticket.encode()) is live


async def test_a_refusal_is_told_with_its_code_and_the_session_goes_on(desk: Desk) -> None:
    await desk.opened("hello")
    other = await desk.welcomed(BOB)
    other.say(wire.Open(3, "hello"))
    refusal = await other.hear(wire.Error)

    assert (refusal.code, refusal.fatal, refusal.share) == ("name-taken", True, 3)
    other.say(wire.Open(4, "mine"))
    assert (await other.hear(wire.Opened)).share == 4


async def test_a_session_may_hold_several_shares_but_not_without_end(desk: Desk) -> None:
    channel = await desk.welcomed()
    for number in range(MAX_SHARES):
        channel.say(wire.Open(number, f"n{number}"))
        assert (await channel.hear(wire.Opened)).share == number
    channel.say(wire.Open(MAX_SHARES, "one-more"))

    assert (await channel.hear(wire.Error)).code == "limit"
    assert len(desk.switchboard) == MAX_SHARES


async def test_a_number_stands_for_one_share(desk: Desk) -> None:
    channel, _ = await desk.opened("hello")
    channel.say(wire.Open(0, "other"))

    refusal = await channel.hear(wire.Error)
    assert (refusal.code, refusal.share) == ("bad-message", 0)
    assert desk.live("other") is None
    assert desk.live("hello") is not None


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "hello",
        "{}",
        '{"type":"welcome","heartbeat":1}',
        '{"type":"ping","x":' + "[" * 9000 + "]" * 9000 + "}",
    ],
    ids=lambda text: text[:20],
)
async def test_nonsense_ends_the_session_with_a_reason(
    desk: Desk, nonsense: str, caplog: pytest.LogCaptureFixture
) -> None:
    channel, _ = await desk.opened("hello")
    channel.say(nonsense)
    refusal = await channel.hear(wire.Error)
    await desk.over()

    assert (refusal.code, refusal.fatal) == ("bad-message", True)
    assert channel.closed == (1008, "bad-message")
    assert desk.live("hello") is None
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_ping_is_answered_with_pong(desk: Desk) -> None:
    channel = await desk.welcomed()
    channel.say(wire.Ping())

    await channel.hear(wire.Pong)


async def test_shares_keep_fewer_connections_ready_when_files_run_short() -> None:
    async with a_desk(files=8) as desk:  # six of them for shares
        _, first = await desk.opened("one")
        share = desk.live("one")
        assert share is not None
        spares = [FakeUpstream(), FakeUpstream()]
        for upstream in spares:
            share.pool.add(upstream, 0.0)
        later = [(await desk.opened(name))[1].dial for name in ("two", "three", "four")]

    assert (first.dial, later) == (2, [2, 1, 0])
    assert [upstream.discarded for upstream in spares] == [True, True]


async def test_who_opens_shares_without_end_is_told_when_to_go_on() -> None:
    async with a_desk(max_sessions=2, open_every=5.0) as desk:
        channel = await desk.welcomed()
        for number in range(2):
            channel.say(wire.Open(number, f"n{number}"))
            await channel.hear(wire.Opened)
        channel.say(wire.Open(2, "one-more"))
        refusal = await channel.hear(wire.Error)

        assert (refusal.code, refusal.fatal, refusal.share, refusal.retry_after) == (
            "too-many",
            False,
            2,
            5.0,
        )
        desk.now += 5
        channel.say(wire.Open(2, "one-more"))
        assert (await channel.hear(wire.Opened)).share == 2


async def test_an_account_holds_so_many_sessions_and_no_other_pays_for_it() -> None:
    async with a_desk(max_sessions=1) as desk:
        first = await desk.welcomed()
        second = desk.connect()
        refusal = await second.hear(wire.Error)
        await eventually(lambda: second.closed == (1008, "too-many"))

        assert (refusal.code, refusal.fatal, refusal.retry_after) == ("too-many", False, 30.0)
        await desk.welcomed(BOB)
        first.leave()
        await eventually(lambda: len(desk.hub) == 1)
        await desk.welcomed()


# -- tickets ---------------------------------------------------------------------------------------


async def test_a_ticket_opens_its_own_share_in_its_own_epoch_and_time(desk: Desk) -> None:
    _, hello = await desk.opened("hello")
    await desk.opened("other")

    assert desk.hub.admit("other", hello.ticket.encode()) is None
    assert desk.hub.admit("nobody", hello.ticket.encode()) is None
    for garbage in (b"", b"A" * 48, b"\xff\xfe", hello.ticket.encode() + b"A", hello.ticket.lower().encode()):
        assert desk.hub.admit("hello", garbage) is None
    desk.now += 61
    assert desk.hub.admit("hello", hello.ticket.encode()) is None


async def test_a_ticket_of_an_epoch_that_is_over_opens_nothing(desk: Desk) -> None:
    _, first = await desk.opened("hello")
    _, second = await desk.opened("hello")

    assert second.epoch == first.epoch + 1
    assert desk.hub.admit("hello", first.ticket.encode()) is None
    assert desk.hub.admit("hello", second.ticket.encode()) is not None


async def test_more_connections_are_asked_for_with_a_fresh_ticket(desk: Desk) -> None:
    channel, opened = await desk.opened("hello")
    share = desk.live("hello")
    assert share is not None
    for _ in range(2):
        share.pool.add(FakeUpstream(), 0.0)
    desk.now += 59
    share.pool.take()
    share.pool.take()
    dial = await channel.hear(wire.Dial)

    assert (dial.share, dial.count) == (0, 2)
    assert dial.ticket != opened.ticket
    desk.now += 30
    assert desk.hub.admit("hello", dial.ticket.encode()) is share


# -- going away ------------------------------------------------------------------------------------


async def test_a_client_that_leaves_leaves_its_share_offline(desk: Desk) -> None:
    channel, _ = await desk.opened("hello")
    share = desk.live("hello")
    assert share is not None
    upstream = FakeUpstream()
    share.pool.add(upstream, 0.0)
    channel.leave()
    await desk.over()

    assert desk.live("hello") is None
    assert upstream.discarded
    assert share.ended == ("offline", "")
    assert desk.shares.told == [("disconnected", 1, 1)]


async def test_a_halt_of_the_relay_is_not_the_silence_of_a_client() -> None:
    async with a_desk(heartbeat=0.2) as desk:
        channel = desk.connect()
        await channel.hear(wire.Welcome)
        loop = asyncio.get_running_loop()
        loop.call_later(0.1, time.sleep, 0.8)  # the process stands still, beyond two heartbeats
        loop.call_later(0.5, setattr, channel, "heard", loop.time() + 0.9)  # then the loop reads

        await asyncio.sleep(1.0)

        assert channel.closed is None


async def test_silence_of_two_heartbeats_is_a_client_that_left() -> None:
    async with a_desk(heartbeat=0.4) as desk:
        channel, _ = await desk.opened("hello")
        began = asyncio.get_running_loop().time()
        await desk.over()

        assert 0.7 <= asyncio.get_running_loop().time() - began < 4
        assert channel.closed == (1000, "")
        assert desk.live("hello") is None


async def test_pings_keep_a_session() -> None:
    async with a_desk(heartbeat=0.4) as desk:
        channel, _ = await desk.opened("hello")
        for _ in range(5):
            await asyncio.sleep(0.2)
            channel.say(wire.Ping())
            await channel.hear(wire.Pong)

        assert desk.live("hello") is not None


async def test_a_client_that_reads_nothing_does_not_keep_its_visitors_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "GOODBYE_DEADLINE", 0.5)
    async with a_desk(heartbeat=0.4) as desk:
        channel, _ = await desk.opened("hello")
        channel.reading.clear()

        await eventually(lambda: desk.live("hello") is None, 3)
        await eventually(lambda: desk.shares.told == [("disconnected", 1, 1)], 0.4)
        await desk.over()


async def test_a_record_that_fails_keeps_no_other_share_live(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    channel, _ = await desk.opened("one")
    channel.say(wire.Open(1, "two"))
    await channel.hear(wire.Opened)
    desk.shares.failing.add(1)
    channel.leave()
    await desk.over()

    assert (desk.live("one"), desk.live("two")) == (None, None)
    assert desk.shares.told == [("disconnected", 2, 1)]
    assert "could not record that one is offline" in caplog.text


async def test_a_client_that_floods_and_reads_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SEND_DEADLINE", 0.3)
    monkeypatch.setattr(sessions, "GOODBYE_DEADLINE", 0.1)
    async with a_desk() as desk:
        channel = await desk.welcomed()
        channel.reading.clear()
        for _ in range(2 * OUTBOX):
            channel.say(wire.Ping())

        await desk.over()
        assert len(desk.hub) == 0


async def test_a_share_that_is_being_opened_when_its_session_ends_does_not_stay_live(desk: Desk) -> None:
    channel = await desk.welcomed()
    desk.shares.gate.clear()
    channel.say(wire.Open(0, "hello"))
    await desk.shares.entered.wait()
    desk.hub.end_token(11)
    await asyncio.sleep(0.05)
    desk.shares.gate.set()
    await desk.over()

    assert desk.live("hello") is None
    assert desk.shares.told == [("disconnected", 1, 1)]


# -- the end ---------------------------------------------------------------------------------------


async def test_close_ends_the_share_for_good_and_tells_so(desk: Desk) -> None:
    channel, _ = await desk.opened("hello")
    channel.say(wire.Close(0))

    assert await channel.hear(wire.Ended) == wire.Ended(0, "closed")
    assert desk.live("hello") is None
    channel.say(wire.Close(0))
    channel.leave()
    await desk.over()
    assert desk.shares.told == [("closed", 1, 1)]


async def test_the_client_is_told_once_how_its_share_ended(desk: Desk) -> None:
    channel, _ = await desk.opened("hello")
    share = desk.live("hello")
    assert share is not None
    desk.hub.end(share, "revoked", "spam")
    desk.hub.end(share, "expired", "")

    assert await channel.hear(wire.Ended) == wire.Ended(0, "revoked", "spam")
    channel.say(wire.Ping())
    await channel.hear(wire.Pong)
    channel.leave()
    await desk.over()
    assert desk.shares.told == []


async def test_opened_again_elsewhere_the_first_session_loses_the_share_and_cannot_harm_it(
    desk: Desk,
) -> None:
    first, _ = await desk.opened("hello")
    second, _ = await desk.opened("hello")
    now_live = desk.live("hello")

    assert (await first.hear(wire.Ended)).code == "taken-over"
    first.say(wire.Close(0))
    first.leave()
    await asyncio.sleep(0.05)
    assert desk.live("hello") is now_live
    assert desk.shares.told == []
    second.say(wire.Ping())
    await second.hear(wire.Pong)


async def test_the_same_share_twice_in_one_session_is_the_newer_one(desk: Desk) -> None:
    channel, _ = await desk.opened("hello", number=1)
    channel.say(wire.Open(2, "hello"))

    assert (await channel.hear(wire.Ended)).share == 1
    assert (await channel.hear(wire.Opened)).share == 2


async def test_a_revoked_token_ends_its_sessions_and_no_others(desk: Desk) -> None:
    alice, _ = await desk.opened("hello")
    bob, _ = await desk.opened("other", BOB)
    share = desk.live("hello")
    assert share is not None
    desk.hub.end_token(11)

    assert desk.live("hello") is None
    assert share.ended == ("offline", "")
    assert (await alice.hear(wire.Error)).code == "bad-token"
    bob.say(wire.Ping())
    await bob.hear(wire.Pong)
    await asyncio.sleep(0.02)
    assert alice.closed == (1008, "bad-token")
    assert desk.shares.told == [("disconnected", 1, 1)]


async def test_a_token_revoked_while_its_session_was_on_its_way_opens_nothing(desk: Desk) -> None:
    desk.hub.end_token(11)
    channel = desk.connect()
    channel.say(wire.Open(0, "hello"))
    await desk.over()

    told = [channel.from_relay.get_nowait() for _ in range(channel.from_relay.qsize())]
    assert [message.code for message in told if isinstance(message, wire.Error)] == ["bad-token"]
    assert not [message for message in told if isinstance(message, wire.Opened)]
    assert desk.live("hello") is None
    assert desk.shares.owners == {}


async def test_a_token_that_expires_during_a_session_ends_it(desk: Desk) -> None:
    brief = Actor(3, "carol", token_id=33, token_expires_at=desk.now + 10)
    channel, _ = await desk.opened("brief", brief)
    await desk.opened("hello")
    desk.now += 9
    desk.hub.end_expired()
    assert desk.live("brief") is not None
    desk.now += 2
    desk.hub.end_expired()

    assert desk.live("brief") is None
    assert desk.live("hello") is not None
    assert (await channel.hear(wire.Error)).code == "bad-token"


async def test_when_the_process_stops_clients_are_sent_away_to_come_back(desk: Desk) -> None:
    channels = [(await desk.opened(name))[0] for name in ("one", "two")]
    async with asyncio.timeout(DEADLINE):
        await desk.hub.stop()

    assert [channel.closed for channel in channels] == [(1012, ""), (1012, "")]
    assert desk.shares.told == []
    assert len(desk.switchboard) == 0


async def test_a_client_that_reads_nothing_does_not_keep_the_process_from_stopping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "GOODBYE_DEADLINE", 0.2)
    async with a_desk() as desk:
        channel, _ = await desk.opened("hello")
        channel.reading.clear()
        began = asyncio.get_running_loop().time()
        await desk.hub.stop()

        assert asyncio.get_running_loop().time() - began < 1


async def test_a_session_that_is_ending_by_itself_does_not_keep_the_process_from_stopping(desk: Desk) -> None:
    """It waits for a share that is being opened, which may never be told now: as found in a relay."""
    channel = await desk.welcomed()
    desk.shares.gate.clear()
    channel.say(wire.Open(0, "hello"))
    await desk.shares.entered.wait()
    desk.hub.end_token(11)
    await asyncio.sleep(0.01)
    async with asyncio.timeout(DEADLINE):
        await desk.hub.stop()
    assert len(desk.hub) == 0
    desk.shares.gate.set()


async def test_an_error_of_ours_is_logged_and_ends_that_session_alone(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.opened("other", BOB)
    channel = await desk.welcomed()

    async def broken(*_words: Any, **_options: Any) -> Grant:
        raise ZeroDivisionError

    monkeypatch.setattr(desk.shares, "open", broken)
    channel.say(wire.Open(0, "hello"))
    async with asyncio.timeout(DEADLINE):
        while channel.closed is None:  # noqa: ASYNC110  # a fake has no event for it
            await asyncio.sleep(0.01)

    assert "a session of alice failed" in caplog.text
    assert desk.live("other") is not None
