"""Components of one's own: a class and a module."""

from __future__ import annotations

from pathlib import Path

import pytest

import doorstep as ds
from doorstep.errors import RefusedError, UsageError
from doorstep.files import FileStore
from tests.ui.components.test_html import module_of

MODULE = "export default { render({ model, el }) { el.textContent = model.get('value'); } };\n"


class Point(ds.Widget):
    esm = MODULE
    field = ("x", "y")
    events = ("moved",)


def test_its_module_is_served_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "w.js").write_text(MODULE)

    assert module_of(ds.Widget(esm=MODULE)) == MODULE
    assert module_of(ds.Widget(esm=tmp_path / "w.js")) == MODULE


def test_a_relative_path_counts_from_the_classs_file() -> None:
    class Beside(ds.Widget):
        esm = Path("nowhere.js")

    with pytest.raises(UsageError, match=str(Path(__file__).parent)):
        Beside()
    with pytest.raises(UsageError, match="needs `esm`"):
        ds.Widget()


def test_several_fields_make_a_dict_and_nothing_else_comes_in() -> None:
    files = FileStore().of_session("s")
    point = Point({"x": 1, "y": 2}, colour="red")

    assert point.postprocess({"x": 3}, files) == {"x": 3, "y": None}
    assert point.preprocess({"x": 1, "y": 2, "evil": 3}, files) == {"x": 1, "y": 2}
    assert point.fields == {"colour": "red"}
    with pytest.raises(RefusedError, match="expected an object"):
        point.preprocess([1, 2], files)
    with pytest.raises(TypeError, match="a dict of x, y"):
        point.postprocess(3, files)


def test_its_events_are_those_that_it_declares() -> None:
    with ds.Blocks() as app:
        point = Point()
        point.moved(lambda: None)
        point.message(lambda: None)

    assert len(app.dependencies) == 2
    assert not hasattr(point, "jumped")


def test_it_speaks_to_its_module_for_a_visitor_only() -> None:
    with pytest.raises(UsageError, match="call it in a function of the app"):
        Point().send("hello")


def test_what_a_module_said_has_its_bytes() -> None:
    data = ds.MessageData(None, {"content": {"event": "moved"}, "buffers": ["AQI="]})

    assert (data.content, data.buffers) == ({"event": "moved"}, [b"\x01\x02"])
    assert ds.MessageData(None, {"x": 1}).content == {"x": 1}
    with pytest.raises(RefusedError, match="base64"):
        ds.MessageData(None, {"buffers": ["é"]})
