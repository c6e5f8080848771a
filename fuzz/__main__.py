"""Runs targets under atheris, and keeps what they found.

    python -m fuzz [TARGET …] [--seconds 60]

Each target runs in a process of its own, from its corpus. What reached new code is merged back,
minimised; an input that breaks a promise is written to `fuzz/crashes/` and shown, and the exit
status is 1. Needs the `atheris` package.
"""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from fuzz.targets import TARGETS

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
CRASHES = HERE / "crashes"
MOST_FILES = 150
"""Inputs kept for each target: the smallest ones of those that together reach everything."""
MOST_BYTES = 2048
_COVERAGE = re.compile(r"cov: (\d+) ft: (\d+)")
_RUNS = re.compile(r"stat::number_of_executed_units:\s+(\d+)")


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    arguments.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    arguments.add_argument("--seconds", type=int, default=60, help="for each target [60]")
    arguments.add_argument("--as", dest="program", help=argparse.SUPPRESS)
    chosen, rest = arguments.parse_known_args()
    if chosen.program:
        return _fuzz(chosen.targets[0], [chosen.program, *rest])
    if unknown := set(chosen.targets) - set(TARGETS):
        arguments.error(f"no such target: {', '.join(sorted(unknown))}")
    return max(_run(name, chosen.seconds) for name in chosen.targets or TARGETS)


def _fuzz(name: str, command: list[str]) -> int:
    """In a process of its own: libFuzzer takes it over and ends it."""
    import atheris  # type: ignore[import-untyped]  # it ships no types

    with atheris.instrument_imports(include=["doorstep_relay", "doorstep_client"]):
        for module in [module for module in sys.modules if module.startswith(("doorstep_", "fuzz."))]:
            del sys.modules[module]
        from fuzz.targets import TARGETS as INSTRUMENTED  # noqa: N811  # the same, read again
    atheris.Setup(command, INSTRUMENTED[name])
    atheris.Fuzz()
    return 0


def _run(name: str, seconds: int) -> int:
    kept = CORPUS / name
    kept.mkdir(parents=True, exist_ok=True)
    CRASHES.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix=f"fuzz-{name}-") as folder:
        fresh, merged = Path(folder) / "fresh", Path(folder) / "merged"
        fresh.mkdir()
        merged.mkdir()
        program = _program(Path(folder) / name, name)
        done = _libfuzzer(
            [program, str(fresh), str(kept)],
            f"-max_total_time={seconds}",
            f"-max_len={MOST_BYTES}",
            f"-dict={HERE / 'http.dict'}",
            f"-artifact_prefix={CRASHES / name}-",
            "-print_final_stats=1",
            "-timeout=10",
            "-rss_limit_mb=1024",
        )
        if done.returncode:
            print(f"{name}: a promise is broken\n{done.stderr[-4000:]}")
            return 1
        _libfuzzer([program, str(merged), str(kept), str(fresh)], "-merge=1")
        _keep(merged, kept)
    print(_summary(name, done.stderr, len(list(kept.iterdir()))), flush=True)
    return 0


def _program(path: Path, name: str) -> str:
    """libFuzzer starts itself again to merge, by its path: so it gets one."""
    path.write_text(
        f"#!/bin/sh\ncd {shlex.quote(str(HERE.parent))}\n"
        f'exec {shlex.quote(sys.executable)} -m fuzz {name} --as "$0" "$@"\n'
    )
    path.chmod(0o700)
    return str(path)


def _libfuzzer(command: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [command[0], *options, *command[1:]], capture_output=True, text=True, errors="replace", check=False
    )


def _keep(merged: Path, kept: Path) -> None:
    found = sorted(merged.iterdir(), key=lambda path: (path.stat().st_size, path.name))[:MOST_FILES]
    named = [path for path in kept.iterdir() if not re.fullmatch(r"[0-9a-f]{40}", path.name)]
    for path in kept.iterdir():
        if path not in named:  # those with a name were written by people: they stay
            path.unlink()
    there = {path.read_bytes() for path in named}
    for path in found:
        if path.read_bytes() not in there:
            shutil.copy(path, kept / path.name)


def _summary(name: str, log: str, files: int) -> str:
    runs = _RUNS.findall(log)
    seen = _COVERAGE.findall(log)
    first, last = (seen[0], seen[-1]) if seen else (("0", "0"), ("0", "0"))
    return (
        f"{name}: {int(runs[-1]) if runs else 0:,} executions, coverage {first[0]} → {last[0]}, "
        f"features {first[1]} → {last[1]}, {files} inputs kept"
    )


if __name__ == "__main__":
    sys.exit(main())
