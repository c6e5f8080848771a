"""A cell that is run again takes the place of its earlier run: the apps which that launched are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from doorstep.notebook import run_of_cell

if TYPE_CHECKING:
    from doorstep.blocks import Blocks

_runs: Final[dict[str, tuple[str, WeakSet[Blocks]]]] = {}
"""By cell: its last run, and what that launched."""


def take_place(blocks: Blocks) -> None:
    """Close what an earlier run of this cell launched. `blocks` is launched by this one."""
    now = run_of_cell()
    if now is None:
        return
    cell, run = now
    before = _runs.get(cell)
    if before is None or before[0] != run:
        for earlier in list(before[1]) if before is not None else ():
            earlier.close()
        _runs[cell] = before = run, WeakSet()
    before[1].add(blocks)
