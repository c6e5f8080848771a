"""The benchmark still runs, and says what it measured."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench import document, goals
from bench.goals import Goal
from bench.loads import LOADS, Load
from bench.loads.generator import seen
from bench.loads.turn import Seen, Turn
from bench.probes import whole_length
from bench.report import Figure, Results, as_json, from_json, summary, table, times_as_fast
from tests.project.tracked import ROOT

SMALL = next(load for load in LOADS if load.name == "small-32")
BESIDE = next(load for load in LOADS if load.name == "beside")


def turn(per_second: float, **cpu: float) -> Turn:
    """One second's turn; `cpu` in seconds a request."""
    spent = {role: each * per_second for role, each in cpu.items()}
    return Turn(count=per_second, duration=1, p50=0.001, p99=0.002, generator=0.25, cpu=spent)


@pytest.fixture
def results() -> Results:
    """Two rounds: in the second the machine is half as fast, and one peer fails."""
    made = Results()
    for speed in (1.0, 0.5):
        made.add("small-32", "app", turn(1000 * speed, app=20e-6 / speed))
        made.add("small-32", "doorstep", turn(600 * speed, relay=30e-6 / speed, client=25e-6 / speed))
        made.add("small-32", "ssh -R", turn(400 * speed, relay=20e-6, client=20e-6, app=30e-6))
    made.add("small-32", "chisel", turn(300, relay=90e-6, client=90e-6, app=30e-6))
    made.add("small-32", "chisel", None)
    return made


def cells(results: Results, load: Load = SMALL) -> dict[str, dict[str, str]]:
    """The table, by way and heading."""
    lines = [split(line) for line in table(results, load).splitlines()]
    return {line[0]: dict(zip(lines[0], line, strict=True)) for line in lines[2:]}


def split(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_figure_is_a_median_beside_its_spread() -> None:
    assert str(Figure.of([0.000_030, 0.000_020, 0.000_031], 1e6)) == "30.0 (20.0–31.0)"
    assert str(Figure.of([20_000, 10_000])) == "15000 (10000–20000)"
    assert str(Figure.of([0.25])) == "0.25"


def test_a_way_without_a_role_shows_a_dash_there(results: Results) -> None:
    shown = cells(results)

    assert list(shown["app"])[1:5] == ["relay µs", "client µs", "app µs", "all µs"]
    assert shown["app"]["relay µs"] == "–"
    assert shown["doorstep"]["app µs"] == "–"
    assert shown["doorstep"]["all µs"].startswith("82.5 ")
    assert shown["ssh -R"]["visitors’ CPU"].startswith("25")


def test_ratios_are_taken_within_a_round(results: Results) -> None:
    """A slow moment of the machine hits all ways of its round, so it is in no ratio."""
    ratio = results.times_as_fast(SMALL, "doorstep", "ssh -R")

    assert ratio is not None
    assert ratio.low == pytest.approx(1.5)
    assert ratio.high == pytest.approx(1.5)


def test_where_visitors_wait_the_ratio_is_of_how_long() -> None:
    waits, one, other = next(load for load in LOADS if load.waits), turn(100), turn(100)

    assert times_as_fast(waits, one, replace(other, p50=0.003)) == pytest.approx(3)
    assert times_as_fast(SMALL, one, replace(other, p50=0.003)) == pytest.approx(1)


def test_the_summary_has_a_column_for_each_comparison(results: Results) -> None:
    results.add("small-32", "doorstep tls", turn(200, relay=60e-6, client=50e-6))
    results.add("small-32", "nginx tls", turn(800, relay=30e-6, app=20e-6))

    heading, _, line = summary(results, [SMALL]).splitlines()

    shown = dict(zip(split(heading), split(line), strict=True))
    assert shown["doorstep ÷ ssh -R"] == "1.50"
    assert shown["doorstep tls ÷ nginx tls"] == "0.25"
    assert shown["doorstep tls ÷ ssh -R"] == "0.50"
    assert "doorstep tls ÷ app" not in shown


def test_a_round_that_failed_is_left_out_and_a_way_that_always_fails_says_so(results: Results) -> None:
    results.add("small-32", "bore", None)

    shown = cells(results)

    assert "failed" in shown["bore"].values()
    assert shown["chisel"]["requests/s"] == "300"


def test_no_cpu_is_told_for_requests_beside_something_else() -> None:
    beside = Results()
    beside.add("beside", "doorstep", turn(100, relay=1, client=1))

    assert "relay µs" not in cells(beside, BESIDE)["doorstep"]


def test_goals_that_were_measured_are_checked_and_no_others(results: Results) -> None:
    checked = {
        line.split("|")[1].strip(): line.split("|")[4].strip() for line in goals.check(results).splitlines()
    }

    assert checked["relay, CPU per small request"] == "no"
    assert checked["requests/s, against the best peer"] == "yes"
    assert "big download, against nginx" not in checked


def test_a_goal_is_met_at_its_limit() -> None:
    assert Goal("most", 2, lambda _: None).met(2)
    assert Goal("least", 2, lambda _: None, at_least=True).met(2)
    assert not Goal("least", 2, lambda _: None, at_least=True).met(1.99)


def test_a_run_that_is_over_can_be_written_up_again(results: Results) -> None:
    results.failures.append("chisel fell over")
    results.first_answers.append(0.2)

    again, facts = from_json(as_json(results, {"cores": 2}))

    assert again == results
    assert facts == {"cores": 2}


def test_a_documents_tables_are_replaced_and_nothing_else(results: Results, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Title\n\n{document.BEGIN}\nold\n{document.END}\n\n## Next\n")

    document.put(page, document.written(results, [SMALL], {"cores": 2}))

    text = page.read_text()
    assert text.startswith(f"# Title\n\n{document.BEGIN}\n\ncores: 2.")
    assert text.endswith(f"|\n\n{document.END}\n\n## Next\n")
    assert "old" not in text
    page.write_text("# Title\n")
    with pytest.raises(ValueError, match="has no"):
        document.put(page, "")


def test_a_generator_whose_visitors_were_not_all_served_fails_its_turn() -> None:
    assert seen('noise\n{"count": 2, "duration": 1.5, "errors": 0}\n') == Seen(2, 1.5)
    with pytest.raises(RuntimeError, match="3 errors beside 2 good answers"):
        seen('{"count": 2, "duration": 1, "errors": 3}')
    with pytest.raises(RuntimeError, match="0 good answers"):
        seen('{"count": 0, "duration": 1, "errors": 0}')


def test_an_answers_length_is_known_when_its_head_is_whole() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

    assert whole_length(answer) == len(answer)
    assert whole_length(answer[:20]) == 0
    with pytest.raises(ValueError, match="503"):
        whole_length(answer.replace(b"200 OK", b"503 Offline"))


@pytest.mark.timeout(120)
def test_a_quick_run_sends_each_kind_of_load_through_doorstep_with_tls(tmp_path: Path) -> None:
    """Requests, transfers, streams, the time to a first answer; the other ways are left to `make bench`."""
    written, ways = tmp_path / "bench.json", ["app", "doorstep tls"]
    loads = ["small-1", "download", "upload", "websocket", "events"]
    command = [sys.executable, "-m", "bench.tunnel", "--quick", "--megabytes", "2", "--json", str(written)]
    command += ["--ways", *ways, "--only", *loads, "first-answer"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(written.read_text())
    assert not found["failures"]
    assert list(found["rounds"]) == loads
    assert all(set(turns) == set(ways) for turns in found["rounds"].values())
    assert all(0 < each < 10 for each in found["first_answer_seconds"])
    assert "| goal" in done.stdout


def test_tls_on_both_legs_is_compared_with_peers_that_have_it_and_apart_with_those_that_have_not(
    results: Results,
) -> None:
    results.add("small-32", "doorstep tls", turn(500, relay=60e-6, client=50e-6))
    results.add("small-32", "ssh -R tls", turn(250, front=30e-6, relay=20e-6, client=20e-6, app=30e-6))

    reached = {
        line.split("|")[1].strip(): line.split("|")[3].strip() for line in goals.check(results).splitlines()
    }

    assert reached["… TLS on both legs, as the peer's"] == "2 ×"
    assert reached["… TLS on both legs, and none between the peer and its visitors"] == "1.25 ×"
    assert cells(results)["ssh -R tls"]["front µs"] == "30.0"
