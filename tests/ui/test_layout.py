"""Where blocks stand: containers, tabs, blocks moved, apps inside of apps."""

from __future__ import annotations

from typing import Any

import pytest

import doorstep as ds
from doorstep.components.tabs import Tab, Tabs
from doorstep.errors import UsageError
from doorstep.events.dependency import Target


def tree(block: Any) -> Any:
    """Types, nested as they stand."""
    return [
        (child.type, tree(child)) if hasattr(child, "children") else child.type for child in block.children
    ]


class TestContainers:
    @pytest.mark.parametrize(
        ("container", "props"),
        [
            (lambda: ds.Row(equal_height=True), {"equal_height": True, "variant": "default"}),
            (lambda: ds.Column(scale=2, min_width=10), {"scale": 2, "min_width": 10}),
            (lambda: ds.Group(visible=False), {"visible": False}),
            (lambda: ds.Accordion("More", open=False), {"label": "More", "open": False}),
            (
                lambda: ds.Sidebar("Side", position="right"),
                {"label": "Side", "position": "right", "open": True},
            ),
            (lambda: ds.Draggable(orientation="row"), {"orientation": "row"}),
            (lambda: ds.Tabs(selected="b"), {"selected": "b"}),
            (lambda: ds.Tab("One", id="one"), {"label": "One", "id": "one", "interactive": True}),
            (lambda: ds.Walkthrough(selected=2), {"selected": 2}),
        ],
    )
    def test_each_holds_what_is_made_inside_and_tells_the_page_how_it_looks(
        self, container: Any, props: dict[str, Any]
    ) -> None:
        with ds.Blocks() as app, container() as made:
            box = ds.Textbox()
        assert made.children == [box]
        assert made in app.walk()
        assert props.items() <= made.props().items()

    def test_a_tab_outside_of_tabs_gets_some_and_shares_them_with_the_next(self) -> None:
        with ds.Blocks() as app:
            with ds.Tab("a"):
                ds.Textbox()
            with ds.TabItem("b"):
                ds.Number()
            ds.Markdown()
            with ds.Tab("c"):
                pass
        assert tree(app) == [
            ("tabs", [("tab", ["textbox"]), ("tab", ["number"])]),
            "markdown",
            ("tabs", [("tab", [])]),
        ]

    def test_a_tab_without_an_id_has_its_own(self) -> None:
        with ds.Blocks(), ds.Tabs():
            tab = ds.Tab("a")
        assert tab.props()["id"] == tab.id

    def test_a_step_outside_of_a_walkthrough_is_refused(self) -> None:
        with ds.Blocks(), pytest.raises(UsageError, match="Step 'one' stands in no `with Walkthrough"):
            ds.Step("one")

    def test_steps_stand_in_a_walkthrough(self) -> None:
        with ds.Blocks() as app, ds.Walkthrough():
            ds.Step("one", id=1)
        assert tree(app) == [("walkthrough", [("step", [])])]

    def test_a_wrong_word_is_answered_with_the_right_ones(self) -> None:
        wrong: Any = "top"
        with pytest.raises(UsageError, match="position='top' is not one of 'left', 'right'"):
            ds.Sidebar(position=wrong)

    def test_a_box_is_a_group_that_says_its_new_name(self) -> None:
        with ds.Blocks() as app, pytest.warns(UserWarning, match="Box is called Group now"):
            ds.Box()
        assert tree(app) == [("group", [])]


class TestMoving:
    def test_a_block_can_be_taken_off_the_page_and_put_elsewhere(self) -> None:
        with ds.Blocks() as app:
            box = ds.Textbox()
            box.unrender()
            with ds.Row():
                box.render()
        assert tree(app) == [("row", ["textbox"])]

    def test_a_block_that_is_nowhere_can_be_taken_off_the_page(self) -> None:
        assert ds.Textbox().unrender().parent is None

    def test_an_event_can_be_attached_to_a_block_before_it_has_its_place(self) -> None:
        early = ds.Textbox()
        with ds.Blocks() as app:
            early.change(str, early, early)
            early.render()
        app.finish()
        assert app.dependencies[0].targets == [Target(early.id, "change")]


def app_with_a_box() -> tuple[ds.Blocks, ds.Textbox]:
    with ds.Blocks() as app:
        box = ds.Textbox()
        box.change(str.upper, box, box)
        app.load(lambda: "hello", None, box)
    return app, box


class TestAppsInsideOfApps:
    def test_an_app_brings_its_components_and_functions_along(self) -> None:
        inner, box = app_with_a_box()
        with ds.Blocks() as outer:
            ds.Button().click(print)
            inner.render()
        outer.finish()
        assert tree(outer) == ["button", ("column", ["textbox"])]
        assert [each.id for each in outer.dependencies] == [0, 1, 2]
        assert outer.dependencies[1].targets == [Target(box.id, "change")]
        assert outer.dependencies[2].targets == [Target(outer.id, "load")]

    def test_a_nested_with_is_a_part_of_the_outer_app(self) -> None:
        with ds.Blocks() as outer:
            inner, _ = app_with_a_box()
            with ds.Row():
                ds.Interface(str, "text", "text", api_name="str", flagging_mode="never")
        assert inner.parent is outer
        assert [each.api_name for each in outer.dependencies] == ["upper", "lambda", "str", "clear"]
        outer.finish()

    def test_names_for_programs_stay_unique(self) -> None:
        with ds.Blocks() as outer:
            for _ in range(2):
                ds.Interface(str.upper, "text", "text", clear_btn=None, flagging_mode="never")
        assert [each.api_name for each in outer.dependencies] == ["upper", "upper_1"]

    def test_an_app_can_be_taken_out_again(self) -> None:
        inner, _ = app_with_a_box()
        with ds.Blocks() as outer:
            inner.render()
            ds.Button().click(print)
        inner.unrender()
        assert [each.name for each in outer.dependencies] == ["print"]
        assert outer.dependencies[0].id == 0
        assert [each.targets[0].block for each in inner.dependencies][1] == inner.id
        inner.finish()

    def test_events_attached_to_an_inner_app_later_belong_to_the_outer_one(self) -> None:
        inner, box = app_with_a_box()
        with ds.Blocks() as outer:
            inner.render()
        with inner:
            box.submit(print, box)
        assert outer.dependencies[-1].name == "print"

    def test_a_part_of_another_app_is_not_launched_alone(self) -> None:
        inner, _ = app_with_a_box()
        with ds.Blocks():
            inner.render()
        with pytest.raises(UsageError, match="is a part of another app"):
            inner.finish()

    def test_a_chain_stays_a_chain(self) -> None:
        with ds.Blocks() as inner:
            box = ds.Textbox()
            box.change(str, box, box).then(str, box, box)
        with ds.Blocks() as outer:
            ds.Button().click(print)
            inner.render()
        assert outer.dependencies[2].config()["after"] == [[1, "then"]]


class TestTabbedInterface:
    def test_every_app_has_its_tab(self) -> None:
        apps = [ds.Interface(str.upper, "text", "text", flagging_mode="never"), app_with_a_box()[0]]
        app = ds.TabbedInterface(apps, ["Upper", "Box"], title="Both")
        title, tabs = app.children
        assert isinstance(title, ds.Markdown)
        assert isinstance(tabs, Tabs)
        assert [tab.label for tab in tabs.children if isinstance(tab, Tab)] == ["Upper", "Box"]
        assert [each.api_name for each in app.dependencies] == ["upper", "clear", "upper_1", "lambda"]
        app.finish()

    def test_tabs_without_names_are_numbered(self) -> None:
        app = ds.TabbedInterface([ds.Interface(str, "text", "text")])
        assert [tab.label for tab in app.walk() if isinstance(tab, Tab)] == ["Tab 0"]

    def test_names_must_be_as_many_as_apps(self) -> None:
        with pytest.raises(UsageError, match="1 interfaces need as many tab_names, not 2"):
            ds.TabbedInterface([ds.Interface(str, "text", "text")], ["a", "b"])


class TestPlaces:
    def test_a_component_on_no_page_is_named_with_its_function(self) -> None:
        with ds.Blocks() as app:
            box = ds.Textbox(render=False)
            ds.Button().click(print, box)
        with pytest.raises(UsageError, match=r"print\(\) uses <Textbox \d+>, which is not on the page"):
            app.finish()

    def test_what_has_no_look_needs_no_place(self) -> None:
        state = ds.State(0)
        with ds.Blocks() as app:
            ds.Button().click(lambda n: n, state, state)
        app.finish()
        assert app.blocks[state.id] is state


class TestInterface:
    def test_additional_inputs_stand_in_an_accordion(self) -> None:
        app = ds.Interface(lambda a, b: a * b, "text", "text", additional_inputs=ds.Slider(label="times"))
        (accordion,) = [each for each in app.walk() if isinstance(each, ds.Accordion)]
        assert (accordion.label, accordion.open) == ("Additional Inputs", False)
        assert [type(each) for each in accordion.children] == [ds.Slider]
        assert len(app.dependencies[0].inputs) == 2

    def test_a_generator_has_a_button_that_stops_it(self) -> None:
        def count(text: str) -> Any:
            yield text

        app = ds.Interface(count, "text", "text", stop_btn="Halt", flagging_mode="never")
        (stop,) = [each for each in app.walk() if isinstance(each, ds.Button) and each.value == "Halt"]
        run, started, ended, stopped, _clear = app.dependencies
        assert stop.visible is False
        assert (stop.id, {"visible": True}) in (started.changes or [])
        assert ended.after == [(run, "then")]
        assert (stop.id, {"visible": False}) in (ended.changes or [])
        assert stopped.cancels == [run]
