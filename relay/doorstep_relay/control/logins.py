"""`doorstep login`: a device asks for a token, and somebody who is signed in says yes (RFC 8628)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.issuing import LONGEST_LABEL, NewToken, Wish, issue
from doorstep_relay.control.web_sessions import token_end
from doorstep_relay.domain.credentials import hash_secret, new_secret, new_user_code, read_user_code
from doorstep_relay.domain.scopes import USUAL, Scope, parse_scopes, scopes_text
from doorstep_relay.errors import BadCode, Banned, LoginPending, TooMany
from doorstep_relay.store import audit
from doorstep_relay.store.accounts import AccountRows
from doorstep_relay.store.audit import Entry
from doorstep_relay.store.database import Database
from doorstep_relay.store.models import Account, DeviceLogin
from doorstep_relay.store.sign_ins import DeviceLoginRows

LIFETIME: Final = 600.0
"""Seconds in which somebody has to say yes."""
INTERVAL: Final = 2.0
"""Seconds between two questions of a device."""
_EARLY: Final = 0.5
"""Seconds by which a question may come early: networks are no clocks."""
_MOST_WAITING: Final = 10_000
_KEPT: Final = 3600.0


@dataclass(frozen=True, slots=True)
class NewLogin:
    """What a device is told: it keeps `device_code`, and shows `user_code`."""

    device_code: str
    user_code: str

    def __repr__(self) -> str:
        return "NewLogin(…)"


@dataclass(frozen=True, slots=True)
class LoginFacts:
    """Who asks for a token, as somebody sees it who is to say yes."""

    user_code: str
    client: str
    address: str
    created_at: float
    scopes: frozenset[Scope]
    """What it asks for."""


class Logins:
    """The service over the device logins of one database. `clock` gives unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def begin(self, client: str, address: str, scopes: frozenset[Scope] = USUAL) -> NewLogin:
        """A device asks for a token that may do so much. Raises `TooMany` when too many wait already."""
        now, new = self._clock(), NewLogin(new_secret("dsd"), new_user_code())
        login = DeviceLogin(
            device_hash=hash_secret(new.device_code),
            user_code=new.user_code,
            client=_line(client),
            address=address[:45],
            created_at=now,
            expires_at=now + LIFETIME,
            scopes=scopes_text(scopes),
        )

        def work(session: Session) -> None:
            rows = DeviceLoginRows(session)
            rows.forget(now - _KEPT)
            if rows.count_waiting(now) >= _MOST_WAITING:
                raise TooMany("too many logins wait for their answers", 60.0)
            session.add(login)

        await self._database.write(work)
        return new

    async def find(self, user_code: str) -> LoginFacts:
        """The login that waits under this code. Raises `BadCode`."""
        now = self._clock()

        def work(session: Session) -> LoginFacts:
            login = _waiting(session, user_code, now)
            asked = parse_scopes(login.scopes)
            return LoginFacts(login.user_code, login.client, login.address, login.created_at, asked)

        return await self._database.read(work)

    async def approve(self, user_code: str, *, by: Actor, web_secret: str, as_admin: bool = False) -> None:
        """Give the device a token of the account that is signed in. Raises `BadCode`.

        It may do what the device asked for, as far as whoever says yes may do it; an admin's rights it gets
        only when that is said in words.
        """
        now = self._clock()

        def work(session: Session) -> None:
            login = _waiting(session, user_code, now)
            login.decided_at, login.account_id = now, by.account_id
            given = parse_scopes(login.scopes) & by.scopes
            login.scopes = scopes_text(given if as_admin else given - {Scope.admin})
            login.token_expires_at = token_end(session, web_secret, now)
            session.flush()
            audit.record(session, _note(now, by, "login.approve", login, scopes=login.scopes))

        await self._database.write(work)

    async def deny(self, user_code: str, *, by: Actor) -> None:
        """Give the device nothing. Raises `BadCode`."""
        now = self._clock()

        def work(session: Session) -> None:
            login = _waiting(session, user_code, now)
            login.decided_at = now
            session.flush()
            audit.record(session, _note(now, by, "login.deny", login))

        await self._database.write(work)

    async def collect(self, device_code: str) -> NewToken:
        """The device's token, once. Raises `LoginPending` with the code that says why there is none."""
        now = self._clock()
        outcome = await self._database.write(lambda session: _collect(session, now, device_code))
        if isinstance(outcome, LoginPending):
            raise outcome  # after the commit: that the device has asked had to be written down
        return outcome


def _collect(session: Session, now: float, device_code: str) -> NewToken | LoginPending:
    login = DeviceLoginRows(session).by_device(hash_secret(device_code))
    if login is None or login.taken_at is not None or login.expires_at <= now:
        return LoginPending("expired-token", "this login is over; begin again")
    if login.polled_at is not None and now < login.polled_at + INTERVAL - _EARLY:
        return LoginPending("slow-down", f"ask every {INTERVAL:.0f} seconds, not more often")
    login.polled_at = now
    if login.decided_at is None:
        return LoginPending("authorization-pending", "nobody has said yes yet")
    account = AccountRows(session).by_id(login.account_id) if login.account_id is not None else None
    if account is None:
        return LoginPending("access-denied", "somebody said no")
    return _take(session, now, login, account)


def _take(session: Session, now: float, login: DeviceLogin, account: Account) -> NewToken:
    if account.banned_at is not None:
        raise Banned(account.ban_reason)
    login.taken_at = now
    wish = Wish(scopes=parse_scopes(login.scopes), label=login.client, expires_at=login.token_expires_at)
    made, entry = issue(session, now, Actor(account.id, account.name), account, wish)
    audit.record(session, entry)
    return made


def _waiting(session: Session, user_code: str, now: float) -> DeviceLogin:
    login = DeviceLoginRows(session).waiting(read_user_code(user_code), now)
    if login is None:
        raise BadCode
    return login


def _line(client: str) -> str:
    """The device's own name for itself: one line of plain text."""
    return "".join(sign for sign in client if sign.isprintable())[:LONGEST_LABEL].strip() or "a computer"


def _note(now: float, by: Actor, action: str, login: DeviceLogin, **detail: str) -> Entry:
    return Entry(
        at=now,
        actor=by.label,
        action=action,
        subject=by.account_name,
        account_id=by.account_id,
        detail={"client": login.client, "address": login.address, **detail},
    )
