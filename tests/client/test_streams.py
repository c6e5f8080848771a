"""Streams in a session: two ends that speak to each other by what they send, and ends that do wrong."""

from __future__ import annotations

import asyncio
import os
import struct
from collections import deque
from collections.abc import Callable

import pytest

from doorstep_client.errors import WireError
from doorstep_client.tunnels.carried import CHUNK, WINDOW, CarriedTransport
from doorstep_client.tunnels.streams import MOST_RESETS, Kind, Streams
from tests.support import eventually

SHARE = 7
MEGABYTE = 1024 * 1024


class Talker(asyncio.Protocol):
    """Keeps what it hears; `stays` when the peer has ended."""

    def __init__(self, *, stays: bool = False, deaf: bool = False) -> None:
        self.transport: CarriedTransport
        self.heard = bytearray()
        self.stays = stays
        self.deaf = deaf
        self.full = self.ended = False
        self.lost: list[Exception | None] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, CarriedTransport)
        self.transport = transport
        if self.deaf:
            transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        assert not self.ended
        assert not self.lost
        self.heard += data

    def eof_received(self) -> bool:
        self.ended = True
        return self.stays

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.append(exc)

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False


class Pair:
    """A client's end and a relay's; what one sends waits in a pipe until the test lets it through."""

    def __init__(
        self, *, most: int = 8, accept: Callable[[int], asyncio.Protocol | None] | None = None
    ) -> None:
        self.up: deque[bytes] = deque()
        self.down: deque[bytes] = deque()
        self.served: list[Talker] = []
        self.accepted = accept or self._serve
        self.client = Streams(self.up.append, most=most)
        self.relay = Streams(self.down.append, most=most, accept=self._accept)

    def _accept(self, share: int) -> asyncio.Protocol | None:
        return self.accepted(share)

    def _serve(self, share: int) -> Talker | None:
        if share != SHARE:
            return None
        self.served.append(Talker())
        return self.served[-1]

    def open(self, **how: bool) -> tuple[Talker, Talker]:
        """A stream: the client's protocol and the relay's."""
        here = Talker(**how)
        self.client.open(SHARE, here)
        self.settle()
        return here, self.served[-1]

    def settle(self) -> None:
        """Let everything through, both ways."""
        while self.up or self.down:
            if self.up:
                self.relay.received(self.up.popleft())
            if self.down:
                self.client.received(self.down.popleft())


def message(kind: int, number: int, rest: bytes = b"") -> bytes:
    return struct.pack("!BI", kind, number) + rest


def number(value: int) -> bytes:
    return struct.pack("!I", value)


async def turn() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


# -- what a connection does ------------------------------------------------------------------------


async def test_bytes_go_both_ways_and_each_stream_has_its_own() -> None:
    pair = Pair()
    (one, other_one), (two, other_two) = pair.open(), pair.open()
    one.transport.write(b"from one")
    other_two.transport.writelines([b"to ", b"two"])
    pair.settle()

    assert (other_one.heard, other_two.heard, one.heard, two.heard) == (b"from one", b"", b"", b"to two")


async def test_megabytes_arrive_whole_through_a_session_that_is_often_full() -> None:
    pair = Pair()
    here, there = pair.open()
    sent = os.urandom(3 * MEGABYTE)
    for at in range(0, len(sent), 100_000):
        pair.client.pause()
        here.transport.write(sent[at : at + 100_000])
        pair.client.resume()
        pair.settle()
    here.transport.write_eof()
    pair.settle()

    assert there.heard == sent
    assert there.ended


async def test_a_slow_reader_stops_its_own_writer_and_nobody_else() -> None:
    pair = Pair()
    (slow, writer), (other, quick) = pair.open(deaf=True), pair.open()
    writer.transport.write(bytes(MEGABYTE))
    pair.settle()
    assert writer.full
    assert writer.transport.get_write_buffer_size() == MEGABYTE - WINDOW
    quick.transport.write(bytes(MEGABYTE))
    pair.settle()
    assert len(other.heard) == MEGABYTE
    assert not quick.full

    slow.transport.resume_reading()
    await turn()
    pair.settle()
    assert len(slow.heard) == MEGABYTE
    assert not writer.full


async def test_streams_have_their_turns_piece_by_piece() -> None:
    pair = Pair()
    (_, big), (_, small) = pair.open(), pair.open()
    pair.relay.pause()
    big.transport.write(bytes(10 * CHUNK))
    small.transport.write(b"small")
    pair.relay.resume()

    numbers = [struct.unpack_from("!BI", sent)[1] for sent in pair.down]
    assert numbers[:3] == [1, 2, 1]
    assert max(map(len, pair.down)) == 5 + CHUNK


async def test_an_end_leaves_the_other_direction_open() -> None:
    pair = Pair()
    here, there = pair.open(stays=True)
    there.transport.write(b"all I have to say")
    there.transport.write_eof()
    pair.settle()
    assert (here.heard, here.ended, here.lost) == (b"all I have to say", True, [])

    here.transport.write(b"and the answer")
    here.transport.close()
    pair.settle()
    await turn()
    assert there.heard == b"and the answer"
    assert (here.lost, there.lost) == ([None], [None])
    assert (len(pair.client), len(pair.relay)) == (0, 0)


async def test_close_sends_what_was_written_and_both_sides_end_in_order() -> None:
    pair = Pair()
    here, there = pair.open()
    there.transport.write(bytes(MEGABYTE))
    there.transport.close()
    pair.settle()
    await turn()

    assert len(here.heard) == MEGABYTE
    assert (here.lost, there.lost) == ([None], [None])


async def test_abort_drops_what_waits_and_the_peer_sees_no_clean_end() -> None:
    pair = Pair()
    here, there = pair.open()
    there.transport.write(b"half of")
    pair.settle()
    there.transport.abort()
    pair.settle()
    await turn()

    assert here.heard == b"half of"
    assert isinstance(here.lost[0], ConnectionResetError)
    assert there.lost == [None]
    assert not here.ended


async def test_a_slow_reader_gets_the_whole_answer_of_an_app_that_closed_on_an_unread_upload() -> None:
    pair = Pair()
    here, there = pair.open()
    there.transport.pause_reading()
    here.transport.write(b"413 and a page about it")
    here.transport.close()
    pair.settle()
    there.transport.write(b"more of the upload")
    pair.settle()
    assert there.lost == []
    there.transport.resume_reading()
    await turn()
    pair.settle()

    assert there.heard == b"413 and a page about it"
    assert there.ended
    assert (len(pair.client), len(pair.relay)) == (0, 0)


async def test_a_writer_that_nobody_reads_any_more_finds_out() -> None:
    pair = Pair()
    here, there = pair.open(deaf=True)
    there.stays = True
    there.transport.write(bytes(2 * WINDOW))
    pair.settle()
    here.transport.close()
    pair.settle()
    await turn()

    assert isinstance(there.lost[0], ConnectionResetError)
    assert (len(pair.client), len(pair.relay)) == (0, 0)


async def test_the_end_of_the_session_is_a_reset_for_every_stream() -> None:
    pair = Pair()
    ends = [end for _ in range(3) for end in pair.open()]
    pair.client.lost()
    pair.relay.lost()
    await turn()

    assert all(isinstance(end.lost[0], ConnectionResetError) for end in ends)
    assert all(len(end.lost) == 1 for end in ends)


async def test_a_protocol_that_fails_ends_its_own_stream_alone(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Talker):
        def data_received(self, data: bytes) -> None:
            raise ValueError("a bug")

    pair = Pair(accept=lambda _: Broken())
    broken = Talker()
    pair.client.open(SHARE, broken)
    pair.settle()
    pair.accepted = pair._serve
    fine, there = pair.open()
    broken.transport.write(b"x")
    fine.transport.write(b"y")
    pair.settle()
    await turn()

    assert isinstance(broken.lost[0], ConnectionResetError)
    assert there.heard == b"y"
    assert "a bug" in caplog.text


# -- bounds ----------------------------------------------------------------------------------------


async def test_a_share_that_is_not_there_is_answered_by_a_reset() -> None:
    pair = Pair()
    here = Talker()
    pair.client.open(SHARE + 1, here)
    pair.settle()
    await turn()

    assert isinstance(here.lost[0], ConnectionResetError)
    assert len(pair.relay) == 0


async def test_streams_beyond_the_most_are_reset_and_the_others_go_on() -> None:
    pair = Pair(most=2)
    ends = [Talker() for _ in range(3)]
    for end in ends:
        pair.client.open(SHARE, end)
    pair.settle()
    await turn()

    assert [bool(end.lost) for end in ends] == [False, False, True]
    assert pair.client.room == 0


async def test_a_peer_that_never_says_its_end_keeps_no_places() -> None:
    pair = Pair(most=2)
    for _ in range(5):
        here = Talker(stays=True)
        pair.client.open(SHARE, here)
        pair.settle()
        pair.served[-1].transport.close()
        pair.settle()
        await turn()

    assert len(pair.served) == 5
    assert len(pair.relay) <= 2


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"\x02\x00\x00",
        message(Kind.DATA, 2, b"to nobody"),
        message(Kind.RESET, 0),
        message(Kind.GRANT, 9, number(1)),
        message(Kind.OPEN, 1, number(SHARE)),
        message(Kind.OPEN, 2, b"no number"),
        message(9, 1),
        message(Kind.GRANT, 1, number(1)),
        message(Kind.GRANT, 1, b"?"),
        message(Kind.DATA, 1, bytes(WINDOW + 1)),
    ],
)
async def test_rows_8_and_12_what_is_no_message_of_ours_ends_the_session(hostile: bytes) -> None:
    pair = Pair()
    pair.open()
    with pytest.raises(WireError):
        pair.relay.received(hostile)


async def test_row_12_no_bytes_come_after_an_end() -> None:
    pair = Pair()
    pair.open()
    pair.served[0].stays = True
    pair.relay.received(message(Kind.END, 1))
    with pytest.raises(WireError, match="more than it may"):
        pair.relay.received(message(Kind.DATA, 1, b"smuggled"))


async def test_row_9_what_comes_late_for_a_stream_that_is_over_reaches_nobody() -> None:
    pair = Pair()
    here, there = pair.open()
    there.transport.abort()
    for kind in (Kind.DATA, Kind.END, Kind.RESET, Kind.GRANT):
        pair.relay.received(message(kind, 1, number(5)))

    assert there.heard == b""
    assert here.lost == []


async def test_a_relay_opens_no_streams() -> None:
    pair = Pair()
    with pytest.raises(WireError, match="relay opens"):
        pair.client.received(message(Kind.OPEN, 1, number(SHARE)))


async def test_row_21_a_reader_that_takes_nothing_holds_a_window_at_the_most() -> None:
    pair = Pair()
    pair.open()
    there = pair.served[0]
    there.transport.pause_reading()
    for _ in range(WINDOW):
        pair.relay.received(message(Kind.DATA, 1, b"1"))
    with pytest.raises(WireError, match="more than it may"):
        pair.relay.received(message(Kind.DATA, 1, b"1"))

    assert len(there.transport._inbox) == WINDOW


async def test_row_21_opens_without_end_to_a_relay_that_is_not_read_from_end_the_session() -> None:
    pair = Pair(most=4)
    pair.relay.pause()
    for at in range(1, MOST_RESETS + 5):
        pair.relay.received(message(Kind.OPEN, at, number(SHARE)))
    with pytest.raises(WireError, match="without end"):
        pair.relay.received(message(Kind.OPEN, MOST_RESETS + 5, number(SHARE)))

    assert len(pair.relay) == 4
    assert len(pair.down) == 0


async def test_a_session_that_is_full_is_asked_for_nothing_more() -> None:
    pair = Pair()
    _, there = pair.open()
    pair.relay.pause()
    there.transport.write(bytes(MEGABYTE))
    assert not pair.down
    pair.relay.resume()
    await eventually(lambda: len(pair.down) == WINDOW // CHUNK)
