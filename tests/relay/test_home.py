"""What the relay says of itself at its own address, and on its command line."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from doorstep_relay.commands.ssh import ssh
from doorstep_relay.control.home import home_page

RELAY = "https://share.example.org"


def test_the_home_page_says_how_to_share_and_where_the_dashboard_is() -> None:
    page, policy = home_page(RELAY, "https://admin.share.example.org")

    assert f"<code>doorstep login {RELAY}</code>" in page
    assert '<a href="https://admin.share.example.org">Dashboard</a>' in page
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_a_relay_without_a_dashboard_names_none() -> None:
    page, _ = home_page(RELAY, None)

    assert "Dashboard" not in page
    assert page.count("<a ") == 1


def test_the_line_for_known_hosts_guesses_no_port(tmp_path: Path) -> None:
    asked = ["fingerprint", "--data", str(tmp_path), "--domain", "share.example.org"]
    without, given = (CliRunner().invoke(ssh, [*asked, *more]) for more in ([], ["--port", "2022"]))

    assert without.stdout.startswith("SHA256:")
    assert without.stdout.count("\n") == 1
    assert "name the port" in without.stderr
    assert "[share.example.org]:2022 " in given.stdout
