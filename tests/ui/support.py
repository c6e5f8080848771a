"""Apps served by the real server on a free port, and a page that speaks the protocol."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

import doorstep as ds
from doorstep.errors import FileRefusedError
from doorstep.server import App
from doorstep.serving import ServerThread, bind
from doorstep.static import Assets

DEADLINE = 20.0

MANIFEST = {
    "src/main.ts": {"file": "assets/main-1.js", "css": ["assets/main-1.css"], "imports": ["_svelte.js"]},
    "_svelte.js": {"file": "assets/svelte-1.js"},
    "src/components/Textbox.svelte": {"file": "assets/Textbox-1.js", "imports": ["_svelte.js"]},
    "src/components/Slider.svelte": {"file": "assets/Slider-1.js", "css": ["assets/Slider-1.css"]},
}


def built_assets(folder: Path) -> Assets:
    """A page as a build leaves it, but empty."""
    (folder / ".vite").mkdir(parents=True)
    (folder / ".vite" / "manifest.json").write_text(json.dumps(MANIFEST))
    (folder / "assets").mkdir()
    for name in ("main-1.js", "main-1.css", "svelte-1.js", "Textbox-1.js", "Slider-1.js", "Slider-1.css"):
        (folder / "assets" / name).write_text(f"/* {name} */")
    (folder / "assets" / "main-1.js.br").write_bytes(b"brotli")
    (folder / "assets" / "main-1.js.gz").write_bytes(b"gzip")
    return Assets(folder)


class Served:
    """An app that answers on `port`."""

    def __init__(self, app: App, port: int) -> None:
        self.app = app
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    @contextlib.asynccontextmanager
    async def page(self, *, session: str | None = None, seen: int = 0, **options: Any) -> AsyncIterator[Page]:
        """A page with its session, new or resumed; `options` go to the WebSocket client."""
        url = f"ws://127.0.0.1:{self.port}/doorstep/session"
        async with connect(url, compression=None, **options) as socket:
            page = Page(socket)
            hello: dict[str, Any] = {"type": "hello"}
            if session is not None:
                hello |= {"session": session, "seen": seen}
            await page.say(hello)
            page.welcome = await page.hear()
            yield page


class Page:
    """What a page does on its WebSocket; every wait has a deadline."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.welcome: dict[str, Any] = {}
        self._job = 0

    @property
    def session(self) -> str:
        return str(self.welcome["session"])

    async def say(self, message: dict[str, Any]) -> None:
        await self.socket.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE):
            message: dict[str, Any] = json.loads(await self.socket.recv())
        return message

    async def end(self) -> int | None:
        """The code that the app closed the connection with; what it says before is not heard."""
        async with asyncio.timeout(DEADLINE):
            try:
                while True:
                    await self.socket.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd is not None else None

    async def hear_nothing(self, seconds: float = 0.2) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                raise AssertionError(f"heard {await self.socket.recv()!r}")

    async def start(self, *data: Any, fn: int = 0) -> int:
        """Send a `run`; returns its job."""
        self._job += 1
        await self.say({"type": "run", "job": self._job, "fn": fn, "data": list(data)})
        return self._job

    async def run(self, *data: Any, fn: int = 0) -> dict[str, Any]:
        """The last message about a job that is started now."""
        return (await self.story(await self.start(*data, fn=fn)))[-1]

    async def story(self, job: int) -> list[dict[str, Any]]:
        """Every message about a job, to its end."""
        told = []
        while True:
            message = await self.hear()
            if message.get("job") == job:
                told.append(message)
                if message["type"] in {"done", "failed"}:
                    return told


@contextlib.contextmanager
def served(blocks: ds.Blocks, **options: Any) -> Iterator[Served]:
    """The app on a free port of this process, closed at the end."""
    app = App(blocks, **options)
    listener = bind("127.0.0.1", 0)
    server = ServerThread(app, listener)
    server.start()
    try:
        yield Served(app, listener.getsockname()[1])
    finally:
        app.close()
        server.stop()


class FakeFiles:
    """Files as a component sees them, kept in a folder without a session around them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, file: Any) -> Path:
        name = file.get("path") if isinstance(file, dict) else None
        path = self.folder / str(name)
        if not isinstance(name, str) or "/" in name or "\0" in name or not path.is_file():
            raise FileRefusedError("unknown")
        return path

    def add(self, path: Path, name: str | None = None) -> dict[str, Any]:
        return self.add_bytes(path.read_bytes(), name or path.name)

    def add_bytes(self, data: bytes, name: str) -> dict[str, Any]:
        (self.folder / name).write_bytes(data)
        return {"path": name}

    def add_address(self, address: str, name: str) -> dict[str, Any]:
        return {"path": None, "url": address, "orig_name": name}

    def add_empty(self, name: str) -> dict[str, Any]:
        return self.add_bytes(b"", name)
