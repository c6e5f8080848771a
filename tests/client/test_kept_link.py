"""What a holder asks for when an earlier run of its script has left it a lease."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from doorstep_client import wire
from doorstep_client.errors import RefusedError
from doorstep_client.holding import lease_files
from doorstep_client.holding.holder import Holder
from doorstep_client.holding.lease_files import LeaseFile, find_lease
from doorstep_client.settings import parse_relay
from doorstep_client.targets import AppTarget
from tests.client.fakes import FakeRelay, FakeSession, hello_app, opened, stay
from tests.support import eventually


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LeaseFile]:
    """A file with what a run has left."""
    monkeypatch.setattr(sys, "argv", ["app.py"])
    monkeypatch.setattr(lease_files, "_used", {})
    before = _found(tmp_path)
    before.keep("old-lease", "old-name")
    before.release()
    lease_files._used.clear()
    lease = _found(tmp_path)
    yield lease
    lease.release()


def _found(place: Path) -> LeaseFile:
    lease = find_lease(parse_relay("relay.test"), "app", {"XDG_STATE_HOME": str(place)})
    assert lease is not None
    return lease


@asynccontextmanager
async def holding(relay: FakeRelay, kept: LeaseFile, **options: Any) -> AsyncIterator[None]:
    wanted: dict[str, Any] = {"name": None, "expires_in": None, "changed": lambda _event: None} | options
    target = AppTarget(hello_app, lifespan=False)
    task = asyncio.ensure_future(Holder(relay.settings(), target, kept=kept, **wanted).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def first_wish(kept: LeaseFile, **options: Any) -> wire.Open:
    wish: asyncio.Future[wire.Open] = asyncio.get_running_loop().create_future()

    async def script(session: FakeSession) -> None:
        await session.welcome()
        wish.set_result(await session.open(name="old-name", lease="new-lease"))
        await session.over()

    async with FakeRelay(script) as relay, holding(relay, kept, **options), asyncio.timeout(20):
        return await wish


async def test_the_link_is_asked_for_by_its_lease_with_the_policy_of_this_run(kept: LeaseFile) -> None:
    wish = await first_wish(kept, policy={"index": True})

    assert (wish.name, wish.lease, wish.policy) == ("old-name", "old-lease", {"index": True})


async def test_who_wants_a_time_to_live_gets_it_anew(kept: LeaseFile) -> None:
    wish = await first_wish(kept, expires_in=60.0)

    assert (wish.name, wish.lease, wish.expires_in) == ("old-name", None, 60.0)


async def test_what_is_granted_is_left_to_the_next_run(kept: LeaseFile) -> None:
    async with FakeRelay(stay) as relay, holding(relay, kept):
        await eventually(lambda: kept.lease == "lease-1")

    assert kept.name == "hello"


@pytest.mark.parametrize("code", ["closed", "expired", "name-taken", "name-forbidden"])
async def test_what_is_over_or_somebody_elses_is_followed_by_a_new_link(kept: LeaseFile, code: str) -> None:
    wishes: list[wire.Open] = []
    done = asyncio.Event()

    async def script(session: FakeSession) -> None:
        await session.welcome()
        wishes.append(await session.expect(wire.Open))
        await session.send(wire.Error(code, "it is over", fatal=True, share=0))
        wishes.append(await session.expect(wire.Open))
        await session.send(opened(name="fresh"))
        done.set()
        await session.over()

    async with FakeRelay(script) as relay, holding(relay, kept), asyncio.timeout(20):
        await done.wait()

    assert [(wish.name, wish.lease) for wish in wishes] == [("old-name", "old-lease"), (None, None)]


async def test_a_refusal_of_the_new_link_too_is_the_end(kept: LeaseFile) -> None:
    async def script(session: FakeSession) -> None:
        await session.welcome()
        for _ in range(2):
            await session.expect(wire.Open)
            await session.send(wire.Error("too-many-shares", "no more", fatal=True, share=0))
        await session.over()

    target = AppTarget(hello_app, lifespan=False)
    async with FakeRelay(script) as relay, asyncio.timeout(20):
        holder = Holder(
            relay.settings(), target, kept=kept, name=None, expires_in=None, changed=lambda _event: None
        )
        await holder.run()

    assert isinstance(holder.error, RefusedError)


async def test_without_a_file_nothing_is_asked_for_but_a_link() -> None:
    async with FakeRelay(stay) as relay:
        target = AppTarget(hello_app, lifespan=False)
        holder = Holder(relay.settings(), target, name=None, expires_in=None, changed=lambda _event: None)

        assert holder.ask() == wire.Open(-1)
