"""A page on this computer that shows a link's requests as they come, and sends one again.

`InspectedTarget` stands before another target and lets every byte through as it is; what passes is read
along by `Conversation` and kept, within bounds, in `Records`. Without it nothing of this is imported.
"""

from __future__ import annotations

from doorstep_client.inspector.target import InspectedTarget

__all__ = ["InspectedTarget"]
