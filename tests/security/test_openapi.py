"""The OpenAPI document tells the truth: Schemathesis asks a real relay what the document allows, and more.

No row of the list of vulnerability classes is at stake here, but what others' programs rely on.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support import Relay, clean_env

_CALLERS = {
    # The phases, the examples of each operation, and the seconds after which no more are begun.
    "anonymous": ("fuzzing", "2", "5"),
    "member": ("fuzzing", "3", "10"),
    "admin": ("examples,coverage,fuzzing", "3", "30"),
    "admin in sequences": ("stateful", "2", "8"),
}
_NOT_CHECKED = "positive_data_acceptance"
"""A name, a host or a policy of the right schema may still be refused, by 422: schemas cannot say it all."""


@pytest.mark.timeout(150)
@pytest.mark.parametrize("caller", _CALLERS)
def test_no_answer_is_other_than_the_document_says(caller: str, relay: Relay, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", f"{relay.url}/api/v1/openapi.json"]
    phases, examples, seconds = _CALLERS[caller]
    command += ["--phases", phases, "--max-examples", examples, "--seed", "1", "--max-time", seconds]
    command += ["--exclude-checks", _NOT_CHECKED, "--continue-on-failure", "--no-shrink"]
    # One worker: Python 3.11 loses count when two threads parse Python at a time (`ast`, SystemError).
    command += ["--generation-database", "none", "--warnings", "off", "--no-color", "--workers", "1"]
    if token := _token(relay, caller):
        command += ["--header", f"Authorization: Bearer {token}"]
    done = subprocess.run(
        command,
        env=clean_env(tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in relay.log


def _token(relay: Relay, caller: str) -> str | None:
    if caller == "anonymous":
        return None
    if caller == "member":
        return relay.token("mia")
    relay.token("root")
    relay.cli("account", "change", "root", "--role", "admin")
    return relay.token("root", "--scopes", "share,own,admin")


def test_the_document_says_which_routes_need_a_token(relay: Relay) -> None:
    document = httpx.get(f"{relay.url}/api/v1/openapi.json", trust_env=False).json()
    open_to_all = {
        path
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if operation.get("security", [{}])[0] == {}
    }
    assert open_to_all == {
        "/healthz",
        "/readyz",
        "/api/v1/ask",
        "/api/v1/device",
        "/api/v1/device/token",
        "/api/v1/invitations/redeem",
    }


def test_a_wrong_method_is_told_every_right_one(relay: Relay) -> None:
    answer = httpx.request("PURGE", f"{relay.url}/api/v1/names/denied/x", trust_env=False)
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, PUT")


def test_a_body_that_is_no_text_is_a_bad_request(relay: Relay) -> None:
    answer = httpx.post(
        f"{relay.url}/api/v1/device",
        content=b"\xff{",
        headers={"Content-Type": "application/json"},
        trust_env=False,
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-request")
