"""A client process of a storm: shares the app of `tests.chaos.app`, in process or behind a port.

python -m tests.chaos.client '{"share": …, "account": …, "journal": …, "port": false, "expires_in": null}'
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

import uvicorn

from doorstep_client import EndedError, RefusedError, UnreachableError, share
from doorstep_client.sessions import pace
from tests.chaos.app import App

pace.LONGEST_DELAY = 1.0  # type: ignore[misc]  # a storm has seconds, where the internet has minutes


def main() -> None:
    options = json.loads(sys.argv[1])
    name, account = options["share"], options["account"]
    app = App(name, account, Path(options["journal"]) / f"{name}-{os.getpid()}")
    target = served(app) if options["port"] else app
    while True:
        try:
            link = share(target, name=name, expires_in=options["expires_in"])
            break
        except UnreachableError as error:
            say("WAITING", error)
            time.sleep(0.2)
        except (RefusedError, EndedError) as error:
            say("REFUSED", error.code)
            sys.exit(3)
    say("URL", link.url, "ends", link.expires_at or 0)
    try:
        link.wait()
    except KeyboardInterrupt:
        link.close()
    say("ENDED", getattr(link.error, "code", "closed"))


def served(app: App) -> int:
    """The port of a server of its own, in this process, so that one kill ends both."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.01)  # uvicorn tells it by this alone
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port


def say(*words: object) -> None:
    """In one write: threads say things."""
    print(" ".join(map(str, words)) + "\n", end="", flush=True)


if __name__ == "__main__":
    main()
