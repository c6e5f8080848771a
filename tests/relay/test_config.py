"""Settings come from flags and environment, and a value that cannot be used is never passed over."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url

from doorstep_relay.config import (
    Settings,
    make_data_directory,
    read_settings,
    source,
    variable,
    with_secret,
)
from doorstep_relay.errors import ConfigError


def read(environ: dict[str, str] | None = None, **flags: Any) -> Settings:
    return read_settings(flags, environ or {})


def test_without_anything_said_the_relay_serves_this_machine_alone() -> None:
    settings = read()
    assert str(settings.listen) == "127.0.0.1:8080"
    assert settings.share_url("demo") == "http://demo.localhost:8080"
    assert settings.relay_url == "http://localhost:8080"
    assert not settings.open
    assert settings.trusted_proxies == ()


def test_a_flag_beats_the_environment_which_beats_the_default() -> None:
    environ = {"DOORSTEP_RELAY_GRACE": "30m", "DOORSTEP_RELAY_HEARTBEAT": "5"}
    settings = read(environ, grace="2h", domain=None)
    assert (settings.grace, settings.heartbeat, settings.domain) == (7200, 5, "localhost")


def test_every_setting_explains_itself_and_can_be_set_by_environment() -> None:
    for setting in fields(Settings):
        assert len(source(setting).about) > 30, setting.name
        assert source(setting).about.endswith("."), setting.name
        with pytest.raises(ConfigError, match=variable(setting.name)):
            read({variable(setting.name): ""})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("listen", "0.0.0.0:80", ("0.0.0.0", 80)),
        ("listen", ":9000", ("0.0.0.0", 9000)),
        ("listen", "[::1]:0", ("::1", 0)),
        ("domain", "Share.Example.ORG.", "share.example.org"),
        ("open", "true", True),
        ("open", "off", False),
        ("max_head", "128k", 131072),
        ("max_lifetime", "none", None),
        ("max_lifetime", "7d", 604800.0),
        ("spare_tunnels", "4", 4),
        ("database", "postgres://ann@db/doorstep", "postgresql+asyncpg://ann@db/doorstep"),
        ("trusted_proxies", "10.0.0.0/8, ::1", (ip_network("10.0.0.0/8"), ip_network("::1/128"))),
    ],
)
def test_what_a_value_means(name: str, text: str, value: object) -> None:
    assert getattr(read({variable(name): text}), name) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("listen", "8080"),
        ("listen", "host:port"),
        ("listen", "::1:8080"),
        ("listen", "127.0.0.1:65536"),
        ("domain", "*.example.org"),
        ("domain", "http://example.org"),
        ("domain", "exa_mple.org"),
        ("public_url", "share.example.org"),
        ("public_url", "https://share.example.org/path"),
        ("public_url", "https://ann@share.example.org"),
        ("public_url", "https://share.example.org:99999"),
        ("database", "mysql://db/doorstep"),
        ("database", "sqlite://"),
        ("database", "sqlite:///:memory:"),
        ("open", "perhaps"),
        ("secret", "short"),
        ("grace", "0"),
        ("grace", "-1h"),
        ("heartbeat", "nan"),
        ("retention", "10s"),
        ("max_lifetime", "never"),
        ("spare_tunnels", "0"),
        ("spare_tunnels", "²"),
        ("max_head", "10"),
        ("max_head", "1T"),
        ("trusted_proxies", "10.0.0.1/8"),
        ("trusted_proxies", "10.0.0.0/8,,"),
    ],
)
def test_a_value_that_cannot_be_used_is_an_error_that_names_its_source(name: str, text: str) -> None:
    with pytest.raises(ConfigError, match=f"{variable(name)}: .* cannot be used: "):
        read({variable(name): text})


@given(st.sampled_from([setting.name for setting in fields(Settings)]), st.text())
def test_any_text_is_a_value_or_a_config_error(name: str, text: str) -> None:
    with suppress(ConfigError):
        read({variable(name): text})


def test_a_misspelt_variable_is_refused_with_the_right_spelling() -> None:
    with pytest.raises(ConfigError, match="DOORSTEP_RELAY_GRAECE; did you mean DOORSTEP_RELAY_GRACE"):
        read({"DOORSTEP_RELAY_GRAECE": "1h"})


def test_variables_that_an_orchestrator_puts_there_do_no_harm() -> None:
    assert (
        read({"DOORSTEP_RELAY_SERVICE_HOST": "10.0.0.1", "DOORSTEP_RELAY_PORT": "tcp://10.0.0.1:80"})
        == read()
    )


def test_the_public_url_says_domain_scheme_and_port() -> None:
    settings = read(public_url="https://Share.Example.org")
    assert settings.domain == "share.example.org"
    assert settings.share_url("demo") == "https://demo.share.example.org"
    assert settings.share_host("demo") == "demo.share.example.org"
    other = read(public_url="https://share.example.org:8443", domain="share.example.org")
    assert other.share_url("demo") == "https://demo.share.example.org:8443"


def test_a_domain_that_the_public_url_contradicts_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"share\.example\.org.*other\.org"):
        read(public_url="https://share.example.org", domain="other.org")


# -- the secret ----------------------------------------------------------------------------------


def test_the_secret_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "new")
    make_data_directory(settings)
    first, second = with_secret(settings), with_secret(settings)
    assert first.secret == second.secret
    assert len(first.secret) == 32
    assert (tmp_path / "new" / "secret").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret"]


def test_processes_that_make_the_secret_at_once_agree_on_one(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(with_secret(Settings(data=tmp_path)).secret))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_secret_that_is_too_short_is_refused_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(ConfigError, match="holds 5 bytes, not 32"):
        with_secret(Settings(data=tmp_path))
    assert (tmp_path / "secret").read_bytes() == b"short"


def test_a_secret_that_cannot_be_made_is_the_operators_to_know(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="secret.*cannot be read or made: No such file"):
        with_secret(Settings(data=tmp_path / "gone"))


def test_a_secret_from_the_environment_beats_the_file(tmp_path: Path) -> None:
    settings = read({"DOORSTEP_RELAY_SECRET": "s" * 40, "DOORSTEP_RELAY_DATA": str(tmp_path)})
    assert with_secret(settings).secret == b"s" * 40
    assert not list(tmp_path.iterdir())


def test_a_data_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"cannot be made.*--data"):
        make_data_directory(Settings(data=tmp_path / "file" / "data"))


def test_secrets_do_not_show() -> None:
    environ = {
        "DOORSTEP_RELAY_SECRET": "hunter2" * 6,
        "DOORSTEP_RELAY_DATABASE": "postgresql://ann:hunter2@db/doorstep",
    }
    assert "hunter2" not in repr(read(environ))
    for name, text in (("secret", "hunter2"), ("database", "mysql://ann:hunter2@db/x")):
        with pytest.raises(ConfigError) as refused:
            read({variable(name): text})
        assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:////var/lib/doorstep/relay.db", "/var/lib/doorstep/relay.db"),
        ("sqlite:///relay.db?timeout=5", "relay.db"),
        ("postgresql+asyncpg://user:hunter2@host/name", None),
    ],
)
def test_the_file_of_a_database_is_known_without_its_driver(url: str, file: str | None) -> None:
    assert Settings(database=url).database_file == file
    assert (make_url(url).database if file else None) == file, "as SQLAlchemy reads it"
