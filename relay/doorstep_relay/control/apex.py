"""The relay's own host: connections to it get uvicorn's protocol, and the relay's app behind it.

FastAPI and uvicorn take a third of a relay's start to import, and no client that comes back needs them. So
they are imported when somebody asks for them, or a little after the start, beside everything else.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_LARGEST_MESSAGE: Final = 1024 * 1024
"""Bytes of a WebSocket's message, where there are any."""
WARM_AFTER: Final = 10.0
"""Seconds from the start until nobody has to wait for the imports: the clients are back by then."""

log = logging.getLogger("doorstep_relay")


class Apex:
    """`protocol()` serves one connection. `make` builds the app, once, in whichever thread is first."""

    def __init__(self, make: Callable[[], ASGIApp], *, websockets: bool = False) -> None:
        self._make = make
        self._websockets = websockets
        self._loading = threading.Lock()
        self._protocol: Callable[[], asyncio.Protocol] | None = None

    def protocol(self) -> asyncio.Protocol:
        """What serves a connection. The first one may take a quarter of a second."""
        return (self._protocol or self.load())()

    async def warm_up(self) -> None:
        """Have everything at hand before long, so that nobody waits for it."""
        await asyncio.sleep(WARM_AFTER)
        try:
            await asyncio.to_thread(self.load)
        except Exception:  # out of files or threads: who asks for it first tries again
            log.exception("the relay's own pages could not be loaded ahead")

    def load(self) -> Callable[[], asyncio.Protocol]:
        """Import and build what is missing. May be called in any thread."""
        with self._loading:
            if self._protocol is None:
                self._protocol = _served(self._make(), websockets=self._websockets)
            return self._protocol


def _served(app: ASGIApp, *, websockets: bool) -> Callable[[], asyncio.Protocol]:
    import uvicorn
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    from uvicorn.server import ServerState

    config = uvicorn.Config(
        app,
        ws="websockets-sansio" if websockets else "none",  # clients' sessions have a protocol of their own
        ws_max_size=_LARGEST_MESSAGE,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=75,
    )
    config.load()
    state = ServerState()
    return lambda: HttpToolsProtocol(config, state, {})
