"""What the app tells programs about itself: `info`, `openapi.json`, and the config in Gradio's shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from doorstep import __version__
from doorstep.api import snippets
from doorstep.api.endpoints import SILENT
from doorstep.api.schemas import ANY, python_type
from doorstep.api.values import NOTHING, gradio_type
from doorstep.components.base import Component

if TYPE_CHECKING:
    from doorstep.api.endpoints import Endpoint, Endpoints
    from doorstep.api.values import Value
    from doorstep.blocks import Blocks
    from doorstep.events.dependency import Dependency
    from doorstep.graph import Block, Container

PREFIX: Final = "/gradio_api"
SPEAKS: Final = "6.31.0"
"""The version of Gradio whose protocol this is: its clients choose by it how they talk."""


# -- info --------------------------------------------------------------------------------------


def info(endpoints: list[Endpoint], root: str, *, has_auth: bool = False) -> dict[str, Any]:
    """Every endpoint with its parameters, returned values, and code that calls it."""
    named = {f"/{each.name}": endpoint_info(each, root, has_auth=has_auth) for each in endpoints}
    return {"named_endpoints": named, "unnamed_endpoints": {}}


def endpoint_info(endpoint: Endpoint, root: str, *, has_auth: bool = False) -> dict[str, Any]:
    return {
        "parameters": [_parameter(each) for each in endpoint.parameters],
        "returns": [_typed(each) for each in endpoint.returns],
        "api_visibility": endpoint.visibility,
        "description": endpoint.description,
        "code_snippets": {
            "python": snippets.python(endpoint, root, has_auth=has_auth),
            "javascript": snippets.javascript(endpoint, root, has_auth=has_auth),
            "bash": snippets.curl(endpoint, root, has_auth=has_auth),
        },
    }


def _parameter(value: Value) -> dict[str, Any]:
    default = value.told_default
    return {
        "parameter_name": value.name,
        "parameter_has_default": default is not NOTHING,
        "parameter_default": None if default is NOTHING else default,
        **_typed(value),
        "example_input": value.example,
    }


def _typed(value: Value) -> dict[str, Any]:
    words = value.schema.get("description", "")
    kind = python_type(value.schema)
    return {
        "label": value.label,
        "type": value.schema,
        "python_type": {"type": kind, "description": words or ("any valid json" if kind == ANY else "")},
        "component": value.gradio_name,
    }


# -- config ------------------------------------------------------------------------------------


def config(app: Blocks, page: dict[str, Any], root: str, username: str | None) -> dict[str, Any]:
    """What Gradio's clients ask for first. `page` is the page's own config."""
    props = {each["id"]: each["props"] for each in page["components"]}
    return {
        "version": SPEAKS,
        "doorstep_version": __version__,
        "api_prefix": PREFIX,
        "protocol": "sse_v3",
        "root": root,
        "mode": app.mode,
        "app_id": app.id,
        "title": app.title,
        "space_id": None,
        "is_space": False,
        "enable_queue": True,
        "connect_heartbeat": True,
        "analytics_enabled": False,
        "show_error": True,
        "max_file_size": page.get("max_file_size"),
        "username": username,
        "components": [_component(block, props.get(block.id, {})) for block in _blocks(app)],
        "layout": page.get("layout") or _layout(app),
        "dependencies": [_dependency(each) for each in app.dependencies],
    }


def _blocks(app: Blocks) -> list[Block]:
    """All that are on a page or that a function takes or returns."""
    blocks = {block.id: block for block in app.walk()}
    for dependency in app.dependencies:
        blocks |= {each.id: each for each in (*dependency.inputs, *dependency.outputs)}
    return list(blocks.values())


def _component(block: Block, props: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": block.id, "type": gradio_type(block.type), "props": props}
    entry["skip_api"] = not isinstance(block, Component) or block.type in SILENT
    if isinstance(block, Component) and not entry["skip_api"]:
        schema = block.api_info()
        entry |= {"api_info": schema, "api_info_as_input": schema, "api_info_as_output": schema}
    return entry


def _dependency(dependency: Dependency) -> dict[str, Any]:
    is_private = dependency.fn is None or dependency.api_visibility == "private"
    entry = dependency.config()
    return {
        "id": dependency.id,
        "targets": entry["targets"],
        "inputs": entry["inputs"],
        "outputs": entry["outputs"],
        "backend_fn": dependency.fn is not None,
        "js": None,
        "queue": dependency.queue,
        "api_name": False if is_private else dependency.api_name,
        "api_description": dependency.api_description,
        "api_visibility": "private" if is_private else dependency.api_visibility,
        "show_progress": dependency.show_progress,
        "trigger_mode": dependency.trigger_mode,
        "cancels": entry.get("cancels", []),
        "types": {"generator": _is_generator(dependency), "cancel": bool(entry.get("cancels"))},
        "connection": "sse",
    }


def _is_generator(dependency: Dependency) -> bool:
    from doorstep.events.dependency import kind_of

    return dependency.fn is not None and kind_of(dependency.fn).is_generator


def _layout(container: Container) -> dict[str, Any]:
    children = [
        _layout(child) if hasattr(child, "children") else {"id": child.id}  # type: ignore[arg-type]
        for child in container.children
    ]
    return {"id": container.id, "children": children}


# -- OpenAPI -----------------------------------------------------------------------------------


def openapi(app: Blocks, endpoints: Endpoints) -> dict[str, Any]:
    """The endpoints as an OpenAPI 3.1 document."""
    paths: dict[str, Any] = {f"{PREFIX}/upload": {"post": _upload()}}
    for endpoint in endpoints:
        paths[f"{PREFIX}/call/v2/{endpoint.name}"] = {"post": _call(endpoint)}
        paths[f"{PREFIX}/call/{endpoint.name}/{{event_id}}"] = {"get": _result(endpoint)}
    return {
        "openapi": "3.1.0",
        "info": {"title": app.title, "version": __version__},
        "paths": paths,
    }


def _upload() -> dict[str, Any]:
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    body = {"type": "object", "properties": {"files": files}, "required": ["files"]}
    return {
        "summary": "Upload files",
        "operationId": "upload",
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": body}}},
        "responses": {"200": _json("The files' paths", {"type": "array", "items": {"type": "string"}})},
    }


def _call(endpoint: Endpoint) -> dict[str, Any]:
    parameters = endpoint.parameters
    body = {
        "type": "object",
        "properties": {each.name: {"title": each.label, **_flat(each.schema)} for each in parameters},
        "required": [each.name for each in parameters if each.default is NOTHING],
    }
    event = {"type": "object", "properties": {"event_id": {"type": "string"}}}
    return {
        "summary": f"Call /{endpoint.name}",
        "description": endpoint.description,
        "operationId": endpoint.name,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": _json("The call's id", event)},
    }


def _result(endpoint: Endpoint) -> dict[str, Any]:
    event = {"name": "event_id", "in": "path", "required": True, "schema": {"type": "string"}}
    shapes = [_flat(each.schema) for each in endpoint.returns]
    outputs = {"type": "array", "prefixItems": shapes} if shapes else {"type": "array"}
    stream = {"text/event-stream": {"schema": {"type": "string"}}}
    return {
        "summary": f"The result of /{endpoint.name}",
        "description": "Server-sent events: `generating`, then `complete` with a JSON array, or `error`.",
        "operationId": f"{endpoint.name}_result",
        "parameters": [event],
        "responses": {"200": {"description": "The events", "content": stream, "x-complete": outputs}},
    }


def _flat(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without definitions of its own, which would be looked for at the document's root."""
    defs = schema.get("$defs")
    return _inlined({key: value for key, value in schema.items() if key != "$defs"}, defs) if defs else schema


def _inlined(value: Any, defs: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        if "$ref" in value:
            return _inlined(defs.get(str(value["$ref"]).rpartition("/")[2], {}), defs)
        return {key: _inlined(each, defs) for key, each in value.items()}
    return [_inlined(each, defs) for each in value] if isinstance(value, list) else value


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
