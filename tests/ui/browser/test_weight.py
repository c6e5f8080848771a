"""What a page costs: requests, bytes and time. The budget is that of the project's figures."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

import doorstep as ds

MOST_REQUESTS = 8
MOST_BYTES = 45 * 1024
MOST_BYTES_OF_MANY = 150 * 1024
MOST_BYTES_OF_A_CHAT = 90 * 1024

Serve = Callable[[ds.Blocks], str]


def weigh(page: Page, url: str, shown: str) -> tuple[list[str], float]:
    """What a first visit asks for, and its bytes as they came over the line."""
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.on("websocket", lambda socket: urls.append(socket.url))
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))

    page.goto(url)
    expect(page.get_by_role("button", name=shown)).to_be_visible()
    page.wait_for_load_state("networkidle")

    print(f"{len(urls)} requests, {sum(received):,.0f} bytes")
    return urls, sum(received)


def test_a_cold_greet_page_is_small(page: Page, serve: Serve) -> None:
    app = ds.Interface(lambda name: f"Hello {name}!", "text", "text", title="Greeter")

    urls, received = weigh(page, serve(app), "Submit")

    assert len(urls) <= MOST_REQUESTS, urls
    assert received <= MOST_BYTES


def test_a_page_of_thirteen_kinds_of_components_is_small(page: Page, serve: Serve) -> None:
    with ds.Blocks(theme="soft") as app:
        ds.Markdown("# Many\n\n- *one*\n- **two**")
        with ds.Row(), ds.Column():
            ds.Textbox(label="Text")
            ds.Number(label="Number")
            ds.Slider(0, 10, label="Slider")
            ds.Checkbox(label="Checkbox")
            ds.CheckboxGroup(["a", "b"], label="Group")
            ds.Radio(["a", "b"], label="Radio")
            ds.Dropdown(["a", "b"], label="Dropdown")
            ds.Image(label="Image")
            ds.File(label="File")
            ds.Label({"cat": 0.8}, label="Label")
            ds.JSON({"a": [1, 2]}, label="JSON")
            ds.HTML("<b>bold</b>")
            ds.Button("Go")

    _, received = weigh(page, serve(app), "Go")

    assert received <= MOST_BYTES_OF_MANY


def test_a_chat_with_formatted_answers_is_small(page: Page, serve: Serve) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))

    page.goto(serve(ds.ChatInterface(lambda message, _: f"**{message}**")))
    page.get_by_label("Message", exact=True).fill("hello")
    page.get_by_label("Message", exact=True).press("Enter")
    expect(page.locator(".prose strong")).to_have_text("hello")
    page.wait_for_load_state("networkidle")

    print(f"{sum(received) / 1024:.1f} KB")
    assert sum(received) <= MOST_BYTES_OF_A_CHAT


def test_a_page_asks_nobody_but_its_app(page: Page, serve: Serve) -> None:
    url = serve(ds.Interface(lambda name: f"**{name}**", "text", ds.Markdown(), description="*Hi*"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(url)
    expect(page.locator(".prose em")).to_be_visible()

    assert [each for each in asked if not each.startswith((url, "data:"))] == []


def test_a_reload_fetches_the_document_alone(page: Page, serve: Serve) -> None:
    page.goto(serve(ds.Interface(lambda name: f"Hello {name}!", "text", "text")))
    expect(page.get_by_role("button", name="Submit")).to_be_visible()

    page.goto(page.url)
    expect(page.get_by_role("button", name="Submit")).to_be_visible()

    sizes = page.evaluate(
        "performance.getEntriesByType('resource').map(each => [each.name, each.transferSize])"
    )
    assets = [(name, size) for name, size in sizes if "/static/" in name]
    assert assets
    assert [name for name, size in assets if size > 0] == []
