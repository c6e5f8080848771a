"""The page's HTML, its config and its assets."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import doorstep as ds
from doorstep.static import Assets, module_name
from tests.support import visit
from tests.ui.support import Served, built_assets, served


def greet(name: str, often: float) -> str:
    return f"Hello {name}! " * int(often)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    app = ds.Interface(greet, ["text", "slider"], "text", title="</script><b>Greeter & co")
    with served(app, assets=built_assets(tmp_path / "static")) as server:
        yield server


def test_the_config_is_inside_the_page_and_cannot_break_out(server: Served) -> None:
    html = visit(server.url).text
    found = re.search(r'<script type="application/json" id="doorstep-config">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    config = json.loads(found[1])
    assert config["title"] == "</script><b>Greeter & co"
    assert config["layout"] == visit(f"{server.url}/config").json()["layout"]
    assert "<b>" not in html
    assert "&lt;/script&gt;&lt;b&gt;Greeter &amp; co</title>" in html


def test_the_page_links_just_the_modules_of_its_components(server: Served) -> None:
    html = visit(server.url).text
    preloaded = re.findall(r'rel="modulepreload" href="\./doorstep/static/assets/([^"]+)"', html)
    styles = re.findall(r'rel="stylesheet" href="\./doorstep/static/assets/([^"]+)"', html)
    assert sorted(preloaded) == ["Slider-1.js", "Textbox-1.js", "svelte-1.js"]
    assert sorted(styles) == ["Slider-1.css", "main-1.css"]
    assert html.count('<script type="module" src="./doorstep/static/assets/main-1.js">') == 1


def test_inputs_can_be_changed_and_outputs_cannot(server: Served) -> None:
    config = visit(f"{server.url}/config").json()
    interactive = {
        each["props"]["label"]: each["props"].get("interactive")
        for each in config["components"]
        if "label" in each["props"]
    }
    assert interactive["name"] is True
    assert interactive["often"] is True
    assert interactive["output"] is False


def test_the_layout_holds_every_component_once(server: Served) -> None:
    config = visit(f"{server.url}/config").json()

    def ids(node: dict[str, object]) -> Iterator[object]:
        for child in node["children"]:  # type: ignore[attr-defined]
            yield child["id"]
            yield from ids(child)

    assert sorted(map(str, ids(config["layout"]))) == sorted(str(each["id"]) for each in config["components"])


def test_a_component_that_is_filled_and_read_stays_changeable() -> None:
    with ds.Blocks() as app:
        counter = ds.Number(0)
        ds.Button().click(lambda n: n + 1, counter, counter)
        fixed = ds.Textbox("x", interactive=False)
    with served(app) as server:
        config = visit(f"{server.url}/config").json()
    interactive = {each["id"]: each["props"].get("interactive") for each in config["components"]}
    assert interactive[counter.id] is True
    assert interactive[fixed.id] is False


def test_what_a_script_of_the_page_reads_stays_changeable() -> None:
    with ds.Blocks() as app:
        box = ds.Textbox()
        ds.Button().click(lambda: "x", None, box)
        ds.Button().click(None, box, None, js="(text) => console.log(text)")
    with served(app) as server:
        config = visit(f"{server.url}/config").json()
    interactive = {each["id"]: each["props"].get("interactive") for each in config["components"]}
    assert interactive[box.id] is True


def test_the_page_is_checked_again_each_time_and_not_sent_twice(server: Served) -> None:
    first = visit(server.url)
    etag = first.header("etag")
    assert first.header("cache-control") == "private, no-cache"
    assert etag is not None
    again = visit(server.url, headers={"If-None-Match": etag})
    assert (again.status, again.body) == (304, b"")


def test_the_page_is_compressed_on_request(server: Served) -> None:
    packed = visit(server.url, headers={"Accept-Encoding": "gzip, br"})
    assert packed.header("content-encoding") == "gzip"
    assert gzip.decompress(packed.body) == visit(server.url).body


def test_the_pages_policy_allows_no_foreign_or_inline_script(server: Served) -> None:
    policy = visit(server.url).header("content-security-policy") or ""
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert rules["base-uri"] == "'none'"


def test_assets_are_cached_for_ever_in_the_best_encoding(server: Served) -> None:
    url = f"{server.url}/doorstep/static/assets/main-1.js"
    plain = visit(url)
    assert plain.header("cache-control") == "public, max-age=31536000, immutable"
    assert plain.header("content-type") == "text/javascript; charset=utf-8"
    assert plain.body == b"/* main-1.js */"
    assert visit(url, headers={"Accept-Encoding": "gzip, br"}).body == b"brotli"
    assert visit(url, headers={"Accept-Encoding": "gzip"}).header("content-encoding") == "gzip"


@pytest.mark.parametrize(
    "name", ["assets/none.js", ".vite/manifest.json", "assets/main-1.js.br", "", "assets"]
)
def test_what_is_no_asset_is_not_found(server: Served, name: str) -> None:
    assert visit(f"{server.url}/doorstep/static/{name}").status == 404


def test_an_asset_that_another_version_took_away_is_not_found(tmp_path: Path) -> None:
    with served(ds.Interface(greet, ["text", "slider"], "text"), assets=built_assets(tmp_path)) as server:
        (tmp_path / "assets" / "Slider-1.js").unlink()
        assert visit(f"{server.url}/doorstep/static/assets/Slider-1.js").status == 404


def test_a_page_that_is_not_built_says_what_builds_it(tmp_path: Path) -> None:
    with served(ds.Interface(greet, ["text", "slider"], "text"), assets=Assets(tmp_path)) as server:
        answer = visit(server.url)
    assert answer.status == 503
    assert "npm --prefix ui_runtime/frontend run build" in answer.text


def test_an_app_works_under_a_prefix(tmp_path: Path) -> None:
    app = ds.Interface(greet, ["text", "slider"], "text")
    with served(app, assets=built_assets(tmp_path / "static"), root_path="/my/app") as server:
        assert visit(f"{server.url}/my/app/config").status == 200, "a proxy that keeps the prefix"
        assert visit(f"{server.url}/config").status == 200, "a proxy that cuts it off"
        html = visit(f"{server.url}/").text
    assert 'src="/' not in html
    assert 'href="/' not in html


@pytest.mark.parametrize(("kind", "module"), [("textbox", "Textbox"), ("checkbox_group", "CheckboxGroup")])
def test_a_components_module_is_called_like_its_type(kind: str, module: str) -> None:
    assert module_name(kind) == module


def test_what_functions_only_fill_is_shown_even_by_one_without_inputs() -> None:
    with ds.Blocks() as app:
        filled, asked = ds.Textbox(), ds.Textbox()
        button = ds.Button()
        button.click(lambda: "made", None, filled)
        button.click(lambda text: text, asked, filled)
        button.click(lambda: "", None, asked)
    with served(app) as server:
        entries = {each["id"]: each["props"] for each in visit(f"{server.url}/config").json()["components"]}
    assert entries[filled.id]["interactive"] is False
    assert entries[asked.id]["interactive"] is True


def test_a_big_asset_that_is_kept_compressed_is_unpacked_for_who_needs_it(tmp_path: Path) -> None:
    assets = built_assets(tmp_path)
    script = b"export default 1;"
    (tmp_path / "assets" / "main-1.js.gz").write_bytes(gzip.compress(script))
    (tmp_path / "assets" / "main-1.js").unlink()
    with served(ds.Interface(greet, ["text", "slider"], "text"), assets=Assets(tmp_path)) as server:
        url = f"{server.url}/doorstep/static/assets/main-1.js"
        assert visit(url).text == script.decode()
        packed = visit(url, headers={"Accept-Encoding": "gzip"})
    assert packed.header("content-encoding") == "gzip"
    assert assets.are_built
