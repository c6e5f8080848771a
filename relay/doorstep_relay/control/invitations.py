"""Invitations: a code that lets one person in, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from doorstep_relay.control.accounts import add
from doorstep_relay.control.actors import OPERATOR, Actor
from doorstep_relay.control.issuing import NewToken, Wish, check_account, check_lifetime, issue
from doorstep_relay.domain.credentials import hash_secret, new_secret
from doorstep_relay.domain.scopes import USUAL, Role, Scope, parse_scopes, scopes_text
from doorstep_relay.errors import BadCode, Banned, NoSuchInvitation
from doorstep_relay.store import audit
from doorstep_relay.store.accounts import AccountRows
from doorstep_relay.store.audit import Change, Entry
from doorstep_relay.store.database import Database
from doorstep_relay.store.models import Account, Invitation
from doorstep_relay.store.sign_ins import InvitationRows

LIFETIME: Final = 7 * 86400.0


@dataclass(frozen=True, slots=True)
class InvitationFacts:
    """An invitation as it may be shown: everything but its code. Times are unix seconds."""

    id: int
    account: str
    role: Role
    scopes: str
    created_by: str
    created_at: float
    expires_at: float
    used_at: float | None
    revoked_at: float | None

    def state(self, now: float) -> str:
        """`open`, `used`, `revoked` or `expired`."""
        if self.used_at is not None:
            return "used"
        if self.revoked_at is not None:
            return "revoked"
        return "open" if self.expires_at > now else "expired"


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation that was just made. `code` exists here and nowhere else."""

    facts: InvitationFacts
    code: str

    def __repr__(self) -> str:
        return f"NewInvitation({self.facts!r}, code=…)"


class Invitations:
    """The service over the invitations of one database. `clock` gives unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def create(
        self,
        account: str,
        *,
        by: Actor = OPERATOR,
        role: Role = Role.member,
        scopes: frozenset[Scope] = USUAL,
        expires_in: float = LIFETIME,
    ) -> NewInvitation:
        """A code for the account of this name, which is made when the code is used, if there is none.

        The role is that of a new account; one that is there keeps its own. Raises `ConfigError`.
        """
        check_account(account)
        wish = Wish(scopes=scopes)
        code, now = new_secret("dsi"), self._clock()
        row = Invitation(
            code_hash=hash_secret(code),
            account_name=account,
            role=role.value,
            scopes=scopes_text(wish.scopes),
            created_by=by.label,
            created_at=now,
            expires_at=now + check_lifetime(expires_in),
        )

        def work(session: Session) -> None:
            session.add(row)
            session.flush()
            entry = _note(now, by.label, "invite.create", row, role=row.role, scopes=row.scopes)
            audit.record(session, entry)

        await self._database.write(work)
        return NewInvitation(_facts(row), code)

    async def list(self, *, after: int = 0, limit: int | None = None) -> Sequence[InvitationFacts]:
        """Invitations, oldest first."""
        rows = await self._database.read(
            lambda session: InvitationRows(session).page(after=after, limit=limit)
        )
        return [_facts(row) for row in rows]

    async def any_usable(self) -> bool:
        """Whether somebody could still come in by one."""
        now = self._clock()
        return await self._database.read(lambda session: InvitationRows(session).any_usable(now))

    async def revoke(self, number: int, *, by: Actor = OPERATOR) -> Change:
        """Let nobody in by this one. Raises `NoSuchInvitation`, also when it is used or revoked."""
        now = self._clock()

        def work(session: Session) -> Change:
            row = InvitationRows(session).by_id(number)
            if row is None or row.used_at is not None or row.revoked_at is not None:
                raise NoSuchInvitation(number)
            row.revoked_at = now
            session.flush()
            return audit.record(session, _note(now, by.label, "invite.revoke", row))[0]

        return await self._database.write(work)

    async def redeem(self, code: str, *, label: str = "") -> NewToken:
        """The token that a code is good for, once. Raises `BadCode` and `Banned`."""
        now = self._clock()

        def work(session: Session) -> NewToken:
            row, account = use(session, now, code)
            wish = Wish(scopes=parse_scopes(row.scopes), label=label)
            made, entry = issue(session, now, _self(account), account, wish)
            audit.record(session, entry)
            return made

        return await self._database.write(work)


def use(session: Session, now: float, code: str) -> tuple[Invitation, Account]:
    """Take an invitation within a transaction: of several who try at once, one gets it.

    Raises `BadCode` for whatever is wrong with it, and `Banned`.
    """
    row = InvitationRows(session).use(hash_secret(code.strip()), now)
    if row is None:
        raise BadCode
    account = AccountRows(session).by_name(row.account_name)
    if account is None:
        account = add(session, now, OPERATOR, row.account_name, role=Role(row.role))
    elif account.banned_at is not None:
        raise Banned(account.ban_reason)
    audit.record(session, _note(now, _self(account).label, "invite.use", row, account_id=account.id))
    return row, account


def _self(account: Account) -> Actor:
    return Actor(account.id, account.name)


def _facts(row: Invitation) -> InvitationFacts:
    return InvitationFacts(
        id=row.id,
        account=row.account_name,
        role=Role(row.role),
        scopes=row.scopes,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )


def _note(
    now: float, actor: str, action: str, row: Invitation, *, account_id: int | None = None, **detail: str
) -> Entry:
    return Entry(
        at=now,
        actor=actor,
        action=action,
        subject=row.account_name,
        account_id=account_id,
        detail={"invitation": row.id, **detail},
    )
