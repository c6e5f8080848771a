"""What fires every event of the controls: text, numbers, choices, dates, code."""

from __future__ import annotations

import doorstep as ds
from tests.ui.browser.scene import Scene, act


@act("textbox")
def textbox(scene: Scene) -> None:
    page = scene.show(lambda: ds.Textbox(label="text", stop_btn="Halt", submit_btn="Send", buttons=["copy"]))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    box = page.get_by_role("textbox", name="text")
    box.press_sequentially("some words")
    box.press("Control+a")
    box.press("Enter")
    scene.press("Stop")
    scene.press("Copy")


@act("number")
def number(scene: Scene) -> None:
    box = scene.show(lambda: ds.Number(1, label="number")).get_by_label("number")
    box.fill("2")
    box.press("Enter")
    box.press("Tab")


@act("slider")
def slider(scene: Scene) -> None:
    handle = scene.show(lambda: ds.Slider(0, 10, 4, label="much")).get_by_role("slider")
    scene.drag(handle, (0.4, 0.5), (0.8, 0.5))


@act("checkbox")
def checkbox(scene: Scene) -> None:
    scene.show(lambda: ds.Checkbox(label="sure")).get_by_label("sure").click()


@act("checkbox_group")
def checkbox_group(scene: Scene) -> None:
    scene.show(lambda: ds.CheckboxGroup(["a", "b"], label="some")).get_by_label("b").click()


@act("radio")
def radio(scene: Scene) -> None:
    scene.show(lambda: ds.Radio(["a", "b"], label="one")).get_by_label("b").click()


@act("dropdown")
def dropdown(scene: Scene) -> None:
    page = scene.show(lambda: ds.Dropdown(["a", "b"], label="one", filterable=True, allow_custom_value=True))
    box = page.get_by_role("combobox", name="one")
    box.click()
    page.get_by_role("option", name="b").click()
    box.press("ArrowDown")
    box.press("Tab")


@act("color_picker")
def color_picker(scene: Scene) -> None:
    page = scene.show(lambda: ds.ColorPicker("#ff0000", label="ink"))
    box = page.get_by_role("textbox", name="ink", exact=True)
    box.fill("#00ff00")
    box.press("Enter")
    box.press("Tab")
    page.get_by_label("Choose ink").fill("#123456")  # as when the browser's own chooser is closed


@act("date_time")
def date_time(scene: Scene) -> None:
    box = scene.show(lambda: ds.DateTime(label="when")).get_by_role("textbox", name="when")
    box.fill("2025-02-01 10:00:00")
    box.press("Enter")


@act("code")
def code(scene: Scene) -> None:
    page = scene.show(lambda: ds.Code(label="program", language="python", interactive=True))
    editor = page.get_by_role("textbox", name="program")
    editor.press_sequentially("x")
    editor.press("Escape")
    editor.press("Tab")


@act("dialogue")
def dialogue(scene: Scene) -> None:
    page = scene.show(
        lambda: ds.Dialogue([{"speaker": "A", "text": "x"}], speakers=["A"], label="talk", interactive=True)
    )
    line = page.get_by_label("Line 1", exact=True)
    line.press_sequentially("y")
    line.press("Enter")


@act("multimodal_textbox")
def multimodal_textbox(scene: Scene) -> None:
    page = scene.show(lambda: ds.MultimodalTextbox(label="Message", stop_btn="Halt"))
    box = page.get_by_role("textbox", name="Message", exact=True)
    box.press_sequentially("some words")
    box.press("Control+a")
    box.press("Enter")
    scene.press("Stop")


@act("button")
def button(scene: Scene) -> None:
    scene.show(lambda: ds.Button("Press"), then="Pressed")
    scene.press("Press")
    scene.set_value()


@act("upload_button")
def upload_button(scene: Scene) -> None:
    page = scene.show(lambda: ds.UploadButton("Give"))
    with page.expect_file_chooser() as chooser:
        scene.press("Give")
    chooser.value.set_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"})


@act("dataset")
def dataset(scene: Scene) -> None:
    scene.show(
        lambda: ds.Dataset(components=["text"], samples=[["a"], ["b"]], label="samples"),
    )
    scene.press("b")


@act("dataframe")
def dataframe(scene: Scene) -> None:
    page = scene.show(lambda: ds.Dataframe([["a", 1]], headers=["x", "y"], label="t", interactive=True))
    page.locator("[data-row='0'][data-column='0']").click()
    page.keyboard.type("new")
    page.keyboard.press("Enter")


@act("timer")
def timer(scene: Scene) -> None:
    scene.show(lambda: ds.Timer(0.3), then=0.2)
    scene.press("Set")
