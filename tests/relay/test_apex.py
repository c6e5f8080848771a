"""The relay's own host: its app comes late, and once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from doorstep_relay.control.apex import Apex

HEAVY = ("fastapi", "pydantic", "starlette", "uvicorn", "alembic")


def test_a_relay_listens_before_it_imports_what_only_its_own_host_needs() -> None:
    code = f"import sys, doorstep_relay.server; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_the_app_is_built_once_whoever_asks_first() -> None:
    made: list[ASGIApp] = []

    def make() -> ASGIApp:
        made.append(PlainTextResponse("here"))
        return made[-1]

    apex = Apex(make)
    assert made == []
    with ThreadPoolExecutor(4) as threads:
        await asyncio.gather(*(asyncio.wrap_future(threads.submit(apex.load)) for _ in range(4)))
    assert isinstance(apex.protocol(), asyncio.Protocol)
    assert len(made) == 1
