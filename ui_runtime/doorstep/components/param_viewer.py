"""The parameters of a function, to be looked up: type, default and description of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from doorstep.components.arguments import check_option
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable


class ParamViewer(Component):
    """Shows and passes `{name: {"type": …, "description": …, "default": …}}`.

    Types are written in `language`. `linkify` names parameters to which their mention elsewhere leads;
    `anchor_links` gives each parameter an address of its own (with a prefix, if it is a text).
    """

    type: ClassVar[str] = "param_viewer"
    PROPS: ClassVar = ("language", "linkify", "header", "anchor_links", "max_height")
    is_static: ClassVar[bool] = True

    change = EventListener()

    def __init__(
        self,
        value: Mapping[str, Mapping[str, Any]] | Callable[[], Any] | None = None,
        language: Literal["python", "typescript"] = "python",
        linkify: Sequence[str] | None = None,
        *,
        header: str | None = "Parameters",
        anchor_links: bool | str = False,
        max_height: int | str | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        check_option("ParamViewer", "language", language, ("python", "typescript"))
        self.language = language
        self.linkify = list(linkify or ())
        self.header = header
        self.anchor_links = anchor_links
        self.max_height = max_height
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: Files) -> dict[str, Any] | None:
        if wire is not None and not isinstance(wire, dict):
            raise self.refuse_kind("an object of parameters", wire)
        return wire

    def postprocess(self, value: Any, files: Files) -> dict[str, Any] | None:
        if value is None:
            return None
        return {str(name): _parameter(facts) for name, facts in value.items()}

    def api_info(self) -> dict[str, Any]:
        return {"type": {}, "description": "any valid json"}

    def api_example(self) -> Any:
        return {"x": {"type": "int", "description": "a number", "default": "1"}}


def _parameter(facts: Mapping[str, Any]) -> dict[str, Any]:
    default = facts.get("default")
    return {
        "type": str(facts.get("type") or ""),
        "description": str(facts.get("description") or ""),
        "default": default if default is None or isinstance(default, str) else repr(default),
    }
