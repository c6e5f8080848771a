"""All that a program does with the app, by the published Python client: prints what came of it as JSON."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_resolve = socket.getaddrinfo


def _local(host: Any, *rest: Any, **more: Any) -> Any:
    """Every name below `localhost` is this machine: not every system says so."""
    return _resolve("127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **more)


socket.getaddrinfo = _local

from gradio_client import Client, handle_file  # noqa: E402


def tried(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:  # noqa: BLE001  # what people see of it is the answer
        return f"{type(error).__name__}: {error}"


def goes_on(job: Any) -> bool:
    """Whether steps still come when those that were on their way have come: there are twenty a second."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        seen = len(job.outputs())
        time.sleep(1)  # in which twenty steps would come
        if len(job.outputs()) == seen:
            return False
    return True


def main(url: str, picture: str, *auth: str) -> None:
    login: dict[str, Any] = {"auth": (auth[0], auth[1])} if auth else {}
    client = Client(url, verbose=False, **login)
    view: Any = client.view_api(return_format="dict", print_info=False)
    told: dict[str, Any] = {
        "names": list(view["named_endpoints"]),
        "greet": client.predict("Ada", 2, api_name="/greet"),
        "by name": client.predict(name="Bob", api_name="/greet"),
        "quiet": client.predict("Eve", 1, api_name="/quiet"),
        "added": client.predict(a=40, api_name="/add"),
        "batch": client.predict("really", api_name="/batch"),
        "on purpose": tried(lambda: client.predict("on purpose", api_name="/fail")),
        "by accident": tried(lambda: client.predict("by accident", api_name="/fail")),
        "wrong type": tried(lambda: client.predict("Ada", "many", api_name="/greet")),
        "hidden": tried(lambda: client.predict("Ada", 1, api_name="/hidden")),
        "counts": [client.predict(api_name="/count") for _ in range(2)],
        "who": client.predict(api_name="/who").split()[0],
        "worked": client.predict(api_name="/work"),
        "steps": list(client.submit("Ada", api_name="/talk")),
    }
    other = Client(url, verbose=False, **login)
    told["other count"] = other.predict(api_name="/count")
    came = client.predict(handle_file(picture), api_name="/picture")
    told["file"] = len(Path(came).read_bytes())
    job = client.submit(api_name="/endless")
    while len(job.outputs()) < 3:
        time.sleep(0.02)
    told["cancelled"] = job.cancel()
    told["goes on"] = goes_on(job)
    again = client.submit(api_name="/endless")
    told["after"] = next(again)
    again.cancel()
    print(json.dumps(told), flush=True)
    os._exit(0)  # its threads wait for the connection to end


if __name__ == "__main__":
    main(*sys.argv[1:])
