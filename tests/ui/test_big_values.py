"""Values that are too big for a message: they come as a file, and only the session's own is read."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

import doorstep as ds
from doorstep import big_values
from tests.ui.support import Page, Served, served


def app() -> ds.Blocks:
    with ds.Blocks() as blocks:
        table, size = ds.Dataframe(type="array"), ds.Textbox()
        table.change(lambda rows: f"{len(rows)} x {len(rows[0])}", table, size)
    return blocks


def values_of(rows: int, columns: int) -> list[Any]:
    return [{"headers": [str(each) for each in range(columns)], "data": [["cell"] * columns] * rows}]


async def kept(server: Served, session: str, content: bytes) -> str:
    """The id of an uploaded file."""
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=20) as client:
        answer = await client.post(
            "/doorstep/upload", params={"session": session}, files={"files": ("values.json", content)}
        )
    return str(answer.json()[0]["path"])


async def run(page: Page, file: str, job: int = 1) -> dict[str, Any]:
    await page.say({"type": "run", "job": job, "fn": 0, "data": [], "data_file": file})
    return (await page.story(job))[-1]


async def test_a_job_takes_its_values_from_a_file_which_is_deleted() -> None:
    with served(app()) as server:
        async with server.page() as page:
            file = await kept(server, page.session, json.dumps(values_of(20_000, 20)).encode())
            done = await run(page, file)
            assert done["changes"][0][1]["value"] == "20000 x 20"
            assert server.app.files.get(file) is None


async def test_another_sessions_file_is_not_read() -> None:
    with served(app()) as server:
        async with server.page() as page, server.page() as other:
            file = await kept(server, other.session, b"[]")
            refused = await run(page, file)
            assert (refused["type"], refused["code"]) == ("failed", "refused")
            assert server.app.files.get(file) is not None


@pytest.mark.parametrize("content", [b"", b"{}", b"[", b"\xff", b"[" * 100_000, b'"text"'])
async def test_what_holds_no_values_is_refused(content: bytes) -> None:
    with served(app()) as server:
        async with server.page() as page:
            refused = await run(page, await kept(server, page.session, content))
            assert refused["message"] == "the values cannot be read"
            # The session goes on.
            await page.say({"type": "run", "job": 2, "fn": 0, "data": values_of(1, 1)})
            assert (await page.story(2))[-1]["type"] == "done"


async def test_values_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(big_values, "MOST", 1000)
    with served(app()) as server:
        async with server.page() as page:
            refused = await run(page, await kept(server, page.session, b"[" + b" " * 1000 + b"]"))
            assert refused["message"] == "the values are too big: at most 1000 bytes are taken at once"


async def test_a_cancel_may_come_while_the_values_are_read() -> None:
    with served(app()) as server:
        async with server.page() as page:
            file = await kept(server, page.session, json.dumps(values_of(20_000, 20)).encode())
            await page.say({"type": "run", "job": 1, "fn": 0, "data": [], "data_file": file})
            await page.say({"type": "cancel", "job": 1})
            assert (await page.story(1))[-1]["type"] == "failed"
            await page.say({"type": "run", "job": 2, "fn": 0, "data": values_of(1, 1)})
            assert (await page.story(2))[-1]["type"] == "done"
