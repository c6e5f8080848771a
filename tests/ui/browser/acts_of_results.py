"""What fires every event of results: text, JSON, labels, plots, chats."""

from __future__ import annotations

import pandas as pd

import doorstep as ds
from tests.ui.browser.scene import Scene, act

POINTS = pd.DataFrame({"x": [0, 1, 2, 3], "y": [1, 4, 2, 3]})


@act("markdown")
def markdown(scene: Scene) -> None:
    page = scene.show(lambda: ds.Markdown("some *text*", buttons=["copy"]), then="other")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    scene.press("Copy")
    scene.set_value()


@act("json")
def json(scene: Scene) -> None:
    scene.show(lambda: ds.JSON({"a": 1}, label="data"), then={"b": 2})
    scene.set_value()


@act("label")
def label(scene: Scene) -> None:
    scene.show(lambda: ds.Label({"cat": 0.9, "dog": 0.1}, label="animal"), then={"owl": 1})
    scene.press("dog", exact=False)
    scene.set_value()


@act("highlighted_text")
def highlighted_text(scene: Scene) -> None:
    scene.show(
        lambda: ds.HighlightedText([("Ada", "person"), (" wrote", None)], interactive=False),
        then=[("Bob", "person")],
    )
    scene.press("Ada", exact=False)
    scene.set_value()


@act("param_viewer")
def param_viewer(scene: Scene) -> None:
    first, second = ({name: {"type": "int", "description": "", "default": "1"}} for name in "ab")
    scene.show(lambda: ds.ParamViewer(first), then=second)
    scene.set_value()


@act("plot")
def plot(scene: Scene) -> None:
    from matplotlib.figure import Figure

    scene.show(lambda: ds.Plot(label="figure"), then=Figure())
    scene.set_value()


@act("line_plot")
def line_plot(scene: Scene) -> None:
    _native(scene, ds.LinePlot, "line mark")


@act("bar_plot")
def bar_plot(scene: Scene) -> None:
    _native(scene, ds.BarPlot, "rect mark")


@act("scatter_plot")
def scatter_plot(scene: Scene) -> None:
    _native(scene, ds.ScatterPlot, "point")


def _native(scene: Scene, kind: type[ds.LinePlot | ds.BarPlot | ds.ScatterPlot], mark: str) -> None:
    page = scene.show(lambda: kind(POINTS, x="x", y="y", label="plot"), then=POINTS.assign(y=7))
    page.locator(f".canvas [aria-roledescription='{mark}']").first.wait_for(state="attached")
    canvas = page.locator(".canvas")
    scene.drag(canvas, (0.4, 0.5), (0.8, 0.5))
    canvas.dblclick()
    scene.set_value()


@act("chatbot")
def chatbot(scene: Scene) -> None:
    answer = {"role": "assistant", "content": "two", "options": [{"value": "v", "label": "Choose me"}]}
    page = scene.show(
        lambda: ds.Chatbot(
            [{"role": "user", "content": "one"}, answer],
            label="chat",
            editable="user",
            buttons=["copy"],
            examples=[{"text": "for example"}],
        )
    )
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".turn.assistant .bubble p").click()
    for name in ("Choose me", "Like", "Retry", "Undo", "Copy message", "Edit message"):
        scene.press(name)
    editor = page.get_by_role("textbox", name="Edit message")
    editor.fill("other words")
    editor.press("Enter")
    scene.press("Clear")
    scene.press("for example", exact=False)
