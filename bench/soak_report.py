"""What a soak saw: samples, their CSV file, their plot, and what must not have happened."""

from __future__ import annotations

import csv
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Final

import psutil

from bench.soak_load import Tally

GROWTH: Final = 1.10
"""How much more memory the last quarter may have than the second one: allocators breathe."""
MORE_FILES: Final = 8
"""Descriptors by which the median of the last quarter may exceed that of the second: visitors overlap."""


@dataclass(frozen=True)
class Sample:
    """One look. Memory in MB, CPU in percent of a core, latencies in milliseconds."""

    at: float
    relay_rss: float
    relay_files: int
    relay_cpu: float
    client_rss: float
    client_files: int
    client_cpu: float
    p50: float
    p99: float

    def __str__(self) -> str:
        return (
            f"{self.at / 60:5.1f} min  relay {self.relay_rss:6.1f} MB {self.relay_files:4} files "
            f"{self.relay_cpu:4.1f} %  client {self.client_rss:6.1f} MB {self.client_files:4} files "
            f"{self.client_cpu:4.1f} %  p50 {self.p50:5.2f} ms  p99 {self.p99:6.2f} ms"
        )


class Watched:
    """A process under watch."""

    def __init__(self, name: str, pid: int) -> None:
        self.name = name
        self._process = psutil.Process(pid)
        self._used, self._seen = self._cpu(), time.monotonic()

    def look(self) -> tuple[float, int, float]:
        """Memory in MB, open descriptors, and percent of a core since the last look."""
        used, now = self._cpu(), time.monotonic()
        share = 100 * (used - self._used) / (now - self._seen)
        self._used, self._seen = used, now
        return self._process.memory_info().rss / 1e6, self._process.num_fds(), share

    def _cpu(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


def sample(at: float, facts: Sequence[float], latencies: list[float]) -> Sample:
    """A sample of what two processes told (`Watched.look`) and of latencies in seconds."""
    ordered = sorted(latencies) or [0.0]
    p50, p99 = (1000 * ordered[int(len(ordered) * part)] for part in (0.5, 0.99))
    relay_rss, relay_files, relay_cpu, client_rss, client_files, client_cpu = facts
    return Sample(
        at, relay_rss, int(relay_files), relay_cpu, client_rss, int(client_files), client_cpu, p50, p99
    )


def write_csv(path: Path, samples: list[Sample]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(field.name for field in fields(Sample))
        writer.writerows(
            [f"{value:.3f}".rstrip("0").rstrip(".") for value in astuple(one)] for one in samples
        )


# -- the verdict ---------------------------------------------------------------------------------


def quarters(samples: list[Sample], pick: Callable[[Sample], float]) -> list[float]:
    """The median of each quarter of the time."""
    size = max(1, len(samples) // 4)
    return [statistics.median(pick(one) for one in samples[size * n : size * (n + 1)]) for n in range(4)]


def faults(samples: list[Sample], steady: Tally, *others: Tally) -> list[str]:
    """What must not happen. The first quarter is for warming up: caches fill, pools grow."""
    found = [f"the steady link failed: {count} × {kind}" for kind, count in steady.failed.items()]
    found += [kind for tally in others for kind in tally.failed if kind.startswith("WRONG")]
    if len(samples) < 8:
        return found
    for name, role in (("relay", "relay"), ("client", "client")):
        _, before, _, after = quarters(samples, _picker(f"{role}_rss"))
        if after > before * GROWTH:
            found.append(f"the {name}'s memory grew from {before:.1f} to {after:.1f} MB")
        _, before, _, after = quarters(samples, _picker(f"{role}_files"))
        if after > before + MORE_FILES:
            found.append(f"the {name}'s descriptors grew from {before:.0f} to {after:.0f}")
    return found


def table(samples: list[Sample]) -> str:
    """Medians by quarter, as Markdown."""
    rows = [
        ("relay, memory MB", "relay_rss", 1),
        ("relay, descriptors", "relay_files", 0),
        ("relay, % of a core", "relay_cpu", 1),
        ("client, memory MB", "client_rss", 1),
        ("client, descriptors", "client_files", 0),
        ("client, % of a core", "client_cpu", 1),
        ("small requests, p50 ms", "p50", 2),
        ("small requests, p99 ms", "p99", 2),
    ]
    lines = ["| medians of a quarter | 1st | 2nd | 3rd | 4th |", "| --- | --- | --- | --- | --- |"]
    for title, name, digits in rows:
        values = " | ".join(f"{value:.{digits}f}" for value in quarters(samples, _picker(name)))
        lines.append(f"| {title} | {values} |")
    return "\n".join(lines)


def _picker(name: str) -> Callable[[Sample], float]:
    return lambda one: float(getattr(one, name))


# -- the plot ------------------------------------------------------------------------------------

_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 760, 120, 60, 34, 52
_COLOURS = ("#2563eb", "#d97706")
_STYLE = """\
text{font:12px system-ui,sans-serif;fill:#334155}.title{font-weight:600}.grid{stroke:#cbd5e1;stroke-width:1}
polyline{fill:none;stroke-width:1.5;stroke-linejoin:round}
@media (prefers-color-scheme: dark){.paper{fill:#0f172a}text{fill:#cbd5e1}.grid{stroke:#334155}}"""

_PANELS: Final[list[tuple[str, list[tuple[str, str]]]]] = [
    ("memory, MB", [("relay", "relay_rss"), ("client", "client_rss")]),
    ("open descriptors", [("relay", "relay_files"), ("client", "client_files")]),
    ("CPU, % of a core", [("relay", "relay_cpu"), ("client", "client_cpu")]),
    ("latency of small requests, ms", [("p50", "p50"), ("p99", "p99")]),
]


def draw(path: Path, samples: list[Sample]) -> None:
    """The samples over time, one panel for each kind of figure, as SVG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = _WIDTH + _LEFT + 40, _TOP + len(_PANELS) * (_HEIGHT + _GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img">',
        f"<title>A soak of {samples[-1].at / 60:.0f} minutes</title><style>{_STYLE}</style>",
        '<rect class="paper" width="100%" height="100%" fill="#fff"/>',
    ]
    for number, (title, lines) in enumerate(_PANELS):
        parts += _panel(_TOP + number * (_HEIGHT + _GAP), title, lines, samples)
    path.write_text("\n".join([*parts, "</svg>", ""]))


def _panel(top: float, title: str, lines: list[tuple[str, str]], samples: list[Sample]) -> list[str]:
    most = _round_up(max(float(getattr(one, name)) for one in samples for _, name in lines))
    parts = [f'<text class="title" x="{_LEFT}" y="{top - 10}">{title}</text>']
    for share in (0, 0.5, 1):
        y = top + _HEIGHT * (1 - share)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{most * share:g}</text>')
    length = samples[-1].at
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = _LEFT + _WIDTH * share
        minutes = f"{length * share / 60:.3g} min"
        parts.append(f'<text x="{x}" y="{top + _HEIGHT + 18}" text-anchor="middle">{minutes}</text>')
    for number, (label, name) in enumerate(lines):
        colour = _COLOURS[number]
        points = " ".join(
            f"{_LEFT + _WIDTH * one.at / length:.1f},{top + _HEIGHT * (1 - getattr(one, name) / most):.1f}"
            for one in samples
        )
        parts.append(f'<polyline points="{points}" stroke="{colour}"/>')
        x = _LEFT + _WIDTH - 120 + 60 * number
        parts.append(f'<text x="{x}" y="{top - 10}" style="fill:{colour}">{label}</text>')
    return parts


def _round_up(value: float) -> float:
    """The next number of the form 1, 2, 4, 5 or 8 × 10^n, for the top of an axis."""
    power = 10.0 ** len(str(int(value))) / 10 if value >= 1 else 1.0
    return next(power * step for step in (1, 2, 4, 5, 8, 10) if power * step >= value)
