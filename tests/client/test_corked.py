"""What is written in one turn of the loop leaves in one piece, in order, and nothing is lost at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from doorstep_client.tunnels.corked import SHARE, SMALL, CorkedTransport


class Writer(asyncio.Protocol):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pause_writing(self) -> None:
        self.told.append("wait")

    def resume_writing(self) -> None:
        self.told.append("go on")


class Wire(asyncio.Transport):
    """Remembers each write, and what came after it."""

    def __init__(self) -> None:
        super().__init__()
        self.writer = Writer()
        self.waiting = 5
        self.pieces: list[bytes] = []
        self.ended: str | None = None

    def write(self, data: Any) -> None:
        assert self.ended is None
        self.pieces.append(bytes(data))

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        self.write(b"".join(list_of_data))

    def is_closing(self) -> bool:
        return self.ended not in (None, "half")

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...

    def close(self) -> None:
        assert self.ended != "closed", "twice"
        self.ended = "closed"

    def abort(self) -> None:
        self.ended = "aborted"

    def write_eof(self) -> None:
        self.ended = "half"

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return 16, 64

    def get_protocol(self) -> Writer:
        return self.writer


def corked() -> tuple[Wire, CorkedTransport]:
    wire = Wire()
    return wire, CorkedTransport(wire, asyncio.get_running_loop())


async def test_a_head_and_its_body_are_one_write() -> None:
    wire, transport = corked()
    transport.write(b"head")
    transport.write(b"body")
    assert wire.pieces == [b"headbody"]


async def test_a_single_write_waits_for_the_end_of_the_turn_only() -> None:
    wire, transport = corked()
    transport.write(b"event")
    assert wire.pieces == []
    assert transport.get_write_buffer_size() == 10
    await asyncio.sleep(0)
    assert wire.pieces == [b"event"]
    assert transport.get_write_buffer_size() == 5


async def test_big_writes_are_not_copied_together() -> None:
    wire, transport = corked()
    transport.write(b"x" * SMALL)
    assert len(wire.pieces) == 1


async def test_what_is_held_is_a_copy() -> None:
    wire, transport = corked()
    buffer = bytearray(b"first")
    transport.write(buffer)
    buffer[:] = b"other"
    await asyncio.sleep(0)
    assert wire.pieces == [b"first"]


async def test_what_is_written_to_a_closed_connection_goes_nowhere_and_raises_nothing() -> None:
    wire, transport = corked()
    transport.write(b"held")
    wire.ended = "lost"
    transport.write(b"more")
    await asyncio.sleep(0)
    assert wire.pieces == []


async def test_closing_sends_what_is_held_and_aborting_drops_it() -> None:
    for end, left in (("close", [b"last"]), ("write_eof", [b"last"]), ("abort", [])):
        wire, transport = corked()
        transport.write(b"last")
        getattr(transport, end)()
        await asyncio.sleep(0)
        assert wire.pieces == left
        assert wire.ended is not None


async def test_what_is_closed_again_is_not() -> None:
    """Regression: asyncio's TLS of Python 3.11.2 could not be aborted after that."""
    wire, transport = corked()
    transport.close()
    transport.close()
    transport.abort()
    assert wire.ended == "aborted"


@given(st.lists(st.tuples(st.binary(max_size=40), st.booleans()), max_size=20))
def test_the_bytes_and_their_order_are_those_written(writes: list[tuple[bytes, bool]]) -> None:
    async def run() -> bytes:
        wire, transport = corked()
        for data, pause in writes:
            transport.write(data)
            if pause:
                await asyncio.sleep(0)
        transport.close()
        return b"".join(wire.pieces)

    assert asyncio.run(run()) == b"".join(data for data, _ in writes)


async def test_who_writes_much_waits_for_a_turn_of_the_loop_so_that_others_have_theirs() -> None:
    wire, transport = corked()
    transport.write(bytes(SHARE - 1))
    assert wire.writer.told == []
    transport.write(bytes(SMALL))
    assert wire.writer.told == ["wait"]
    await asyncio.sleep(0)
    assert wire.writer.told == ["wait", "go on"]


async def test_a_transport_that_is_full_says_itself_when_it_takes_more() -> None:
    wire, transport = corked()
    transport.write(bytes(SHARE))
    wire.waiting = 65
    await asyncio.sleep(0)
    assert wire.writer.told == ["wait"]


async def test_after_the_end_nobody_is_told_to_go_on() -> None:
    wire, transport = corked()
    transport.write(bytes(SHARE))
    transport.abort()
    await asyncio.sleep(0)
    assert wire.writer.told == ["wait"]
