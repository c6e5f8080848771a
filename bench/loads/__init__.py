"""What visitors do to each way, and the unit in which it is counted."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.loads.generator import own, own_command, wrk
from bench.loads.turn import Seen
from bench.ways import ROOT, Way


@dataclass(frozen=True)
class Scale:
    """How much of it."""

    seconds: float = 3.0
    """A turn's length, where a load is not one transfer."""
    bulk: int = 1_000_000_000
    """Bytes of the one big download and upload."""
    many: int = 1000
    """Visitors at once, where it is to be many."""


@dataclass(frozen=True)
class Load:
    name: str
    title: str
    unit: str
    run: Callable[[Way, Scale], Seen]
    waits: bool = False
    """Whether it is about how long visitors wait (p50), and not how much they get done."""
    alone: bool = True
    """Whether nothing else was asked of the processes meanwhile, so that their CPU time is this load's."""


PACE = 50
"""MB/s of a download that fills a fast link but not this machine."""
BESIDE_BLOCK = 32_000_000
EVENTS_A_SECOND = 20_000
"""How many events are sent for each second that a turn should take; a slower way takes longer."""
EVENT_VISITORS = 8


def requests(visitors: int) -> Callable[[Way, Scale], Seen]:
    return lambda way, scale: wrk(way, visitors=visitors, seconds=scale.seconds)


def many(way: Way, scale: Scale) -> Seen:
    """Longer, because it takes a while until they are all connected, and wrk counts from the first."""
    return wrk(way, visitors=scale.many, seconds=2 + 2 * scale.seconds)


def connections(way: Way, scale: Scale) -> Seen:
    return wrk(way, visitors=32, seconds=scale.seconds, keep=False)


def megabytes(way: Way, scale: Scale) -> Seen:
    """An answer is one MB, so requests are MB."""
    return wrk(way, visitors=8, seconds=scale.seconds, path="/download?bytes=1000000")


def bulk(direction: str) -> Callable[[Way, Scale], Seen]:
    return lambda way, scale: own("bulk", way, direction, scale.bulk)


def messages(way: Way, scale: Scale) -> Seen:
    return own("streams", way, "websocket", "--visitors", 32, "--seconds", scale.seconds)


def flood(way: Way, scale: Scale) -> Seen:
    count = round(EVENTS_A_SECOND * scale.seconds / EVENT_VISITORS)
    return own("streams", way, "events", "--visitors", EVENT_VISITORS, "--count", count)


def events(way: Way, scale: Scale) -> Seen:
    """A hundred a second to each of 32 visitors."""
    return own(
        "streams", way, "events", "--visitors", 32, "--count", round(100 * scale.seconds), "--every", 0.01
    )


def beside(rate: float) -> Callable[[Way, Scale], Seen]:
    """One visitor's small requests while another one downloads, at `rate` MB/s or as fast as it goes."""

    def run(way: Way, scale: Scale) -> Seen:
        lasting = ["--seconds", scale.seconds + 1, "--rate", rate]
        command = own_command("bulk", way, "download", BESIDE_BLOCK, *lasting)
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as other:
            time.sleep(0.5)  # it has to start, and to be in full flow
            seen = wrk(way, visitors=1, seconds=scale.seconds)
        if other.returncode:
            raise RuntimeError("the download beside it failed")
        return seen

    return run


PACED = f"Small requests beside a download of {PACE} MB/s"
FREE = "Small requests beside a download as fast as it goes"

LOADS = [
    Load("small-1", "Small requests, 1 visitor", "request", requests(1), waits=True),
    Load("small-32", "Small requests, 32 keep-alive visitors", "request", requests(32)),
    Load("small-1000", "Small requests, 1,000 keep-alive visitors", "request", many),
    Load("connections", "A connection for each request, 32 visitors", "request", connections),
    Load("megabyte", "Answers of 1 MB, 8 visitors", "MB", megabytes),
    Load("download", "One big download", "MB", bulk("download")),
    Load("upload", "One big upload", "MB", bulk("upload")),
    Load("websocket", "WebSocket messages and their echo, 32 visitors", "message", messages),
    Load("flood", "Server-sent events as fast as they go, 8 visitors", "event", flood),
    Load("events", "Server-sent events, 100 a second to each of 32 visitors", "event", events, waits=True),
    Load("beside-paced", PACED, "request", beside(PACE), waits=True, alone=False),
    Load("beside", FREE, "request", beside(0), waits=True, alone=False),
]
