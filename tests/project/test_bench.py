"""The benchmark still runs, and says what it measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.load import whole_length
from bench.report import Figure, Round, ratios, table
from tests.project.tracked import ROOT


def one(per_second: float, cpu: dict[str, float]) -> Round:
    return Round(per_second=per_second, p50=0.001, p99=0.002, cpu=cpu, download=0.5)


def test_a_figure_is_a_median_beside_its_spread() -> None:
    assert str(Figure.of([0.000_030, 0.000_020, 0.000_031], 1e6)) == "30.0 (20.0–31.0)"
    assert str(Figure.of([20_000, 10_000])) == "15000 (10000–20000)"


def test_a_way_without_a_role_shows_a_dash_there() -> None:
    rounds = {"app": [one(100, {"app": 1e-5})], "doorstep": [one(50, {"relay": 3e-5, "client": 4e-5})]}

    heading, _, app, doorstep = table(rounds, 100).splitlines()

    assert [cell.strip() for cell in heading.split("|")][2:6] == [
        "relay µs CPU",
        "client µs CPU",
        "app µs CPU",
        "all µs CPU",
    ]
    assert [cell.strip().split(" ")[0] for cell in app.split("|")][2:6] == ["–", "–", "10.0", "10.0"]
    assert [cell.strip().split(" ")[0] for cell in doorstep.split("|")][2:6] == ["30.0", "40.0", "–", "70.0"]
    assert ratios(rounds)[0].startswith("doorstep / app: 0.50 ×")


def test_our_own_generator_counts_only_whole_good_answers() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

    assert whole_length(answer) == len(answer)
    assert whole_length(answer[:20]) == 0
    with pytest.raises(ValueError, match="503"):
        whole_length(answer.replace(b"200 OK", b"503 Offline"))


@pytest.mark.timeout(120)
def test_a_short_run_measures_every_way(tmp_path: Path) -> None:
    short = ["--rounds", "1", "--seconds", "1", "--visitors", "4", "--megabytes", "1"]
    command = [sys.executable, "-m", "bench.tunnel", *short, "--json", str(tmp_path / "bench.json")]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "bench.json").read_text())
    assert set(found["rounds"]) == {"app", "doorstep", "ssh -R"}
    assert all(turn["per_second"] > 0 for turns in found["rounds"].values() for turn in turns)
    assert 0 < found["first_answer_seconds"][0] < 10
