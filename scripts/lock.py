"""Pin what a fresh install resolves to today, for repeatable runs: writes requirements/dev.txt.

Only names and versions are written: no index, no file path.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "requirements" / "dev.txt"
HEADER = """\
# Exact versions for development, CI and `make demo`: a constraints file, written by `make lock`.
"""
PIN = re.compile(r"[A-Za-z0-9._-]+==\S+")


def main() -> None:
    with TemporaryDirectory(prefix="doorstep-lock-") as folder:
        venv = Path(folder)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        pip = [str(venv / "bin" / "pip"), "--disable-pip-version-check", "--quiet"]
        subprocess.run([*pip, "install", "--editable", f"{ROOT}[relay,image,dev]"], check=True)
        frozen = subprocess.run(
            [*pip, "freeze", "--exclude-editable"], check=True, capture_output=True, text=True
        ).stdout.splitlines()
    if strange := [line for line in frozen if not PIN.fullmatch(line)]:
        sys.exit(f"these are no plain pins: {strange}")
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(HEADER + "\n".join(sorted(frozen, key=str.lower)) + "\n")
    print(f"{TARGET.relative_to(ROOT)}: {len(frozen)} packages")


if __name__ == "__main__":
    main()
