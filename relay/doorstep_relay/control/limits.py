"""Stated limits, in the database and at hand: what holds for an account or a share right now.

Limits are stated for few accounts and shares, so all of them are kept in memory: opening a share asks
nothing of the database for them. What others write arrives with the audit trail (`obey`).
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.quotas import Quotas
from doorstep_relay.control.usage import UsageBook
from doorstep_relay.domain.claims import owns
from doorstep_relay.domain.limits import NOTHING, Limits, overlaid, stated, tightest
from doorstep_relay.domain.months import seconds_left
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import BadLimit, NoSuchAccount, NoSuchShare
from doorstep_relay.store import audit
from doorstep_relay.store.audit import Change, Entry
from doorstep_relay.store.database import Database
from doorstep_relay.store.limits import LimitRows
from doorstep_relay.switchboard.local import LiveShare
from doorstep_relay.switchboard.meter import Gauge, Meter
from doorstep_relay.switchboard.tally import Spent

ACCOUNT_CHANGED: Final = "account.limits"
SHARE_CHANGED: Final = "share.limits"
_OF_ACCOUNTS: Final = frozenset({"max_shares", "max_lifetime"})
"""What is decided when a share is opened, so a share that is there cannot have it."""


class LimitBook:
    """The limits of everybody. `clock` gives unix seconds."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float],
        defaults: Limits,
        usage: UsageBook | None = None,
    ) -> None:
        self._database = database
        self._quotas = Quotas(clock, usage or UsageBook(database, clock, None))
        self._clock = clock
        self._defaults = defaults
        self._accounts: dict[int, dict[str, Any]] = {}
        self._shares: dict[int, dict[str, Any]] = {}
        self._gauges: weakref.WeakValueDictionary[int, Gauge] = weakref.WeakValueDictionary()
        """Of accounts with live shares that are held to something."""

    async def load(self) -> None:
        """Read everything that is stated. Once, at the relay's start."""
        self._accounts, self._shares = await self._database.read(
            lambda session: (LimitRows(session).of_accounts(), LimitRows(session).of_shares())
        )
        await self._quotas.load(self._shares)

    def count(self, spent: Sequence[Spent], live: Iterable[LiveShare]) -> None:
        """Add what is about to be written down to the month of those who are limited in it."""
        self._quotas.count(spent, (gauge for share in live if share.meter for gauge in share.meter.gauges))

    async def renew(self, live: Iterable[LiveShare]) -> None:
        """Once a minute: the months as they are written down, and no more of shares that are over."""
        if not self._quotas.is_due:
            return
        live = [share for share in live if share.meter is not None]
        accounts = {key: gauge for key, gauge in self._gauges.items() if gauge.has_month}
        shares = {share.share_id: share.meter.gauges[1] for share in live if share.meter}
        await self._quotas.renew(accounts, {key: one for key, one in shares.items() if one.has_month})
        await self._forget_ended()

    async def _forget_ended(self) -> None:
        """What is over never comes back, so nothing that is stated meanwhile is lost."""
        known = list(self._shares)
        active = await self._database.read(lambda session: LimitRows(session).active(known))
        for share_id in set(known) - active:
            self._shares.pop(share_id, None)
            self._quotas.forget_share(share_id)

    # -- what holds --------------------------------------------------------------------------------

    @property
    def defaults(self) -> Limits:
        """What holds where nothing else is stated."""
        return self._defaults

    def of_account(self, account_id: int | None) -> Limits:
        """What an account's shares are held to together; without an account, each by itself."""
        own = self._accounts.get(account_id) if account_id is not None else None
        return overlaid(self._defaults, own) if own else self._defaults

    def of_share(self, share_id: int, account_id: int | None) -> Limits:
        """What holds for one share: the tightest of its own and its account's."""
        own = self._shares.get(share_id)
        account = self.of_account(account_id)
        return tightest(account, overlaid(NOTHING, own)) if own else account

    def lifetime(self, account_id: int | None) -> float | None:
        """The longest life of a share that an account opens, in seconds."""
        return self.of_account(account_id).max_lifetime

    # -- live shares -------------------------------------------------------------------------------

    def hold(self, share: LiveShare) -> None:
        """Hold a live share to its limits, from now on. One that has none costs nothing."""
        share, now = share.whole, asyncio.get_running_loop().time()
        account = self.of_account(share.account_id)
        own = overlaid(NOTHING, self._shares.get(share.share_id, {}))
        if share.meter is not None:
            self._change(share, share.meter, account, own, now)
        elif account.is_metered or own.is_metered:
            gauges = (self._gauge(share.account_id, account, now), Gauge(own, "This link", now))
            gauges[1].month_used = gauges[1].month_written = self._quotas.of_share(share.share_id)
            share.meter = Meter(gauges, lambda: seconds_left(self._clock()))
        for client in share.balanced.clients if share.balanced is not None else ():
            client.meter = share.meter

    def _change(self, share: LiveShare, meter: Meter, account: Limits, own: Limits, now: float) -> None:
        used = meter.gauges[1].month_used
        meter.gauges[1].month_used = max(used, self._quotas.of_share(share.share_id))
        meter.gauges[0].change(account, now)
        meter.gauges[1].change(own, now)
        meter.settle()

    def _gauge(self, account_id: int | None, limits: Limits, now: float) -> Gauge:
        if account_id is None:
            return Gauge(limits, "This link", now)
        gauge = self._gauges.get(account_id)
        if gauge is None:
            gauge = self._gauges[account_id] = Gauge(limits, "This link's owner", now)
            gauge.month_used = gauge.month_written = self._quotas.of_account(account_id)
        return gauge

    def change_defaults(self, defaults: Limits, live: Iterable[LiveShare]) -> None:
        """Other defaults from now on, for these live shares too."""
        self._defaults = defaults
        for share in live:
            self.hold(share)

    async def obey(self, change: Change, live: Iterable[LiveShare]) -> None:
        """Take up what the audit trail tells of limits."""
        if change.action == ACCOUNT_CHANGED and change.account_id is not None:
            own = await self._read(change.account_id, None)
            _put(self._accounts, change.account_id, own)
        elif change.action == SHARE_CHANGED and change.share_id is not None:
            own = await self._read(None, change.share_id)
            _put(self._shares, change.share_id, own)
            await self._quotas.load_share(change.share_id)
        else:
            return
        for share in live:
            if change.share_id == share.share_id or change.account_id == share.account_id:
                self.hold(share)

    async def _read(self, account_id: int | None, share_id: int | None) -> dict[str, Any]:
        return await self._database.read(lambda session: LimitRows(session).one(account_id, share_id))

    # -- stating them ------------------------------------------------------------------------------

    async def account(self, name: str) -> tuple[int, dict[str, Any]]:
        """An account's id and what is stated for it. Raises `NoSuchAccount`."""
        return await self._database.read(lambda session: _account(session, name))

    async def share(self, name: str, actor: Actor) -> tuple[int, int | None, dict[str, Any]]:
        """Ids of the share that has the name and of its owner, and what is stated. Raises `NoSuchShare`."""
        return await self._database.read(lambda session: _share(session, name, actor))

    async def state_account(self, name: str, limits: Mapping[str, Any], actor: Actor) -> Change:
        """State an account's limits anew, all of them. Raises `NoSuchAccount` and `BadLimit`."""
        checked, now = _checked(limits), self._clock()
        return await self._database.write(lambda session: _state_account(session, now, name, checked, actor))

    async def state_share(self, name: str, limits: Mapping[str, Any], actor: Actor) -> Change:
        """State a share's limits anew, all of them. Raises `NoSuchShare` and `BadLimit`."""
        checked, now = _checked(limits), self._clock()
        if wrong := sorted(_OF_ACCOUNTS & checked.keys()):
            raise BadLimit(f"{wrong[0]} is a limit of accounts, not of one share")
        return await self._database.write(lambda session: _state_share(session, now, name, checked, actor))


def _put(stated_limits: dict[int, dict[str, Any]], key: int, own: dict[str, Any]) -> None:
    if own:
        stated_limits[key] = own
    else:
        stated_limits.pop(key, None)


def _checked(limits: Mapping[str, Any]) -> dict[str, float | None]:
    try:
        return stated(limits)
    except ValueError as error:
        raise BadLimit(str(error)) from None


def _account(session: Session, name: str) -> tuple[int, dict[str, Any]]:
    account = LimitRows(session).account(name)
    if account is None:
        raise NoSuchAccount(name)
    return account.id, dict(account.limits)


def _share(session: Session, name: str, actor: Actor) -> tuple[int, int | None, dict[str, Any]]:
    share = LimitRows(session).share(name)
    if share is None or not (actor.may(Scope.admin) or owns(actor.account_id, share.owner_id)):
        raise NoSuchShare(name)
    return share.id, share.owner_id, dict(share.limits)


def _state_account(session: Session, now: float, name: str, limits: dict[str, Any], actor: Actor) -> Change:
    account = LimitRows(session).account(name)
    if account is None:
        raise NoSuchAccount(name)
    account.limits = limits
    session.flush()
    entry = Entry(
        at=now,
        actor=actor.label,
        action=ACCOUNT_CHANGED,
        subject=name,
        token_id=actor.token_id,
        account_id=account.id,
        detail={"limits": limits},
    )
    return audit.record(session, entry)[0]


def _state_share(session: Session, now: float, name: str, limits: dict[str, Any], actor: Actor) -> Change:
    share_id, owner_id, _ = _share(session, name, actor)
    LimitRows(session).put_share(share_id, limits)
    entry = Entry(
        at=now,
        actor=actor.label,
        action=SHARE_CHANGED,
        subject=name,
        share_id=share_id,
        token_id=actor.token_id,
        account_id=owner_id,
        detail={"limits": limits},
    )
    return audit.record(session, entry)[0]
