"""A dead name costs the database little, however many visitors ask for it."""

from __future__ import annotations

import asyncio

from doorstep_relay.edge.lookups import AT_ONCE, FRESH, KEPT, Lookups


class Database:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.open = asyncio.Event()
        self.now = 0.0
        self.lookups = Lookups(self._facts, lambda: self.now)
        self.told: list[tuple[str, str]] = []

    async def _facts(self, name: str) -> tuple[str, str]:
        self.asked.append(name)
        await self.open.wait()
        if name == "broken":
            raise OSError("the disk is gone")
        return "revoked", f"{name} was bad"

    def ask(self, name: str) -> None:
        self.lookups.look_up(name, lambda code, reason: self.told.append((code, reason)))

    async def settle(self) -> None:
        self.open.set()
        for _ in range(5):
            await asyncio.sleep(0)


async def test_visitors_who_ask_at_once_share_one_question() -> None:
    database = Database()
    for _ in range(100):
        database.ask("gone")
    await database.settle()
    assert database.asked == ["gone"]
    assert database.told == [("revoked", "gone was bad")] * 100


async def test_an_answer_is_good_for_a_moment() -> None:
    database = Database()
    database.ask("gone")
    await database.settle()
    database.ask("gone")
    assert len(database.told) == 2, "at once"
    database.now = FRESH
    database.ask("gone")
    await database.settle()
    assert database.asked == ["gone", "gone"]


async def test_names_never_answer_for_each_other() -> None:
    database = Database()
    database.ask("one")
    database.ask("two")
    await database.settle()
    assert database.told == [("revoked", "one was bad"), ("revoked", "two was bad")]


async def test_a_flood_of_guesses_asks_a_bounded_number_of_questions() -> None:
    database = Database()
    for number in range(10 * AT_ONCE):
        database.ask(f"guess-{number}")
    assert database.told == [("busy", "")] * (9 * AT_ONCE)
    await database.settle()
    assert len(database.asked) == AT_ONCE


async def test_a_broken_database_gives_everybody_an_answer_and_is_asked_again() -> None:
    database = Database()
    database.ask("broken")
    await database.settle()
    database.ask("broken")
    await database.settle()
    assert database.told == [("busy", "")] * 2
    assert len(database.asked) == 2


async def test_the_memory_of_answers_is_bounded() -> None:
    database = Database()
    database.open.set()
    for number in range(KEPT + 50):
        database.ask(f"name-{number}")
        await database.settle()
    assert len(database.lookups._known) == KEPT
