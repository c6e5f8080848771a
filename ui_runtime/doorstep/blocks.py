"""An app: its tree of blocks and the functions that their events run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Self, Unpack

from doorstep.components.base import Component
from doorstep.errors import MissingExtraError, UsageError
from doorstep.events.listener import EventListener, Listener
from doorstep.events.registry import Registry, current, current_registry
from doorstep.events.scripts import Scripts
from doorstep.files import checked_cache
from doorstep.graph import Block, Container, current_container
from doorstep.later import BLOCKS, QUEUE, note, note_unsupported
from doorstep.look import split_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doorstep.components.base import Files
    from doorstep.events.dependency import Dependency
    from doorstep.events.registry import Preparation
    from doorstep.events.trigger import Limit, Trigger
    from doorstep.launch import LaunchOptions, LaunchResult, Running


class Blocks(Registry, Container):
    """An app made of blocks: what is made inside `with Blocks() as app:` is on its page.

    Made or rendered inside of another app it becomes a part of that, functions and all.
    """

    type: ClassVar[str] = "column"
    """What it is inside of another app."""
    variant = "default"
    PROPS: ClassVar = ("variant",)

    title = ""
    """The title of its page."""

    load = EventListener()

    def __init__(
        self,
        analytics_enabled: bool | None = None,  # noqa: ARG002  # there are none, ever
        mode: str = "blocks",
        title: str = "Doorstep",
        *,
        fill_height: bool = False,
        fill_width: bool = False,
        delete_cache: tuple[float, float] | None = None,
        **look: Any,
    ) -> None:
        """`delete_cache` is how often files are looked through, and how old they may get, in seconds.
        The other options are those of `doorstep.look.Look`: `theme`, `css`, `js`, `head`, …
        """
        self.look, later = split_options(look)
        note_unsupported(type(self).__name__, BLOCKS, later)
        super().__init__(render=False)
        self.delete_cache = checked_cache(delete_cache)
        self.mode = mode
        self.title = title
        self.fill_height = fill_height
        self.fill_width = fill_width
        self.dependencies: list[Dependency] = []
        self.api_names: set[str] = set()
        self.scripts = Scripts()
        self.routes: list[Route] = []
        self.unloads: list[Callable[..., Any]] = []
        """Functions to run when a visitor is gone; each may ask for a `Request`."""
        self.preparations: list[Preparation] = []
        """What is to be done before the app is served, such as computing examples."""
        self.blocks: dict[int, Block] = {}
        """Every block by its id, once the app is finished."""
        self.default_concurrency_limit: int | None = 1
        self.max_queue_size: int | None = None
        self.running: Running | None = None
        self._brought: list[Dependency] = []
        self._outer_registries: list[Registry | None] = []

    # -- building ------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._outer_registries.append(current.get())
        current.set(self._open_registry())
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        outer = self._outer_registries.pop()
        current.set(outer)
        if not any(error) and self.parent is None and outer not in {None, self}:
            self.render()

    def render(self) -> Self:
        """Put the whole app, with its functions, into the app whose `with` is open."""
        self.unrender()
        super().render()
        outer, root = current_registry(), self.root
        if outer is None:
            raise UsageError(f"{self!r}.render() needs an open `with Blocks():`")
        if self.routes:
            note("Blocks: the pages of an app inside of another app are left out")
        self._brought = outer.absorb(self, self.id)
        if isinstance(root, Blocks):
            root.unloads += self.unloads
            root.preparations += self.preparations
        return self

    def unrender(self) -> Self:
        root = self.root
        if self.parent is not None and isinstance(root, Registry):
            root.release(self._brought)
            self.take(self._brought, root.id)
        return super().unrender()

    def opened(self) -> Trigger:
        return self.load

    def route(self, name: str, path: str | None = None, show_in_navbar: bool = True) -> Route:
        """Another page of the app, at `path` (made of its name if None): `with app.route("About"):`."""
        made = re.sub(r"[^a-z0-9_-]+", "-", name.lower().strip()).strip("-")
        checked = (made if path is None else path).strip("/")
        if not checked or checked in {page.path for page in self.routes}:
            raise UsageError(f"route {name!r}: the path {checked!r} is taken; give another with path=…")
        if checked.split("/")[0] in _RESERVED:
            raise UsageError(f"route {name!r}: paths under {checked.split('/')[0]!r} are the app's own")
        route = Route(self, name, checked, show_in_navbar)
        self.routes.append(route)
        return route

    def unload(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Run `fn` when a visitor closes the page, or does not come back to it."""
        if not callable(fn):
            raise UsageError(f"unload runs a function, not {fn!r}")
        self.unloads.append(fn)
        return fn

    def queue(
        self,
        *,
        max_size: int | None = None,
        default_concurrency_limit: Limit = "default",
        **later: Any,
    ) -> Self:
        """Set how many jobs may wait (None: no limit) and how many of one function may run at once."""
        note_unsupported("queue", QUEUE, later)
        self.max_queue_size = max_size
        if default_concurrency_limit not in {"default", "not_set"}:
            self.default_concurrency_limit = default_concurrency_limit  # type: ignore[assignment]  # neither word
        return self

    def page_path(self) -> str | None:
        """The path of the page whose `with` is open."""
        block: Block | None = current_container()
        while block is not None:
            if isinstance(block, Route):
                return block.path
            block = block.parent
        return None

    def _open_registry(self) -> Registry:
        """Events inside the `with` belong to the app around it, once this one is a part of that."""
        root = self.root
        return root if isinstance(root, Registry) else self

    # -- what others ask of a finished app -----------------------------------------------------

    def concurrency_limit_of(self, dependency: Dependency) -> int | None:
        """How many calls of its group may run at once: the strictest limit that a member asks for."""
        members = [each for each in self.dependencies if each.group == dependency.group] or [dependency]
        asked = [
            self.default_concurrency_limit if each.concurrency_limit == "default" else each.concurrency_limit
            for each in members
        ]
        return min((limit for limit in asked if limit is not None), default=None)

    def walk(self) -> Iterator[Block]:
        """Every block of every page."""
        yield from super().walk()
        for route in self.routes:
            yield from route.walk()

    def pages(self) -> list[Container]:
        """The pages: the app itself is the first, the others are its routes."""
        return [self, *self.routes]

    def blocks_of(self, path: str) -> list[Block]:
        """The blocks of the page at `path`, and those without a look that its functions use."""
        placed = {block.id: block for block in self._page_at(path)}
        for dependency in self.dependencies_of(path):
            for block in (*dependency.inputs, *dependency.outputs):
                placed.setdefault(block.id, block)
        return list(placed.values())

    def dependencies_of(self, path: str) -> list[Dependency]:
        """The functions that the page at `path` can start."""
        pages = self._pages_of_blocks()
        return [each for each in self.dependencies if path in self.paths_of(each, pages)]

    def _page_at(self, path: str) -> Iterator[Block]:
        if not path:
            return Container.walk(self)
        return next(route for route in self.routes if route.path == path).walk()

    def finish(self) -> None:
        """Check the graph once it is built. Raises `UsageError` for a component that is on no page,
        and `MissingExtraError` for an input whose package is not installed.
        """
        if self.parent is not None:
            raise UsageError(f"{self!r} is a part of another app; launch that, or make this one anew")
        self._add_loads()
        self.blocks = {self.id: self} | {block.id: block for block in self.walk()}
        self._check_places()
        self._check_needs()

    def before_serving(self, prepare: Preparation) -> None:
        self.preparations.append(prepare)

    def prepare(self, files: Files) -> None:
        """Do what is to be done before the app is served. Raises whatever the app's functions do."""
        for prepare in self.preparations:
            prepare(self, files)

    def _check_places(self) -> None:
        pages = self._pages_of_blocks()
        for dependency in self.dependencies:
            here = self.paths_of(dependency, pages)
            for block in (*dependency.inputs, *dependency.outputs):
                if not block.has_look:
                    self.blocks.setdefault(block.id, block)
                elif block.id not in pages:
                    raise UsageError(
                        f"{dependency.name}() uses {block!r}, which is not on the page: "
                        "make it inside the `with Blocks():` or call its render() there"
                    )
                elif not here <= {pages[block.id]}:
                    raise UsageError(
                        f"{dependency.name}() uses {block!r}, which is on another page of the app than "
                        "its event; what pages share is a State or a BrowserState"
                    )

    def _pages_of_blocks(self) -> dict[int, str]:
        paths = {block.id: "" for block in Container.walk(self)}
        return paths | {block.id: route.path for route in self.routes for block in route.walk()}

    def paths_of(self, dependency: Dependency, pages: dict[int, str]) -> set[str]:
        """The paths of the pages where it can be triggered, given the page of each block."""
        paths = {pages.get(target.block or 0, dependency.page or "") for target in dependency.targets}
        for earlier, _ in dependency.after:
            paths |= self.paths_of(earlier, pages)
        return paths or {dependency.page or ""}

    def _check_needs(self) -> None:
        """A missing package is better known now than at a visitor's first click.

        What is only shown may need none (a picture's path, say): of that it is a warning.
        """
        reading = [dependency for dependency in self.dependencies if dependency.preprocess]
        inputs = {each.id: each for dependency in reading for each in dependency.inputs}
        outputs = {each.id: each for dependency in self.dependencies for each in dependency.outputs}
        for component in inputs.values():
            component.check_needs(is_read=True)
        for number, block in outputs.items():
            if number in inputs or not isinstance(block, Component):
                continue
            try:
                block.check_needs(is_read=False)
            except MissingExtraError as error:
                note(f"{block.title}: {error}")

    def _add_loads(self) -> None:
        for page in self.pages():
            with self, page:
                self.add_loads(page)

    # -- running -------------------------------------------------------------------------------

    def launch(self, **options: Unpack[LaunchOptions]) -> LaunchResult:
        """Serve the app; with `share=True` through a public link too. See `doorstep.launch.launch`."""
        from doorstep.launch import launch

        return launch(self, **options)

    @property
    def is_running(self) -> bool:
        return self.running is not None

    @property
    def local_url(self) -> str | None:
        """The address on this machine, with a slash at its end, while the app runs."""
        return f"{self.running.local_url}/" if self.running is not None else None

    @property
    def share_url(self) -> str | None:
        """The public link, while there is one."""
        return self.running.share_url if self.running is not None else None

    def close(self, verbose: bool = True) -> None:  # noqa: ARG002  # nothing is said either way
        """Stop serving: the link first, then the server."""
        if self.running is not None:
            self.running.close()
            self.running = None


class Route(Container):
    """Another page of an app: `with app.route("About"):`."""

    type: ClassVar[str] = "column"
    title = ""

    def __init__(self, app: Blocks, name: str, path: str, in_navbar: bool) -> None:
        super().__init__(render=False)
        self.app = app
        self.parent = app
        self.title = name
        self.path = path
        self.in_navbar = in_navbar
        self._outer_registries: list[Registry | None] = []

    def entry(self) -> dict[str, Any]:
        """What every page knows of it."""
        return {"path": self.path, "title": self.title, "in_navbar": self.in_navbar}

    def __enter__(self) -> Blocks:  # type: ignore[override]  # events such as `load` are the app's
        self._outer_registries.append(current.get())
        current.set(self.app)
        super().__enter__()
        return self.app

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        current.set(self._outer_registries.pop())


_RESERVED = frozenset({"doorstep", "gradio_api", "config", "login", "logout", "theme.css", "robots.txt"})


def current_blocks() -> Blocks | None:
    """The app whose `with` is open."""
    registry = current_registry()
    return registry if isinstance(registry, Blocks) else None


__all__ = ["Block", "Blocks", "Listener", "Route", "current_blocks"]
