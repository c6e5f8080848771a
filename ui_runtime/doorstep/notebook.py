"""The app in a notebook's cell: its page at an address that the reader's browser reaches, and its link.

A cell has no terminal's lines: what happens to the link later is told in a line of its own below the page.
"""

from __future__ import annotations

import html
import importlib
import os
import sys
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

Length = int | str

_ELSEWHERE: Final = (
    "SSH_CONNECTION", "SSH_CLIENT", "JUPYTERHUB_SERVICE_PREFIX", "KUBERNETES_SERVICE_HOST", "CODESPACES",
    "GITPOD_WORKSPACE_ID", "REMOTE_CONTAINERS", "VSCODE_AGENT_FOLDER", "KAGGLE_KERNEL_RUN_TYPE",
    "BINDER_SERVICE_HOST", "DATABRICKS_RUNTIME_VERSION", "SAGEMAKER_INTERNAL_IMAGE_URI",
)  # fmt: skip
"""Variables of kernels whose readers sit at other computers."""
_WINDOWS: Final = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
"""Variables of a Linux where somebody may sit before a browser."""


def is_notebook() -> bool:
    """Whether this process runs a notebook's cells (and not just a terminal's)."""
    return _kernel() is not None


class Cell:
    """One launch in a cell. `tell` may be called from any thread, also before the page is shown."""

    def __init__(self) -> None:
        self._text = ""
        self._line: Any = None

    def show(
        self, local_url: str, share_url: str | None, *, height: Length = 500, width: Length = "100%"
    ) -> None:
        """Show the page in the cell that runs. Lengths are pixels or CSS lengths."""
        if "google.colab" in sys.modules and share_url is None:
            output: Any = sys.modules["google.colab"].output
            output.serve_kernel_port_as_iframe(urlsplit(local_url).port, height=str(height))
            return
        cell = importlib.import_module("IPython.display")  # there is one: a notebook runs this
        cell.display(cell.HTML(frame(local_url, share_url, height, width)))
        if share_url is not None:
            self._line = cell.display(cell.HTML(_line(self._text)), display_id=True)

    def tell(self, text: str) -> None:
        """A sentence about the link: it replaces the one before."""
        self._text = text
        if self._line is not None:
            cell = importlib.import_module("IPython.display")
            self._line.update(cell.HTML(_line(text)))


def run_of_cell() -> tuple[str, str] | None:
    """Which cell runs, and which run of it this is; None where the front end does not say."""
    kernel = _kernel()
    message = kernel.get_parent() if kernel is not None else {}
    run = message.get("header", {}).get("msg_id")
    cell = message.get("metadata", {}).get("cellId") or message.get("content", {}).get("code")
    return (str(cell), str(run)) if cell and run else None


def reader_is_elsewhere(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether the reader's browser runs, as far as one can tell, on another computer than this kernel."""
    if "google.colab" in sys.modules or any(environment.get(name) for name in _ELSEWHERE):
        return True
    return platform == "linux" and not any(environment.get(name) for name in _WINDOWS)


def reachable(local_url: str, share_url: str | None) -> str:
    """The address of the page for the reader's browser."""
    if not reader_is_elsewhere():
        return local_url
    if share_url is not None:
        return share_url
    prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if prefix:  # jupyter-server-proxy's path, on the notebook's own host
        return f"{prefix.rstrip('/')}/proxy/{urlsplit(local_url).port}/"
    return local_url


def frame(local_url: str, share_url: str | None, height: Length, width: Length) -> str:
    """The HTML of the cell: the page, and its addresses for those who want it in a tab or send it on."""
    address = html.escape(reachable(local_url, share_url), quote=True)
    style = html.escape(f"width:{_css(width)};height:{_css(height)};border:0;border-radius:8px", quote=True)
    allow = "camera;microphone;clipboard-read;clipboard-write;fullscreen"
    public = f"Public link: {_anchor(share_url, share_url)} · " if share_url is not None else ""
    return (
        f'<iframe src="{address}" title="Doorstep app" style="{style}" allow="{allow}"></iframe>'
        f'<p style="margin:.4em 0 0">{public}'
        f'<a href="{address}" target="_blank" rel="noopener">Open in a tab</a></p>'
    )


def _anchor(url: str, text: str) -> str:
    return f'<a href="{html.escape(url, quote=True)}" target="_blank" rel="noopener">{html.escape(text)}</a>'


def _line(text: str) -> str:
    return f'<p style="margin:0;opacity:.75">{html.escape(text)}</p>'


def _css(length: Length) -> str:
    return f"{length}px" if isinstance(length, int) else length


def _kernel() -> Any:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None)
