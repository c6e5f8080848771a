"""Ways into components that are rarer: a camera in the editor, pasting, pinching, recording, dropping."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import doorstep as ds
from tests.ui.browser.acts_of_media import PAPER, png
from tests.ui.browser.moments import A_SECOND

Visit = Callable[[ds.Blocks], Page]

PASTE = """async (data) => {
    const bytes = Uint8Array.from(atob(data), (each) => each.charCodeAt(0));
    const picture = new Blob([bytes], {type: "image/png"});
    await navigator.clipboard.write([new ClipboardItem({"image/png": picture})]);
}"""


def size_of(value: dict[str, Any]) -> str:
    return "nothing" if value["composite"] is None else str(value["composite"].shape)


def edited(**options: Any) -> ds.Blocks:
    with ds.Blocks() as app:
        editor, seen = ds.ImageEditor(label="photo", **options), ds.Textbox(label="seen")
        ds.Button("Go").click(size_of, editor, seen)
    return app


def test_an_editor_takes_a_picture_with_the_camera(page: Page, visit: Visit) -> None:
    page.context.grant_permissions(["camera"])
    visit(edited())

    page.get_by_role("button", name="Camera").click()
    page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
    page.get_by_role("button", name="Take a picture").click()
    expect(page.locator("video")).to_have_count(0)
    page.get_by_role("button", name="Go").click()

    expect(page.get_by_label("seen")).to_have_value("(480, 640, 4)")


@pytest.mark.parametrize(("fixed", "size"), [(True, "(200, 300, 4)"), (False, "(60, 100, 4)")])
def test_a_picture_is_pasted_into_an_editor_whose_canvas_may_be_fixed(
    page: Page, visit: Visit, fixed: bool, size: str
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit(edited(canvas_size=(300, 200), fixed_canvas=fixed))
    page.evaluate(PASTE, base64.b64encode(png()["buffer"]).decode())

    page.get_by_role("button", name="Paste").click()
    expect(page.get_by_role("button", name="Brush")).to_be_visible()
    page.get_by_role("button", name="Go").click()

    expect(page.get_by_label("seen")).to_have_value(size)


def test_two_fingers_make_the_picture_larger(visit: Visit) -> None:
    page = visit(edited(value=PAPER))
    stage = page.get_by_role("img", name="canvas")
    expect(page.get_by_role("button", name="Brush")).to_be_visible()
    sheets = stage.locator(".sheets")
    before = sheets.bounding_box()
    assert before is not None

    stage.evaluate(
        """(stage) => {
            stage.setPointerCapture = () => undefined;  // made-up pointers cannot be captured
            const { left, top } = stage.getBoundingClientRect();
            const touch = (kind, pointerId, x) => stage.dispatchEvent(new PointerEvent(kind, {
                pointerId, pointerType: "touch", clientX: left + x, clientY: top + 50, bubbles: true,
            }));
            touch("pointerdown", 11, 60);
            touch("pointerdown", 12, 100);
            touch("pointermove", 12, 180);
            touch("pointerup", 12, 180);
            touch("pointerup", 11, 60);
        }"""
    )

    page.wait_for_function(
        "(width) => document.querySelector('.sheets').getBoundingClientRect().width > 1.5 * width",
        arg=before["width"],
    )


def test_a_message_takes_what_is_recorded_and_what_is_dropped(page: Page, visit: Visit) -> None:
    page.context.grant_permissions(["microphone"])
    with ds.Blocks() as app:
        message = ds.MultimodalTextbox(
            label="Message", sources=["upload", "microphone"], file_count="multiple"
        )
        seen = ds.Textbox(label="seen")
        message.change(lambda given: " ".join(Path(each).name for each in given["files"]), message, seen)
    visit(app)

    page.get_by_role("button", name=re.compile("[Rr]ecord")).click()
    expect(page.get_by_text(A_SECOND)).to_be_visible()
    page.get_by_role("button", name=re.compile("Stop|[Rr]ecord")).first.click()
    expect(page.get_by_label("seen")).to_have_value("recording.wav")
    transfer = page.evaluate_handle(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["x"], "dropped.txt", {type: "text/plain"}));
            return transfer;
        }"""
    )
    page.locator(".composer").dispatch_event("drop", {"dataTransfer": transfer})
    expect(page.get_by_label("seen")).to_have_value("recording.wav dropped.txt")


def test_a_chat_is_made_taller_by_hand_and_stays_where_its_reader_is(page: Page, visit: Visit) -> None:
    def more(chat: list[Any]) -> list[Any]:
        return [*chat, {"role": "assistant", "content": "the last"}]

    with ds.Blocks() as app:
        told = [{"role": "assistant", "content": f"line {number}"} for number in range(40)]
        chat = ds.Chatbot(told, label="chat", height=200, resizable=True, autoscroll=False)
        ds.Button("More").click(more, chat, chat)
    visit(app)
    frame, log = page.locator(".resizable"), page.get_by_role("log")
    expect(frame).to_have_css("height", "200px")
    box = frame.bounding_box()
    assert box is not None
    right, bottom = box["x"] + box["width"], box["y"] + box["height"]

    page.mouse.move(right - 4, bottom - 4)
    page.mouse.down()
    page.mouse.move(right - 4, bottom + 96, steps=4)
    page.mouse.up()
    expect(frame).to_have_css("height", "300px")

    log.hover()
    page.mouse.wheel(0, 150)
    page.wait_for_function("(log) => log.scrollTop === 150", arg=log.element_handle())
    page.get_by_role("button", name="More").click()
    last = log.get_by_text("the last")
    expect(last).to_be_attached()
    expect(last).not_to_be_in_viewport()
    assert log.evaluate("(log) => log.scrollTop") == 150
    page.get_by_role("button", name="Scroll to the latest message").click()
    expect(last).to_be_in_viewport()


def test_an_html_s_script_uploads_and_its_head_and_buttons_are_there(visit: Visit) -> None:
    script = """
        element.onclick = async () => {
            const stored = await upload(new File(["x"], "made.txt", { type: "text/plain" }));
            props.value = `${stored.orig_name} ${window.fromHead}`;
        };
    """
    with ds.Blocks() as app:
        again = ds.Button("Again")
        html = ds.HTML(
            "press here", js_on_load=script, head="<script>window.fromHead = 7</script>", buttons=[again]
        )
        again.click(lambda: "pressed", None, html)
    page = visit(app)

    page.wait_for_function("() => window.fromHead === 7")  # its own script comes after that
    page.get_by_text("press here").click()
    expect(page.get_by_text("made.txt 7")).to_be_visible()
    page.get_by_role("button", name="Again").click()
    expect(page.get_by_text("pressed")).to_be_visible()


PLY = b"""ply
format ascii 1.0
element vertex 3
property float x
property float y
property float z
element face 1
property list uchar int vertex_indices
end_header
0 0 0
1 0 0
0 1 0
3 0 1 2
"""
SPLAT = b"".join(
    struct.pack("<6f8B", *np.random.default_rng(seed).random(3), 0.1, 0.1, 0.1, 255, 90, 0, 255, 128, 0, 0, 0)
    for seed in range(5)
)


@pytest.mark.parametrize(("name", "content"), [("a.ply", PLY), ("a.splat", SPLAT)])
def test_points_and_splats_are_shown(
    page: Page, visit: Visit, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with ds.Blocks() as app:
        ds.Model3D(tmp_path / name, label="thing", interactive=False, height=60)
    page.set_viewport_size({"width": 200, "height": 200})  # every point is computed without a graphics card
    visit(app)

    expect(page.locator("canvas[data-ready=true]")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("alert")).to_have_count(0)
