"""The `doorstep` command while it starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import doorstep_client
from tests.support.process import clean_env


@pytest.fixture
def interrupted(tmp_path: Path) -> dict[str, str]:
    """An environment in which Ctrl-C comes while the commands are being imported."""
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n")
    ours = str(Path(doorstep_client.__file__).parents[1])
    return clean_env(tmp_path, {"PYTHONPATH": f"{tmp_path}:{ours}"})


def test_ctrl_c_in_its_first_moment_ends_it_without_a_traceback(interrupted: dict[str, str]) -> None:
    command = [sys.executable, "-m", "doorstep_client", "share", "8501"]
    done = subprocess.run(command, env=interrupted, capture_output=True, timeout=60, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
