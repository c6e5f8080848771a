"""`share()`: a public link to a local app, and the object that stands for it.

The work is done on an event loop: the caller's (`loop=`), or one of the link's own in a thread of
its own. A `Link` may be used from any thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Final

from doorstep_client.dial import run_loop_factory
from doorstep_client.errors import DoorstepError, EndedError, UnreachableError, UsageError
from doorstep_client.session import Holder
from doorstep_client.settings import RelaySettings, find_relay
from doorstep_client.targets import AsgiApp, Target, make_target
from doorstep_client.wire import Opened

READY_DEADLINE: Final = 30.0
STOP_DEADLINE: Final = 5.0


class Link:
    """A public link. Made by `share`; ended by `close`, by its expiry, or by the relay."""

    def __init__(self, relay: RelaySettings, on_event: Callable[[str], None] | None) -> None:
        self.relay = relay.url
        self._on_event = on_event
        self._ready: Future[None] = Future()
        self._done = threading.Event()
        self._runner: _Runner | None = None
        self._holder: Holder
        self._status = "connecting"

    @property
    def url(self) -> str:
        """Where visitors go."""
        return self._opened().url

    @property
    def name(self) -> str:
        """The share's name: the first label of its host."""
        return self._opened().name

    @property
    def expires_at(self) -> float | None:
        """When the relay ends the link (Unix time, seconds); None when it has no end."""
        return self._holder.expires_at

    @property
    def status(self) -> str:
        """`connecting`, `live`, `reconnecting` or `ended`."""
        return self._status

    @property
    def error(self) -> DoorstepError | None:
        """Why the link ended; None while it lives and after `close`."""
        return self._holder.error

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the link has ended; False when `timeout` seconds pass before."""
        return self._done.wait(timeout)

    def close(self) -> None:
        """End the link: its address answers 410 from now on. Does nothing when it has ended."""
        if self._runner is not None:
            self._runner.stop()

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        where = self._holder.opened.url if self._holder.opened else self.relay
        return f"<Link {where} {self._status}>"

    def _opened(self) -> Opened:
        if self._holder.opened is None:
            raise UsageError("the link is not open yet")
        return self._holder.opened

    # -- called on the loop --------------------------------------------------------------------

    def _changed(self, event: str) -> None:
        again = self._status == "reconnecting"
        match event:
            case "opened":
                self._status = "live"
                if not self._ready.done():
                    self._ready.set_result(None)
                elif again:
                    self._tell(f"The link is back: {self.url}")
            case "lost":
                self._status = "reconnecting"
                self._tell("The relay cannot be reached; the link comes back by itself …")
            case "ended":
                self._status = "ended"
                self._tell_end()

    def _tell_end(self) -> None:
        error = self._holder.error
        if error is None or not self._ready.done():
            return
        if isinstance(error, EndedError):
            self._tell(_farewell(error))
        else:
            self._tell(f"The link has ended: {error}")

    def _tell(self, text: str) -> None:
        if self._on_event is not None:
            self._on_event(text)


_FAREWELLS: Final = {
    "expired": "The link has expired.",
    "revoked": "The link was revoked by the relay's operator or its owner.",
    "closed": "The link was closed.",
    "taken-over": "The link was opened again elsewhere, so it ended here.",
}


def _farewell(error: EndedError) -> str:
    text = _FAREWELLS.get(error.code, f"The link has ended ({error.code}).")
    return f"{text} Reason: {error.reason}" if error.reason and error.code != "taken-over" else text


def share(
    target: AsgiApp | int,
    *,
    relay: str | None = None,
    token: str | None = None,
    name: str | None = None,
    expires_in: float | None = None,
    loop: asyncio.AbstractEventLoop | None = None,
    lifespan: bool = True,
    on_event: Callable[[str], None] | None = None,
) -> Link:
    """Give a local app a public link, and return when the link works.

    Args:
        target: an ASGI app (served inside this process), or the port of a server on this computer.
        relay: the relay's address; by default `DOORSTEP_RELAY` or what `doorstep login` saved.
        token: proves who you are; by default `DOORSTEP_TOKEN` or what `doorstep login` saved.
        name: the link's name, the first label of its host; a random one when absent.
        expires_in: seconds until the relay ends the link; the relay may grant less.
        loop: a running loop, in another thread, to work on; one of the link's own when absent.
        lifespan: whether to run an ASGI app's startup and shutdown; False when another server does.
        on_event: called, on the loop's thread, with a sentence for the user whenever the link is
            lost, back or ended.

    Raises:
        NoRelayError: no relay is configured; the message says how to get one.
        UsageError: an argument cannot be used; also when called on a running loop's own thread.
        RefusedError: the relay said no: bad token, name taken, …
        UnreachableError: the relay cannot be reached.
    """
    _check_thread(loop)
    settings = find_relay(relay, token)
    _check_lifetime(expires_in)
    made = make_target(target, lifespan=lifespan)
    link = Link(settings, on_event)
    link._holder = Holder(settings, made, name=name, expires_in=expires_in, changed=link._changed)
    link._runner = _Runner(link, made, loop)
    link._runner.start()
    return link


def _check_thread(loop: asyncio.AbstractEventLoop | None) -> None:
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        return
    if loop is None or loop is running:
        raise UsageError(
            "share() waits for the relay and would block this event loop; call it with `await asyncio.to_thread(share, …)`"
        )


def _check_lifetime(expires_in: float | None) -> None:
    if expires_in is None:
        return
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float) or not 0 < expires_in < float("inf"):
        raise UsageError(f"expires_in is {expires_in!r}; give a positive number of seconds, for example 3600")


class _Runner:
    """Runs a link's holder on a loop, and stops it from any thread."""

    def __init__(self, link: Link, target: Target, loop: asyncio.AbstractEventLoop | None) -> None:
        self._link = link
        self._target = target
        self._loop = loop
        self._task: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._loop is None:
            self._loop = run_loop_factory()()
            self._thread = threading.Thread(target=self._run_loop, name="doorstep-link", daemon=True)
            self._thread.start()
        else:
            self._loop.call_soon_threadsafe(self._begin)
        try:
            self._link._ready.result(READY_DEADLINE)
        except TimeoutError:
            self.stop()
            raise UnreachableError(f"the relay {self._link.relay} did not open the link within {READY_DEADLINE:.0f} s") from None
        except BaseException:
            self.stop()
            raise

    def _run_loop(self) -> None:
        loop = self._loop
        assert loop is not None  # noqa: S101  # set by `start`
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(self._hold())
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()

    def _begin(self) -> None:
        assert self._loop is not None  # noqa: S101  # set by `start`
        self._task = self._loop.create_task(self._hold())

    async def _hold(self) -> None:
        link = self._link
        self._task = asyncio.current_task()
        try:
            await self._target.start()
            await link._holder.run()
            if not link._ready.done():
                link._ready.set_exception(link._holder.error or UnreachableError("the link was closed before it opened"))
        except asyncio.CancelledError:
            pass  # `stop` gave up waiting for a polite end
        except Exception as error:
            self._failed(error)
        finally:
            link._status = "ended"
            link._done.set()
            await self._target.stop()

    def _failed(self, error: Exception) -> None:
        if self._link._ready.done():
            self._link._tell(f"The link has ended because of an error: {error!r}")
        else:
            self._link._ready.set_exception(error)

    def stop(self) -> None:
        """Close politely, then firmly; returns when nothing runs any more."""
        loop = self._loop
        if self._link._done.is_set() or loop is None or loop.is_closed():
            return
        try:
            polite = asyncio.run_coroutine_threadsafe(self._link._holder.close(), loop)
            self._quietly(polite)
        except RuntimeError:
            return  # the loop has ended meanwhile
        if not self._link._done.wait(STOP_DEADLINE / 2):
            loop.call_soon_threadsafe(self._cancel)
            self._link._done.wait(STOP_DEADLINE / 2)
        if self._thread is not None:
            self._thread.join(STOP_DEADLINE)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    @staticmethod
    def _quietly(future: Future[None]) -> None:
        with suppress(Exception):  # nobody can be told any more; the relay finds out by itself
            future.result(STOP_DEADLINE / 2)

