"""Gallery, ImageSlider and AnnotatedImage: lists of pictures to the page and back, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

import doorstep as ds
from doorstep.errors import OutputError, RefusedError, UsageError
from tests.ui.support import FakeFiles


@pytest.fixture
def files(tmp_path: Path) -> FakeFiles:
    Pillow.new("RGBA", (8, 6), (255, 0, 0, 9)).save(tmp_path / "a.png")
    (tmp_path / "a.mp4").write_bytes(b"film")
    (tmp_path / "a.txt").write_text("text")
    return FakeFiles(tmp_path)


ARRAY = np.zeros((6, 8, 3), np.uint8)
PICTURE = {"image": {"path": "a.png"}, "caption": "one"}


def test_a_gallery_shows_arrays_paths_addresses_and_films_with_captions(files: FakeFiles) -> None:
    address = "https://example.com/cat.png"
    value = [
        ARRAY,
        (Pillow.new("RGB", (4, 4)), "pil"),
        files.folder / "a.png",
        (address, None),
        files.folder / "a.mp4",
    ]
    shown = ds.Gallery(format="png").postprocess(value, files)
    assert [each["caption"] for each in shown] == [None, "pil", None, None, None]
    assert [next(iter(each)) for each in shown] == ["image", "image", "image", "image", "video"]
    assert shown[3]["image"]["url"] == address
    assert shown[4]["video"] == {"path": "a.mp4"}
    assert ds.Gallery().postprocess(None, files) == []
    assert len(ds.Gallery().postprocess(np.zeros((3, 6, 8, 3)), files)) == 3


def test_a_gallery_shows_no_other_files(files: FakeFiles) -> None:
    with pytest.raises(OutputError, match="not the name of a picture"):
        ds.Gallery().postprocess([files.folder / "a.txt"], files)


@pytest.mark.parametrize("kind", ["numpy", "pil", "filepath"])
def test_a_gallery_passes_pairs_and_films_as_paths(files: FakeFiles, kind: Any) -> None:
    passed = ds.Gallery(type=kind).preprocess([PICTURE, {"video": {"path": "a.mp4"}, "caption": None}], files)
    assert passed is not None
    (picture, caption), film = passed
    expected = {"numpy": np.ndarray, "pil": Pillow.Image, "filepath": str}[kind]
    assert isinstance(picture, expected)
    assert caption == "one"
    assert film == (str(files.folder / "a.mp4"), None)
    assert getattr(picture, "shape", (6, 8, 3)) == (6, 8, 3)


@pytest.mark.parametrize("wire", [None, []])
def test_an_empty_gallery_passes_none(files: FakeFiles, wire: Any) -> None:
    assert ds.Gallery().preprocess(wire, files) is None


@pytest.mark.parametrize(
    "wire",
    ["a", ["a"], [{}], [{"image": "a.png"}], [{"image": {"path": "a.txt"}}], [{**PICTURE, "caption": 1}]],
)
def test_a_gallery_refuses_what_is_no_list_of_pictures(files: FakeFiles, wire: Any) -> None:
    with pytest.raises(RefusedError, match="Gallery “g”") as refused:
        ds.Gallery(label="g").preprocess(wire, files)
    assert str(refused.value).count("Gallery") == 1


def test_a_gallery_takes_the_kinds_it_names(files: FakeFiles) -> None:
    assert ds.Gallery(file_types=["image", ".mp4"]).file_types == ["image/*", ".mp4"]
    with pytest.raises(RefusedError, match=r"a\.mp4 is not of a kind"):
        ds.Gallery(file_types=["image"]).preprocess([{"video": {"path": "a.mp4"}}], files)
    with pytest.raises(UsageError, match="object_fit"):
        ds.Gallery(object_fit="tile")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(UsageError, match="sources"):
        ds.Gallery(sources=["disk"])  # type: ignore[list-item]  # wrong on purpose


def test_older_words_for_columns_still_count() -> None:
    with pytest.warns(UserWarning, match="grid"):
        assert ds.Gallery(grid=3).columns == 3
    assert ds.Gallery(columns=[1, 4]).columns == 4


def test_an_image_slider_takes_and_passes_a_pair(files: FakeFiles) -> None:
    slider = ds.ImageSlider(format="png")
    shown = slider.postprocess((ARRAY, files.folder / "a.png"), files)
    assert shown == [{"path": "image.png"}, {"path": "a.png"}]
    first, second = slider.preprocess([{"path": "a.png"}, None], files) or ()
    assert first.shape == (6, 8, 3)
    assert second is None
    assert slider.preprocess([None, None], files) is None
    with pytest.raises(TypeError, match="pair"):
        slider.postprocess(ARRAY, files)
    with pytest.raises(RefusedError, match="two pictures"):
        slider.preprocess([None], files)
    with pytest.raises(UsageError, match="slider_position"):
        ds.ImageSlider(slider_position=120)


def layer(files: FakeFiles, value: Any, **how: Any) -> tuple[Any, dict[str, Any]]:
    """The layer of the last annotation as an array, and its wire value."""
    shown = ds.AnnotatedImage(**how).postprocess(value, files)
    assert shown is not None
    annotation = shown["annotations"][-1]
    with Pillow.open(files.folder / annotation["image"]["path"]) as picture:
        return np.array(picture), annotation


def test_a_box_is_an_edge_with_a_faint_inside_in_its_labels_colour(files: FakeFiles) -> None:
    image = np.zeros((40, 60, 3), np.uint8)
    pixels, wire = layer(files, (image, [((10, 5, 50, 30), "cat")]), color_map={"cat": "#ff0000"})
    assert pixels.shape == (40, 60, 4)
    assert pixels[5, 10].tolist() == [255, 0, 0, 255]
    assert 0 < pixels[15, 30, 3] < 128
    assert pixels[0, 0, 3] == 0
    assert (wire["label"], wire["color"]) == ("cat", "#ff0000")


def test_a_mask_colours_what_it_covers_and_a_box_is_cut_at_the_edges(files: FakeFiles) -> None:
    mask = np.zeros((6, 8), bool)
    mask[2, 3] = True
    pixels, _ = layer(files, (files.folder / "a.png", [(mask, "dot")]))
    assert pixels[2, 3, 3] == 255
    assert pixels[..., 3].sum() == 255
    pixels, _ = layer(files, (ARRAY, [((-5, -5, 99, 99), "all")]))
    assert (pixels[..., 3] > 0).all()


@pytest.mark.parametrize(
    "value",
    [ARRAY, (ARRAY, [(np.ones((3, 3)), "small")]), ("https://example.com/a.png", [((0, 0, 1, 1), "a")])],
)
def test_areas_that_do_not_fit_are_refused(files: FakeFiles, value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        ds.AnnotatedImage().postprocess(value, files)


def test_an_annotated_image_passes_paths(files: FakeFiles) -> None:
    area = {"image": {"path": "a.png"}, "label": "x"}
    passed = ds.AnnotatedImage().preprocess({"image": {"path": "a.png"}, "annotations": [area]}, files)
    path = str(files.folder / "a.png")
    assert passed == (path, [(path, "x")])
    with pytest.raises(RefusedError, match="annotations"):
        ds.AnnotatedImage().preprocess({"image": {"path": "a.png"}}, files)
    with pytest.raises(UsageError, match="#rrggbb"):
        ds.AnnotatedImage(color_map={"x": "red"})
