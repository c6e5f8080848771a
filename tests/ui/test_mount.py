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


def test_behind_a_proxy_that_cuts_a_prefix_off_all_addresses_are_relative(
    parent: Starlette, tmp_path: Path
) -> None:
    ds.mount_app(parent, greeter(), "/ui", root_path="/team", assets=built_assets(tmp_path / "s"))
    with serving(parent) as url:
        answer = visit(f"{url}/ui/", headers={"X-Forwarded-Prefix": "/team"})
    assert answer.status == 200
    assert 'src="/' not in answer.text
    assert 'href="/' not in answer.text


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
