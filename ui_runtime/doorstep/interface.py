"""`Interface`: a function's page with inputs at the left and outputs at the right."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from doorstep.additional_inputs import lay_out_additional
from doorstep.blocks import Blocks
from doorstep.components import from_shortcut
from doorstep.components.base import Component
from doorstep.components.button import Button
from doorstep.components.deep_link_button import DeepLinkButton, deep_link_button
from doorstep.components.layout import Column, Row
from doorstep.components.markdown import Markdown
from doorstep.errors import UsageError
from doorstep.events.dependency import kind_of
from doorstep.events.listener import Listener
from doorstep.examples import Examples
from doorstep.flag_buttons import FOLDER, FlagButtons
from doorstep.later import INTERFACE, note_unsupported
from doorstep.look import split_options
from doorstep.words import left_to_us

if TYPE_CHECKING:
    from pathlib import Path

    from doorstep.components.panels import Accordion
    from doorstep.events.dependency import Dependency
    from doorstep.events.trigger import EventOptions, Limit, ShowProgress, Trigger, Visibility
    from doorstep.examples import CacheMode
    from doorstep.flag_buttons import Options
    from doorstep.flagging import FlaggingCallback
    from doorstep.graph import Block

ComponentLike = str | Component
Flagging = str | bool | None


class Buttons(NamedTuple):
    """An interface's buttons, so far as it has them."""

    submit: Button | None
    stop: Button | None
    clear: Button | None


class Interface(Blocks):
    """Wrap `fn` into a page. `inputs` and `outputs` are components, or words such as `"text"`.

    `live=True` runs the function at every change instead of on Submit.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        inputs: ComponentLike | Sequence[ComponentLike] | None,
        outputs: ComponentLike | Sequence[ComponentLike] | None,
        examples: list[Any] | list[list[Any]] | str | None = None,
        *,
        cache_examples: bool | Literal["lazy"] | None = None,
        cache_mode: CacheMode | None = None,
        examples_per_page: int = 10,
        example_labels: list[str] | None = None,
        preload_example: int | Literal[False] = 0,
        live: bool = False,
        title: str | None = None,
        description: str | None = None,
        article: str | None = None,
        flagging_mode: Flagging = None,
        allow_flagging: Flagging = None,
        flagging_options: Options = None,
        flagging_dir: str | Path = FOLDER,
        flagging_callback: FlaggingCallback | None = None,
        analytics_enabled: bool | None = None,
        api_name: str | None = None,
        api_description: str | Literal[False] | None = None,
        api_visibility: Visibility = "public",
        batch: bool = False,
        max_batch_size: int = 4,
        concurrency_limit: Limit = "default",
        additional_inputs: ComponentLike | Sequence[ComponentLike] | None = None,
        additional_inputs_accordion: str | Accordion | None = None,
        submit_btn: str | Button = "Submit",
        stop_btn: str | Button = "Stop",
        clear_btn: str | Button | None = "Clear",
        show_progress: ShowProgress = "full",
        fill_width: bool = False,
        fill_height: bool = False,
        time_limit: float | None = None,
        stream_every: float = 0.5,
        validator: Callable[..., Any] | None = None,
        delete_cache: tuple[float, float] | None = None,
        deep_link: str | DeepLinkButton | bool | None = None,
        **later: Any,
    ) -> None:
        if not callable(fn):
            raise UsageError(f"Interface wraps a function, not {fn!r}")
        look, later = split_options(later)
        note_unsupported("Interface", INTERFACE, later)
        super().__init__(
            mode="interface",
            title=title or "Doorstep",
            analytics_enabled=analytics_enabled,
            fill_height=fill_height,
            fill_width=fill_width,
            delete_cache=delete_cache,
            **look,
        )
        self.fn = fn
        self.live = live
        self.description = description
        self.article = article
        self.main_inputs = [_component(each) for each in _listed(inputs)]
        self.additional_inputs = [_component(each) for each in _listed(additional_inputs)]
        self.input_components = [*self.main_inputs, *self.additional_inputs]
        self.output_components = [_component(each) for each in _listed(outputs)]
        self.flagging = FlagButtons(
            _flagging_mode(flagging_mode, allow_flagging), flagging_options, flagging_dir, flagging_callback
        )
        self._name_components()
        with self:
            buttons = self._lay_out(title, submit_btn, stop_btn, clear_btn, additional_inputs_accordion)
            options: EventOptions = {
                "api_description": api_description,
                "api_visibility": api_visibility,
                "batch": batch,
                "max_batch_size": max_batch_size,
                "concurrency_limit": concurrency_limit,
                "show_progress": show_progress,
                "time_limit": time_limit,
                "stream_every": stream_every,
                "validator": validator,
            }
            self._connect(buttons, api_name, options)
            self.examples = None
            if examples:
                self.examples = Examples(
                    examples,
                    self.input_components,
                    self.output_components,
                    fn,
                    cache_examples,
                    cache_mode,
                    examples_per_page=examples_per_page,
                    example_labels=example_labels,
                    preload=self._preloaded(preload_example),
                    batch=batch,
                )
            if deep_link:
                _render([deep_link_button(deep_link)])
            if article:
                Markdown(article)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the wrapped function itself."""
        return self.fn(*args, **kwargs)

    def _name_components(self) -> None:
        for component, parameter in zip(self.input_components, _parameters(self.fn), strict=False):
            component.label = component.label or parameter
        for component in self.output_components:
            if component.interactive is None and component not in self.input_components:
                component.interactive = False  # other functions read it too, to flag it or for its change
        many = len(self.output_components) > 1
        for number, component in enumerate(self.output_components):
            component.label = component.label or (f"output {number}" if many else "output")

    def _lay_out(
        self,
        title: str | None,
        submit_btn: str | Button,
        stop_btn: str | Button,
        clear_btn: str | Button | None,
        accordion: str | Accordion | None,
    ) -> Buttons:
        if title:
            Markdown(f"# {title}", elem_classes="title")
        if self.description:
            Markdown(self.description)
        with Row():
            if self.input_components:
                with Column(variant="panel"):
                    _render(self.main_inputs)
                    lay_out_additional(self.additional_inputs, accordion)
                    buttons = self._buttons(submit_btn, stop_btn, clear_btn)
                if self.output_components:
                    with Column(variant="panel"):
                        _render(self.output_components)
                        self.flagging.lay_out()
            else:
                with Column(variant="panel"):
                    _render(self.output_components)
                    generate = "Generate" if submit_btn == "Submit" else submit_btn
                    buttons = self._buttons(generate, stop_btn, clear_btn)
                    self.flagging.lay_out()
        return buttons

    def _buttons(
        self, submit_btn: str | Button, stop_btn: str | Button, clear_btn: str | Button | None
    ) -> Buttons:
        with Row():
            clear = _button(clear_btn, "secondary") if clear_btn is not None else None
            submit = None if self.live else _button(submit_btn, "primary")
            stop = None
            if submit is not None and kind_of(self.fn).is_generator:
                stop = _button(stop_btn, "stop")
                stop.visible = False
        return Buttons(submit, stop, clear)

    def _connect(self, buttons: Buttons, api_name: str | None, options: EventOptions) -> None:
        triggers = self._triggers(buttons.submit)
        run = self.add_dependency(
            triggers, self.fn, self.input_components, self.output_components, api_name, **options
        )
        if buttons.stop is not None and buttons.submit is not None:
            self._connect_stop(triggers, run, buttons.submit, buttons.stop)
        shown = {each.id: each for each in (*self.input_components, *self.output_components)}
        self.flagging.connect(run, list(shown.values()))
        if buttons.clear is not None:
            self.add_constant(buttons.clear.click, [(each, each.blank()) for each in shown.values()])

    def _connect_stop(
        self, triggers: Sequence[Trigger], run: Dependency, submit: Button, stop: Button
    ) -> None:
        """While it runs, the Stop button takes the place of the other one."""
        running: list[tuple[Block, dict[str, Any]]] = [
            (submit, {"visible": False}),
            (stop, {"visible": True}),
        ]
        idle: list[tuple[Block, dict[str, Any]]] = [(submit, {"visible": True}), (stop, {"visible": False})]
        self.add_changes(triggers, running, "started")
        self.add_changes([run.then], idle, "ended")
        self.add_changes([stop.click], idle, "stop", cancels=run)

    def _preloaded(self, number: int | Literal[False]) -> int | Literal[False]:
        """The example that a page opens with: none where an input has a value of its own."""
        has_value = any(each.value is not None or each.loader is not None for each in self.main_inputs)
        return False if has_value else number

    def _triggers(self, submit: Button | None) -> list[Trigger]:
        """What runs the function: every change, or the button and Enter in a text."""
        if submit is None:
            changes = [_event(component, _change_of(component)) for component in self.input_components]
            return [each for each in changes if each is not None] or [self.load]
        enters = [_event(component, "submit") for component in self.input_components]
        return [submit.click, *(each for each in enters if each is not None)]


def _flagging_mode(mode: Flagging, older: Flagging) -> str | None:
    """The mode as it is written now; `allow_flagging` took truth values too."""
    asked = mode if mode is not None else older
    if isinstance(asked, bool):
        return "manual" if asked else "never"
    return asked


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


def _change_of(component: Component) -> str:
    """What a component that streams does instead of changing."""
    return "stream" if getattr(component, "streaming", False) else "change"


def _event(component: Component, name: str) -> Listener | None:
    listener = getattr(component, name, None)
    return listener if isinstance(listener, Listener) else None


def _button(given: str | Button, variant: Any) -> Button:
    if isinstance(given, Button):
        if given.parent is None:
            given.render()
        return given
    return left_to_us(Button(given, variant=variant), "value")


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
