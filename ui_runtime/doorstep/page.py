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
from doorstep.allowed import Sources, allowed_by, merged
from doorstep.components.base import Component
from doorstep.graph import Container
from doorstep.security import page_policy
from doorstep.words import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from doorstep.blocks import Blocks, Route
    from doorstep.components.base import Files
    from doorstep.events.dependency import Dependency
    from doorstep.events.visit import Visit
    from doorstep.files import SessionFiles
    from doorstep.graph import Block
    from doorstep.look import Look
    from doorstep.static import Assets

_DOCUMENT: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="{icon}">
{links}
</head>
<body>
<div id="app" class="gradio-container"><noscript>This app needs JavaScript.</noscript></div>
<script type="application/json" id="doorstep-config">{config}</script>
</body>
</html>
"""

_BIG: Final = 1 << 20
"""Bytes of a document that is compressed quickly rather than well."""

_NOT_BUILT: Final = """<!doctype html>
<meta charset="utf-8"><title>{title}</title>
<h1>The page is not built</h1>
<p>The app runs, but its page was never built. In a checkout of Doorstep:</p>
<pre>npm --prefix ui_runtime/frontend ci
npm --prefix ui_runtime/frontend run build</pre>
<p>or install the package anew (<code>pip install .</code>), which builds it.</p>
"""


class Page:
    """One page of an app: made once, then served from memory. `route` is None for the first."""

    def __init__(
        self,
        app: Blocks,
        files: SessionFiles,
        assets: Assets,
        look: Look,
        max_file_size: int,
        route: Route | None = None,
        *,
        can_log_out: bool = False,
    ) -> None:
        title = app.title if route is None else f"{route.title} – {app.title}"
        self._title = title if look.i18n is None else look.i18n.plain(title)
        self._assets = assets
        self._look = look
        self._up = "./" if route is None else "./" + "../" * route.path.count("/")
        self.config = _config(app, route, files, max_file_size) | _look_config(app, look)
        if can_log_out:
            self.config["can_log_out"] = True
        self._policy, self._markup = _own_markup(app, route, look)

    @cached_property
    def config_json(self) -> bytes:
        return msgspec.json.encode(self.config)

    @cached_property
    def document(self) -> bytes:
        title = html.escape(self._title)
        if not self._assets.are_built:
            return _NOT_BUILT.format(title=title).encode()
        config = embedded_json(self.config_json.decode())
        icon = "data:," if self._look.favicon is None else html.escape(f"{self._up}doorstep/icon")
        links = "\n".join([self._links(), *([self._markup] if self._markup else ())])
        return _DOCUMENT.format(title=title, icon=icon, links=links, config=config).encode()

    def _links(self) -> str:
        types = {each["type"]: None for each in self.config["components"]}
        if sum(each["in_navbar"] for each in self.config["pages"]) > 1:
            types["navbar"] = None
        modules, styles = self._assets.preloads(types)
        lines = [f'<link rel="stylesheet" href="{self._asset(each)}">' for each in styles]
        lines += [f'<link rel="modulepreload" href="{self._asset(each)}">' for each in modules]
        lines.append(f'<script type="module" src="{self._asset(self._assets.entry)}"></script>')
        return "\n".join(lines)

    def _asset(self, name: str) -> str:
        return html.escape(f"{self._up}doorstep/static/{name}")

    @cached_property
    def _etag(self) -> str:
        return f'"{hashlib.blake2b(self.document, digest_size=12).hexdigest()}"'

    @cached_property
    def _gzipped(self) -> bytes:
        # A page with a big table in it is not worth the seconds that the last percents take.
        return gzip.compress(self.document, 9 if len(self.document) < _BIG else 1, mtime=0)

    def respond(self, request: Request) -> Response:
        headers = {
            "Cache-Control": "private, no-cache",
            "Content-Security-Policy": self._policy,
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


def _config(app: Blocks, route: Route | None, files: SessionFiles, max_file_size: int) -> dict[str, Any]:
    path = "" if route is None else route.path
    dependencies = app.dependencies_of(path)
    return {
        "version": __version__,
        "title": app.title,
        "mode": app.mode,
        "fill_height": app.fill_height,
        "fill_width": app.fill_width,
        "pages": [{"path": "", "title": "Home", "in_navbar": True}, *(each.entry() for each in app.routes)],
        "page": path,
        "components": entries(app.blocks_of(path), dependencies, files),
        "layout": {"id": app.id, "children": layout_of(app if route is None else route)},
        "dependencies": [dependency.config() for dependency in dependencies],
        "max_file_size": max_file_size,
    }


def _look_config(app: Blocks, look: Look) -> dict[str, Any]:
    """What the page has to know of the app's look; the rest stands in its head."""
    config: dict[str, Any] = {"theme": {"name": "default" if look.theme is None else look.theme.name}}
    if look.js:
        config["js"] = app.scripts.add(look.js)
    if look.footer_links is not None:
        config["footer_links"] = look.footer_links
    if look.i18n is not None:
        config["i18n"] = look.i18n.translations
    return config


def _own_markup(app: Blocks, route: Route | None, look: Look) -> tuple[str, str]:
    """The page's policy, with what the app's author wrote allowed, and what goes into its head."""
    blocks = app.blocks_of("" if route is None else route.path)
    components = [each for each in blocks if isinstance(each, Component) and each.holds_markup]
    sources = merged([look.allowed, *(allowed_by(each.author_markup()) for each in components)])
    renders = any(each.is_render for each in app.dependencies)
    if components or renders:
        sources = merged([sources, _FRAMES])
    markup = look.markup(has_own_markup=bool(components) or renders)
    return page_policy(sources), markup


_FRAMES: Final[Sources] = {"frame-src": ["http:", "https:", "data:", "blob:"]}
"""Other sites' pages may stand in a frame of an app's HTML: they have no part in this one."""


def entries(
    blocks: Iterable[Block],
    dependencies: list[Dependency],
    files: Files,
    visit: Visit | None = None,
) -> list[dict[str, Any]]:
    """What the page needs to know of each block; `visit` is whose they are, if one session's."""
    blocks = list(blocks)
    shown_only = _outputs_only(dependencies) | _displays(blocks, dependencies)
    return [_entry(block, files, shown_only, visit) for block in blocks]


def _entry(block: Block, files: Files, shown_only: set[int], visit: Visit | None) -> dict[str, Any]:
    props = block.props()
    if isinstance(block, Component):
        given = block.interactive
        props["interactive"] = block.id not in shown_only and not block.is_static if given is None else given
        props["value"] = _first_value(block, files, visit)
        props |= block.file_props(files)
    entry = {"id": block.id, "type": block.type, "props": props}
    words = words_of(block, props)
    return entry | {"words": words} if words else entry


def _first_value(component: Component, files: Files, visit: Visit | None) -> Any:
    if component.value is None:
        return component.blank()
    if visit is not None:
        return component.show(component.value, visit)
    return component.postprocess(component.value, files)


def _outputs_only(dependencies: list[Dependency]) -> set[int]:
    """Components that functions fill and nothing reads: nobody needs to change them by hand.

    An event that only runs a script of the page (`js`) reads too. A function that takes values as they are
    on the wire, such as flagging does, is no reader of that kind.
    """
    functions = [dependency for dependency in dependencies if dependency.fn is not None]
    filled = {each.id for dependency in functions for each in dependency.outputs}
    return filled - _read(dependencies)


def _displays(blocks: list[Block], dependencies: list[Dependency]) -> set[int]:
    """Pictures and the like that are on the page to be seen."""
    read = _read(dependencies)
    kinds = (each for each in blocks if isinstance(each, Component) and each.is_display)
    return {each.id for each in kinds if each.id not in read and each.value is not None}


def _read(dependencies: list[Dependency]) -> set[int]:
    readers = [each for each in dependencies if each.preprocess or each.fn is None]
    return {component.id for reader in readers for component in reader.inputs}


def layout_of(container: Container) -> list[dict[str, Any]]:
    """What stands in `container`, and in that."""
    return [
        {"id": child.id, "children": layout_of(child) if isinstance(child, Container) else []}
        for child in container.children
        if child.has_look and child.is_placed
    ]
