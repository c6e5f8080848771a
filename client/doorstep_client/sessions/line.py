"""A client's standing line to one relay: one session after the other, for all shares that go over it.

When a session is lost the next one begins, for ever (`pace` says when); each share is asked for again by its
lease. When the relay asks to go elsewhere, the next session is live before the old one is left to itself, so
that what is under way there can finish. Only a refusal for good, or the last share's end, ends a line.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from doorstep_client import wire
from doorstep_client.errors import DoorstepError, RefusedError, UnreachableError, UsageError
from doorstep_client.network.outlook import Outlook
from doorstep_client.sessions.pace import Pace
from doorstep_client.sessions.session import Session
from doorstep_client.settings import RelaySettings, parse_relay

if TYPE_CHECKING:
    from doorstep_client.holding.holder import Holder

log = logging.getLogger("doorstep_client")

STEADY: Final = 10.0
"""Seconds after which a session counts as a good one: the next attempt follows soon."""
MAX_SHARES: Final = 64
"""Shares that go over one line: a relay takes no more in a session."""
MOVE_DEADLINE: Final = 15.0
"""Seconds in which every share has to be open elsewhere."""
_LOOK_EVERY: Final = 0.02
LINGER: Final = 300.0
"""Seconds for which a session is kept that the relay asked to leave; it ends it when all is done there."""

_lines: WeakKeyDictionary[asyncio.AbstractEventLoop, list[Line]] = WeakKeyDictionary()


def line_to(relay: RelaySettings) -> Line:
    """The line to this relay, with this token, on the running loop; a new one when none has room."""
    lines = _lines.setdefault(asyncio.get_running_loop(), [])
    for line in lines:
        if _same(line.relay, relay) and line.has_room:
            return line
    lines.append(Line(relay))
    return lines[-1]


def _same(one: RelaySettings, other: RelaySettings) -> bool:
    return (one.url, one.token, one.network) == (other.url, other.token, other.network)


class Line:
    """The sessions with one relay. Holders `join`, and `leave` when their share is over."""

    def __init__(self, relay: RelaySettings) -> None:
        self.relay = relay
        self._places = [relay]
        """Where to connect: in turn, the one that was good last first."""
        self._holders: dict[int, Holder] = {}
        self._numbers = itertools.count()
        self._pace = Pace()
        self._outlook = Outlook()
        self._session: Session | None = None
        self._left: set[Session] = set()
        """Sessions that the relay asked to leave, with what is under way in them."""
        self._task: asyncio.Task[None] | None = None
        self._replaced: asyncio.Future[None]
        """Done when another session has taken the place of `_session`."""
        self._leaving: Session | None = None
        """The session that the relay asked to leave last."""
        self._jobs: set[asyncio.Task[None]] = set()

    @property
    def has_room(self) -> bool:
        return len(self._holders) < MAX_SHARES

    @property
    def _wanted(self) -> list[Holder]:
        """Those whose share is not over; some may not have left yet."""
        return [holder for holder in self._holders.values() if not holder.is_over]

    def join(self, holder: Holder) -> None:
        """Hold this share too, from now on."""
        holder.number = next(self._numbers)
        self._holders[holder.number] = holder
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        elif self._session is not None and self._session.is_welcome:
            self._do(self._ask(self._session, holder))
        else:
            self._outlook.hurry()

    async def leave(self, holder: Holder) -> None:
        """Its share is over, or nobody wants it any more. With the last one the line ends."""
        if self._holders.pop(holder.number, None) is None:
            return
        if not self._holders:
            await self._end()
        elif self._session is not None and holder.holds_in(self._session):
            await self._close(self._session, holder)

    async def take_back(self, holder: Holder) -> None:
        """Its share is not wanted any more, although the relay may be opening it just now."""
        if self._session is not None and holder.number in self._session.asked:
            await self._close(self._session, holder)

    # -- one session after the other ---------------------------------------------------------------

    async def _run(self) -> None:
        try:
            while self._wanted:
                failure = await self._hold()
                await self._outlook.wait(self._lost(failure))
        except Exception as error:  # noqa: BLE001  # raised where somebody waits for the share
            for holder in self._wanted:
                holder.fail(error)

    async def _hold(self) -> Exception | None:
        """A session, and those that take its place without a break; why the last one ended."""
        self._began = asyncio.get_running_loop().time()
        self._session = session = self._begin(self._places[0])
        watch = asyncio.create_task(self._outlook.watch(lambda: self._session))
        try:
            while True:
                failure = await self._over_or_left(session)
                if self._session is session:
                    return failure
                session = self._session
        finally:
            watch.cancel()
            for job in self._jobs:
                job.cancel()

    async def _over_or_left(self, session: Session) -> Exception | None:
        """Wait for its end, and say why; or for another one in its place, which it may outlive."""
        over = asyncio.create_task(session.over())
        self._replaced = asyncio.get_running_loop().create_future()
        waiting: set[asyncio.Future[Any]] = {over, self._replaced}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return over.result() if over.done() else None
        finally:
            over.cancel()

    def _begin(self, place: RelaySettings) -> Session:
        session = Session(place, self._hear, self._ask_all)
        session.start()
        return session

    def _lost(self, failure: Exception | None) -> float:
        """Tell the holders, and say for how many seconds to wait."""
        was_live = any(holder.is_live for holder in self._holders.values())
        steady = was_live and asyncio.get_running_loop().time() - self._began > STEADY
        if isinstance(failure, RefusedError):
            self._refuse(failure)
        elif failure is not None and not isinstance(failure, DoorstepError | OSError | TimeoutError):
            raise failure
        else:
            self._tell_lost(failure)
        if self._session is not None and not self._session.is_welcome:
            self._places = [*self._places[1:], self._places[0]]
        wait = self._pace.after(steady=steady, refused=_is_refusal(failure))
        return max(wait, getattr(failure, "retry_after", 0.0))

    def _refuse(self, refusal: RefusedError) -> None:
        for holder in self._wanted:
            holder.end(refusal)

    def _tell_lost(self, failure: Exception | None) -> None:
        why = None if failure is None else self._explained(failure)
        log.debug("session lost: %s", why)
        for holder in self._wanted:
            if holder.opened is None and why is not None:
                holder.fail(why)
            else:
                holder.lost(_in_words(why))

    def _explained(self, failure: Exception) -> DoorstepError:
        from doorstep_client.sessions.handshake import unreachable

        return failure if isinstance(failure, DoorstepError) else unreachable(self.relay, failure)

    async def _end(self) -> None:
        """Say goodbye in every session."""
        lines = _lines.get(asyncio.get_running_loop(), [])
        if self in lines:
            lines.remove(self)
        task, self._task = self._task, None
        sessions = [*self._left, *([] if self._session is None else [self._session])]
        for session in sessions:
            session.end()
        if task is not None:
            task.cancel()
            await asyncio.gather(task, *(session.over() for session in sessions), return_exceptions=True)

    # -- what is said ------------------------------------------------------------------------------

    async def _ask_all(self, session: Session) -> None:
        """The relay has greeted: ask for every share."""
        for holder in self._wanted:
            session.asked.add(holder.number)
            await session.send(holder.ask())

    async def _ask(self, session: Session, holder: Holder) -> None:
        if holder.is_over:
            return
        session.asked.add(holder.number)
        with suppress(OSError, TimeoutError):  # the session's end is noticed where it is read
            await session.send(holder.ask())

    async def _close(self, session: Session, holder: Holder) -> None:
        with suppress(OSError, TimeoutError):  # with the session the share goes offline
            await session.send(wire.Close(holder.number))

    def _hear(self, session: Session, message: wire.FromRelay) -> None:
        """Pass on what the relay says. What it says of the session alone is obeyed here."""
        number = getattr(message, "share", None)
        if isinstance(message, wire.Goaway):
            if session is self._session is not self._leaving:
                self._leaving = session
                self._do(self._move(session, message.instead))
        elif isinstance(message, wire.Error) and number is None:
            from doorstep_client.sessions.handshake import refusal

            raise refusal(message, self.relay)
        elif (holder := self._holders.get(-1 if number is None else number)) is not None:
            self._pass_on(session, holder, message)

    def _pass_on(self, session: Session, holder: Holder, message: wire.FromRelay) -> None:
        try:
            again = holder.hear(session, message)
        except RefusedError as error:
            holder.end(error)
            self._do(self._close(session, holder))
        except UnreachableError as error:
            if not any(other.holds_in(session) for other in self._holders.values()):
                raise  # it is worth no more than another session
            self._refused_one(session, holder, error)
        else:
            if again is not None:
                self._do(self._ask(session, holder))

    def _refused_one(self, session: Session, holder: Holder, error: UnreachableError) -> None:
        """The others have their shares; this one's turn may come."""
        if holder.opened is None:
            holder.fail(error)
        else:
            self._do(self._ask_later(session, holder, error.retry_after))

    async def _ask_later(self, session: Session, holder: Holder, seconds: float) -> None:
        await asyncio.sleep(max(seconds, Pace().after(steady=False, refused=False)))
        if not holder.is_over and session not in self._left:  # where it was left for, it was asked for, too
            await self._ask(session, holder)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """Work beside the session, which ends with it."""
        job = asyncio.create_task(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    # -- going elsewhere ---------------------------------------------------------------------------

    async def _move(self, old: Session, instead: tuple[str, ...]) -> None:
        """Open every share elsewhere, however often that has to be tried while the old session lasts."""
        pace = Pace()
        places = _trusted(self.relay, instead) or self._places  # who names another one is still there itself
        for attempt, place in enumerate(itertools.cycle(places)):
            new = self._begin(place)
            try:
                if await self._moved(old, new):
                    self._settle(old, new, place)
                    return
            except BaseException:  # also when cancelled: a session that nobody took up is ended
                new.end()
                raise
            new.end()
            wait = pace.after(steady=attempt == 0, refused=True)  # soon, then ever more seldom
            await asyncio.sleep(max(wait, getattr(await new.over(), "retry_after", 0.0)))

    async def _moved(self, old: Session, new: Session) -> bool:
        """Whether the shares are open in the new session, all that were in the old one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(MOVE_DEADLINE):
                while not new.is_over and any(holder.holds_in(old) for holder in self._wanted):
                    await asyncio.sleep(_LOOK_EVERY)
                    for holder in self._wanted if new.is_welcome else ():
                        if holder.number not in new.asked:  # it came meanwhile
                            await self._ask(new, holder)
        return any(holder.holds_in(new) for holder in self._wanted)

    def _settle(self, old: Session, new: Session, place: RelaySettings) -> None:
        self._session = new
        if not self._replaced.done():
            self._replaced.set_result(None)
        self._began = asyncio.get_running_loop().time()
        self._places = [place, *(other for other in self._places if other.url != place.url)]
        self._left.add(old)
        asyncio.get_running_loop().call_later(LINGER, old.end)
        old.when_over(self._forget)

    def _forget(self, old: Session) -> None:
        """All is done there; a share that could not be opened elsewhere yet is lost until it is."""
        self._left.discard(old)
        for holder in self._wanted:
            if holder.holds_in(old):
                holder.lost("")


def _trusted(relay: RelaySettings, instead: tuple[str, ...]) -> list[RelaySettings]:
    """The relays that the token may be shown to: as safe a way as to this one."""
    found = []
    for address in instead:
        with suppress(UsageError):
            place = parse_relay(address)
            if place.tls or not relay.tls:
                found.append(
                    replace(place, token=relay.token, token_from=relay.token_from, network=relay.network)
                )
    return found


def _in_words(failure: DoorstepError | None) -> str:
    """Why a line that was good is not: the relay is where it was, so what answers is between it and us."""
    from doorstep_client.sessions.handshake import PORTAL, is_portal

    if failure is None:
        return "the relay stops"
    return PORTAL if is_portal(failure) else str(failure)


def _is_refusal(error: Exception | None) -> bool:
    """Whether nobody listened: as it is while a relay starts, and as cheap for it as for us."""
    return isinstance(error, ConnectionRefusedError) or isinstance(
        getattr(error, "__cause__", None), ConnectionRefusedError
    )
