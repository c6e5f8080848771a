"""Where a script's apps are shown while it is developed: one server for each, whatever app is on it just now.

`launch()` asks here first. The first call of a run takes the first place of the run before, the second the
second: the server, its port and its public link stay, only the app behind them is another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorstep.messages import Toast

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from doorstep.blocks import Blocks
    from doorstep.launch import Running
    from doorstep.server import App


class Curtain:
    """An ASGI app that passes all to the app of the moment."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class Stage:
    """The places of one script's apps, in the order in which it launches them."""

    def __init__(self) -> None:
        self.places: list[Running] = []
        self._launched = 0

    def begin(self) -> None:
        """The script runs (again) from now on."""
        self._launched = 0

    @property
    def has_launched(self) -> bool:
        """Whether this run of the script has shown an app."""
        return self._launched > 0

    def take(self, blocks: Blocks, app: App) -> Running | None:
        """Show `app` in the place of its forerunner; None when there was none: open a place for it."""
        number, self._launched = self._launched, self._launched + 1
        if number >= len(self.places):
            return None
        place = self.places[number]
        assert isinstance(place.served, Curtain)  # noqa: S101  # `open` made it
        before, place.served.app, place.app = place.app, app, app
        blocks.running = place
        before.close()  # its pages come back, to the new app, and are told to look again
        return place

    def open(self, app: App) -> Curtain:
        """What the server of a new place serves."""
        return Curtain(app)

    def keep(self, running: Running) -> None:
        self.places.append(running)

    def tell(self, title: str, message: str) -> None:
        """Say something on every open page."""
        for place in self.places:
            place.server.loop.call_soon_threadsafe(_toast, place.app, title, message)

    def close(self) -> None:
        for place in self.places:
            place.close()
        self.places.clear()


def _toast(app: App, title: str, message: str) -> None:
    app.sessions().tell_all(lambda: Toast(level="error", title=title, message=message, seconds=0))
