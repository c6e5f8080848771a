"""Code that calls an endpoint: Python, JavaScript and curl, ready to be run."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from doorstep.api.endpoints import NOTHING
from doorstep.api.schemas import is_file

if TYPE_CHECKING:
    from doorstep.api.endpoints import Endpoint, Value

_FILE_MARK = "\0file\0"
_FILES = {"image": "picture.png", "audio": "sound.wav", "video": "video.mp4", "model3d": "model.glb"}
"""What a file of the caller's may be called, by the component that takes it."""


def python(endpoint: Endpoint, root: str, *, has_auth: bool = False) -> str:
    """For the package `gradio_client`."""
    names = ["Client", "handle_file"] if _takes_files(endpoint) else ["Client"]
    login = ', auth=("user", "password")' if has_auth else ""
    lines = [
        f"from gradio_client import {', '.join(names)}",
        "",
        f"client = Client({json.dumps(root)}{login})",
        "result = client.predict(",
        *(f"    {each.name}={_python_value(each)}," for each in endpoint.parameters),
        f"    api_name={json.dumps('/' + endpoint.name)},",
        ")",
        "print(result)",
    ]
    return "\n".join(lines)


def javascript(endpoint: Endpoint, root: str, *, has_auth: bool = False) -> str:
    """For the package `@gradio/client`."""
    names = "Client, handle_file" if _takes_files(endpoint) else "Client"
    login = ', { auth: ["user", "password"] }' if has_auth else ""
    given = "".join(f"\n  {each.name}: {_javascript_value(each)}," for each in endpoint.parameters)
    end = "\n" if given else ""
    lines = [
        f'import {{ {names} }} from "@gradio/client";',
        *(['import { readFile } from "node:fs/promises";'] if _takes_files(endpoint) else []),
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
    body = {each.name: _json_value(each) for each in endpoint.parameters}
    text = shlex.quote(json.dumps(body, ensure_ascii=False))
    lines = []
    if has_auth:
        lines.append(f"curl -s -c cookies.txt {root}/login -d username=user -d password=password")
    if _takes_files(endpoint):
        lines.append(f"FILE=$(curl -s{jar} {api}/upload -F files=@{_file_name(endpoint)} | cut -d '\"' -f 2)")
        text = text.replace(json.dumps(_FILE_MARK)[1:-1], "'\"$FILE\"'")
    lines.append(
        f"EVENT=$(curl -s{jar} {api}/call/v2/{endpoint.name} -H 'Content-Type: application/json' \\\n"
        f"  -d {text} | cut -d '\"' -f 4)"
    )
    lines.append(f"curl -sN{jar} {api}/call/{endpoint.name}/$EVENT")
    return "\n".join(lines)


def sample(parameter: Value) -> Any:
    """What the code gives for a parameter: its default, else an example."""
    return parameter.example if parameter.default is NOTHING else parameter.default


def _name_for(parameter: Value) -> str:
    return _FILES.get(parameter.component.type, "file.txt")


def _file_name(endpoint: Endpoint) -> str:
    return next(_name_for(each) for each in endpoint.parameters if _file_shape(each))


def _takes_files(endpoint: Endpoint) -> bool:
    return any(_file_shape(each) for each in endpoint.parameters)


def _file_shape(parameter: Value) -> str | None:
    """`one` file, a list of `many`, or none."""
    if is_file(parameter.schema):
        return "one"
    items = parameter.schema.get("items")
    is_many = isinstance(items, dict) and is_file(items, parameter.schema.get("$defs", {}))
    return "many" if is_many else None


def _python_value(parameter: Value) -> str:
    file = f'handle_file("{_name_for(parameter)}")'
    shown = {"one": file, "many": f"[{file}]"}.get(_file_shape(parameter) or "")
    value = sample(parameter)
    return shown or (json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value))


def _javascript_value(parameter: Value) -> str:
    name = _name_for(parameter)
    file = f'handle_file(new File([await readFile("{name}")], "{name}"))'
    shown = {"one": file, "many": f"[{file}]"}.get(_file_shape(parameter) or "")
    return shown or json.dumps(sample(parameter), ensure_ascii=False)


def _json_value(parameter: Value) -> Any:
    file = {"path": _FILE_MARK, "meta": {"_type": "gradio.FileData"}}
    shape = _file_shape(parameter)
    return sample(parameter) if shape is None else file if shape == "one" else [file]
