"""Rows of the ways in: invitations, logins of devices, sessions of the relay's own pages."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from doorstep_relay.store.models import Account, DeviceLogin, Invitation, Token, WebSession


class InvitationRows:
    """Invitations, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_id(self, invitation_id: int) -> Invitation | None:
        """The invitation with this id."""
        return self._session.get(Invitation, invitation_id)

    def page(self, *, after: int = 0, limit: int | None = None) -> Sequence[Invitation]:
        """Invitations, oldest first."""
        query = select(Invitation).where(Invitation.id > after).order_by(Invitation.id).limit(limit)
        return self._session.scalars(query).all()

    def any_usable(self, now: float) -> bool:
        """Whether somebody could still come in by one."""
        query = select(Invitation.id).where(
            Invitation.used_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > now
        )
        return self._session.scalar(query.limit(1)) is not None

    def use(self, code_hash: str, now: float) -> Invitation | None:
        """Take the invitation of this code, if it is still to be had: of several at once, one gets it."""
        taken = (
            update(Invitation)
            .where(
                Invitation.code_hash == code_hash,
                Invitation.used_at.is_(None),
                Invitation.revoked_at.is_(None),
                Invitation.expires_at > now,
            )
            .values(used_at=now)
            .returning(Invitation.id)
        )
        found = self._session.scalar(taken, execution_options={"synchronize_session": False})
        return None if found is None else self._session.get(Invitation, found, populate_existing=True)


class DeviceLoginRows:
    """Logins that wait for a yes, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_device(self, device_hash: str) -> DeviceLogin | None:
        """The login that a device asks after, locked for its answer."""
        query = select(DeviceLogin).where(DeviceLogin.device_hash == device_hash)
        return self._session.scalar(query.with_for_update())

    def waiting(self, user_code: str, now: float) -> DeviceLogin | None:
        """The login that nobody has decided yet."""
        query = select(DeviceLogin).where(
            DeviceLogin.user_code == user_code,
            DeviceLogin.decided_at.is_(None),
            DeviceLogin.expires_at > now,
        )
        return self._session.scalar(query.with_for_update())

    def count_waiting(self, now: float) -> int:
        """How many wait for their answers."""
        query = select(func.count()).where(DeviceLogin.decided_at.is_(None), DeviceLogin.expires_at > now)
        return self._session.scalar(query) or 0

    def forget(self, before: float) -> None:
        """Those that were over by then are no more."""
        self._session.execute(delete(DeviceLogin).where(DeviceLogin.expires_at < before))


class WebSessionRows:
    """Sessions of the relay's own pages, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def usable(self, secret_hash: str, now: float) -> tuple[WebSession, Account] | None:
        """The session of this secret, while neither it nor the token behind it is over."""
        query = (
            select(WebSession, Account)
            .join(Account, Account.id == WebSession.account_id)
            .outerjoin(Token, Token.id == WebSession.token_id)
            .where(
                WebSession.secret_hash == secret_hash,
                WebSession.revoked_at.is_(None),
                WebSession.expires_at > now,
                Token.revoked_at.is_(None),
                or_(Token.expires_at.is_(None), Token.expires_at > now),
            )
        )
        row = self._session.execute(query).first()
        return (row[0], row[1]) if row else None

    def end_of(self, account_id: int, now: float) -> None:
        """Whoever is signed in to this account is so no more."""
        query = update(WebSession).where(WebSession.account_id == account_id, WebSession.revoked_at.is_(None))
        self._session.execute(query.values(revoked_at=now))

    def forget(self, before: float) -> None:
        """Those that were over by then are no more."""
        self._session.execute(delete(WebSession).where(WebSession.expires_at < before))
