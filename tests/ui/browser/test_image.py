"""Image in a real browser: the camera, the clipboard, streams, points, and a picture over the whole page."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

import doorstep as ds

Visit = Callable[[ds.Blocks], Page]


def png(colour: tuple[int, int, int] = (255, 0, 0), size: tuple[int, int] = (40, 20)) -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return {"name": "one.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def group(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name, exact=True)


def test_a_picture_is_taken_with_the_camera(page: Page, visit: Visit) -> None:
    page.context.grant_permissions(["camera"])
    taken: list[Any] = []
    with ds.Blocks() as app:
        image = ds.Image(label="face", sources=["webcam"], type="pil")
        said = ds.Textbox(label="said")
        image.upload(lambda picture: taken.append(picture) or str(picture.size), image, said)
    visit(app)
    face = group(page, "face")
    expect(face.locator("input[type=file]")).to_have_count(0)

    face.get_by_role("button", name="Camera").click()
    page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
    face.get_by_role("button", name="Take a picture").click()

    expect(face.get_by_role("img", name="face")).to_be_visible()
    expect(page.get_by_label("said")).to_have_value(str((640, 480)))
    assert np.array(taken[0]).std() > 10, "the picture is not empty"
    expect(page.locator("video")).to_have_count(0)
    face.get_by_role("button", name="Clear").click()
    expect(face.get_by_role("button", name="Camera")).to_be_focused()


def test_a_camera_that_may_not_be_used_says_so_and_can_be_tried_again(page: Page, visit: Visit) -> None:
    visit(ds.Interface(lambda image: image, ds.Image(label="face", sources=["webcam"]), "image"))
    face = group(page, "face")

    face.get_by_role("button", name="Camera").click()
    expect(face.get_by_role("alert")).to_contain_text("may not use the camera")
    page.context.grant_permissions(["camera"])
    face.get_by_role("button", name="Try again").click()
    page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
    face.get_by_role("button", name="Close the camera").click()

    expect(face.get_by_role("button", name="Camera")).to_be_focused()


def test_frames_are_streamed_until_the_time_is_over(page: Page, visit: Visit) -> None:
    page.context.grant_permissions(["camera"])
    seen: list[tuple[int, ...]] = []
    with ds.Blocks() as app:
        camera = ds.Image(label="camera", streaming=True)
        shown = ds.Image(label="negative", streaming=True, interactive=False)

        @camera.stream(inputs=camera, outputs=shown, stream_every=0.1, time_limit=4)  # type: ignore[misc]
        def negative(frame: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
            seen.append(frame.shape)
            return 255 - frame

    visit(app)
    film = group(page, "camera")

    film.get_by_role("button", name="Camera").click()
    page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
    film.get_by_role("button", name="Start").click()
    expect(group(page, "negative").get_by_role("img")).to_have_attribute("src", re.compile("^data:image"))
    expect(film.get_by_role("button", name="Start")).to_be_visible()

    assert len(seen) >= 2
    assert set(seen) == {(480, 640, 3)}


def test_a_picture_is_pasted_by_keys_and_by_the_button(page: Page, visit: Visit) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit(ds.Interface(lambda image: str(image.shape), ds.Image(label="photo"), ds.Textbox(label="size")))
    photo = group(page, "photo")
    page.evaluate(
        """async (data) => {
            const bytes = Uint8Array.from(atob(data), (each) => each.charCodeAt(0));
            const picture = new Blob([bytes], {type: "image/png"});
            await navigator.clipboard.write([new ClipboardItem({"image/png": picture})]);
        }""",
        base64.b64encode(png()["buffer"]).decode(),
    )

    photo.get_by_role("button", name="Paste").click()
    expect(photo.get_by_role("img", name="photo")).to_be_visible()
    photo.get_by_role("button", name="Clear").click()
    photo.locator("input[type=file]").press("Control+v")
    expect(photo.get_by_role("img", name="photo")).to_be_visible()
    page.get_by_role("button", name="Submit").click()

    expect(page.get_by_label("size")).to_have_value("(20, 40, 3)")


def test_an_empty_clipboard_is_said_to_be_empty(page: Page, visit: Visit) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit(ds.Interface(lambda image: image, ds.Image(label="photo", sources=["clipboard"]), "image"))
    page.evaluate("() => navigator.clipboard.writeText('words')")

    group(page, "photo").get_by_role("button", name="Paste").click()

    expect(page.get_by_role("alert")).to_contain_text("There is no image in the clipboard")


def test_a_point_is_picked_by_pointer_and_by_keys(page: Page, visit: Visit) -> None:
    with ds.Blocks() as app:
        image = ds.Image(np.zeros((100, 400, 3), np.uint8), label="map", height=300)
        said = ds.Textbox(label="said")

        def where(event: ds.SelectData) -> str:
            return str(event.index)

        image.select(where, None, said)
    visit(app)
    picture = group(page, "map").get_by_role("button", name="map: pick a point")
    page.wait_for_function("() => document.querySelector('.image img')?.naturalWidth === 400")
    box = picture.bounding_box()
    assert box is not None

    picture.click(position={"x": box["width"] * 302.5 / 400, "y": box["height"] / 2})
    expect(page.get_by_label("said")).to_have_value("[302, 50]")
    picture.focus()
    picture.press("Shift+ArrowLeft")
    picture.press("Enter")
    expect(page.get_by_label("said")).to_have_value("[160, 50]")


def test_a_picture_fills_the_page_and_leaves_it_by_escape(page: Page, visit: Visit, violations: Any) -> None:
    with ds.Blocks() as app:
        ds.Image(np.zeros((20, 40, 3), np.uint8), label="view", buttons=["fullscreen", "download"])
    visit(app)
    larger = page.get_by_role("button", name="View larger")

    larger.click()
    dialog = page.get_by_role("dialog", name="view")
    expect(dialog.get_by_role("img", name="view")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(larger).to_be_focused()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "image.webp"


def test_a_button_of_the_apps_own_stands_beside_the_name(page: Page, visit: Visit) -> None:
    with ds.Blocks() as app:
        again = ds.Button("Again")
        image = ds.Image(label="view", buttons=["download", again], interactive=False)
        again.click(lambda: np.zeros((8, 8, 3), np.uint8), None, image)
    visit(app)
    expect(page.get_by_role("button", name="Again")).to_have_count(1)

    group(page, "view").get_by_role("button", name="Again").click()

    expect(group(page, "view").get_by_role("img", name="view")).to_be_visible()


def test_a_drawing_is_shown_as_a_picture_and_runs_nothing(page: Page, visit: Visit, tmp_path: Any) -> None:
    drawing = tmp_path / "a.svg"
    drawing.write_text(
        "<svg xmlns='http://www.w3.org/2000/svg' width='30' height='30' onload='parent.ran = 1'>"
        "<rect width='30' height='30'/></svg>"
    )
    with ds.Blocks() as app:
        ds.Image(drawing, label="drawing")
    visit(app)

    page.wait_for_function("() => document.querySelector('.image img')?.naturalWidth === 30")
    assert page.evaluate("() => window.ran") is None


def test_an_empty_image_has_no_serious_fault_and_takes_the_apps_changes(
    page: Page, visit: Visit, violations: Any
) -> None:
    with ds.Blocks() as app:
        image = ds.Image(label="photo", placeholder="# Your cat\nA photograph will do", interactive=True)
        ds.Button("Only paste").click(lambda: ds.Image(sources=["clipboard"], label="pasted"), None, image)
    visit(app)
    expect(page.locator(".drop strong")).to_have_text("Your cat")
    assert violations(page) == []

    page.get_by_role("button", name="Only paste").click()

    expect(group(page, "pasted").first.locator("input[type=file]")).to_have_count(0)
    assert violations(page) == []
