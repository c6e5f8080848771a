"""The dashboard's host is its own, before any share's name."""

from __future__ import annotations

import pytest

from doorstep_relay.config import read_settings
from doorstep_relay.edge.hosts import Hosts, Kind
from doorstep_relay.errors import ConfigError


@pytest.mark.parametrize("host", [b"admin.localhost", b"ADMIN.localhost:8080", b"admin.localhost."])
def test_the_dashboard_is_at_its_host_in_any_spelling(host: bytes) -> None:
    assert Hosts("localhost", "admin.localhost").place(host).kind is Kind.ADMIN


def test_without_a_dashboard_its_host_is_a_name_that_nobody_has() -> None:
    assert Hosts("localhost", None).place(b"admin.localhost").kind is Kind.SHARE


def test_the_host_is_one_below_the_domain_unless_another_is_named() -> None:
    assert read_settings({"domain": "share.example.org"}, {}).dashboard_host == "admin.share.example.org"
    assert read_settings({"admin_host": "Ops.example.org"}, {}).dashboard_host == "ops.example.org"
    assert read_settings({"admin_host": "none"}, {}).dashboard_host is None


def test_it_cannot_be_the_relays_own() -> None:
    with pytest.raises(ConfigError, match="admin-host"):
        read_settings({"domain": "share.example.org", "admin_host": "share.example.org"}, {})
