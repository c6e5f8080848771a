"""A table in pages, as the services give them: a row's cursor leads to what comes after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.dashboard.desk import told

PAGE: Final = 50
"""Rows of a page."""
LOUD: Final[dict[str, Any]] = {"concurrency_limit": None, "api_visibility": "private"}
"""How functions run that somebody waits for."""
QUIET: Final[dict[str, Any]] = {**LOUD, "show_progress": "hidden"}
"""How functions run that show what is."""

Rows = list[list[Any]]
Fetch = Callable[..., Awaitable[tuple[Rows, int | None]]]
"""`fetch(actor, cursor, *filters)`: a page of rows, and the cursor of the next one. It may refuse."""
Allow = Callable[[ds.Request], Awaitable[Actor]]


class Listing:
    """Built where it stands on the page; `wire` says when it is read."""

    def __init__(
        self,
        label: str,
        headers: Sequence[str],
        allow: Allow,
        fetch: Fetch,
        filters: Sequence[Any] = (),
        *,
        wrap: bool = False,
    ) -> None:
        """`wrap` is for tables with sentences in them."""
        self._headers = list(headers)
        self._allow = allow
        self._fetch = fetch
        self.filters = list(filters)
        self.table = ds.Dataframe(
            headers=self._headers,
            type="array",
            interactive=False,
            label=label,
            buttons=[],
            max_height=560,
            wrap=wrap,
        )
        with ds.Row(elem_classes="pager"):
            self._back = ds.Button("Previous", size="sm", visible=False)
            self._on = ds.Button("Next", size="sm", visible=False)
        self._cursors = ds.State([])
        self._next = ds.State(None)
        self.outputs = [self.table, self._back, self._on, self._cursors, self._next]

    def wire(self, tab: ds.Tab) -> None:
        """Read it when its tab is opened and when a filter changes, and by its buttons."""
        tab.select(self.first, self.filters, self.outputs, **QUIET)
        for each in self.filters:
            each.change(self.first, self.filters, self.outputs, **QUIET, trigger_mode="always_last")
        turned = [self._cursors, self._next, *self.filters]
        self._back.click(self.back, turned, self.outputs, **QUIET)
        self._on.click(self.on, turned, self.outputs, **QUIET)

    def after(self, done: Any) -> None:
        """Read it again once a function was done that changed it."""
        done.success(self.first, self.filters, self.outputs, **QUIET)

    def choose_into(self, chosen: Any, column: int = 0) -> None:
        """A click on a row puts its cell of this column there."""

        def pick(event: ds.SelectData) -> str:
            return str((event.row_value or [""] * (column + 1))[column])

        self.table.select(pick, None, chosen, **QUIET)

    async def first(self, request: ds.Request, *filters: Any) -> Any:
        """The first page."""
        return await self._show(request, [], filters)

    async def back(self, request: ds.Request, cursors: list[int], _next: Any, *filters: Any) -> Any:
        """The page before."""
        return await self._show(request, cursors[:-1], filters)

    async def on(self, request: ds.Request, cursors: list[int], following: Any, *filters: Any) -> Any:
        """The next page."""
        return await self._show(request, cursors if following is None else [*cursors, following], filters)

    async def _show(self, request: ds.Request, cursors: list[int], filters: Sequence[Any]) -> Any:
        with told():
            actor = await self._allow(request)
            rows, following = await self._fetch(actor, cursors[-1] if cursors else None, *filters)
        has_more = bool(cursors) or following is not None
        return (
            {"headers": self._headers, "data": rows},
            ds.update(visible=has_more, interactive=bool(cursors)),
            ds.update(visible=has_more, interactive=following is not None),
            cursors,
            following,
        )


def cut(found: Sequence[Any]) -> tuple[Sequence[Any], int | None]:
    """A page and its cursor, from up to one row more than it has."""
    return (found, None) if len(found) <= PAGE else (found[:PAGE], found[PAGE - 1].id)
