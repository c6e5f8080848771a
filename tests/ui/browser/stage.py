"""An app of hand-written config and messages, so that the page is tested against the protocol alone.

stage = Stage()
box = stage.add("textbox", label="text")
go = stage.add("button", value="Go")
stage.on(go, "click", [box], [box], lambda job: job.done(box, job.data[0].upper()))
"""

from __future__ import annotations

import asyncio
import html
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from doorstep.static import Assets

Function = Callable[["Job"], Awaitable[None] | None]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Job:
    """One run: what it was asked with, and what can be said about it."""

    def __init__(self, stage: Stage, message: dict[str, Any]) -> None:
        self.stage = stage
        self.number: int = message["job"]
        self.data: list[Any] = message["data"]
        self.event: Any = message.get("event")

    def say(self, kind: str, **fields: Any) -> None:
        self.stage.say(kind, job=self.number, **fields)

    def step(self, component: int, **change: Any) -> None:
        self.say("data", changes=[[component, change]])

    def done(self, component: int | None = None, value: Any = None, **change: Any) -> None:
        changes = [] if component is None else [[component, change or {"value": value}]]
        self.say("done", changes=changes, seconds=0.0)

    def fail(self, message: str, **fields: Any) -> None:
        self.say("failed", **{"title": "Error", "message": message, "code": "error", **fields})


class Stage:
    """The app: components, what is bound to them, and one session at a time."""

    def __init__(self, **config: Any) -> None:
        self.config: dict[str, Any] = {
            "version": "0",
            "title": "Stage",
            "mode": "blocks",
            "components": [],
            "layout": {"id": 0, "children": []},
            "dependencies": [],
            **config,
        }
        self.scripts: dict[str, str] = {}
        self.heard: list[dict[str, Any]] = []
        self.sockets_opened = 0
        self._functions: dict[int, Function] = {}
        self._parents = [self.config["layout"]]
        self._ids = 0
        self._seq = 0
        self._said: list[dict[str, Any]] = []
        self._listener: asyncio.Queue[dict[str, Any] | None] | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._assets = Assets()
        self.loop: asyncio.AbstractEventLoop | None = None

    # -- what the page holds -------------------------------------------------------------------

    def component(self, kind: str, **props: Any) -> dict[str, Any]:
        """A component's entry, which is nowhere yet."""
        self._ids += 1
        return {"id": self._ids, "type": kind, "props": {"interactive": True, "value": None, **props}}

    def add(self, kind: str, **props: Any) -> int:
        entry = self.component(kind, **props)
        self.config["components"].append(entry)
        self._parents[-1]["children"].append({"id": entry["id"], "children": []})
        return int(entry["id"])

    def within(self, kind: str, **props: Any) -> Within:
        """The block that children are added to inside of `with`."""
        block = self.add(kind, **props)
        return Within(self._parents, self._parents[-1]["children"][-1], block)

    def dependency(
        self, targets: list[tuple[int, str]], inputs: list[int], outputs: list[int], **more: Any
    ) -> dict[str, Any]:
        number = more.pop("id", len(self._functions))
        entry = {"id": number, "targets": targets, "inputs": inputs, "outputs": outputs, "backend_fn": True}
        self._functions.setdefault(number, more.pop("function", lambda job: job.done()))
        return entry | more

    def on(
        self, target: int, event: str, inputs: list[int], outputs: list[int], function: Function, **more: Any
    ) -> int:
        entry = self.dependency([(target, event)], inputs, outputs, function=function, **more)
        self.config["dependencies"].append(entry)
        return int(entry["id"])

    def after(self, parent: int, when: str, outputs: list[int], function: Function, **more: Any) -> int:
        entry = self.dependency([], [], outputs, function=function, after=[[parent, when]], **more)
        self.config["dependencies"].append(entry)
        return int(entry["id"])

    # -- what it says --------------------------------------------------------------------------

    def say(self, kind: str, **fields: Any) -> None:
        self._seq += 1
        message = {"type": kind, "seq": self._seq, **fields}
        self._said.append(message)
        if self._listener is not None:
            self._listener.put_nowait(message)

    def say_soon(self, kind: str, **fields: Any) -> None:
        """The same from a test's thread."""
        assert self.loop is not None
        self.loop.call_soon_threadsafe(lambda: self.say(kind, **fields))

    def _welcome(self, session: str | None, seen: int) -> asyncio.Queue[dict[str, Any] | None]:
        listener: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        if self._listener is not None:
            self._listener.put_nowait(None)
        resumed = session == "stage"
        if not resumed:
            self._said, self._seq = [], 0
        self._listener = listener
        listener.put_nowait({"type": "welcome", "session": "stage", "resumed": resumed})
        for message in self._said:
            if message["seq"] > seen:
                listener.put_nowait(message)
        return listener

    def _hear(self, message: dict[str, Any]) -> None:
        self.heard.append(message)
        if message["type"] == "run":
            self._tasks[message["job"]] = asyncio.create_task(self._run(Job(self, message), message["fn"]))
        elif message["type"] == "cancel" and (task := self._tasks.get(message["job"])) and not task.done():
            task.cancel()
            self.say("failed", job=message["job"], title="", message="", code="cancelled")

    async def _run(self, job: Job, function: int) -> None:
        await asyncio.sleep(0)
        answer = self._functions[function](job)
        if answer is not None:
            await answer

    # -- HTTP ----------------------------------------------------------------------------------

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/doorstep/static/{name:path}", self._static),
                Route("/doorstep/script/{name}", self._script),
                Route("/doorstep/session/stream", self._stream),
                Route("/doorstep/session/send", self._send, methods=["POST"]),
                WebSocketRoute("/doorstep/session", self._socket),
                Route("/config", lambda _: Response("{}", media_type="application/json")),
                Route("/{page:path}", self._page),
            ]
        )

    def _page(self, request: Request) -> Response:
        config = {**self.config, "page": request.path_params["page"]}
        types = dict.fromkeys(each["type"] for each in self.config["components"])
        modules, styles = self._assets.preloads([*types, "navbar"] if config.get("pages") else types)
        links = "".join(f'<link rel="stylesheet" href="./doorstep/static/{each}">' for each in styles)
        links += "".join(f'<link rel="modulepreload" href="./doorstep/static/{each}">' for each in modules)
        data = json.dumps(config).replace("<", "\\u003c")
        return HTMLResponse(
            f'<!doctype html><html lang="en"><head><title>{html.escape(config["title"])}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<link rel="icon" href="data:,">{links}'
            f'<script type="module" src="./doorstep/static/{self._assets.entry}"></script></head>'
            f'<body><div id="app"></div><script type="application/json" id="doorstep-config">{data}</script>'
            "</body></html>"
        )

    def _static(self, request: Request) -> Response:
        return self._assets.respond(request.path_params["name"], request)

    def _script(self, request: Request) -> Response:
        return Response(self.scripts[request.path_params["name"]], media_type="text/javascript")

    async def _socket(self, socket: WebSocket) -> None:
        self.loop = asyncio.get_running_loop()
        self.sockets_opened += 1
        await socket.accept()
        hello = await socket.receive_json()
        listener = self._welcome(hello.get("session"), hello.get("seen", 0))

        async def speak() -> None:
            while (message := await listener.get()) is not None:
                await socket.send_text(json.dumps(message))

        speaking = asyncio.create_task(speak())
        try:
            while True:
                self._hear(await socket.receive_json())
        except WebSocketDisconnect:
            pass
        finally:
            speaking.cancel()

    async def _stream(self, request: Request) -> Response:
        self.loop = asyncio.get_running_loop()
        query = request.query_params
        listener = self._welcome(query.get("session"), int(query.get("seen", 0)))

        async def frames() -> AsyncIterator[str]:
            while (message := await listener.get()) is not None:
                yield f"data: {json.dumps(message)}\n\n"

        return StreamingResponse(frames(), media_type="text/event-stream")

    async def _send(self, request: Request) -> Response:
        for message in await request.json():
            self._hear(message)
        return Response(status_code=204)


class Within:
    """`with stage.within("row") as row:` adds to that block."""

    def __init__(self, parents: list[dict[str, Any]], node: dict[str, Any], block: int) -> None:
        self._parents = parents
        self._node = node
        self._block = block

    def __enter__(self) -> int:
        self._parents.append(self._node)
        return self._block

    def __exit__(self, *_: object) -> None:
        self._parents.pop()
