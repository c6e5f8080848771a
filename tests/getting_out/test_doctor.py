"""`doorstep doctor`: each thing that may be in the way, by the real program that puts it there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.getting_out.conftest import Lasting
from tests.getting_out.middleboxes import nginx, tinyproxy
from tests.support import clean_env, free_port

DOORSTEP = str(Path(sys.executable).parent / "doorstep")


class Examined:
    """What a doctor has found."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code = done.returncode
        self.output = done.stdout + done.stderr
        assert done.stdout.startswith("{"), self.output
        self.report = json.loads(done.stdout)
        self.steps: dict[str, dict[str, Any]] = {step["step"]: step for step in self.report["steps"]}

    def status(self, step: str) -> str:
        return str(self.steps[step]["status"])


@pytest.fixture
def examine(lasting: Lasting, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Runs the command, with this environment beside a clean one."""

    def run(address: str, *options: str, before: tuple[str, ...] = (), **env: str) -> Examined:
        command = [*before, DOORSTEP, "doctor", "--json", "--relay", address, *options]
        everything = clean_env(tmp_path, {"DOORSTEP_TOKEN": lasting.token, **env})
        done = subprocess.run(
            command, env=everything, capture_output=True, text=True, check=False, timeout=60
        )
        assert lasting.token not in done.stdout + done.stderr
        return Examined(done)

    return run


def test_where_nothing_is_in_the_way_every_step_is_good(lasting: Lasting, examine: Any) -> None:
    found = examine(lasting.relay.url)

    assert (found.code, found.report["works"]) == (0, True)
    assert {step["status"] for step in found.report["steps"]} == {"ok"}
    assert list(found.steps) == [
        *("proxy", "dns", "tcp", "relay", "clock", "upgrade", "token", "latency", "link", "tunnel"),
        "throughput",
    ]
    assert found.steps["tunnel"]["facts"] == {"carried": False}
    assert lasting.relay.visit(found.steps["link"]["text"].split()[-1]).status == 410


def test_people_read_the_same_with_what_to_do(lasting: Lasting, tmp_path: Path) -> None:
    env = clean_env(tmp_path, {"DOORSTEP_RELAY": f"http://127.0.0.1:{free_port()}"})
    done = subprocess.run(
        [DOORSTEP, "doctor"], env=env, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 1
    assert "FAIL  tcp" in done.stdout
    assert "→ is that the port, and does it run? If so, a firewall may block" in done.stdout
    assert done.stdout.endswith("Links do not work from here.\n")


def test_a_token_that_is_not_taken_is_told_and_not_shown(lasting: Lasting, examine: Any) -> None:
    found = examine(lasting.relay.url, DOORSTEP_TOKEN="dst_Wr0ngT0ken")

    assert found.code == 1
    assert (found.status("upgrade"), found.status("token")) == ("ok", "failed")
    assert found.steps["token"]["facts"]["code"] == "bad-token"
    assert "Wr0ngT0ken" not in found.output


def test_a_name_without_an_address(examine: Any) -> None:
    found = examine("https://no-such-host.invalid")

    assert found.code == 1
    assert list(found.steps) == ["proxy", "dns"]


def test_a_server_that_is_no_relay(lasting: Lasting, examine: Any, tmp_path: Path) -> None:
    with nginx(
        tmp_path / "nginx", lasting.relay.url, elsewhere="return 200 hello;", session="return 404;"
    ) as box:
        found = examine(box.url)

    assert found.code == 1
    assert found.status("relay") == "failed"
    assert "nginx" in found.steps["relay"]["text"]


def test_a_proxy_that_breaks_the_sessions_upgrade(lasting: Lasting, examine: Any, tmp_path: Path) -> None:
    with nginx(tmp_path / "nginx", lasting.relay.url, session="") as box:
        found = examine(box.url)

    assert found.code == 1
    assert (found.status("relay"), found.status("upgrade")) == ("ok", "failed")


def test_a_proxy_that_breaks_the_upgrade_of_tunnel_connections_alone(
    lasting: Lasting, examine: Any, tmp_path: Path
) -> None:
    with nginx(tmp_path / "nginx", lasting.relay.url) as box:
        found = examine(box.url)

    assert found.code == 0
    assert found.status("tunnel") == "warning"
    assert found.steps["tunnel"]["facts"] == {"carried": True}
    assert "doorstep-reverse" in found.steps["tunnel"]["advice"]


def test_a_proxy_that_wants_credentials(lasting: Lasting, examine: Any, tmp_path: Path) -> None:
    with tinyproxy(tmp_path / "proxy", user="me", password="hunter2") as box:
        without = examine(lasting.relay.url, DOORSTEP_PROXY=box.url)
        found = examine(lasting.relay.url, DOORSTEP_PROXY=box.url.replace("//", "//me:hunter2@"))

    assert (without.code, without.status("way")) == (1, "failed")
    assert "407" in without.steps["way"]["text"]
    assert (found.code, found.status("way")) == (0, "ok")
    assert "with a user and password" in found.steps["proxy"]["text"]
    assert "hunter2" not in found.output


def test_tls_that_is_read_on_its_way_is_named(
    lasting: Lasting, examine: Any, ca: Path, pem: Path, tmp_path: Path
) -> None:
    tls = f"ssl_certificate {pem}; ssl_certificate_key {pem};"
    with nginx(tmp_path / "nginx", lasting.relay.url, tls=tls) as box:
        address = f"https://localhost:{box.port}"
        read = examine(address)
        trusted = examine(address, "--no-link", "--ca", str(ca))

    assert (read.code, read.status("tls")) == (1, "failed")
    assert read.steps["tls"]["facts"]["issuer"] == "Acme Web Gateway"
    assert "DOORSTEP_CA" in read.steps["tls"]["advice"]
    assert (trusted.code, trusted.status("tls")) == (0, "ok")
    assert trusted.steps["tls"]["facts"]["version"].startswith("TLSv1.")


def test_a_clock_that_is_wrong(lasting: Lasting, examine: Any) -> None:
    assert shutil.which("faketime"), "this test needs faketime: apt-get install -y faketime"
    found = examine(lasting.relay.url, "--no-link", before=("faketime", "-f", "+2h"))

    assert found.code == 0
    assert found.status("clock") == "warning"
    assert 7100 < found.steps["clock"]["facts"]["ahead"] < 7300
