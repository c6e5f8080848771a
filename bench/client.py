"""A client process of its own: shares `bench.app` in process, or a port; prints the link, stays.

python -m bench.client [PORT]
"""

from __future__ import annotations

import sys
import threading

import doorstep_client
from bench.app import app


def main() -> None:
    link = doorstep_client.share(int(sys.argv[1]) if len(sys.argv) > 1 else app)
    print(link.url, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
