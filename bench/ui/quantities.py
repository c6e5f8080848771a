"""What is measured, in which unit, and what Doorstep is to reach."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    limit: float
    at_least: bool = False

    def met(self, reached: float) -> bool:
        return reached >= self.limit if self.at_least else reached <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:,g}"


def at_most(limit: float) -> Goal:
    return Goal(limit)


def at_least(limit: float) -> Goal:
    return Goal(limit, at_least=True)


@dataclass(frozen=True)
class Quantity:
    name: str
    what: str
    unit: str
    goal: Goal | None = None
    more_is_better: bool = False


QUANTITIES = [
    Quantity("packages", "install: packages", "", at_most(25)),
    Quantity("install", "install: size", "MB", at_most(45)),
    Quantity("import", "import", "ms", at_most(120)),
    Quantity("import-cpu", "… CPU", "ms"),
    Quantity("first-200", "process start → first 200", "ms", at_most(400)),
    Quantity("first-200-cpu", "… CPU", "ms"),
    Quantity("requests", "cold page: requests", "", at_most(8)),
    Quantity("weight", "cold page: over the wire", "KB", at_most(45)),
    Quantity("input", "input usable, local", "ms", at_most(250)),
    Quantity("input-slow", "input usable, 40 ms RTT, 10 Mbit/s, CPU 4 × slower", "ms", at_most(700)),
    Quantity("reload", "warm reload, button usable", "ms", at_most(120)),
    Quantity("click", "click → text in the page, local, p50", "ms", at_most(13)),
    Quantity("click-40", "click → text in the page, 40 ms RTT, p50", "ms", at_most(52)),
    Quantity("events-1", "events/s, 1 client, no limit", "/s", at_least(1200), more_is_better=True),
    Quantity("events-16", "events/s, 16 clients, no limit", "/s", more_is_better=True),
    Quantity("events-64", "events/s, 64 clients, no limit", "/s", at_least(3500), more_is_better=True),
    Quantity("turns-1", "events/s, 1 client, limit 1", "/s", more_is_better=True),
    Quantity("turns-16", "events/s, 16 clients, limit 1", "/s", more_is_better=True),
    Quantity("turns-64", "events/s, 64 clients, limit 1", "/s", at_least(2500), more_is_better=True),
    Quantity("events-64-cpu", "server CPU an event, 64 clients, no limit", "ms", at_most(0.35)),
    Quantity("turns-64-cpu", "server CPU an event, 64 clients, limit 1", "ms"),
    Quantity("api-64", "HTTP API, 64 clients", "/s", at_least(2000), more_is_better=True),
    Quantity("api-64-cpu", "server CPU a call of the HTTP API", "ms"),
    Quantity("tokens", "1,000 tokens as a growing string, in the page", "ms", at_most(60)),
    Quantity("tokens-wire", "… over the wire", "KB", at_most(30)),
    Quantity("idle-memory", "server RSS, idle", "MB", at_most(60)),
    Quantity("idle-cpu", "server CPU, idle", "%", at_most(0.3)),
    Quantity("session", "memory a session", "KiB", at_most(40)),
    Quantity("upload", "upload (curl)", "MB/s", at_least(430), more_is_better=True),
    Quantity("upload-cpu", "… server CPU for a GB", "s"),
    Quantity("download", "download (curl)", "MB/s", at_least(640), more_is_better=True),
    Quantity("download-cpu", "… server CPU for a GB", "s"),
]
