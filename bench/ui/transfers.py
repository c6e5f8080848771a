"""Big files both ways, with curl: no client of anybody's own in between."""

from __future__ import annotations

import json
import statistics
import subprocess

from bench.ui.runtimes import Served
from bench.ui.scale import Scale

DEADLINE = 120


def transfers(served: Served, scale: Scale) -> dict[str, float]:
    """Uploads to the API that both have, then downloads of the last of them."""
    sent, answer = served.place / "sent.bin", served.place / "answer.json"
    size = 1_000_000 * scale.megabytes
    sent.write_bytes(bytes(size))
    base = f"http://{served.host}/gradio_api"
    uploads = [
        curl(f"{base}/upload", "--form", f"files=@{sent}", "--output", str(answer))[0]
        for _ in range(scale.repeats)
    ]
    [path] = json.loads(answer.read_text())
    downloads = [download(f"{base}/file={path}", size) for _ in range(scale.repeats)]
    return {
        "upload": scale.megabytes / statistics.median(uploads),
        "download": scale.megabytes / statistics.median(downloads),
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
