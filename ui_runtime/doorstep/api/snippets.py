"""Code that calls an endpoint: Python, JavaScript and curl, ready to be run."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from doorstep.api.filevalues import is_file_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doorstep.api.endpoints import Endpoint


def python(endpoint: Endpoint, root: str, *, has_auth: bool = False) -> str:
    """For the package `gradio_client`."""
    names = ["Client", "handle_file"] if _files(endpoint) else ["Client"]
    login = ', auth=("user", "password")' if has_auth else ""
    lines = [
        f"from gradio_client import {', '.join(names)}",
        "",
        f"client = Client({json.dumps(root)}{login})",
        "result = client.predict(",
        *(f"    {each.name}={_PYTHON.written(each.sample)}," for each in endpoint.parameters),
        f"    api_name={json.dumps('/' + endpoint.name)},",
        ")",
        "print(result)",
    ]
    return "\n".join(lines)


def javascript(endpoint: Endpoint, root: str, *, has_auth: bool = False) -> str:
    """For the package `@gradio/client`."""
    names = "Client, handle_file" if _files(endpoint) else "Client"
    login = ', { auth: ["user", "password"] }' if has_auth else ""
    given = "".join(f"\n  {each.name}: {_JAVASCRIPT.written(each.sample)}," for each in endpoint.parameters)
    end = "\n" if given else ""
    lines = [
        f'import {{ {names} }} from "@gradio/client";',
        *(['import { readFile } from "node:fs/promises";'] if _files(endpoint) else []),
        "",
        f"const client = await Client.connect({json.dumps(root)}{login});",
        f"const result = await client.predict({json.dumps('/' + endpoint.name)}, {{{given}{end}}});",
        "console.log(result.data);",
        "client.close();",
    ]
    return "\n".join(lines)


def curl(endpoint: Endpoint, root: str, *, has_auth: bool = False) -> str:
    """For a shell: the first answer names the event, the second is its result."""
    api = f"{root}/gradio_api"
    jar = " -b cookies.txt" if has_auth else ""
    files = _files(endpoint)
    body = {each.name: _with_marks(each.sample, files) for each in endpoint.parameters}
    text = shlex.quote(_quoted(body))
    lines = []
    if has_auth:
        lines.append(f"curl -s -c cookies.txt {root}/login -d username=user -d password=password")
    for index, name in enumerate(files):
        variable = _variable(index)
        lines.append(f"{variable}=$(curl -s{jar} {api}/upload -F files=@{name} | cut -d '\"' -f 2)")
        text = text.replace(_quoted(_mark(index))[1:-1], f"'\"${variable}\"'")
    lines.append(
        f"EVENT=$(curl -s{jar} {api}/call/v2/{endpoint.name} -H 'Content-Type: application/json' \\\n"
        f"  -d {text} | cut -d '\"' -f 4)"
    )
    lines.append(f"curl -sN{jar} {api}/call/{endpoint.name}/$EVENT")
    return "\n".join(lines)


# -- values ------------------------------------------------------------------------------------


class _Language:
    """How values are written down in a language."""

    def __init__(self, words: dict[Any, str], file: Callable[[str], str]) -> None:
        self._words = words
        self._file = file

    def written(self, value: Any) -> str:
        """A JSON value as code; its files are the caller's."""
        if is_file_value(value):
            return self._file(value["path"])
        if isinstance(value, dict):
            parts = (f"{_quoted(name)}: {self.written(each)}" for name, each in value.items())
            return f"{{{', '.join(parts)}}}"
        if isinstance(value, (list, tuple)):
            return f"[{', '.join(map(self.written, value))}]"
        if value is None or isinstance(value, bool):
            return self._words[value]
        return _quoted(value)


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


_PYTHON = _Language(
    {None: "None", True: "True", False: "False"}, lambda name: f"handle_file({_quoted(name)})"
)
_JAVASCRIPT = _Language(
    {None: "null", True: "true", False: "false"},
    lambda name: f"handle_file(new File([await readFile({_quoted(name)})], {_quoted(name)}))",
)


def _files(endpoint: Endpoint) -> list[str]:
    """The names of the caller's files that the code sends."""
    return list(dict.fromkeys(name for each in endpoint.parameters for name in _files_in(each.sample)))


def _files_in(value: Any) -> Iterator[str]:
    if is_file_value(value):
        yield value["path"]
    elif isinstance(value, (dict, list, tuple)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _files_in(each)


def _variable(index: int) -> str:
    return f"FILE_{index + 1}" if index else "FILE"


def _with_marks(value: Any, files: list[str]) -> Any:
    """The value with a mark at each file, where the shell puts what the upload was answered with."""
    if is_file_value(value):
        return {**value, "path": _mark(files.index(value["path"]))}
    if isinstance(value, dict):
        return {name: _with_marks(each, files) for name, each in value.items()}
    return [_with_marks(each, files) for each in value] if isinstance(value, (list, tuple)) else value


def _mark(index: int) -> str:
    return f"\0{_variable(index)}\0"
