"""A process that opens shares when it is told to, everything imported, and says what they took.

A line `open N` opens N more shares of `bench.app`, one after the other; `close` ends all of them. For each it
prints a line of JSON: `took` (seconds of each `share()`), `urls`, `kilobytes` (memory of its own by now).
"""

from __future__ import annotations

import gc
import json
import sys
import time
from typing import Any

import psutil

import doorstep_client
from bench.app import app

SETTLE = 0.7
"""Seconds until the spare tunnel connections are made, and buffers given back."""


def main() -> None:
    links: list[doorstep_client.Link] = []
    for line in sys.stdin:
        word, _, count = line.strip().partition(" ")
        if word == "open":
            say(**opened(links, int(count)))
        else:
            for link in links:
                link.close()
            links.clear()
            say(took=[], urls=[], kilobytes=kilobytes())


def opened(links: list[doorstep_client.Link], count: int) -> dict[str, Any]:
    took, urls = [], []
    for _ in range(count):
        began = time.perf_counter()
        links.append(doorstep_client.share(app))
        took.append(time.perf_counter() - began)
        urls.append(links[-1].url)
    return {"took": took, "urls": urls, "kilobytes": kilobytes() if count else 0}


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def kilobytes() -> float:
    time.sleep(SETTLE)  # memory is read when nothing moves
    gc.collect()
    return float(psutil.Process().memory_full_info().uss) / 1024


if __name__ == "__main__":
    main()
