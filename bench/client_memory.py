"""What a link costs the process that has the app: kB more than the app served locally; prints that number."""

from __future__ import annotations

import gc
import os
import time
import urllib.request

import psutil

import doorstep as ds
from bench.first_answer import answered, greet


def kilobytes() -> float:
    gc.collect()
    return float(psutil.Process().memory_full_info().uss) / 1024


def main() -> None:
    interface = ds.Interface(fn=greet, inputs="text", outputs="text")
    app, url, _ = interface.launch(prevent_thread_lock=True, quiet=True)
    for _ in range(3):
        urllib.request.urlopen(url, timeout=10).close()
    before = kilobytes()

    import doorstep_client

    running = interface.running
    assert running is not None
    link = doorstep_client.share(app, loop=running.server.loop, lifespan=False)
    while not answered(link.url):
        time.sleep(0.01)  # there is no event to wait for: a visitor sees it or not
    time.sleep(0.5)  # the spare connections are made after the first answer
    print(round(kilobytes() - before), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
