"""Many come or go together: they share a transaction, and nobody pays for another's mistake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.orm import Session

from doorstep_relay.control import batching
from doorstep_relay.control.actors import ANONYMOUS
from doorstep_relay.control.batching import MOST, Batch
from doorstep_relay.control.opening import Grant
from doorstep_relay.errors import BadToken, ShareEnded
from tests.relay.store.services import Services, open_services


@pytest_asyncio.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    async with open_services(tmp_path / "data") as made:
        yield made


class Work:
    """Doubles numbers; a negative one breaks its whole transaction."""

    def __init__(self) -> None:
        self.transactions: list[int] = []

    def __call__(self, _session: Session, numbers: Sequence[int]) -> list[int]:
        self.transactions.append(len(numbers))
        if min(numbers) < 0:
            raise ValueError(numbers)
        return [2 * number for number in numbers]


async def test_who_comes_alone_does_not_wait_for_company(services: Services) -> None:
    work = Work()
    batch = Batch(services.database, work)

    assert [await batch.ask(1), await batch.ask(2)] == [2, 4]
    assert work.transactions == [1, 1]


async def test_who_comes_together_shares_transactions_of_a_bounded_size(services: Services) -> None:
    work = Work()
    batch = Batch(services.database, work)
    answers = await asyncio.gather(*(batch.ask(number) for number in range(2 * MOST + 1)))

    assert answers == [2 * number for number in range(2 * MOST + 1)]
    assert work.transactions == [MOST, MOST, 1]


async def test_who_comes_soon_after_a_transaction_waits_a_moment_for_company(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "SOON", 60.0)  # however late a busy machine lets this go on
    work = Work()
    batch = Batch(services.database, work)
    await batch.ask(1)
    first = asyncio.create_task(batch.ask(2))
    await asyncio.sleep(0)  # it is under way before the second comes
    second = asyncio.create_task(batch.ask(3))

    assert [await first, await second] == [4, 6]
    assert work.transactions == [1, 2]


async def test_one_that_fails_takes_no_other_along(services: Services) -> None:
    batch = Batch(services.database, Work())
    answers = await asyncio.gather(*(batch.ask(number) for number in (1, -1, 2)), return_exceptions=True)

    assert (answers[0], answers[2]) == (2, 4)
    assert isinstance(answers[1], ValueError)


async def test_who_gives_up_leaves_the_others_their_answers(services: Services) -> None:
    batch = Batch(services.database, Work())
    asked = [asyncio.create_task(batch.ask(number)) for number in range(3)]
    await asyncio.sleep(0)
    asked[1].cancel()
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert (answers[0], answers[2]) == (0, 4)


async def test_clients_who_come_back_together_get_each_what_it_would_get_alone(services: Services) -> None:
    shares = services.shares
    granted = [await shares.open(ANONYMOUS, name=f"share-{number}") for number in range(5)]
    await shares.close(granted[1].share_id, 1)
    await shares.disconnected(granted[2].share_id, 1)

    outcomes = await asyncio.gather(
        *(shares.open(ANONYMOUS, name=each.name, lease=each.lease) for each in granted[:4]),
        shares.open(ANONYMOUS, name=granted[4].name, lease=granted[4].lease),
        shares.open(ANONYMOUS, name=granted[4].name, lease=granted[4].lease),
        shares.open(ANONYMOUS, name="new"),
        return_exceptions=True,
    )

    told = [(each.name, each.epoch, each.took_over) if isinstance(each, Grant) else each for each in outcomes]
    assert told[0] == ("share-0", 2, True)
    assert isinstance(told[1], ShareEnded)
    assert told[2:] == [
        ("share-2", 2, False),
        ("share-3", 2, True),
        ("share-4", 2, True),
        ("share-4", 3, True),
        ("new", 1, False),
    ]
    trail = [change.action for change in await shares.changes_since(0)]
    assert trail.count("share.resume") == 5


async def test_clients_who_leave_together_are_offline_unless_their_epoch_is_over(services: Services) -> None:
    shares = services.shares
    granted = [await shares.open(ANONYMOUS) for _ in range(3)]
    await shares.open(ANONYMOUS, lease=granted[0].lease)
    counted = await asyncio.gather(*(shares.disconnected(each.share_id, each.epoch) for each in granted))

    assert counted == [False, True, True]
    states = [found.state for each in granted if (found := await shares.find(each.name))]
    assert states == ["live", "offline", "offline"]


async def test_a_session_recognises_a_token_for_a_moment_without_the_database(services: Services) -> None:
    made = await services.tokens.create("ann")
    assert await services.tokens.recognise(made.raw) == made.actor
    await services.tokens.revoke("ann")

    assert await services.tokens.recognise(made.raw) == made.actor
    services.clock.advance(5.1)
    with pytest.raises(BadToken):
        await services.tokens.recognise(made.raw)
