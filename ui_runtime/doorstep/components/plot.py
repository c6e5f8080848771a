"""A figure of Matplotlib, Plotly, Altair or Bokeh, each drawn as its own library draws it."""

from __future__ import annotations

import base64
import io
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Unpack

from doorstep.components.base import Component, ComponentProps, Files
from doorstep.errors import MissingExtraError, UsageError
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable

_MEDIA: Final = {"jpg": "jpeg", "svg": "svg+xml"}
_FORMATS: Final = ("webp", "png", "jpg", "jpeg", "svg")


class Plot(Component):
    """Shows a Matplotlib figure (or axes, or `pyplot` itself) as a picture in `format`; a Plotly, Altair or
    Bokeh figure as itself, to be moved, zoomed and pointed at: without what its author wrote in JavaScript
    (`CustomJS`) or put beside it (widgets), for which docs/custom-components.md has a frame.

    In dark mode figures of Matplotlib and Bokeh keep the ground they were drawn on, white where their author
    chose none: their words and lines are coloured for it. Those of Plotly and Altair take the page's colours.

    Passes the wire value as it is: `{"type", "plot"}`, `plot` being a picture's data URL, or JSON.
    """

    type: ClassVar[str] = "plot"
    PROPS: ClassVar = ("format", "buttons", "caption")
    is_static: ClassVar[bool] = True
    heavy: ClassVar[bool] = True

    change = EventListener()

    def __init__(
        self,
        value: Any = None,
        *,
        format: str = "webp",  # noqa: A002  # the public name
        buttons: list[Any] | None = None,
        caption: str | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        if format not in _FORMATS:
            raise UsageError(f"{type(self).__name__}: format={format!r} is not one of {', '.join(_FORMATS)}")
        self.format = format
        self.buttons = [] if buttons is None else buttons
        self.caption = caption
        common.setdefault("min_width", 280)
        _draw_without_a_screen()
        # A figure's class may be callable; it is a value all the same.
        super().__init__(None if _kind_of(value) else value, **common)
        if _kind_of(value):
            self.value = value

    def postprocess(self, value: Any, files: Files) -> dict[str, str] | None:
        if value is None:
            return None
        if isinstance(value, dict) and value.get("type") in _SHOWN and isinstance(value.get("plot"), str):
            return {"type": value["type"], "plot": value["plot"]}
        kind = _kind_of(value)
        if kind is None:
            raise ValueError("it is no figure of Matplotlib, Plotly, Altair or Bokeh")
        return {
            "type": kind,
            "plot": _picture(value, self.format) if kind == "matplotlib" else _SHOWN[kind](value),
        }

    def api_info(self) -> dict[str, Any]:
        return {
            "type": "object",
            "title": "PlotData",
            "properties": {
                "type": {"enum": sorted(_SHOWN), "title": "Type", "type": "string"},
                "plot": {"title": "Plot", "type": "string"},
            },
            "required": ["type", "plot"],
        }

    def api_example(self) -> None:
        return None


def _kind_of(value: Any) -> str | None:
    """Which library a figure is of, by where its class, or one that it derives from, is defined."""
    if isinstance(value, ModuleType):
        return "matplotlib" if value.__name__.startswith("matplotlib") else None
    packages = {each.__module__.partition(".")[0] for each in type(value).__mro__}
    if "matplotlib" in packages or "matplotlib" in _packages_of(getattr(value, "figure", None)):
        return "matplotlib"
    return next((each for each in ("plotly", "altair", "bokeh") if each in packages), None)


def _packages_of(value: Any) -> set[str]:
    return {each.__module__.partition(".")[0] for each in type(value).__mro__}


def _picture(value: Any, file_format: str) -> str:
    """A data URL. `value` is a figure, something that stands in one (axes, a grid of them), or `pyplot`."""
    if isinstance(value, ModuleType):
        from matplotlib import pyplot

        figure = pyplot.gcf()
    else:
        figure = value if hasattr(value, "savefig") and not hasattr(value, "figure") else value.figure
    buffer = io.BytesIO()
    try:
        figure.savefig(buffer, format=file_format, bbox_inches="tight")
    except ModuleNotFoundError as error:
        raise MissingExtraError(str(error.name), "plot", f"a picture in {file_format}") from None
    media = _MEDIA.get(file_format, file_format)
    return f"data:image/{media};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _bokeh(figure: Any) -> str:
    import json

    from bokeh.embed import json_item

    return json.dumps(json_item(figure))


_SHOWN: Final[dict[str, Callable[[Any], str]]] = {
    "matplotlib": lambda figure: _picture(figure, "webp"),
    "plotly": lambda figure: str(figure.to_json()),
    "altair": lambda chart: str(chart.to_json()),
    "bokeh": _bokeh,
}


def _draw_without_a_screen() -> None:
    """Functions run in threads, which can open no window: unless the script chose how to draw, none is."""
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is None:
        return
    try:
        chosen = matplotlib.get_backend(auto_select=False)
    except TypeError:  # before 3.10 there is no way to ask without choosing
        return
    if chosen is None:
        matplotlib.use("agg")
