"""What an event carried, for a function that asks by annotation: `def on_select(data: ds.SelectData)`."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from doorstep.errors import RefusedError

if TYPE_CHECKING:
    from doorstep.graph import Block


class EventData:
    """Any event. `target` is the component that it came from; what it carried are attributes."""

    def __init__(self, target: Block | None, _data: Any) -> None:
        self.target = target
        self._data = _data

    def __getattr__(self, name: str) -> Any:
        data = self.__dict__.get("_data")
        if isinstance(data, dict) and name in data:
            return data[name]
        raise AttributeError(f"this {type(self).__name__} carries no {name!r}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(target={self.target!r}, data={self._data!r})"

    def _get(self, name: str, default: Any = None) -> Any:
        return self._data.get(name, default) if isinstance(self._data, dict) else default


class SelectData(EventData):
    """A choice: its `index` (a pair in a table), its `value`, and whether it is now `selected`.

    In a table `row_value` and `col_value` are the values of the row and the column.
    """

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.index: int | list[int] | tuple[int, int] = self._get("index")
        self.value: Any = self._get("value")
        self.row_value: list[Any] | None = self._get("row_value")
        self.col_value: list[Any] | None = self._get("col_value")
        self.selected: bool = self._get("selected", True)


class LikeData(EventData):
    """A thumb at the message at `index` with this `value`: `liked` is True (up), False (down) or a word."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.index: int | list[int] = self._get("index")
        self.value: Any = self._get("value")
        self.liked: bool | str = self._get("liked", True)


class KeyUpData(EventData):
    """A `key` was let go; `input_value` is the text typed so far."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.key: str = self._get("key")
        self.input_value: str = self._get("input_value")


class RetryData(EventData):
    """The message at `index`, with its `value`, is to be answered again."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.index: int = self._get("index")
        self.value: Any = self._get("value")


class UndoData(RetryData):
    """The message at `index`, with its `value`, is to be taken back."""


class EditData(EventData):
    """The message at `index` was `previous_value` and is now `value`."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.index: int = self._get("index")
        self.previous_value: str = self._get("previous_value")
        self.value: Any = self._get("value")


class CopyData(EventData):
    """`value` was copied."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.value: Any = self._get("value")


class FileEventData(EventData):
    """Something happened to a file: `file` has its `path`, `url`, `orig_name` and `size`."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        self.file = _FileValue(data if isinstance(data, dict) else {})


class DownloadData(FileEventData):
    """`file` was downloaded."""


class DeletedFileData(FileEventData):
    """`file` was taken away by the visitor."""


class MessageData(EventData):
    """A widget's module said `content` (a JSON value), with `buffers` of bytes: `model.send(…)`."""

    def __init__(self, target: Block | None, data: Any) -> None:
        super().__init__(target, data)
        sent = data if isinstance(data, dict) and isinstance(data.get("buffers"), list) else {"content": data}
        self.content: Any = sent.get("content")
        self.buffers: list[bytes] = [_bytes_of(each) for each in sent.get("buffers", ())]


def _bytes_of(text: Any) -> bytes:
    """Raises `RefusedError` for what no module sends."""
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError):
        raise RefusedError("a message's buffers are base64") from None


class _FileValue:
    """A file value with attributes, as functions expect it."""

    def __init__(self, value: dict[str, Any]) -> None:
        self.path: str = value.get("path") or ""
        self.url: str | None = value.get("url")
        self.orig_name: str | None = value.get("orig_name")
        self.size: int | None = value.get("size")
        self.mime_type: str | None = value.get("mime_type")
