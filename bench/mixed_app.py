"""The client process that shares `bench.app`, with a name and an end of its own.

python -m bench.mixed_app [--name NAME] [--expires SECONDS]
"""

from __future__ import annotations

import argparse
import signal
import time

import doorstep_client
from bench.app import app


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.mixed_app")
    parser.add_argument("--name")
    parser.add_argument("--expires", type=float)
    options = parser.parse_args()
    began = time.perf_counter()
    link = doorstep_client.share(app, name=options.name, expires_in=options.expires)
    print(link.url, f"{time.perf_counter() - began:.4f}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: link.close())
    link.wait()


if __name__ == "__main__":
    main()
