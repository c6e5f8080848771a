"""How an app looks beside its components: theme, CSS, scripts, head, icon, footer, languages.

`Blocks`, `launch` and `mount_app` take the same options; what `launch` is given goes before the app's own.
"""

from __future__ import annotations

import mimetypes
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict

from doorstep.allowed import Sources, allowed_by
from doorstep.dev.current import read_files
from doorstep.errors import UsageError
from doorstep.later import note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorstep.i18n import I18n
    from doorstep.themes import ThemeClass

    Paths = str | Path | Sequence[str | Path]
    Link = str | dict[str, str]


class LookOptions(TypedDict, total=False):
    """The options. `Look` says what each means."""

    theme: ThemeClass | str | None
    css: str | Path | None
    css_paths: Paths | None
    js: str | bool | None
    head: str | None
    head_paths: Paths | None
    favicon_path: str | Path | None
    footer_links: list[Link] | None
    i18n: I18n | None


OPTIONS: Final = frozenset(LookOptions.__annotations__)


def split_options(given: dict[str, Any]) -> tuple[LookOptions, dict[str, Any]]:
    """The options of a look, checked, and the others. Raises `UsageError` for one that cannot be."""
    options = {name: each for name, each in given.items() if name in OPTIONS and each is not None}
    if options:
        Look(**options)
    return options, {name: each for name, each in given.items() if name not in OPTIONS}  # type: ignore[return-value]  # by its names


def merged_look(own: LookOptions, given: LookOptions) -> Look:
    """The look of an app: what it is served with goes before what it was made with."""
    options: dict[str, Any] = {**own, **{name: each for name, each in given.items() if each is not None}}
    return Look(**options)


class Look:
    """`theme` is an object of `doorstep.themes` or a name. `css` is a style sheet's text, `css_paths` are
    files of it. `js` is a function, or code, that runs when the page is there. `head` is HTML for the head,
    with `head_paths` files of it. `favicon_path` is a picture. `footer_links` are "api", "gradio" (who made
    it) or `{"label": …, "url": …}`. `i18n` are the app's texts in several languages.

    Raises `UsageError` for what cannot be, and for files that are not there.
    """

    def __init__(
        self,
        theme: ThemeClass | str | None = None,
        css: str | Path | None = None,
        css_paths: Paths | None = None,
        js: str | bool | None = None,
        head: str | None = None,
        head_paths: Paths | None = None,
        favicon_path: str | Path | None = None,
        footer_links: list[Link] | None = None,
        i18n: I18n | None = None,
    ) -> None:
        self.css = "\n".join([_text("css", css, ".css"), *_files("css_paths", css_paths)]).strip()
        self.js = _code(js)
        self.head = "\n".join([_text("head", head, ".html"), *_files("head_paths", head_paths)]).strip()
        self.favicon = None if favicon_path is None else _picture(favicon_path)
        self.footer_links = None if footer_links is None else _links(footer_links)
        self.i18n = i18n
        self.theme: ThemeClass | None = None
        if theme is not None:
            from doorstep.themes.named import theme_of

            self.theme = theme_of(theme)

    @cached_property
    def allowed(self) -> Sources:
        """What its head and its CSS load and run."""
        return allowed_by(self.head, self.css)

    def markup(self, *, has_own_markup: bool) -> str:
        """What goes into the document's head: the theme first, so that the app's CSS can change it.

        The names of a theme's variables are there for an app with CSS or HTML of its own.
        """
        theme = self.theme
        sheets = [] if theme is None else [theme.stylesheet()]
        if self.css or self.head or has_own_markup:
            from doorstep.themes import Default
            from doorstep.themes.stylesheet import aliases

            sheets = [aliases(), *(sheets or [Default().stylesheet()])]
        styles = [*sheets, self.css.replace("</", "<\\/")]
        return "\n".join([*(f"<style>{each}</style>" for each in styles if each), self.head]).strip()


def _text(option: str, given: Any, suffix: str) -> str:
    """Text; also of the file that it names, which is how it was once written."""
    if given is None:
        return ""
    if isinstance(given, Path) or (isinstance(given, str) and given.endswith(suffix) and "\n" not in given):
        return _read(option, given)
    if not isinstance(given, str):
        raise UsageError(f"{option} is text, not {given!r}")
    return given


def _files(option: str, given: Paths | None) -> list[str]:
    if given is None:
        return []
    return [_read(option, each) for each in ([given] if isinstance(given, (str, Path)) else given)]


def _read(option: str, path: str | Path) -> str:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{option}: cannot read {str(path)!r}: {error.strerror}") from None
    read_files.add(Path(path))
    return text


def _code(given: Any) -> str:
    if given is True:
        note("js=True does nothing: functions run in Python all the same")
    return "" if isinstance(given, bool) else _text("js", given, ".js")


def _picture(path: str | Path) -> tuple[bytes, str]:
    kind = mimetypes.guess_type(str(path))[0] or ""
    if not kind.startswith("image/"):
        raise UsageError(f"favicon_path={str(path)!r} is not the name of a picture")
    try:
        return Path(path).read_bytes(), kind
    except OSError as error:
        raise UsageError(f"favicon_path: cannot read {str(path)!r}: {error.strerror}") from None


_FOOTER: Final = frozenset({"api", "gradio", "doorstep"})
_NOT_HERE: Final = frozenset({"settings", "runs"})


def _links(given: list[Link]) -> list[dict[str, str] | str]:
    made: list[dict[str, str] | str] = []
    for each in given:
        if isinstance(each, dict):
            made.append(_own_link(each))
        elif each in _FOOTER:
            made.append("doorstep" if each == "gradio" else each)
        elif each in _NOT_HERE:
            note(f"footer_links: there is no {each!r} page")
        else:
            raise UsageError(f'footer_links are "api", "gradio" or {{"label": …, "url": …}}, not {each!r}')
    return made


def _own_link(given: dict[str, str]) -> dict[str, str]:
    """`{"label": …, "url": …}`, or the one pair `{label: url}`."""
    label = next((given[name] for name in ("label", "text", "title", "name") if name in given), None)
    url = next((given[name] for name in ("url", "href", "link") if name in given), None)
    if label is None and url is None and len(given) == 1:
        label, url = next(iter(given.items()))
    if not label or not url:
        raise UsageError(f'a link of the footer is {{"label": …, "url": …}}, not {given!r}')
    return {"label": label, "url": url}
