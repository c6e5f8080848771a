"""A component's script calls functions of the app: those named for it, from a page of the browser's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

import doorstep as ds
from tests.ui.support import Page, Served, served


def double(number: int) -> int:
    return 2 * number


async def greet(name: str) -> dict[str, str]:
    return {"said": f"Hello {name}"}


def refuse() -> None:
    raise ds.Error("not today")


def secret() -> str:
    return "secret"


@pytest.fixture
def server() -> Iterator[Served]:
    with ds.Blocks() as app:
        ds.HTML("x", server_functions=[double, greet, refuse])
        ds.Textbox().submit(secret)
    with served(app) as server:
        yield server


@pytest.fixture
async def client(server: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=30) as client:
        yield client


async def call(
    client: httpx.AsyncClient, server: Served, page: Page, name: str, *args: Any, **headers: str
) -> httpx.Response:
    html = next(each for each in server.app.blocks.walk() if isinstance(each, ds.HTML))
    body = {"session": page.session, "component": html.id, "name": name, "args": args}
    return await client.post("/doorstep/call", json=body, headers=headers)


async def test_a_function_answers_with_what_it_returns(server: Served, client: httpx.AsyncClient) -> None:
    async with server.page() as page:
        assert (await call(client, server, page, "double", 4)).json() == {"value": 8}
        assert (await call(client, server, page, "greet", "Ada")).json() == {"value": {"said": "Hello Ada"}}


async def test_an_error_of_the_app_is_told_and_any_other_is_the_apps_own_affair(
    server: Served, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    async with server.page() as page:
        refused = await call(client, server, page, "refuse")
        failed = await call(client, server, page, "double", 1, 2)

    assert (refused.status_code, refused.json()) == (500, {"error": "not today"})
    assert (failed.status_code, failed.json()) == (500, {"error": "The function failed."})
    assert "double() raised TypeError" in capsys.readouterr().err


async def test_no_other_function_session_or_origin_is_served(
    server: Served, client: httpx.AsyncClient
) -> None:
    async with server.page() as page:
        assert (await call(client, server, page, "secret")).status_code == 404
        foreign = await call(client, server, page, "double", 1, origin="https://evil.example")
        assert foreign.status_code == 403
    body = {"session": "nobody's", "component": 1, "name": "double", "args": []}
    assert (await client.post("/doorstep/call", json=body)).status_code == 404
    assert (await client.post("/doorstep/call", json={"session": 1})).status_code == 400
    assert (await client.post("/doorstep/call", content=b"x" * ((8 << 20) + 1))).status_code == 400
