"""Other people's apps on their ports, as they come, behind a link, in a real browser. `make test-apps`.

None of them is told of the link: each believes that its page is open on this computer. Their answers come by
WebSocket (Gradio's by server-sent events), so what shows on the page has passed the origin checks, too.
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from doorstep_client import Link, share
from tests.support import Process, Relay, chromium, clean_env, free_port, run_relay, visit, wait_for

HERE = Path(__file__).parent
APPS = Path(os.environ["DOORSTEP_APPS"]).resolve() / "bin"
DEADLINE = 60.0

COMMANDS: dict[str, Callable[[str, Path], list[str]]] = {
    "gradio": lambda port, _: ["python", str(HERE / "gradio_app.py"), port],
    "streamlit": lambda port, _: [
        "streamlit", "run", str(HERE / "streamlit_app.py"), "--server.headless=true", f"--server.port={port}",
    ],
    "panel": lambda port, _: ["panel", "serve", str(HERE / "panel_app.py"), "--port", port],
    "nicegui": lambda port, _: ["python", str(HERE / "nicegui_app.py"), port],
    "jupyter": lambda port, home: [
        "jupyter", "server", "--no-browser", "--allow-root", f"--port={port}", f"--ServerApp.root_dir={home}",
        "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True",
    ],
    "tensorboard": lambda port, home: ["tensorboard", "--logdir", str(home), "--port", port],
}  # fmt: skip
"""As their own pages say to start them, but for the port. Jupyter's is open, as its check of tokens would
stand before that of origins, which is what a link has to pass."""

pytestmark = [pytest.mark.timeout(180), pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with run_relay(tmp_path_factory.mktemp("relay"), "--open") as running:
        yield running


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """All of them are started at once: each takes seconds."""
    with ExitStack() as stack:
        given = {name: free_port() for name in COMMANDS}
        for name, port in given.items():
            stack.callback(_start(name, port, tmp_path_factory.mktemp(name)).kill)
        yield given


def _start(name: str, port: int, home: Path) -> Process:
    program, *arguments = COMMANDS[name](str(port), home)
    env = clean_env(home) | {
        "PATH": f"{APPS}:/usr/bin:/bin",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
        "HF_HUB_OFFLINE": "1",
    }
    return Process([str(APPS / program), *arguments], log=home / "app.log", env=env, cwd=home)


@pytest.fixture
def link_to(relay: Relay, ports: dict[str, int]) -> Iterator[Callable[[str], Link]]:
    """Shares an app once it answers on its port."""
    with ExitStack() as stack:

        def open_link(name: str) -> Link:
            wait_for(lambda: _answers(ports[name]), DEADLINE, what=f"{name} on its port")
            return stack.enter_context(share(ports[name], relay=relay.url, token=None))

        yield open_link


def _answers(port: int) -> bool:
    try:
        return visit(f"http://localhost:{port}/", deadline=30).status < 500
    except (OSError, ValueError):
        return False


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.set_default_timeout(DEADLINE * 1000)
    expect.set_options(timeout=DEADLINE * 1000)
    yield page
    page.close()


def test_gradio(link_to: Callable[[str], Link], page: Page) -> None:
    link = link_to("gradio")
    page.goto(link.url)
    page.get_by_label("Said").fill("hello")
    page.get_by_label("Said").press("Enter")

    expect(page.get_by_label("Heard")).to_have_value("HELLO")
    assert link.visitors == 1
    assert link.requests > 3


def test_streamlit(link_to: Callable[[str], Link], page: Page) -> None:
    page.goto(link_to("streamlit").url)
    page.get_by_label("Said").fill("hello")
    page.get_by_label("Said").press("Enter")

    expect(page.get_by_text("Heard: HELLO")).to_be_visible()


def test_panel(link_to: Callable[[str], Link], page: Page) -> None:
    page.goto(f"{link_to('panel').url}/panel_app")
    page.get_by_label("Said").fill("hello")
    page.get_by_label("Said").press("Enter")

    expect(page.get_by_text("Heard: HELLO")).to_be_visible()


def test_nicegui(link_to: Callable[[str], Link], page: Page) -> None:
    page.goto(link_to("nicegui").url)
    page.get_by_label("Said").fill("hello")

    expect(page.get_by_text("Heard: HELLO")).to_be_visible()


def test_tensorboard(link_to: Callable[[str], Link], page: Page) -> None:
    page.goto(link_to("tensorboard").url)

    expect(page.get_by_text(re.compile("No dashboards are active"))).to_be_visible()


def test_jupyter_runs_a_cell(link_to: Callable[[str], Link], relay: Relay) -> None:
    """The page is another package: a kernel, and its WebSocket as a browser opens it."""
    url = link_to("jupyter").url
    with _channels(relay, url, origin=url) as kernel:
        kernel.send(json.dumps(_cell("print('hello'.upper())")))
        while (said := json.loads(kernel.recv(timeout=DEADLINE)))["msg_type"] != "stream":
            pass
    assert said["content"]["text"] == "HELLO\n"


def test_a_page_of_another_site_gets_no_kernel(link_to: Callable[[str], Link], relay: Relay) -> None:
    """The link's own origin is changed into the server's, nobody else's."""
    url = link_to("jupyter").url
    with pytest.raises(InvalidStatus, match="403"), _channels(relay, url, origin="http://evil.example"):
        pass


def _channels(relay: Relay, url: str, origin: str) -> ClientConnection:
    """The WebSocket of a new kernel."""
    kernel = visit(f"{url}/api/kernels", method="POST", body=b"{}", deadline=DEADLINE).json()["id"]
    return connect(
        f"{url.replace('http', 'ws')}/api/kernels/{kernel}/channels",
        sock=socket.create_connection(("127.0.0.1", relay.port)),
        origin=Origin(origin),
        open_timeout=DEADLINE,
    )


def _cell(code: str) -> dict[str, Any]:
    return {
        "header": {
            "msg_id": "1",
            "msg_type": "execute_request",
            "session": "s",
            "username": "",
            "version": "5.3",
        },
        "parent_header": {},
        "metadata": {},
        "content": {"code": code, "silent": False},
        "channel": "shell",
    }
