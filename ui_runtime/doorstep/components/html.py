"""Any HTML of the app's author: fixed, or a template with properties, styles and a script of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final

from doorstep.allowed import handlers_in
from doorstep.components.authored import functions_by_name, split_common
from doorstep.components.base import Component, Files
from doorstep.components.templates import function_of
from doorstep.events.listener import EventListener, Listener
from doorstep.events.scripts import author
from doorstep.graph import Container
from doorstep.later import is_silent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doorstep.components.button import Button

_PLAIN: Final = "${value}"
_CLICK: Final = "element.addEventListener('click', function() { trigger('click') });"
_TRIGGERED: Final = re.compile(r"""\btrigger\(\s*["'`]([A-Za-z_]\w*)["'`]""")


class HTML(Component, Container):
    """Shows HTML. Its value is what `${value}` stands for in `html_template`: a text, or any JSON value.

    `html_template` and `css_template` may use `${…}` (JavaScript; as HTML) and Handlebars (`{{…}}`; as
    text) with `value` and the further keyword arguments, which are properties that functions can change.
    `js_on_load` runs once with `element`, `trigger(event, data)`, `props`, `watch`, `upload` and `server`,
    whose methods are the `server_functions`. Components made in its `with` stand where `@children` does.

    A value is HTML, but no script: handlers such as `onclick` run when they stand in the template or in the
    value that the component is made with, and not when they come from a function.
    """

    type: ClassVar[str] = "html"
    PROPS: ClassVar = (
        *("module", "fields", "handlers", "apply_default_css", "min_height", "max_height", "padding"),
        *("autoscroll", "head", "server", "toolbar"),
    )
    is_static: ClassVar[bool] = True
    holds_markup: ClassVar[bool] = True
    buttons: list[Button]

    change = EventListener()
    input = EventListener()
    click = EventListener()
    double_click = EventListener()
    submit = EventListener()
    stop = EventListener()
    edit = EventListener()
    load = EventListener()
    clear = EventListener()
    play = EventListener()
    pause = EventListener()
    end = EventListener()
    start_recording = EventListener()
    pause_recording = EventListener()
    stop_recording = EventListener()
    focus = EventListener()
    blur = EventListener()
    upload = EventListener()
    release = EventListener()
    select = EventListener()
    stream = EventListener()
    like = EventListener()
    example_select = EventListener()
    option_select = EventListener()
    key_up = EventListener()
    apply = EventListener()
    delete = EventListener()
    tick = EventListener()
    undo = EventListener()
    retry = EventListener()
    expand = EventListener()
    collapse = EventListener()
    download = EventListener()
    copy = EventListener()

    def __init__(
        self,
        value: Any = None,
        *,
        label: str | None = None,
        html_template: str = _PLAIN,
        css_template: str = "",
        js_on_load: str | None = _CLICK,
        apply_default_css: bool = True,
        show_label: bool = False,
        min_height: int | str | None = None,
        max_height: int | str | None = None,
        container: bool = False,
        padding: bool = False,
        autoscroll: bool = False,
        buttons: list[Button] | None = None,
        head: str | None = None,
        server_functions: Sequence[Callable[..., Any]] | None = None,
        **props: Any,
    ) -> None:
        common, self.fields = split_common(props)
        self.html_template = html_template
        self.css_template = css_template
        self.js_on_load = js_on_load
        self.apply_default_css = apply_default_css
        self.min_height = min_height
        self.max_height = max_height
        self.padding = padding
        self.autoscroll = autoscroll
        self.head = head
        self.server_functions = functions_by_name(server_functions)
        self._module = self._served()
        common.setdefault("min_width", None)
        super().__init__(value, label=label, show_label=show_label, container=container, **common)
        self.buttons = [] if is_silent.get() else list(buttons or ())
        for button in self.buttons:
            self.append(button.unrender())

    def __getattr__(self, name: str) -> Any:
        """An event of its own: one that its script triggers by this name."""
        script = self.__dict__.get("js_on_load")
        if script and not name.startswith("_") and name in _TRIGGERED.findall(script):
            return Listener(self, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    # -- the page ------------------------------------------------------------------------------

    @property
    def module(self) -> str | None:
        """The path of the module that fills its templates; None where there is nothing to fill."""
        return self._module

    @property
    def handlers(self) -> list[str]:
        """The code of the handlers that its author wrote, such as `onclick`."""
        return handlers_in(self.author_markup())

    @property
    def server(self) -> list[str]:
        """The names of the functions that its script may call."""
        return [*self.server_functions]

    @property
    def toolbar(self) -> list[int]:
        """The ids of its buttons."""
        return [button.id for button in self.buttons]

    def author_markup(self) -> str:
        return "\n".join(
            each for each in (self.head, self.html_template, self.value) if isinstance(each, str)
        )

    def _served(self) -> str | None:
        """Its templates and its script as one module, served from now on."""
        script = None if self.js_on_load == _CLICK else self.js_on_load or ""
        if self.html_template == _PLAIN and not self.css_template and script is None:
            return None
        names = ["value", "label", *self.fields]
        parts = [f"export const html = {function_of(self.html_template, names)};"]
        if self.css_template:
            parts.append(f"export const css = {function_of(self.css_template, names)};")
        if script is not None:
            parts.append(
                "export async function load(element, trigger, props, watch, upload, server) {\n"
                + script
                + "\n}"
            )
        return author.add_module("\n".join(parts) + "\n")

    # -- values --------------------------------------------------------------------------------

    def postprocess(self, value: Any, files: Files) -> Any:
        if isinstance(value, (str, int, float, bool, list, dict, type(None))):
            return value
        return value.tolist() if hasattr(value, "tolist") else str(value)

    def api_info(self) -> dict[str, Any]:
        return {"type": "string"}
