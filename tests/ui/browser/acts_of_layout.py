"""What fires every event of layout, of what is authored by the app, and of what has no look."""

from __future__ import annotations

from typing import Any

import doorstep as ds
from tests.ui.browser.scene import Scene, act, events_of

WIDGET = """
export default { render({ model, el }) {
  const button = document.createElement("button");
  button.textContent = "Count";
  button.onclick = () => { model.set("value", 1); model.save_changes(); model.send({ hello: 1 }); };
  el.append(button);
} };
"""


@act("column")
def page_itself(scene: Scene) -> None:
    """An app's own page."""
    with ds.Blocks() as app:
        ds.Textbox(label="text")
        scene.listen(app)
    scene.open(app)


@act("accordion")
def accordion(scene: Scene) -> None:
    def make() -> ds.Accordion:
        with ds.Accordion("More", open=False) as made:
            ds.Textbox()
        return made

    page = scene.show(make)
    for _ in range(2):
        page.get_by_text("More").click()


@act("sidebar")
def sidebar(scene: Scene) -> None:
    def make() -> ds.Sidebar:
        with ds.Sidebar(label="Side", open=True) as made:
            ds.Textbox()
        return made

    scene.show(make)
    scene.press("Close Side")
    scene.press("Open Side")


@act("tabs")
def tabs(scene: Scene) -> None:
    def make() -> ds.Tabs:
        with ds.Tabs() as made:
            for name in ("One", "Two"):
                with ds.Tab(name):
                    ds.Textbox()
        return made

    scene.show(make).get_by_role("tab", name="Two").click()


@act("tab")
def tab(scene: Scene) -> None:
    def make() -> ds.Tab:
        with ds.Tab("One"):
            ds.Textbox()
        with ds.Tab("Two") as made:
            ds.Textbox()
        return made

    scene.show(make).get_by_role("tab", name="Two").click()


def _walk() -> tuple[ds.Walkthrough, ds.Step]:
    with ds.Walkthrough(selected=2) as made:
        with ds.Step("One", id=1) as first:
            ds.Textbox()
        with ds.Step("Two", id=2):
            ds.Textbox()
    return made, first


@act("walkthrough")
def walkthrough(scene: Scene) -> None:
    scene.show(lambda: _walk()[0])
    scene.press("One", exact=False)


@act("step")
def step(scene: Scene) -> None:
    scene.show(lambda: _walk()[1])
    scene.press("One", exact=False)


@act("html")
def html(scene: Scene) -> None:
    """Its script triggers what it likes when a person clicks; a plain one is a click."""
    names = sorted(events_of(ds.HTML) - {"change"})
    script = f"element.onclick = () => {names}.forEach((name) => trigger(name));"
    scene.show(lambda: ds.HTML("<b>press here</b>", js_on_load=script), then="<i>other</i>")
    scene.page.get_by_text("press here").click()
    scene.press("Set")


@act("widget")
def widget(scene: Scene) -> None:
    scene.show(lambda: ds.Widget(0, esm=WIDGET, label="mine"))
    scene.press("Count")


@act("state")
def state(scene: Scene) -> None:
    scene.show(lambda: ds.State(0), then=1)
    scene.press("Set")


@act("browser_state")
def browser_state(scene: Scene) -> None:
    scene.show(lambda: ds.BrowserState(0), then=1)
    scene.press("Set")


@act("navbar")
def navbar(scene: Scene) -> None:
    def beside() -> Any:
        ds.Button("More").click(lambda: [("Docs", "https://example.org")], None, scene.component)

    scene.show(ds.Navbar, beside=beside)
    scene.press("More")
