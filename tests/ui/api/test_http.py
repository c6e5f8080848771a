"""The API as it goes over the wire: what `curl` sees."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

import doorstep as ds
from doorstep.api import calls, routes, sessions, streams
from tests.support import eventually
from tests.ui.api.app import build
from tests.ui.support import Served, served

API = "/gradio_api"


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served(build()) as server:
        yield server


@pytest.fixture
async def client(server: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=30) as client:
        yield client


async def events(client: httpx.AsyncClient, name: str, body: Any, way: str = "call") -> list[tuple[str, Any]]:
    """Start a call and read all that is told of it."""
    started = await client.post(f"{API}/{way}/{name}", json=body)
    assert started.status_code == 200, started.text
    told = await client.get(f"{API}/call/{name}/{started.json()['event_id']}")
    assert told.headers["content-type"].startswith("text/event-stream")
    return parsed(told.text)


def parsed(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines())
        found.append((lines.get("event", ""), json.loads(lines["data"])))
    return found


async def refused(client: httpx.AsyncClient, path: str, **body: Any) -> tuple[int, str]:
    answer = await client.post(f"{API}/{path}", **body)
    return answer.status_code, answer.json()["message"]


class TestCalls:
    async def test_a_result_is_one_event(self, client: httpx.AsyncClient) -> None:
        assert await events(client, "greet", {"data": ["Ada", 2]}) == [("complete", ["Hello Ada!Hello Ada!"])]

    async def test_steps_are_whole_values(self, client: httpx.AsyncClient) -> None:
        told = await events(client, "talk", {"data": ["Ada"]})
        assert told[0] == ("generating", ["So "])
        assert told[-2:] == [("generating", ["So it goes Ada "]), ("complete", ["So it goes Ada "])]

    async def test_arguments_may_have_names(self, client: httpx.AsyncClient) -> None:
        told = await events(client, "greet", {"name": "Bob"}, "call/v2")
        assert told == [("complete", ["Hello Bob!"])]

    async def test_run_waits_for_the_result(self, client: httpx.AsyncClient) -> None:
        for path in ("run/greet", "api/greet", "run/predict"):
            answer = (await client.post(f"{API}/{path}", json={"data": ["Ada", 1]})).json()
            assert answer["data"] == ["Hello Ada!"]
        assert (await client.post(f"{API}/run/talk", json={"data": ["Ada"]})).json()["data"] == [
            "So it goes Ada "
        ]

    async def test_a_session_keeps_its_state_and_a_call_without_one_has_none(
        self, client: httpx.AsyncClient
    ) -> None:
        body = {"data": [], "session_hash": "mine"}
        assert [(await events(client, "count", body))[0][1][1] for _ in range(2)] == [1, 2]
        assert [(await events(client, "count", {"data": [None]}))[0][1] for _ in range(2)] == [[None, 1]] * 2

    async def test_errors_say_what_the_app_wants_them_to_say(self, client: httpx.AsyncClient) -> None:
        ((kind, said),) = await events(client, "fail", {"data": ["on purpose"]})
        assert (kind, said["error"], said["title"]) == ("error", "that was on purpose", "Sorry")
        assert await events(client, "fail", {"data": ["by accident"]}) == [("error", {"error": None})]
        answer = await client.post(f"{API}/run/fail", json={"data": ["on purpose"]})
        assert (answer.status_code, answer.json()["error"]) == (500, "that was on purpose")

    async def test_a_result_is_read_once(self, client: httpx.AsyncClient) -> None:
        started = (await client.post(f"{API}/call/greet", json={"data": ["Ada", 1]})).json()["event_id"]
        assert (await client.get(f"{API}/call/greet/{started}")).status_code == 200
        again = await client.get(f"{API}/call/greet/{started}")
        assert (again.status_code, parsed(again.text)[0][0]) == (404, "error")


class TestRefusals:
    async def test_an_unknown_name_lists_those_that_there_are(self, client: httpx.AsyncClient) -> None:
        status, said = await refused(client, "call/gret", json={"data": []})
        assert status == 404
        assert "there is no /gret (did you mean /greet?); the app has: /greet, /talk" in said
        assert "hidden" not in said

    @pytest.mark.parametrize("way", ["call", "call/v2", "run"])
    async def test_a_private_function_is_as_one_that_is_not_there(
        self, client: httpx.AsyncClient, way: str
    ) -> None:
        status, said = await refused(client, f"{way}/hidden", json={"data": ["Ada", 1]})
        assert (status, said.startswith("there is no /hidden")) == (404, True)

    @pytest.mark.parametrize(
        ("path", "body", "said"),
        [
            ("call/greet", {"data": ["Ada"]}, "/greet takes 2 parameters, got 1: `times` missing"),
            ("call/greet", {"data": ["Ada", 1, 2]}, "got 3; its parameters are: name, times"),
            ("call/v2/greet", {"who": "Ada"}, "/greet has no parameter 'who'; it has: name, times"),
            ("call/v2/add", {}, "/add misses `a`; its parameters are: a, b"),
            ("call/greet", {}, "missing required field `data`"),
            ("call/greet", {"data": "Ada"}, "Expected `array`, got `str`"),
            ("call/greet", [], "Expected `object`, got `array`"),
            ("queue/join", {"data": ["Ada", 1], "fn_index": 0}, "needs a `session_hash`"),
            ("queue/join", {"data": ["Ada", 1], "session_hash": "a"}, "needs a `fn_index`"),
            ("queue/join", {"data": [], "fn_index": 99, "session_hash": "a"}, "there is no function 99"),
            ("queue/join", {"data": [], "fn_index": -1, "session_hash": "a"}, "there is no function -1"),
        ],
    )
    async def test_a_wrong_request_is_told_what_is_wrong(
        self, client: httpx.AsyncClient, path: str, body: Any, said: str
    ) -> None:
        status, message = await refused(client, path, json=body)
        assert status in {400, 404, 422}
        assert said in message

    async def test_a_wrong_value_is_named_by_its_parameter(self, client: httpx.AsyncClient) -> None:
        ((kind, said),) = await events(client, "greet", {"data": ["Ada", "many"]})
        assert kind == "error"
        assert said["error"] == "parameter `times`: Slider “Times”: expected a number, got text"

    async def test_a_body_over_the_limit_is_not_read_to_its_end(
        self, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(routes, "MAX_BODY", 1000)
        status, said = await refused(client, "call/greet", json={"data": ["a" * 1001, 1]})
        assert (status, "upload big values as files" in said) == (413, True)

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 5000, b"null", b'{"data":[NaN]}'])
    async def test_what_is_no_json_is_refused(self, client: httpx.AsyncClient, body: bytes) -> None:
        assert (await refused(client, "call/greet", content=body))[0] == 422

    async def test_other_paths_and_methods_are_not_there(self, client: httpx.AsyncClient) -> None:
        for method, path in (("GET", "nothing"), ("GET", "queue/join"), ("DELETE", "info"), ("POST", "info")):
            assert (await client.request(method, f"{API}/{path}")).status_code == 404


class TestQueue:
    async def test_later_steps_are_differences(self, client: httpx.AsyncClient) -> None:
        joined = await self._join(client, 1, ["Ada"], "one")
        told = [each for _, each in parsed((await client.get(f"{API}/queue/data?session_hash=one")).text)]
        steps = [each["output"]["data"] for each in told if each["msg"] == "process_generating"]
        assert told[0]["msg"] in {"process_starts", "estimation"}
        assert steps[0] == ["So "]
        assert all(step[0][0][0] == "append" for step in steps[1:])
        assert told[-2]["msg"] == "process_completed"
        assert told[-2]["event_id"] == joined
        assert told[-2]["output"]["data"] == ["So it goes Ada "]
        assert told[-1] == {"msg": "close_stream", "event_id": None}

    async def test_progress_and_toasts_are_told(self, client: httpx.AsyncClient) -> None:
        await self._join(client, 6, [], "two")
        told = [each for _, each in parsed((await client.get(f"{API}/queue/data?session_hash=two")).text)]
        by_kind = {each["msg"]: each for each in told}
        assert by_kind["progress"]["progress_data"][0]["progress"] == 0.5
        assert by_kind["progress"]["progress_data"][0]["desc"] == "Half"
        assert (by_kind["log"]["log"], by_kind["log"]["level"]) == ("nearly there", "info")

    async def test_a_cancelled_job_ends(self, client: httpx.AsyncClient) -> None:
        event = await self._join(client, 4, [], "three")
        stranger = {"session_hash": "another", "fn_index": 4, "event_id": event}
        await client.post(f"{API}/cancel", json=stranger)
        await client.post(f"{API}/cancel", json={**stranger, "session_hash": "three"})
        told = [each for _, each in parsed((await client.get(f"{API}/queue/data?session_hash=three")).text)]
        assert [each["success"] for each in told if each["msg"] == "process_completed"] == [False]

    async def test_a_call_that_follows_soon_is_told_by_the_same_stream(
        self, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Regression: the stream ended between two calls, and gradio_client took the second for cancelled."""
        monkeypatch.setattr(streams, "LINGER", 5.0)
        calls_made = [await self._join(client, 0, ["Ada", 1], "four")]
        ended, kinds = [], []
        async with client.stream("GET", f"{API}/queue/data?session_hash=four") as stream:
            async for line in stream.aiter_lines():
                told = json.loads(line.removeprefix("data: ") or "{}")
                kinds.append(told.get("msg"))
                if kinds[-1] == "process_completed":
                    ended.append(told["event_id"])
                    if len(calls_made) == 1:
                        calls_made.append(await self._join(client, 0, ["Bob", 1], "four"))
        assert ended == calls_made
        assert kinds.count("close_stream") == 1

    async def test_a_call_made_as_the_stream_ends_is_made_known_when_its_reader_left(
        self, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Regression: gradio_client takes the end for that of every call it knows of, this one too."""
        monkeypatch.setattr(sessions, "END_IS_READ", 60.0)
        await self._join(client, 0, ["Ada", 1], "five")
        async with client.stream("GET", f"{API}/queue/data?session_hash=five") as stream:
            lines = stream.aiter_lines()  # held: without it the stream would be left
            await self._read_end(lines)
            joining = asyncio.create_task(self._join(client, 0, ["Bob", 1], "five"))
            await asyncio.sleep(0.3)
            assert not joining.done()
        second = await joining
        monkeypatch.setattr(sessions, "END_IS_READ", 0.1)
        told = [each for _, each in parsed((await client.get(f"{API}/queue/data?session_hash=five")).text)]
        assert [each["event_id"] for each in told if each["msg"] == "process_completed"] == [second]

    async def test_a_reader_that_stays_after_the_end_holds_up_no_call(
        self, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sessions, "END_IS_READ", 0.1)
        await self._join(client, 0, ["Ada", 1], "six")
        async with client.stream("GET", f"{API}/queue/data?session_hash=six") as stream:
            lines = stream.aiter_lines()  # held: without it the stream would be left
            await self._read_end(lines)
            assert await self._join(client, 0, ["Bob", 1], "six")

    async def test_an_unknown_session_is_said_to_be_one(self, client: httpx.AsyncClient) -> None:
        ((_, said),) = parsed((await client.get(f"{API}/queue/data?session_hash=nobody")).text)
        assert (said["msg"], said["session_not_found"]) == ("unexpected_error", True)

    async def _read_end(self, lines: AsyncIterator[str]) -> None:
        while "close_stream" not in await anext(lines):
            pass

    async def _join(self, client: httpx.AsyncClient, number: int, data: list[Any], session: str) -> str:
        body = {"data": data, "fn_index": number, "session_hash": session}
        return str((await client.post(f"{API}/queue/join", json=body)).json()["event_id"])


class TestBounds:
    async def test_steps_that_nobody_reads_are_joined(self) -> None:
        with ds.Blocks() as app:
            said = ds.Textbox()

            def many():  # type: ignore[no-untyped-def]
                text = ""
                for number in range(1000):
                    text += f"{number} "
                    yield text

            ds.Button().click(many, None, said)
        with served(app) as server:
            async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
                event = (await client.post(f"{API}/call/many", json={"data": []})).json()["event_id"]
                call = server.app.api.sessions.call(event)
                assert call is not None
                await eventually(lambda: call.is_over)
                told = parsed((await client.get(f"{API}/call/many/{event}")).text)
        assert len(told) <= calls.MAX_STEPS + 1
        assert told[-2][1] == told[-1][1]
        assert told[-1][1][0].startswith("0 1 2 ")

    async def test_a_call_whose_reader_left_stops_after_a_while(
        self, server: Served, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = (await client.post(f"{API}/call/endless", json={"data": []})).json()["event_id"]
        async with client.stream("GET", f"{API}/call/endless/{event}") as answer:
            async for line in answer.aiter_lines():
                if line == "data: [1]":
                    monkeypatch.setattr(sessions, "GRACE", 0.1)
                    break
        call = server.app.api.sessions.call(event)
        assert call is not None
        await eventually(lambda: call.is_over)

    async def test_a_full_queue_is_said_to_be_full(self) -> None:
        free = threading.Event()
        with ds.Blocks() as app:
            ds.Button().click(lambda: free.wait(20), None, ds.Textbox(), api_name="wait")
        app.queue(max_size=1)
        with served(app) as server:
            async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
                running = [
                    asyncio.ensure_future(client.post(f"{API}/run/wait", json={"data": []})) for _ in "ab"
                ]
                await eventually(lambda: server.app.runner.waiting == 1)
                answer = await client.post(f"{API}/run/wait", json={"data": []})
                free.set()
                assert {each.status_code for each in await asyncio.gather(*running)} == {200}
        assert answer.status_code == 503
        assert "Too many jobs" in answer.json()["error"]


class TestInfo:
    async def test_info_tells_types_defaults_and_code(self, client: httpx.AsyncClient) -> None:
        known = (await client.get(f"{API}/info")).json()["named_endpoints"]
        name, times = known["/greet"]["parameters"]
        assert (name["parameter_name"], name["label"], name["python_type"]["type"]) == (
            "name",
            "Your name",
            "str",
        )
        assert (times["parameter_has_default"], times["parameter_default"]) == (True, 1)
        assert known["/greet"]["description"] == "Say hello."
        assert known["/picture"]["parameters"][0]["python_type"]["type"] == "filepath"
        assert known["/count"]["parameters"] == []
        assert [each["label"] for each in known["/count"]["returns"]] == ["Number"]
        assert "/quiet" not in known
        assert "/quiet" in (await client.get(f"{API}/info?all_endpoints=true")).json()["named_endpoints"]

    async def test_openapi_describes_each_endpoint(self, client: httpx.AsyncClient) -> None:
        paths = (await client.get(f"{API}/openapi.json")).json()["paths"]
        body = paths[f"{API}/call/v2/add"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert (body["required"], set(body["properties"])) == (["a"], {"a", "b"})
        assert f"{API}/call/v2/hidden" not in paths

    async def test_each_visitor_sees_the_address_that_it_asked_at(self, client: httpx.AsyncClient) -> None:
        for host in ("one.example", "two.example:8080"):
            answer = (await client.get("/config", headers={"Host": host})).json()
            assert answer["root"] == f"http://{host}"
        assert (answer["api_prefix"], answer["protocol"]) == (API, "sse_v3")
