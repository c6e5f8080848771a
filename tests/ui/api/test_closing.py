"""An app that ends while programs are connected: each is told, and nothing is printed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

import doorstep as ds
from tests.support import free_port

API = "/gradio_api"
DEADLINE = 20


def launched(fn: Callable[..., Any]) -> tuple[ds.Blocks, str]:
    with ds.Blocks() as app:
        ds.Button().click(fn, None, ds.Textbox(), api_name="fn")
    return app, app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port()).local_url + API


def test_a_heartbeat_ends_with_the_app(capfd: pytest.CaptureFixture[str]) -> None:
    app, api = launched(lambda: "x")
    with httpx.stream("GET", f"{api}/heartbeat/mine", timeout=DEADLINE, trust_env=False) as beats:
        told = beats.iter_text()
        assert next(told)
        app.close()
        assert "".join(told) == ""
    assert capfd.readouterr().err == ""


def test_a_call_that_waits_for_its_result_is_told_that_it_was_cancelled(
    capfd: pytest.CaptureFixture[str],
) -> None:
    began, free = threading.Event(), threading.Event()

    def wait() -> None:
        began.set()
        free.wait(DEADLINE)

    app, api = launched(wait)
    with ThreadPoolExecutor() as others:
        asked = {"json": {"data": []}, "timeout": DEADLINE, "trust_env": False}
        answer = others.submit(httpx.post, f"{api}/run/fn", **asked)
        assert began.wait(DEADLINE)
        app.close()
        told = answer.result(DEADLINE)
        free.set()
    assert (told.status_code, told.json()["error"]) == (500, "The job was cancelled.")
    assert capfd.readouterr().err == ""
