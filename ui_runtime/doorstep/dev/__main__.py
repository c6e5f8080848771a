"""`python -m doorstep.dev app.py`, which the command `doorstep app.py` runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from doorstep.dev.loop import develop


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="doorstep", description="Run a script, and again whenever it is saved; its page stays open."
    )
    parser.add_argument("script", type=_script, help="a Python file that launches an app, or makes one")
    parser.add_argument("--demo-name", default="demo", metavar="NAME", help="the app's variable (demo)")
    parser.add_argument(
        "--watch-dirs", type=Path, nargs="+", default=[], metavar="DIR", help="more folders to watch"
    )
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="given on to the script")
    options = parser.parse_args()
    folders = [folder.resolve() for folder in options.watch_dirs]
    sys.exit(develop(options.script, options.arguments, folders, options.demo_name))


def _script(given: str) -> Path:
    path = Path(given).resolve()
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {given}")
    return path


if __name__ == "__main__":
    main()
