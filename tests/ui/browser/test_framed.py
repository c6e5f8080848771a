"""A page framed by another site's, as a notebook's cell does it: the browser may forbid it any storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from doorstep.serving import ServerThread, bind
from tests.ui.browser.test_greet import greeter

ALLOWED = "() => { try { return Boolean(sessionStorage); } catch { return false; } }"


@pytest.fixture
def notebook(serve: Callable[..., str]) -> Iterator[str]:
    """The address of a page with the greeter in a frame; to the browser `localhost` is another site."""
    frame = f'<!doctype html><iframe src="{serve(greeter())}" width="900" height="700"></iframe>'.encode()

    async def page(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        if scope["type"] == "http":
            head = {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"text/html")],
            }
            await send(head)
            await send({"type": "http.response.body", "body": frame})

    listener = bind("127.0.0.1", 0)
    server = ServerThread(page, listener)
    server.start()
    yield f"http://localhost:{listener.getsockname()[1]}/"
    server.stop()


def test_a_page_in_another_sites_frame_works_without_storage(page: Page, notebook: str) -> None:
    page.goto(notebook)
    framed = page.frame_locator("iframe")
    framed.get_by_label("name").fill("World")
    framed.get_by_role("button", name="Submit").click()

    expect(framed.get_by_label("output")).to_have_value("Hello World!")
    assert page.frames[1].evaluate(ALLOWED) is False, "this browser forbids it"
