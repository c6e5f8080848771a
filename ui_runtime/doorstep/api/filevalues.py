"""File values as programs see them: `path` is `id/name`, and `url` is whole.

Inside of the app a file is known by its id alone (see `doorstep.files`). A program may name what it uploaded
or was sent: by the path or by the address of this app's file route. An address anywhere else is not asked for
anything: whoever may call a function could make the app's computer ask any server that it can reach.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote, unquote

from doorstep.errors import FileRefusedError, RefusedError

ROUTE: Final = "file="
_MARK: Final = "gradio.FileData"


def is_file_value(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("meta"), dict)
        and value["meta"].get("_type") == _MARK
    )


def to_program(value: Any, api: str) -> Any:
    """A wire value for a program; `api` is the whole address of the API."""
    if type(value) in {str, int, float, bool, type(None)}:
        return value
    if isinstance(value, (list, tuple)):
        return [to_program(each, api) for each in value]
    if not isinstance(value, dict):
        return value
    if is_file_value(value) and isinstance(value.get("path"), str):
        return {**value, **_address(value, api), "is_stream": False}
    return {key: to_program(each, api) for key, each in value.items()}


def from_program(value: Any) -> Any:
    """A program's value as the components know it.

    Raises `FileRefusedError` for a foreign address, `RefusedError` for lists in lists without end.
    """
    try:
        return _from_program(value)
    except RecursionError:
        raise RefusedError("the values are nested too deeply") from None


def _from_program(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_program(each) for each in value]
    if not isinstance(value, dict):
        return value
    if is_file_value(value):
        return {**value, "path": _id(value)}
    return {key: _from_program(each) for key, each in value.items()}


def file_id(path: str) -> str:
    """`id` of `id/name`, or of the address of one of the app's files."""
    path = path.rpartition(f"/{ROUTE}")[2] if f"/{ROUTE}" in path else path
    return unquote(path.partition("/")[0])


def _address(value: dict[str, Any], api: str) -> dict[str, Any]:
    name = str(value.get("orig_name") or "file")
    return {"path": f"{value['path']}/{name}", "url": f"{api}/{ROUTE}{value['path']}/{quote(name)}"}


def _id(value: dict[str, Any]) -> Any:
    path = value.get("path")
    if not isinstance(path, str):
        return path
    if path.startswith(("http:", "https:", "ftp:", "//")) and f"/{ROUTE}" not in path:
        raise FileRefusedError("the app fetches nothing from the web: download the file and upload it")
    return file_id(path)
