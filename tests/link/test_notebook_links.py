"""Links that a notebook's cells open, with a real kernel: a cell keeps its URL, and has no two links."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from tests.link.conftest import Lasting
from tests.support import visit, wait_for

DEADLINE = 60.0
SHARE = "import doorstep_client; link = doorstep_client.share('.'); print(link.url)"
LAUNCH = """
import doorstep as ds
app = ds.Interface(lambda name: name, "text", "text")
print(app.launch(share=True, inline=False, quiet=True).share_url)
"""


class Notebook:
    """A kernel, and cells in it as a front end runs them that names its cells."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        sockets = str(folder / "k")  # files: no ports, which others may take
        self.manager = KernelManager(kernel_name="python3", transport="ipc", ip=sockets)
        self.manager.start_kernel(env=env, cwd=str(folder))
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=DEADLINE)

    def run(self, cell: str, code: str) -> str:
        """What the cell printed, after it ran without an error."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell})
        self.client.shell_channel.send(message)
        return self._printed(message["header"]["msg_id"])

    def restart(self, *, now: bool) -> None:
        """As its menu does; `now` is how one that hangs is ended."""
        self.manager.restart_kernel(now=now)
        self.client.wait_for_ready(timeout=DEADLINE)

    def _printed(self, request: str) -> str:
        printed = ""
        while True:
            said: dict[str, Any] = self.client.get_iopub_msg(timeout=DEADLINE)
            content = said["content"]
            if said["parent_header"].get("msg_id") != request:
                continue
            assert said["msg_type"] != "error", content
            if said["msg_type"] == "stream":
                printed += content["text"]
            elif content.get("execution_state") == "idle":
                return printed

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def notebook(lasting: Lasting, tmp_path: Path) -> Iterator[Notebook]:
    """In a folder with a file to share, whose relay and token are in the environment."""
    (tmp_path / "hello.txt").write_text("hello")
    env = os.environ | {
        "XDG_STATE_HOME": str(tmp_path / ".state"),
        "IPYTHONDIR": str(tmp_path / ".ipython"),
        "JPY_SESSION_NAME": str(tmp_path / "notes.ipynb"),
        "DOORSTEP_RELAY": lasting.relay.url,
        "DOORSTEP_TOKEN": lasting.token(),
        "DOORSTEP_KEEP_URL": "1",
    }
    opened = Notebook(env, tmp_path)
    yield opened
    opened.close()


def url_in(printed: str) -> str:
    found = re.search(r"http://[a-z0-9-]+\.localhost:\d+", printed)
    assert found is not None, printed
    return found.group()


@pytest.mark.parametrize("code", [SHARE, LAUNCH], ids=["share", "launch"])
def test_a_cell_that_is_run_again_keeps_its_url_and_another_cell_has_another(
    code: str, notebook: Notebook
) -> None:
    first, other = (url_in(notebook.run(cell, code)) for cell in ("cell-1", "cell-2"))
    again = url_in(notebook.run("cell-1", code))

    assert again == first != other
    assert visit(first).status == visit(other).status == 200


@pytest.mark.parametrize("now", [False, True], ids=["restarted", "killed"])
def test_a_cell_keeps_its_url_when_the_kernel_is_started_again(now: bool, notebook: Notebook) -> None:
    first, other = (url_in(notebook.run(cell, SHARE)) for cell in ("cell-1", "cell-2"))
    notebook.restart(now=now)
    again = [url_in(notebook.run(cell, SHARE)) for cell in ("cell-2", "cell-1")]

    assert again == [other, first]
    assert visit(f"{first}/hello.txt").text == "hello"


def test_what_a_cell_no_longer_shares_ends_when_it_is_run_again(notebook: Notebook) -> None:
    both = notebook.run("cell-1", f"{SHARE}\n{SHARE.replace('link', 'more')}")
    first, second = both.split()
    assert url_in(notebook.run("cell-1", SHARE)) == first
    wait_for(lambda: visit(second).status == 410, what="the end of the second link")
    assert "ended" in notebook.run("cell-2", "print(more.status)")
