"""Who sends much in small pieces is parsed in turns, and the loop is everybody's in between."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from doorstep_relay.control import turns
from doorstep_relay.control.turns import LARGEST, MANY, SMALLEST, USUAL, Intake, Slice, Turns
from tests.support import eventually

FRAME = 8
"""Bytes of one, here."""


class Parser:
    """Notes the sizes of what it parses; `small` are frames of `FRAME` bytes, else each slice is one."""

    def __init__(self, *, small: bool) -> None:
        self.small = small
        self.sizes: list[int] = []
        self.seen = b""

    def __call__(self, data: bytes) -> int:
        self.sizes.append(len(data))
        self.seen += data
        return len(data) // FRAME if self.small else 1


def test_slices_grow_with_large_frames_and_are_smallest_for_small_ones() -> None:
    made = Slice()
    assert made.size == USUAL
    for _ in range(10):
        made.had(1)
    assert (made.size, made.is_dense) == (LARGEST, False)
    made.had(MANY + 1)
    assert (made.size, made.is_dense) == (SMALLEST, True)
    made.had(MANY)
    assert (made.size, made.is_dense) == (2 * SMALLEST, False)


async def test_what_is_little_is_parsed_at_once() -> None:
    parser = Parser(small=False)
    Intake(Turns(), parser).feed(b"x" * USUAL)
    assert parser.sizes == [USUAL]


async def test_what_is_much_is_parsed_in_slices_with_a_turn_of_the_loop_between_two() -> None:
    parser = Parser(small=False)
    intake = Intake(Turns(), parser)
    intake.feed(b"x" * 100_000)
    seen = []
    while intake.waits:
        seen.append(len(parser.sizes))
        await asyncio.sleep(0)
    assert max(parser.sizes) == LARGEST
    assert all(later - earlier <= 1 for earlier, later in pairwise(seen))
    assert parser.seen == b"x" * 100_000


async def test_what_comes_while_something_waits_comes_after_it() -> None:
    parser = Parser(small=True)
    intake = Intake(Turns(), parser)
    said = bytes(range(256)) * 40
    for start in range(0, len(said), 1000):
        intake.feed(said[start : start + 1000])
    intake.feed(said)
    await eventually(lambda: not intake.waits)
    assert parser.seen == said + said


async def test_nothing_is_parsed_for_one_who_is_stopped_or_gone() -> None:
    parser = Parser(small=False)
    intake = Intake(Turns(), parser)
    intake.stop(stopped=True)
    intake.feed(b"x" * 10_000)
    for _ in range(5):
        await asyncio.sleep(0)
    assert parser.sizes == []
    intake.stop(stopped=False)
    await eventually(lambda: len(parser.seen) == 10_000)
    intake.feed(b"x" * 100_000)
    intake.clear()
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(parser.seen) == 10_000


async def test_row_21_all_who_flood_take_one_turn_together_and_then_a_rest() -> None:
    """However many they are, so many small frames are parsed in one turn of the loop, and no more."""
    line = Turns()
    parsers = [Parser(small=True) for _ in range(20)]
    intakes = [Intake(line, parser) for parser in parsers]
    for intake in intakes:
        intake.feed(b"x" * USUAL)  # from now on they are known
        intake.feed(b"x" * 64 * 1024)
    before = sum(len(parser.seen) for parser in parsers)
    seen = before
    for _ in range(200):
        await asyncio.sleep(0)
        now = sum(len(parser.seen) for parser in parsers)
        assert now - seen <= SMALLEST
        seen = now
    await eventually(lambda: all(len(parser.seen) > USUAL for parser in parsers))


async def test_row_21_after_a_turn_with_many_frames_the_others_have_the_time() -> None:
    loop = asyncio.get_running_loop()
    line = Turns()
    began: list[float] = []
    took = 0.02

    def slow() -> None:
        began.append(loop.time())
        until = loop.time() + took
        while loop.time() < until:
            pass

    for _ in range(3):
        line.wait(slow, is_dense=True)
    await eventually(lambda: len(began) == 3)
    for first, second in pairwise(began):
        assert second - first >= took * turns.REST


async def test_one_whose_turn_fails_does_not_hold_up_the_next() -> None:
    loop = asyncio.get_running_loop()
    failed: list[object] = []
    loop.set_exception_handler(lambda _loop, context: failed.append(context["exception"]))
    line, went = Turns(), []
    line.wait(lambda: went[0], is_dense=True)
    line.wait(lambda: went.append("on"), is_dense=True)
    await eventually(lambda: went)
    assert isinstance(failed[0], IndexError)
