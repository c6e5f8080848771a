"""What the HTML of an app's author asks the page to load and run: exactly that is allowed, and no more.

Scripts written into it are known by their hash, those elsewhere by their address. What a visitor gives can
have neither: it is never read here.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

Sources = dict[str, list[str]]
"""Sources by directive of the Content-Security-Policy."""

_URL_IN_CSS: Final = re.compile(
    r"""@import\s+(?:url\()?\s*["']?((?:https?:)?//[^"')\s;]+)|url\(\s*["']?((?:https?:)?//[^"')\s]+)""",
    re.IGNORECASE,
)
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~:/%@\[\]!$&()*+=-]+")


def allowed_by(html: str = "", css: str = "") -> Sources:
    """The sources that this HTML and this CSS need beside the app itself."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.read_css(css)
    return reader.sources


def merged(several: Iterable[Sources]) -> Sources:
    whole: Sources = {}
    for sources in several:
        for directive, given in sources.items():
            whole[directive] = list(dict.fromkeys([*whole.get(directive, ()), *given]))
    return whole


def handlers_in(html: str) -> list[str]:
    """The code of the attributes such as `onclick`."""
    reader = _Reader()
    reader.feed(html)
    return reader.handlers


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sources: Sources = {}
        self.handlers: list[str] = []
        self._inside: str | None = None
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"script", "style"}:
            self._inside, self._text = tag, []
        if tag == "script" and given.get("src"):
            self._inside = None
            self._allow_script(given["src"], given.get("type", ""))
        if tag == "link" and given.get("href"):
            self._allow_link(given.get("rel", ""), given["href"])
        if tag == "iframe" and given.get("src"):
            self._allow("frame-src", _origin(given["src"]))
        self.read_css(given.get("style", ""))
        for name, value in given.items():
            if name.startswith("on") and value:
                self.handlers.append(value)
                self._allow("script-src", "'unsafe-hashes'", _hash(value))

    def handle_data(self, data: str) -> None:
        if self._inside:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag != self._inside:
            return
        text, self._inside = "".join(self._text), None
        if tag == "style":
            self.read_css(text)
        else:
            self._allow("script-src", _hash(text))

    def read_css(self, css: str) -> None:
        for imported, used in _URL_IN_CSS.findall(css):
            if imported:
                self._allow("style-src", _origin(imported))
                self._allow("font-src", "http:", "https:")
            elif used:
                self._allow("font-src", _origin(used))

    def _allow_script(self, src: str, kind: str) -> None:
        """A module may import what lies beside it; a classic script is allowed by its own address."""
        origin = _origin(src)
        self._allow("script-src", origin if kind == "module" else _address(src))
        self._allow("connect-src", origin)

    def _allow_link(self, rel: str, href: str) -> None:
        kinds = rel.lower().split()
        if "stylesheet" in kinds:
            self._allow("style-src", _origin(href))
            self._allow("font-src", "http:" if href.startswith("http:") else "https:")
        if "modulepreload" in kinds:
            self._allow("script-src", _origin(href))
        if "manifest" in kinds:
            self._allow("manifest-src", _address(href))

    def _allow(self, directive: str, *sources: str) -> None:
        known = self.sources.setdefault(directive, [])
        known += [each for each in sources if each and each not in known]
        if not known:
            del self.sources[directive]


def _hash(code: str) -> str:
    """The browser's own sum: of the text as it reads it, with its line ends made one."""
    text = code.replace("\r\n", "\n").replace("\r", "\n")
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _address(url: str) -> str:
    """`https://host/path`; nothing for one of the app's own, which is allowed anyway."""
    parts = _split(url)
    path = parts.path.replace(";", "%3B").replace(",", "%2C")
    return _checked(f"{_scheme(parts.scheme)}{parts.netloc}{path}") if parts.netloc else ""


def _origin(url: str) -> str:
    parts = _split(url)
    return _checked(f"{_scheme(parts.scheme)}{parts.netloc}") if parts.netloc else ""


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url.strip())
    except ValueError:
        return urlsplit("")


def _scheme(scheme: str) -> str:
    return f"{scheme}://" if scheme else ""


def _checked(source: str) -> str:
    """Nothing that would end the directive, or begin another one."""
    return source if _TOKEN.fullmatch(source) else ""
