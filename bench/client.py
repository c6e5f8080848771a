"""The client process: shares `bench.app`, or a port, and says how long that took.

    python -m bench.client [--port PORT] [--name NAME] [--expires SECONDS]

Prints the link and the seconds of `share()` on one line; ends when the link does, or by SIGTERM.
"""

from __future__ import annotations

import argparse
import signal
import time

import doorstep_client
from bench.app import app


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.client")
    parser.add_argument("--port", type=int)
    parser.add_argument("--name")
    parser.add_argument("--expires", type=float)
    options = parser.parse_args()
    began = time.perf_counter()
    link = doorstep_client.share(options.port or app, name=options.name, expires_in=options.expires)
    print(link.url, f"{time.perf_counter() - began:.4f}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: link.close())
    link.wait()


if __name__ == "__main__":
    main()
