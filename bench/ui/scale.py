"""How much of everything one turn is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    seconds: float = 3.0
    """Of events, for each number of clients."""
    idle: float = 10.0
    """Seconds of watching a server that nobody uses."""
    repeats: int = 3
    """Of what is short: starts, page loads, streams, transfers. The turn's figure is their median."""
    clicks: int = 40
    sessions: int = 1000
    megabytes: int = 200


QUICK = Scale(seconds=0.5, idle=2, repeats=1, clicks=10, sessions=200, megabytes=20)


def sizes(scale: Scale) -> dict[str, object]:
    """What a turn was, for who reads the figures."""
    return {
        "seconds of events": f"{scale.seconds:g}",
        "repeats": scale.repeats,
        "clicks": scale.clicks,
        "sessions": scale.sessions,
        "transfers": f"{scale.megabytes} MB",
    }
