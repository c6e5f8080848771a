"""Notebooks: which cell runs, and the links that its last run has left open.

A cell that is run again takes the place of its last run: those links end, and the new ones have their URLs
(`lease_files`). Other cells' links are their own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from doorstep_client.link import Link

_JUPYTER: Final = "JPY_SESSION_NAME"
"""Where Jupyter tells a kernel the path of its notebook."""
_CODE: Final = "__vsc_ipynb_file__"
"""The name under which VS Code tells it to the notebook's own code."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one cell. A front end that does not name its cells has them told apart by their code."""

    cell: str
    number: str


def kernel() -> Any:
    """The kernel that this process is; None where it is no notebook's."""
    ipython = sys.modules.get("IPython")
    return getattr(ipython.get_ipython(), "kernel", None) if ipython is not None else None


def running_cell() -> Run | None:
    """The cell that runs here now."""
    message: dict[str, Any] = getattr(kernel(), "get_parent", dict)()
    number = message.get("header", {}).get("msg_id")
    cell = message.get("metadata", {}).get("cellId") or message.get("content", {}).get("code")
    return Run(str(cell), str(number)) if cell and number else None


def notebook(environment: Mapping[str, str] = os.environ) -> str:
    """What tells this notebook from others: its path, or else its kernel's file, which outlives a restart."""
    names = getattr(getattr(kernel(), "shell", None), "user_ns", {})
    return environment.get(_JUPYTER) or str(names.get(_CODE) or "") or " ".join(sys.argv)


_open: Final[dict[str, tuple[Run, list[Link]]]] = {}
"""By cell: its last run that shared something, and the links of that."""


def take_place() -> None:
    """Close what earlier runs of this cell have opened. Returns when those links are over."""
    run = running_cell()
    if run is not None and run.cell in _open and _open[run.cell][0] != run:
        for link in _open.pop(run.cell)[1]:
            link.close()


def note(link: Link) -> None:
    """This link belongs to the cell that runs, until that is run again."""
    run = running_cell()
    if run is not None:
        _open.setdefault(run.cell, (run, []))[1].append(link)
