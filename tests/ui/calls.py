"""Calls of functions without a server: a page's values in, the changes of the page out."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import doorstep as ds
from doorstep.events import call as calls
from doorstep.events.dependency import Dependency
from doorstep.events.visit import Visit
from tests.ui.support import FakeFiles


def visit_to(app: ds.Blocks, **options: Any) -> Visit:
    """A session of `app`, which is finished by then."""
    app.finish()
    return Visit(app, FakeFiles(Path(tempfile.gettempdir())), **options)


@dataclass
class FakeCall:
    """A job, as far as its function is concerned."""

    dependency: Dependency
    visit: Visit
    data: list[Any] = field(default_factory=list)
    trigger: int | None = None
    event: Any = None
    streams: dict[int, Any] = field(default_factory=dict)


def run(visit: Visit, dependency: Dependency, *data: Any, trigger: Any = None, event: Any = None) -> Any:
    """What the page is told to change, by component id."""
    number = None if trigger is None else trigger.id
    call = FakeCall(dependency, visit, list(data), number, event)
    given = calls.arguments(call)
    assert dependency.fn is not None
    if dependency.validator is not None:
        calls.check(call, dependency.validator(*given.args, **given.kwargs))
    return dict(calls.results(call, dependency.fn(*given.args, **given.kwargs)))


def run_alone(dependency: Dependency, *data: Any, **options: Any) -> Any:
    """The same in a session of its own."""
    return run(visit_to(dependency.app), dependency, *data, **options)
