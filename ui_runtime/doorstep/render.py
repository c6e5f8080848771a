"""`render`: parts of the page that the app makes anew while the page is open, for each session its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doorstep.events.dependency import Dependency
    from doorstep.graph import Block


@dataclass(slots=True)
class Overlay:
    """What one session has beside the app: blocks that updates changed, and what was rendered for it."""

    blocks: dict[int, Block] = field(default_factory=dict)
    dependencies: dict[int, Dependency] = field(default_factory=dict)
