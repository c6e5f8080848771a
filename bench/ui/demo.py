"""The app that is measured, in the words that both runtimes know: `python demo.py MODULE PORT`.

A text box, a button and a text; the same function once without a limit and once with one at a time, and
a thousand tokens as a growing string. Imports nothing of this repository: it runs in environments of others.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator

module, port = sys.argv[1:]
ui = importlib.import_module(module)


def greet(name: str) -> str:
    return f"Hello {name}!"


def talk(_name: str) -> Iterator[str]:
    said = ""
    for number in range(1000):
        said += f"word{number % 10} "
        yield said


with ui.Blocks() as app:
    name, said = ui.Textbox(label="Name"), ui.Textbox(label="Said")
    ui.Button("Greet").click(greet, name, said, api_name="greet", concurrency_limit=None)
    ui.Button("Talk").click(talk, name, said, api_name="talk")
    name.submit(greet, name, said, api_name="greet_in_turn", concurrency_limit=1)

app.launch(server_name="127.0.0.1", server_port=int(port), quiet=True)
