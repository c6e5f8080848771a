"""The turns of a round: what each one starts, and which quantities it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.ui import events, pages, starts, transfers
from bench.ui.runtimes import Runtime, Served, served
from bench.ui.scale import Scale

Turn = Callable[[Runtime, Scale], dict[str, float]]


@dataclass(frozen=True)
class Measure:
    name: str
    take: Turn
    finds: tuple[str, ...]
    """Names of quantities."""
    once: bool = False
    """Would be the same in every round."""


def with_server(take: Callable[[Served, Scale], dict[str, float]]) -> Turn:
    """A turn with a server of its own: what an earlier one did to it costs this one nothing."""

    def turn(runtime: Runtime, scale: Scale) -> dict[str, float]:
        with served(runtime) as demo:
            return take(demo, scale)

    return turn


LOADS = tuple(f"{name}-{clients}" for name in events.FUNCTIONS for clients in events.CLIENTS)

MEASURES = [
    Measure("install", starts.size, ("packages", "install"), once=True),
    Measure("import", starts.imports, ("import", "import-cpu")),
    Measure("start", starts.first_answer, ("first-200", "first-200-cpu")),
    Measure("weight", with_server(pages.weight), ("requests", "weight")),
    Measure("load", with_server(pages.loads), ("input", "input-slow", "reload")),
    Measure("click", with_server(pages.clicks), ("click", "click-40")),
    Measure("events", with_server(events.page_events), (*LOADS, *(f"{name}-cpu" for name in LOADS))),
    Measure("api", with_server(events.api_events), ("api-64", "api-64-cpu")),
    Measure("tokens", with_server(pages.tokens), ("tokens", "tokens-wire")),
    Measure("idle", with_server(starts.idle), ("idle-memory", "idle-cpu")),
    Measure("sessions", with_server(events.sessions), ("session",)),
    Measure(
        "transfers", with_server(transfers.transfers), ("upload", "upload-cpu", "download", "download-cpu")
    ),
]
