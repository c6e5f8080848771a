"""`make bench-network`: the same app directly and through a relay, over a path with delay, loss and a rate.

The relay is in the middle: 40 ms of round trip to visitors, 40 ms to the client; the direct server is where
the client is, 80 ms from visitors. Medians, with the lowest and the highest beside them. Needs root.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import probes
from bench.network_world import World, world
from bench.probes import Place

DELAY = 0.020
"""Seconds, one way, of each leg."""
LEG = 2 * DELAY
LOSS = 0.01
RATE = 50e6
"""Bits a second of a leg, where the rate matters."""
NARROW = 20e6
BULK = 25_000_000
"""Bytes: ten seconds of the narrow link."""
Row = tuple[str, str, str]
Ways = tuple[Place, Place]
Probe = Callable[[Place, int], list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.network", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="times that each small thing is measured (10)")
    parser.add_argument("--megabytes", type=float, default=20, help="size of a bulk transfer (20)")
    options = parser.parse_args()
    print("| what | direct | through the relay |\n| --- | --- | --- |")
    for tls in (False, True):
        with TemporaryDirectory(prefix="doorstep-network-") as folder, world(Path(folder), tls=tls) as made:
            for row in measure(made, options.rounds, options.megabytes):
                print(f"| {'TLS' if tls else 'plain'}: {row[0]} | {row[1]} | {row[2]} |", flush=True)


def measure(made: World, rounds: int, megabytes: float) -> Iterator[Row]:
    trips, first = opening(made, max(3, rounds // 3))
    yield "`share()`, round trips of the client", "–", f"{trips:.1f}"
    yield "first answer to who asks the moment it returns", "–", figure(first)
    with made.network.inside("visitor") as near, made.network.inside("other") as other, made.client("bench"):
        ways = made.direct, made.link("bench")
        made.network.set(delay=DELAY)
        yield from latencies(ways, near, rounds)
        yield from transfers(made, ways, near, round(megabytes * 1e6))
        made.network.set(rate=0, loss=LOSS)
        yield both("a new visitor's first byte, 1% loss", ways, lambda way: colds(near, way, 3 * rounds))
        made.network.set(loss=0)
        yield both("small requests, nobody else", ways, lambda way: small(near, way))
        for name, narrow in (("its own visitor's", "other"), ("the client's", "client")):
            made.network.set(narrow, rate=NARROW)
            yield both(
                f"… beside a download over {name} slow link", ways, lambda way: beside_bulk(near, other, way)
            )
            made.network.set(narrow, rate=0)


def latencies(ways: Ways, near: Executor, rounds: int) -> Iterator[Row]:
    yield both("a new visitor's first byte", ways, lambda way: colds(near, way, rounds))
    yield both("a small request, kept alive", ways, lambda way: run(near, probes.warm, way, 3 * rounds))
    yield both(
        "a WebSocket message and its echo", ways, lambda way: run(near, probes.echoes, way, 3 * rounds)
    )
    yield both("a server-sent event's arrival", ways, lambda way: run(near, probes.events, way, 3 * rounds))


def transfers(made: World, ways: Ways, near: Executor, size: int) -> Iterator[Row]:
    for name, loss in (("", 0.0), (f", {LOSS:.0%} loss", LOSS)):
        made.network.set(rate=RATE, loss=loss)
        yield both(f"download, Mbit/s{name}", ways, lambda way: rate(near, probes.download, way, size), 1)
        yield both(f"upload, Mbit/s{name}", ways, lambda way: rate(near, probes.upload, way, size), 1)


# -- what is measured ----------------------------------------------------------------------------


def opening(made: World, rounds: int) -> tuple[float, list[float]]:
    """Round trips that `share()` takes, and seconds of the first answer, asked for when it returns."""
    made.network.set(delay=0)
    near = statistics.median(_share(made, f"near-{number}")[0] for number in range(rounds))
    made.network.set(delay=5 * DELAY)  # far enough that the client's own work is little beside it
    far = statistics.median(_share(made, f"far-{number}")[0] for number in range(rounds))
    made.network.set(delay=DELAY)
    return (far - near) / (5 * LEG), [_share(made, f"here-{number}")[1] for number in range(rounds)]


def _share(made: World, name: str) -> tuple[float, float]:
    with made.network.inside("visitor", 1) as visitor:
        visitor.submit(int).result()
        with made.client(name) as took:
            return took, visitor.submit(probes.cold, made.link(name)).result()


def colds(visitor: Executor, way: Place, rounds: int) -> list[float]:
    """First bytes of visitors who come one after the other, each on a new connection."""
    return [visitor.submit(probes.cold, way).result() for _ in range(rounds)]


def run(visitor: Executor, probe: Probe, way: Place, count: int) -> list[float]:
    return visitor.submit(probe, way, count).result()


def rate(
    visitor: Executor, probe: Callable[[Place, int], float], way: Place, size: int, times: int = 3
) -> list[float]:
    """Mbit/s of each transfer."""
    return [8e-6 * size / visitor.submit(probe, way, size).result() for _ in range(times)]


def small(visitor: Executor, way: Place, count: int = 30) -> list[float]:
    return visitor.submit(probes.warm, way, count, 0.02).result()


def beside_bulk(
    visitor: Executor, other: Executor, way: Place, size: int = BULK, count: int = 30
) -> list[float]:
    """Small requests of one visitor while another one downloads."""
    bulk = other.submit(probes.download, way, size)
    time.sleep(1)  # past its slow start, which fills every queue for a moment
    taken = small(visitor, way, count)
    if bulk.done():
        raise RuntimeError("the download was over before the small requests were; make it bigger")
    bulk.result()
    return taken


# -- how it is told ------------------------------------------------------------------------------


def both(name: str, ways: Ways, measured: Callable[[Place], list[float]], scale: float = 1000) -> Row:
    direct, relayed = (figure(measured(way), scale) for way in ways)
    return name, direct, relayed


def figure(values: Sequence[float], scale: float = 1000) -> str:
    """Median, lowest and highest; milliseconds by default."""
    scaled = sorted(scale * value for value in values)
    unit = " ms" if scale == 1000 else ""
    return f"{statistics.median(scaled):.1f}{unit} ({scaled[0]:.1f}–{scaled[-1]:.1f})"


if __name__ == "__main__":
    main()
