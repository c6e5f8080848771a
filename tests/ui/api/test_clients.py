"""The published clients, Python's and JavaScript's, against an app of this machine and over a link."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import free_port, run_relay
from tests.ui.api.app import build

Told = dict[str, Any]
NAMES = ["/greet", "/talk", "/fail", "/count", "/endless", "/who", "/work", "/picture", "/batch", "/add"]


@pytest.fixture(params=["local", "shared"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["python", "javascript"])
def seen(request: pytest.FixtureRequest, url: str, told: Callable[..., Told]) -> Told:
    return told(request.param, url)


def test_what_is_documented_is_listed(seen: Told) -> None:
    assert seen["names"] == NAMES


def test_arguments_go_by_position_and_by_name_with_defaults(seen: Told) -> None:
    assert seen["greet"] == "Hello Ada!Hello Ada!"
    assert seen["by name"] == "Hello Bob!"
    assert seen["added"] == 42
    assert seen["batch"] == "really?"


def test_what_is_undocumented_can_be_called_and_what_is_private_cannot(seen: Told) -> None:
    assert seen["quiet"] == "Hello Eve!"
    assert "Error" in seen["hidden"]


def test_only_what_the_app_wants_to_say_of_an_error_is_said(seen: Told) -> None:
    assert "that was on purpose" in seen["on purpose"]
    assert "Error" in seen["by accident"]
    assert "secret" not in seen["by accident"]


def test_a_wrong_value_is_named_by_its_parameter(seen: Told) -> None:
    assert "`times`" in seen["wrong type"]
    assert "expected a number, got text" in seen["wrong type"]


def test_each_client_has_a_state_of_its_own(seen: Told) -> None:
    assert seen["counts"] == [1, 2]
    assert seen["other count"] == 1


def test_steps_come_one_by_one(seen: Told) -> None:
    assert seen["steps"][:4] == ["So ", "So it ", "So it goes ", "So it goes Ada "]
    assert seen["worked"] == "done"


def test_files_go_both_ways(seen: Told) -> None:
    assert seen["file"] > 0


def test_a_cancelled_job_stops_and_makes_room_for_the_next(seen: Told) -> None:
    assert seen["cancelled"] is True
    assert not seen["goes on"]
    assert seen["after"] == 0


@pytest.mark.parametrize("client", ["python", "javascript"])
def test_a_client_logs_in_by_name_and_password(client: str, told: Callable[..., Told]) -> None:
    app = build()
    options: Any = {"prevent_thread_lock": True, "quiet": True, "server_port": free_port()}
    url = app.launch(auth=("ada", "lovelace"), **options).local_url
    try:
        seen = told(client, url, "ada", "lovelace")
        with pytest.raises(AssertionError, match="ended 1"):
            told(client, f"{url}/", "ada", "wrong")
    finally:
        app.close()

    assert seen["who"] == "ada"
    assert seen["file"] > 0


@pytest.mark.parametrize("client", ["python", "javascript"])
def test_a_client_logs_in_over_a_link_too(client: str, told: Callable[..., Told], tmp_path: Path) -> None:
    app = build()
    options: Any = {"prevent_thread_lock": True, "quiet": True, "server_port": free_port()}
    with run_relay(tmp_path / "relay") as relay:
        link = {"share": True, "relay": relay.url, "token": relay.token()}
        url = app.launch(auth=("ada", "lovelace"), **link, **options).share_url
        try:
            seen = told(client, url, "ada", "lovelace")
            with pytest.raises(AssertionError, match="ended 1"):
                told(client, f"{url}/", "ada", "wrong")
        finally:
            app.close()
    assert seen["who"] == "ada"
    assert seen["file"] > 0
