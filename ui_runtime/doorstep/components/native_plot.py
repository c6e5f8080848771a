"""Lines, bars and points out of a table's columns, drawn by the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final, Literal, Unpack

from doorstep.components import frames
from doorstep.components.arguments import check_option
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.errors import UsageError
from doorstep.events.listener import EventListener

Aggregate = Literal["sum", "mean", "median", "min", "max", "count"]
Limits = Sequence[float | None] | None

_AGGREGATES: Final = (None, "sum", "mean", "median", "min", "max", "count")
_SPAN: Final = re.compile(r"\d+(\.\d+)?[smhd]")


class NativePlot(Component):
    """A `DataFrame` of pandas or polars (or whatever a `Dataframe` shows), drawn with column `x` against `y`.

    `color` is a column whose values make series. `x_bin` puts x values into groups of this width (`"15m"`,
    `"1h"`, `"1d"` for times), whose y values `y_aggregate` makes one of. `select` carries the chosen part of
    the x axis as `index`; points of time are seconds since 1970, as in `x_lim`.
    """

    mark: ClassVar[str]
    PROPS: ClassVar = (
        *("x", "y", "color", "x_title", "y_title", "color_title", "x_bin", "y_aggregate"),
        *("color_map", "colors_in_legend", "x_lim", "y_lim", "x_label_angle", "y_label_angle"),
        *("x_axis_format", "y_axis_format", "x_axis_labels_visible", "caption", "sort", "tooltip"),
        *("height", "buttons"),
    )
    is_static: ClassVar[bool] = True
    heavy: ClassVar[bool] = True

    change = EventListener()
    select = EventListener()
    double_click = EventListener()

    def __init__(
        self,
        value: Any = None,
        x: str | None = None,
        y: str | None = None,
        *,
        color: str | None = None,
        title: str | None = None,
        x_title: str | None = None,
        y_title: str | None = None,
        color_title: str | None = None,
        x_bin: str | float | None = None,
        y_aggregate: Aggregate | None = None,
        color_map: dict[str, str] | None = None,
        colors_in_legend: list[str] | None = None,
        x_lim: Limits = None,
        y_lim: Limits = None,
        x_label_angle: float = 0,
        y_label_angle: float = 0,
        x_axis_format: str | None = None,
        y_axis_format: str | None = None,
        x_axis_labels_visible: bool | Literal["hidden"] = True,
        caption: str | None = None,
        sort: Literal["x", "y", "-x", "-y"] | list[str] | None = None,
        tooltip: Literal["axis", "none", "all"] | list[str] = "axis",
        height: int | None = None,
        buttons: list[Any] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        self.x, self.y, self.color = x, y, color
        self.title_text = title
        self.x_title, self.y_title, self.color_title = x_title, y_title, color_title
        self.x_bin, self.y_aggregate = x_bin, y_aggregate
        self.color_map, self.colors_in_legend = color_map, colors_in_legend
        self.x_lim, self.y_lim = x_lim, y_lim
        self.x_label_angle, self.y_label_angle = x_label_angle, y_label_angle
        self.x_axis_format, self.y_axis_format = x_axis_format, y_axis_format
        self.x_axis_labels_visible = x_axis_labels_visible
        self.caption = caption
        self.sort = sort
        self.tooltip = tooltip
        self.height = height
        self.buttons = buttons or []
        self._check()
        common.setdefault("min_width", 280)
        super().__init__(value, **common)

    def _check(self) -> None:
        owner = type(self).__name__
        check_option(owner, "y_aggregate", self.y_aggregate, _AGGREGATES)  # type: ignore[arg-type]
        if isinstance(self.x_bin, str) and not _SPAN.fullmatch(self.x_bin):
            raise UsageError(f'{owner}: x_bin={self.x_bin!r} is neither a number nor a time such as "1h"')
        if isinstance(self.sort, str):
            check_option(owner, "sort", self.sort, ("x", "y", "-x", "-y"))
        if isinstance(self.tooltip, str):
            check_option(owner, "tooltip", self.tooltip, ("axis", "none", "all"))
        for name, limits in (("x_lim", self.x_lim), ("y_lim", self.y_lim)):
            if limits is not None and len(limits) != 2:
                raise UsageError(f"{owner}: {name}={limits!r} is not [lowest, highest]")

    def props(self) -> dict[str, Any]:
        limits = {name: _limits(getattr(self, name)) for name in ("x_lim", "y_lim")}
        return super().props() | limits | {"title": self.title_text}

    def postprocess(self, value: Any, files: Files) -> dict[str, Any] | None:
        if value is None:
            return None
        if isinstance(value, dict) and {"columns", "data", "datatypes"} <= value.keys():
            return {**value, "mark": self.mark}
        table = frames.table_of(value)
        times = _times(value)
        for name in {self.x, self.y, self.color} - {None}:
            if table.headers and name not in table.headers:
                known = ", ".join(map(str, table.headers))
                raise ValueError(f"there is no column {name!r}; the columns are: {known}")
        columns = [
            times.get(name) or list(cells)
            for name, cells in zip(table.headers, zip(*table.rows, strict=True), strict=False)
        ]
        kinds = {
            str(name): "temporal" if name in times else _kind_of(cells)
            for name, cells in zip(table.headers, columns, strict=False)
        }
        rows = list(zip(*columns, strict=True))
        return {"columns": list(map(str, table.headers)), "data": rows, "datatypes": kinds, "mark": self.mark}

    def api_info(self) -> dict[str, Any]:
        return {"type": {}, "description": "any valid json"}

    def api_example(self) -> None:
        return None


class LinePlot(NativePlot):
    """Lines of `y` along `x`, one for each `color`."""

    type: ClassVar[str] = "line_plot"
    mark: ClassVar[str] = "line"


class BarPlot(NativePlot):
    """Bars of `y` at each `x`, stacked by `color`."""

    type: ClassVar[str] = "bar_plot"
    mark: ClassVar[str] = "bar"


class ScatterPlot(NativePlot):
    """A point at each `x` and `y`, in the colour of its `color`: a series, or a number."""

    type: ClassVar[str] = "scatter_plot"
    mark: ClassVar[str] = "point"


def _times(value: Any) -> dict[Any, list[Any]]:
    """The columns of points of time, in milliseconds since 1970; those without a zone as if in UTC."""
    if hasattr(value, "iloc") and hasattr(value, "columns"):
        columns = {name: value.iloc[:, place] for place, name in enumerate(value.columns)}
        is_time = {name: each.dtype.kind == "M" for name, each in columns.items()}
        arrays = {
            name: each.to_numpy(dtype="datetime64[ms]") for name, each in columns.items() if is_time[name]
        }
    elif hasattr(value, "iter_columns"):
        named = {each.name: each for each in value.iter_columns() if each.dtype.is_temporal()}
        arrays = {name: each.cast(_milliseconds()).to_numpy() for name, each in named.items()}
    else:
        return {}
    return {
        name: [
            None if gone else number
            for gone, number in zip(_is_gone(each), each.astype("int64").tolist(), strict=True)
        ]
        for name, each in arrays.items()
    }


def _milliseconds() -> Any:
    return frames.module("polars").Datetime("ms")


def _is_gone(array: Any) -> list[bool]:
    return [each == "NaT" for each in array.astype(str).tolist()]


def _kind_of(cells: list[Any]) -> str:
    kinds = set(map(type, cells)) - {type(None)}
    return "quantitative" if kinds and kinds <= {int, float} else "nominal"


def _limits(limits: Any) -> list[Any] | None:
    """Limits as numbers: a point of time in seconds."""
    if limits is None:
        return None
    return [each.timestamp() if hasattr(each, "timestamp") else frames.plain(each) for each in limits]
