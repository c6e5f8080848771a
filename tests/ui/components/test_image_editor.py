"""ImageEditor and Model3D: values in and out, and mistakes told at once."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

import doorstep as ds
from doorstep.errors import RefusedError, UsageError
from tests.ui.support import FakeFiles


@pytest.fixture
def files(tmp_path: Path) -> FakeFiles:
    return FakeFiles(tmp_path)


def wire(files: FakeFiles, **colours: tuple[int, ...]) -> dict[str, Any]:
    for name, colour in colours.items():
        Pillow.new("RGBA", (4, 3), colour).save(files.folder / f"{name}.png")
    names = {name: {"path": f"{name}.png"} for name in colours}
    layers = [names[each] for each in names if each.startswith("layer")]
    return {"background": names.get("background"), "layers": layers, "composite": names.get("composite")}


def test_each_part_is_an_array_with_its_alpha_channel(files: FakeFiles) -> None:
    value = ds.ImageEditor().preprocess(wire(files, background=(9, 8, 7, 255), layer=(0, 0, 0, 0)), files)
    assert value is not None
    assert value["background"].shape == (3, 4, 4)
    assert value["layers"][0].max() == 0
    assert value["composite"] is None


def test_without_an_alpha_channel_the_background_is_on_white_and_layers_only_lose_it(
    files: FakeFiles,
) -> None:
    given = wire(files, background=(9, 8, 7, 0), layer=(9, 8, 7, 0), composite=(9, 8, 7, 0))
    value = ds.ImageEditor(image_mode="RGB").preprocess(given, files)
    assert value is not None
    assert value["background"][0, 0].tolist() == value["composite"][0, 0].tolist() == [255, 255, 255]
    assert value["layers"][0][0, 0].tolist() == [9, 8, 7]


def test_pictures_and_paths_are_passed_as_asked(files: FakeFiles) -> None:
    given = wire(files, background=(9, 8, 7, 255))
    picture = ds.ImageEditor(type="pil").preprocess(given, files)
    path = ds.ImageEditor(type="filepath", format="png").preprocess(given, files)
    assert picture is not None
    assert path is not None
    assert picture["background"].getpixel((0, 0)) == (9, 8, 7, 255)
    assert Path(path["background"]).suffix == ".png"


@pytest.mark.parametrize("given", ["text", {"layers": "text"}, {"layers": [{}] * 101}])
def test_what_is_no_edited_picture_is_refused_by_name(files: FakeFiles, given: Any) -> None:
    with pytest.raises(RefusedError, match="ImageEditor “photo”"):
        ds.ImageEditor(label="photo").preprocess(given, files)


def test_one_picture_is_shown_as_the_background(files: FakeFiles) -> None:
    shown = ds.ImageEditor().postprocess(np.zeros((3, 4, 3), np.uint8), files)
    assert shown is not None
    assert shown["background"] == shown["composite"]
    assert shown["layers"] == []


def test_a_layer_keeps_its_exact_colours_on_the_way_to_the_page_and_back(files: FakeFiles) -> None:
    mask = np.random.default_rng(1).integers(0, 256, (9, 9, 4), np.uint8)
    editor = ds.ImageEditor()
    shown = editor.postprocess({"background": None, "layers": [mask], "composite": None}, files)
    back = editor.preprocess(shown, files)
    assert back is not None
    assert (back["layers"][0] == mask).all()


def test_the_kinds_differ_in_what_they_begin_with() -> None:
    assert ds.Sketchpad().sources == []
    assert ds.Paint().sources == []
    assert ds.ImageMask().layers["disabled"] is True
    assert ds.Sketchpad().brush == {
        "default_size": "auto",
        "colors": ["#000000"],
        "default_color": "#000000",
        "color_mode": "fixed",
    }
    assert ds.ImageEditor(brush=False).eraser is None


@pytest.mark.parametrize("word", ["sketchpad", "paint", "imageeditor", "imagemask", "model3d"])
def test_a_word_stands_for_each(word: str) -> None:
    assert ds.Interface(lambda _: "", word, "text").input_components[0].type in {
        "image_editor",
        "model3d",
    }


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: ds.ImageEditor(canvas_size=(0, 4)),
        lambda: ds.ImageEditor(transforms=["turn"]),  # type: ignore[list-item]  # the mistake
        lambda: ds.Brush(default_size=0),
        lambda: ds.Brush(colors=[("red", 2)]),
        lambda: ds.Model3D(display_mode="glass"),  # type: ignore[arg-type]  # the mistake
        lambda: ds.Model3D(zoom_speed=0),
        lambda: ds.Model3D(clear_color=(1, 1, 1)),  # type: ignore[arg-type]  # the mistake
    ],
)
def test_a_mistake_is_told_at_once(mistake: Any) -> None:
    with pytest.raises(UsageError):
        mistake()


def test_a_model_is_passed_as_a_path_and_other_files_are_refused(files: FakeFiles) -> None:
    for name in ("a.glb", "a.exe"):
        (files.folder / name).write_bytes(b"")
    model = ds.Model3D(label="thing")
    assert model.preprocess({"path": "a.glb"}, files) == str(files.folder / "a.glb")
    with pytest.raises(RefusedError, match="Model3D “thing”: a.exe is none of"):
        model.preprocess({"path": "a.exe"}, files)
    with pytest.raises(ValueError, match="is none of"):
        model.postprocess("a.exe", files)


def test_media_are_there_by_name_or_any_and_gradios_names_have_stand_ins() -> None:
    for get in (ds.get_image, ds.get_video, ds.get_audio, ds.get_file, ds.get_model3d):
        assert Path(get()).is_file()
    assert Path(ds.media.get_image("lighthouse.png")).name == "lighthouse.png"
    with pytest.warns(UserWarning, match=r"knot\.glb stands in for it"):
        assert ds.get_model3d("Duck.glb").endswith("knot.glb")
    with pytest.raises(FileNotFoundError, match="there are: avatar"):
        ds.get_image("nothing.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ds.get_image("https://example.com/a.png") == "https://example.com/a.png"


def test_media_may_be_shown_wherever_the_package_is() -> None:
    from doorstep.files import Paths

    assert Paths().check(Path(ds.get_image("avatar.png"))).name == "avatar.png"
