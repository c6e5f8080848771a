"""An app with a function for every component: it is given the component's value, and returns it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import doorstep as ds
from doorstep.components.base import Component

PICTURE, TEXT, SOUND, MODEL = "@picture.png", "@file.txt", "@sound.wav", "@model.glb"
"""Files of the program; what comes back is named so too."""
SHOWN = "@image.webp"
SPOKEN = [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
HEARD = [{"role": "user", "metadata": None, "options": None, "content": [{"text": "Hi", "type": "text"}]}]
PLOT = {"type": "plotly", "plot": json.dumps({"data": [], "layout": {}})}
BIG = [[number, f"row {number}"] for number in range(2_000)]


class Case(NamedTuple):
    """A component, what a program gives, and what it gets."""

    make: Callable[[], Component]
    given: Any
    got: Any
    fn: Callable[..., Any] = lambda value: value


def same(make: Callable[[], Component], value: Any) -> Case:
    return Case(make, value, value)


def annotated(_value: Any) -> Any:
    return np.zeros((4, 4, 3), np.uint8), [((0, 0, 2, 2), "corner")]


CASES: dict[str, Case] = {
    "textbox": same(ds.Textbox, "hi"),
    "number": same(ds.Number, 2.5),
    "integer": same(lambda: ds.Number(precision=0), 3),
    "slider": same(lambda: ds.Slider(10, 20), 12),
    "checkbox": same(ds.Checkbox, True),
    "checkboxes": same(lambda: ds.CheckboxGroup(["a", "b"]), ["b"]),
    "radio": same(lambda: ds.Radio(["a", ("Two", "b")]), "b"),
    "dropdown": same(lambda: ds.Dropdown(["a", "b"]), "a"),
    "dropdowns": same(lambda: ds.Dropdown(["a", "b"], multiselect=True), ["a", "b"]),
    "own_choice": same(lambda: ds.Dropdown(["a"], allow_custom_value=True), "mine"),
    "color": same(ds.ColorPicker, "#1a6e3a"),
    "datetime": same(lambda: ds.DateTime(type="string"), "2026-01-31 12:00:00"),
    "code": same(ds.Code, "x = 1"),
    "json": same(ds.JSON, {"a": [1, None]}),
    "label": same(ds.Label, {"label": "cat", "confidences": [{"label": "cat", "confidence": 0.9}]}),
    "highlighted": same(ds.HighlightedText, [{"token": "fox", "class_or_confidence": "noun"}]),
    "html": same(ds.HTML, "<i>x</i>"),
    "markdown": same(ds.Markdown, "# x"),
    "table": Case(
        lambda: ds.Dataframe(headers=["a", "b"], datatype=["str", "number"]),
        {"headers": ["a", "b"], "data": [["x", 2]]},
        {"headers": ["a", "b"], "data": [["x", 2]], "metadata": None},
    ),
    "image": Case(ds.Image, PICTURE, SHOWN),
    "editor": Case(
        ds.ImageEditor,
        {"background": PICTURE, "layers": [], "composite": None},
        {"background": SHOWN, "layers": [], "composite": SHOWN, "id": None},
        lambda value: {**value, "composite": value["background"]},
    ),
    "annotated": Case(
        ds.AnnotatedImage,
        {"image": PICTURE, "annotations": []},
        {"image": SHOWN, "annotations": [{"image": "@area.png", "label": "corner", "color": "#e6550d"}]},
        annotated,
    ),
    "slider_of_images": Case(lambda: ds.ImageSlider(type="filepath"), [PICTURE, PICTURE], [PICTURE] * 2),
    "gallery": Case(
        lambda: ds.Gallery(type="filepath"),
        [{"image": PICTURE, "caption": "c"}],
        [{"image": PICTURE, "caption": "c"}],
    ),
    "audio": Case(lambda: ds.Audio(type="filepath"), SOUND, SOUND),
    "file": same(ds.File, TEXT),
    "pictures": same(lambda: ds.File(file_count="multiple", file_types=["image"]), [PICTURE, PICTURE]),
    "upload": same(ds.UploadButton, TEXT),
    "download": same(ds.DownloadButton, TEXT),
    "explorer": same(lambda: ds.FileExplorer(root_dir=Path(__file__).parent), [["app.py"]]),
    "model": same(ds.Model3D, MODEL),
    "chat": Case(ds.Chatbot, SPOKEN, HEARD),
    "multimodal": same(ds.MultimodalTextbox, {"text": "x", "files": [TEXT]}),
    "plot": same(ds.Plot, PLOT),
    "line": same(lambda: ds.LinePlot(x="x", y="y"), None),
    "params": same(ds.ParamViewer, {"a": {"type": "int", "description": "d", "default": "1"}}),
    "timer": same(lambda: ds.Timer(active=False), 2),
    "dataset": same(lambda: ds.Dataset(components=[ds.Textbox(visible=False)], samples=[["a"], ["b"]]), 1),
    "dialogue": Case(lambda: ds.Dialogue(speakers=["Ann"]), [{"speaker": "Ann", "text": "Hi"}], "[Ann] Hi"),
    "browser": same(lambda: ds.BrowserState("first"), "mine"),
}

DEFAULTS: dict[str, tuple[Callable[[], Component], Any]] = {
    "small_table": (
        lambda: ds.Dataframe([[1]], headers=["a"]),
        {"headers": ["a"], "data": [[1]], "metadata": None},
    ),
    "big_table": (
        lambda: ds.Dataframe(BIG, headers=["n", "row"]),
        {"headers": ["n", "row"], "data": BIG, "metadata": None},
    ),
    "own_image": (lambda: ds.Image(np.zeros((4, 4, 3), np.uint8)), SHOWN),
}
"""Components with a value, and what comes of a call that gives none."""


def talk(_said: str) -> Iterator[list[dict[str, str]]]:
    history: list[dict[str, str]] = []
    for word in ("So", "it", "goes"):
        history = [*history, {"role": "assistant", "content": word}]
        yield history


def sing() -> Iterator[tuple[int, Any]]:
    for _ in range(3):
        yield 8_000, np.zeros(800, np.int16)


def paint() -> Iterator[Any]:
    for shade in (0, 100, 200):
        yield np.full((4, 4, 3), shade, np.uint8)


def build() -> ds.Blocks:
    with ds.Blocks(title="Every component") as app:
        go = ds.Button()
        for name, case in CASES.items():
            go.click(case.fn, case.make(), case.make(), api_name=name)
        for name, (make, _) in DEFAULTS.items():
            shown = make()
            go.click(lambda value: value, shown, type(shown)(), api_name=name)
        go.click(talk, ds.Textbox(), ds.Chatbot())
        go.click(sing, None, ds.Audio(streaming=True))
        go.click(paint, None, ds.Image())
    return app


def reply(message: str, _history: Any) -> Iterator[str]:
    for end in range(1, len(message) + 1):
        yield message[:end]


def count_files(message: dict[str, Any], _history: Any) -> str:
    return f"{message['text']}: {len(message['files'])}"
