"""The commands that people and CI type."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.project.tracked import ROOT


def make(*args: str, cwd: Path = ROOT) -> str:
    done = subprocess.run(
        ["make", "--no-print-directory", *args],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of a fresh clone as make looks at."""
    for name in ("Makefile", "pyproject.toml", "requirements", "scripts"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    return tmp_path


def test_make_alone_lists_what_it_can_do() -> None:
    assert re.findall(r"^  make (\w+)", make(), re.MULTILINE)[:2] == ["help", "demo"]


def test_a_first_demo_makes_its_environment_installs_and_runs(checkout: Path) -> None:
    planned = make("--dry-run", "demo", cwd=checkout)

    steps = [planned.index(step) for step in ("-m venv .venv", "--editable '.[relay]'", "scripts/demo.py")]
    assert steps == sorted(steps)
    assert "dev]" not in planned


def test_a_second_demo_installs_nothing(checkout: Path) -> None:
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").touch()
    (checkout / ".venv" / ".demo").touch()

    assert "install" not in make("--dry-run", "demo", cwd=checkout)


def test_a_changed_dependency_is_installed(checkout: Path) -> None:
    stamp = checkout / ".venv" / ".demo"
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").touch()
    stamp.touch()
    os.utime(stamp, (0, 0))

    assert "install" in make("--dry-run", "demo", cwd=checkout)


def test_tests_get_system_packages_and_every_extra_first(checkout: Path) -> None:
    planned = make("--dry-run", "test", cwd=checkout)

    steps = [planned.index(step) for step in ("system-packages.sh", ".[relay,image,dev]", "-m pytest")]
    assert steps == sorted(steps)


def test_ci_runs_the_checks_and_then_exactly_make_test() -> None:
    script = (ROOT / ".ci" / "run").read_text()

    calls = re.findall(r"^make --no-print-directory (\w+)(.*)$", script, re.MULTILINE)
    assert [target for target, _ in calls] == ["lint", "test"]
    assert script.rstrip().endswith('exit "$failed"')
