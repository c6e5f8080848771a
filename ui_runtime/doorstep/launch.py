"""`launch()`: the server in a thread, the link if one is asked for, and the terminal's last words."""

from __future__ import annotations

import atexit
import os
import sys
import time
from dataclasses import dataclass
from threading import Timer
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit
from weakref import WeakSet

from doorstep.cells import take_place
from doorstep.dev import current
from doorstep.ending import Ending
from doorstep.errors import UsageError
from doorstep.later import LAUNCH, note_unsupported
from doorstep.look import LookOptions, split_options
from doorstep.notebook import Cell, is_notebook
from doorstep.security import LoopbackGuard
from doorstep.server import App
from doorstep.serving import ServerThread, bind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

    from doorstep.auth.passwords import AuthLike
    from doorstep.blocks import Blocks
    from doorstep_client.wishes import Shower

_launched: Final[WeakSet[Blocks]] = WeakSet()
_DRAIN: Final = 10.0
"""Seconds in which visitors' requests may finish after Ctrl-C."""
_PATIENCE: Final = 0.5
_WAITS: Final = "Requests under way may finish, for ten seconds at most; Ctrl-C again quits at once."
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})

_REFUSED: Final = frozenset({"ssl_keyfile", "ssl_certfile"})
"""Of the parameters that do nothing yet, those that people rely on to be safe: to stop is better."""


class LaunchOptions(LookOptions, total=False):
    """What `launch` takes, for those who pass it on; `launch` says what each means."""

    share: bool | None
    relay: str | None
    token: str | None
    name: str | None
    expires_in: float | None
    share_password: str | None
    share_policy: dict[str, Any] | None
    inspect: bool | None
    qr: bool | None
    prevent_thread_lock: bool
    server_name: str | None
    server_port: int | None
    inbrowser: bool
    quiet: bool
    root_path: str | None
    show_error: bool
    debug: bool
    max_threads: int
    max_file_size: int | str | None
    max_session_size: int | str | None
    allowed_paths: list[str] | None
    blocked_paths: list[str] | None
    state_session_capacity: int
    auth: AuthLike | None
    auth_message: str | None
    auth_dependency: Callable[..., Any] | None
    inline: bool | None
    height: int | str
    width: int | str


class LaunchResult(NamedTuple):
    """What `launch` returns: the ASGI app, its URL on this machine, and its public URL."""

    app: App
    local_url: str
    share_url: str | None

    def _ipython_display_(self) -> None:
        """Nothing, as a cell's last line: the cell has shown the page already."""


@dataclass
class Running:
    """A launched app: its server, and its link if it has one."""

    app: App
    served: ASGIApp
    """What the server was given: the app itself, or what stands for it while it is developed."""
    server: ServerThread
    local_url: str
    link: Any = None

    @property
    def share_url(self) -> str | None:
        return self.link.url if self.link is not None else None

    @property
    def visit_url(self) -> str | None:
        """The public URL with the key that it may ask for."""
        return self.link.visit_url if self.link is not None else None

    def drain(self, say: Callable[[str], None]) -> None:
        """Let nobody new in through the link; requests under way may finish."""
        if self.link is None:
            return
        patience = Timer(_PATIENCE, _silent if _shower() is not None else say, [_WAITS])
        patience.start()
        self.link.close(drain=_DRAIN)
        patience.cancel()

    def close(self) -> None:
        """The link first, so that no visitor reaches a server that is going away."""
        link, self.link = self.link, None
        if link is not None:
            link.close()
        self.app.close()
        self.server.stop()
        atexit.unregister(self.close)


def launch(
    blocks: Blocks,
    *,
    share: bool | None = None,
    relay: str | None = None,
    token: str | None = None,
    name: str | None = None,
    expires_in: float | None = None,
    naming: Literal["random", "readable"] = "random",
    balance: bool = False,
    inspect: bool | None = None,
    qr: bool | None = None,
    share_password: str | None = None,
    share_policy: dict[str, Any] | None = None,
    prevent_thread_lock: bool = False,
    server_name: str | None = None,
    server_port: int | None = None,
    inbrowser: bool = False,
    quiet: bool = False,
    root_path: str | None = None,
    show_error: bool = False,
    debug: bool = False,
    max_threads: int = 40,
    max_file_size: int | str | None = None,
    max_session_size: int | str | None = None,
    allowed_paths: list[str] | None = None,
    blocked_paths: list[str] | None = None,
    state_session_capacity: int = 10_000,
    auth: AuthLike | None = None,
    auth_message: str | None = None,
    auth_dependency: Callable[..., Any] | None = None,
    inline: bool | None = None,
    height: int | str = 500,
    width: int | str = "100%",
    **look: Any,
) -> LaunchResult:
    """Serve `blocks`, and wait until Ctrl-C unless `prevent_thread_lock` or in a notebook.

    `share=True` opens a public link through a relay (`relay`, `token`, `name`, `expires_in`, `naming`,
    `balance` as `doorstep_client.share` takes them); a reason against it is printed, and the local app
    goes on. `share_password` lets nobody through the link without it; `share_policy` says more of who may
    (docs/security.md). `inspect=True` shows the link's requests on a page of this computer
    (docs/inspect.md), `qr=True` its QR code in the terminal.
    `auth` (a name and a password, a list of pairs, or a function of both) closes the app to everybody who
    does not log in; `auth_message` is said on the login page.
    In a notebook the page is shown in the cell, `height` by `width` (pixels or CSS lengths), unless
    `inline=False`. `theme`, `css`, `js`, `head` and the like are those of `doorstep.look.Look`.
    `show_error` shows the visitors what the function raised. One upload may have `max_file_size` (1 GB), and
    all files of one open page together `max_session_size` (2 GB): in bytes, or words like "5mb".
    Settings also come from DOORSTEP_* or GRADIO_* variables:
    SERVER_NAME, SERVER_PORT, ROOT_PATH, SHARE, QR, ALLOWED_PATHS, BLOCKED_PATHS.
    Raises `UsageError` for a wrong argument and `OSError` when the port is taken.
    """
    given, later = split_options(look)
    if later.pop("show_api", None) is False:  # as it was said before there were links to choose
        given.setdefault("footer_links", ["gradio"])
    _note_later(later)
    cell = Cell() if inline is not False and is_notebook() else None
    say = _silent if quiet or cell is not None else _voice()  # a cell shows the addresses
    blocks.close()
    take_place(blocks)
    host = server_name or setting("SERVER_NAME") or "127.0.0.1"
    root = root_path if root_path is not None else setting("ROOT_PATH") or ""
    port = _checked_port(server_port if server_port is not None else _port())
    app = App(
        blocks,
        root_path=urlsplit(root).path,
        show_error=show_error or debug,
        max_threads=max_threads,
        max_file_size=max_file_size,
        max_session_size=max_session_size,
        allowed_paths=allowed_paths or _listed("ALLOWED_PATHS"),
        blocked_paths=blocked_paths or _listed("BLOCKED_PATHS"),
        session_capacity=state_session_capacity,
        auth=auth,
        auth_message=auth_message,
        auth_dependency=auth_dependency,
        **given,
    )
    stage = current.stage()
    if stage is not None and (place := stage.take(blocks, app)) is not None:
        return LaunchResult(app, place.local_url, place.share_url)
    served = app if stage is None else stage.open(app)
    listener = bind(host, port)
    guarded = LoopbackGuard(served, _names(root)) if host in _LOOPBACK else served
    local_url = f"http://{_shown_host(host)}:{listener.getsockname()[1]}"
    running = Running(app, served, ServerThread(guarded, listener), local_url)
    running.server.start()
    blocks.running = running
    _launched.add(blocks)
    atexit.register(running.close)
    say(f"* Running on local URL:  {local_url}")
    if _wants_share(share):
        _share(
            running,
            say,
            qr=qr,
            on_event=cell.tell if cell is not None else None if _shower() is not None else say,
            relay=relay,
            token=token,
            name=name,
            expires_in=expires_in,
            naming=naming,
            balance=balance,
            inspect=inspect,
            password=share_password,
            policy=share_policy,
        )
    if inbrowser:
        import webbrowser

        webbrowser.open(running.visit_url or local_url)
    if cell is not None:
        cell.show(local_url, running.visit_url, height=height, width=width)
    if stage is not None:
        stage.keep(running)
    elif debug or not (prevent_thread_lock or is_interactive()):
        _wait(blocks, running, say)
    return LaunchResult(app, local_url, running.share_url)


def close_all(verbose: bool = True) -> None:  # noqa: ARG001  # nothing is said either way
    """Stop serving every app that this process launched."""
    for blocks in list(_launched):
        blocks.close()


# -- the link ----------------------------------------------------------------------------------


def _share(running: Running, say: Any, qr: bool | None, **options: Any) -> None:
    """Open the link. A reason against it is printed, and the local app goes on."""
    import doorstep_client

    try:
        running.link = doorstep_client.share(
            running.served, loop=running.server.loop, lifespan=False, **options
        )
    except doorstep_client.DoorstepError as error:
        _say(f"{error}\nThe app runs on its local URL only.")  # `quiet` asked for no such silence
        return
    if _shower() is not None:
        return
    say(f"* Running on public URL: {running.link.visit_url}")
    if say is _say and (qr if qr is not None else (setting("QR") or "").lower() in {"true", "1"}):
        from doorstep_client.terminal.qr import show_code

        show_code(running.link.visit_url)
    if running.link.inspect_url:
        say(f"* Its requests, for you: {running.link.inspect_url}")
    expires_at = running.link.expires_at
    if expires_at is not None:
        say(f"  The link ends in {in_words(expires_at - time.time())}.")


def _shower() -> Shower | None:
    """What shows the link in this module's place: `doorstep share script.py` has a panel."""
    from doorstep_client.wishes import wishes

    return wishes.shower


def in_words(seconds: float) -> str:
    """A time span for people: `3 days`, `2 hours`, `1 minute`."""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size or (seconds >= 0.95 * size and unit != "day"):
            count = round(seconds / size)
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return "less than a minute"


# -- waiting -----------------------------------------------------------------------------------


def _wait(blocks: Blocks, running: Running, say: Any) -> None:
    """Block until Ctrl-C, SIGTERM, or the server's own end; then close. A second Ctrl-C ends the process."""
    shower = _shower()
    with Ending(shower.restore if shower is not None else int) as ending:
        running.server.when_ended(ending.come)
        ending.wait()
        if ending.asked_for:
            if shower is None:
                say("\nStopping.")
            running.drain(say)
        blocks.close()


def is_interactive() -> bool:
    """Whether a person types line after line: launching must give the prompt back."""
    return hasattr(sys, "ps1") or bool(sys.flags.interactive) or is_notebook()


# -- settings ----------------------------------------------------------------------------------


def setting(name: str) -> str | None:
    """`DOORSTEP_{name}` of the environment, else `GRADIO_{name}`."""
    return os.environ.get(f"DOORSTEP_{name}") or os.environ.get(f"GRADIO_{name}")


def _listed(name: str) -> list[str]:
    return [each.strip() for each in (setting(name) or "").split(",") if each.strip()]


def _port() -> int | None:
    given = setting("SERVER_PORT")
    if given is None:
        return None
    try:
        return int(given)
    except ValueError:
        raise UsageError(f"the SERVER_PORT of the environment is no number: {given!r}") from None


def _checked_port(port: Any) -> int | None:
    """The system would take 99999 for 34463, and a name for nothing in particular."""
    if port is None or (isinstance(port, int) and 0 <= port <= 65535):
        return port
    raise UsageError(f"a server_port is a whole number from 0 (any free port) to 65535, not {port!r}")


def _wants_share(share: bool | None) -> bool:
    """`always` is said by `doorstep share script.py`: whoever runs it decides, not the script."""
    said = (setting("SHARE") or "").lower()
    return said == "always" or (share if share is not None else said in {"true", "1"})


def _names(root: str) -> Iterator[str]:
    """The host names that a proxy before the app may ask for."""
    if host := urlsplit(root).hostname:
        yield host
    yield from _listed("ALLOWED_HOSTS")


def _note_later(given: dict[str, Any]) -> None:
    for name in _REFUSED & given.keys():
        if given[name] is not None and given[name] is not False:
            raise UsageError(f"launch: `{name}` is not supported yet, and ignoring it would not be safe")
    if given.get("strict_cors") is True:  # so it is
        del given["strict_cors"]
    note_unsupported("launch", LAUNCH, given)


# -- words -------------------------------------------------------------------------------------


def _shown_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # for the terminal


def _voice() -> Callable[[str], None]:
    shower = _shower()
    return shower.say if shower is not None else _say


def _silent(_text: str) -> None:
    pass
