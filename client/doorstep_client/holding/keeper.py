"""Keeps a link alive on an event loop: the caller's, or one of its own in a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from doorstep_client.errors import DoorstepError, EndedError, UnreachableError, UsageError
from doorstep_client.holding.changes import Changes, What
from doorstep_client.holding.holder import Holder
from doorstep_client.holding.lease_files import find_lease
from doorstep_client.holding.loop_thread import LoopThread, give_back, use_loop
from doorstep_client.holding.standing import span
from doorstep_client.settings import RelaySettings
from doorstep_client.targets import Target
from doorstep_client.wire import Naming

if TYPE_CHECKING:
    from doorstep_client.ssh_out import SshHolder, SshServer

log = logging.getLogger("doorstep_client")

READY_DEADLINE: Final = 30.0
STOP_DEADLINE: Final = 5.0
HEAR_EVERY: Final[float | None] = 0.2 if sys.platform == "win32" else None
"""Seconds after which who waits hears Ctrl-C, where that does not interrupt waiting by itself."""

_MOVED: Final = "This link was live elsewhere; it was moved here."
_AWAY: Final = "The relay cannot be reached; the link comes back by itself …"
_ELSEWHERE: Final = "The relay asked to go elsewhere; the link has moved, without a break."
_PAUSED: Final = "The link is paused: nobody can see it until it is resumed."
_GOES_ON: Final = "The link goes on: visitors can see it again."
_CLOSING: Final = "The link is closing: requests under way may finish, for {:.0f} s at most."
_FAREWELLS: Final = {
    "expired": "The link has expired.",
    "revoked": "The link was revoked by its owner or by the relay's operator.",
    "closed": "The link was closed.",
    "taken-over": "The link was opened again elsewhere, so it ended here.",
}


class Keeper:
    """Runs one share's `Holder`. `start` is called on another thread than the loop's, `stop` on any."""

    def __init__(
        self,
        relay: RelaySettings | SshServer,
        target: Target,
        *,
        name: str | None,
        expires_in: float | None,
        naming: Naming = "random",
        balance: bool = False,
        policy: dict[str, Any] | None = None,
        loop: asyncio.AbstractEventLoop | None,
        changes: Changes | None = None,
    ) -> None:
        self.relay = relay.url
        self.status = "connecting"
        self.done = threading.Event()
        self.key = str(policy["key"]) if policy and "key" in policy else ""
        """The secret that visitors need in the link; empty when this client knows of none."""
        about = f"{target.label} {naming} {policy is not None}"
        self._kept = None
        if isinstance(relay, RelaySettings) and name is None and not balance:
            self._kept = find_lease(relay, about)
        self.holder = _holder(
            relay,
            target,
            name=name,
            expires_in=expires_in,
            naming=naming,
            balance=balance,
            policy=policy,
            changed=self._changed,
            kept=self._kept,
        )
        self._target = target
        self._given = loop
        self._changes = changes or Changes()
        self._ready: Future[None] = Future()
        self._over: Future[None] = Future()
        """`done` for whoever waits on a loop."""
        self._loop: asyncio.AbstractEventLoop
        self._thread: LoopThread | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._told: set[str] = set()
        """What was said of the relay being away, since it is."""
        self._is_starting = False
        """Whether the app's own startup runs; a model may be loaded there."""
        self._ending = False
        self._process = os.getpid()

    def begin(self) -> None:
        """Open the link, and do not wait for it."""
        if self._given is None:
            self._thread = use_loop()
            self._loop = self._thread.loop
        else:
            self._loop = self._given
        self._loop.call_soon_threadsafe(self._begin)

    def start(self) -> None:
        """Return when the link works. Raises what kept it from that."""
        self.begin()
        self.wait_opened()

    def wait_opened(self) -> None:
        """Return when the link, begun before, works. Raises what kept it from that.

        On the loop's own thread that would be never: `UsageError`.
        """
        if not self._ready.done() and running_loop() is self._loop:
            raise UsageError("The link is not open yet: `await` it, or write `async with share(…) as link`")
        try:
            while True:
                with self._patience():
                    self._ready.result(READY_DEADLINE)
                    return
        except BaseException:  # also Ctrl-C: nothing stays behind
            self.stop()
            raise

    async def opened(self) -> None:
        """`start` for whoever must not block: return when the link, begun before, works. On any loop."""
        try:
            while True:
                with self._patience():
                    async with asyncio.timeout(READY_DEADLINE):
                        await _done(self._ready)
                    return
        except BaseException:  # also when cancelled: nothing stays behind
            await self.stopped()
            raise

    @contextmanager
    def _patience(self) -> Iterator[None]:
        """Waiting is over after the deadline, but for an app that starts: that takes as long as it takes."""
        try:
            yield
        except TimeoutError:
            if self._ready.done():
                raise  # that is what happened
            if not self._is_starting:
                text = f"The relay {self.relay} did not open the link within {READY_DEADLINE:.0f} s"
                raise UnreachableError(text) from None

    def wait(self, timeout: float | None) -> bool:
        """Wait until nothing runs any more; False when `timeout` seconds pass before."""
        if HEAR_EVERY is None:
            return self.done.wait(timeout)
        until = time.monotonic() + (math.inf if timeout is None else timeout)
        while not self.done.wait(max(0.0, min(HEAR_EVERY, until - time.monotonic()))):
            if time.monotonic() >= until:
                return False
        return True

    async def stopped(self, drain: float = 0.0) -> None:
        """`stop` for whoever must not block: return when nothing runs any more. On any loop."""
        if os.getpid() != self._process:
            return
        if running_loop() is self._loop:
            self._stop_soon(drain)
        else:
            with suppress(RuntimeError):  # as below
                self._loop.call_soon_threadsafe(self._stop_soon, drain)
        with suppress(TimeoutError):
            async with asyncio.timeout(drain + 2 * STOP_DEADLINE):
                await _done(self._over)

    def stop(self, drain: float = 0.0) -> None:
        """Close politely, then firmly. Returns when nothing runs any more; on the loop's thread at once.

        Requests under way may finish within `drain` seconds. A second call with less cuts that short. In a
        process that was forked meanwhile it does nothing: the link is its parent's, and so is the thread.
        """
        if os.getpid() != self._process:
            return
        if running_loop() is self._loop:
            self._stop_soon(drain)
        else:
            self._stop_and_wait(drain)

    def _stop_soon(self, drain: float) -> None:
        """From a callback of the loop: waiting would stop the loop that has the work to do."""
        if not self.done.is_set():
            if drain > 0 and self._closing is None and self.status == "live":
                self._changes.tell("closing", _CLOSING.format(drain), silent=True)
            self._closing = self._loop.create_task(self._polite(drain))
            if self._deadline is not None:
                self._deadline.cancel()
            self._deadline = self._loop.call_later(drain + STOP_DEADLINE / 2, self._cancel)

    async def _polite(self, drain: float) -> None:
        with suppress(OSError, TimeoutError):  # the relay finds out by itself
            await self.holder.close(drain)

    def _stop_and_wait(self, drain: float) -> None:
        with suppress(RuntimeError):  # the loop has ended meanwhile, and all that it ran
            self._loop.call_soon_threadsafe(self._stop_soon, drain)
            self.wait(drain + 2 * STOP_DEADLINE if self._loop.is_running() else 0)
        if self._thread is not None:
            self._thread.join()

    # -- on the loop ---------------------------------------------------------------------------

    def _begin(self) -> None:
        self._is_starting = True
        self._task = self._loop.create_task(self._hold())

    def _cancel(self) -> None:
        if self._task is not None and not self._ending:
            self._task.cancel()

    async def _hold(self) -> None:
        self._task = asyncio.current_task()
        try:
            await self._target.start()
            self._is_starting = False
            await self.holder.run()
            self._fail(self.holder.error or _not_opened())
        except asyncio.CancelledError:
            pass  # `stop` gave up waiting for a polite end
        except Exception as error:  # noqa: BLE001  # raised where `start` waits, or told to the user
            self._fail(error)
        finally:
            await self._end()

    async def _end(self) -> None:
        self._ending = True
        try:
            async with asyncio.timeout(STOP_DEADLINE / 2):
                await self._target.stop()
        except TimeoutError:
            log.warning("the app did not shut down within %.1f s", STOP_DEADLINE / 2)
        finally:
            self.status = "ended"
            self._let_go()

    def _let_go(self) -> None:
        if self._kept is not None:
            self._kept.release()
        if self._thread is not None:
            give_back(self._thread)
        if not self._ready.done():
            self._ready.set_exception(_not_opened())
        self.done.set()
        self._over.set_result(None)

    def _fail(self, error: Exception) -> None:
        """Whoever waits for the link in `start` gets the error; later there is nobody to raise it to."""
        if not self._ready.done():
            self._ready.set_exception(error)
        elif not isinstance(error, DoorstepError):
            self.holder.error = DoorstepError(f"The link has ended because of an error: {error!r}")
            self._tell("ended", str(self.holder.error))

    def _changed(self, event: str) -> None:
        match event:
            case "opened":
                self._opened()
            case "lost":
                self.status = "reconnecting"
                self._tell_away("lost", _AWAY)
            case "waiting":
                self._tell_away("waiting", f"The link is not back yet. {self.holder.trouble}")
            case "moved" | "notice":
                self._tell(event, _ELSEWHERE if event == "moved" else self.holder.notice)
            case "failing":
                self._tell("failing", f"Visitors cannot be served: {self.holder.failure}")
            case "expiring" | "extended":
                self._tell(
                    event,
                    end_text(self.holder.expires_at, self.holder.countdown.left, moved=event == "extended"),
                )
            case "paused":
                paused = self.holder.paused
                self._tell("paused" if paused else "resumed", _PAUSED if paused else _GOES_ON)
            case "ended":
                self._tell_end()

    def _tell_end(self) -> None:
        """Not in words to whoever has closed it."""
        self.status = "ended"
        if self._ready.done():
            error = self.holder.error
            text = _FAREWELLS["closed"] if error is None else farewell(error)
            self._changes.tell("ended", text, silent=error is None)

    def _tell_away(self, what: What, text: str) -> None:
        """Each thing that is found out about it once, however often it is tried."""
        if self._ready.done() and text not in self._told:
            self._told.add(text)
            self._tell(what, text)

    def _opened(self) -> None:
        self._told.clear()
        again, self.status = self.status == "reconnecting", "live"
        if not self._ready.done():
            if self.holder.opened is not None and self.holder.opened.took_over:
                self._tell("moved", _MOVED)
            self._ready.set_result(None)
            self._changes.tell("live", "The link is live.", silent=True)
        elif again and self.holder.opened is not None:
            self._tell("live", f"The link is back: {self.holder.opened.url}")

    def _tell(self, what: What, text: str) -> None:
        self._changes.tell(what, text)


def _holder(relay: RelaySettings | SshServer, target: Target, **options: Any) -> Holder | SshHolder:
    """What holds a share there. What speaks SSH is imported for who wants it."""
    if isinstance(relay, RelaySettings):
        return Holder(relay, target, **options)
    from doorstep_client.ssh_out import SshHolder

    return SshHolder(relay, target, **options)


def _not_opened() -> UnreachableError:
    return UnreachableError("The link was closed before it opened")


async def _done(future: Future[None]) -> None:
    """Wait on this loop for what is done on another. Giving up waiting does not cancel it."""
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()

    def wake(_: object) -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(finish)

    def finish() -> None:
        if not waiter.done():
            waiter.set_result(None)

    future.add_done_callback(wake)
    await waiter
    future.result()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The loop that runs in this thread."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def end_text(expires_at: float | None, seconds: float | None, *, moved: bool) -> str:
    """The sentence about when a link ends: it `moved`, or comes near."""
    if expires_at is None or seconds is None:
        return "The link has no end now."
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(expires_at))
    if moved:
        return f"The link now ends at {at}."
    return f"The link ends in {span(seconds)}, at {at}. `doorstep extend` puts that off."


def farewell(error: DoorstepError) -> str:
    """The sentence for the user when a link has ended."""
    if not isinstance(error, EndedError):
        return f"The link has ended: {error}"
    text = _FAREWELLS.get(error.code, f"The link has ended ({error.code}).")
    return f"{text} Reason: {error.reason}" if error.reason and error.code != "taken-over" else text
