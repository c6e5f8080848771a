"""Source code, with its colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Unpack

from doorstep.components.base import Component, ComponentProps, Files
from doorstep.errors import UsageError
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorstep.components.button import Button

_SQL: Final = "msSQL mySQL mariaDB sqlite cassandra plSQL hive pgSQL gql gpSQL sparkSQL esper"
LANGUAGES: Final = (
    *("python", "c", "cpp", "markdown", "latex", "json", "html", "css", "javascript", "jinja2", "typescript"),
    *("yaml", "dockerfile", "shell", "r", "sql"),
    *(f"sql-{dialect}" for dialect in _SQL.split()),
    None,
)


class Code(Component):
    """Passes the text as a `str` (`""` while there is none); shows a `str`, without the space around it.

    `lines` and `max_lines` are how many are in sight at least and at most; `autocomplete` offers words of
    the language while one types. Escape, then Tab leaves the editor by keyboard.
    """

    type: ClassVar[str] = "code"
    PROPS: ClassVar = (
        *("language", "lines", "max_lines", "wrap_lines", "show_line_numbers", "autocomplete"),
    )
    languages: ClassVar[list[str | None]] = list(LANGUAGES)

    change = EventListener()
    input = EventListener()
    focus = EventListener()
    blur = EventListener()

    def __init__(
        self,
        value: str | Callable[[], Any] | None = None,
        language: str | None = None,
        *,
        lines: int = 5,
        max_lines: int | None = None,
        wrap_lines: bool = False,
        show_line_numbers: bool = True,
        autocomplete: bool = False,
        buttons: Sequence[str | Button] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        if language not in LANGUAGES:
            known = ", ".join(repr(each) for each in LANGUAGES)
            raise UsageError(f"Code: language={language!r} is not one of {known}")
        self.language = language
        self.lines = lines
        self.max_lines = max_lines
        self.wrap_lines = wrap_lines
        self.show_line_numbers = show_line_numbers
        self.autocomplete = autocomplete
        self.buttons = ["copy", "download"] if buttons is None else buttons
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: Files) -> str:
        if wire is None:
            return ""
        if not isinstance(wire, str):
            raise self.refuse_kind("text", wire)
        return wire

    def postprocess(self, value: Any, files: Files) -> str | None:
        if isinstance(value, (tuple, list)):
            raise TypeError("a file's code is its text: Path(…).read_text()")
        return None if value is None else str(value).strip()

    def api_info(self) -> dict[str, Any]:
        return {"type": "string"}
