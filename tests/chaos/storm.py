"""A storm: visitors, clients and a relay under faults drawn from a seed, and what must hold throughout.

1. No byte of one visitor or share reaches another: each answer names its request, its share and its account.
2. Each request gets one whole answer, the relay's own with a code, or a cut that its library reports.
3. A request reaches an app at most once.
4. A share serves nothing from a second after its revocation or expiry until it is opened again.
5. After the storm everything works, and the relay holds as little as before it.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from tests.chaos.cast import Clients, WatchedRelay
from tests.chaos.facts import GRACE, Log, Share, dice, sent_twice
from tests.chaos.faults import Fault, FaultProxy
from tests.chaos.visitors import Route, Visitor
from tests.support import Answer, eventually, visit

VISITORS = 16
Event = Callable[[Share], Awaitable[str]]

MORE_FILES = 6
MORE_MEMORY = 48 * 1024 * 1024
"""What the relay may hold after a storm beyond what it held before: loaded code, caches, free lists."""
RECOVERY = 40.0


class Storm:
    """One storm of `seconds`; `run` returns its log, in which there should be no violation."""

    def __init__(
        self, place: Path, seed: str, seconds: float, say: Callable[[str], None] = lambda _text: None
    ) -> None:
        self.log = Log(seed)
        self._place = place
        self._seconds = seconds
        self._say = say
        self._chance = dice(seed, "director")
        self._relay = WatchedRelay(place / "relay")
        self._alone = asyncio.Lock()
        """Held by who kills the relay, and by who needs its word meanwhile."""
        self._shares: list[Share] = []
        self._clients: Clients
        self._tunnels: FaultProxy
        self._doors: FaultProxy

    async def run(self) -> Log:
        async with AsyncExitStack() as stack:
            base = await self._raise_curtain(stack)
            stop = asyncio.Event()
            visitors = [asyncio.ensure_future(visitor.run(stop)) for visitor in self._visitors()]
            try:
                await self._rage(time.monotonic() + self._seconds)
                await self._calm()
            finally:
                stop.set()
                await asyncio.gather(*visitors)
            await self._everything_works()
            self.log.violations += sent_twice(self._clients.journals)
            await self._back_to(base)
        return self.log

    # -- before --------------------------------------------------------------------------------

    async def _raise_curtain(self, stack: AsyncExitStack) -> dict[str, int]:
        """Start everything. What the relay held before the first client came."""
        relay, seed = self._relay, self.log.seed
        tokens = {account: await asyncio.to_thread(relay.token, account) for account in ("alice", "bob")}
        stack.callback(self._end_relay)
        await asyncio.to_thread(relay.start)
        base = await self._relay_census()
        self._tunnels = await stack.enter_async_context(FaultProxy(relay.port, dice(seed, "tunnels"), 0.0))
        self._doors = await stack.enter_async_context(FaultProxy(relay.port, dice(seed, "doors"), 0.35))
        self._clients = Clients(self._place, self._tunnels.port)
        stack.callback(self._clients.end)
        self._shares = [
            Share(f"{account}-{kind}", account, tokens[account], port=kind == "port")
            for account in tokens
            for kind in ("asgi", "port")
        ]
        await asyncio.gather(*(asyncio.to_thread(self._clients.open, share) for share in self._shares))
        self._tunnels.faulty = 0.2
        return base

    def _visitors(self) -> list[Visitor]:
        doors: Route = (self._doors.port, self._may_hang)
        straight: Route = (self._relay.port, _never)
        return [
            Visitor(
                n,
                dice(self.log.seed, "visitor", n),
                self._shares,
                [doors, straight],
                self.log,
                self._relay.port,
            )
            for n in range(VISITORS)
        ]

    def _may_hang(self, local_port: int) -> bool:
        plan = self._doors.plans.get(local_port)
        return plan is not None and plan.fault is Fault.STALL

    async def _relay_census(self) -> dict[str, int]:
        return await asyncio.to_thread(self._relay.census)

    # -- the storm -----------------------------------------------------------------------------

    async def _rage(self, until: float) -> None:
        """A director for each share: one event after the other, as the dice fall."""
        await asyncio.gather(*(self._direct(share, until) for share in self._shares))

    async def _direct(self, share: Share, until: float) -> None:
        chance = dice(self.log.seed, "director of", share.name)
        events: list[Event] = [
            self._kill_client,
            self._freeze_client,
            self._cut_tunnels,
            self._cut_visitors,
            self._revoke,
            self._expire,
            self._close,
            self._thief,
            self._take_over,
            self._kill_relay,
        ]
        while time.monotonic() < until:
            event = chance.choice(events)
            if event in (self._revoke, self._expire, self._kill_relay):
                async with self._alone:
                    await self._play(event, share, until)
            else:
                await self._play(event, share, until)
            await asyncio.sleep(chance.uniform(0.1, 0.8))

    async def _play(self, event: Event, share: Share, until: float) -> None:
        began = time.monotonic()
        if began < until:
            told = await event(share)
            self.log.events.append(told)
            self._say(f"{told} ({time.monotonic() - began:.1f} s)")

    async def _open(self, share: Share, expires_in: float | None = None) -> float:
        share.reopen(time.time())
        return await asyncio.to_thread(self._clients.open, share, expires_in=expires_in)

    async def _kill_client(self, share: Share) -> str:
        await asyncio.to_thread(self._clients[share].kill)
        await asyncio.sleep(self._chance.uniform(0, 2.5))
        await self._open(share)
        return f"killed the client of {share.name}"

    async def _freeze_client(self, share: Share) -> str:
        seconds = self._chance.uniform(0.5, 6)
        self._clients[share].send(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self._clients[share].send(signal.SIGCONT)
        return f"froze the client of {share.name} for {seconds:.1f} s"

    async def _cut_tunnels(self, share: Share) -> str:
        part = self._chance.choice((0.2, 0.5, 1.0))
        self._tunnels.cut(part=part)
        return f"reset {part:.0%} of what leads to clients"

    async def _cut_visitors(self, share: Share) -> str:
        self._doors.cut(part=0.5)
        return "reset half of the visitors"

    async def _kill_relay(self, share: Share) -> str:
        await asyncio.to_thread(self._relay.kill)
        await asyncio.sleep(self._chance.uniform(0, 1))
        await asyncio.to_thread(self._relay.start)
        return "killed the relay"

    async def _revoke(self, share: Share) -> str:
        answer = await asyncio.to_thread(self._ask_to_revoke, share)
        if answer.status != 204:
            self.log.violated(f"revoking {share.name} was answered {answer.status} {answer.text}")
            return "could not revoke"
        await self._is_over(share, time.time(), "revoked")
        await asyncio.to_thread(self._relay.cli, "share", "release", share.name)
        await self._open(share)
        return f"revoked {share.name}"

    def _ask_to_revoke(self, share: Share) -> Answer:
        url = f"http://localhost:{self._relay.port}/api/v1/shares/{share.name}"
        return visit(url, method="DELETE", headers={"Authorization": f"Bearer {share.token}"})

    async def _expire(self, share: Share) -> str:
        ends = await self._open(share, expires_in=3)  # a busy machine needs some of it to open
        await self._is_over(share, ends, "expired")
        await self._open(share)
        return f"let {share.name} expire"

    async def _is_over(self, share: Share, at: float, code: str) -> None:
        """Nothing is served from a second after the end on, whatever is asked."""
        share.end(at)
        await asyncio.sleep(max(0.0, at + GRACE - time.time()))
        for _ in range(self._chance.randint(1, 15)):
            answer = await asyncio.to_thread(visit, self._url(share))
            if answer.header("Doorstep-Error") != code:
                self.log.violated(f"{share.name} answered {answer.raw[:300]!r} instead of {code}")
            await asyncio.sleep(0.05)

    async def _close(self, share: Share) -> str:
        self._clients[share].send(signal.SIGINT)
        await asyncio.sleep(self._chance.uniform(0, 1))
        await self._open(share)
        return f"closed {share.name}"

    async def _thief(self, share: Share) -> str:
        """Somebody else's client asks for a name that is taken: refused, also while its owner is away."""
        other = next(one for one in self._shares if one.account != share.account)
        thief = self._clients.begin(share, token=other.token, account=other.account)
        try:
            code = (await asyncio.to_thread(thief.wait_for_line, r"^(?:REFUSED|URL) (\S+)", 40)).group(1)
            if code != "name-taken":
                self.log.violated(f"the thief of {share.name} was answered {code}")
        finally:
            thief.kill()
        return f"{other.account} did not get {share.name}"

    async def _take_over(self, share: Share) -> str:
        await self._open(share)
        return f"opened {share.name} elsewhere"

    def _url(self, share: Share) -> str:
        return self._relay.share_url(share.name, "/hello")

    # -- after ---------------------------------------------------------------------------------

    async def _calm(self) -> None:
        self._tunnels.calm()
        self._doors.calm()
        for share in self._shares:
            if not self._clients[share].running:
                await self._open(share)

    async def _everything_works(self) -> None:
        """Every kind of visit to every share, once each share has answered again."""
        straight: Route = (self._relay.port, _never)
        chance = dice(self.log.seed, "checker")
        checker = Visitor(VISITORS, chance, self._shares, [straight], self.log, self._relay.port)
        for share in self._shares:
            await eventually(partial(self._serves, share), RECOVERY, what=f"{share.name} works again")
            for kind in checker.kinds:
                if (outcome := await checker.visit(kind, share, straight)) != "answered":
                    self.log.violated(f"after the storm {kind.__name__} at {share.name}: {outcome}")

    async def _serves(self, share: Share) -> bool:
        answer = await asyncio.to_thread(visit, self._url(share))
        return answer.status == 200

    async def _back_to(self, base: dict[str, int]) -> None:
        """Without clients and visitors the relay holds what it held before the first of them."""
        self._clients.end()
        bounds = base | {
            "tasks": base["tasks"] + 1,  # a change that is being written
            "files": base["files"] + MORE_FILES,
            "rss": base["rss"] + MORE_MEMORY,
        }
        above: dict[str, int] = {}

        async def is_back() -> bool:
            found = await self._relay_census()
            above.clear()
            above.update({key: found[key] for key, bound in bounds.items() if found[key] > bound})
            self.log.left = found
            return not above

        self.log.base = base
        try:
            await eventually(is_back, RECOVERY)
        except TimeoutError:
            self.log.violated(f"after the storm the relay still holds {above}; its base was {base}")

    def _end_relay(self) -> None:
        if self._relay.process is not None:
            self._relay.kill()


def _never(_port: int) -> bool:
    return False
