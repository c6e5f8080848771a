"""The relay's own pages, as people meet them: readable by everybody, in the dark too, and asking nobody."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from doorstep_client import share
from tests.support import Relay, wait_for

AXE = Path(__file__).parents[2] / "ui_runtime" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SMALL = 8 * 1024


@pytest.fixture
def names(relay: Relay) -> dict[str, str]:
    """What to ask for, to meet each kind of page."""
    token = relay.token("alice")
    for name in ("gone", "closed"):
        link = share(_app, relay=relay.url, token=token, name=name)
        if name == "gone":
            relay.cli("share", "revoke", name, "--reason", "<b>not</b> what it said")
            wait_for(lambda link=link: link.status == "ended", what="the end")
        link.close()
    return {
        "no-such-share": relay.share_url("nobody"),
        "revoked": relay.share_url("gone"),
        "closed": relay.share_url("closed"),
        "not-found": relay.share_url("nobody", "/.doorstep/what"),
        "the relay's own": f"http://localhost:{relay.port}/",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_small_and_alone(
    names: dict[str, str], browser: Browser, scheme: str
) -> None:
    if not AXE.exists():
        raise RuntimeError("the accessibility checker is missing: python scripts/page.py install")
    for width in (1280, 390):
        # The checker is a script, and these pages allow none: it is put in past their policy.
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
            bypass_csp=True,
        )
        for kind, url in names.items():
            page = context.new_page()
            asked: list[str] = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            answer = page.goto(url)
            assert answer is not None
            assert len(answer.body()) < SMALL, kind
            assert "default-src 'none'" in answer.headers["content-security-policy"], kind
            assert [each for each in asked if not each.endswith("/favicon.ico")] == [url], kind
            page.evaluate(AXE.read_text())
            found = page.evaluate("axe.run(document)")["violations"]
            assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == [], kind
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), kind
            ink = page.evaluate("getComputedStyle(document.body).color.match(/\\d+/g).map(Number)")
            assert (sum(ink) > 384) is (scheme == "dark"), kind
            page.close()
        context.close()


async def _app(scope: object, receive: object, send: object) -> None:
    await asyncio.sleep(0)
