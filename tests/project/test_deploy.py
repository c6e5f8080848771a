"""The files of `deploy/` that no other test runs are at least right: for systemd, for Docker, for Caddy."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import yaml  # type: ignore[import-untyped]  # its stubs would be one more package

from doorstep_relay.config import ENVIRONMENT, Settings
from tests.project.tracked import ROOT
from tests.support import Process, clean_env, free_port, visit

DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "systemd" / "doorstep-relay.service"
SOCKET = UNIT.with_suffix(".socket")
MAX_EXPOSURE = 2.0
"""Of 10, as `systemd-analyze security` counts it; a unit without any of it has 9.6."""
_PR_SET_MDWE = 65


def call(*command: str | Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def installed_unit(folder: Path) -> Path:
    """The unit with the programs of this machine: systemd looks whether they are there."""
    unit = folder / UNIT.name
    command = Path(sys.executable).parent / "doorstep-relay"
    unit.write_text(UNIT.read_text().replace("/opt/doorstep/bin/doorstep-relay", str(command)))
    return unit


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    port = tmp_path / SOCKET.name
    port.write_text(SOCKET.read_text())
    assert call("systemd-analyze", "verify", "--man=no", installed_unit(tmp_path), port).strip() == ""


def test_the_unit_gives_the_relay_little_of_the_machine() -> None:
    told = call("systemd-analyze", "security", "--offline=true", "--no-pager", UNIT)
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", told)

    assert exposure is not None, told
    assert float(exposure[1]) <= MAX_EXPOSURE


def test_the_relay_runs_without_memory_that_is_written_and_executed(tmp_path: Path) -> None:
    """What `MemoryDenyWriteExecute` of the unit asks for, by the kernel (Linux 6.3 and newer)."""
    port = free_port()
    source = (
        f"import ctypes; ctypes.CDLL(None).prctl({_PR_SET_MDWE}, 1, 0, 0, 0)\n"
        "from doorstep_relay.cli import main; main()"
    )
    command = [sys.executable, "-c", source, "serve", "--open", "--listen", f"127.0.0.1:{port}"]
    process = Process([*command, "--data", str(tmp_path)], log=tmp_path / "log", env=clean_env(tmp_path))
    try:
        process.wait_for_line("listens on")
        assert visit(f"http://localhost:{port}/healthz").status == 200
    finally:
        process.stop()


def test_environment_variables_of_the_files_are_settings() -> None:
    """A misspelt one would be ignored by the relay in silence."""
    known = {ENVIRONMENT + name.upper() for name in Settings.__dataclass_fields__}
    for path in (*DEPLOY.glob("*/*Dockerfile"), *DEPLOY.glob("*/*.yaml"), UNIT):
        used = set(re.findall(rf"\b{ENVIRONMENT}[A-Z_]+\b", path.read_text()))
        assert used <= known, path


def test_the_image_is_not_roots_and_the_compose_file_takes_away_the_rest() -> None:
    lines = (DEPLOY / "docker" / "Dockerfile").read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["10001:10001"]

    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
    relay = compose["services"]["relay"]
    assert (ROOT / "deploy/compose" / relay["build"]["context"]).resolve() == ROOT.resolve()
    assert (ROOT / relay["build"]["dockerfile"]).is_file()
    assert relay["read_only"] is True
    assert relay["cap_drop"] == ["ALL"]
    for volume in compose["services"]["caddy"]["volumes"]:
        source = volume.partition(":")[0]
        assert source in compose["volumes"] or (DEPLOY / "compose" / source).is_file(), source


def test_what_docker_copies_is_enough_to_build() -> None:
    """Everything that pyproject.toml and the build hook name is let through by the ignore file."""
    ignored = (DEPLOY / "docker" / "Dockerfile.dockerignore").read_text().splitlines()
    let_through = {line[1:] for line in ignored if line.startswith("!")}
    packages = re.findall(r'"(\w+)/doorstep\w*"', (ROOT / "pyproject.toml").read_text())

    assert packages
    assert {*packages, "pyproject.toml", "hatch_build.py", "README.md", "LICENSE"} <= let_through


def test_caddy_takes_both_of_its_files(tmp_path: Path) -> None:
    for name in ("Caddyfile", "Caddyfile.on-demand"):
        env = {**os.environ, "DOORSTEP_TLS": "tls internal", "XDG_DATA_HOME": str(tmp_path)}
        command = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "caddy" / name)]
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=30, check=False)
        assert done.returncode == 0, done.stderr
