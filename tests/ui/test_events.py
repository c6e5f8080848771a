"""Events: what a listener may be told, and which values go in and out."""

from __future__ import annotations

from typing import Any

import pytest

import doorstep as ds
from doorstep.errors import InvalidError, OutputError, RefusedError, UsageError
from doorstep.events.dependency import Dependency
from tests.ui.calls import run, run_alone, visit_to


def options_of(**options: Any) -> dict[str, Any]:
    """What the page is told of a listener with these options."""
    with ds.Blocks():
        box, button = ds.Textbox(), ds.Button()
        return button.click(lambda text: text, box, box, **options).config()


class TestInputs:
    def test_one_several_and_none_are_positional_arguments(self) -> None:
        with ds.Blocks():
            first, second, button = ds.Textbox(), ds.Number(), ds.Button()
            none = button.click(lambda: "none", None, first)
            one = button.click(lambda text: text + "!", first, first)
            two = button.click(lambda text, number: text * int(number), [first, second], first)
        assert run_alone(none) == {first.id: {"value": "none"}}
        assert run_alone(one, "a") == {first.id: {"value": "a!"}}
        assert run_alone(two, "a", 3) == {first.id: {"value": "aaa"}}

    def test_a_set_arrives_as_one_dict_keyed_by_component(self) -> None:
        with ds.Blocks():
            a, b, button = ds.Number(), ds.Number(), ds.Button()
            dependency = button.click(lambda given: given[a] - given[b], {b, a}, a)
        assert dependency.config()["inputs"] == [a.id, b.id], "in the order in which they were made"
        assert run_alone(dependency, 5, 3) == {a.id: {"value": 2}}

    @pytest.mark.parametrize("as_inputs", [True, False])
    def test_named_inputs_are_keyword_arguments(self, as_inputs: bool) -> None:
        with ds.Blocks():
            a, b, button = ds.Number(), ds.Number(), ds.Button()

            def less(*, right: float, left: float) -> float:
                return left - right

            named = {"left": a, "right": b}
            if as_inputs:
                dependency = button.click(less, named, a)
            else:
                dependency = button.click(less, None, a, inputs_kwargs=named)
        assert run_alone(dependency, 5, 3) == {a.id: {"value": 2}}

    def test_a_wrong_number_of_values_from_the_page_is_refused(self) -> None:
        with ds.Blocks():
            box = ds.Textbox()
            dependency = box.change(lambda text: text, box, box, api_name="same")
        with pytest.raises(RefusedError, match="same takes 1 input, got 2"):
            run_alone(dependency, "a", "b")

    def test_a_refused_value_names_its_component(self) -> None:
        with ds.Blocks():
            box = ds.Number(label="age")
            dependency = box.change(lambda age: age, box, box)
        with pytest.raises(RefusedError, match="Number “age”: expected a number, got a list"):
            run_alone(dependency, [1])

    def test_without_preprocessing_the_wire_value_arrives(self) -> None:
        with ds.Blocks():
            box, out = ds.Number(), ds.Textbox()
            raw = box.change(repr, box, out, preprocess=False)
        assert run_alone(raw, [1]) == {out.id: {"value": "[1]"}}

    @pytest.mark.parametrize("wrong", ["text", 3, [None], [ds.Textbox]])
    def test_inputs_that_are_no_components_are_refused_with_the_functions_name(self, wrong: Any) -> None:
        with ds.Blocks():
            button = ds.Button()
            with pytest.raises(UsageError, match=r"inputs are components, not .*\(print\(\)\)"):
                button.click(print, wrong)
            with pytest.raises(UsageError, match="outputs are components, not"):
                button.click(print, None, wrong)

    def test_a_row_is_an_output_and_no_input(self) -> None:
        with ds.Blocks():
            row, button = ds.Row(), ds.Button()
            button.click(lambda: ds.Row(visible=False), None, row)
            with pytest.raises(UsageError, match="inputs are components, not <Row"):
                button.click(print, row)  # type: ignore[arg-type]

    def test_a_function_that_cannot_take_the_inputs_is_told_of_at_the_developers_line(self) -> None:
        with ds.Blocks():
            box = ds.Textbox()
            with pytest.warns(UserWarning, match=r"greet\(name\) cannot be called .* 2 inputs") as said:
                box.change(greet, [box, box], box)
        assert said[0].filename == __file__


class TestOutputs:
    def test_several_values_go_to_several_outputs(self) -> None:
        with ds.Blocks():
            a, b, button = ds.Textbox(), ds.Number(), ds.Button()
            dependency = button.click(lambda: ("x", 3), None, [a, b])
        assert run_alone(dependency) == {a.id: {"value": "x"}, b.id: {"value": 3}}

    def test_a_dict_fills_the_components_that_are_its_keys(self) -> None:
        with ds.Blocks():
            a, b, button = ds.Textbox(), ds.Number(), ds.Button()
            one = button.click(lambda: {b: 3}, None, [a, b])
            as_set = button.click(lambda: {b: 3, a: ds.Textbox(visible=False)}, None, {a, b})
        assert run_alone(one) == {b.id: {"value": 3}}
        assert run_alone(as_set) == {b.id: {"value": 3}, a.id: {"visible": False}}

    def test_a_dict_with_a_component_that_is_no_output_is_named(self) -> None:
        with ds.Blocks():
            a, b, button = ds.Textbox(label="a"), ds.Number(label="b"), ds.Button()
            dependency = button.click(greeting_for(b), None, a)
        with pytest.raises(OutputError, match=r"greeting\(\) .* Number “b”, .* outputs \(Textbox “a”\)"):
            run_alone(dependency)

    def test_a_set_of_outputs_wants_a_dict(self) -> None:
        with ds.Blocks():
            a, b, button = ds.Textbox(), ds.Number(), ds.Button()
            dependency = button.click(lambda: ("x", 3), None, {a, b})
        with pytest.raises(OutputError, match="returns a dict keyed by component, not a tuple"):
            run_alone(dependency)

    @pytest.mark.parametrize("returned", [("only",), "text", None])
    def test_too_few_values_are_an_error_that_names_the_outputs(self, returned: Any) -> None:
        with ds.Blocks():
            a, b, button = ds.Textbox(label="a"), ds.Number(label="b"), ds.Button()
            dependency = button.click(lambda: returned, None, [a, b])
        with pytest.raises(OutputError, match=r"1 value for 2 outputs \(Textbox “a”, Number “b”\)"):
            run_alone(dependency)

    def test_too_many_values_are_a_warning_at_the_function(self) -> None:
        with ds.Blocks():
            a, b, button = ds.Textbox(), ds.Number(), ds.Button()
            dependency = button.click(lambda: ("x", 1, 2), None, [a, b])
        with pytest.warns(UserWarning, match="3 values for 2 outputs .* the rest is ignored") as said:
            changes = run_alone(dependency)
        assert changes == {a.id: {"value": "x"}, b.id: {"value": 1}}
        assert said[0].filename == __file__

    def test_a_value_that_cannot_be_shown_names_function_and_component(self) -> None:
        with ds.Blocks():
            number, button = ds.Number(label="n"), ds.Button()
            dependency = button.click(greet, number, number)
        with pytest.raises(OutputError, match=r"greet\(\) returned a str that Number “n” cannot show"):
            run_alone(dependency, 3)

    def test_a_dict_is_a_value_where_its_keys_are_no_components(self) -> None:
        with ds.Blocks():
            label, button = ds.Label(), ds.Button()
            dependency = button.click(lambda: {"cat": 0.9}, None, label)
        assert run_alone(dependency)[label.id]["value"]["label"] == "cat"

    def test_skip_changes_nothing(self) -> None:
        with ds.Blocks():
            a, b, button = ds.Textbox(), ds.Number(), ds.Button()
            all_of_them = button.click(ds.skip, None, [a, b])
            one = button.click(lambda: (ds.skip(), 4), None, [a, b])
        assert run_alone(all_of_them) == {}
        assert run_alone(one) == {b.id: {"value": 4}}

    def test_the_same_output_twice_is_told_of(self) -> None:
        with ds.Blocks():
            box = ds.Textbox(label="twin")
            with pytest.warns(UserWarning, match="outputs hold Textbox “twin” twice") as said:
                box.change(lambda: (1, 2), None, [box, box])
        assert said[0].filename == __file__


class TestChains:
    def test_then_success_and_failure_follow_an_event(self) -> None:
        with ds.Blocks() as app:
            box, button = ds.Textbox(), ds.Button()
            first = button.click(lambda: "a", None, box)
            second = first.then(lambda: "b", None, box)
            second.success(lambda: "c", None, box)
            first.failure(lambda: "d", None, box)
        after = [each.config().get("after") for each in app.dependencies]
        assert after == [None, [[0, "then"]], [[1, "success"]], [[0, "failure"]]]
        assert app.dependencies[1].targets == []

    def test_cancels_name_the_events_that_they_stop(self) -> None:
        with ds.Blocks() as app:
            button, stop = ds.Button(), ds.Button()
            first, second = button.click(print), button.click(print)
            one = stop.click(None, cancels=first)
            both = stop.click(cancels=[first, second])
            with pytest.raises(UsageError, match="cancels are what event methods return"):
                stop.click(None, cancels=[button])  # type: ignore[list-item]
        assert one.config()["cancels"] == [first.id]
        assert both.config()["cancels"] == [first.id, second.id]
        assert both.config()["backend_fn"] is False
        assert app.dependencies[-1] is both

    def test_on_takes_several_triggers(self) -> None:
        with ds.Blocks():
            box, button = ds.Textbox(), ds.Button()
            dependency = ds.on([button.click, box.submit], lambda text: text, box, box)
            with pytest.raises(UsageError, match=r"triggers are events such as button\.click"):
                ds.on([button], print)  # type: ignore[list-item]
        assert dependency.config()["targets"] == [[button.id, "click"], [box.id, "submit"]]

    def test_on_without_triggers_runs_at_first_and_at_every_change(self) -> None:
        with ds.Blocks() as app:
            a, b, label = ds.Textbox(), ds.Number(), ds.Label()
            dependency = ds.on(inputs=[a, b], outputs=label, fn=lambda *_: "x")
        assert dependency.config()["targets"] == [[app.id, "load"], [a.id, "change"], [b.id, "change"]]
        assert dependency.trigger_mode == "always_last"

    def test_on_outside_of_an_app_says_where_it_belongs(self) -> None:
        with pytest.raises(UsageError, match="belongs inside a `with Blocks"):
            ds.on(None, print)


class TestDecorators:
    def test_an_event_method_without_a_function_decorates_one(self) -> None:
        with ds.Blocks() as app:
            box, button = ds.Textbox(), ds.Button()

            @button.click(inputs=box, outputs=box)
            def shout(text: str) -> str:
                return text.upper()

            @ds.on([box.submit], inputs=box, outputs=box)
            @box.change(inputs=box, outputs=box, api_name="soft")
            def whisper(text: str) -> str:
                return text.lower()

        assert [each.api_name for each in app.dependencies] == ["shout", "whisper", "soft"]
        assert run_alone(app.dependencies[0], "a") == {box.id: {"value": "A"}}
        assert all(each.fn is not None for each in app.dependencies)
        assert shout("b") == "B"
        assert isinstance(shout, Dependency)
        assert whisper("B") == "b"

    def test_a_decorated_function_can_be_followed(self) -> None:
        with ds.Blocks():
            box, button = ds.Textbox(), ds.Button()

            @button.click(outputs=box)
            def first() -> str:
                return "a"

            second = first.then(lambda: "b", None, box)
        assert second.config()["after"] == [[first.id, "then"]]


class TestOptions:
    def test_defaults_are_left_out(self) -> None:
        assert set(options_of()) == {
            *("id", "targets", "inputs", "outputs", "api_name", "js", "backend_fn"),
            *("show_progress", "trigger_mode"),
        }

    @pytest.mark.parametrize(
        ("option", "told"),
        [
            ({"show_progress": "hidden"}, {"show_progress": "hidden"}),
            ({"trigger_mode": "multiple"}, {"trigger_mode": "multiple"}),
            ({"scroll_to_output": True}, {"scroll_to_output": True}),
            ({"api_name": "named"}, {"api_name": "named"}),
        ],
    )
    def test_the_page_is_told(self, option: dict[str, Any], told: dict[str, Any]) -> None:
        assert told.items() <= options_of(**option).items()

    def test_progress_can_show_elsewhere(self) -> None:
        with ds.Blocks():
            box, other = ds.Textbox(), ds.Textbox()
            dependency = box.change(str, box, box, show_progress_on=[other])
        assert dependency.config()["show_progress_on"] == [other.id]

    def test_what_the_queue_needs_is_kept(self) -> None:
        with ds.Blocks():
            box = ds.Textbox()
            dependency = box.change(
                str, box, box, batch=True, max_batch_size=9, queue=False, time_limit=3, concurrency_id="gpu"
            )
        assert (dependency.batch, dependency.max_batch_size, dependency.queue) == (True, 9, False)
        assert (dependency.time_limit, dependency.group) == (3, "gpu")

    def test_a_private_function_has_no_name_for_programs(self) -> None:
        with ds.Blocks():
            box = ds.Textbox()
            assert box.change(str, box, box, api_name=False).api_visibility == "private"
            assert box.change(None, js="() => 1").api_visibility == "private"
            assert box.change(str, box, box, api_visibility="undocumented").api_visibility == "undocumented"

    @pytest.mark.parametrize(
        ("option", "message"),
        [
            ({"trigger_mode": "twice"}, "trigger_mode='twice' is not one of 'once', 'multiple'"),
            ({"show_progress": True}, "show_progress=True is not one of 'full'"),
            ({"concurrency_limit": 0}, "concurrency_limit=0 is not a whole number from 1"),
            ({"concurrency_limit": "many"}, "concurrency_limit='many'"),
        ],
    )
    def test_a_wrong_value_of_an_option_is_answered_with_the_right_ones(
        self, option: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(UsageError, match=message):
            options_of(**option)

    def test_an_unknown_option_is_an_error(self) -> None:
        with ds.Blocks():
            box = ds.Textbox()
            with pytest.raises(TypeError, match="no parameter 'oputputs'"):
                box.change(str, box, oputputs=box)  # type: ignore[call-arg]


class TestScripts:
    @pytest.mark.parametrize(
        "code",
        [
            "(a, b) => a + b",
            "x => x",
            "async (x) => { return x }",
            "function (a) { return a }",
            "async function f(a) { return a; };",
            "// says it\n() => { alert('x'); }",
            "({a}, [b] = [1], c = f(2)) => a",
            "(() => 1)",
        ],
    )
    def test_a_function_is_the_modules_export(self, code: str) -> None:
        with ds.Blocks() as app:
            path = ds.Button().click(None, js=code).config()["js"]
        folder, _, name = path.rpartition("/")
        assert folder == "doorstep/script"
        module = app.scripts.get(name.removesuffix(".js"))
        assert module is not None
        assert module.startswith("export default (\n")

    @pytest.mark.parametrize("code", ["alert('x')", "return [arguments[0] + 1]", "const f = () => 1; f()"])
    def test_anything_else_is_a_functions_body(self, code: str) -> None:
        with ds.Blocks() as app:
            path = ds.Button().click(None, js=code).config()["js"]
        module = app.scripts.get(path.rpartition("/")[2].removesuffix(".js"))
        assert module == f"export default async function () {{\n{code}\n}}\n"

    def test_the_same_code_is_served_once(self) -> None:
        with ds.Blocks():
            button = ds.Button()
            paths = {button.click(None, js="() => 1").js for _ in range(2)}
        assert len(paths) == 1

    def test_python_is_not_translated(self) -> None:
        with ds.Blocks():
            button = ds.Button()
            with pytest.warns(UserWarning, match="runs in Python all the same"):
                dependency = button.click(lambda: None, js=True)
        assert dependency.js is None


class TestValidators:
    def test_what_a_validator_says_stands_at_the_inputs(self) -> None:
        def check(name: str, age: float) -> Any:
            return [ds.validate(bool(name), "a name, please"), ds.validate(age > 17, "too young")]

        with ds.Blocks():
            name, age, button = ds.Textbox(), ds.Number(), ds.Button()
            dependency = button.click(lambda n, a: f"{n} {a}", [name, age], name, validator=check)
        assert run_alone(dependency, "Ann", 20) == {name.id: {"value": "Ann 20"}}
        with pytest.raises(InvalidError) as refused:
            run_alone(dependency, "Ann", 3)
        assert refused.value.invalid == [(age.id, "too young")]

    def test_one_input_needs_no_list(self) -> None:
        with ds.Blocks():
            name = ds.Textbox()
            dependency = name.submit(
                str, name, name, validator=lambda text: ds.validate(text != "", "say something")
            )
        with pytest.raises(InvalidError, match="say something"):
            run_alone(dependency, "")


class TestApi:
    def test_types_say_what_a_function_for_programs_takes(self) -> None:
        def add(a: int, b: float = 2.5, *, names: list[str] | None = None) -> tuple[float, str]:
            return a + b, ",".join(names or [])

        with ds.Blocks() as app:
            dependency = ds.api(add)
        assert [each.api_info() for each in dependency.inputs] == [
            {"type": "integer"},
            {"type": "number", "default": 2.5},
            {
                "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}],
                "default": None,
            },
        ]
        assert len(dependency.outputs) == 2
        assert dependency.config()["targets"] == []
        app.finish()

    def test_a_value_of_another_type_is_refused(self) -> None:
        def double(number: int) -> int:
            return 2 * number

        with ds.Blocks():
            dependency = ds.api(double)
        assert list(run_alone(dependency, 4).values()) == [{"value": 8}]
        for wrong in ("4", True, 4.5, None):
            with pytest.raises(RefusedError, match=r"“number”: expected a value of type integer"):
                run_alone(dependency, wrong)


def test_two_sessions_do_not_see_each_others_updates() -> None:
    with ds.Blocks() as app:
        choice, button = ds.Dropdown(["a"]), ds.Button()
        more = button.click(lambda: ds.Dropdown(choices=["b"]), None, choice)
        show = choice.change(lambda value: value, choice, choice)
    mine, other = visit_to(app), visit_to(app)
    run(mine, more)
    assert run(mine, show, "b") == {choice.id: {"value": "b"}}
    with pytest.raises(RefusedError, match="not one of the choices"):
        run(other, show, "b")


def greet(name: str) -> str:
    return f"Hello {name}"


def greeting_for(component: ds.Component) -> Any:
    def greeting() -> dict[ds.Component, int]:
        return {component: 3}

    return greeting
