"""The HTML component: templates, events and rights of its own."""

from __future__ import annotations

import pytest

import doorstep as ds
from doorstep.components.templates import function_of
from doorstep.errors import UsageError
from doorstep.events.scripts import author
from doorstep.server import App


def module_of(component: ds.HTML | ds.Widget) -> str:
    assert component.module is not None
    source = author.get(component.module.rpartition("/")[2].removesuffix(".js"))
    assert source is not None
    return source


def test_plain_html_needs_no_module() -> None:
    assert ds.HTML("<b>hi</b>").module is None


def test_a_template_becomes_a_function_and_its_values_are_never_read_as_one() -> None:
    source = module_of(ds.HTML("x", html_template="<b>${value} {{size}}</b>", size=3))

    assert "const { value, label, size } = props" in source
    assert "h.raw(value)" in source
    assert 'h.text(h.get(c, "size"))' in source


def test_expressions_may_hold_braces_texts_and_templates() -> None:
    source = function_of("${a.map(x => `<i>${x + '}'}</i>`).join('`')} ${'{'}", ["a"])

    assert "h.raw(a.map(x => `<i>${x + '}'}</i>`).join('`'))" in source
    assert "h.raw('{')" in source


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("${value", "not closed"),
        ("{{#if value}}a", "not closed"),
        ("a{{/if}}", "closes nothing"),
        ("{{else}}", "outside"),
        ("{{#shout value}}{{/shout}}", "there is no {{#shout}}"),
        ("{{a b c d}}", "cannot read"),
    ],
)
def test_a_template_that_cannot_be_read_is_said_at_once(template: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ds.HTML(html_template=template)


def test_events_that_its_script_triggers_can_be_listened_to() -> None:
    with ds.Blocks() as app:
        html = ds.HTML(js_on_load="trigger('picked', {n: 1})")
        html.picked(lambda: None)
        html.click(lambda: None)

    assert [each.targets[0].event for each in app.dependencies] == ["picked", "click"]
    assert not hasattr(html, "unheard")


def test_handlers_that_its_author_wrote_may_run_and_frames_may_be_shown() -> None:
    with ds.Blocks() as app:
        ds.HTML("<button onclick='count()'>+</button>")

    served = App(app)

    assert served.page.config["components"][0]["props"]["handlers"] == ["count()"]
    assert "'unsafe-hashes' 'sha256-" in served.page._policy
    assert "frame-src 'self' http: https:" in served.page._policy


def test_components_stand_inside_of_it() -> None:
    with ds.Blocks() as app, ds.HTML(html_template="<main>@children</main>") as outer:
        inner = ds.Textbox()

    assert inner.parent is outer
    layout = App(app).page.config["layout"]["children"]
    assert layout[0]["children"] == [{"id": inner.id, "children": []}]


def test_its_buttons_are_its_own() -> None:
    with ds.Blocks() as app:
        button = ds.Button("Refresh")
        html = ds.HTML("x", buttons=[button])

    App(app)
    assert button.parent is html
    assert html.toolbar == [button.id]


def test_a_subclass_is_a_component_of_ones_own_with_a_schema() -> None:
    class Stars(ds.HTML):
        def __init__(self, label: str, value: int = 0, **rest: object) -> None:
            super().__init__(value, label=label, html_template="{{#each all}}★{{/each}}", all=[1, 2], **rest)

        def api_info(self) -> dict[str, object]:
            return {"type": "integer"}

    stars = Stars("Taste", 3, elem_id="taste", scale=2)

    assert (stars.value, stars.label, stars.elem_id, stars.scale) == (3, "Taste", "taste", 2)
    assert stars.fields == {"all": [1, 2]}


def test_functions_for_its_script_have_names_of_their_own() -> None:
    with pytest.raises(UsageError, match="two called 'len'"):
        ds.HTML(server_functions=[len, len])
