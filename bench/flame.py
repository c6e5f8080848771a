"""`make bench-flame`: where the relay's time goes for a small request, as a flame graph.

py-spy samples the relay while visitors ask, Python and native frames together; the time in the kernel is
the width of the system calls. A frame is as wide as its share of the samples; who calls stands below.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.loads.generator import wrk
from bench.peers import doorstep
from bench.peers.direct import direct
from bench.ways import Setting, Way, certificates

RATE: Final = 499
"""Samples a second: no divisor of what else happens at round intervals."""
LEAST: Final = 0.005
"""Frames of a smaller share are left out."""
LOOP: Final = "run_forever (loop.c)"
"""uvloop's frame below everything that the relay does."""
WIDTH, ROW, MARGIN = 1200, 17, 10


def main() -> None:
    options = arguments()
    stacks = options.stacks.read_text().splitlines() if options.stacks else record(options)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(draw(tree(stacks), options.title))
    print(options.out)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.flame", description=__doc__)
    parser.add_argument("--tls", action="store_true", help="TLS on both legs")
    parser.add_argument("--close", action="store_true", help="a connection for each request")
    parser.add_argument("--visitors", type=int, default=32, help="at a time (32)")
    parser.add_argument("--seconds", type=int, default=10, help="how long to look (10)")
    parser.add_argument("--out", type=Path, default=Path("build/flame.svg"))
    parser.add_argument("--title", default="The relay's time under small requests")
    parser.add_argument("--stacks", type=Path, help="draw these folded stacks, and measure nothing")
    return parser.parse_args()


# -- recording -----------------------------------------------------------------------------------


def record(options: argparse.Namespace) -> list[str]:
    """Folded stacks of the relay under load, one `frame;frame;frame count` a line."""
    with TemporaryDirectory(prefix="doorstep-flame-") as name, link(Path(name), tls=options.tls) as way:
        folded = Path(name) / "stacks"
        load = threading.Thread(
            target=wrk,
            args=(way,),
            kwargs={
                "visitors": options.visitors,
                "seconds": options.seconds + 3,
                "keep": not options.close,
            },
        )
        load.start()
        command = [str(profiler()), "record", "--native", "--format", "raw", "--rate", str(RATE)]
        command += ["--duration", str(options.seconds), "--pid", str(way.pids["relay"])]
        subprocess.run([*command, "--output", str(folded)], check=True, capture_output=True)
        load.join()
        return folded.read_text().splitlines()


def profiler() -> Path:
    """py-spy, from beside this Python. Exits with what to install where there is none."""
    program = Path(sys.executable).parent / "py-spy"
    if not program.exists():
        raise SystemExit("the profiler is py-spy, which is not installed (pip install py-spy)")
    return program


@contextlib.contextmanager
def link(place: Path, *, tls: bool) -> Iterator[Way]:
    certificate, ca = certificates(place)
    start = doorstep.tls if tls else doorstep.plain
    with direct(place) as app, start(Setting(place, app, certificate, ca)) as way:
        wrk(way, visitors=8, seconds=1)  # nobody's first request counts
        yield way


# -- the tree ------------------------------------------------------------------------------------


@dataclass
class Frame:
    """A function, as called from where it stands; `count` of samples in it and in what it calls."""

    name: str
    count: int = 0
    callees: dict[str, Frame] = field(default_factory=dict)

    def depth(self, least: float) -> int:
        wide = [callee.depth(least) for callee in self.callees.values() if callee.count >= least]
        return 1 + max(wide, default=0)


def tree(stacks: Iterable[str]) -> Frame:
    """The event loop's stacks as one tree; threads that wait for work are none of them."""
    root = Frame("the event loop")
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        names = [tidy(name) for name in stack.split(";")]
        if LOOP in names:
            grow(root, names[names.index(LOOP) + 1 :], int(count))
    return root


def grow(root: Frame, names: Iterable[str], count: int) -> None:
    """Add one stack. What a macro of Python's headers left behind is no frame, nor a function's next line."""
    at = root
    at.count += count
    for name in names:
        if name != at.name and not name.endswith("(object.h)"):
            at = at.callees.setdefault(name, Frame(name))
            at.count += count


def tidy(name: str) -> str:
    """`write (edge/connection.py)` of `write (doorstep_relay/edge/connection.py:73)`."""
    name = re.sub(r":\d+\)$", ")", name)
    name = re.sub(r"\((?:.*/)?doorstep_relay/", "(", name)
    return re.sub(r"\((?:.*/)?site-packages/", "(", name)


# -- the picture ---------------------------------------------------------------------------------

LEGEND = ": blue is the relay's own Python, green other Python, orange native code with its system calls"
STYLE = """\
text{font:11px ui-monospace,monospace;fill:#1e293b;pointer-events:none}
.title{font:600 13px system-ui,sans-serif}
rect{stroke:#fff;stroke-width:.5}
.paper{fill:#fff}.ours{fill:#7dd3fc}.python{fill:#bbf7d0}.native{fill:#fed7aa}
@media (prefers-color-scheme: dark){.title{fill:#e2e8f0}rect{stroke:#0f172a}.paper{fill:#0f172a}
.frame text{fill:#f1f5f9}.ours{fill:#075985}.python{fill:#166534}.native{fill:#7c2d12}}"""


def draw(root: Frame, title: str) -> str:
    """The tree as SVG; every frame tells its share when it is pointed at."""
    least = root.count * LEAST
    height = 40 + root.depth(least) * ROW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        '<rect class="paper" width="100%" height="100%"/>',
        f'<text class="title" x="{MARGIN}" y="20">{escape(title + LEGEND)}</text>',
    ]
    scale = (WIDTH - 2 * MARGIN) / root.count
    parts += frames(root, MARGIN, height - MARGIN - ROW, scale, least)
    return "\n".join([*parts, "</svg>", ""])


def frames(frame: Frame, x: float, y: float, scale: float, least: float) -> Iterator[str]:
    """A frame and all that stand upon it, widest first."""
    width = frame.count * scale
    share = 100 * width / (WIDTH - 2 * MARGIN)
    name = escape(frame.name)
    shown = escape(frame.name[: int(width / 6.7)]) if width > 30 else ""
    yield (
        f'<g class="frame"><title>{name}: {share:.1f} %</title>'
        f'<rect class="{kind(frame.name)}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}"/>'
        f'<text x="{x + 2:.1f}" y="{y + 12}">{shown}</text></g>'
    )
    for callee in sorted(frame.callees.values(), key=lambda callee: -callee.count):
        if callee.count >= least:
            yield from frames(callee, x, y - ROW, scale, least)
        x += callee.count * scale


def kind(name: str) -> str:
    """The class of a frame: `ours`, `python` or `native`."""
    if ".py)" not in name:
        return "native"
    return "ours" if re.search(r"\((?:edge|switchboard|control|store|server|cli)\b", name) else "python"


if __name__ == "__main__":
    main()
