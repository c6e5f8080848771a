"""Clients that are measured with: each runtime's page as its protocol sees it, and the API of both.

A client calls one function again and again; what opens one gives what runs an event and waits for its end.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from websockets.asyncio.client import connect

from bench.ui.exchange import Exchange
from bench.ui.runtimes import DOORSTEP, GRADIO, Served

Event = Callable[[], Awaitable[None]]
Client = Callable[[Served, str], AbstractAsyncContextManager[Event]]
"""Opened with the name of the function that it is to call."""


@contextlib.asynccontextmanager
async def doorstep_page(served: Served, function: str) -> AsyncIterator[Event]:
    """One WebSocket: a `run`, and frames until its `done` (docs/ui-protocol.md)."""
    number = served.functions[function]
    address = f"ws://{served.host}/doorstep/session"
    async with connect(address, compression=None, proxy=None) as socket:
        await socket.send('{"type":"hello"}')
        await socket.recv()
        jobs = itertools.count(1)

        async def event() -> None:
            job = next(jobs)
            await socket.send(json.dumps({"type": "run", "job": job, "fn": number, "data": [f"World {job}"]}))
            while '"done"' not in (frame := await socket.recv(decode=True)):
                if '"failed"' in frame:
                    raise RuntimeError(frame)
            check(frame, job)

        yield event


@contextlib.asynccontextmanager
async def gradio_page(served: Served, function: str) -> AsyncIterator[Event]:
    """A POST that queues the event, then a stream of server-sent events until it closes, as its page does."""
    number, session = served.functions[function], uuid.uuid4().hex[:11]
    connection = await Exchange.open(served.host)
    asked = {"fn_index": number, "session_hash": session, "event_data": None, "trigger_id": 3}
    jobs = itertools.count(1)

    async def event() -> None:
        job = next(jobs)
        await connection.post("/gradio_api/queue/join?", {**asked, "data": [f"World {job}"]})
        check(await connection.get(f"/gradio_api/queue/data?session_hash={session}"), job)

    with contextlib.closing(connection):
        yield event


@contextlib.asynccontextmanager
async def api(served: Served, function: str) -> AsyncIterator[Event]:
    """The plain HTTP API, the same words to both: a POST, and a GET of what came of it."""
    connection = await Exchange.open(served.host)
    path, jobs = f"/gradio_api/call/{function}", itertools.count(1)

    async def event() -> None:
        job = next(jobs)
        called = await connection.post(path, {"data": [f"World {job}"]})
        check(await connection.get(f"{path}/{called['event_id']}"), job)

    with contextlib.closing(connection):
        yield event


PAGES: dict[str, Client] = {DOORSTEP: doorstep_page, GRADIO: gradio_page}


def check(answer: str, job: int) -> None:
    """Each event says another word, and only its own answer counts."""
    if f"Hello World {job}!" not in answer:
        raise RuntimeError(f"not the answer of event {job}: {answer[:500]!r}")
