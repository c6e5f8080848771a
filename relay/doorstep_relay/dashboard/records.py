"""What is only read: the usage of a month, the settings in force."""

from __future__ import annotations

from typing import Final

import doorstep as ds
from doorstep_relay.config import shown as settings_shown
from doorstep_relay.control.actors import Actor
from doorstep_relay.dashboard.desk import Desk
from doorstep_relay.dashboard.listing import PAGE, Listing, Rows, cut
from doorstep_relay.dashboard.words import size_text
from doorstep_relay.domain.months import Month, month_of
from doorstep_relay.domain.scopes import Scope

_USAGE: Final = ("Whose", "Requests", "Received", "Sent")
_SETTINGS: Final = ("Setting", "Value", "Set", "On SIGHUP", "What it is")
_MONTHS: Final = 12


def build_usage(desk: Desk, tab: ds.Tab, *, is_admin: bool) -> None:
    """A month's usage: by account for admins, by link for members."""
    months = _last_months(month_of(desk.now()))

    async def fetch(actor: Actor, cursor: int | None, name: str) -> tuple[Rows, int | None]:
        month, usage = months[name], desk.services.usage
        if is_admin and actor.may(Scope.admin):
            found = await usage.by_account(month, after=cursor or 0, limit=PAGE + 1)
        else:
            found = await usage.by_share(actor.account_id or 0, month, after=cursor or 0, limit=PAGE + 1)
        shown, following = cut(found)
        return [
            [
                line.name or "forgotten",
                f"{line.requests:,}",
                size_text(line.bytes_in),
                size_text(line.bytes_out),
            ]
            for line in shown
        ], following

    name = ds.Dropdown(list(months), label="Month (UTC)", filterable=False)
    Listing("Usage", _USAGE, desk.viewer, fetch, [name]).wire(tab)


def build_settings(desk: Desk, tab: ds.Tab) -> None:
    """The settings in force, for admins. Secrets are not among them."""

    async def fetch(_actor: Actor, _cursor: int | None) -> tuple[Rows, int | None]:
        lines = settings_shown(desk.here.settings)
        return [
            [
                f"--{line.name.replace('_', '-')}",
                "(kept back)" if line.is_secret else line.value or "none",
                "" if line.is_default else "yes",
                "taken up" if line.reloads else "needs a restart",
                line.about,
            ]
            for line in lines
        ], None

    Listing("Settings in force", _SETTINGS, desk.admin, fetch, wrap=True).wire(tab)


def _last_months(month: Month) -> dict[str, Month]:
    found = {}
    for _ in range(_MONTHS):
        found[str(month)] = month
        month = Month(month.year - (month.month == 1), (month.month - 2) % 12 + 1)
    return found
