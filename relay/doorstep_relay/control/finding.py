"""Shares by name, within a transaction. What is not the actor's is answered like what is not there."""

from __future__ import annotations

from sqlalchemy.orm import Session

from doorstep_relay.control.actors import Actor
from doorstep_relay.domain.lifecycle import ENDED
from doorstep_relay.domain.names import lookup_form
from doorstep_relay.errors import NoSuchShare, ShareEnded
from doorstep_relay.store.models import Share
from doorstep_relay.store.shares import ShareRows


def newest(session: Session, name: str) -> Share | None:
    """The share that has this name, as somebody wrote it, or had it last."""
    stored = lookup_form(name)
    return None if stored is None else ShareRows(session).newest(stored)


def actors_share(session: Session, actor: Actor, name: str) -> Share:
    """The share of this name, if the actor may end it and it is not over yet.

    Raises `NoSuchShare` and `ShareEnded`.
    """
    share = newest(session, name)
    if share is None or not actor.may_end(share.owner_id):
        raise NoSuchShare(name)
    if share.state in ENDED:
        raise ShareEnded(share.state, share.reason)
    return share
