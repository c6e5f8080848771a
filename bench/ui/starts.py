"""What it takes to be there: the install, the import, the first answer, and then nothing to do."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from bench.processes import cpu_seconds, free_port, running
from bench.report import MILLI
from bench.ui.runtimes import DOORSTEP, Runtime, Served, command, environment, install
from bench.ui.scale import Scale

ROOT = Path(__file__).parent.parent.parent
NOT_OURS = {"pip", "setuptools"}
"""What every fresh environment has."""


def imports(runtime: Runtime, _scale: Scale) -> dict[str, float]:
    """With the interpreter's own start."""
    with TemporaryDirectory() as place:
        began = time.perf_counter()
        with subprocess.Popen(
            [runtime.python, "-P", "-c", f"import {runtime.module}"], env=environment(Path(place))
        ) as process:
            _, status, used = os.wait4(process.pid, 0)
            took = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"import {runtime.module} ended with {process.returncode}")
    return {"import": took * MILLI, "import-cpu": (used.ru_utime + used.ru_stime) * MILLI}


def first_answer(runtime: Runtime, _scale: Scale) -> dict[str, float]:
    with TemporaryDirectory() as folder:
        place, port = Path(folder), free_port()
        began = time.perf_counter()
        with running(command(runtime, port), log=place / "demo.log", env=environment(place)) as process:
            wait_for_page(port)
            took = time.perf_counter() - began
            return {"first-200": took * MILLI, "first-200-cpu": cpu_seconds(process.pid) * MILLI}


def wait_for_page(port: int, deadline: float = 60.0) -> None:
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).read()
            return
        time.sleep(0.003)
    raise TimeoutError(f"nothing answers on port {port} after {deadline:g} s")


def idle(served: Served, scale: Scale) -> dict[str, float]:
    """Memory after the page was asked for once, and what the process does with nobody there."""
    urllib.request.urlopen(f"http://{served.host}/", timeout=10).read()
    time.sleep(2)
    began, before = time.perf_counter(), busy_seconds(served.pid)
    time.sleep(scale.idle)
    used = (busy_seconds(served.pid) - before) / (time.perf_counter() - began)
    return {"idle-memory": psutil.Process(served.pid).memory_info().rss / 1e6, "idle-cpu": 100 * used}


def busy_seconds(pid: int) -> float:
    """CPU time to the nanosecond: ticks of 10 ms are too coarse for a process that sleeps."""
    tasks = list(Path(f"/proc/{pid}/task").glob("*/schedstat"))
    if not tasks:
        return cpu_seconds(pid)
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def size(runtime: Runtime, _scale: Scale) -> dict[str, float]:
    """Of the environment that `pip install` makes: Doorstep's is a fresh one, from a wheel."""
    with environment_of(runtime) as environment:
        packages = next(environment.glob("lib/python*/site-packages"))
        names = [each.name.split("-")[0] for each in packages.glob("*.dist-info")]
        files = (path for path in packages.rglob("*") if path.is_file())
        own = (path for path in files if path.relative_to(packages).parts[0].split("-")[0] not in NOT_OURS)
        return {
            "packages": len([name for name in names if name not in NOT_OURS]),
            "install": sum(path.stat().st_size for path in own) / 1e6,
        }


@contextlib.contextmanager
def environment_of(runtime: Runtime) -> Iterator[Path]:
    if runtime.module != DOORSTEP:
        yield runtime.python.parent.parent
        return
    with TemporaryDirectory(prefix="doorstep-bench-ui-") as folder:
        place = Path(folder)
        build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
        subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=300)
        install(place / "environment", str(next(place.glob("*.whl"))))
        yield place / "environment"
