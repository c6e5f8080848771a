"""Ctrl-C in a script that was launched with a link: nobody new gets in, and who is inside gets an answer."""

from __future__ import annotations

import json
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.link.clients import becomes, under_way
from tests.link.conftest import Lasting
from tests.support import free_port, run_script, visit, wait_for

SCRIPT = """
import pathlib, time
import doorstep as ds

def greet(name):
    print("asked by", name, flush=True)
    while not pathlib.Path("go").exists():
        time.sleep(0.02)
    return f"Hello {name}!"

ds.Interface(greet, "text", "text", api_name="greet").launch(share=True, server_port=PORT)
"""


def ask(url: str) -> str:
    """Call the function; where its answer is: for one request, which ends with it."""
    called = f"{url}/gradio_api/call/greet"
    body = json.dumps({"data": ["Ada"]}).encode()
    headers = {"Content-Type": "application/json"}
    number = visit(called, method="POST", body=body, headers=headers).json()["event_id"]
    return f"{called}/{number}"


def test_requests_under_way_finish_after_ctrl_c(lasting: Lasting, tmp_path: Path) -> None:
    env = {"DOORSTEP_RELAY": lasting.relay.url, "DOORSTEP_TOKEN": lasting.token(), "DOORSTEP_KEEP_URL": "0"}
    source = SCRIPT.replace("PORT", str(free_port()))
    with run_script(source, env=env, home=tmp_path) as script, ThreadPoolExecutor(1) as visitor:
        url = script.wait_for_line(r"public URL: (\S+)", 60).group(1)
        answer = visitor.submit(visit, ask(url), deadline=60)
        script.wait_for_line("asked by Ada")
        wait_for(lambda: under_way(lasting.relay, lasting.token(), url) == 1, what="who waits for the answer")
        script.send(signal.SIGINT)
        script.wait_for_line("Requests under way may finish")
        becomes(lasting.relay, url, 410)
        (tmp_path / "go").touch()
        assert re.search(r'data: \["Hello Ada!"\]', answer.result(30).text)
        assert script.wait() == 0
