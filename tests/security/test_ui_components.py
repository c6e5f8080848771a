"""Components against unfriendly visitors, each test by its row in the list of vulnerability classes.

What a visitor may send is any JSON and any file. Either gives the function's argument or is refused by the
component's name, soon, and in bounded memory; and nothing of it runs in another visitor's browser.
"""

from __future__ import annotations

import io
import struct
import time
import wave
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

import doorstep as ds
from doorstep.components import ffmpeg, images, sounds, table_edits
from doorstep.components.base import Component
from doorstep.components.frames import Table
from doorstep.components.sound_streams import SoundStream
from doorstep.errors import RefusedError
from doorstep.events.visit import Visit
from scripts.component_facts import components
from tests.security.test_ui import bomb
from tests.ui.support import FakeFiles, served

DEADLINE = 20.0
"""Seconds that any small value may take."""
META = {"_type": "gradio.FileData"}
MODULE = "export default { render() {} }"

NEEDED: dict[str, dict[str, Any]] = {"Widget": {"esm": MODULE}}
"""What a component cannot be made without."""
VARIANTS: list[Component] = [
    ds.Chatbot(type="messages"),
    ds.CheckboxGroup(["a"], type="index"),
    ds.Dataframe(type="array"),
    ds.Dataframe(type="numpy"),
    ds.Dataframe(type="polars"),
    ds.Dataset(components=["text"], samples=[["a"]], type="tuple"),
    ds.DateTime(type="datetime", timezone="Europe/Paris"),
    ds.Dialogue(speakers=["Ann"], type="list"),
    ds.Dropdown(["a", "b"], multiselect=True, allow_custom_value=True),
    ds.File(type="binary", file_count="multiple"),
    ds.Gallery(type="filepath"),
    ds.Image(type="filepath"),
    ds.MultimodalTextbox(file_types=["image"]),
    ds.Number(precision=1),
    ds.Widget(esm=MODULE, field=("a", "b")),
]
EVERY: list[Component] = [
    *(
        kind(**NEEDED.get(name, {}))
        for name, kind in components().items()
        if issubclass(kind, Component) and name != "Timer"
    ),
    *VARIANTS,
]

ODD = [
    *(10**400, -(10**400), 2**64, float("nan"), float("inf"), -float("inf"), 5e-324, 1e308, -1),
    *("9" * 5000, "-" + "9" * 5000, "Infinity", "x" * 5000, "\0", "\ud800", "٣", "now - 999999999d"),
    *("0001-01-01 00:00:00", "9999-12-31 23:59:59", "2024-02-30", "javascript:alert(1)", "../../etc/passwd"),
    *("/etc/passwd", "file:///etc/passwd", "http://169.254.169.254/", "data:text/html,x"),
    *("data:image/png;base64,", "data:image/png;base64,AAAA", "data:image/svg+xml;base64,PHN2Zz4="),
]
KEYS = [
    *("path", "url", "meta", "orig_name", "size", "headers", "data", "metadata", "edits", "kept", "text"),
    *("files", "role", "content", "options", "value", "label", "confidences", "confidence", "image", "video"),
    *("caption", "annotations", "background", "layers", "composite", "token", "class_or_confidence"),
    *("speaker", "component", "constructor_args", "props", "file", "alt_text", "type"),
]
LEAF = st.none() | st.booleans() | st.sampled_from(ODD) | st.integers(-3, 3) | st.text(max_size=3)
JSON = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)
CELLS = st.lists(st.lists(JSON, min_size=2, max_size=2), max_size=3)
SHAPED: dict[str, st.SearchStrategy[Any]] = {
    "annotated_image": st.fixed_dictionaries({"image": JSON, "annotations": st.lists(JSON, max_size=2)}),
    "chatbot": st.lists(
        st.fixed_dictionaries({"role": st.just("user"), "content": JSON, "metadata": JSON, "options": JSON}),
        max_size=2,
    ),
    "dataframe": st.fixed_dictionaries(
        {"headers": st.lists(JSON, min_size=2, max_size=2), "data": CELLS, "metadata": JSON}
    ),
    "dialogue": st.lists(st.fixed_dictionaries({"speaker": LEAF, "text": LEAF}), max_size=2),
    "file_explorer": st.lists(st.lists(LEAF, max_size=3), max_size=2),
    "gallery": st.lists(st.fixed_dictionaries({"image": JSON, "caption": LEAF}), max_size=2),
    "highlighted_text": st.lists(
        st.fixed_dictionaries({"token": LEAF, "class_or_confidence": LEAF}), max_size=2
    ),
    "image_editor": st.fixed_dictionaries({"background": JSON, "layers": JSON, "composite": JSON}),
    "label": st.fixed_dictionaries({"label": LEAF, "confidences": JSON}),
    "multimodal_textbox": st.fixed_dictionaries({"text": LEAF, "files": JSON}),
}
"""Values that come further into a component than any JSON would."""


class TestRow37AnyValue:
    @pytest.mark.parametrize("component", EVERY, ids=lambda each: type(each).__name__)
    @given(data=st.data())
    @settings(max_examples=40, deadline=None)
    def test_any_json_is_taken_or_refused_by_name_and_soon(
        self, component: Component, data: st.DataObject
    ) -> None:
        wire = data.draw(JSON | SHAPED.get(component.type, JSON))
        visit = Visit(ds.Blocks(), FakeFiles(Path("/nonexistent")))
        begun = time.process_time()
        try:
            component.read(wire, visit)
        except RefusedError as error:
            said: tuple[int | None, bool] = (error.component, type(component).__name__ in str(error))
        else:
            said = (component.id, True)
        assert said == (component.id, True)
        assert time.process_time() - begun < DEADLINE

    @pytest.mark.parametrize("opening", ["[", '{"a":', '{"path":', '[{"content":'])
    async def test_lists_in_lists_without_end_are_refused(self, opening: str) -> None:
        closing = "".join({"[": "]", "{": "}"}.get(each, "") for each in reversed(opening))
        with ds.Blocks() as app:
            inputs = [ds.Chatbot(), ds.Dropdown(["a"]), ds.Dataframe(type="array"), ds.Image(), ds.Navbar()]
            for number, each in enumerate(inputs):
                ds.Button().click(lambda _value: None, each, None, api_name=f"run{number}")
        with served(app) as server:
            async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
                for number in range(len(inputs)):
                    for depth in (300, 900, 100_000):
                        deep = opening * (depth // len(closing)) + "1" + closing * (depth // len(closing))
                        answer = await client.post(
                            f"/gradio_api/run/run{number}", content=f'{{"data": [{deep}]}}'
                        )
                        assert answer.status_code in {200, 422}, answer.text


class TestRow43ScriptOfVisitors:
    @pytest.mark.parametrize("name", ["a.js", "a.mjs", "A.JS"])
    async def test_no_page_can_load_an_uploaded_file_as_a_script(self, name: str) -> None:
        with served(ds.Interface(lambda a: a, "file", "text")) as server:
            async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
                files = {"files": (name, b"alert(1)")}
                (path,) = (await client.post("/gradio_api/upload", files=files)).json()
                headers = (await client.get(f"/gradio_api/file={path}")).headers
        assert headers["content-type"].startswith("text/plain")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-disposition"].startswith("attachment")

    def test_a_component_in_a_message_brings_no_script_and_no_handlers_of_a_visitor(self) -> None:
        ours = ds.Widget(esm=MODULE).module
        kept = [
            props_of({"module": module, "handlers": ["alert(1)"], "head": "<script>", "label": "x"})
            for module in ("gradio_api/file=abc/evil.js", "https://evil.example/x.js", "data:,1", ["x"], ours)
        ]
        assert kept == [{"label": "x", "value": 1}] * 4 + [{"label": "x", "value": 1, "module": ours}]

    @pytest.mark.parametrize("link", ["javascript:alert(1)", " \tJaVaScript:alert(1)", "data:text/html,x"])
    def test_nor_a_link_that_runs(self, link: str) -> None:
        assert props_of({"link": link}) == {"value": 1}
        assert props_of({"link": "https://example.org"}) == {"value": 1, "link": "https://example.org"}


def props_of(props: dict[str, Any]) -> Any:
    """What becomes of the properties of a component in a message that a visitor sent."""
    part = {"component": "widget", "value": 1, "constructor_args": {}, "props": props}
    files = FakeFiles(Path("/nonexistent"))
    (message,) = ds.Chatbot().preprocess([{"role": "user", "content": [part]}], files)
    return message["content"][0]["props"]


class TestRow48Floods:
    @pytest.mark.parametrize("size", [8000, 10_000, 30_000])
    def test_a_small_file_of_many_pixels_is_no_picture(self, tmp_path: Path, size: int) -> None:
        (tmp_path / "a.png").write_bytes(bomb(size, size))
        with pytest.raises(RefusedError, match="Image: the picture has .*pixels"):
            ds.Image().preprocess({"path": "a.png", "meta": META}, FakeFiles(tmp_path))

    @pytest.mark.parametrize(
        "component", [ds.Gallery(type="numpy"), ds.Gallery(type="pil"), ds.ImageEditor()], ids=str
    )
    def test_one_picture_named_many_times_is_refused_before_any_is_unpacked(
        self, tmp_path: Path, component: Component
    ) -> None:
        (tmp_path / "a.png").write_bytes(bomb(7000, 7000))
        file = {"path": "a.png", "meta": META}
        values = {"gallery": [{"image": file}] * 90, "image_editor": {"layers": [file] * 90}}
        begun = time.process_time()
        with pytest.raises(RefusedError, match=r"the pictures have more than 250,000,000 pixels together"):
            component.preprocess(values[component.type], FakeFiles(tmp_path))
        assert time.process_time() - begun < DEADLINE

    def test_a_gallery_has_an_end(self) -> None:
        with pytest.raises(RefusedError, match="20000 pictures; at most 10000 are allowed"):
            ds.Gallery().preprocess([{"image": {"path": "a"}}] * 20_000, FakeFiles(Path("/nonexistent")))

    @pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "gif", "bmp", "tiff"])
    @given(data=st.data())
    @settings(max_examples=40, deadline=None)
    def test_a_damaged_picture_is_refused_whatever_its_reader_says(
        self, kind: str, data: st.DataObject
    ) -> None:
        out = io.BytesIO()
        Pillow.new("RGB", (9, 7), "red").save(out, kind, **({"exif": EXIF} if kind != "bmp" else {}))
        damaged = bytearray(out.getvalue())
        for _ in range(data.draw(st.integers(1, 4))):
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
        try:
            picture = images.read_picture(io.BytesIO(bytes(damaged)), "RGB")
        except RefusedError:
            return
        assert picture.width * picture.height <= images.MAX_PIXELS

    @pytest.mark.parametrize(
        "edits",
        [
            [["insert_column", 0, "x"]] * 30_000,
            [["insert_column", 0, "x"], ["delete_column", 0]] * 15_000,
            [["set", 0, 0, "x"]] * 200_000,
        ],
        ids=["grow", "back and forth", "set"],
    )
    def test_few_words_do_not_make_a_huge_table(self, edits: list[Any]) -> None:
        table = Table([str(each) for each in range(1000)], [[0] * 1000] * 10_000)
        begun = time.process_time()
        with pytest.raises(RefusedError, match="too much was done to the table at once"):
            table_edits.edited(table, edits)
        assert time.process_time() - begun < 2 * DEADLINE

    def test_a_table_of_many_columns_is_refused(self) -> None:
        wire = {"headers": ["a"] * 100_000, "data": [], "metadata": None}
        with pytest.raises(RefusedError, match="100,000 columns; at most 10,000 are allowed"):
            ds.Dataframe().preprocess(wire, FakeFiles(Path("/nonexistent")))

    def test_columns_of_one_name_are_soon_told_apart(self) -> None:
        wire = {"headers": ["a"] * 10_000, "data": [], "metadata": None}
        begun = time.process_time()
        frame = ds.Dataframe(type="polars").preprocess(wire, FakeFiles(Path("/nonexistent")))
        assert len(frame.columns) == 10_000
        assert frame.columns[:3] == ["a", "a_", "a_2"]
        assert time.process_time() - begun < DEADLINE


EXIF = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
"""Says that the picture lies on its side."""


class TestRow48Sounds:
    @pytest.mark.parametrize(
        ("rate", "channels", "bits"), [(8000, 1, 0), (0, 1, 16), (8000, 0, 16), (2**32 - 1, 1, 16)]
    )
    def test_a_header_that_makes_no_sense_is_no_sound(self, rate: int, channels: int, bits: int) -> None:
        form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, 0, 0, bits)
        data = b"RIFF\0\0\0\0WAVE" + form + b"data" + struct.pack("<I", 8) + bytes(8)
        assert sounds.read_wav(data) is None

    def test_a_file_of_empty_chunks_is_soon_given_up(self) -> None:
        begun = time.process_time()
        assert sounds.read_wav(b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 1_000_000) is None
        assert time.process_time() - begun < DEADLINE / 4

    def test_hours_of_silence_in_a_small_file_are_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ffmpeg, "MAX_DECODED", 100_000)
        with wave.open(str(tmp_path / "a.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(400_000))
        path = ffmpeg.convert(tmp_path / "a.wav", tmp_path / "a.flac")
        assert path.stat().st_size < 20_000
        with pytest.raises(RefusedError, match="Audio: the file unpacks to more than"):
            ds.Audio().preprocess({"path": "a.flac", "meta": META}, FakeFiles(tmp_path))

    def test_two_rates_far_apart_do_not_make_a_huge_piece(self, tmp_path: Path) -> None:
        stream = SoundStream(FakeFiles(tmp_path))
        stream.grown((1_000_000, np.zeros(10, np.int16)))
        begun = time.process_time()
        with pytest.raises(ValueError, match="100000 samples at 1 Hz are too long for 1000000 Hz"):
            stream.grown((1, np.zeros(100_000, np.int16)))
        assert time.process_time() - begun < DEADLINE / 4
