"""Apps of several pages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

import doorstep as ds
from doorstep.errors import UsageError
from tests.support import visit
from tests.ui.support import served


def two_pages() -> tuple[ds.Blocks, Any, Any]:
    with ds.Blocks(title="Two") as app:
        first = ds.Textbox(label="first")
        first.change(str.upper, first, first)
        app.load(lambda: "a", None, first)
    with app.route("Second page"):
        second = ds.Number(label="second")
        app.load(lambda: 2, None, second)
    return app, first, second


def config_of(url: str) -> Any:
    import json
    import re

    found = re.search(r'id="doorstep-config">(.*?)</script>', visit(url).text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


@pytest.fixture
def assets(tmp_path: Any) -> Any:
    from tests.ui.support import built_assets

    return built_assets(tmp_path / "static")


def test_each_page_has_its_own_components_and_functions(assets: Any) -> None:
    app, first, second = two_pages()
    with served(app, assets=assets) as server:
        home, other = config_of(server.url), config_of(f"{server.url}/second-page")
    assert [each["id"] for each in home["components"]] == [first.id]
    assert [each["id"] for each in home["dependencies"]] == [0, 1]
    assert [each["id"] for each in other["components"]] == [second.id]
    assert [each["id"] for each in other["dependencies"]] == [2]
    assert other["dependencies"][0]["targets"] == [[other["layout"]["id"], "load"]]
    assert (home["page"], other["page"]) == ("", "second-page")
    assert home["pages"] == other["pages"]
    assert home["pages"] == [
        {"path": "", "title": "Home", "in_navbar": True},
        {"path": "second-page", "title": "Second page", "in_navbar": True},
    ]


def test_a_page_links_its_assets_from_where_it_is(assets: Any) -> None:
    app, _, _ = two_pages()
    with app.route("Deep", "a/b/deep"):
        ds.Markdown()
    with served(app, assets=assets) as server:
        assert 'src="./doorstep/static/' in visit(f"{server.url}/second-page").text
        assert 'src="./../../doorstep/static/' in visit(f"{server.url}/a/b/deep").text
        assert "<title>Deep – Two</title>" in visit(f"{server.url}/a/b/deep").text


def test_an_address_with_a_slash_too_many_leads_to_the_page(assets: Any) -> None:
    app, _, _ = two_pages()
    with served(app, assets=assets) as server:
        answer = visit(f"{server.url}/second-page/")
        missing = visit(f"{server.url}/third")
    assert (answer.status, answer.header("location")) == (307, "../second-page")
    assert missing.status == 404


def test_who_follows_a_wrong_address_is_led_to_the_app(assets: Any) -> None:
    app, _, _ = two_pages()
    with served(app, assets=assets, root_path="/apps/two") as server:
        person = httpx.get(f"{server.url}/<third>", headers={"Accept": "text/html"}, trust_env=False)
        program = httpx.get(f"{server.url}/third", trust_env=False)
    assert (person.status_code, program.status_code) == (404, 404)
    assert '<a href="/apps/two/">Open the app</a>' in person.text
    assert program.json()["error"] == "no-such-page"


def test_a_page_out_of_the_navbar_is_there_all_the_same() -> None:
    with ds.Blocks() as app:
        route = app.route("Hidden", "hidden", show_in_navbar=False)
    assert route.entry() == {"path": "hidden", "title": "Hidden", "in_navbar": False}


@pytest.mark.parametrize("path", ["second-page", "", "doorstep/x", "config"])
def test_a_path_that_is_taken_is_refused(path: str) -> None:
    app, _, _ = two_pages()
    with pytest.raises(UsageError, match="path"):
        app.route("Other", path)


def test_a_component_of_another_page_is_named() -> None:
    app, first, _ = two_pages()
    with app.route("Third"):
        ds.Button().click(print, first)
    with pytest.raises(UsageError, match=r"print\(\) uses <Textbox \d+>, which is on another page"):
        app.finish()


def test_a_state_is_shared_by_pages() -> None:
    with ds.Blocks() as app:
        state = ds.State(0)
        ds.Button().click(lambda n: n + 1, state, state)
    with app.route("Other"):
        ds.Button().click(lambda n: n + 1, state, state)
    app.finish()
    assert state in app.blocks_of("")
    assert state in app.blocks_of("other")


def test_another_app_can_be_a_page() -> None:
    with ds.Blocks() as inner:
        box = ds.Textbox()
        inner.load(lambda: "x", None, box)
    with ds.Blocks() as app:
        ds.Markdown()
    with app.route("Inner"):
        inner.render()
    app.finish()
    assert [each.outputs for each in app.dependencies_of("inner")] == [[box]]
    assert app.dependencies_of("") == []


def test_a_value_that_is_a_function_is_loaded_with_its_own_page() -> None:
    with ds.Blocks() as app:
        ds.Textbox(lambda: "a")
    with app.route("Other"):
        box = ds.Textbox(lambda: "b")
    app.finish()
    assert [each.outputs for each in app.dependencies_of("other")] == [[box]]
    assert len(app.dependencies_of("")) == 1


def test_a_navbar_says_what_the_page_shows_of_it() -> None:
    with ds.Blocks() as app:
        ds.Navbar([("Docs", "https://docs.example")], main_page_name="Start")
    app.finish()
    with served(app) as server:
        (navbar,) = visit(f"{server.url}/config").json()["components"]
    assert navbar["props"]["main_page_name"] == "Start"
    assert navbar["props"]["value"] == [["Docs", "https://docs.example"]]


def test_scripts_are_served_as_modules(assets: Any) -> None:
    with ds.Blocks() as app:
        path = ds.Button().click(None, js="() => 1").js
    with served(app, assets=assets) as server:
        answer = visit(f"{server.url}/{path}")
        missing = visit(f"{server.url}/doorstep/script/none.js")
    assert answer.text == "export default (\n() => 1\n);\n"
    assert (answer.header("content-type") or "").startswith("text/javascript")
    assert missing.status == 404
