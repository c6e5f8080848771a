"""What an app's author puts on the page: themes, CSS, scripts, HTML, widgets. Nobody else's script runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import doorstep as ds
from doorstep import themes
from tests.ui.test_look_docs import example

Visit = Callable[[ds.Blocks], Page]
Serve = Callable[[ds.Blocks], str]

COUNTER = """
export default {
  initialize({ model }) { model.set("ready", true); },
  render({ model, el, signal, experimental }) {
    const button = document.createElement("button");
    const show = () => { button.textContent = `${model.get("count")} by ${model.get("step")}`; };
    button.addEventListener("click", async () => {
      model.set("count", model.get("count") + model.get("step"));
      model.save_changes();
      model.send({ event: "counted", to: model.get("count") });
      if (model.get("count") > 9) el.title = (await experimental.invoke("double", model.get("count")))[0];
    });
    model.on("change:count change:step", show);
    signal.addEventListener("abort", () => { window.aborted = true; });
    show();
    el.append(button);
    return () => { window.cleaned = true; };
  },
};
"""


class Counter(ds.Widget):
    esm = COUNTER
    css = ".widget button { color: rgb(1, 2, 3) }"
    field = "count"
    events = ("counted",)


def double(number: int) -> int:
    return 2 * number


def told(event: ds.EventData) -> str:
    return f"heard {event.to}"


def test_a_widget_is_a_value_that_both_sides_change_and_events_of_its_own(visit: Visit) -> None:
    with ds.Blocks() as app:
        counter = Counter(3, label="Count", step=2, server_functions=[double])
        value, heard = ds.Textbox(label="value"), ds.Textbox(label="heard")
        ds.Button("Faster").click(lambda: Counter(step=5), None, counter)
        ds.Button("Reset").click(lambda: 0, None, counter)
        ds.Button("Hide").click(lambda: ds.update(visible=False), None, counter)
        counter.input(repr, counter, value)
        counter.counted(told, None, heard)
    page = visit(app)
    button = page.get_by_role("group", name="Count").get_by_role("button")

    expect(button).to_have_text("3 by 2")
    expect(button).to_have_css("color", "rgb(1, 2, 3)")
    button.click()
    expect(page.get_by_label("value")).to_have_value("5")
    expect(page.get_by_label("heard")).to_have_value("heard 5")
    page.get_by_role("button", name="Faster").click()
    expect(button).to_have_text("5 by 5")
    button.click()
    expect(page.locator(".widget")).to_have_attribute("title", "20")
    page.get_by_role("button", name="Reset").click()
    expect(button).to_have_text("0 by 5")
    page.get_by_role("button", name="Hide").click()
    expect(button).to_have_count(0)
    page.wait_for_function("() => window.cleaned && window.aborted")


def test_a_widget_that_fails_says_so_where_it_stands(visit: Visit) -> None:
    with ds.Blocks() as app:
        ds.Widget(esm="export default { render() { throw new Error('no canvas'); } }", label="Broken")
        ds.Widget(esm="export const nothing = 1", label="Empty")
        ds.Textbox(label="fine")
    page = visit(app)

    expect(page.get_by_role("group", name="Broken").get_by_role("alert")).to_contain_text("no canvas")
    expect(page.get_by_role("group", name="Empty").get_by_role("alert")).to_contain_text("has no render")
    expect(page.get_by_label("fine")).to_be_visible()


def test_html_is_a_template_with_properties_events_styles_and_a_script(visit: Visit) -> None:
    with ds.Blocks() as app:
        html = ds.HTML(
            ["One", "<Two>"],
            html_template="{{#each value as |name at|}}<button>{{at}}: {{name}}</button>{{else}}none{{/each}}"
            "<p style='color: ${colour}'>${value.length}</p>",
            css_template="border: 1px solid ${colour}; button { padding: 7px }",
            js_on_load="""
                element.addEventListener("click", (event) => {
                    if (event.target.matches("button")) trigger("picked", { to: event.target.textContent });
                    else props.value = [...props.value, "more"];
                });
                watch("value", () => { window.watched = (window.watched ?? 0) + 1; });
                window.doubled = await server.double(4);
            """,
            server_functions=[double],
            colour="rgb(0, 0, 200)",
            label="List",
        )
        heard, value = ds.Textbox(label="heard"), ds.Textbox(label="value")
        html.picked(told, None, heard)
        html.change(repr, html, value)
        ds.Button("Empty").click(list, None, html)
        ds.Button("Red").click(lambda: ds.HTML(colour="rgb(200, 0, 0)"), None, html)
    page = visit(app)
    inside = page.locator(".html-content")

    page.wait_for_function("() => window.doubled === 8")  # the last that its script does
    inside.get_by_role("button", name="1: <Two>").click()
    expect(page.get_by_label("heard")).to_have_value("heard 1: <Two>")
    expect(inside.get_by_role("button").first).to_have_css("padding", "7px")
    expect(inside).to_have_css("border-color", "rgb(0, 0, 200)")
    inside.locator("p").click()
    expect(page.get_by_label("value")).to_have_value("['One', '<Two>', 'more']")
    page.get_by_role("button", name="Red").click()
    expect(inside.locator("p")).to_have_css("color", "rgb(200, 0, 0)")
    page.get_by_role("button", name="Empty").click()
    expect(inside).to_contain_text("none")
    page.wait_for_function("() => window.watched === 1")


def test_components_inside_of_html_stay_while_it_is_made_anew(visit: Visit) -> None:
    with ds.Blocks() as app:
        with ds.HTML("one", html_template="<h2>${value}</h2><section>@children</section>") as html:
            ds.Textbox(label="inside")
        ds.Button("Two").click(lambda: "two", None, html)
    page = visit(app)

    page.locator("section").get_by_label("inside").fill("kept")
    page.get_by_role("button", name="Two").click()

    expect(page.get_by_role("heading", name="two")).to_be_visible()
    expect(page.locator("section").get_by_label("inside")).to_have_value("kept")


EVIL = """<img src="data:," onerror="window.evil = 1"><b id="b" onclick="window.evil = 2">b</b>
<script>window.evil = 3</script><a id="a" href="java&#9;script:window.evil = 4">a</a>
<svg><a id="s" xlink:href="javascript:window.evil = 5"><text y="20">s</text></a></svg>
<iframe srcdoc="<script>try { parent.evil = 6 } catch {}</script>"></iframe>"""


def test_a_value_runs_no_script_whatever_the_author_allows_for_their_own(page: Page, serve: Serve) -> None:
    with ds.Blocks(head="<script>window.mine = 1</script>") as app:
        ds.HTML("<i onclick='window.mine = 2'>mine</i>")
        text, shown = ds.Textbox(label="text"), ds.HTML()
        filled = ds.HTML(html_template="<p title='{{value}}'>{{value}}</p>${value}")
        text.submit(lambda text: (text, text), text, [shown, filled])
    page.goto(serve(app))

    page.get_by_label("text").fill(EVIL)
    page.get_by_label("text").press("Enter")
    expect(page.locator("#b")).to_have_count(2)
    for place in ("#b", "#a"):
        page.locator(place).first.click()
    page.locator("#s").first.dispatch_event("click")
    page.get_by_text("mine").click()

    page.wait_for_function("() => window.mine === 2")
    assert page.evaluate("window.evil") is None
    assert (
        page.evaluate("document.querySelectorAll('.html-content script, .html-content [onerror]').length")
        == 0
    )


def test_a_document_in_a_frame_runs_apart_from_the_app(page: Page, serve: Serve) -> None:
    """As a map of folium is shown: `gr.HTML(map._repr_html_())`."""
    script = (
        "try { parent.document.title = 'evil' } catch (error) { document.body.append(error.name, origin) }"
    )
    document = f"<body><p>map</p><script>{script}</script></body>"
    with ds.Blocks() as app:
        ds.HTML(f'<iframe srcdoc="{document}" style="width: 300px"></iframe>')
        shown = ds.HTML()
        ds.Button("Show").click(lambda: f'<iframe title="late" srcdoc="{document}"></iframe>', None, shown)
    page.goto(serve(app))

    first = page.frame_locator("iframe").first
    expect(first.get_by_text("map")).to_be_visible()
    expect(first.locator("body")).to_contain_text("SecurityErrornull")
    page.get_by_role("button", name="Show").click()
    expect(page.frame_locator("iframe[title=late]").locator("body")).to_contain_text("SecurityErrornull")
    assert page.title() != "1"


ECHO = """
function render({ model, el }) {
  const shown = document.createElement("output");
  model.on("msg:custom", (content, buffers) => {
    shown.textContent = `${content.type}: ${buffers.map((each) => each.getUint8(1)).join()}`;
    model.send({ type: "sum" }, undefined, [new Uint8Array([1, 2, 250]), new Uint8Array([7]).buffer]);
  });
  el.append(shown);
}
export default { render };
"""


def test_a_widget_and_a_function_say_things_with_bytes_to_each_other(visit: Visit) -> None:
    def heard(data: ds.MessageData) -> str:
        return f"{data.content['type']} {[list(each) for each in data.buffers]}"

    with ds.Blocks() as app:
        widget, text = ds.Widget(esm=ECHO), ds.Textbox(label="heard")
        ds.Button("Send").click(lambda: widget.send({"type": "image"}, [b"ab", bytearray(b"\x00\xff")]))
        widget.message(heard, None, text)
    page = visit(app)

    page.get_by_role("button", name="Send").click()

    expect(page.locator("output")).to_have_text("image: 98,255")
    expect(page.get_by_label("heard")).to_have_value("sum [[1, 2, 250], [7]]")


def test_css_scripts_head_icon_and_links_of_the_app_are_on_its_page(page: Page, serve: Serve) -> None:
    app = ds.Interface(
        str.upper,
        "text",
        "text",
        css=".gradio-container { max-width: 640px } .dark footer { color: rgb(1, 2, 3) }",
        js="() => { window.order = [...(window.order ?? []), 'js']; }",
        head="<meta name='author' content='Ada'><script>window.order = ['head']</script>",
        footer_links=["api", {"label": "Imprint", "url": "https://example.org/imprint"}],
    )
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{serve(app)}?__theme=dark")

    page.wait_for_function("() => window.order?.join() === 'head,js'")
    expect(page.locator("meta[name=author]")).to_have_attribute("content", "Ada")
    expect(page.locator("footer")).to_have_css("color", "rgb(1, 2, 3)")
    expect(page.locator(".gradio-container")).to_have_css("width", "640px")
    expect(page.get_by_role("link", name="Imprint")).to_have_attribute("href", "https://example.org/imprint")
    expect(page.get_by_text("Built with")).to_have_count(0)
    page.evaluate("document.body.classList.toggle('dark')")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def gallery(theme: themes.ThemeClass) -> ds.Blocks:
    with ds.Blocks(theme=theme, title="Themes") as app:
        ds.Markdown("# Title\nText with `code`, and a [link](https://example.org).")
        ds.Textbox("a", label="Name", info="Who?")
        ds.Radio(["a", "b"], value="a", label="Pick")
        ds.Dropdown(["x", "y"], multiselect=True, value=["x"], label="Many")
        ds.Label({"cat": 0.8, "dog": 0.2}, label="Animal")
        with ds.Row():
            ds.Button("Go", variant="primary")
            ds.Button("Second")
            ds.Button("Stop", variant="stop")
    return app


@pytest.mark.parametrize(
    "name", ["Default", "Base", "Soft", "Monochrome", "Glass", "Origin", "Citrus", "Ocean"]
)
def test_a_named_theme_can_be_read_in_the_light_and_in_the_dark(
    name: str, visit: Visit, page: Page, violations: Callable[[Page], list[dict[str, Any]]]
) -> None:
    page.emulate_media(reduced_motion="reduce")
    visit(gallery(getattr(themes, name)()))
    expect(page.locator(".prose code")).to_be_visible()
    assert violations(page) == []

    page.evaluate("document.body.classList.add('dark')")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert violations(page) == []


def test_variables_of_a_theme_act_on_the_page(visit: Visit) -> None:
    theme = themes.Base(primary_hue="green", text_size="lg", radius_size="none", font="Georgia").set(
        body_background_fill="rgb(1, 1, 1)",
        block_background_fill="rgb(2, 2, 2)",
        input_background_fill="rgb(3, 3, 3)",
        button_primary_background_fill="*primary_300",
        button_large_radius="5px",
        block_label_text_color="rgb(4, 4, 4)",
        slider_color="rgb(5, 5, 5)",
    )
    page = visit(gallery(theme))

    expect(page.locator("html")).to_have_css("background-color", "rgb(1, 1, 1)")
    expect(page.locator(".card").first).to_have_css("background-color", "rgb(2, 2, 2)")
    expect(page.locator(".card").first).to_have_css("border-radius", "0px")
    expect(page.get_by_label("Name")).to_have_css("background-color", "rgb(3, 3, 3)")
    expect(page.get_by_role("button", name="Go")).to_have_css("background-color", "rgb(134, 239, 172)")
    expect(page.get_by_role("button", name="Go")).to_have_css("border-radius", "5px")
    expect(page.locator(".label").first).to_have_css("color", "rgb(4, 4, 4)")
    expect(page.locator("body")).to_have_css("font-family", "Georgia")
    expect(page.locator("body")).to_have_css("font-size", "17px")


def test_the_documents_examples_of_own_components_work(page: Page, serve: Serve) -> None:
    page.goto(serve(example("custom-components.md-0")["app"]))
    page.get_by_role("button", name="count is 3").click()
    expect(page.get_by_label("Double")).to_have_value("10")
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_role("button", name="count is 0")).to_be_visible()

    page.goto(serve(example("custom-components.md-1")["app"]))
    page.get_by_role("button", name="fig").click()
    expect(page.get_by_label("Picked")).to_have_value("fig: FIG, gif")

    page.goto(serve(example("custom-components.md-2")["app"]))
    page.get_by_role("button", name="4 stars").click()
    expect(page.get_by_label("Said")).to_have_value("Thank you")
    expect(page.locator(".html-content")).to_contain_text("4 of 5")
