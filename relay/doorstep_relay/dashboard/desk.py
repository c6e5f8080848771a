"""What the dashboard's functions work with: the services, and who is asking.

Every function asks anew who is signed in with its visitor's cookie. What a page was built for decides
nothing: a session that ended, or a role that was lost, counts from the next click on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.api.callers import OnChange
from doorstep_relay.control.here import Here
from doorstep_relay.control.history import ShareFacts
from doorstep_relay.control.services import Services
from doorstep_relay.dashboard.words import counted, sentence
from doorstep_relay.domain.claims import owns
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import Forbidden, NoSuchShare, OperatorError, Refusal
from doorstep_relay.store.audit import Change
from doorstep_relay.store.shares import ShareSearch

_MOST_COUNTED: Final = 1000


class SignedOutError(Exception):
    """Nobody is signed in with this page any more."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Made once a process."""

    services: Services
    here: Here
    on_change: OnChange
    """Makes a change effective at once in this process."""
    cookie: str
    """The name of the session's cookie."""

    @property
    def now(self) -> Callable[[], float]:
        return self.services.clock

    async def viewer(self, request: ds.Request) -> Actor:
        """Who is signed in. Raises `SignedOutError`, and `Forbidden` for who may only open links."""
        secret = request.cookies.get(self.cookie, "")
        actor = await self.services.web_sessions.who(secret) if secret else None
        if actor is None:
            raise SignedOutError
        if not actor.may(Scope.own):
            raise Forbidden(Scope.own)
        return actor

    async def admin(self, request: ds.Request) -> Actor:
        """The same, for what is an admin's alone. Raises `SignedOutError` and `Forbidden`."""
        actor = await self.viewer(request)
        if not actor.may(Scope.admin):
            raise Forbidden(Scope.admin)
        return actor

    async def find_share(self, name: str, actor: Actor) -> ShareFacts:
        """A link that the actor may see. Raises `NoSuchShare` for all others."""
        share = await self.services.shares.find(name)
        if share is None or not (actor.may(Scope.admin) or owns(actor.account_id, share.owner_id)):
            raise NoSuchShare(name)
        return share

    async def links_text(self, name: str) -> str:
        """How many links an account has, as far as they are worth counting."""
        wanted = ShareSearch(owner=name, limit=_MOST_COUNTED + 1)
        links = len(await self.services.shares.search(wanted))
        return f"more than {_MOST_COUNTED:,} links" if links > _MOST_COUNTED else counted(links, "link")

    async def ban_text(self, name: str) -> str:
        """What a ban of this account would hit. Raises `NoSuchAccount`."""
        await self.services.accounts.find(name)
        links = (await self.links_text(name)).capitalize()
        return f"Shut {name} out? {links} end now, and no token of theirs is good any more."

    async def obey(self, *changes: Change | None) -> None:
        """Changes that were just written take effect at once."""
        for change in changes:
            if change is not None:
                await self.on_change(change)

    async def obey_all(self, changes: Iterable[Change]) -> None:
        """The same, for what is many changes."""
        await self.obey(*changes)


@contextmanager
def told() -> Iterator[None]:
    """What the services refuse is said to the person, and is no error of the dashboard's."""
    try:
        yield
    except SignedOutError:
        raise _notice("You are signed in no more. Load the page again.", "Signed out") from None
    except Refusal as refusal:
        raise _notice(sentence(refusal.message), "That did not work") from None
    except OperatorError as error:
        raise _notice(sentence(str(error)), "That did not work") from None


def _notice(text: str, title: str) -> ds.Error:
    return ds.Error(text, title=title, print_exception=False)
