"""All settings together."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from doorstep_relay.config.addresses import Addresses
from doorstep_relay.config.allowances import Allowances
from doorstep_relay.config.operation import Operation
from doorstep_relay.config.people import People
from doorstep_relay.config.setting import source
from doorstep_relay.config.shares import Shares
from doorstep_relay.config.storage import Storage
from doorstep_relay.config.visitors import Visitors
from doorstep_relay.domain.limits import Limits


@dataclass(frozen=True, kw_only=True)
class Settings(Operation, People, Visitors, Allowances, Shares, Storage, Addresses):
    """Everything that an operator can choose. Times are in seconds, sizes in bytes."""

    # A dataclass takes the fields of its last base first: help and documents begin with the addresses.

    @property
    def limits(self) -> Limits:
        """What accounts are held to, unless they have limits of their own."""
        return Limits(
            max_shares=self.limit_shares,
            max_connections=self.limit_connections,
            requests_per_second=self.limit_requests,
            bytes_per_second=self.limit_bytes,
            bytes_per_month=self.limit_month,
            max_request_bytes=self.limit_request_size,
            max_lifetime=self.max_lifetime,
        )


NAMES_WITH_FLAGS: Final = tuple(setting.name for setting in fields(Settings) if source(setting).flag)
"""Settings that a command line may give."""
