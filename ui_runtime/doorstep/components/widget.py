"""Components of one's own without a toolchain: a Python class, and a JavaScript module as anywidget's are.

class Counter(ds.Widget):
    esm = "export default { render({ model, el }) { … } }"  # or a Path
    field = "count"
"""

from __future__ import annotations

import base64
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from doorstep.components.authored import functions_by_name, split_common
from doorstep.components.base import Component, Files
from doorstep.dev.current import read_files
from doorstep.errors import UsageError
from doorstep.events.listener import EventListener, Listener
from doorstep.events.scripts import author
from doorstep.messages import Custom
from doorstep.queue.jobs import current

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Widget(Component):
    """Shows what a module's `render({model, el})` draws; its model is the component's properties.

    `esm` is the module and `css` its styles: text, or a `Path` (one that is not absolute counts from the
    class's own file). `field` names the property that is the component's value. With several names the
    value is a dict of them. The other keyword arguments are further properties of the model: functions
    change them with `update(name=…)`, the module with `model.set`. `events` are names that the module may
    fire with `model.send({"event": name, …})`: `widget.name(fn)` listens. `server_functions` answer the
    module's `experimental.invoke(name, argument)`.
    """

    type: ClassVar[str] = "widget"
    PROPS: ClassVar = ("module", "style", "field", "fields", "server")

    esm: ClassVar[str | Path] = ""
    css: ClassVar[str | Path] = ""
    field: str | tuple[str, ...] = "value"
    events: ClassVar[Sequence[str]] = ()

    change = EventListener()
    input = EventListener()
    message = EventListener()
    """The module sent something: `model.send(…)`; its content is the event's data (see `MessageData`)."""

    def __init__(
        self,
        value: Any = None,
        *,
        server_functions: Sequence[Callable[..., Any]] | None = None,
        **props: Any,
    ) -> None:
        """Raises `UsageError` without a module, or when its file cannot be read."""
        common, self.fields = split_common(props)
        field = self.fields.pop("field", self.field)
        self.field = field if isinstance(field, str) else tuple(field)
        source = self._read(self.fields.pop("esm", self.esm))
        if not source.strip():
            raise UsageError(f"{type(self).__name__} needs `esm`: a JavaScript module, as text or as a Path")
        self.module = author.add_module(source)
        self.style = self._read(self.fields.pop("css", self.css))
        self.server_functions = functions_by_name(server_functions)
        super().__init__(value, **common)

    def __getattr__(self, name: str) -> Any:
        """An event of its own."""
        if not name.startswith("_") and name in type(self).events:
            return Listener(self, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def server(self) -> list[str]:
        """The names of the functions that its module may call."""
        return [*self.server_functions]

    def send(self, content: Any, buffers: Sequence[bytes | bytearray | memoryview] = ()) -> None:
        """Say something to its module, in a function of the app: `model.on("msg:custom", fn)` hears it.

        `content` is any JSON value; `buffers` are DataViews there. Raises `UsageError` elsewhere, where no
        visitor is known to say it to, and `TypeError` for what is no JSON.
        """
        job = current.get()
        if job is None:
            raise UsageError(f"{self.title}.send() speaks to a visitor: call it in a function of the app")
        msgspec.json.encode(content)
        texts = [base64.b64encode(each).decode() for each in buffers]
        for each in job.batch or [job]:
            job.soon(each.listener.custom, each, Custom(component=self.id, content=content, buffers=texts))

    def preprocess(self, wire: Any, files: Files) -> Any:
        if isinstance(self.field, str) or wire is None:
            return wire
        if not isinstance(wire, dict):
            raise self.refuse_kind("an object", wire)
        return {name: wire.get(name) for name in self.field}

    def postprocess(self, value: Any, files: Files) -> Any:
        if isinstance(self.field, str) or value is None:
            return value
        if not isinstance(value, dict):
            raise TypeError(f"its value is a dict of {', '.join(self.field)}, not {value!r}")
        return {name: value.get(name) for name in self.field}

    def api_info(self) -> dict[str, Any]:
        return {} if isinstance(self.field, str) else {"type": "object"}

    def _read(self, given: str | Path) -> str:
        if not isinstance(given, Path):
            return given
        path = given if given.is_absolute() else _folder_of(type(self)) / given
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{type(self).__name__}: cannot read {str(path)!r}: {error.strerror}") from None
        read_files.add(path)
        return text


def _folder_of(kind: type[Widget]) -> Path:
    """Where the class was written; the working directory for one that was typed."""
    try:
        return Path(inspect.getfile(kind)).parent
    except (OSError, TypeError):
        return Path()
