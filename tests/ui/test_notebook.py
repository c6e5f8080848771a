"""An app in a notebook: the cell shows its page and gives the prompt back. With a real kernel."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from doorstep import notebook
from tests.support import Relay, free_port, visit

DEADLINE = 30.0


@pytest.fixture(scope="module")
def kernel() -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=DEADLINE)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def cell(kernel: BlockingKernelClient, code: str) -> list[dict[str, Any]]:
    """What a cell shows, after it ran without an error; what it prints comes in pieces and is one here."""
    shown: list[dict[str, Any]] = []

    def note(message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] == "stream" and shown and shown[-1].get("name") == content["name"]:
            shown[-1]["text"] += content["text"]
        elif message["msg_type"] in {"display_data", "execute_result", "stream", "error"}:
            shown.append(content)

    reply = kernel.execute_interactive(code, timeout=DEADLINE, output_hook=note)
    assert reply["content"]["status"] == "ok", shown
    return shown


def launch(options: str = "") -> tuple[int, str]:
    port = free_port()
    return port, (
        "import doorstep as ds\n"
        "app = ds.Interface(lambda name: name, 'text', 'text')\n"
        f"app.launch(server_port={port}, {options}) and None"
    )


def test_the_cell_shows_the_page_and_the_next_one_runs(kernel: BlockingKernelClient) -> None:
    port, code = launch("height=300")
    (shown,) = cell(kernel, code)
    assert f'<iframe src="http://127.0.0.1:{port}"' in shown["data"]["text/html"]
    assert "height:300px" in shown["data"]["text/html"]
    assert visit(f"http://127.0.0.1:{port}/").status == 200
    cell(kernel, "app.close()")


def test_inline_false_says_where_the_app_is_and_shows_nothing(kernel: BlockingKernelClient) -> None:
    port, code = launch("inline=False")
    (said,) = cell(kernel, code)
    assert said["text"] == f"* Running on local URL:  http://127.0.0.1:{port}\n"
    cell(kernel, "app.close()")
    _, code = launch("inline=False, quiet=True")
    assert cell(kernel, code) == []
    cell(kernel, "app.close()")


def test_this_process_is_no_notebook() -> None:
    assert not notebook.is_notebook()


def test_the_result_of_launch_says_nothing_more(kernel: BlockingKernelClient) -> None:
    _, code = launch()
    assert len(cell(kernel, code.replace(" and None", ""))) == 1
    cell(kernel, "app.close()")


def test_a_cell_that_runs_again_closes_what_it_launched_before(kernel: BlockingKernelClient) -> None:
    port, code = launch()
    again = "import doorstep as ds; ds.Interface(lambda name: name, 'text', 'text')"
    again += f".launch(server_port={port}, height=200) and None"
    cell(kernel, again)
    (shown,) = cell(kernel, again)
    assert f"127.0.0.1:{port}" in shown["data"]["text/html"], "its port is free again"
    other = again.replace(str(port), str(free_port()))
    cell(kernel, other)
    assert visit(f"http://127.0.0.1:{port}/").status == 200, "another cell is another app"
    cell(kernel, "ds.close_all()")
    cell(kernel, code)
    cell(kernel, "app.close()")


def test_a_shared_app_is_shown_with_its_link_and_without_lines_of_progress(
    kernel: BlockingKernelClient, relay: Relay
) -> None:
    settings = relay.client_env()
    cell(kernel, f"import os; os.environ.update({settings!r}, DISPLAY=':0')")
    port, code = launch("share=True")
    page, line = cell(kernel, code)
    html = page["data"]["text/html"]
    assert f'<iframe src="http://127.0.0.1:{port}"' in html, "a reader at this computer needs no relay"
    url = re.search(r"http://[a-z0-9]+\.localhost:\d+", html)
    assert url is not None
    assert relay.visit(url.group()).status == 200
    relay.cli("share", "revoke", url.group().partition("//")[2].partition(".")[0])
    update = next_update(kernel)
    assert "The link was revoked" in update["data"]["text/html"]
    assert update["transient"] == line["transient"], "it takes the place of the line before"
    cell(kernel, "app.close()")


def next_update(kernel: BlockingKernelClient) -> dict[str, Any]:
    """What takes the place of something that was shown."""
    while True:
        message = kernel.get_iopub_msg(timeout=DEADLINE)
        if message["msg_type"] == "update_display_data":
            content: dict[str, Any] = message["content"]
            return content


def test_a_link_is_its_own_card(kernel: BlockingKernelClient, relay: Relay) -> None:
    cell(kernel, f"import os; os.environ.update({relay.client_env()!r})")
    (shown,) = cell(
        kernel,
        "import asyncio, doorstep_client; link = await asyncio.to_thread(doorstep_client.share, "
        "os.getcwd()); link",
    )
    html = shown["data"]["text/html"]
    assert "<svg" in html
    assert re.search(r'href="http://[a-z0-9]+\.localhost:\d+"', html)
    cell(kernel, "link.close()")


@pytest.mark.parametrize(
    ("environment", "platform", "elsewhere"),
    [
        ({}, "darwin", False),
        ({}, "linux", True),
        ({"DISPLAY": ":0", "VSCODE_PID": "7"}, "linux", False),
        ({"WSL_DISTRO_NAME": "Debian"}, "linux", False),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "203.0.113.9 1 203.0.113.1 22"}, "linux", True),
        ({"CODESPACES": "true"}, "linux", True),
        ({"JUPYTERHUB_SERVICE_PREFIX": "/user/ada/"}, "linux", True),
    ],
)
def test_where_the_reader_sits_is_told_by_the_environment(
    environment: dict[str, str], platform: str, elsewhere: bool
) -> None:
    assert notebook.reader_is_elsewhere(environment, platform) is elsewhere


def test_a_reader_elsewhere_gets_the_public_link_or_the_hubs_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    assert notebook.reachable("http://127.0.0.1:7860", None) == "/user/ada/proxy/7860/"
    assert notebook.reachable("http://127.0.0.1:7860", "https://x.example") == "https://x.example"


def test_colab_shows_the_kernels_port_itself_or_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    frames: list[tuple[Any, str]] = []

    class Output:
        def serve_kernel_port_as_iframe(self, port: int, height: str) -> None:
            frames.append((port, height))

    colab = ModuleType("google.colab")
    vars(colab)["output"] = Output()
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    notebook.Cell().show("http://127.0.0.1:7860", None, height=300)
    assert frames == [(7860, "300")]
    assert notebook.reader_is_elsewhere({"DISPLAY": ":0"})
    assert notebook.reachable("http://127.0.0.1:7860", "https://x.example") == "https://x.example"


def test_addresses_and_lengths_cannot_leave_their_attributes() -> None:
    shown = notebook.frame("http://127.0.0.1:7860", 'https://x.example/"><script>', '1px"><script>', "100%")
    assert "<script>" not in shown
