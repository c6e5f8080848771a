"""The internet between network namespaces: TUN devices, and a loop that delays, loses and paces packets.

    python -m bench.wire NAMESPACE …      the n-th namespace gets the address 198.18.0.n

It does what netem does (whose kernel module not every machine has), from one process, the same everywhere.
Hosts are leaves of a star with the first namespace, the relay's, in its middle: what goes from one leaf to
another crosses two links. A link has a delay, a loss, a rate and a queue. Each line on stdin is a JSON object
of settings (`Link`'s fields, and `host`: for one leaf's link only); `ok` on stdout says that they hold.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import random
import select
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

NETWORK: Final = "198.18.0."
"""Set aside for tests of network devices (RFC 2544): never somebody's address."""
MTU: Final = 1500
_TUNSETIFF: Final = 0x400454CA
_IFF_TUN: Final = 0x0001
_IFF_NO_PI: Final = 0x1000
_CLONE_NEWNET: Final = 0x40000000

_setns: Callable[[int, int], int] = ctypes.CDLL(None, use_errno=True).setns


def enter(namespace: str) -> None:
    """Move this thread to a namespace: sockets that it makes from now on belong there. Raises `OSError`."""
    _enter(os.open(f"/var/run/netns/{namespace}", os.O_RDONLY))


def _enter(descriptor: int) -> None:
    """Enter the namespace that the descriptor stands for, and close it."""
    try:
        if _setns(descriptor, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "cannot enter a network namespace")
    finally:
        os.close(descriptor)


def open_tun(namespace: str, address: str) -> int:
    """A TUN device in the namespace, up and with this address; its descriptor."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    enter(namespace)
    try:
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH14x", b"wire", _IFF_TUN | _IFF_NO_PI))
    finally:
        _enter(home)
    for words in (
        "link set lo up",
        f"link set wire up mtu {MTU} txqueuelen 20000",
        f"addr add {address}/24 dev wire",
    ):
        subprocess.run(["ip", "-n", namespace, *words.split()], check=True)
    return device


@dataclass
class Link:
    """One direction of a leaf's link. `delay` in seconds, `loss` from 0 to 1, `rate` in bits a second."""

    delay: float = 0.0
    loss: float = 0.0
    rate: float = 0.0
    """0 for no limit."""
    queue: float = 0.2
    """Seconds of packets that may wait at that rate before the next ones are dropped."""
    free_at: float = 0.0
    """When the last packet that was taken has left."""
    packets: int = 0
    dropped: int = 0

    def take(self, size: int, now: float, chance: random.Random) -> float:
        """When a packet that comes now arrives at the other end; 0 when it is lost."""
        self.packets += 1
        if self.loss and chance.random() < self.loss:
            self.dropped += 1
            return 0.0
        start = max(now, self.free_at)
        if start - now > self.queue:
            self.dropped += 1
            return 0.0
        self.free_at = start + (8 * size / self.rate if self.rate else 0.0)
        return self.free_at + self.delay


class Wire:
    """Carries packets between the devices of a star."""

    def __init__(self, devices: list[int]) -> None:
        self._devices = devices
        self._up = [Link() for _ in devices]
        self._down = [Link() for _ in devices]
        self._flying: list[list[deque[tuple[float, bytes]]]] = [[deque() for _ in devices] for _ in devices]
        """By source and destination; in order, because a packet never overtakes another of its pair."""
        self._chance = random.Random(1)  # noqa: S311  # losses that are the same in each run

    def set(self, *, host: int | None = None, **settings: float) -> None:
        for number in range(1, len(self._devices)) if host is None else [host]:
            for link in (self._up[number], self._down[number]):
                for name, value in settings.items():
                    setattr(link, name, value)

    def run(self) -> None:
        poll = select.poll()
        for device in [*self._devices, sys.stdin.fileno()]:
            poll.register(device, select.POLLIN)
        source_of = {device: number for number, device in enumerate(self._devices)}
        wait: float = 1.0
        while True:
            for ready, _ in poll.poll(1000 * wait):
                if ready in source_of:
                    self._read(source_of[ready])
                elif not self._obey(sys.stdin.readline()):
                    return
            wait = self._deliver()

    def _obey(self, line: str) -> bool:
        if line:
            self.set(**json.loads(line))
            print("ok", flush=True)
        return bool(line)

    def _read(self, source: int) -> None:
        device, now = self._devices[source], time.monotonic()
        for _ in range(64):
            try:
                packet = os.read(device, 65536)
            except BlockingIOError:
                return
            self._route(source, packet, now)

    def _route(self, source: int, packet: bytes, now: float) -> None:
        if packet[0] >> 4 != 4:
            return
        target = packet[19] - 1
        if not 0 <= target < len(self._devices) or target == source:
            return
        due = now
        for link in ([self._up[source]] if source else []) + ([self._down[target]] if target else []):
            due = link.take(len(packet), due, self._chance)
            if not due:
                return
        self._flying[source][target].append((due, packet))

    def _deliver(self) -> float:
        """Hand over what has arrived; seconds until the next packet does."""
        now = time.monotonic()
        soonest = now + 1.0
        for targets in self._flying:
            for target, queue in enumerate(targets):
                while queue and queue[0][0] <= now:
                    with contextlib.suppress(OSError):  # a device that is full, or down, loses it
                        os.write(self._devices[target], queue.popleft()[1])
                if queue:
                    soonest = min(soonest, queue[0][0])
        return max(0.0, soonest - now)


def main() -> None:
    devices = [open_tun(name, f"{NETWORK}{number}") for number, name in enumerate(sys.argv[1:], 1)]
    print("ok", flush=True)
    Wire(devices).run()


if __name__ == "__main__":
    main()
