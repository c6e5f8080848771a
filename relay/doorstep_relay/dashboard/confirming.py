"""Asks once more before what cannot be undone: the question names what is hit, and a second click does it.

What the second click does is what was asked, whatever has been chosen or typed on the page since.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import doorstep as ds
from doorstep_relay.dashboard.listing import LOUD, QUIET
from doorstep_relay.dashboard.pieces import page_of
from doorstep_relay.markup import fill

Act = Callable[..., Awaitable[Any]]
"""`act(request, *about)`: does it, and gives what the page then shows."""

_SHOWN: Final = """() => requestAnimationFrame(() => {
  window.askedFrom = document.activeElement;
  [...document.querySelectorAll('.confirm button')].find((each) => each.offsetParent)?.focus();
})"""
_GONE: Final = "() => window.askedFrom?.isConnected && window.askedFrom.focus()"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and what a yes does: `act(request, *about)`."""

    text: str
    yes: str
    """The button's words, which name what is hit."""
    act: str
    about: tuple[Any, ...]


class Confirmation:
    """Built where it stands on the page. Give it all that may be asked with `on`, then `wire` it."""

    def __init__(self) -> None:
        self._acts: dict[str, Act] = {}
        self._pending = ds.State(None)
        with ds.Group(visible=False, elem_classes="confirm") as self.box:
            self._text = ds.HTML()
            with ds.Row():
                self._yes = ds.Button("Yes", variant="stop", size="sm")
                self._no = ds.Button("No, leave it", size="sm")

    def ask(self, button: ds.Button, ask: Callable[..., Awaitable[Question]], inputs: list[Any]) -> None:
        """A click on the button asks what `ask(*inputs, request)` says; that may refuse instead."""
        shown = [self.box, self._text, self._yes, self._pending]

        async def show(request: ds.Request, *given: Any) -> Any:
            question = await ask(request, *given)
            text = page_of(fill('<p role="alert">$text</p>', text=question.text))
            return ds.update(visible=True), text, ds.update(value=question.yes), question

        button.click(show, inputs, shown, **LOUD).success(None, js=_SHOWN)

    def on(self, name: str, act: Act) -> None:
        """What a yes does to a question that names this act."""
        self._acts[name] = act

    def wire(self, outputs: list[Any]) -> Any:
        """A yes fills the outputs with what its act gives. The event that follows it, to chain to."""

        async def do(request: ds.Request, question: Question | None) -> Any:
            if question is None:
                return ds.update(visible=False), *(ds.skip() for _ in outputs)
            given = await self._acts[question.act](request, *question.about)
            return ds.update(visible=False), *(given if len(outputs) != 1 else (given,))

        self._no.click(lambda: ds.update(visible=False), None, self.box, **QUIET).then(None, js=_GONE)
        return self._yes.click(do, self._pending, [self.box, *outputs], **LOUD)
