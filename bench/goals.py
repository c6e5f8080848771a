"""What Doorstep is to reach, as ratios of the same run where a number would move with the machine."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from bench.loads import LOADS
from bench.loads.turn import Turn
from bench.peers import FLOOR
from bench.report import MICRO, MILLI, PLAIN, TLS, Results, counterpart, markdown

SMALL = "small-32"


@dataclass(frozen=True)
class Goal:
    what: str
    limit: float
    reach: Callable[[Results], float | None]
    """None when this run did not measure it."""
    unit: str = "×"
    at_least: bool = False

    @property
    def target(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g} {self.unit}"

    def met(self, reached: float) -> bool:
        return reached >= self.limit if self.at_least else reached <= self.limit


def check(results: Results) -> str:
    """A Markdown table: each goal that this run measured, what was reached, and whether that is enough."""
    rows = [["goal", "target", "reached", "met"]]
    for goal in GOALS:
        reached = goal.reach(results)
        if reached is not None:
            rows.append(
                [
                    goal.what,
                    goal.target,
                    f"{shown(reached)} {goal.unit}",
                    "yes" if goal.met(reached) else "no",
                ]
            )
    return markdown(rows)


def shown(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


# -- how each is taken from the results ------------------------------------------------------------


def relay_cpu(way: str) -> Callable[[Results], float | None]:
    return lambda results: results.median(SMALL, way, lambda turn: turn.each["relay"] * MICRO)


def whole_cpu(turn: Turn) -> float:
    return sum(turn.each.values()) * MICRO


def beyond_app(way: str) -> Callable[[Results], float | None]:
    """What the whole path takes on top of the app alone, µs CPU."""

    def reach(results: Results) -> float | None:
        pairs = zip(
            results.turns.get(SMALL, {}).get(way, []),
            results.turns.get(SMALL, {}).get("app", []),
            strict=False,
        )
        found = [whole_cpu(a) - whole_cpu(b) for a, b in pairs if a is not None and b is not None]
        return statistics.median(found) if found else None

    return reach


def beyond_app_beside_ssh(results: Results) -> float | None:
    ours, theirs = beyond_app(PLAIN)(results), beyond_app("ssh -R")(results)
    return None if ours is None or not theirs else ours / theirs


def beside_best_peer(
    name: str, way: str = PLAIN, peers_way: str | None = None
) -> Callable[[Results], float | None]:
    """Against the fastest of the other tunnels that speak to visitors as `peers_way` does."""

    def reach(results: Results) -> float | None:
        tunnels = [peer for peer in results.ways(name) if peer not in FLOOR and not peer.startswith(PLAIN)]
        peers = [peer for peer in tunnels if counterpart(peer) == (peers_way or way)]
        ratios = [beside(name, way, peer)(results) for peer in peers]
        return min((ratio for ratio in ratios if ratio is not None), default=None)

    return reach


def beside(name: str, way: str, other: str) -> Callable[[Results], float | None]:
    load = next(load for load in LOADS if load.name == name)

    def reach(results: Results) -> float | None:
        ratio = results.times_as_fast(load, way, other)
        return None if ratio is None else ratio.median

    return reach


def slowed(load: str, way: str) -> Callable[[Results], float | None]:
    """The p50 of one visitor's small requests under `load` over that of the same visitor alone."""

    def reach(results: Results) -> float | None:
        idle = results.median("small-1", way, lambda turn: turn.p50)
        busy = results.median(load, way, lambda turn: turn.p50)
        return None if busy is None or not idle else busy / idle

    return reach


def extra_latency(results: Results) -> float | None:
    through = results.median("small-1", PLAIN, lambda turn: turn.p50)
    alone = results.median("small-1", "app", lambda turn: turn.p50)
    return None if through is None or alone is None else (through - alone) * MILLI


def first_answer(results: Results) -> float | None:
    return statistics.median(results.first_answers) * MILLI if results.first_answers else None


GOALS = [
    Goal("relay, CPU per small request", 35, relay_cpu(PLAIN), "µs"),
    Goal("… TLS on both legs", 65, relay_cpu(TLS), "µs"),
    Goal("whole path beyond the app alone, CPU per small request", 45, beyond_app(PLAIN), "µs"),
    Goal("… against `ssh -R`", 1, beyond_app_beside_ssh),
    Goal("requests/s, against the best peer", 1.2, beside_best_peer(SMALL), at_least=True),
    Goal("… TLS on both legs, as the peer's", 1.2, beside_best_peer(SMALL, TLS), at_least=True),
    Goal(
        "… TLS on both legs, and none between the peer and its visitors",
        1.2,
        beside_best_peer(SMALL, TLS, PLAIN),
        at_least=True,
    ),
    Goal(
        "a connection for each request, against the best peer",
        1,
        beside_best_peer("connections"),
        at_least=True,
    ),
    Goal("… TLS on both legs, as the peer's", 1, beside_best_peer("connections", TLS), at_least=True),
    Goal("big download, against nginx", 0.6, beside("download", PLAIN, "nginx"), at_least=True),
    Goal("… TLS, against nginx with TLS", 0.5, beside("download", TLS, "nginx tls"), at_least=True),
    Goal("p50 beside a paced download, against idle", 2, slowed("beside-paced", PLAIN)),
    Goal("… TLS on both legs", 2, slowed("beside-paced", TLS)),
    Goal("p50 beside a download at full speed, against idle", 2, slowed("beside", PLAIN)),
    Goal("extra latency, p50, 1 visitor", 0.5, extra_latency, "ms"),
    Goal("`launch(share=True)` to the first answer", 150, first_answer, "ms"),
]
