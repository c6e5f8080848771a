"""`share()`: a public link to a local app, and the object that stands for it.

What does the work is imported with the first link: to import `share` costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

from doorstep_client.errors import DoorstepError, UsageError
from doorstep_client.wishes import obeying

if TYPE_CHECKING:
    import asyncio

    from doorstep_client.holding.changes import Changes, Listener
    from doorstep_client.holding.keeper import Keeper
    from doorstep_client.inspector import InspectedTarget
    from doorstep_client.settings import RelaySettings
    from doorstep_client.ssh_out import SshServer
    from doorstep_client.targets import Shareable, Target
    from doorstep_client.traffic.observed import Observer
    from doorstep_client.visitors import Visitors
    from doorstep_client.wire import Naming, Opened


class Link:
    """A public link. Made by `share`; ended by `close`, by its expiry, or by the relay.

    May be used from any thread, and from coroutines: `await link` returns it once it works, `async with`
    closes it at the end, `aclose` waits without blocking.
    """

    def __init__(
        self, keeper: Keeper, changes: Changes, visitors: Visitors, inspected: InspectedTarget | None = None
    ) -> None:
        self._keeper = keeper
        self._changes = changes
        self._visitors = visitors
        self._inspected = inspected

    @property
    def url(self) -> str:
        """Where visitors go."""
        return self._opened.url

    @property
    def visit_url(self) -> str:
        """What to send to people: `url`, with the key that the link asks for if it has one."""
        key = self._keeper.key
        return f"{self.url}/?k={key}" if key else self.url

    @property
    def name(self) -> str:
        """The share's name: the first label of its host."""
        return self._opened.name

    @property
    def relay(self) -> str:
        """The relay's address."""
        return self._keeper.relay

    @property
    def inspect_url(self) -> str | None:
        """The local page that shows the link's requests; None when the link is not inspected.

        Whoever has this address, on this computer, sees what visitors send: it is for you alone.
        """
        return self._inspected.url if self._inspected is not None else None

    @property
    def expires_at(self) -> float | None:
        """When the relay ends the link (Unix time, seconds); None when it has no end."""
        return self._keeper.holder.expires_at

    @property
    def seconds_left(self) -> float | None:
        """Until `expires_at`, by a clock that nobody sets; None when the link has no end."""
        return self._keeper.holder.countdown.left

    @property
    def carried(self) -> bool:
        """Whether its requests go through the session, slower: a proxy in between allows nothing else."""
        return self._keeper.holder.carried

    @property
    def paused(self) -> bool:
        """Whether nobody may see the link for now."""
        return self._keeper.holder.paused

    @property
    def status(self) -> str:
        """`connecting`, `live`, `reconnecting` or `ended`."""
        return self._keeper.status

    @property
    def error(self) -> DoorstepError | None:
        """Why the link ended; None while it lives and after `close`."""
        return self._keeper.holder.error

    @property
    def visitors(self) -> int:
        """How many are there now: addresses with a request or WebSocket open, or seen in the last minute."""
        return self._visitors.now

    @property
    def requests(self) -> int:
        """How many were served since `share`; a WebSocket is one."""
        return self._visitors.requests

    def on_change(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with a `Change` whenever the link's state is another. Returns what ends that.

        It is called on the loop's thread, and must not take long there.
        """
        return self._changes.listen(listener)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the link has ended; False when `timeout` seconds pass before."""
        return self._keeper.wait(timeout)

    def close(self, *, drain: float = 0.0) -> None:
        """End the link: its address answers 410 from now on. Does nothing when it has ended.

        Requests under way may finish within `drain` seconds, a minute at most; WebSockets are cut when those
        have. Another call, from another thread or a signal's handler, cuts that short. Returns when nothing
        of the link runs any more; on the loop's own thread at once.
        """
        self._keeper.stop(drain)

    async def aclose(self, *, drain: float = 0.0) -> None:
        """`close`, for coroutines: other tasks go on meanwhile."""
        await self._keeper.stopped(drain)

    def __await__(self) -> Generator[Any, None, Self]:
        return self._open().__await__()

    async def _open(self) -> Self:
        await self._keeper.opened()
        return self

    async def __aenter__(self) -> Self:
        return await self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    def __enter__(self) -> Self:
        _ = self._opened
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        opened = self._keeper.holder.opened
        return f"<Link {opened.url if opened else 'of no address yet'} {self.status}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from doorstep_client.card import card

        if self._keeper.holder.opened is None:
            return f"The link is {self.status}."
        return card(self.visit_url, self.status, self.expires_at)

    @property
    def _opened(self) -> Opened:
        self._keeper.wait_opened()
        opened = self._keeper.holder.opened
        assert opened is not None  # noqa: S101  # it has been opened
        return opened


@obeying
def share(
    target: Shareable,
    *,
    relay: str | None = None,
    token: str | None = None,
    name: str | None = None,
    expires_in: float | None = None,
    naming: Naming = "random",
    balance: bool = False,
    password: str | None = None,
    policy: Mapping[str, Any] | None = None,
    loop: asyncio.AbstractEventLoop | None = None,
    lifespan: bool = True,
    on_event: Callable[[str], None] | None = None,
    on_request: Observer | None = None,
    inspect: bool | None = None,
    host: str | None = None,
    verify: bool = True,
    ca: str | PathLike[str] | None = None,
    cert: str | PathLike[str] | tuple[str, str] | None = None,
    pin: str | None = None,
    proxy: str | None = None,
) -> Link:
    """Give a local app a public link, and return when the link works.

    On a running event loop it returns at once: `link = await share(…)`, or `async with share(…) as link`,
    waits for the link without holding up the loop, on which the app is then served (what is no app, on a
    thread of its own). In a notebook's cell it waits as elsewhere.

    Args:
        target: what to share: an ASGI or WSGI app, served inside this process, or `"module:app"` and
            `"module:factory()"`, which are imported; the port of a server on this computer (`8501`,
            `":8501"`), `"host:port"`, or a URL; a UNIX socket (`"unix:/run/app.sock"`, or a `Path` to it);
            a folder, whose files are shown.
        relay: the relay's address; by default `DOORSTEP_RELAY` or what `doorstep login` saved. `ssh://host`
            is an SSH server instead, which forwards a port (docs/ssh-out.md).
        token: proves who you are; by default `DOORSTEP_TOKEN` or what `doorstep login` saved.
        name: the link's name, the first label of its host; a random one when absent.
        expires_in: seconds until the relay ends the link; the relay may grant less.
        naming: what a name that the relay makes up is like: `random`, which nobody guesses, or `readable`
            (calm-otter-4821), which is no secret.
        balance: hold the link together with other programs that open the same `name` with the same
            account and this, too; visitors are spread over all of them. Without it the last one that
            opens a name takes it over.
        loop: a running loop to work on; by default the one that runs here, or one that all links of this
            process share, in a thread of its own.
        lifespan: whether to run an ASGI app's startup and shutdown; False when another server does.
        on_event: called, on the loop's thread, with a sentence for the user whenever the link is
            lost, back or ended, when its end comes near or was put off, when it is paused or goes on,
            and when it was taken over from elsewhere.
        on_request: called, on the loop's thread, when a request has come, when its answer begins, and when
            that ends. Without it nothing reads along.
        inspect: whether to show the requests of this link on a page of this computer, `link.inspect_url`;
            by default as `DOORSTEP_INSPECT` says, else not.
        host: which `Host` a server on a port, at a URL or behind a socket is asked for: `"target"`, its own,
            which development servers insist on (the default; `Origin`, `Referer` and redirects follow),
            `"visitor"`, the link's, or a name to be sent in place of both.
        verify: False trusts whoever answers at an https:// target.
        ca: a file or folder with certificates of authorities (PEM) that are trusted for the relay beside the
            system's; by default `DOORSTEP_CA`.
        cert: a file with a certificate and its key (PEM), or a pair of files, to show to the relay or what
            stands before it; by default `DOORSTEP_CLIENT_CERT` and `DOORSTEP_CLIENT_KEY`.
        pin: `sha256/…` of the public key that the relay must have; by default `DOORSTEP_PIN`.
        proxy: an HTTP proxy to go through, `http://host:port`, with a name and password before the host if it
            asks for them; `"none"` goes straight; by default `DOORSTEP_PROXY`, or what the environment names
            for every program.

    Raises:
        NoRelayError: no relay is configured; the message says how to get one.
        UsageError: an argument cannot be used.
        RefusedError: the relay said no: bad token, name taken, …
        UnreachableError: the relay cannot be reached.
    """
    from doorstep_client.cells import kernel, note, take_place
    from doorstep_client.holding.changes import Changes
    from doorstep_client.holding.keeper import Keeper, running_loop
    from doorstep_client.network.options import cert_and_key
    from doorstep_client.policy import make_policy
    from doorstep_client.settings import RelaySettings, wants_inspector
    from doorstep_client.targets import make_target

    _check_lifetime(expires_in)
    _check_kind(naming, balance)
    _check_texts(relay=relay, token=token, name=name, password=password)
    served, inspected = make_target(target, lifespan=lifespan, host=host, verify=verify), None
    found = _relay(relay, token, {**cert_and_key(cert), "ca": ca, "pin": pin, "proxy": proxy})
    if not isinstance(found, RelaySettings):
        found.prepare(served)
    if on_request is not None:
        served = _observed(served, on_request)
    if wants_inspector() if inspect is None else inspect:
        served = inspected = _inspected(served)
    take_place()
    here = None if kernel() is not None else running_loop()  # cells run on a loop, but are plain code
    if loop is None and callable(target):
        loop = here  # beside whatever else the app belongs to
    changes = Changes(on_event)
    keeper = Keeper(
        found,
        served,
        name=name,
        expires_in=expires_in,
        naming=naming,
        balance=balance,
        policy=make_policy(policy, password),
        loop=loop,
        changes=changes,
    )
    link = Link(keeper, changes, served.visitors, inspected)
    if here is None or loop not in (here, None):
        keeper.start()
    else:
        keeper.begin()
    note(link)
    return link


def _observed(target: Target, observer: Observer) -> Target:
    """What reads along is imported where somebody looks."""
    from doorstep_client.traffic.observed import ObservedTarget

    return ObservedTarget(target, observer)


def _relay(relay: str | None, token: str | None, network: Mapping[str, object]) -> RelaySettings | SshServer:
    """A relay of ours, or the SSH server that stands for one."""
    from doorstep_client.settings import find_relay, ssh_address

    address = ssh_address(relay)
    if address is None:
        return find_relay(relay, token, network=network)
    from doorstep_client.ssh_out import check_asked, parse_server

    check_asked(token, network)
    return parse_server(address)


def _inspected(target: Target) -> InspectedTarget:
    """The inspector is imported where it is wanted, and costs nothing elsewhere."""
    from doorstep_client.inspector import InspectedTarget

    return InspectedTarget(target)


def _check_kind(naming: object, balance: object) -> None:
    if naming not in ("random", "readable"):
        raise UsageError(f"naming is {naming!r}; give 'random' or 'readable'")
    if not isinstance(balance, bool):
        raise UsageError(f"balance is {balance!r}; give True or False")


def _check_texts(**arguments: object) -> None:
    """The value is not shown: it may be a token, given as bytes."""
    for name, value in arguments.items():
        if value is not None and not isinstance(value, str):
            raise UsageError(f"{name} is of the type {type(value).__name__}; give a string")


def _check_lifetime(expires_in: float | None) -> None:
    if expires_in is None:
        return
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float):
        raise UsageError(f"expires_in is {expires_in!r}; give a number of seconds, for example 3600")
    if not 0 < expires_in < float("inf"):
        raise UsageError(f"expires_in is {expires_in!r}; give a positive number of seconds")
