"""A page of NiceGUI's that answers in capitals."""

import sys

from nicegui import ui


@ui.page("/")
def page() -> None:
    heard = ui.label("Heard:")
    ui.input("Said", on_change=lambda event: heard.set_text(f"Heard: {event.value.upper()}"))


ui.run(port=int(sys.argv[1]), reload=False, show=False)
