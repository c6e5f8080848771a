"""What fires every event of files, pictures, sounds, films and models, with camera and microphone."""

from __future__ import annotations

import io
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import doorstep as ds
from doorstep.components import sounds
from tests.ui.browser.moments import A_SECOND
from tests.ui.browser.scene import Scene, act

PAPER = np.full((60, 100, 3), 200, np.uint8)
WAV = {
    "name": "tone.wav",
    "mimeType": "audio/wav",
    "buffer": sounds.wav(8000, (np.sin(np.arange(4000) / 4) * 9000).astype(np.int16)),
}


def png() -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.fromarray(PAPER).save(buffer, "PNG")
    return {"name": "one.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def film() -> dict[str, Any]:
    """Half a second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        source = ["-f", "lavfi", "-i", "testsrc=size=160x90:rate=10:duration=0.5"]
        subprocess.run(["ffmpeg", "-v", "error", *source, "-pix_fmt", "yuv420p", str(path)], check=True)
        return {"name": "film.mp4", "mimeType": "video/mp4", "buffer": path.read_bytes()}


def text(name: str) -> dict[str, Any]:
    return {"name": name, "mimeType": "text/plain", "buffer": b"hello"}


@act("file")
def file(scene: Scene) -> None:
    page = scene.show(lambda: ds.File(label="papers", file_count="multiple"))
    scene.choose(text("a.txt"), text("b.txt"))
    scene.press("a.txt")
    with page.expect_download():
        page.get_by_role("link", name="Download a.txt").click()
    scene.press("Remove a.txt")
    scene.press("Clear")


@act("download_button")
def download_button(scene: Scene) -> None:
    here = Path(__file__)
    page = scene.show(lambda: ds.DownloadButton("Take", value=here), then=here.with_name("scene.py"))
    with page.expect_download():
        page.get_by_role("link", name="Take").click()
    scene.set_value()


@act("file_explorer")
def file_explorer(scene: Scene) -> None:
    page = scene.show(lambda: ds.FileExplorer("scene*.py", root_dir=Path(__file__).parent, label="files"))
    page.get_by_role("checkbox", name="scene.py").check()


@act("image")
def image(scene: Scene) -> None:
    """Its frames are streamed by one of its own."""
    page = scene.show(lambda: ds.Image(label="photo"))
    scene.wanted = scene.wanted - {"stream"}
    scene.choose(png())
    page.get_by_role("button", name="photo: pick a point").click()
    scene.press("Clear")
    scene.end()

    page.context.grant_permissions(["camera"])
    scene.show(lambda: ds.Image(label="film", sources="webcam", streaming=True))
    scene.press("Camera", exact=False)
    scene.press("Start")


@act("image_slider")
def image_slider(scene: Scene) -> None:
    page = scene.show(lambda: ds.ImageSlider(label="pair", interactive=True))
    for half in ("first", "second"):
        page.get_by_label(f"pair: {half} image").set_input_files([png()])
    page.get_by_role("slider").click(position={"x": 40, "y": 40})
    scene.press("Clear")


@act("image_editor")
def image_editor(scene: Scene) -> None:
    page = scene.show(lambda: ds.ImageEditor(PAPER, label="photo"))
    stage = page.get_by_role("img", name="canvas")
    page.get_by_role("button", name="Brush").wait_for()
    scene.drag(stage, (0.4, 0.5), (0.6, 0.5))
    page.keyboard.down(" ")  # the hand, for as long as it is held
    stage.click()
    page.keyboard.up(" ")
    scene.press("Apply")
    scene.press("Clear")
    scene.choose(png())


@act("annotated_image")
def annotated_image(scene: Scene) -> None:
    page = scene.show(
        lambda: ds.AnnotatedImage((PAPER, [((0, 0, 50, 50), "left")]), label="areas"), then=(PAPER, [])
    )
    page.get_by_role("button", name="left").click()
    scene.set_value()


@act("gallery")
def gallery(scene: Scene) -> None:
    page = scene.show(lambda: ds.Gallery(label="shots", interactive=True))
    scene.choose(png())
    page.locator(".tile").first.click()
    scene.await_event("preview_open")
    page.keyboard.press("Escape")
    scene.await_event("preview_close")
    scene.press("Remove", exact=False)


@act("model3d")
def model3d(scene: Scene) -> None:
    page = scene.show(lambda: ds.Model3D(label="thing"))
    scene.choose(Path(ds.get_model3d("house.obj")))
    page.get_by_label("Shown as").select_option("wireframe")
    scene.press("Clear")


@act("audio")
def audio(scene: Scene) -> None:
    """It is recorded, trimmed and played; pieces are streamed by one of its own."""
    page = scene.show(lambda: ds.Audio(label="voice"))
    scene.wanted = scene.wanted - {"stream"}
    page.context.grant_permissions(["microphone"])
    scene.choose(WAV)
    page.get_by_role("slider", name="Position in voice").press(" ")
    scene.await_event("play", "pause", "stop")
    scene.press("Trim")
    page.get_by_role("spinbutton", name="From").fill("0.2")
    page.get_by_role("spinbutton", name="From").press("Tab")
    scene.press("Trim")
    scene.await_event("edit")
    scene.press("Clear")
    scene.press("Record", exact=False)
    page.get_by_role("timer").filter(has_text=A_SECOND).wait_for()
    for name in ("Pause", "Go on", "Stop"):
        scene.press(name)
    scene.end()

    scene.show(lambda: ds.Audio(label="live", sources="microphone", streaming=True))
    scene.press("Record", exact=False)


@act("video")
def video(scene: Scene) -> None:
    page = scene.show(lambda: ds.Video(label="clip"))
    page.context.grant_permissions(["camera", "microphone"])
    scene.choose(film())
    page.locator("main video").press(" ")
    scene.await_event("play", "pause", "stop", "end")
    scene.press("Clear")
    scene.press("Camera", exact=False)
    scene.press("Record")
    page.get_by_role("button", name=re.compile(f"Stop · {A_SECOND.pattern}")).click()
