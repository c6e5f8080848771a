"""The benchmark of the page still runs, and says what it measured."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from bench.ui.exchange import whole
from bench.ui.line import line
from bench.ui.measures import MEASURES
from bench.ui.quantities import QUANTITIES, at_least, at_most
from bench.ui.results import Results, as_json, check, table
from bench.ui.runtimes import PINNED
from tests.project.tracked import ROOT


@pytest.fixture
def results() -> Results:
    """Two rounds: in the second the machine is half as fast, and Gradio's click fails."""
    made = Results()
    for slower in (1, 2):
        made.add("doorstep", ["events-1", "click"], {"events-1": 2000 / slower, "click": 10.0 * slower})
        made.add("gradio", ["events-1", "click"], {"events-1": 100 / slower})
    return made


def cells(lines: str) -> dict[str, list[str]]:
    """A table's cells by those of the first column, without its two lines of heading."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines.splitlines()]
    return {row[0]: row[1:] for row in rows[2:]}


def test_ratios_are_taken_within_a_round(results: Results) -> None:
    """A slow moment of the machine hits both of a round, so it is in no ratio."""
    shown = cells(table(results))

    assert shown["events/s, 1 client, no limit"] == ["1500 (1000–2000)", "75.0 (50.0–100.0)", "20"]


def test_less_is_better_where_it_is_time(results: Results) -> None:
    results.add("gradio", ["click"], {"click": 80.0})
    results.add("doorstep", ["click"], {"click": 20.0})

    assert cells(table(results))["click → text in the page, local, p50, ms"][2] == "4"


def test_what_failed_is_a_dash_and_what_was_not_measured_has_no_line(results: Results) -> None:
    shown = cells(table(results))

    assert shown["click → text in the page, local, p50, ms"][1:] == ["–", "–"]
    assert "download (curl), MB/s" not in shown


def test_goals_that_were_measured_are_checked_and_no_others(results: Results) -> None:
    checked = {what: row[-1] for what, row in cells(check(results)).items()}

    assert checked == {"events/s, 1 client, no limit": "yes", "click → text in the page, local, p50": "no"}


def test_a_goal_is_met_at_its_limit() -> None:
    assert at_most(2).met(2)
    assert at_least(2).met(2)
    assert not at_most(2).met(2.1)
    assert not at_least(2).met(1.9)


def test_every_quantity_is_found_by_one_measure() -> None:
    """The CPU of smaller loads is in the file only."""
    found = [name for measure in MEASURES for name in measure.finds]

    assert len(found) == len(set(found))
    assert {quantity.name for quantity in QUANTITIES} <= set(found)


def test_what_is_pinned_is_names_and_versions() -> None:
    lines = [line for line in PINNED.read_text().splitlines() if not line.startswith("#")]

    assert any(line.startswith("gradio==") for line in lines)
    assert all(line.count("==") == 1 and not set(line) & set(":/@ ") for line in lines)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ],
)
def test_an_answer_is_whole_at_its_last_byte_and_not_before(answer: bytes) -> None:
    assert whole(bytearray(answer))
    assert not whole(bytearray(answer[:-1]))


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that says what it is told, once, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            visitor, _ = listening.accept()
            with visitor:
                visitor.sendall(visitor.recv(100))

        thread = Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(20)


def test_a_line_delays_both_ways_counts_what_comes_back_and_hangs_up(echo: int) -> None:
    with line(echo, delay=0.02) as wire, socket.create_connection(("127.0.0.1", wire.port), 20) as visitor:
        began = time.perf_counter()
        visitor.sendall(b"hello")

        assert visitor.recv(100) == b"hello"
        assert time.perf_counter() - began >= 0.08, "a round trip to connect, a round trip to ask"
        assert visitor.recv(100) == b""
        assert wire.received == 5


@pytest.mark.timeout(150)
def test_a_quick_run_of_the_doorstep_half(tmp_path: Path) -> None:
    """Starts, an import and the clients of the API; no browser, and nothing is installed."""
    written = tmp_path / "bench-ui.json"
    command = [sys.executable, "-m", "bench.ui", "--quick", "--runtimes", "doorstep", "--json", str(written)]

    done = subprocess.run(
        [*command, "--only", "import", "api"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=140,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(written.read_text())
    assert not found["failures"]
    assert found["rounds"].keys() == {"import", "import-cpu", "api-64", "api-64-cpu"}
    assert all(figures["doorstep"][0] > 0 for figures in found["rounds"].values())
    assert "| goal" in done.stdout


def test_every_round_is_in_the_file(results: Results) -> None:
    found = json.loads(as_json(results, {"cores": 2}))

    assert found["facts"] == {"cores": 2}
    assert found["rounds"]["events-1"]["doorstep"] == [2000, 1000]
    assert found["rounds"]["click"]["gradio"] == [None, None]
