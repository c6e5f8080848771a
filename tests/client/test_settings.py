"""Which relay and which token: precedence, the file, and to whom a token is never sent."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from doorstep_client.errors import NoRelayError, UsageError
from doorstep_client.settings import find_relay, login_file, parse_relay, read_login, write_login


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "DOORSTEP_CONFIG": str(tmp_path / "login.json")}


def test_an_argument_beats_the_environment_which_beats_the_file(env: dict[str, str]) -> None:
    write_login("https://file.example", "of-file", env)
    assert find_relay(environment=env).url == "https://file.example"
    assert find_relay(environment=env).token == "of-file"

    env |= {"DOORSTEP_RELAY": "https://env.example", "DOORSTEP_TOKEN": "of-env"}
    assert find_relay(environment=env).url == "https://env.example"
    assert find_relay(environment=env).token == "of-env"

    found = find_relay("https://arg.example", "of-arg", env)
    assert (found.url, found.token) == ("https://arg.example", "of-arg")


def test_a_saved_token_is_sent_to_no_other_relay(env: dict[str, str]) -> None:
    write_login("https://mine.example", "secret", env)

    for other in ("https://mine.example.evil", "http://mine.example", "https://mine.example:8443"):
        assert find_relay(other, environment=env).token is None
        assert find_relay(environment=env | {"DOORSTEP_RELAY": other}).token is None


@pytest.mark.parametrize(
    "same", ["https://mine.example", "https://mine.example/", "mine.example", "HTTPS://Mine.Example:443"]
)
def test_a_saved_token_is_sent_to_its_relay_however_its_address_is_written(
    env: dict[str, str], same: str
) -> None:
    write_login("https://mine.example", "secret", env)

    assert find_relay(same, environment=env).token == "secret"


def test_a_refusal_without_a_token_says_to_whom_the_saved_one_belongs(env: dict[str, str]) -> None:
    write_login("http://localhost:8080", "secret", env)

    assert find_relay("http://127.0.0.1:8080", environment=env).refused("bad token") == (
        "No token was sent to http://127.0.0.1:8080; the saved one belongs to http://localhost:8080. "
        "Give token=…, set DOORSTEP_TOKEN or run `doorstep login http://127.0.0.1:8080`."
    )


def test_a_refusal_without_any_token_names_the_three_ways_to_give_one(env: dict[str, str]) -> None:
    told = find_relay("http://127.0.0.1:8080", environment=env).refused("bad token")

    assert told.startswith(
        "No token was sent to http://127.0.0.1:8080. Give token=…, set DOORSTEP_TOKEN or run"
    )
    assert "saved" not in told


def test_a_refused_token_is_named_by_where_it_was_found_and_never_shown(env: dict[str, str]) -> None:
    write_login("https://mine.example", "t0ken", env)
    by_argument = find_relay("https://mine.example", "t0ken", env)
    by_variable = find_relay(environment=env | {"DOORSTEP_TOKEN": "t0ken"})
    by_file = find_relay(environment=env)

    for found, source in (
        (by_argument, "the argument"),
        (by_variable, "DOORSTEP_TOKEN"),
        (by_file, f"the file {env['DOORSTEP_CONFIG']}"),
    ):
        told = found.refused("no such token")
        assert told == f"The relay https://mine.example refused the token from {source}: no such token"


def test_without_any_relay_the_message_says_how_to_get_one(env: dict[str, str]) -> None:
    with pytest.raises(NoRelayError, match="doorstep login") as caught:
        find_relay(environment=env)

    told = str(caught.value)
    assert "doorstep-relay serve" in told
    assert "DOORSTEP_RELAY" in told
    assert len(told.splitlines()) < 15


def test_a_relay_that_is_open_needs_no_token(env: dict[str, str]) -> None:
    assert find_relay("http://localhost:8080", environment=env).token is None


@pytest.mark.parametrize("token", ["with space", "line\nend", "t\x00", "b\u00fccher", "\r\nX: y"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(env: dict[str, str], token: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_relay("https://a.example", token, env)

    assert token not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "url", "host", "port"),
    [
        ("https://share.example.org", "https://share.example.org", "share.example.org", 443),
        ("share.example.org", "https://share.example.org", "share.example.org", 443),
        ("share.example.org:8443", "https://share.example.org:8443", "share.example.org", 8443),
        ("http://localhost:8080", "http://localhost:8080", "localhost", 8080),
        (" http://localhost:80/ ", "http://localhost", "localhost", 80),
        ("localhost:8080", "http://localhost:8080", "localhost", 8080),
        ("127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1", 8080),
        ("127.0.0.1", "http://127.0.0.1", "127.0.0.1", 80),
        ("[::1]:8080", "http://[::1]:8080", "::1", 8080),
        ("https://localhost:8443", "https://localhost:8443", "localhost", 8443),
        ("localhost.example.org", "https://localhost.example.org", "localhost.example.org", 443),
        ("http://[::1]:8080", "http://[::1]:8080", "::1", 8080),
        ("HTTP://Relay.Example", "http://relay.example", "relay.example", 80),
    ],
)
def test_addresses_are_read_as_people_write_them(address: str, url: str, host: str, port: int) -> None:
    parsed = parse_relay(address)

    assert (parsed.url, parsed.host, parsed.port) == (url, host, port)


@pytest.mark.parametrize(
    "address",
    [
        "ftp://relay.example",
        "ws://relay.example",
        "https://",
        "://x",
        "https://me:secret@relay.example",
        "https://relay.example:http",
        "https://relay.example:0",
        "https://relay.example:70000",
        "https://relay.example/share",
        "https://relay.example?x=1",
        "https://relay.example#x",
        "https://two words",
        "https://[::1",
        "http://[nonsense]",
        "https://a\nb",
        "https://a,b",
    ],
)
def test_a_bad_address_is_refused_in_words(address: str) -> None:
    with pytest.raises(UsageError, match="relay") as caught:
        parse_relay(address)

    assert "secret" not in str(caught.value)


def test_a_token_never_shows_in_a_repr(env: dict[str, str]) -> None:
    assert "hidden" not in repr(find_relay("https://a.example", "hidden", env))


# -- the file --------------------------------------------------------------------------------------


def test_the_file_is_for_its_owner_alone(env: dict[str, str]) -> None:
    path = write_login("https://a.example", "secret", env)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert stat.S_IMODE(write_login("https://b.example", "other", env).stat().st_mode) == 0o600
    assert read_login(env) == {"relay": "https://b.example", "token": "other"}


def test_what_is_no_token_is_not_saved(env: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="token"):
        write_login("https://a.example", "two words", env)

    assert not Path(env["DOORSTEP_CONFIG"]).exists()


def test_nothing_is_left_beside_the_file(env: dict[str, str]) -> None:
    path = write_login("https://a.example", "secret", env)

    assert list(path.parent.iterdir()) == [path]


def test_the_folder_of_the_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = write_login(
        "https://a.example", None, {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "c")}
    )

    assert path == tmp_path / "c" / "doorstep" / "login.json"
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert json.loads(path.read_text()) == {"relay": "https://a.example"}


def test_without_xdg_the_file_is_below_dot_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert login_file({}) == tmp_path / ".config" / "doorstep" / "login.json"


@pytest.mark.parametrize("content", ["", "{", "[]", '"x"', "\xff"])
def test_a_broken_file_is_an_error_that_names_it(env: dict[str, str], content: str) -> None:
    Path(env["DOORSTEP_CONFIG"]).write_bytes(content.encode("latin-1"))

    with pytest.raises(UsageError, match="login.json.*doorstep login"):
        find_relay(environment=env)


def test_a_broken_file_does_not_matter_to_whom_gives_all_himself(env: dict[str, str]) -> None:
    Path(env["DOORSTEP_CONFIG"]).write_text("{")

    assert find_relay("https://a.example", "t", env).token == "t"


def test_a_file_with_a_broken_address_is_an_error_too(env: dict[str, str]) -> None:
    Path(env["DOORSTEP_CONFIG"]).write_text('{"relay": "ftp://x", "token": "t"}')

    with pytest.raises(UsageError, match="ftp"):
        find_relay(environment=env)


def test_values_of_the_wrong_kind_in_the_file_are_no_values(env: dict[str, str]) -> None:
    Path(env["DOORSTEP_CONFIG"]).write_text('{"relay": "https://a.example", "token": 7}')

    assert find_relay(environment=env).token is None
