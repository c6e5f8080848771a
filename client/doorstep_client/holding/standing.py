"""How a link stands, whether a relay of our own or an SSH server gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorstep_client.clock import Countdown

if TYPE_CHECKING:
    from doorstep_client.errors import DoorstepError
    from doorstep_client.wire import Opened


class Standing:
    """What is known of a link. Its holder sets it, on the loop, and then tells what has changed."""

    def __init__(self) -> None:
        self.opened: Opened | None = None
        """What was granted; stays there while the session is lost."""
        self.expires_at: float | None = None
        """When it ends (Unix time, seconds); None when it has no end."""
        self.countdown = Countdown()
        self.paused = False
        """Whether nobody may see the link, although it is open."""
        self.error: DoorstepError | None = None
        """How it ended; None after `close`."""
        self.failure = ""
        """Why visitors cannot be served although the link is open."""
        self.trouble = ""
        """Why there is no session; empty while there is one."""
        self.notice = ""
        """A sentence for the user, told with `notice`."""
        self.carried = False
        """Whether the session carries what visitors want, because no connection beside it comes about."""


def span(seconds: float) -> str:
    """How long that is, in words: 90 s, 15 min, 3 h."""
    whole = max(1, round(seconds))
    if whole < 120:
        return f"{whole} s"
    return f"{round(whole / 60)} min" if whole < 120 * 60 else f"{round(whole / 3600)} h"
