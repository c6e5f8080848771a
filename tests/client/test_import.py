"""What `import doorstep_client` costs, and what it must not load."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"asyncio", "ssl", "msgspec", "urllib.request", "starlette", "uvicorn", "uvloop", "anyio"}
IMPORTS = [
    "import doorstep_client",
    "from doorstep_client import Link, share",
    "from doorstep_client import DoorstepError, EndedError",
]


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("code", IMPORTS)
def test_importing_loads_nothing_heavy(code: str) -> None:
    assert not set(run(f"{code}\nimport sys; print(*sys.modules)").split()) & HEAVY


def test_importing_share_takes_less_than_150_ms_of_a_processor() -> None:
    """Of a processor, as the machine may have other things to do; the best of three."""
    code = (
        "import time; began = time.process_time()\n"
        "from doorstep_client import Change, Link, share\n"
        "print(time.process_time() - began)"
    )
    assert min(float(run(code)) for _ in range(3)) < 0.15


def test_an_app_is_served_without_what_only_folders_need() -> None:
    code = (
        "from doorstep_client.targets import make_target\nmake_target(8501)\nimport sys; print(*sys.modules)"
    )
    assert not set(run(code).split()) & {"starlette", "uvicorn", "anyio"}
