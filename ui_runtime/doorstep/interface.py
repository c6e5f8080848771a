"""`Interface`: a function's page with inputs at the left and outputs at the right."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from doorstep.blocks import Blocks
from doorstep.components import from_shortcut
from doorstep.components.base import Component
from doorstep.components.button import Button
from doorstep.components.layout import Column, Row
from doorstep.components.markdown import Markdown
from doorstep.errors import UsageError
from doorstep.events.listener import Listener
from doorstep.events.trigger import Limit, ShowProgress, Visibility
from doorstep.later import INTERFACE, note, note_unsupported

ComponentLike = str | Component
Flagging = str | bool | None


class Interface(Blocks):
    """Wrap `fn` into a page. `inputs` and `outputs` are components, or words such as `"text"`.

    `live=True` runs the function at every change instead of on Submit.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        inputs: ComponentLike | Sequence[ComponentLike] | None,
        outputs: ComponentLike | Sequence[ComponentLike] | None,
        examples: Any = None,
        *,
        live: bool = False,
        title: str | None = None,
        description: str | None = None,
        article: str | None = None,
        flagging_mode: Flagging = None,
        allow_flagging: Flagging = None,
        analytics_enabled: bool | None = None,
        api_name: str | None = None,
        api_description: str | None = None,
        api_visibility: Visibility = "public",
        concurrency_limit: Limit = "default",
        submit_btn: str | Button = "Submit",
        clear_btn: str | Button | None = "Clear",
        show_progress: ShowProgress = "full",
        fill_width: bool = False,
        **later: Any,
    ) -> None:
        if not callable(fn):
            raise UsageError(f"Interface wraps a function, not {fn!r}")
        note_unsupported("Interface", INTERFACE, {"examples": examples, **later})
        if (flagging_mode or allow_flagging) not in {None, False, "never"}:
            note("Interface: flagging does nothing yet in this version of Doorstep")
        super().__init__(
            mode="interface",
            title=title or "Doorstep",
            analytics_enabled=analytics_enabled,
            fill_width=fill_width,
        )
        self.fn = fn
        self.live = live
        self.description = description
        self.article = article
        self.input_components = [_component(each) for each in _listed(inputs)]
        self.output_components = [_component(each) for each in _listed(outputs)]
        self._name_components()
        with self:
            submit, clear = self._lay_out(title, submit_btn, clear_btn)
            self._connect(
                submit, clear, api_name, api_description, api_visibility, concurrency_limit, show_progress
            )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the wrapped function itself."""
        return self.fn(*args, **kwargs)

    def _name_components(self) -> None:
        for component, parameter in zip(self.input_components, _parameters(self.fn), strict=False):
            component.label = component.label or parameter
        many = len(self.output_components) > 1
        for number, component in enumerate(self.output_components):
            component.label = component.label or (f"output {number}" if many else "output")

    def _lay_out(
        self, title: str | None, submit_btn: str | Button, clear_btn: str | Button | None
    ) -> tuple[Button | None, Button | None]:
        submit = clear = None
        if title:
            Markdown(f"# {title}", elem_classes="title")
        if self.description:
            Markdown(self.description)
        with Row():
            if self.input_components:
                with Column(variant="panel"):
                    _render(self.input_components)
                    submit, clear = self._buttons(submit_btn, clear_btn)
            with Column(variant="panel"):
                _render(self.output_components)
                if not self.input_components:
                    submit, clear = self._buttons(submit_btn, clear_btn)
        if self.article:
            Markdown(self.article)
        return submit, clear

    def _buttons(
        self, submit_btn: str | Button, clear_btn: str | Button | None
    ) -> tuple[Button | None, Button | None]:
        with Row():
            clear = _button(clear_btn, "secondary") if clear_btn is not None else None
            submit = None if self.live else _button(submit_btn, "primary")
        return submit, clear

    def _connect(
        self,
        submit: Button | None,
        clear: Button | None,
        api_name: str | None,
        api_description: str | None,
        api_visibility: Visibility,
        concurrency_limit: Limit,
        show_progress: ShowProgress,
    ) -> None:
        self.add_dependency(
            self._triggers(submit),
            self.fn,
            self.input_components,
            self.output_components,
            api_name=api_name,
            api_description=api_description,
            api_visibility=api_visibility,
            concurrency_limit=concurrency_limit,
            show_progress=show_progress,
        )
        if clear is not None:
            cleared = {each.id: each for each in (*self.input_components, *self.output_components)}
            self.add_constant(clear.click, [(each, each.blank()) for each in cleared.values()])

    def _triggers(self, submit: Button | None) -> list[Listener]:
        """What runs the function: every change, or the button and Enter in a text."""
        if submit is None:
            changes = [_event(component, "change") for component in self.input_components]
            return [each for each in changes if each is not None] or [self.load]
        enters = [_event(component, "submit") for component in self.input_components]
        return [submit.click, *(each for each in enters if each is not None)]


def _listed(given: ComponentLike | Sequence[ComponentLike] | None) -> list[ComponentLike]:
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]  # type: ignore[list-item]  # see _component


def _component(given: Any) -> Component:
    if isinstance(given, Component):
        return given
    if isinstance(given, str):
        return from_shortcut(given)
    if isinstance(given, type) and issubclass(given, Component):
        raise UsageError(f"{given.__name__} is a class; write {given.__name__}() to make a component of it")
    raise UsageError(f'inputs and outputs are components or words such as "text", not {given!r}')


def _event(component: Component, name: str) -> Listener | None:
    listener = getattr(component, name, None)
    return listener if isinstance(listener, Listener) else None


def _button(given: str | Button, variant: Any) -> Button:
    if isinstance(given, Button):
        if given.parent is None:
            given.render()
        return given
    return Button(given, variant=variant)


def _render(components: Sequence[Component]) -> None:
    for component in components:
        if component.parent is None:
            component.render()


def _parameters(fn: Callable[..., Any]) -> list[str]:
    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):  # some built-in functions have no signature
        return []
    return [
        each.name for each in parameters if each.kind in {each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD}
    ]
