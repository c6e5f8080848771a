"""Apps mounted into other apps."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import doorstep as ds
from doorstep.errors import UsageError
from doorstep.prefix import rooted
from doorstep.serving import ServerThread, bind
from tests.support import visit
from tests.ui.support import Page, built_assets


@contextlib.contextmanager
def serving(app: Any) -> Iterator[str]:
    listener = bind("127.0.0.1", 0)
    server = ServerThread(app, listener)
    server.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.stop()


def greeter() -> ds.Interface:
    return ds.Interface(lambda name: f"Hello {name}", "text", "text", api_name="greet")


async def root(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("the parent")


@pytest.fixture
def parent() -> Starlette:
    return Starlette(routes=[Route("/", root)])


@pytest.mark.parametrize("path", ["/ui", "ui", "/ui/", "/deep/er"])
async def test_an_app_answers_under_its_path(parent: Starlette, tmp_path: Path, path: str) -> None:
    assert ds.mount_app(parent, greeter(), path, assets=built_assets(tmp_path / "s")) is parent
    with serving(parent) as url:
        base = f"{url}/{path.strip('/')}"
        assert visit(url).text == "the parent"
        html = visit(f"{base}/").text
        assert 'src="./doorstep/static/' in html
        assert visit(f"{base}/doorstep/static/assets/main-1.js").status == 200
        redirected = visit(base)
        assert (redirected.status, redirected.header("location")) == (
            307,
            f"{path.strip('/').rpartition('/')[2]}/",
        )
        async with page_of(base) as page:
            answer = await page.run("Ann")
            assert answer["changes"][0][1] == {"value": "Hello Ann"}


@contextlib.asynccontextmanager
async def page_of(base: str) -> AsyncIterator[Page]:
    from websockets.asyncio.client import connect

    url = base.replace("http", "ws", 1) + "/doorstep/session"
    async with connect(url, compression=None) as socket:
        page = Page(socket)
        await page.say({"type": "hello"})
        page.welcome = await page.hear()
        yield page


def test_it_has_gradios_name_too() -> None:
    assert ds.mount_gradio_app is ds.mount_app


def test_fastapi_takes_it(tmp_path: Path) -> None:
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/hello")
    def hello() -> str:
        return "hi"

    app = ds.mount_gradio_app(app, greeter(), path="/gradio", assets=built_assets(tmp_path / "s"))
    with serving(app) as url:
        assert visit(f"{url}/hello").json() == "hi"
        assert visit(f"{url}/gradio/").status == 200
        assert "/gradio" not in visit(f"{url}/openapi.json").json()["paths"]


@pytest.mark.parametrize("said_by", ["root_path", "header"])
async def test_behind_a_proxy_that_cuts_a_prefix_off_the_app_knows_its_address(
    parent: Starlette, tmp_path: Path, said_by: str
) -> None:
    options: dict[str, Any] = {"root_path": "/team"} if said_by == "root_path" else {}
    headers = {"X-Forwarded-Prefix": "/team"} if said_by == "header" else {}
    ds.mount_app(parent, greeter(), "/ui", assets=built_assets(tmp_path / "s"), **options)
    with serving(parent) as url:
        page = visit(f"{url}/ui/", headers=headers)
        config = visit(f"{url}/ui/config", headers=headers).json()
    assert 'src="/' not in page.text
    assert 'href="/' not in page.text
    assert "path=/team/ui" in (page.header("set-cookie") or "").lower()
    assert config["root"] == f"{url}/team/ui"


class TestPrefix:
    @pytest.mark.parametrize(
        ("scope", "root_path", "known"),
        [
            (("", "/config"), "", ("", "/config")),
            (("", "/config"), "/app", ("/app", "/app/config")),
            (("", "/app/config"), "/app", ("/app", "/app/config")),
            (("/app", "/app/config"), "/app", ("/app", "/app/config")),
            (("/app/ui", "/app/ui/config"), "/app", ("/app/ui", "/app/ui/config")),
            (("/ui", "/ui/config"), "/app", ("/app/ui", "/app/ui/config")),
        ],
    )
    def test_paths_begin_with_what_the_developer_said(
        self, scope: tuple[str, str], root_path: str, known: tuple[str, str]
    ) -> None:
        seen = rooted({"root_path": scope[0], "path": scope[1], "headers": []}, root_path)
        assert (seen["root_path"], seen["path"]) == known

    @pytest.mark.parametrize(
        ("header", "root"),
        [
            ("/team", "/team"),
            ("/team/", "/team"),
            ("/a, /b", "/a"),
            ("//evil.example", ""),
            ("/a//b", ""),
            ("team", ""),
            ("/a b", ""),
            ("/<script>", ""),
            ("/" + "a" * 200, ""),
        ],
    )
    def test_a_header_counts_only_if_it_is_a_plain_path(self, header: str, root: str) -> None:
        headers = [(b"x-forwarded-prefix", header.encode())]
        assert rooted({"root_path": "", "path": "/x", "headers": headers}, "")["root_path"] == root

    def test_what_the_developer_said_goes_before_the_header(self) -> None:
        headers = [(b"x-forwarded-prefix", b"/other")]
        seen = rooted({"root_path": "", "path": "/x", "headers": headers}, "/mine")
        assert seen["root_path"] == "/mine"


async def test_the_app_ends_with_its_parents_lifespan(tmp_path: Path) -> None:
    told: list[str] = []

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, str]]:
        told.append("up")
        yield {"shared": "yes"}
        told.append("down")

    parent = Starlette(lifespan=lifespan)
    ds.mount_app(parent, greeter(), "/ui", assets=built_assets(tmp_path / "s"))
    with serving(parent) as url:
        async with contextlib.AsyncExitStack() as stack:
            lives = await stack.enter_async_context(contextlib.AsyncExitStack())
            assert await lives.enter_async_context(parent.router.lifespan_context(parent)) == {
                "shared": "yes"
            }
            page = await stack.enter_async_context(page_of(f"{url}/ui"))
            await page.run("Ann")
            await lives.aclose()
            assert await page.end() == 1012, "the app has stopped"
    assert told == ["up", "down"]


def test_what_cannot_mount_is_refused() -> None:
    with pytest.raises(UsageError, match="wants an app with a `mount`"):
        ds.mount_app(object(), greeter(), "/ui")


def test_a_parameter_that_does_nothing_yet_says_so(parent: Starlette) -> None:
    with pytest.warns(UserWarning, match="mount_app: `mcp_server` does nothing yet"):
        ds.mount_app(parent, greeter(), "/ui", server_name="0.0.0.0", mcp_server=True)  # noqa: S104  # ignored
