"""Image: what moves, what is converted for a function, marks, and the parameters of older versions."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

import doorstep as ds
from doorstep.errors import RefusedError, UsageError
from doorstep.page import entries
from tests.ui.support import FakeFiles


@pytest.fixture
def files(tmp_path: Path) -> FakeFiles:
    return FakeFiles(tmp_path)


def saved(files: FakeFiles, name: str, mode: str = "RGB", **how: Any) -> dict[str, Any]:
    Pillow.new(mode, (8, 6), 100).save(files.folder / name, **how)
    return {"path": name}


def frame(kind: str = "jpeg") -> dict[str, Any]:
    out = io.BytesIO()
    Pillow.new("RGB", (8, 6), (255, 0, 0)).save(out, kind)
    return {"path": None, "url": f"data:image/{kind};base64,{base64.b64encode(out.getvalue()).decode()}"}


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_a_frame_of_the_camera_comes_without_a_file(files: FakeFiles, kind: str) -> None:
    image = ds.Image(streaming=True)
    assert image.preprocess(frame(kind), files).shape == (6, 8, 3)
    assert list(files.folder.iterdir()) == []
    assert Path(ds.Image(streaming=True, type="filepath").preprocess(frame(kind), files)).is_file()


@pytest.mark.parametrize(
    "url",
    ["data:text/html;base64,PGI+", "data:image/png;base64,!!!", "data:image/png;base64,PGI+", "data:,x"],
)
def test_a_frame_that_is_no_picture_is_refused(files: FakeFiles, url: str) -> None:
    with pytest.raises(RefusedError, match="Image “cam”"):
        ds.Image(label="cam").preprocess({"path": None, "url": url}, files)


def test_the_steps_of_a_stream_hold_themselves_and_big_ones_are_files(files: FakeFiles) -> None:
    image = ds.Image(streaming=True, format="png")
    small = image.postprocess(np.zeros((6, 8, 3), np.uint8), files)
    assert small is not None
    assert small["url"].startswith("data:image/png;base64,")
    noise = np.random.default_rng(0).integers(0, 255, (600, 600, 3), dtype=np.uint8)
    big = image.postprocess(noise, files)
    assert big is not None
    assert big["path"] == "image.png"


def test_streaming_takes_the_camera_alone() -> None:
    assert ds.Image(streaming=True).sources == ["webcam"]
    with pytest.raises(UsageError, match="streaming=True takes sources"):
        ds.Image(streaming=True, sources=["upload"])


def test_a_path_is_the_visitors_own_file_unless_the_function_wants_another_mode(files: FakeFiles) -> None:
    wire = saved(files, "a.png", "RGBA")
    assert ds.Image(type="filepath", image_mode=None).preprocess(wire, files) == str(files.folder / "a.png")
    path = ds.Image(type="filepath").preprocess(wire, files)
    with Pillow.open(path) as picture:
        assert (picture.mode, picture.format) == ("RGB", "PNG")


def test_a_moving_gif_keeps_its_frames(files: FakeFiles) -> None:
    frames = [Pillow.new("RGB", (8, 6), (each, 0, 0)) for each in (0, 120, 250)]
    frames[0].save(files.folder / "a.gif", save_all=True, append_images=frames[1:])
    passed = ds.Image(type="pil").preprocess({"path": "a.gif"}, files)
    assert passed.n_frames == 3
    passed.seek(2)
    assert ds.Image().preprocess({"path": "a.gif"}, files).shape == (6, 8, 3)


def test_a_drawing_goes_as_a_path_alone(files: FakeFiles) -> None:
    path = files.folder / "a.svg"
    path.write_text("<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'></svg>")
    assert ds.Image(type="filepath").preprocess({"path": "a.svg"}, files) == str(path)
    assert ds.Image().postprocess(path, files) == {"path": "a.svg"}
    with pytest.raises(RefusedError, match="SVG drawing"):
        ds.Image().preprocess({"path": "a.svg"}, files)
    path.write_text("no drawing")
    with pytest.raises(RefusedError, match="not a picture"):
        ds.Image(type="filepath").preprocess({"path": "a.svg"}, files)


@pytest.mark.parametrize(
    ("position", "corner"),
    [("bottom-right", (88, 88)), ("top-left", (10, 10)), ((40, 50), (40, 50)), ("top-right", (88, 10))],
)
def test_a_watermark_lies_where_it_is_wanted(
    files: FakeFiles, position: Any, corner: tuple[int, int]
) -> None:
    mark = ds.WatermarkOptions(Pillow.new("RGB", (2, 2), (255, 0, 0)), position)
    wire = ds.Image(watermark=mark, format="png").postprocess(np.zeros((100, 100, 3), np.uint8), files)
    assert wire is not None
    with Pillow.open(files.folder / wire["path"]) as shown:
        assert shown.convert("RGB").getbbox() == (*corner, corner[0] + 2, corner[1] + 2)


def test_a_file_of_the_app_is_marked_too_but_not_a_drawing(files: FakeFiles) -> None:
    saved(files, "a.png")
    (files.folder / "a.svg").write_text("<svg></svg>")
    image = ds.Image(watermark=np.zeros((2, 2, 3), np.uint8), format="webp")
    assert image.postprocess(files.folder / "a.png", files) == {"path": "a.webp"}
    assert image.postprocess(files.folder / "a.svg", files) == {"path": "a.svg"}


def test_a_watermark_at_no_place_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="position='middle'"):
        ds.WatermarkOptions("a.png", "middle")  # type: ignore[arg-type]  # wrong on purpose


def test_older_parameters_do_what_they_did_with_a_note(files: FakeFiles) -> None:
    wire = saved(files, "a.png")
    with pytest.warns(UserWarning, match="shape"):
        small = ds.Image(shape=(4, 2), invert_colors=True)
    passed = small.preprocess(wire, files)
    assert passed.shape == (2, 4, 3)
    assert passed[0, 0].tolist() == [155, 255, 255]
    with pytest.warns(UserWarning, match="source"):
        assert ds.Image(source="webcam").sources == ["webcam"]
    with pytest.warns(UserWarning, match="ImageEditor"):
        ds.Image(tool="sketch")
    with pytest.warns(UserWarning, match="mirror_webcam"):
        assert ds.Image(mirror_webcam=False).webcam_options["mirror"] is False
    with pytest.warns(UserWarning, match="buttons"):
        assert ds.Image(show_download_button=False, show_share_button=True).buttons == ["fullscreen", "share"]
    with pytest.raises(UsageError, match="buttons='print'"):
        ds.Image(buttons=["print"])  # type: ignore[list-item]  # wrong on purpose


def test_camera_options_are_checked_and_sent() -> None:
    options = ds.WebcamOptions(mirror=False, constraints={"video": {"width": 320}})
    assert ds.Image(webcam_options=options).props()["webcam_options"] == {
        "mirror": False,
        "constraints": {"video": {"width": 320}},
    }
    with pytest.raises(UsageError, match="WebcamOptions"):
        ds.Image(webcam_options={"mirror": True})  # type: ignore[arg-type]  # wrong on purpose


def test_a_picture_of_the_apps_own_is_only_shown(files: FakeFiles) -> None:
    with ds.Blocks() as app:
        logo = ds.Image(np.zeros((2, 2, 3)))
        asked = ds.Image()
        used = ds.Image(np.zeros((2, 2, 3)))
        used.change(lambda _: None, used, None)
    interactive = {
        each["id"]: each["props"].get("interactive") for each in entries(app.walk(), app.dependencies, files)
    }
    assert interactive == {logo.id: False, asked.id: True, used.id: True}


def test_a_live_interface_runs_on_each_frame_of_a_stream() -> None:
    app = ds.Interface(lambda image: image, ds.Image(streaming=True), "image", live=True)
    assert [target.event for target in app.dependencies[0].targets] == ["stream"]
    assert app.dependencies[0].config()["stream_every"] == 0.5
