"""Changes of properties: a component, `update(…)` or `skip()` returned from a function."""

from __future__ import annotations

from typing import Any

import pytest

import doorstep as ds
from doorstep.errors import OutputError, RefusedError
from tests.ui.calls import run, run_alone, visit_to


def changed(output: Any, returned: Any) -> Any:
    """What the page is told of `output` when a function returns this for it."""
    with ds.Blocks() as app:
        output.render()
        dependency = app.load(lambda: returned, None, output)
    return run_alone(dependency).get(output.id, {})


class TestAComponentAsAnUpdate:
    @pytest.mark.parametrize(
        ("returned", "props"),
        [
            (ds.Textbox(visible=False), {"visible": False}),
            (ds.Textbox("new"), {"value": "new"}),
            (ds.Textbox(value=None), {"value": None}),
            (ds.Textbox("new", label="other", lines=3), {"value": "new", "label": "other", "lines": 3}),
            (ds.Textbox(type="password"), {"type": "password"}),
            (ds.Textbox(elem_classes="big"), {"elem_classes": ["big"]}),
            (ds.Textbox(interactive=True), {"interactive": True}),
            (ds.Textbox(placeholder=None), {"placeholder": None}),
            (ds.Textbox(lambda: "made"), {"value": "made"}),
            (ds.Textbox(key="k", preserved_by_key=None), {}),
            (ds.Textbox(), {}),
        ],
    )
    def test_only_what_was_passed_changes(self, returned: Any, props: dict[str, Any]) -> None:
        assert changed(ds.Textbox("old", label="one", render=False), returned) == props

    def test_what_follows_from_an_argument_changes_with_it(self) -> None:
        slider = ds.Slider(0, 100, render=False)
        assert changed(slider, ds.Slider(maximum=1)) == {"maximum": 1, "step": 0.01}
        chosen = ds.Dropdown(["a"], render=False)
        assert changed(chosen, ds.Dropdown(choices=["b", ("C", 3)])) == {"choices": [("b", "b"), ("C", 3)]}

    def test_what_was_set_on_the_component_later_stays(self) -> None:
        app = ds.Interface(lambda _name: ds.Textbox(lines=2), "text", "text")
        output = app.output_components[0]
        visit = visit_to(app)
        assert run(visit, app.dependencies[0], "x") == {output.id: {"lines": 2}}
        shown = visit.block(output.id)
        assert isinstance(shown, ds.Textbox)
        assert (shown.label, shown.lines) == ("output", 2)

    def test_updates_add_up_in_a_session_and_leave_the_app_alone(self) -> None:
        with ds.Blocks() as app:
            box, button = ds.Dropdown(["a"]), ds.Button()
            choices = button.click(lambda: ds.Dropdown(["a", "b"]), None, box)
            label = button.click(lambda: ds.Dropdown(label="letters"), None, box)
            read = button.click(lambda value: value, box, button)
        visit = visit_to(app)
        run(visit, choices)
        run(visit, label)
        assert run(visit, read, "b") == {button.id: {"value": "b"}}
        with pytest.raises(RefusedError, match="Dropdown “letters”: 'c' is not one of the choices: 'a', 'b'"):
            run(visit, read, "c")
        assert box.choices == [("a", "a")]

    @pytest.mark.parametrize(
        ("container", "returned", "props"),
        [
            (ds.Column(render=False), ds.Column(visible=False), {"visible": False}),
            (ds.Accordion("a", render=False), ds.Accordion(open=False), {"open": False}),
            (ds.Accordion("a", render=False), ds.Accordion("b"), {"label": "b"}),
            (ds.Tabs(render=False), ds.Tabs(selected="two"), {"selected": "two"}),
            (ds.Walkthrough(render=False), ds.Walkthrough(selected=2), {"selected": 2}),
            (ds.Group(render=False), ds.update(visible=False), {"visible": False}),
        ],
    )
    def test_layout_changes_too(self, container: Any, returned: Any, props: dict[str, Any]) -> None:
        assert changed(container, returned) == props

    def test_a_layout_block_has_no_value(self) -> None:
        with pytest.raises(OutputError, match=r"Column: a Column has no value; return Column\(…\)"):
            changed(ds.Column(render=False), "text")

    def test_an_argument_that_the_output_does_not_know_is_named(self) -> None:
        with pytest.raises(OutputError, match="Button that Textbox cannot show: .*'variant'"):
            changed(ds.Textbox(render=False), ds.Button(variant="stop"))

    def test_an_update_warns_of_nothing_again(self) -> None:
        with ds.Blocks() as app:
            with pytest.warns(UserWarning, match="not one of the choices"):
                output = ds.Dropdown(["a"], value="b")
            app.load(lambda: ds.Dropdown(choices=["c"]), None, output)
        assert run_alone(app.dependencies[0]) == {output.id: {"choices": [("c", "c")]}}


class TestUpdate:
    def test_it_is_a_plain_dict(self) -> None:
        assert ds.update(value=3, visible=False) == {"__type__": "update", "value": 3, "visible": False}
        assert ds.skip() == {"__type__": "update"}
        assert ds.validate(False, "no") == {"__type__": "validate", "is_valid": False, "message": "no"}

    def test_it_changes_any_property(self) -> None:
        number = ds.Number(1, render=False)
        assert changed(number, ds.update(value=2.5, label="n", minimum=0)) == {
            "value": 2.5,
            "label": "n",
            "minimum": 0,
        }

    def test_a_wrong_value_is_named(self) -> None:
        with pytest.raises(OutputError, match="Number “n” cannot show"):
            changed(ds.Number(label="n", render=False), ds.update(value="many"))

    def test_an_unknown_property_is_named(self) -> None:
        with pytest.raises(OutputError, match="unexpected keyword argument 'lable'"):
            changed(ds.Textbox(render=False), ds.update(lable="x"))

    def test_without_postprocessing_the_value_goes_as_it_is(self) -> None:
        with ds.Blocks() as app:
            box = ds.Number()
            dependency = app.load(lambda: {"raw": 1}, None, box, postprocess=False)
        assert run_alone(dependency) == {box.id: {"value": {"raw": 1}}}


class TestWhatABlockWasMadeWith:
    def test_positional_and_named_arguments_are_known_by_name(self) -> None:
        slider = ds.Slider(1, 5, label="n", visible=False)
        assert slider.made_with == {"minimum": 1, "maximum": 5, "label": "n", "visible": False}

    def test_a_class_of_the_developers_own_counts_by_its_own_parameters(self) -> None:
        class Name(ds.Textbox):
            def __init__(self, text: str = "", **rest: Any) -> None:
                super().__init__(text, label="name", **rest)

        assert Name("Ann", lines=2).made_with == {"text": "Ann", "lines": 2}
        assert changed(Name(render=False), ds.update(lines=4)) == {"lines": 4}
