"""Templates of the `HTML` component, as JavaScript: `${…}` expressions and Handlebars tags in one text.

A template is compiled once, by the app: the page needs no `eval`, and what a value holds is never read as
a template. `{{…}}` writes text, `{{{…}}}` and `${…}` write HTML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from doorstep.errors import UsageError

_TAG: Final = re.compile(r"\{\{(!--.*?--|\{[^{}]*\}|[^{}]*)\}\}", re.DOTALL)
_OPENING: Final = re.compile(r"\\?\$\{|\{\{")
_AS: Final = re.compile(r"\s+as\s+\|([^|]*)\|\s*\Z")
_BLOCKS: Final = frozenset({"each", "if", "unless", "with"})
_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")
_WORD: Final = re.compile(r"""\s*("[^"]*"|'[^']*'|[^\s()]+)""")
_RESERVED: Final = frozenset(
    {
        *("break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete"),
        *("do", "else", "enum", "export", "extends", "false", "finally", "for", "function", "if", "import"),
        *("in", "instanceof", "new", "null", "return", "super", "switch", "this", "throw", "true"),
        *("try", "typeof", "var", "void", "while", "with", "yield", "let", "static", "implements"),
        *("interface", "package", "private", "protected", "public", "await", "h", "c", "props"),
    }
)


def function_of(template: str, names: Iterable[str]) -> str:
    """A JavaScript function `(props, h)` that returns the filled template.

    `names` are the properties that `${…}` may use as variables; `h` are the page's helpers
    (`lib/handlebars.ts`). Raises `UsageError` for a template that does not end what it begins.
    """
    variables = ", ".join(name for name in names if _NAME.fullmatch(name) and name not in _RESERVED)
    body = _Compiler(template).whole()
    return f"(props, h) => {{ const {{ {variables} }} = props, c = h.root(props); return {body}; }}"


@dataclass
class _Block:
    """An open `{{#kind …}}`: its body so far, and that after `{{else}}`."""

    kind: str
    argument: str
    names: list[str]
    body: list[str] = field(default_factory=list)
    otherwise: list[str] | None = None
    is_chained: bool = False
    """It is the `else if` of another one, and ends with that."""

    @property
    def target(self) -> list[str]:
        return self.body if self.otherwise is None else self.otherwise

    def code(self) -> str:
        names = json.dumps(self.names)
        otherwise = _joined(self.otherwise or [])
        return f"h.{self.kind}({self.argument}, c, (c) => {_joined(self.body)}, (c) => {otherwise}, {names})"


class _Compiler:
    def __init__(self, template: str) -> None:
        self._template = template
        self._top: list[str] = []
        self._open: list[_Block] = []

    def whole(self) -> str:
        at = 0
        while found := _OPENING.search(self._template, at):
            self._add(_literal(self._template[at : found.start()]))
            at = self._read(found)
        self._add(_literal(self._template[at:]))
        if self._open:
            raise UsageError(f"html template: {{{{#{self._open[-1].kind}}}}} is not closed")
        return _joined(self._top)

    def _read(self, found: re.Match[str]) -> int:
        """Read what opens here; returns where it ends."""
        if found[0] == "\\${":
            self._add(_literal("${"))
            return found.end()
        if found[0] == "${":
            end = _end_of_expression(self._template, found.end())
            self._add(f"h.raw({self._template[found.end() : end]})")
            return end + 1
        tag = _TAG.match(self._template, found.start())
        if tag is None:
            self._add(_literal("{{"))
            return found.end()
        self._tag(tag[1].strip().strip("~").strip())
        return tag.end()

    def _tag(self, text: str) -> None:
        if text.startswith("!"):
            return
        if text.startswith("#"):
            self._begin(text[1:].strip(), is_chained=False)
        elif text.startswith("/"):
            self._end(text[1:].strip())
        elif text in {"else", "^"} or text.startswith("else "):
            self._else(text.removeprefix("else").removeprefix("^").strip())
        elif text.startswith(("{", "&")):
            self._add(f"h.raw({_value(text.strip('{}& '))})")
        else:
            self._add(f"h.text({_value(text)})")

    def _begin(self, text: str, *, is_chained: bool) -> None:
        kind, _, rest = text.partition(" ")
        if kind not in _BLOCKS:
            raise UsageError(f"html template: there is no {{{{#{kind}}}}}, only {', '.join(sorted(_BLOCKS))}")
        names = _AS.search(rest)
        argument = _value(rest[: names.start()] if names else rest)
        self._open.append(_Block(kind, argument, names[1].split() if names else [], is_chained=is_chained))

    def _else(self, condition: str) -> None:
        if not self._open or self._open[-1].otherwise is not None:
            raise UsageError("html template: {{else}} outside of a block")
        self._open[-1].otherwise = []
        if condition:
            self._begin(condition, is_chained=True)

    def _end(self, kind: str) -> None:
        while self._open and self._open[-1].is_chained:
            self._add_closed(self._open.pop())
        if not self._open or self._open[-1].kind != kind:
            raise UsageError(f"html template: {{{{/{kind}}}}} closes nothing")
        self._add_closed(self._open.pop())

    def _add_closed(self, block: _Block) -> None:
        self._add(block.code())

    def _add(self, code: str) -> None:
        if code != '""':
            (self._open[-1].target if self._open else self._top).append(code)


def _value(text: str) -> str:
    """A path, a literal, or `lookup a b`; helpers such as `(eq a b)` are none of Handlebars' own."""
    words = _WORD.findall(text)
    if len(words) == 3 and words[0] == "lookup":
        return f"h.lookup({_value(words[1])}, {_value(words[2])})"
    if len(words) != 1:
        raise UsageError(f"html template: cannot read {{{{{text}}}}}")
    word = words[0]
    if word[0] in "\"'":
        return json.dumps(word[1:-1])
    if re.fullmatch(r"-?\d+(\.\d+)?|true|false|null|undefined", word):
        return str(word)
    return f"h.get(c, {json.dumps(word)})"


def _joined(parts: list[str]) -> str:
    return " + ".join(["''", *parts]) if parts else "''"


def _literal(text: str) -> str:
    return json.dumps(text)


def _end_of_expression(text: str, start: int) -> int:
    """Where the `}` of a `${` stands. Raises `UsageError` without one."""
    depth = 0
    for at, sign in _code_signs(text, start):
        if sign == "{":
            depth += 1
        elif sign == "}" and depth == 0:
            return at
        elif sign == "}":
            depth -= 1
    raise UsageError(f"html template: ${{{text[start : start + 40]}… is not closed")


def _code_signs(text: str, start: int) -> Iterator[tuple[int, str]]:
    """Each character of code that is not inside of a text of it."""
    at = start
    while at < len(text):
        sign = text[at]
        if sign in "\"'":
            at = _end_of_quote(text, at)
        elif sign == "`":
            at = _end_of_literal(text, at)
        else:
            yield at, sign
        at += 1


def _end_of_quote(text: str, start: int) -> int:
    at = start + 1
    while at < len(text) and text[at] != text[start]:
        at += 2 if text[at] == "\\" else 1
    return at


def _end_of_literal(text: str, start: int) -> int:
    at = start + 1
    while at < len(text) and text[at] != "`":
        if text.startswith("${", at):
            at = _end_of_expression(text, at + 2)
        at += 2 if text[at] == "\\" else 1
    return at
