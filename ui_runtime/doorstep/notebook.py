"""The app in a notebook's cell: an iframe of its page, at an address that the reader's browser can reach."""

from __future__ import annotations

import html
import importlib
import os
import sys
from typing import Any
from urllib.parse import urlsplit

Length = int | str


def is_notebook() -> bool:
    """Whether this process runs a notebook's cells (and not just a terminal's)."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and getattr(shell, "kernel", None) is not None


def show(local_url: str, share_url: str | None, *, height: Length = 500, width: Length = "100%") -> None:
    """Show the page in the cell that runs. Lengths are pixels or CSS lengths."""
    if "google.colab" in sys.modules and share_url is None:
        output: Any = sys.modules["google.colab"].output
        output.serve_kernel_port_as_iframe(urlsplit(local_url).port, height=str(height))
        return
    cell = importlib.import_module("IPython.display")  # there is one: a notebook runs this
    cell.display(cell.HTML(frame(reachable(local_url, share_url), height, width)))


def reachable(local_url: str, share_url: str | None) -> str:
    """The address for the reader's browser, which may run on another machine than the kernel."""
    if share_url is not None:
        return share_url
    prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if prefix:  # jupyter-server-proxy's path, on the notebook's own host
        return f"{prefix.rstrip('/')}/proxy/{urlsplit(local_url).port}/"
    return local_url


def frame(url: str, height: Length, width: Length) -> str:
    """The HTML of the cell: the page, and its address for those who want it in a tab of its own."""
    address = html.escape(url, quote=True)
    style = html.escape(f"width:{_css(width)};height:{_css(height)};border:0;border-radius:8px", quote=True)
    allow = "camera;microphone;clipboard-read;clipboard-write;fullscreen"
    return (
        f'<iframe src="{address}" title="Doorstep app" style="{style}" allow="{allow}"></iframe>'
        f'<p><a href="{address}" target="_blank" rel="noopener">Open in a tab</a></p>'
    )


def _css(length: Length) -> str:
    return f"{length}px" if isinstance(length, int) else length
