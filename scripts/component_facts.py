"""What the code says of each component: its parameters, its events, whether the page reads and fires them.

The documentation (`scripts.component_docs`) and the tests of the public surface ask here.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import doorstep
from doorstep.components.base import Component, ComponentProps
from doorstep.events.listener import EventListener
from doorstep.graph import Block, BlockProps
from doorstep.later import BLOCK
from doorstep.static import module_name

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
_PAGE: Final = ROOT / "ui_runtime" / "frontend" / "src"
_COMMON: Final = {"ComponentProps": ComponentProps, "BlockProps": BlockProps}
_SHOWN_BY: Final = {"tab": "tabs", "step": "walkthrough"}
"""What the container around it shows."""
_ABSTRACT: Final = frozenset({"Component"})


@dataclass(frozen=True)
class Parameter:
    """One parameter of a component's constructor."""

    name: str
    kind: str
    """Its annotation, as it is written."""
    default: str
    """How its default is written; empty for none."""
    is_common: bool
    """Whether every component takes it."""


def components() -> dict[str, type[Block]]:
    """Public name -> class, of everything that can stand on a page; other names of a class are left out."""
    found: dict[str, type[Block]] = {}
    for name, module in sorted(doorstep.MODULES.items()):
        if module.startswith("components.") and name not in _ABSTRACT:
            kind = getattr(doorstep, name)
            if isinstance(kind, type) and issubclass(kind, Block) and kind.__name__ == name:
                found[name] = kind
    return found


def apps() -> dict[str, type[Block]]:
    """Public name -> class, of what makes a whole page."""
    return {
        name: getattr(doorstep, name) for name in ("Blocks", "ChatInterface", "Interface", "TabbedInterface")
    }


def parameters(kind: type[Block]) -> list[Parameter]:
    """What `kind` takes: its own first, then what all take."""
    own: dict[str, Parameter] = {}
    for owner in kind.__mro__:
        if "__init__" not in vars(owner) or owner is object:
            continue
        for each in _declared(owner):
            own.setdefault(each.name, each)
        if not _passes_on(owner):
            break
    return sorted(own.values(), key=lambda each: each.is_common)


def _declared(owner: type) -> Iterator[Parameter]:
    is_base = owner in {Component, Block}
    for each in inspect.signature(vars(owner)["__init__"]).parameters.values():
        if each.name.startswith(("self", "_")) or each.kind is each.VAR_POSITIONAL:
            continue
        if each.kind is each.VAR_KEYWORD:
            yield from _of_dictionary(str(each.annotation))
            continue
        default = "" if each.default is each.empty else repr(each.default)
        is_common = is_base and each.name != "value"
        yield Parameter(each.name, _written(each.annotation), default, is_common)


def _of_dictionary(annotation: str) -> Iterator[Parameter]:
    """The keys of `**common: Unpack[ComponentProps]`, with the defaults that the base classes give them."""
    for name, keys in _COMMON.items():
        if annotation == f"Unpack[{name}]":
            defaults = {each.name: each for base in (Component, Block) for each in _declared_by_name(base)}
            for key in _all_keys(keys):
                yield defaults[key]


def _all_keys(keys: Any) -> list[str]:
    return [key for base in reversed([*_bases(keys), keys]) for key in base.__annotations__]


def _bases(keys: Any) -> list[Any]:
    return list(getattr(keys, "__orig_bases__", ())) if keys is not BlockProps else []


def _declared_by_name(base: type) -> Iterator[Parameter]:
    for each in inspect.signature(vars(base)["__init__"]).parameters.values():
        if each.name != "self" and each.kind is not each.VAR_KEYWORD:
            default = "" if each.default is each.empty else repr(each.default)
            yield Parameter(each.name, _written(each.annotation), default, is_common=True)


def _passes_on(owner: type) -> bool:
    """Whether a constructor hands what it does not know itself to the class above."""
    found = inspect.signature(vars(owner)["__init__"]).parameters.values()
    return any(each.kind is each.VAR_KEYWORD for each in found)


def _written(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return "" if annotation is inspect.Parameter.empty else text


def events(kind: type[Block]) -> list[str]:
    """The names of its events."""
    return sorted({name for base in kind.__mro__ for name, it in vars(base).items() if _is_event(it)})


def _is_event(thing: object) -> bool:
    return isinstance(thing, EventListener)


def is_later(parameter: str) -> bool:
    """Whether the constructor takes the parameter, does nothing, and says so."""
    return parameter in BLOCK


# -- the page --------------------------------------------------------------------------------------


def page_source(kind: type[Block]) -> str:
    """The text of the module that shows this kind, and of all that it imports."""
    name = module_name(_SHOWN_BY.get(kind.type, kind.type))
    for path in (_PAGE / "components" / f"{name}.svelte", _PAGE / "layout" / f"{name}.svelte"):
        if path.is_file():
            return "\n".join(each.read_text() for each in _closure(path))
    inside = _PAGE / "parts" / f"{name}.svelte"
    return "\n".join(each.read_text() for each in _closure(inside)) if inside.is_file() else ""


def reads(source: str, prop: str) -> bool:
    """Whether a page module asks for the property."""
    return bool(re.search(rf"""["'`]{prop}["'`]|\.{prop}\b|\b{prop}\b\s*[,:}}]""", source))


def fires(source: str, event: str) -> bool:
    """Whether a page module fires the event, by that name or by a table that has it."""
    return bool(re.search(rf"""["'`]{event}["'`]|\b{event}:""", source))


@cache
def _closure(path: Path) -> tuple[Path, ...]:
    waiting, seen = [path], dict[Path, None]()
    while waiting:
        here = waiting.pop()
        if here in seen or not here.is_file():
            continue
        seen[here] = None
        names = re.findall(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+)["']""", here.read_text())
        waiting += [(here.parent / name).resolve() for name in names]
    return tuple(seen)
