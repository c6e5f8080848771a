"""What a person sees: Chromium with the page, loaded, used and watched from inside.

All times are the page's own, taken at an animation frame: something counts when it is there to be drawn.
"""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.ui.line import line
from bench.ui.runtimes import Served
from bench.ui.scale import Scale

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # a font from elsewhere fails at once
]
SLOW_NETWORK = {
    "offline": False,
    "latency": 40,
    "downloadThroughput": 10e6 / 8,
    "uploadThroughput": 10e6 / 8,
}
ONE_WAY = 0.02
"""Seconds, of the line that makes 40 ms of round trip."""
SETTLED = 1500
"""Milliseconds in which a page that is usable fetches what it needs later."""
SCRIPT = (Path(__file__).parent / "watch.js").read_text()


def loads(served: Served, scale: Scale) -> dict[str, float]:
    """From nothing, from nothing over a slow network by a slow computer, and again with a full cache."""
    with chromium() as browser:
        load(browser, served)  # a browser's first page brings the browser itself
        first = [load(browser, served) for _ in range(scale.repeats)]
        slow = [load(browser, served, slow=True)["input"] for _ in range(scale.repeats)]
        return {
            "input": statistics.median(each["input"] for each in first),
            "input-slow": statistics.median(slow),
            "reload": statistics.median(each["reload"] for each in first),
        }


def load(browser: Browser, served: Served, *, slow: bool = False) -> dict[str, float]:
    """Milliseconds from the navigation's start. Each load is a new visitor's."""
    with visit(browser) as page:
        if slow:
            slow_down(page)
        found = {"input": usable(page, served.port)["input"]}
        if not slow:
            page.wait_for_timeout(SETTLED)
            page.reload()
            found["reload"] = watched(page)["button"]
        return found


def slow_down(page: Page) -> None:
    tools = page.context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", SLOW_NETWORK)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": 4})


def weight(served: Served, _scale: Scale) -> dict[str, float]:
    """Of a new visitor's page, until it has all that it wants. A WebSocket counts as a request."""
    asked = []
    with chromium() as browser, line(served.port) as wire, visit(browser) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        usable(page, wire.port)
        page.wait_for_timeout(SETTLED)
        here = [url for url in asked if "://127.0.0.1:" in url]
        return {"requests": len(here), "weight": wire.received / 1e3}


def clicks(served: Served, scale: Scale) -> dict[str, float]:
    """The 50th percentile of clicks at random moments between two frames, each with another text."""
    found = {}
    with chromium() as browser, line(served.port, ONE_WAY) as far:
        for name, port in (("click", served.port), ("click-40", far.port)):
            with visit(browser) as page:
                usable(page, port)
                taken: list[float] = page.evaluate("count => bench.clicks(count)", scale.clicks)
                found[name] = statistics.median(taken)
    return found


def tokens(served: Served, scale: Scale) -> dict[str, float]:
    """A thousand growing strings. Timed at the server's own port; the bytes are another page's."""
    with chromium() as browser, line(served.port) as wire:
        with visit(browser) as page:
            usable(page, served.port)
            taken = [stream(page) for _ in range(scale.repeats + 1)][1:]  # the first fetches fonts
        with visit(browser) as page:
            usable(page, wire.port)
            page.evaluate("() => bench.before_stream()")
            before = wire.received
            page.evaluate("() => bench.stream()")
            page.wait_for_timeout(SETTLED)
            return {"tokens": statistics.median(taken), "tokens-wire": (wire.received - before) / 1e3}


def stream(page: Page) -> float:
    """Milliseconds from the click to the last token."""
    page.evaluate("() => bench.before_stream()")
    taken: float = page.evaluate("() => bench.stream()")
    return taken


# -- the browser -----------------------------------------------------------------------------------


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with contextlib.closing(browser):
            yield browser


@contextlib.contextmanager
def visit(browser: Browser) -> Iterator[Page]:
    """A page of a browser that has never been anywhere."""
    with contextlib.closing(browser.new_context()) as context:
        context.add_init_script(SCRIPT)
        page = context.new_page()
        page.set_default_timeout(60_000)
        yield page


def usable(page: Page, port: int) -> dict[str, float]:
    page.goto(f"http://127.0.0.1:{port}/")
    return watched(page)


def watched(page: Page) -> dict[str, float]:
    """Milliseconds from the navigation's start to a text box and a button that can be used."""
    page.wait_for_function("() => bench.seen.input && bench.seen.button")
    seen: dict[str, float] = page.evaluate("() => bench.seen")
    return seen
