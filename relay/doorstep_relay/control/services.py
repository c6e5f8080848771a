"""All services over one database: for the API, the relay's own pages, the sessions and the commands."""

from __future__ import annotations

from collections.abc import Callable

from doorstep_relay.config import Settings
from doorstep_relay.control.accounts import Accounts
from doorstep_relay.control.limits import LimitBook
from doorstep_relay.control.shares import Shares
from doorstep_relay.control.tokens import Tokens
from doorstep_relay.control.trail import Trail
from doorstep_relay.store.database import Database


class Services:
    """Made once a process, for a command or for a test. `clock` gives unix seconds."""

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.database = database
        self.clock = clock
        self.limits = LimitBook(database, clock, settings.limits)
        self.shares = Shares(database, clock, settings, self.limits)
        self.tokens = Tokens(database, clock)
        self.accounts = Accounts(database, clock)
        self.trail = Trail(database)
