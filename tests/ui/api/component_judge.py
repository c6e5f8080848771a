"""Gives each component of an app its value, and runs the code that the app shows: prints what came of it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gradio_client
from gradio_client import Client, handle_file


def main(questions: str) -> None:
    asked = json.loads(Path(questions).read_text())
    # A call takes up to three of its threads, and it waits for ever when all of them wait for more.
    client = Client(asked["url"], verbose=False, max_workers=4 * len(asked["values"]))
    chat, multimodal = (Client(url, verbose=False) for url in asked["chats"])
    told = {
        "printed": printed(client.view_api),
        "came": came({name: (sent(value),) for name, value in asked["values"].items()}, client),
        "defaults": came(dict.fromkeys(asked["defaults"], ()), client),
        "steps": {
            name: [named(each) for each in client.submit(*given, api_name=f"/{name}")]
            for name, given in asked["steps"].items()
        },
        "chat": [chat.predict("Hey", api_name="/chat"), list(chat.submit("Hey", api_name="/chat"))],
        "multimodal": [
            multimodal.predict({"text": "two", "files": [handle_file("picture.png")] * 2}, api_name="/chat"),
            multimodal.predict(message={"text": "none", "files": []}, api_name="/count_files"),
        ],
        "code": codes_ran(asked["code"], client),
    }
    print(json.dumps(told), flush=True)
    os._exit(0)  # its threads wait for the connection to end


def came(asked: dict[str, Any], client: Client) -> dict[str, Any]:
    """All at once, and what came of each."""
    jobs = {name: client.submit(*given, api_name=f"/{name}") for name, given in asked.items()}
    return {name: tried(job.result) for name, job in jobs.items()}


def codes_ran(codes: dict[str, str], client: Client) -> dict[str, Any]:
    """What came of running each, with one client for all."""
    gradio_client.Client = lambda *_args, **_more: client  # type: ignore[assignment,misc]
    with ThreadPoolExecutor(4) as several:
        runs = {name: several.submit(exec, code, {}) for name, code in codes.items()}
        return {name: tried(run.result) for name, run in runs.items()}


def tried(call: Callable[[], Any]) -> Any:
    try:
        return named(call())
    except Exception as error:  # noqa: BLE001  # what people see of it is the answer
        return f"{type(error).__name__}: {error}"


def sent(value: Any) -> Any:
    """`@name` is a file here."""
    if isinstance(value, str) and value.startswith("@"):
        return handle_file(value[1:])
    if isinstance(value, dict):
        return {key: sent(each) for key, each in value.items()}
    return [sent(each) for each in value] if isinstance(value, list) else value


def named(value: Any) -> Any:
    """A file that came is `@name`."""
    if isinstance(value, str) and value.startswith(os.sep) and Path(value).is_file():
        return f"@{Path(value).name}"
    if isinstance(value, dict):
        return {key: named(each) for key, each in value.items()}
    return [named(each) for each in value] if isinstance(value, (list, tuple)) else value


def printed(call: Callable[[], Any]) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        call()
    return out.getvalue()


if __name__ == "__main__":
    main(*sys.argv[1:])
