"""The tree of blocks: what stands where. No events, no values, no I/O.

A block made inside a `with` of a container goes into it; one made elsewhere waits for `render()`.
Ids are unique in the process, so trees can be put into one another without renumbering.
"""

from __future__ import annotations

import inspect
import itertools
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypedDict
from weakref import WeakKeyDictionary

from doorstep.errors import UsageError
from doorstep.later import BLOCK, note_unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorstep.render import Part

_ids = itertools.count(1)
_current: ContextVar[Container | None] = ContextVar("doorstep_container", default=None)

keeper: ContextVar[Part | None] = ContextVar("doorstep_keeper", default=None)
"""The part of the page that is being rendered: it knows blocks again by their keys."""

Visible = bool | Literal["hidden"]


class BlockProps(TypedDict, total=False):
    """The parameters that every block takes."""

    visible: Visible
    elem_id: str | None
    elem_classes: list[str] | str | None
    scale: int | None
    min_width: int | None
    render: bool
    key: int | str | tuple[int | str, ...] | None
    preserved_by_key: list[str] | str | None


class Block:
    """Anything that has a place on the page."""

    type: ClassVar[str]
    """The name of its kind on the wire and of its module in the page."""

    PROPS: ClassVar[tuple[str, ...]] = ()
    """The attributes that the page needs."""

    has_look: ClassVar[bool] = True
    """Whether it can be seen: one that cannot may be used from every page."""

    SPOKEN: ClassVar[tuple[str, ...]] = ()
    """Properties whose default is a word that the page says in the visitor's language: see words.py."""

    left_to_us: tuple[str, ...] = ()
    """More of them, of this block alone."""

    is_placed: bool = True
    """Whether it stands in the layout; a button beside a component's label does not."""

    _arguments: tuple[tuple[Any, ...], dict[str, Any]] | dict[str, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Note what the block is made with: returned from a function it stands for just that."""
        block = super().__new__(cls)
        block._arguments = (args, kwargs)
        return block

    def __init__(
        self,
        *,
        visible: Visible = True,
        elem_id: str | None = None,
        elem_classes: list[str] | str | None = None,
        scale: int | None = None,
        min_width: int | None = None,
        render: bool = True,
        key: int | str | tuple[int | str, ...] | None = None,
        preserved_by_key: list[str] | str | None = "value",
        **later: Any,
    ) -> None:
        note_unsupported(type(self).__name__, BLOCK, later)
        self.id = next(_ids)
        part = keeper.get()
        if key is not None and part is not None:
            self.id = part.id_for(self, key) or self.id
        self.parent: Container | None = None
        self.visible = visible
        self.elem_id = elem_id
        self.elem_classes = [elem_classes] if isinstance(elem_classes, str) else list(elem_classes or ())
        self.scale = scale
        self.min_width = min_width
        self.key = key
        self.preserved_by_key = (
            [preserved_by_key] if isinstance(preserved_by_key, str) else list(preserved_by_key or ())
        )
        if render and _current.get() is not None:
            self.render()

    def render(self) -> Self:
        """Put the block into the container whose `with` is open. Raises `UsageError` outside of one."""
        container = _current.get()
        if container is None:
            raise UsageError(f"{self!r}.render() needs an open `with Blocks():`")
        if self.parent is not None:
            raise UsageError(f"{self!r} is on the page already; make a second one instead")
        self.home_in(container).append(self)
        return self

    def unrender(self) -> Self:
        """Take the block off the page; `render()` puts it where it is to be."""
        if self.parent is not None:
            self.parent.children.remove(self)
            self.parent = None
        return self

    def home_in(self, container: Container) -> Container:
        """Where in `container` it goes: a tab, say, goes into tabs."""
        return container

    def props(self) -> dict[str, Any]:
        """What the page needs to show the block."""
        common = {
            "visible": self.visible,
            "elem_id": self.elem_id,
            "elem_classes": self.elem_classes,
            "scale": self.scale,
            "min_width": self.min_width,
        }
        return common | {name: getattr(self, name) for name in self.PROPS}

    @property
    def made_with(self) -> dict[str, Any]:
        """The arguments that were given when it was made, by name."""
        if isinstance(self._arguments, dict):
            return self._arguments
        args, kwargs = self._arguments
        self._arguments = dict(zip(_positional(type(self)), args, strict=False)) | kwargs
        return self._arguments

    @made_with.setter
    def made_with(self, given: dict[str, Any]) -> None:
        self._arguments = given

    @property
    def title(self) -> str:
        """What messages call it."""
        return type(self).__name__

    @property
    def root(self) -> Block:
        """The outermost block around this one: the app, once the block is on a page."""
        block: Block = self
        while block.parent is not None:
            block = block.parent
        return block

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"


def _positional(kind: type[Block]) -> tuple[str, ...]:
    """The names of the arguments that a kind of block takes by position."""
    known = _POSITIONAL.get(kind)
    if known is None:
        parameters = inspect.signature(kind).parameters.values()
        known = tuple(each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD)
        _POSITIONAL[kind] = known
    return known


_POSITIONAL: WeakKeyDictionary[type[Block], tuple[str, ...]] = WeakKeyDictionary()


class Container(Block):
    """A block that holds others: those made inside its `with`."""

    def __init__(self, **common: Any) -> None:
        self.children: list[Block] = []
        self._outers: list[Container | None] = []
        super().__init__(**common)

    def append(self, block: Block) -> None:
        block.parent = self
        self.children.append(block)

    def walk(self) -> Iterator[Block]:
        """Every block below this one, in the order of the page."""
        for child in self.children:
            yield child
            if isinstance(child, Container):
                yield from child.walk()

    def __enter__(self) -> Self:
        self._outers.append(_current.get())
        _current.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        _current.set(self._outers.pop())


def current_container() -> Container | None:
    """The container whose `with` is open."""
    return _current.get()
