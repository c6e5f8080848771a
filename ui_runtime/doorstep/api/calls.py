"""Calls: jobs that programs asked for, and what is to be told of each.

A program reads what became of its calls when it likes, so messages wait, within bounds: of the steps of a
call at most `MAX_STEPS`, then the newest is joined with those that follow. Nothing here does any I/O.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from doorstep.api.filevalues import to_program
from doorstep.changes import join

if TYPE_CHECKING:
    from doorstep.api.endpoints import Endpoint
    from doorstep.changes import Changes, Properties
    from doorstep.messages import Custom, Toast
    from doorstep.progress import Advance
    from doorstep.queue.jobs import Failure, Job

MAX_STEPS: Final = 32
"""Steps of one call that wait to be read one by one."""
MAX_NOTES: Final = 256
"""Messages of one call besides its steps and its end."""

_UNTOUCHED: Final = {"__type__": "update"}
"""The value of an output that the function left as it was."""
_OF_FILES: Final = frozenset({"path", "url", "orig_name", "size", "mime_type"})
"""What changes in a file value when it is another file."""
Write = Callable[["Call", "News"], bytes]


@dataclass(slots=True)
class News:
    """Something that a program is to be told. `kind` is Gradio's word for it."""

    kind: str
    fields: dict[str, Any] = field(default_factory=dict)
    changes: Changes | None = None
    values: list[Any] | None = None


class Feed:
    """What one reader is told: the news of one call, or of all calls of a session."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._waiting: deque[tuple[Call, News]] = deque()
        self.wake: Callable[[], None] | None = None
        """Set while somebody reads."""

    def put(self, call: Call, news: News) -> None:
        self._waiting.append((call, news))
        if self.wake is not None:
            self.wake()

    def take(self) -> bytes:
        """All that waits, as it goes over the wire."""
        parts = []
        while self._waiting:
            call, news = self._waiting.popleft()
            call.read(news)
            parts.append(self._write(call, news))
        return b"".join(parts)

    @property
    def is_empty(self) -> bool:
        return not self._waiting

    def last(self) -> News:
        """The newest of what waits."""
        return self._waiting[-1][1]


class Call:
    """One call of an endpoint: listens to its job, and writes into its feed."""

    __slots__ = (
        *("_notes", "_steps", "api", "at_end", "endpoint", "event_id", "feed"),
        *("is_over", "is_read", "job", "values", "was_shown"),
    )

    def __init__(
        self, endpoint: Endpoint, api: str, feed: Feed | None, at_end: Callable[[Call], None]
    ) -> None:
        self.event_id = secrets.token_hex(16)
        self.endpoint = endpoint
        self.api = api
        """The whole address of the API, as the caller knows it: files are below it."""
        self.feed = feed
        self.at_end = at_end
        self.values: list[Any] = [_UNTOUCHED] * len(endpoint.dependency.outputs)
        """The outputs' wire values so far."""
        self.job: Job | None = None
        self.is_over = False
        self.is_read = False
        """Its end was told."""
        self.was_shown = False
        """The program was told a step: those that follow are differences."""
        self._steps: deque[News] = deque()
        self._notes = 0

    # -- what its job tells (on the event loop) ------------------------------------------------

    def queued(self, _job: Job, position: int, size: int, eta: float | None) -> None:
        self._note(News("estimation", {"rank": position, "queue_size": size, "rank_eta": eta}))

    def started(self, _job: Job) -> None:
        self._note(News("process_starts", {"eta": None}))

    def progress(self, _job: Job, advance: list[Advance]) -> None:
        self._note(News("progress", {"progress_data": [_progress(each) for each in advance]}))

    def toast(self, _job: Job, toast: Toast) -> None:
        said = {"log": toast.message, "level": toast.level, "duration": toast.seconds, "visible": True}
        self._note(News("log", said | {"title": toast.title}))

    def custom(self, _job: Job, _message: Custom) -> None:
        """Programs have no modules."""

    def step(self, _job: Job, changes: Changes) -> None:
        self._apply(changes)
        if len(self._steps) >= MAX_STEPS:
            last = self._steps[-1]
            last.changes = join(last.changes or {}, changes)
            last.values = list(self.values)
            return
        news = News("process_generating", changes=changes, values=list(self.values))
        self._steps.append(news)
        self._put(news)

    def done(self, _job: Job, changes: Changes, seconds: float) -> None:
        self._apply(changes)
        self._end(News("process_completed", {"seconds": seconds}, values=self.values))

    def failed(self, _job: Job, failure: Failure) -> None:
        self._end(News("process_completed", {"failure": self._named(failure)}))

    # -- for readers ---------------------------------------------------------------------------

    def read(self, news: News) -> None:
        """The news is about to be told."""
        if news.kind == "process_generating":
            self._steps.popleft()
        elif news.kind == "process_completed":
            self.is_read = True
        else:
            self._notes -= 1

    def outputs(self, values: list[Any]) -> list[Any]:
        """Values as the program gets them: no state, and nothing where there never was any."""
        outputs = self.endpoint.dependency.outputs
        return [
            None if output.type == "state" else to_program(value, self.api)
            for output, value in zip(outputs, values, strict=True)
        ]

    def differences(self, changes: Changes) -> list[Any]:
        """Per output, what turns its last value into the next: Gradio's form of a step."""
        outputs = self.endpoint.dependency.outputs
        return [_operations(changes.get(each.id), each.type == "state", self.api) for each in outputs]

    # -- inside --------------------------------------------------------------------------------

    def _note(self, news: News) -> None:
        if self._notes < MAX_NOTES:
            self._notes += 1
            self._put(news)

    def _put(self, news: News) -> None:
        if self.feed is not None:
            self.feed.put(self, news)

    def _end(self, news: News) -> None:
        self.is_over = True
        self._put(news)
        self.at_end(self)

    def _apply(self, changes: Changes) -> None:
        for index, output in enumerate(self.endpoint.dependency.outputs):
            change = changes.get(output.id)
            if change is not None:
                self.values[index] = _applied(self.values[index], change)

    def _named(self, failure: Failure) -> Failure:
        """A refusal tells the parameter by its name in the API, not only by its label on the page."""
        name = self.endpoint.parameter_of(failure.component) if failure.code == "refused" else None
        return failure if name is None else replace(failure, message=f"parameter `{name}`: {failure.message}")


def _progress(advance: Advance) -> dict[str, Any]:
    return {
        "index": advance.step,
        "length": advance.total,
        "unit": advance.unit or "steps",
        "progress": advance.fraction,
        "desc": advance.text,
    }


def _applied(value: Any, change: Properties) -> Any:
    """The value of an output after a change of it."""
    if set(change) - {"value", "append", "patch"}:
        return _updated(value, change)
    if "append" in change:
        return (value or "") + change["append"]
    if "patch" in change:
        return change["patch"].whole
    return change["value"]


def _updated(value: Any, change: Properties) -> dict[str, Any]:
    """Properties of the output changed too: Gradio's programs get them as an update."""
    before = value if isinstance(value, dict) and value.get("__type__") == "update" else {}
    others = {name: each for name, each in change.items() if name not in {"append", "patch"}}
    if "append" in change:
        others["value"] = (before.get("value", value) or "") + change["append"]
    elif "patch" in change:
        others["value"] = change["patch"].whole
    return {**before, **others, "__type__": "update"}


def _operations(change: Properties | None, is_silent: bool, api: str) -> list[Any]:
    if change is None or is_silent:
        return []
    if set(change) - {"value", "append", "patch"}:
        return [["replace", [], to_program(_updated(None, change), api)]]
    if "append" in change:
        return [["append", [], change["append"]]]
    patch = change.get("patch")
    if patch is None:
        return [["replace", [], to_program(change["value"], api)]]
    if any(path[-1] in _OF_FILES for _, path, _ in patch):  # a program knows files by other words
        return [["replace", [], to_program(patch.whole, api)]]
    return [[name, path, to_program(value, api)] for name, path, value in patch]
