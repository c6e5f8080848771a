"""A page of one component, all of whose events are listened to, and what a person does to it.

An act is registered for a component's `type`: it makes the component, does what a person would do, and is
over when the app was told of every event that the class declares. An event that nothing fires fails it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page

import doorstep as ds
from doorstep.events.listener import EventListener
from doorstep.graph import Block
from tests.support.waiting import wait_for

Act = Callable[["Scene"], None]

ACTS: dict[str, Act] = {}
"""What a person does to a component, by its type."""

NOT_GIVEN: Any = object()


def act(kind: str) -> Callable[[Act], Act]:
    """Registers what fires every event of the component of this type."""

    def register(function: Act) -> Act:
        ACTS[kind] = function
        return function

    return register


def events_of(cls: type[Block]) -> set[str]:
    return {name for name in dir(cls) if isinstance(getattr(cls, name), EventListener)}


def declared() -> dict[str, set[str]]:
    """The events of every public component, by its type."""
    found: dict[str, set[str]] = {}
    for name in ds.__all__:
        cls = getattr(ds, name)
        kind = getattr(cls, "type", None)
        if isinstance(cls, type) and issubclass(cls, Block) and isinstance(kind, str) and events_of(cls):
            found.setdefault(kind, set()).update(events_of(cls))
    return found


class Scene:
    """One act: what stands on the page, and which events came."""

    def __init__(self, page: Page, visit: Callable[[ds.Blocks], Page]) -> None:
        self.page = page
        self._visit = visit
        self.came: set[str] = set()
        self.wanted: set[str] = set()

    def show(
        self, make: Callable[[], Any], *, then: Any = NOT_GIVEN, beside: Callable[[], Any] | None = None
    ) -> Page:
        """The page of this component; a button “Set” gives it the value `then`."""
        with ds.Blocks() as app:
            self.listen(make())
            if then is not NOT_GIVEN:
                ds.Button("Set").click(lambda: then, None, self.component)
            if beside is not None:
                beside()
        return self._visit(app)

    def open(self, app: ds.Blocks) -> Page:
        return self._visit(app)

    def listen(self, component: Any) -> None:
        """Every event of it is noted from now on."""
        self.component = component
        self.wanted = events_of(type(component))
        for name in self.wanted:
            getattr(component, name)(
                self._note(name), None, None, trigger_mode="multiple", show_progress="hidden", queue=False
            )

    def _note(self, name: str) -> Callable[[], None]:
        return lambda: self.came.add(name)

    # -- what a person does --------------------------------------------------------------------

    def press(self, name: str, *, exact: bool = True) -> None:
        self.page.get_by_role("button", name=name, exact=exact).first.click()

    def set_value(self) -> None:
        """The app gives the component another value."""
        self.press("Set")
        self.await_event("change")

    def choose(self, *files: Any) -> None:
        self.page.locator("main input[type=file]").first.set_input_files(list(files))

    def drag(self, target: Locator, begin: tuple[float, float], end: tuple[float, float]) -> None:
        """The pointer is pressed, moved and lifted; places are parts of the width and of the height."""
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        assert box is not None
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (begin, end)]
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        self.page.mouse.move(*points[1], steps=5)
        self.page.mouse.up()

    # -- what the app is told ------------------------------------------------------------------

    def await_event(self, *names: str, deadline: float = 30) -> None:
        wait_for(lambda: set(names) <= self.came, deadline, f"of {names} there came only {sorted(self.came)}")

    def end(self, deadline: float = 30) -> None:
        """Raises `TimeoutError` when an event did not come."""
        try:
            self.await_event(*self.wanted, deadline=deadline)
        except TimeoutError:
            raise TimeoutError(f"nobody fired {sorted(self.wanted - self.came)}") from None
