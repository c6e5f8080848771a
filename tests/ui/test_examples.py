"""`Examples`: where they come from, what a click loads, what is computed when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

import doorstep as ds
from doorstep.errors import UsageError
from doorstep.events.visit import Visit
from doorstep.examples import Examples
from doorstep.files import FileStore
from doorstep.server import App


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches go where the test is."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def store() -> Iterator[FileStore]:
    store = FileStore()
    yield store
    store.close()


def visit(app: ds.Blocks, store: FileStore) -> Visit:
    return Visit(app, store.of_session("one"))


class Counted:
    """A function that knows how often it was called."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.__name__ = "counted"

    def __call__(self, name: str) -> str:
        self.calls.append(name)
        return f"Hello {name}!"


def app_with(examples: Any, *, inputs: int = 1, **options: Any) -> tuple[ds.Blocks, Examples]:
    with ds.Blocks() as app:
        given = [ds.Textbox(label=f"in {number}") for number in range(inputs)]
        output = ds.Textbox(label="out")
        made = Examples(examples, given if inputs > 1 else given[0], output, **options)
    return app, made


def test_one_input_takes_plain_values_and_lists_of_one(store: FileStore) -> None:
    app, examples = app_with(["Ada", ["Bob"]])
    assert [examples.load(number, visit(app, store)) for number in (0, 1)] == ["Ada", "Bob"]


def test_a_shorter_example_empties_the_other_inputs(store: FileStore) -> None:
    app, examples = app_with([["Ada"], ["Bob", "x"]], inputs=2)
    assert examples.load(0, visit(app, store)) == ["Ada", None]


@pytest.mark.parametrize(
    ("given", "inputs", "message"),
    [
        ([], 1, "a list of examples"),
        ("nowhere", 1, "there is no folder 'nowhere'"),
        (["plain"], 2, "example 0 is 'plain'; with 2 inputs it is a list"),
        ([["a", "b", "c"]], 2, "example 0 has 3 values for 2 inputs"),
    ],
)
def test_examples_that_do_not_fit_are_told(given: Any, inputs: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        app_with(given, inputs=inputs)


def test_a_folder_is_an_example_for_each_file(tmp_path: Path, store: FileStore) -> None:
    folder = tmp_path / "pets"
    folder.mkdir()
    for name in ("dog.txt", "cat.txt", ".hidden"):
        (folder / name).write_text(name)
    app, examples = app_with(str(folder))
    assert [Path(examples.load(number, visit(app, store))).name for number in (0, 1)] == [
        "cat.txt",
        "dog.txt",
    ]


def test_a_folder_for_several_inputs_needs_a_table(tmp_path: Path, store: FileStore) -> None:
    folder = tmp_path / "pets"
    folder.mkdir()
    (folder / "cat.txt").write_text("meow")
    with pytest.raises(UsageError, match=r"needs a log\.csv"):
        app_with(str(folder), inputs=2)
    (folder / "log.csv").write_text("cat.txt,a cat\n")
    app, examples = app_with(str(folder), inputs=2)
    assert examples.load(0, visit(app, store)) == [str(folder / "cat.txt"), "a cat"]


def test_eager_examples_are_computed_when_the_app_starts_and_once_only(store: FileStore) -> None:
    fn = Counted()
    app, examples = app_with(["Ada", "Bob"], fn=fn, cache_examples=True)
    assert fn.calls == []
    App(app).close()
    assert fn.calls == ["Ada", "Bob"]
    assert examples.load(1, visit(app, store)) == ["Bob", "Hello Bob!"]
    again, _ = app_with(["Ada", "Bob"], fn=fn, cache_examples=True)
    App(again).close()
    assert len(fn.calls) == 2


def test_lazy_examples_are_computed_at_the_first_click(store: FileStore) -> None:
    fn = Counted()
    app, examples = app_with(["Ada", "Bob"], fn=fn, cache_examples="lazy")
    App(app).close()
    assert fn.calls == []
    assert examples.load(0, visit(app, store)) == examples.load(0, visit(app, store)) == ["Ada", "Hello Ada!"]
    assert fn.calls == ["Ada"]


def test_other_examples_have_another_cache() -> None:
    fn = Counted()
    for given in (["Ada"], ["Bob"]):
        app, _ = app_with(given, fn=fn, cache_examples=True)
        App(app).close()
    assert fn.calls == ["Ada", "Bob"]


def test_what_a_generator_yields_last_is_cached(store: FileStore) -> None:
    def spell(name: str) -> Iterator[str]:
        for end in range(1, len(name) + 1):
            yield name[:end]

    app, examples = app_with(["Ada"], fn=spell, cache_examples=True)
    App(app).close()
    assert examples.load(0, visit(app, store)) == ["Ada", "Ada"]


def test_an_async_function_is_cached_too(store: FileStore) -> None:
    async def greet(name: str) -> str:
        return name.upper()

    app, examples = app_with(["Ada"], fn=greet, cache_examples=True)
    App(app).close()
    assert examples.load(0, visit(app, store)) == ["Ada", "ADA"]


def test_files_among_the_outputs_are_kept_and_belong_to_who_clicks(store: FileStore) -> None:
    def paint(name: str) -> Any:
        return Pillow.new("RGB", (4, 4), name)

    with ds.Blocks() as app:
        name, picture = ds.Textbox(), ds.Image(format="png")
        examples = Examples(["red"], name, picture, paint, True)
    App(app).close()
    one = visit(app, store)
    shown = examples.load(0, one)[1]
    assert one.files.path_of(shown).read_bytes().startswith(b"\x89PNG")
    assert store.get(shown["path"]).owner == "one"  # type: ignore[union-attr]


def test_caching_needs_a_function() -> None:
    with pytest.raises(UsageError, match="need `fn` and `outputs`"):
        app_with(["Ada"], cache_examples=True)


def test_a_function_that_fails_fails_the_start_with_its_own_error() -> None:
    def broken(_name: str) -> str:
        raise RuntimeError("no model")

    app, _ = app_with(["Ada"], fn=broken, cache_examples=True)
    with pytest.raises(RuntimeError, match="no model"):
        App(app)


def test_an_interface_shows_its_examples_and_flags() -> None:
    app = ds.Interface(lambda a, b: a + b, ["text", "text"], "text", examples=[["x", "y"]])
    kinds = [block.type for block in app.walk()]
    assert "dataset" in kinds
    assert "Flag" in [block.value for block in app.walk() if isinstance(block, ds.Button)]


def test_an_interface_that_never_flags_has_no_button() -> None:
    app = ds.Interface(lambda a: a, "text", "text", flagging_mode="never")
    assert "Flag" not in [block.value for block in app.walk() if isinstance(block, ds.Button)]


def test_options_are_buttons() -> None:
    app = ds.Interface(lambda a: a, "text", "text", flagging_options=["wrong", ("odd", "strange")])
    labels = [block.value for block in app.walk() if isinstance(block, ds.Button)]
    assert labels[-2:] == ["Flag as wrong", "Flag as odd"]


def test_a_word_that_is_no_mode_is_told() -> None:
    with pytest.raises(UsageError, match='"never", "auto" or "manual", not \'sometimes\''):
        ds.Interface(lambda a: a, "text", "text", flagging_mode="sometimes")


def test_an_output_that_is_flagged_is_still_not_for_visitors_to_change() -> None:
    app = App(ds.Interface(lambda a: a, "text", "text", flagging_mode="manual"))
    try:
        shown = {each["id"]: each["props"] for each in app.page.config["components"]}
        assert not shown[app.blocks.output_components[0].id]["interactive"]  # type: ignore[attr-defined]
    finally:
        app.close()
