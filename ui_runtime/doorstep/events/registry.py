"""Where functions are attached to events: an app, or a part of its page that is rendered for one session."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextvars import ContextVar
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Literal, Unpack

from doorstep.components.arguments import check_option
from doorstep.errors import UsageError
from doorstep.events.dependency import Dependency, Target, name_of
from doorstep.events.injection import check_arguments
from doorstep.events.listener import listed
from doorstep.events.scripts import Scripts, note_transpiling
from doorstep.graph import Block, Container
from doorstep.later import note

if TYPE_CHECKING:
    from doorstep.blocks import Blocks
    from doorstep.components.base import Component, Files
    from doorstep.events.listener import Listener
    from doorstep.events.trigger import (
        Decorated,
        EventOptions,
        Function,
        Inputs,
        Outputs,
        Trigger,
        TriggerMode,
    )

Preparation = Callable[["Blocks", "Files"], None]

current: ContextVar[Registry | None] = ContextVar("doorstep_registry", default=None)

_CHANGING: Final = frozenset({"change", "input", "key_up"})


class Registry:
    """Takes functions and the events that run them."""

    dependencies: list[Dependency]
    api_names: set[str]
    scripts: Scripts

    # -- what the two kinds of it decide -------------------------------------------------------

    def next_id(self, key: Any) -> int:  # noqa: ARG002  # keys matter in rendered parts
        """The id of the next dependency."""
        return len(self.dependencies)

    def opened(self) -> Trigger:
        """Happens once when what is built here is there for the visitor."""
        raise NotImplementedError

    def start(self, dependency: Dependency, listener: Listener) -> None:
        """Let an event of a block start `dependency`."""
        dependency.targets.append(Target(listener.block.id, listener.name))

    def before_serving(self, prepare: Preparation) -> None:
        """Have something done before the app is served; a part rendered later is past that."""

    def page_path(self) -> str | None:
        """The path of the page that is being built."""
        return None

    # -- building ------------------------------------------------------------------------------

    def add_dependency(
        self,
        triggers: Sequence[Trigger],
        fn: Function | Decorated | None,
        inputs: Inputs = None,
        outputs: Outputs = None,
        api_name: str | Literal[False] | None = None,
        **options: Unpack[EventOptions],
    ) -> Dependency:
        """Run `fn` when any of `triggers` happens. See `Trigger.__call__` and `EventOptions`."""
        named = dict(options.pop("inputs_kwargs", None) or {})
        given: Any = inputs
        if isinstance(given, Mapping):
            named, given = {**given, **named}, None
        positional = _components(given, "inputs", fn)
        dependency = Dependency(
            id=self.next_id(options.get("key")),
            app=self,
            targets=[],
            fn=None,
            inputs=[*positional, *_components(list(named.values()), "inputs_kwargs", fn)],
            outputs=_blocks(outputs, "outputs", fn),
            api_name="",
            inputs_as_dict=isinstance(given, AbstractSet),
            outputs_as_dict=isinstance(outputs, AbstractSet),
            keywords=tuple(named),
            page=self.page_path(),
        )
        for trigger in triggers:
            trigger.attach(dependency)
        self._set_options(dependency, options, triggers)
        self._set_function(dependency, None if fn == "decorator" else fn, api_name)
        if fn == "decorator":
            dependency.adopt = lambda late: self._set_function(dependency, late, api_name)
        self.dependencies.append(dependency)
        return dependency

    def add_constant(self, trigger: Trigger, values: Sequence[tuple[Component, Any]]) -> Dependency:
        """Give components wire values when `trigger` happens, without a round trip."""
        return self.add_changes([trigger], [(each, {"value": wire}) for each, wire in values], "clear")

    def add_changes(
        self,
        triggers: Sequence[Trigger],
        changes: Sequence[tuple[Block, dict[str, Any]]],
        name: str = "change",
        cancels: Dependency | None = None,
    ) -> Dependency:
        """Change properties of blocks at any of `triggers`, without a round trip."""
        outputs = [block for block, _ in changes]
        dependency = self.add_dependency(triggers, None, None, outputs, name, cancels=cancels)
        dependency.changes = [(block.id, props) for block, props in changes]
        return dependency

    def add_loads(self, page: Container) -> None:
        """A component whose `value` is a function gets it anew when the page is opened, its `inputs` change,
        or `every` so many seconds.
        """
        from doorstep.components.base import Component

        for block in list(Container.walk(page)):
            if isinstance(block, Component) and block.loader is not None:
                self._add_load(block, block.loader)
                block.loader = None

    def _add_load(self, component: Component, fn: Function) -> None:
        changes = [each.change for each in component.load_inputs if hasattr(each, "change")]
        timer = component.timer()
        dependency = self.add_dependency(
            [self.opened(), *changes, *([timer.tick] if timer is not None else [])],
            fn,
            component.load_inputs,
            component,
            False,
            show_progress="hidden",
            concurrency_limit=None,
            trigger_mode="always_last" if changes else "once",
        )
        dependency.page = self.page_path()

    def _set_options(
        self, dependency: Dependency, options: EventOptions, triggers: Sequence[Trigger]
    ) -> None:
        for name, value in options.items():
            if name not in _SET_APART:
                _check_known(name)
                setattr(dependency, name, value)
        dependency.queue = options.get("queue") is not False
        shown_on = options.get("show_progress_on")
        dependency.show_progress_on = _components(shown_on, "show_progress_on", None) if shown_on else None
        dependency.cancels = _dependencies(options.get("cancels"))
        dependency.trigger_mode = options.get("trigger_mode") or _default_mode(triggers)
        if dependency.is_stream and "show_progress" not in options:
            dependency.show_progress = "minimal"  # a veil over what changes twice a second would flicker
        dependency.key = options.get("key")
        _check_words(dependency)
        js = options.get("js")
        if js is True:
            note_transpiling()
        elif js:
            dependency.js = self.scripts.add(js)

    def _set_function(
        self, dependency: Dependency, fn: Function | None, api_name: str | Literal[False] | None
    ) -> None:
        if isinstance(fn, Dependency):  # one decorator above another
            fn = fn.fn
        if fn is not None and not callable(fn):
            raise UsageError(f"an event runs a function, not {fn!r}")
        if fn is None or api_name is False:
            dependency.api_visibility = "private"
        dependency.fn = fn
        self.api_names.discard(dependency.api_name)
        dependency.api_name = self._free_api_name(api_name or name_of(fn))
        if fn is not None:
            check_arguments(dependency)

    def _free_api_name(self, wanted: str) -> str:
        name = re.sub(r"\W+", "_", wanted).strip("_") or "fn"
        taken = self.api_names
        if name in taken:
            name = next(free for number in count(1) if (free := f"{name}_{number}") not in taken)
        taken.add(name)
        return name

    # -- apps inside of apps -------------------------------------------------------------------

    def absorb(self, inner: Registry, place: int) -> list[Dependency]:
        """Take over the functions of another app, whose id is `place`."""
        brought, inner.dependencies = inner.dependencies, []
        self.take(brought, place)
        self.scripts.update(inner.scripts)
        return brought

    def take(self, brought: list[Dependency], place: int) -> None:
        """Make them functions of this app; what the app `place` did when it was opened, this one does."""
        for dependency in brought:
            dependency.id = self.next_id(None)
            dependency.app = self
            dependency.api_name = self._free_api_name(dependency.api_name)
            opened = Target(place, "load") in dependency.targets
            dependency.targets = [each for each in dependency.targets if each != Target(place, "load")]
            if opened:
                self.opened().attach(dependency)
            dependency.page = self.page_path()
            self.dependencies.append(dependency)

    def release(self, brought: list[Dependency]) -> None:
        """Give them up again."""
        self.dependencies = [each for each in self.dependencies if each not in brought]
        for number, dependency in enumerate(self.dependencies):
            dependency.id = number
        self.api_names -= {each.api_name for each in brought}


_SET_APART: Final = frozenset(
    {"queue", "show_progress_on", "cancels", "trigger_mode", "js", "key", "inputs_kwargs"}
)
_KNOWN: Final = frozenset(Dependency.__dataclass_fields__)


_ONCE: Final = {"_js": "it is called js now", "every": "let a Timer tick: Timer(seconds).tick(…)"}


def _check_known(name: str) -> None:
    if name not in _KNOWN:
        hint = f" ({_ONCE[name]})" if name in _ONCE else ""
        raise TypeError(f"an event has no parameter {name!r}{hint}")


_WORDS: Final = {
    "show_progress": ("full", "minimal", "hidden"),
    "trigger_mode": ("once", "multiple", "always_last"),
    "api_visibility": ("public", "private", "undocumented"),
}


def _check_words(dependency: Dependency) -> None:
    for name, words in _WORDS.items():
        check_option("an event", name, getattr(dependency, name), words)
    limit = dependency.concurrency_limit
    if limit not in {None, "default"} and (not isinstance(limit, int) or limit < 1):
        raise UsageError(
            f"an event: concurrency_limit={limit!r} is not a whole number from 1, None or 'default'"
        )


def current_registry() -> Registry | None:
    """The app, or the rendered part, whose `with` is open."""
    return current.get()


def _components(given: Any, what: str, fn: Any) -> list[Component]:
    from doorstep.components.base import Component

    blocks = listed(given)
    for block in blocks:
        if not isinstance(block, Component):
            raise UsageError(f"{what} are components, not {block!r}{_of(fn)}{_hint(block)}")
    return blocks


def _blocks(given: Any, what: str, fn: Any) -> list[Block]:
    blocks = listed(given)
    for block in blocks:
        if not isinstance(block, Block):
            raise UsageError(f"{what} are components, not {block!r}{_of(fn)}{_hint(block)}")
    twice = next((block for number, block in enumerate(blocks) if block in blocks[:number]), None)
    if twice is not None:
        note(f"{what} hold {twice.title} twice{_of(fn)}; the later value is the one that shows")
    return blocks


def _of(fn: Any) -> str:
    return f" ({name_of(fn)}())" if callable(fn) else ""


def _hint(given: Any) -> str:
    if isinstance(given, type):
        return f"; write {given.__name__}() to make a component of the class"
    return ""


def _dependencies(given: Any) -> list[Dependency]:
    dependencies = listed(given)
    for each in dependencies:
        if not isinstance(each, Dependency):
            raise UsageError(f"cancels are what event methods return (click = button.click(…)), not {each!r}")
    return dependencies


def _default_mode(triggers: Sequence[Trigger]) -> TriggerMode:
    """A change that comes while the last one is handled must not get lost."""
    return "always_last" if any(trigger.name in _CHANGING for trigger in triggers) else "once"
