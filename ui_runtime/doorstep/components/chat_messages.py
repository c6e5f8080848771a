"""Messages of a chat: what functions write and read <-> what the page and programs get.

On the wire a message is `{"role", "metadata", "content", "options"}`, and its content a list of parts:

    {"type": "text", "text"}
    {"type": "file", "file", "alt_text"}
    {"type": "component", "component", "value", "constructor_args", "props"}

Functions may write far less: a text, a path in a tuple, a component, a list of those; or the pairs
`(question, answer)` that chats were once made of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from doorstep.components.base import Component
from doorstep.errors import FileRefusedError, RefusedError
from doorstep.events.scripts import author

if TYPE_CHECKING:
    from doorstep.components.base import Files

Role = Literal["user", "assistant", "system"]
Wire = dict[str, Any]

ROLES: Final = ("user", "assistant", "system")
METADATA: Final = ("title", "id", "parent_id", "log", "duration", "status")
"""What can be said of a thought or a tool call."""

_WEB: Final = ("http://", "https://", "data:")


@dataclass
class ChatMessage:
    """One message of a `Chatbot`. `content` is a text, a file (`{"path": …}`), a component, or a list.

    With a `title` in `metadata` it is a thought, or the call of a tool, that can be folded: `status` is
    "pending" or "done", `duration` in seconds, `log` a short note, and `id` with `parent_id` nest one in
    another. `options` are answers to choose from: `{"value", "label"}`.
    """

    content: Any
    role: Role = "assistant"
    metadata: dict[str, Any] = field(default_factory=dict)
    options: list[dict[str, str]] = field(default_factory=list)


class Wired:
    """A message as the page has it already: it goes there again as it is."""

    __slots__ = ("wire",)

    def __init__(self, wire: Wire) -> None:
        self.wire = wire


def is_in_web(path: str) -> bool:
    """Whether a file of a message is not one of the app's."""
    return path.startswith(_WEB)


# -- to the page -------------------------------------------------------------------------------


def wires_of(value: Any, files: Files) -> list[Wire]:
    """The messages of a chat on the wire. Raises `ValueError`, and `OutputError` for a file."""
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"a chat is a list of messages, not a {type(value).__name__}")
    return [wire for each in value for wire in _wires(each, files)]


def is_pair(given: Any) -> bool:
    """Whether it is a question with its answer, as chats were written once."""
    return isinstance(given, (list, tuple)) and len(given) == 2


def _wires(given: Any, files: Files) -> Iterator[Wire]:
    if isinstance(given, Wired):
        yield given.wire
    elif is_pair(given):
        for role, content in zip(("user", "assistant"), given, strict=True):
            if content is not None:
                yield _wire({"role": role, "content": content}, files)
    else:
        yield _wire(fields_of(given), files)


def fields_of(given: Any) -> dict[str, Any]:
    """A message as a dict, whatever object says its `role` and `content`."""
    if isinstance(given, dict):
        return given
    if hasattr(given, "role") and hasattr(given, "content"):
        return {name: getattr(given, name, None) for name in ("role", "content", "metadata", "options")}
    raise ValueError(
        f'a message is {{"role": …, "content": …}} or a ChatMessage, not {given!r}'
        if isinstance(given, (str, int, float))
        else f"a message is a dict or a ChatMessage, not a {type(given).__name__}"
    )


def _wire(given: dict[str, Any], files: Files) -> Wire:
    role = given.get("role")
    if role not in ROLES:
        raise ValueError(f"a message's role is one of {', '.join(ROLES)}, not {role!r}")
    if "content" not in given:
        raise ValueError(f"this message has no content: {given!r}")
    return {
        "role": role,
        "metadata": _metadata(given.get("metadata")),
        "content": parts_of(given["content"], files),
        "options": _options(given.get("options")),
    }


def parts_of(content: Any, files: Files) -> list[Wire]:
    """The parts of what a message says."""
    if isinstance(content, list):
        return [part for each in content for part in parts_of(each, files)]
    return [] if content is None else [_part_of(content, files)]


def _part_of(content: Any, files: Files) -> Wire:
    if isinstance(content, Component):
        return _component(content, files)
    if isinstance(content, (tuple, Path)):
        return _file(*(content if isinstance(content, tuple) else (content,)), files=files)
    if isinstance(content, dict):
        return _part(content, files)
    if isinstance(content, (str, int, float)):
        return text_part(str(content))
    if isinstance(getattr(content, "path", None), str):
        return _file(content.path, getattr(content, "alt_text", None), files=files)
    kind = type(content).__name__
    raise ValueError(f"a message says text, files and components, not a {kind}; give Image(…), say")


def text_part(text: str) -> Wire:
    return {"text": text, "type": "text"}


def _part(part: dict[str, Any], files: Files) -> Wire:
    if isinstance(part.get("text"), str) and part.get("type", "text") == "text":
        return text_part(part["text"])
    if "component" in part:
        return _shown_again(part, files)
    file = part.get("file", part)
    alt = part.get("alt_text")
    if isinstance(file, str):
        return _file(file, alt, files=files)
    if isinstance(file, dict) and (file.get("path") or file.get("url")):
        return _file(file.get("path") or file["url"], alt, file.get("orig_name"), files=files)
    raise ValueError(f'a part of a message is {{"type": "text", "text": …}} or {{"path": …}}, not {part!r}')


def _file(path: Any, alt: str | None = None, name: str | None = None, *, files: Files) -> Wire:
    if str(path).startswith(_WEB):
        name = name or str(path).rpartition("/")[2] or "file"
        value: Wire = {"path": str(path), "url": str(path), "orig_name": name}
        value["meta"] = {"_type": "gradio.FileData"}
    else:
        value = files.add(Path(path), name)
    return {"file": value, "alt_text": alt, "type": "file"}


def _component(component: Component, files: Files) -> Wire:
    value = component.value
    wire = component.blank() if value is None else component.postprocess(value, files)
    props = component.props() | component.file_props(files) | {"interactive": False, "value": wire}
    made_with = {name: each for name, each in component.made_with.items() if name != "value"}
    return {
        "component": component.type,
        "value": wire,
        "constructor_args": _plain(made_with),
        "props": _plain(props),
        "type": "component",
    }


def _shown_again(part: dict[str, Any], files: Files) -> Wire:
    """A component's part that came from the page; its files are where their bytes are now."""
    value = _readded(part.get("value"), files)
    props = {**(part.get("props") or {}), "value": value}
    return {**part, "value": value, "props": props, "type": "component"}


def _readded(wire: Any, files: Files) -> Any:
    if isinstance(wire, list):
        return [_readded(each, files) for each in wire]
    if not isinstance(wire, dict):
        return wire
    if isinstance(wire.get("path"), str) and "meta" in wire and not wire["path"].startswith(_WEB):
        return files.add(Path(wire["path"]), wire.get("orig_name"))
    return {key: _readded(each, files) for key, each in wire.items()}


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    """What of it JSON can say."""
    return {name: each for name, each in given.items() if _is_plain(each)}


def _is_plain(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


def _metadata(given: Any) -> Wire | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        given = {name: getattr(given, name, None) for name in METADATA}
    status = given.get("status")
    if status not in {None, "pending", "done"}:
        raise ValueError(f'the status of a message is "pending" or "done", not {status!r}')
    return {name: given[name] for name in METADATA if given.get(name) is not None} or None


def _options(given: Any) -> list[Wire] | None:
    if not given:
        return None
    return [_option(each) for each in given]


def _option(given: Any) -> Wire:
    if isinstance(given, str):
        return {"value": given, "label": given}
    if not isinstance(given, dict) or not ("value" in given or "label" in given):
        raise ValueError(f'an option is {{"value": …, "label": …}}, not {given!r}')
    value = str(given.get("value", given.get("label")))
    return {"value": value, "label": str(given.get("label") or value)}


def components_of(value: Any) -> Iterator[Component]:
    """The components inside of a chat, however it is written."""
    if isinstance(value, Component):
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from components_of(each)
    elif isinstance(value, (dict, ChatMessage)):
        yield from components_of(fields_of(value).get("content"))


# -- reasoning ---------------------------------------------------------------------------------


def with_reasoning(wires: list[Wire], tags: Sequence[tuple[str, str]]) -> list[Wire]:
    """What stands between `tags` (opening, closing) as messages of its own, which can be folded."""
    return [
        each for wire in wires for each in (_split(wire, tags) if wire["role"] == "assistant" else [wire])
    ]


def _split(wire: Wire, tags: Sequence[tuple[str, str]]) -> list[Wire]:
    thoughts: list[Wire] = []
    content: list[Wire] = []
    for part in wire["content"]:
        rest = part["text"] if part["type"] == "text" else None
        if rest is None or wire["metadata"]:
            content.append(part)
            continue
        while (found := _next_thought(rest, tags)) is not None:
            before, thought, is_over, after = found
            thoughts.append(_thought(thought, is_over=is_over))
            rest = before + after
        if rest.strip() or not thoughts:
            content.append(text_part(rest.strip() if thoughts else rest))
    return [*thoughts, {**wire, "content": content}] if content else thoughts


def _next_thought(text: str, tags: Sequence[tuple[str, str]]) -> tuple[str, str, bool, str] | None:
    """The text before the first thought, the thought, whether it has ended, and the text after it."""
    starts = [(text.find(start), start, end) for start, end in tags if start in text]
    if not starts:
        return None
    at, start, end = min(starts)
    thought, closing, after = text[at + len(start) :].partition(end)
    return text[:at], thought.strip(), bool(closing), after


def _thought(text: str, *, is_over: bool) -> Wire:
    metadata = {"title": "Reasoning", "status": "done" if is_over else "pending"}
    return {"role": "assistant", "metadata": metadata, "content": [text_part(text)], "options": None}


# -- from the page -----------------------------------------------------------------------------


def read(wire: Any, files: Files) -> list[Wire]:
    """The messages that a page or a program sent, checked, with the files' paths. Raises `RefusedError`."""
    if wire is None:
        return []
    if not isinstance(wire, list):
        raise RefusedError("a chat is a list of messages")
    return [_read(each, files) for each in wire]


def _read(message: Any, files: Files) -> Wire:
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise RefusedError(f"a message has a role ({', '.join(ROLES)}) and content")
    return {
        "role": message["role"],
        "metadata": _read_metadata(message.get("metadata")),
        "content": list(_read_content(message.get("content"), files)),
        "options": _read_options(message.get("options")),
    }


def _read_content(content: Any, files: Files) -> Iterator[Wire]:
    parts = content if isinstance(content, list) else [content]
    for part in parts:
        if isinstance(part, str):
            yield text_part(part)
        elif not isinstance(part, dict):
            raise RefusedError("a message's content is a list of texts, files and components")
        elif isinstance(part.get("text"), str):
            yield text_part(part["text"])
        elif "component" in part:
            yield _read_component(part, files)
        else:
            yield _read_file(part, files)


def _read_file(part: Wire, files: Files) -> Wire:
    """A file's part. One that is gone (the chat is from an earlier visit, say) is a text with its name."""
    file = part.get("file", part)
    alt = part.get("alt_text")
    if not isinstance(file, dict) or not isinstance(alt, (str, type(None))):
        raise RefusedError("a file in a message is an object with a path")
    try:
        found = _located(file, files)
    except FileRefusedError:
        name = file.get("orig_name")
        return text_part(f"[{name[:200]}]" if isinstance(name, str) else "[a file that is gone]")
    return {"file": found, "alt_text": alt, "type": "file"}


def _read_component(part: Wire, files: Files) -> Wire:
    kind, args, props = part["component"], part.get("constructor_args") or {}, part.get("props") or {}
    if not isinstance(kind, str) or not isinstance(args, dict) or not isinstance(props, dict):
        raise RefusedError("a component in a message is an object with its type, value and properties")
    try:
        value = _with_paths(part.get("value"), files)
    except FileRefusedError:
        return text_part(f"[{kind[:60]}]")
    safe = _safe_props(props) | {"value": value}
    return {"component": kind, "value": value, "constructor_args": args, "props": safe, "type": "component"}


_UNSAFE: Final = frozenset(
    {"sanitize_html", "html_template", "css_template", "js_on_load", "head", "handlers", "server", "toolbar"}
)
_SCRIPT_LINK: Final = re.compile(r"[\x00-\x20]*(?:javascript|vbscript|data):", re.IGNORECASE)


def harmless(wire: Any) -> Any:
    """A wire value that a visitor made and others will see, without scripts and markup of the visitor's own
    in the components of its messages.
    """
    if isinstance(wire, list):
        return [harmless(each) for each in wire]
    if not isinstance(wire, dict):
        return wire
    inner = {name: harmless(each) for name, each in wire.items()}
    if "component" in wire and isinstance(wire.get("props"), dict):
        inner["props"] = _safe_props(inner["props"])
    return inner


def _safe_props(props: Wire) -> Wire:
    return {name: each for name, each in props.items() if _is_safe(name, each)}


def _is_safe(name: str, value: Any) -> bool:
    """What is shown to others later must not bring scripts or markup of its own, only those of the app."""
    if name == "link":
        return not _SCRIPT_LINK.match(str(value))
    if name != "module":
        return name not in _UNSAFE
    return value is None or (isinstance(value, str) and author.has(value))


def _with_paths(wire: Any, files: Files) -> Any:
    if isinstance(wire, list):
        return [_with_paths(each, files) for each in wire]
    if not isinstance(wire, dict):
        return wire
    if isinstance(wire.get("path"), str) and "meta" in wire:
        return _located(wire, files)
    return {key: _with_paths(each, files) for key, each in wire.items()}


def _located(file: Wire, files: Files) -> Wire:
    path = file.get("path")
    if isinstance(path, str) and path.startswith(_WEB):
        return file
    return {**file, "path": str(files.path_of(file))}


def _read_metadata(metadata: Any) -> Wire | None:
    if metadata is None:
        return None
    if not isinstance(metadata, dict):
        raise RefusedError("a message's metadata is an object")
    return {
        name: metadata[name] for name in METADATA if isinstance(metadata.get(name), (str, int, float))
    } or None


def _read_options(options: Any) -> list[Wire] | None:
    if options is None:
        return None
    try:
        return _options(options)
    except (TypeError, ValueError):
        raise RefusedError("a message's options are a list of values with labels") from None


# -- as older functions want them --------------------------------------------------------------


def flat(messages: list[Wire]) -> list[Wire]:
    """One message for each part, its content a text or a tuple with a path, as `type="messages"` had them."""
    return [
        {
            "role": message["role"],
            "content": _bare(part),
            "metadata": message["metadata"] or {},
            "options": message["options"] or [],
        }
        for message in messages
        for part in message["content"]
    ]


def pairs(messages: list[Wire]) -> list[list[Any]]:
    """Questions with their answers, as `type="tuples"` had them; None where there is no other half."""
    rows: list[list[Any]] = []
    for message in flat(messages):
        is_answer = message["role"] != "user"
        if is_answer and rows and rows[-1][1] is None:
            rows[-1][1] = message["content"]
        else:
            rows.append([None, message["content"]] if is_answer else [message["content"], None])
    return rows


def _bare(part: Wire) -> Any:
    if part["type"] == "text":
        return part["text"]
    if part["type"] == "file":
        alt = part["alt_text"]
        return (part["file"]["path"],) if alt is None else (part["file"]["path"], alt)
    return part


def text_of(message: Wire) -> str:
    """All that a message says in words."""
    return "\n".join(part["text"] for part in message["content"] if part["type"] == "text")


def paths_of(message: Wire) -> list[str]:
    """The files of a message that was read."""
    return [part["file"]["path"] for part in message["content"] if part["type"] == "file"]
