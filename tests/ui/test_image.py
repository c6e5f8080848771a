"""Image: files in, arrays, Pillow images or paths out, and back."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

import doorstep as ds
from doorstep.components import images
from doorstep.errors import MissingExtraError, RefusedError
from doorstep.events import call
from doorstep.events.visit import Visit
from doorstep.queue.jobs import failure_of
from doorstep.report import print_error
from tests.ui.calls import FakeCall
from tests.ui.support import FakeFiles


@pytest.fixture
def files(tmp_path: Path) -> FakeFiles:
    return FakeFiles(tmp_path)


def picture(files: FakeFiles, name: str = "a.png", mode: str = "RGB", size: tuple[int, int] = (4, 3)) -> Any:
    Pillow.new(mode, size, 128).save(files.folder / name)
    return {"path": name}


def test_an_array_has_height_width_and_three_colours(files: FakeFiles) -> None:
    array = ds.Image().preprocess(picture(files), files)
    assert array.shape == (3, 4, 3)
    assert array.dtype == np.uint8


@pytest.mark.parametrize(("mode", "shape"), [("L", (3, 4)), ("RGBA", (3, 4, 4)), (None, (3, 4))])
def test_image_mode_converts(files: FakeFiles, mode: str | None, shape: tuple[int, ...]) -> None:
    wire = picture(files, mode="L")
    assert ds.Image(image_mode=mode).preprocess(wire, files).shape == shape


def test_pil_and_filepath_pass_what_they_say(files: FakeFiles) -> None:
    wire = picture(files)
    assert isinstance(ds.Image(type="pil").preprocess(wire, files), Pillow.Image)
    assert ds.Image(type="filepath").preprocess(wire, files) == str(files.folder / "a.png")


def test_a_phones_picture_comes_upright(files: FakeFiles) -> None:
    upright = Pillow.new("RGB", (4, 3))
    exif = Pillow.Exif()
    exif[0x0112] = 6  # turned a quarter
    upright.save(files.folder / "phone.jpg", exif=exif)
    assert ds.Image().preprocess({"path": "phone.jpg"}, files).shape == (4, 3, 3)


@pytest.mark.parametrize("kind", ["numpy", "pil", "filepath"])
def test_what_is_no_picture_is_refused_by_name(files: FakeFiles, kind: Any) -> None:
    (files.folder / "a.png").write_text("no picture")
    with pytest.raises(RefusedError, match="Image “photo”: the file is not a picture"):
        ds.Image(label="photo", type=kind).preprocess({"path": "a.png"}, files)


def test_a_damaged_picture_is_refused(files: FakeFiles) -> None:
    picture(files, size=(200, 200))
    whole = (files.folder / "a.png").read_bytes()
    (files.folder / "a.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RefusedError, match="the picture is damaged"):
        ds.Image().preprocess({"path": "a.png"}, files)


@pytest.mark.parametrize(
    "value",
    [
        np.zeros((3, 4, 3), np.uint8),
        np.ones((3, 4)),
        np.ones((3, 4, 1), bool),
        np.ones((3, 4, 4), np.float32),
        Pillow.new("RGBA", (4, 3)),
        Pillow.new("CMYK", (4, 3)),
    ],
    ids=["bytes", "floats", "bools", "floats with alpha", "pil", "cmyk"],
)
@pytest.mark.parametrize("kind", ["webp", "png", "jpg"])
def test_arrays_and_pillow_images_are_shown(files: FakeFiles, value: Any, kind: str) -> None:
    wire = ds.Image(format=kind).postprocess(value, files)
    assert wire is not None
    with Pillow.open(files.folder / wire["path"]) as shown:
        assert shown.size == (4, 3)


def test_floats_are_from_zero_to_one(files: FakeFiles) -> None:
    data = images.encoded(images.from_array(np.full((1, 1), 1.0)), "png")
    assert Pillow.open(io.BytesIO(data)).getpixel((0, 0)) == 255


def test_an_array_of_no_pictures_shape_is_refused(files: FakeFiles) -> None:
    with pytest.raises(ValueError, match=r"shape \(2, 2, 2, 2\) is no picture"):
        ds.Image().postprocess(np.zeros((2, 2, 2, 2)), files)


def test_a_path_is_shown_only_when_it_is_a_pictures(files: FakeFiles) -> None:
    picture(files)
    assert ds.Image().postprocess(files.folder / "a.png", files) == {"path": "a.png"}
    with pytest.raises(ValueError, match="not the name of a picture"):
        ds.Image().postprocess(str(files.folder / "secrets.txt"), files)


def test_an_address_is_left_to_the_browser_to_fetch(files: FakeFiles) -> None:
    wire = ds.Image().postprocess("https://example.com/cat.png", files)
    assert wire is not None
    assert wire["url"] == "https://example.com/cat.png"
    assert wire["path"] is None


def test_without_pillow_the_error_names_the_command() -> None:
    code = (
        "import sys; sys.modules['PIL'] = None; import doorstep as ds\n"
        "try: ds.Image().postprocess([[1]], None)\n"
        "except Exception as error: print(error)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "doorstep[image]"' in shown.stdout


def missing(module: str, code: str) -> str:
    """What a process in which `module` is not installed prints."""
    head = f"import sys; sys.modules[{module!r}] = None; import doorstep as ds\n"
    shown = subprocess.run([sys.executable, "-c", head + code], capture_output=True, text=True, check=True)
    return shown.stdout


@pytest.mark.parametrize(
    ("module", "component"),
    [("PIL", "ds.Image(type='pil')"), ("PIL", "ds.Image(type='filepath')"), ("numpy", "ds.Image()")],
)
def test_a_visitors_picture_without_its_package_names_the_command(
    module: str, component: str, tmp_path: Path
) -> None:
    Pillow.new("RGB", (4, 3)).save(tmp_path / "a.png")
    code = (
        "from pathlib import Path\n"
        f"class Files: path_of = lambda self, wire: Path({str(tmp_path / 'a.png')!r})\n"
        f"try: {component}.preprocess({{'path': 'a'}}, Files())\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    shown = missing(module, code)
    assert shown.startswith("MissingExtraError")
    assert 'pip install "doorstep[image]"' in shown


@pytest.mark.parametrize(("module", "kind"), [("PIL", "numpy"), ("PIL", "pil"), ("numpy", "numpy")])
def test_launching_a_page_that_cannot_take_pictures_says_what_to_install(module: str, kind: str) -> None:
    code = (
        f"app = ds.Interface(lambda a: 'x', ds.Image(type={kind!r}), 'text')\n"
        "try: app.launch(prevent_thread_lock=True)\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    shown = missing(module, code)
    assert shown.startswith("MissingExtraError")
    assert 'pip install "doorstep[image]"' in shown


def test_a_page_that_only_shows_pictures_may_do_without_the_packages() -> None:
    code = (
        "import warnings\n"
        "with warnings.catch_warnings(record=True) as said:\n"
        "    warnings.simplefilter('always')\n"
        "    ds.Interface(lambda a: 'cat.png', 'text', ds.Image(label='cat')).finish()\n"
        "print(*(each.message for each in said))"
    )
    assert missing("PIL", code).strip() == (
        'Image “cat”: an Image needs Pillow: pip install "doorstep[image]"'
    )
    assert missing("numpy", code).strip() == ""


def test_a_missing_package_is_not_the_functions_fault(capsys: pytest.CaptureFixture[str]) -> None:
    error = MissingExtraError("Pillow", "image", "an Image")
    print_error("predict", error)
    assert capsys.readouterr().err == '\nan Image needs Pillow: pip install "doorstep[image]"\n'

    dependency = ds.Interface(lambda a: a, "text", "text").dependencies[0]
    assert "lacks a package" in failure_of(error, dependency, show_error=False).message
    assert failure_of(error, dependency, show_error=True).message == str(error)


def test_an_output_without_its_package_is_not_the_functions_fault(files: FakeFiles) -> None:
    class Lacking(ds.Image):
        def postprocess(self, value: Any, files: Any) -> Any:  # noqa: ARG002
            raise MissingExtraError("Pillow", "image", "an Image")

    dependency = ds.Interface(lambda a: a, "text", Lacking()).dependencies[0]
    with pytest.raises(MissingExtraError):
        call.results(FakeCall(dependency, Visit(dependency.app, files)), "x")
