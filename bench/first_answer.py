"""Seconds from `launch(share=True)` to the first answer over the public URL: prints that number.

With `--warm` it launches once before, so that every module is imported by then, as in a notebook.
"""

from __future__ import annotations

import http.client
import sys
import time
from urllib.parse import urlsplit

import doorstep as ds


def greet(name: str) -> str:
    return f"Hello {name}!"


def answered(url: str) -> bool:
    """Whether a visitor gets the page. Connects to loopback: `*.localhost` need not resolve here."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": parts.netloc})
        return connection.getresponse().status == 200
    finally:
        connection.close()


def main() -> None:
    interface = ds.Interface(fn=greet, inputs="text", outputs="text")
    if "--warm" in sys.argv[1:]:
        measure(interface)
        interface.close()
    print(measure(interface), flush=True)


def measure(interface: ds.Interface) -> float:
    start = time.perf_counter()
    _, _, url = interface.launch(share=True, prevent_thread_lock=True, quiet=True)
    if url is None:
        raise SystemExit("no public URL")
    while not answered(url):
        time.sleep(0.005)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
