"""JSON schemas of wire values, and what they are called in Python and JavaScript."""

from __future__ import annotations

from typing import Any, Final

Schema = dict[str, Any]

ANY: Final = "str | float | bool | list | dict"
FILE: Final = "filepath"

_SCALARS: Final = {
    "string": "str",
    "number": "float",
    "integer": "int",
    "boolean": "bool",
    "null": "None",
}
_EXAMPLES: Final = {"string": "Hello!!", "number": 3, "integer": 3, "boolean": True, "null": None}


def python_type(schema: Schema) -> str:
    """The Python type of a value of this schema, as `gradio_client` calls it: a file is a `filepath`."""
    return _typed(schema, schema.get("$defs", {}))


def is_file(schema: Schema, defs: Schema | None = None) -> bool:
    """Whether it is the schema of a file value."""
    schema = _resolved(schema, schema.get("$defs", {}) if defs is None else defs)
    properties = schema.get("properties", {})
    return "path" in properties and "meta" in properties


def example(schema: Schema) -> Any:
    """A value that fits the schema, simple enough to be shown."""
    return _example(schema, schema.get("$defs", {}))


def _typed(schema: Schema, defs: Schema) -> str:  # noqa: PLR0911  # one line a kind of schema
    schema = _resolved(schema, defs)
    if "enum" in schema or "const" in schema:
        choices = schema.get("enum", [schema.get("const")])
        return f"Literal[{', '.join(map(repr, choices))}]"
    if is_file(schema, defs):
        return FILE
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " | ".join(dict.fromkeys(_typed(each, defs) for each in schema[word]))
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(_typed({**schema, "type": each}, defs) for each in kind)
    if kind == "array":
        return _list(schema, defs)
    if kind == "object":
        return _dict(schema, defs)
    return _SCALARS.get(kind, ANY) if isinstance(kind, str) else ANY


def _list(schema: Schema, defs: Schema) -> str:
    if "prefixItems" in schema:
        return f"tuple[{', '.join(_typed(each, defs) for each in schema['prefixItems'])}]"
    items = schema.get("items")
    return f"list[{_typed(items, defs)}]" if isinstance(items, dict) else "list[Any]"


def _dict(schema: Schema, defs: Schema) -> str:
    properties = schema.get("properties")
    if properties:
        return f"dict({', '.join(f'{name}: {_typed(each, defs)}' for name, each in properties.items())})"
    values = schema.get("additionalProperties")
    return f"dict[str, {_typed(values, defs)}]" if isinstance(values, dict) else "dict[str, Any]"


def _resolved(schema: Schema, defs: Schema) -> Schema:
    reference = schema.get("$ref", "")
    return defs.get(str(reference).rpartition("/")[2], {}) if reference else schema


def _example(schema: Schema, defs: Schema) -> Any:
    schema = _resolved(schema, defs)
    for word in ("default", "const"):
        if word in schema:
            return schema[word]
    if schema.get("enum"):
        return schema["enum"][0]
    if is_file(schema, defs):
        return {"path": "file.txt", "meta": {"_type": "gradio.FileData"}}
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return _example(schema[word][0], defs)
    return _plain_example(schema, defs)


def _plain_example(schema: Schema, defs: Schema) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "array":
        items = schema.get("prefixItems") or [schema.get("items", {})]
        return [_example(each, defs) for each in items]
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: _example(each, defs) for name, each in properties.items()}
    return _EXAMPLES.get(kind, "…") if isinstance(kind, str) else "…"
