"""A client process of its own: shares `bench.app` in process, prints the link, stays."""

from __future__ import annotations

import threading

import doorstep_client
from bench.app import app


def main() -> None:
    link = doorstep_client.share(app)
    print(link.url, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
