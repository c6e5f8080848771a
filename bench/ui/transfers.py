"""Big files both ways, with curl: no client of anybody's own in between."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Callable

from bench.processes import cpu_seconds
from bench.ui.runtimes import Served
from bench.ui.scale import Scale

DEADLINE = 120


def transfers(served: Served, scale: Scale) -> dict[str, float]:
    """Uploads to the API that both have, then downloads of the last of them."""
    sent, answer = served.place / "sent.bin", served.place / "answer.json"
    size = 1_000_000 * scale.megabytes
    sent.write_bytes(bytes(size))
    base = f"http://{served.host}/gradio_api"
    form = ["--form", f"files=@{sent}", "--output", str(answer)]
    found = rates(served, scale, "upload", lambda: curl(f"{base}/upload", *form)[0])
    [path] = json.loads(answer.read_text())
    return found | rates(served, scale, "download", lambda: download(f"{base}/file={path}", size))


def rates(served: Served, scale: Scale, name: str, transfer: Callable[[], float]) -> dict[str, float]:
    """MB/s of the median transfer, and the seconds of the server's CPU for a GB."""
    before = cpu_seconds(served.pid)
    taken = [transfer() for _ in range(scale.repeats)]
    used = (cpu_seconds(served.pid) - before) / scale.repeats
    return {
        name: scale.megabytes / statistics.median(taken),
        f"{name}-cpu": used / scale.megabytes * 1000,
    }


def download(url: str, size: int) -> float:
    """Seconds. What comes is thrown away but counted: a short answer is no download."""
    took, came = curl(url, "--output", "/dev/null")
    if came != size:
        raise RuntimeError(f"{came} bytes came of {size}")
    return took


def curl(url: str, *options: str) -> tuple[float, int]:
    """Seconds in all, and bytes that came. Raises `CalledProcessError` unless the answer is a good one."""
    command = ["curl", "--silent", "--show-error", "--fail", "--noproxy", "*", "--max-time", str(DEADLINE)]
    command += ["--write-out", "%{time_total} %{size_download}", *options, url]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=DEADLINE + 10)
    took, came = done.stdout.split()
    return float(took), int(came)
