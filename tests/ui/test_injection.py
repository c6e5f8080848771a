"""What a function gets because it asks for it: requests, event data, progress."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Optional

import pytest

import doorstep as ds
from doorstep.errors import RefusedError
from tests.ui.calls import run, run_alone, visit_to
from tests.ui.support import served

if TYPE_CHECKING:
    from collections.abc import Callable

SCOPE: dict[str, Any] = {
    "type": "websocket",
    "scheme": "wss",
    "path": "/app/doorstep/session",
    "root_path": "/app",
    "query_string": b"lang=de",
    "headers": [(b"host", b"demo.example"), (b"user-agent", b"test"), (b"cookie", b"a=1; b=2")],
    "client": ("203.0.113.9", 4000),
}


def asked(fn: Callable[..., Any], *values: Any, event: Any = None, scope: Any = None) -> Any:
    """What `fn` returns to a session with this scope, called with values of text boxes."""
    with ds.Blocks() as app:
        boxes = [ds.Textbox() for _ in values]
        out = ds.Textbox()
        dependency = out.submit(fn, boxes, out, postprocess=False)
    visit = visit_to(app, scope=scope, username="ann", session_hash="s1")
    return run(visit, dependency, *values, trigger=out, event=event)[out.id]["value"]


class TestRequests:
    def test_a_request_tells_who_asks(self) -> None:
        def who(request: ds.Request) -> Any:
            return {
                "agent": request.headers["user-agent"],
                "host": request.client.host if request.client else None,
                "cookies": dict(request.cookies),
                "query": dict(request.query_params),
                "url": str(request.url),
                "user": request.username,
                "session": request.session_hash,
                "path_params": dict(request.path_params),
            }

        assert asked(who, scope=SCOPE) == {
            "agent": "test",
            "host": "203.0.113.9",
            "cookies": {"a": "1", "b": "2"},
            "query": {"lang": "de"},
            "url": "https://demo.example/app/?lang=de",
            "user": "ann",
            "session": "s1",
            "path_params": {},
        }

    def test_a_session_that_is_a_stream_shows_the_pages_own_query(self) -> None:
        def query(request: ds.Request) -> str:
            return str(request.url)

        path = {"type": "http", "scheme": "https", "path": "/app/doorstep/session/stream"}
        asked_with = SCOPE | path | {"query_string": b"lang=de&session=abc&seen=3"}
        assert asked(query, scope=asked_with) == "https://demo.example/app/?lang=de"

    def test_nobody_asked_is_none(self) -> None:
        def who(request: ds.Request | None) -> str:
            return repr(request)

        assert asked(who) == "None"

    async def test_the_page_of_a_real_server_is_the_one_that_asks(self) -> None:
        def who(request: ds.Request) -> str:
            assert request.client is not None
            return f"{request.client.host} {request.headers['x-test']} {request.session_hash}"

        with ds.Blocks() as app:
            out = ds.Textbox()
            app.load(who, None, out)
        with served(app) as server:
            async with server.page(additional_headers={"X-Test": "yes"}) as page:
                answer = await page.run()
                assert answer["changes"] == [[out.id, {"value": f"127.0.0.1 yes {page.session}"}]]


class TestEvents:
    def test_event_data_has_its_target_and_what_the_event_carried(self) -> None:
        def on_select(data: ds.SelectData) -> Any:
            assert isinstance(data.target, ds.Textbox)
            return [data.index, data.value, data.selected, data.row_value]

        event = {"index": [1, 2], "value": "b", "selected": False, "row_value": ["a", "b"]}
        assert asked(on_select, event=event) == [[1, 2], "b", False, ["a", "b"]]

    @pytest.mark.parametrize(
        ("kind", "event", "attributes"),
        [
            (ds.LikeData, {"index": 1, "value": "x", "liked": False}, ("index", "value", "liked")),
            (ds.KeyUpData, {"key": "a", "input_value": "ba"}, ("key", "input_value")),
            (ds.RetryData, {"index": 1, "value": "x"}, ("index", "value")),
            (ds.UndoData, {"index": 1, "value": "x"}, ("index", "value")),
            (ds.EditData, {"index": 1, "value": "x", "previous_value": "y"}, ("index", "previous_value")),
            (ds.CopyData, {"value": "x"}, ("value",)),
            (ds.EventData, {"anything": 3}, ("anything",)),
        ],
    )
    def test_each_kind_has_its_attributes(
        self, kind: type, event: dict[str, Any], attributes: tuple[str, ...]
    ) -> None:
        data = kind(None, event)
        assert {name: getattr(data, name) for name in attributes} == {n: event[n] for n in attributes}

    @pytest.mark.parametrize("kind", [ds.DownloadData, ds.DeletedFileData])
    def test_a_file_has_attributes(self, kind: type) -> None:
        data = kind(None, {"path": "id", "orig_name": "a.png", "size": 3})
        assert (data.file.path, data.file.orig_name, data.file.size) == ("id", "a.png", 3)

    def test_an_event_that_carried_nothing_is_no_error_until_asked(self) -> None:
        data = ds.EventData(None, None)
        with pytest.raises(AttributeError, match="this EventData carries no 'key'"):
            data.key  # noqa: B018
        assert ds.SelectData(None, None).index is None

    def test_the_page_is_told_whether_the_function_wants_it(self) -> None:
        with ds.Blocks() as app:
            box = ds.Textbox()
            box.select(lambda text: text, box, box)
            box.select(with_data, box, box)
        assert [each.config().get("wants_event") for each in app.dependencies] == [None, True]

    def test_the_target_is_the_sessions_own(self) -> None:
        def label_of(data: ds.EventData) -> Any:
            return data.target.label  # type: ignore[union-attr]

        with ds.Blocks() as app:
            box = ds.Textbox(label="old")
            rename = box.change(lambda: ds.Textbox(label="new"), None, box)
            read = box.submit(label_of, None, box)
        visit = visit_to(app)
        run(visit, rename)
        assert run(visit, read, trigger=box) == {box.id: {"value": "new"}}


def with_data(text: str, data: ds.SelectData) -> str:
    return f"{text} {data.value}"


class TestPlaces:
    @pytest.mark.parametrize(
        "fn",
        [
            lambda a, b: f"{a}{b}",
            lambda *several: "".join(several),
        ],
    )
    def test_functions_that_ask_for_nothing_get_nothing(self, fn: Any) -> None:
        assert asked(fn, "a", "b") == "ab"

    def test_before_between_and_after_the_inputs(self) -> None:
        def first(data: ds.EventData, a: str, b: str) -> str:
            return f"{a}{b}{data.x}"

        def between(a: str, data: ds.EventData, b: str) -> str:
            return f"{a}{b}{data.x}"

        def last(a: str, b: str, data: ds.EventData) -> str:
            return f"{a}{b}{data.x}"

        def named(a: str, b: str, *, data: ds.EventData) -> str:
            return f"{a}{b}{data.x}"

        def after_a_default(a: str, b: str, c: str = "", data: ds.EventData | None = None) -> str:
            return f"{a}{b}{c}{data.x if data else '?'}"

        def before_the_rest(data: ds.EventData, *rest: str) -> str:
            return f"{''.join(rest)}{data.x}"

        for fn in (first, between, last, named, after_a_default, before_the_rest):
            assert asked(fn, "a", "b", event={"x": 1}) == "ab1", fn.__name__

    def test_optional_and_quoted_annotations_count(self) -> None:
        def optional(a: str, data: Optional[ds.SelectData] = None) -> str:  # noqa: UP045  # people write it
            return f"{a}{data.value if data else '?'}"

        def quoted(a: str, data: "ds.SelectData | None" = None) -> str:  # noqa: UP037  # people write it
            return f"{a}{data.value if data else '?'}"

        for fn in (optional, quoted):
            assert asked(fn, "a", event={"value": 1}) == "a1"

    def test_an_annotation_that_only_type_checkers_can_read_counts_by_its_name(self) -> None:
        def hidden(a: str, data: Any) -> str:
            return f"{a}{data.value}"

        hidden.__annotations__["data"] = "missing.SelectData | None"
        assert asked(hidden, "a", event={"value": 1}) == "a1"

    def test_methods_partials_and_callable_objects_ask_too(self) -> None:
        class Greeter:
            def greet(self, name: str, data: ds.EventData) -> str:
                return f"{name}{data.x}"

            def __call__(self, name: str, data: ds.EventData) -> str:
                return self.greet(name, data)

        greeter = Greeter()
        partial = functools.partial(Greeter.greet, greeter)
        for fn in (greeter.greet, greeter, partial):
            assert asked(fn, "a", event={"x": 1}) == "a1"

    def test_a_built_in_function_is_called_with_its_inputs(self) -> None:
        assert asked(max, "a", "b") == "b"

    def test_what_is_asked_for_needs_no_input(self) -> None:
        with ds.Blocks():
            box = ds.Textbox()
            box.select(with_data, box, box)  # a warning would be an error here

    def test_a_set_of_inputs_leaves_room_for_more(self) -> None:
        with ds.Blocks():
            box = ds.Textbox()

            def both(given: dict[Any, str], data: ds.EventData) -> str:
                return f"{given[box]}{data.x}"

            dependency = box.submit(both, {box}, box)
        assert run_alone(dependency, "a", trigger=box, event={"x": 1}) == {box.id: {"value": "a1"}}

    def test_progress_is_a_default(self) -> None:
        def work(text: str, progress: Any = ds.Progress()) -> str:  # noqa: B008  # how it is asked for
            progress(0.5)
            return text

        with ds.Blocks():
            box = ds.Textbox()
            dependency = box.submit(work, box, box)
        assert [each.supply is not None for each in dependency.injections] == [False, True]


class TestComponents:
    def ask(self, props: dict[str, Any]) -> Any:
        def where(film: ds.Video) -> str:
            return f"{film.label} at {film.playback_position}"

        with ds.Blocks() as app:
            film, out = ds.Video(label="film"), ds.Textbox()
            dependency = out.submit(where, film, out)
        return run(visit_to(app), dependency, {"value": None, "props": props}, trigger=out)[out.id]["value"]

    def test_a_page_tells_where_a_film_is_and_nothing_else_of_it(self) -> None:
        assert self.ask({"playback_position": 2.5, "label": "forged"}) == "film at 2.5"

    def test_a_place_that_is_no_number_is_refused(self) -> None:
        with pytest.raises(RefusedError, match="playback_position is not 'x'"):
            self.ask({"playback_position": "x"})
