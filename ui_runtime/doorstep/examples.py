"""`Examples`: sample inputs one click away, with their outputs computed beforehand if asked for."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from doorstep import example_files
from doorstep.components.dataset import Dataset
from doorstep.errors import UsageError
from doorstep.events.dependency import kind_of, name_of
from doorstep.events.listener import app_of, listed
from doorstep.events.visit import Visit
from doorstep.example_cache import ExampleCache, cache_of
from doorstep.graph import current_container
from doorstep.words import left_to_us

if TYPE_CHECKING:
    from doorstep.blocks import Blocks
    from doorstep.components.base import Component, Files
    from doorstep.events.dependency import Dependency
    from doorstep.events.registry import Registry
    from doorstep.events.trigger import Visibility

CacheMode = Literal["eager", "lazy"]


class Examples:
    """Show `examples`; a click fills `inputs` with one.

    `examples` is a list (of values for one input, of lists for several), or the path of a folder: of files
    for one input, with a `log.csv` of rows for several. With `cache_examples=True` (or "lazy") a click shows
    what `fn` makes of it in `outputs` too, computed when the app starts (when first clicked). `run_on_click`
    runs `fn` at every click instead.
    """

    def __init__(
        self,
        examples: list[Any] | list[list[Any]] | str,
        inputs: Component | Sequence[Component],
        outputs: Component | Sequence[Component] | None = None,
        fn: Callable[..., Any] | None = None,
        cache_examples: bool | Literal["lazy"] | None = None,
        cache_mode: CacheMode | None = None,
        *,
        examples_per_page: int = 10,
        label: str | None = "Examples",
        elem_id: str | None = None,
        run_on_click: bool = False,
        preprocess: bool = True,
        postprocess: bool = True,
        api_visibility: Visibility = "undocumented",
        api_name: str | None = "load_example",
        api_description: str | None = None,
        batch: bool = False,
        example_labels: list[str] | None = None,
        visible: bool | Literal["hidden"] = True,
        preload: int | Literal[False] = False,
    ) -> None:
        if current_container() is None:
            raise UsageError("Examples needs an open `with Blocks():`")
        self.inputs = listed(inputs)
        self.outputs = listed(outputs)
        self.fn = fn
        self.preprocess, self.postprocess, self.batch = preprocess, postprocess, batch
        self.examples = example_files.rows(examples, len(self.inputs))
        self.cache_mode = mode_of(cache_examples, cache_mode)
        self.cache = self._open_cache(run_on_click)
        self._lock = threading.Lock()
        self.dataset = Dataset(
            components=self.inputs,
            samples=self.examples,
            type="index",
            label=label,
            samples_per_page=examples_per_page,
            sample_labels=example_labels,
            elem_id=elem_id,
            visible=visible,
        )
        left_to_us(self.dataset, "label")
        named = {"api_name": api_name, "api_description": api_description, "api_visibility": api_visibility}
        self.load_input_event = self._connect(app_of(self.dataset), named, run_on_click, preload)

    def _open_cache(self, run_on_click: bool) -> ExampleCache | None:
        if self.fn is None or not self.outputs:
            if self.cache_mode is not None or run_on_click:
                raise UsageError("Examples: `cache_examples` and `run_on_click` need `fn` and `outputs`")
            return None
        if self.cache_mode is None:
            return None
        return ExampleCache(cache_of(self.fn, self.inputs, self.outputs, self.examples))

    def _connect(
        self, app: Registry, named: dict[str, Any], run_on_click: bool, preload: int | Literal[False]
    ) -> Dependency:
        filled = [*self.inputs, *(self.outputs if self.cache is not None else ())]
        quick: dict[str, Any] = {"postprocess": False, "queue": False, "show_progress": "hidden"}
        loaded: Dependency = self.dataset.click(self.load, self.dataset, filled, **quick, **named)
        if self.cache_mode == "eager":
            app.before_serving(self.prepare)
            if preload is not False:
                app.add_dependency([app.opened()], self._first(preload), None, filled, False, **quick)
        if run_on_click and self.cache is None:
            return loaded.then(self.fn, self.inputs, self.outputs, batch=self.batch, api_visibility="private")
        return loaded

    # -- values --------------------------------------------------------------------------------

    def load(self, number: int, visit: Visit) -> Any:
        """The wire values of an example: of its inputs, and of its outputs if they are cached."""
        wires = self._wires(number, visit)
        if self.cache is not None:
            wires += self._outputs(number, visit)
        return wires[0] if len(wires) == 1 else wires

    def _first(self, number: int) -> Callable[..., Any]:
        def load(visit: Visit) -> Any:
            return self.load(number, visit)

        return load

    def _wires(self, number: int, visit: Visit) -> list[Any]:
        given = self.examples[number]
        missing = [None] * (len(self.inputs) - len(given))
        return [
            component.show(value, visit) if value is not None else component.blank()
            for component, value in zip(self.inputs, [*given, *missing], strict=True)
        ]

    def _outputs(self, number: int, visit: Visit) -> list[Any]:
        assert self.cache is not None  # noqa: S101  # only then
        with self._lock:
            if not self.cache.has(number):
                self._compute(number, visit)
            kept = self.cache.load(number, visit.files)
        if kept is None:
            raise UsageError(f"the cached example in {self.cache.folder} cannot be read; remove that folder")
        return kept

    def prepare(self, app: Blocks, files: Files) -> None:
        """Compute what is not cached yet: when the app starts."""
        assert self.cache is not None  # noqa: S101  # asked for only then
        left = [number for number in range(len(self.examples)) if not self.cache.has(number)]
        if left:
            many = f"{len(left)} example{'s' if len(left) > 1 else ''}"
            print(f"Caching {many} of {name_of(self.fn)}() in {self.cache.folder}", flush=True)  # noqa: T201
        for number in left:
            self._compute(number, Visit(app, files))

    def _compute(self, number: int, visit: Visit) -> None:
        """Run the function on an example, as if a visitor had, and keep what it returned (last)."""
        assert self.fn is not None  # noqa: S101  # there is no cache without it
        assert self.cache is not None  # noqa: S101
        wires = self._wires(number, visit)
        given = [
            component.read(wire, visit) if self.preprocess else wire
            for component, wire in zip(self.inputs, wires, strict=True)
        ]
        returned = called(self.fn, [[each] for each in given] if self.batch else given)
        values = [returned] if len(self.outputs) == 1 else list(returned)
        if self.batch:
            values = [each[0] for each in values]
        if len(values) != len(self.outputs):
            raise UsageError(
                f"{name_of(self.fn)}() returned {len(values)} values for the {len(self.outputs)} outputs "
                f"of example {number}"
            )
        self.cache.keep(number, self.outputs, values)


def mode_of(asked: bool | str | None, mode: CacheMode | None) -> CacheMode | None:
    """How to cache, if at all. DOORSTEP_CACHE_EXAMPLES and …_CACHE_MODE decide where the code does not."""
    if asked is None:
        asked = (_setting("CACHE_EXAMPLES") or "").lower() in {"true", "1"}
    if not asked:
        return None
    chosen = "lazy" if asked == "lazy" else mode or _setting("CACHE_MODE") or "eager"
    if chosen not in {"eager", "lazy"}:
        raise UsageError(f'cache_mode is "eager" or "lazy", not {chosen!r}')
    return "lazy" if chosen == "lazy" else "eager"


def _setting(name: str) -> str | None:
    return os.environ.get(f"DOORSTEP_{name}") or os.environ.get(f"GRADIO_{name}")


def called(fn: Callable[..., Any], given: list[Any]) -> Any:
    """What `fn` returns, or yields last; an async one runs on a loop of its own, in a thread of its own."""
    kind = kind_of(fn)
    if not kind.is_async:
        return _last(fn(*given)) if kind.is_generator else fn(*given)
    import asyncio  # an app that is only built needs none of it

    found: list[Any] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(asyncio.run(_awaited(fn, given, kind.is_generator)))
        except BaseException as error:  # noqa: BLE001  # raised again by who waits
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]


def _last(steps: Any) -> Any:
    value = None
    for value in steps:  # noqa: B007  # the last one counts
        pass
    return value


async def _awaited(fn: Callable[..., Any], given: list[Any], is_generator: bool) -> Any:
    if not is_generator:
        return await fn(*given)
    value = None
    async for value in fn(*given):  # noqa: B007
        pass
    return value
