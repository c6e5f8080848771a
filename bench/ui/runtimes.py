"""Both runtimes, each in an environment of its own, and the demo served by one of them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.processes import answers, free_port, running, wait_for

HERE = Path(__file__).parent
DEMO = HERE / "demo.py"
PINNED = HERE.parent / "requirements-gradio.txt"
ENVIRONMENTS = HERE.parent.parent / "build"
DOORSTEP, GRADIO = "doorstep", "gradio"


@dataclass(frozen=True)
class Runtime:
    """What `import module` is, and the interpreter of the environment that has it."""

    module: str
    python: Path

    @cached_property
    def version(self) -> str:
        command = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
        done = subprocess.run(
            [self.python, "-c", command, self.module], check=True, capture_output=True, text=True, timeout=30
        )
        return done.stdout.strip()


@dataclass(frozen=True)
class Served:
    """The demo on `port` of loopback."""

    runtime: Runtime
    port: int
    pid: int
    place: Path
    """A directory for files, which goes when the demo does."""

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @cached_property
    def functions(self) -> dict[str, int]:
        """The number that the page calls each function by."""
        with urllib.request.urlopen(f"http://{self.host}/config", timeout=10) as answer:
            dependencies = json.load(answer)["dependencies"]
        return {each["api_name"]: each["id"] for each in dependencies}


def doorstep() -> Runtime:
    """This checkout, in the environment that runs the benchmark."""
    return Runtime(DOORSTEP, Path(sys.executable))


def gradio() -> Runtime:
    """The pinned one, installed when it is asked for the first time and after the pins change."""
    environment = ENVIRONMENTS / "gradio"
    installed = environment / "requirements.sha256"
    wanted = hashlib.sha256(PINNED.read_bytes()).hexdigest()
    if not installed.exists() or installed.read_text() != wanted:
        print(f"Installing Gradio into {environment}: a minute or two the first time", flush=True)
        install(environment, "--requirement", str(PINNED))
        installed.write_text(wanted)
    return Runtime(GRADIO, environment / "bin" / "python")


RUNTIMES = {DOORSTEP: doorstep, GRADIO: gradio}


def install(environment: Path, *what: str) -> None:
    """`pip install` into an environment that is made anew. Raises `RuntimeError` with pip's own words."""
    subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True, timeout=120)
    pip: list[str | Path] = [
        environment / "bin" / "python",
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--quiet",
    ]
    done = subprocess.run([*pip, "install", *what], capture_output=True, text=True, check=False, timeout=900)
    if done.returncode:
        raise RuntimeError(f"pip install {' '.join(what)}: {done.stderr.strip()[-2000:]}")


@contextlib.contextmanager
def served(runtime: Runtime) -> Iterator[Served]:
    with TemporaryDirectory(prefix="doorstep-bench-ui-") as folder:
        place, port = Path(folder), free_port()
        log = place / "demo.log"
        with running(command(runtime, port), log=log, env=environment(place)) as process:
            wait_for(lambda: answers(port, f"127.0.0.1:{port}"), runtime.module, log, deadline=60)
            yield Served(runtime, port, process.pid, place)


def command(runtime: Runtime, port: int) -> list[str | Path]:
    """`-P` keeps this folder's modules out of the demo's imports."""
    return [runtime.python, "-P", DEMO, runtime.module, str(port)]


def environment(place: Path) -> dict[str, str]:
    """As little as a program needs. What it writes goes to `place`; neither of the two reports home."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "TMPDIR": str(place),
        "GRADIO_TEMP_DIR": str(place),
        "GRADIO_ANALYTICS_ENABLED": "False",
        "LANG": "C.UTF-8",
    }
