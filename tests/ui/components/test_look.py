"""What an app's author puts on the page beside components: CSS, scripts, head, icon, footer, languages."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

import doorstep as ds
from doorstep.allowed import allowed_by
from doorstep.errors import UsageError
from doorstep.security import PAGE_POLICY
from doorstep.server import App


def answer(app: ds.Blocks, path: str = "/", **look: object) -> tuple[str, str]:
    """The page's text and its policy."""
    with TestClient(App(app, **look)) as client:  # type: ignore[arg-type]  # any of the options
        response = client.get(path)
    return response.text, response.headers["content-security-policy"]


def interface(**look: object) -> ds.Interface:
    return ds.Interface(str.upper, "text", "text", **look)  # type: ignore[arg-type]  # any of its options


def sum_of(code: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


def test_css_of_the_app_stands_in_the_head_after_the_pages_own(tmp_path: Path) -> None:
    (tmp_path / "more.css").write_text("footer { color: green }")

    page, policy = answer(interface(css=".a { color: red }", css_paths=[tmp_path / "more.css"]))

    assert page.index('rel="stylesheet"') < page.index(".a { color: red }\nfooter { color: green }")
    assert "--body-background-fill:var(--ds-paper)" in page, "Gradio's variables are there for it"
    assert policy == PAGE_POLICY


def test_an_app_without_a_look_of_its_own_has_no_style_and_the_strictest_policy() -> None:
    page, policy = answer(interface())

    assert "<style" not in page
    assert policy == PAGE_POLICY


def test_what_launch_and_mount_are_given_goes_before_what_the_app_was_made_with() -> None:
    parent = ds.mount_app(Starlette(), interface(css=".mine {}", title="T"), "/app", css=".theirs {}")

    with TestClient(parent) as client:
        page = client.get("/app/").text

    assert ".theirs {}" in page
    assert ".mine {}" not in page


def test_scripts_of_the_head_are_allowed_by_their_hash_and_their_address_alone() -> None:
    head = (
        "<meta name='a' content='b'><script>window.a = 1</script>"
        "<script async src='https://cdn.example.org/lib/a.js?v=1'></script>"
        "<link rel='stylesheet' href='https://fonts.example.org/css?family=A'>"
    )
    page, policy = answer(interface(), head=head)

    assert head in page
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["script-src"] == f"'self' {sum_of('window.a = 1')} https://cdn.example.org/lib/a.js"
    assert rules["style-src"] == "'self' 'unsafe-inline' https://fonts.example.org"
    assert "https:" in rules["font-src"]


@pytest.mark.parametrize("src", ["https://a b;script-src *", "https://[", "//a;b/c.js", "javascript:1"])
def test_no_address_opens_the_policy_further(src: str) -> None:
    sources = [each for given in allowed_by(f'<script src="{src}"></script>').values() for each in given]

    assert not [each for each in sources if ";" in each or " " in each or "javascript" in each]


def test_js_of_the_app_is_a_module_of_its_own() -> None:
    app = interface(js="() => { window.a = 1 }")
    served = App(app)

    path = served.page.config["js"]

    with TestClient(served) as client:
        assert "window.a = 1" in client.get(f"/{path}").text


def test_the_icon_is_served_without_any_rights(tmp_path: Path) -> None:
    (tmp_path / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")

    with TestClient(App(interface(), favicon_path=tmp_path / "icon.svg")) as client:
        page = client.get("/").text
        icon = client.get("/doorstep/icon")

    assert 'href="./doorstep/icon"' in page
    assert icon.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in icon.headers["content-security-policy"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"css_paths": "nowhere.css"},
        {"head_paths": ["nowhere.html"]},
        {"favicon_path": "nowhere.png"},
        {"favicon_path": "app.py"},
        {"footer_links": ["imprint"]},
        {"footer_links": [{"label": "Imprint"}]},
    ],
)
def test_what_cannot_be_is_said_where_it_is_written(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong)).split("_")[0]):
        ds.Blocks(**wrong)


def test_footer_links_are_the_apis_doorsteps_and_ones_own() -> None:
    links = ["api", "gradio", {"label": "Imprint", "url": "https://example.org"}, {"Home": "/"}]

    config = App(interface(footer_links=links)).page.config

    assert config["footer_links"] == [
        "api",
        "doorstep",
        {"label": "Imprint", "url": "https://example.org"},
        {"label": "Home", "url": "/"},
    ]


def test_an_apps_texts_are_marks_on_the_wire_and_english_where_nobody_has_a_language() -> None:
    texts = ds.I18n(en={"hi": 'Hello "you"'}, de={"hi": "Hallo"}, pt_BR={"hi": "Oi"})
    app = ds.Interface(str.upper, ds.Textbox(label=texts("hi")), "text", title=texts("hi"))

    served = App(app, i18n=texts)

    assert served.page.config["i18n"].keys() == {"en", "de", "pt-BR"}
    assert "<title>Hello &quot;you&quot;</title>" in served.page.document.decode()
    assert texts.plain(f"{texts('hi')}, {texts('none')}!") == 'Hello "you", none!'


def test_texts_are_a_dict_by_language() -> None:
    with pytest.raises(UsageError, match="I18n: en"):
        ds.I18n(en="Hello")  # type: ignore[arg-type]  # wrong on purpose


def test_every_kind_of_app_takes_the_options() -> None:
    apps = [
        ds.Blocks(theme="soft", css=".own {}"),
        interface(theme="soft", css=".own {}"),
        ds.TabbedInterface([interface()], theme="soft", css=".own {}"),
        ds.ChatInterface(lambda message, _history: message, theme="soft", css=".own {}"),
    ]

    for app in apps:
        page, _ = answer(app)
        assert "--ds-paper:var(--body-background-fill)" in page
        assert ".own {}" in page
