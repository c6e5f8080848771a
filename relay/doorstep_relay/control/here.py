"""This process, as far as the API shows it: what is live, the settings in force, whether it is leaving."""

from __future__ import annotations

from dataclasses import dataclass, field

from doorstep_relay.config import Settings
from doorstep_relay.switchboard.local import Switchboard
from doorstep_relay.switchboard.tally import Tallies


@dataclass(slots=True)
class Here:
    """Made once a process. `settings` is replaced when they are read again."""

    settings: Settings
    switchboard: Switchboard = field(default_factory=Switchboard)
    tallies: Tallies = field(init=False)
    is_draining: bool = False
    """Told to stop: requests under way end, new ones belong elsewhere."""

    def __post_init__(self) -> None:
        self.tallies = Tallies(self.switchboard)
