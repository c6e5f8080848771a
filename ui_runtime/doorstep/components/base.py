"""What every component shares: its Python value <-> its wire value, its props, its API schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from doorstep.errors import RefusedError
from doorstep.events.listener import listed
from doorstep.graph import Block, BlockProps
from doorstep.later import note

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from doorstep.components.button import Button
    from doorstep.events.call import Call
    from doorstep.events.visit import Visit


class Files(Protocol):
    """The files of one session, as a component sees them."""

    def path_of(self, file: Any) -> Path:
        """Where a file value's bytes are. Raises `FileRefusedError` for one that is not the session's."""
        ...

    def add(self, path: Path, name: str | None = None) -> dict[str, Any]:
        """Show a file of the app: a copy of it, as a file value."""
        ...

    def add_bytes(self, data: bytes, name: str) -> dict[str, Any]:
        """Show these bytes as a file called `name`."""
        ...

    def add_address(self, address: str, name: str) -> dict[str, Any]:
        """Show what is at an address in the web, as a file value."""
        ...

    def add_empty(self, name: str) -> dict[str, Any]:
        """Show a file called `name` that is still to be written, at `path_of` it."""
        ...


class ComponentProps(BlockProps, total=False):
    """The parameters that every component takes."""

    label: str | None
    info: str | None
    show_label: bool | None
    container: bool
    interactive: bool | None
    every: Any
    inputs: Any


class Component(Block):
    """A block with a value."""

    PROPS: ClassVar[tuple[str, ...]] = ()
    LIVE: ClassVar[dict[str, tuple[type, ...]]] = {}
    """Properties that a person changes by using it, and what they may be: a function can ask for them."""
    heavy: ClassVar[bool] = False
    """Converting a value takes long enough to keep it off the event loop."""

    holds_markup: ClassVar[bool] = False
    """Its HTML stands on the page as it is."""

    is_static: ClassVar[bool] = False
    """The visitor never gives it a value."""

    is_display: ClassVar[bool] = False
    """A value that it is made with is to be shown, unless a function reads it."""

    buttons: Sequence[str | Button] | None = None
    """What stands beside its label: words for what it does by itself, and buttons of the app."""

    def __init__(
        self,
        value: Any = None,
        *,
        label: str | None = None,
        info: str | None = None,
        show_label: bool | None = None,
        container: bool = True,
        interactive: bool | None = None,
        every: Any = None,
        inputs: Any = None,
        **common: Any,
    ) -> None:
        self.loader: Callable[..., Any] | None = value if callable(value) else None
        self.value = None if self.loader else value
        self.every = every
        self.load_inputs = listed(inputs)
        self.label = label
        self.info = info
        self.show_label = show_label
        self.container = container
        self.interactive = interactive
        common.setdefault("min_width", 160)
        self._heed_older_buttons(common)
        super().__init__(**common)

    def _heed_older_buttons(self, given: dict[str, Any]) -> None:
        """Take `show_copy_button=True` and its like out of `given`: once what `buttons` says now."""
        if self.buttons is None:
            return
        for word in _WORDS_OF_BUTTONS:
            wanted = given.pop(f"show_{word}_button", None)
            if wanted is None:
                continue
            note(f'{type(self).__name__}: `show_{word}_button` is now a matter of buttons=["{word}", …]')
            others = [each for each in self.buttons if each != word]
            self.buttons = [*others, word] if wanted else others

    def check_needs(self, *, is_read: bool) -> None:
        """Raises `MissingExtraError` when a package that its values need is missing; imports nothing.

        `is_read`: a function takes its value; otherwise it is only shown.
        """

    def render(self) -> Self:
        super().render()
        for each in self.own_buttons:
            each.stand_in(self)
        return self

    @property
    def own_buttons(self) -> list[Button]:
        """The app's own buttons beside its label."""
        return [each for each in self.buttons or () if not isinstance(each, str)]

    # -- values --------------------------------------------------------------------------------

    def preprocess(self, wire: Any, files: Files) -> Any:  # noqa: ARG002
        """The function's argument for what the page sent. Raises `RefusedError` (see `refuse`)."""
        return wire

    def postprocess(self, value: Any, files: Files) -> Any:  # noqa: ARG002
        """The wire value for what the function returned. Raises `ValueError` or `TypeError`."""
        return value

    def whole(self, wire: Any, visit: Visit) -> Any:  # noqa: ARG002  # as others need it
        """The wire value itself, for a component whose page may send only what was done to it."""
        return wire

    def read(self, wire: Any, visit: Visit) -> Any:
        """What `preprocess` does, for a component that needs more of the session than its files."""
        return self.preprocess(wire, visit.files)

    def show(self, value: Any, visit: Visit) -> Any:
        """What `postprocess` does, for a component that needs more of the session than its files."""
        return self.postprocess(value, visit.files)

    def show_of(self, call: Call, value: Any) -> Any:
        """What `show` does, for a component that needs to know which call of a function the value is of."""
        return self.show(value, call.visit)

    def blank(self) -> Any:
        """The wire value of an emptied component."""
        return None

    def api_info(self) -> dict[str, Any]:
        """The JSON schema of the wire value."""
        return {}

    def author_markup(self) -> str:
        """The HTML that the app's author gave it: scripts and handlers in it may run."""
        return ""

    def timer(self) -> Any:
        """The `Timer` that loads its value `every` so many seconds, made for it if there is none yet."""
        if self.every is None:
            return None
        from doorstep.components.timer import Timer

        return self.every if isinstance(self.every, Timer) else Timer(self.every)

    # -- the page ------------------------------------------------------------------------------

    def props(self) -> dict[str, Any]:
        common = {
            "label": self.label,
            "info": self.info,
            "show_label": self.show_label,
            "container": self.container,
        }
        props = super().props() | common | {name: getattr(self, name) for name in self.PROPS}
        if self.buttons is not None:
            props["buttons"] = [each if isinstance(each, str) else each.id for each in self.buttons]
        return props

    def file_props(self, files: Files) -> dict[str, Any]:  # noqa: ARG002
        """More of what the page needs, for a component that has files beside its value."""
        return {}

    # -- messages ------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """What the visitor sees it called."""
        kind = type(self).__name__
        return f"{kind} “{self.label}”" if self.label else kind

    def refuse(self, message: str) -> RefusedError:
        """An error that names this component."""
        return RefusedError(f"{self.title}: {message}", self.id)

    def refuse_kind(self, wanted: str, wire: Any) -> RefusedError:
        return self.refuse(f"expected {wanted}, got {kind_of_wire(wire)}")


_WORDS_OF_BUTTONS = ("copy", "download", "fullscreen", "reset", "share")

_KINDS = {type(None): "nothing", bool: "true or false", int: "a number", float: "a number", str: "text"}
_KINDS |= {list: "a list", dict: "an object"}


def kind_of_wire(wire: Any) -> str:
    """What people call a JSON value of this kind."""
    return _KINDS.get(type(wire), type(wire).__name__)


def plain_number(value: Any) -> int | float:
    """An `int` or `float` from a Python or numpy number (0-dimensional arrays and tensors too)."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, (int, float)):
        return value
    return float(value)
