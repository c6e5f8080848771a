"""JSON schemas of wire values, and what they are called in Python and JavaScript."""

from __future__ import annotations

from typing import Any, Final

from doorstep.components.file_values import file_example

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


def example(schema: Schema, file: str = "file.txt") -> Any:
    """A value that fits the schema, simple enough to be shown; `file` is what files in it are called."""
    return _Examples(schema.get("$defs", {}), file).of(schema)


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
    return f"list[{_inner(items, defs)}]" if isinstance(items, dict) else "list[Any]"


def _dict(schema: Schema, defs: Schema) -> str:
    properties = schema.get("properties")
    if properties:
        return f"dict({', '.join(f'{name}: {_inner(each, defs)}' for name, each in properties.items())})"
    values = schema.get("additionalProperties")
    return f"dict[str, {_inner(values, defs)}]" if isinstance(values, dict) else "dict[str, Any]"


def _inner(schema: Schema, defs: Schema) -> str:
    """The type of a part: what is anything is not spelled out again and again."""
    kind = _typed(schema, defs)
    return "Any" if kind == ANY else kind


def _resolved(schema: Schema, defs: Schema) -> Schema:
    reference = schema.get("$ref", "")
    return defs.get(str(reference).rpartition("/")[2], {}) if reference else schema


class _Examples:
    """Makes values that fit schemas of the same definitions."""

    def __init__(self, defs: Schema, file: str) -> None:
        self._defs = defs
        self._file = file

    def of(self, schema: Schema) -> Any:
        schema = _resolved(schema, self._defs)
        for word in ("default", "const"):
            if word in schema:
                return schema[word]
        if schema.get("enum"):
            return schema["enum"][0]
        if is_file(schema, self._defs):
            return file_example(self._file)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self.of(schema[word][0])
        return self._plain(schema)

    def _plain(self, schema: Schema) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = kind[0]
        if kind == "array":
            items = schema.get("prefixItems") or [schema.get("items", {})]
            return [self.of(each) for each in items]
        if kind == "object":
            return {name: self.of(each) for name, each in schema.get("properties", {}).items()}
        if kind in {"number", "integer"} and "minimum" in schema:
            return schema["minimum"]
        return _EXAMPLES.get(kind, "…") if isinstance(kind, str) else "…"
