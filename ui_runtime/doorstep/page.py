"""The page's HTML and config: all that a visitor needs to draw it, in one answer."""

from __future__ import annotations

import gzip
import hashlib
import html
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.responses import Response

from doorstep import __version__
from doorstep.components.base import Component
from doorstep.graph import Container
from doorstep.security import PAGE_POLICY

if TYPE_CHECKING:
    from starlette.requests import Request

    from doorstep.blocks import Blocks
    from doorstep.files import SessionFiles
    from doorstep.graph import Block
    from doorstep.static import Assets

_DOCUMENT: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
{links}
</head>
<body>
<div id="app"><noscript>This app needs JavaScript.</noscript></div>
<script type="application/json" id="doorstep-config">{config}</script>
</body>
</html>
"""

_NOT_BUILT: Final = """<!doctype html>
<meta charset="utf-8"><title>{title}</title>
<h1>The page is not built</h1>
<p>The app runs, but its page was never built. In a checkout of Doorstep:</p>
<pre>npm --prefix ui_runtime/frontend ci
npm --prefix ui_runtime/frontend run build</pre>
<p>or install the package anew (<code>pip install .</code>), which builds it.</p>
"""


class Page:
    """One app's page: made once, then served from memory."""

    def __init__(self, app: Blocks, files: SessionFiles, assets: Assets, max_file_size: int) -> None:
        self._app = app
        self._assets = assets
        self.config = _config(app, files, max_file_size)

    @cached_property
    def config_json(self) -> bytes:
        return msgspec.json.encode(self.config)

    @cached_property
    def document(self) -> bytes:
        title = html.escape(self._app.title)
        if not self._assets.are_built:
            return _NOT_BUILT.format(title=title).encode()
        config = embedded_json(self.config_json.decode())
        return _DOCUMENT.format(title=title, links=self._links(), config=config).encode()

    def _links(self) -> str:
        modules, styles = self._assets.preloads({each["type"]: None for each in self.config["components"]})
        lines = [f'<link rel="stylesheet" href="{_asset(each)}">' for each in styles]
        lines += [f'<link rel="modulepreload" href="{_asset(each)}">' for each in modules]
        lines.append(f'<script type="module" src="{_asset(self._assets.entry)}"></script>')
        return "\n".join(lines)

    @cached_property
    def _etag(self) -> str:
        return f'"{hashlib.blake2b(self.document, digest_size=12).hexdigest()}"'

    @cached_property
    def _gzipped(self) -> bytes:
        return gzip.compress(self.document, 9, mtime=0)

    def respond(self, request: Request) -> Response:
        headers = {
            "Cache-Control": "private, no-cache",
            "Content-Security-Policy": PAGE_POLICY,
            "ETag": self._etag,
            "Referrer-Policy": "same-origin",
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        status = 200 if self._assets.are_built else 503
        if request.headers.get("if-none-match", "").removeprefix("W/") == self._etag and status == 200:
            return Response(status_code=304, headers=headers)
        body = self.document
        if "gzip" in request.headers.get("accept-encoding", ""):
            body = self._gzipped
            headers["Content-Encoding"] = "gzip"
        return Response(body, status, headers, "text/html; charset=utf-8")


def embedded_json(text: str) -> str:
    """JSON that nothing inside of can end the `<script>` around it, nor start a comment in it."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return html.escape(f"./doorstep/static/{name}")


def _config(app: Blocks, files: SessionFiles, max_file_size: int) -> dict[str, Any]:
    shown_only = _outputs_only(app)
    return {
        "version": __version__,
        "title": app.title,
        "mode": app.mode,
        "theme": {"name": "default"},
        "fill_height": app.fill_height,
        "fill_width": app.fill_width,
        "components": [_component(block, files, shown_only) for block in app.walk()],
        "layout": _layout(app),
        "dependencies": [dependency.config() for dependency in app.dependencies],
        "max_file_size": max_file_size,
    }


def _component(block: Block, files: SessionFiles, shown_only: set[int]) -> dict[str, Any]:
    props = block.props()
    if isinstance(block, Component):
        given = block.interactive
        props["interactive"] = block.id not in shown_only and not block.is_static if given is None else given
        props["value"] = block.blank() if block.value is None else block.postprocess(block.value, files)
    return {"id": block.id, "type": block.type, "props": props}


def _outputs_only(app: Blocks) -> set[int]:
    """Components that functions fill and none reads: nobody needs to change them by hand."""
    functions = [dependency for dependency in app.dependencies if dependency.fn is not None]
    read = {each.id for dependency in functions for each in dependency.inputs}
    filled = {each.id for dependency in functions for each in dependency.outputs if dependency.inputs}
    return filled - read


def _layout(container: Container) -> dict[str, Any]:
    children = [
        _layout(child) if isinstance(child, Container) else {"id": child.id, "children": []}
        for child in container.children
    ]
    return {"id": container.id, "children": children}
