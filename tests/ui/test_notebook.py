"""An app in a notebook: the cell shows its page and gives the prompt back. With a real kernel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from doorstep import notebook
from tests.support import free_port, visit

DEADLINE = 30.0


@pytest.fixture(scope="module")
def kernel() -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=DEADLINE)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def cell(kernel: BlockingKernelClient, code: str) -> list[dict[str, Any]]:
    """What a cell shows, after it ran without an error."""
    shown = []

    def note(message: dict[str, Any]) -> None:
        if message["msg_type"] in {"display_data", "error"}:
            shown.append(message["content"])

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


def test_inline_false_shows_nothing(kernel: BlockingKernelClient) -> None:
    _, code = launch("inline=False")
    assert cell(kernel, code) == []
    cell(kernel, "app.close()")


def test_this_process_is_no_notebook() -> None:
    assert not notebook.is_notebook()


def test_a_reader_elsewhere_gets_the_public_link_or_the_hubs_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    assert notebook.reachable("http://127.0.0.1:7860", None) == "/user/ada/proxy/7860/"
    assert notebook.reachable("http://127.0.0.1:7860", "https://x.example") == "https://x.example"


def test_addresses_and_lengths_cannot_leave_their_attributes() -> None:
    shown = notebook.frame('https://x.example/"><script>', '1px"><script>', "100%")
    assert "<script>" not in shown
