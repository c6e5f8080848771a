"""Mounting an app into another ASGI app: FastAPI, Starlette, or anything with `mount`."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from doorstep.errors import UsageError
from doorstep.later import MOUNT, note_unsupported
from doorstep.server import App

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from doorstep.blocks import Blocks

Parent = TypeVar("Parent")

_IGNORED: Final = frozenset({"server_name", "server_port"})
"""What says where Gradio's own server listens: here there is none."""


def mount_app(app: Parent, blocks: Blocks, path: str, **options: Any) -> Parent:
    """Serve `blocks` under `path` of `app`; returns `app`. `options` are those of `doorstep.server.App`.

    A prefix that a proxy cuts off the paths is known from its `X-Forwarded-Prefix`; one that sends none
    needs `root_path` here (or uvicorn's `--root-path`).
    """
    mount = getattr(app, "mount", None)
    if mount is None:
        raise UsageError(f"mount_app wants an app with a `mount` (FastAPI, Starlette), not {app!r}")
    given = {name: value for name, value in options.items() if name not in _IGNORED and value is not None}
    if given.pop("show_api", None) is False:
        given.setdefault("footer_links", ["gradio"])
    later = {name: given.pop(name) for name in [*given] if name in MOUNT}
    note_unsupported("mount_app", MOUNT, later)
    ours = App(blocks, **given)
    prefix = path.strip("/")
    if prefix:
        _add_slash(app, f"/{prefix}")
    mount(f"/{prefix}" if prefix else "", ours)
    _close_with(app, ours)
    return app


def _add_slash(app: Any, path: str) -> None:
    """Send `/prefix` to `/prefix/` by a relative address: it is right behind any proxy."""
    routes = getattr(getattr(app, "router", None), "routes", None)
    if isinstance(routes, list):
        from starlette.responses import RedirectResponse
        from starlette.routing import Route

        target = path.rpartition("/")[2] + "/"
        routes.append(Route(path, lambda _request: RedirectResponse(target), include_in_schema=False))


def _close_with(app: Any, ours: App) -> None:
    """Stop the app's jobs when its parent stops: a parent runs no lifespan but its own."""
    router = getattr(app, "router", None)
    outer = getattr(router, "lifespan_context", None)
    if router is None or outer is None:
        return

    @asynccontextmanager
    async def lifespan(parent: Any) -> AsyncIterator[Any]:
        async with outer(parent) as state:
            try:
                yield state
            finally:
                ours.close()

    router.lifespan_context = lifespan


mount_gradio_app = mount_app
