"""The session and the link's own connections go through the proxy of the network: tinyproxy and squid."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
import trustme

from tests.getting_out.conftest import Lasting
from tests.getting_out.middleboxes import UPGRADE, Middlebox, nginx, squid, tinyproxy
from tests.link.clients import client, status
from tests.support import Relay, free_port, wait_for

USER, PASSWORD = "me", "hunter2"

Start = Callable[..., AbstractContextManager[Middlebox]]


@pytest.fixture(params=["tinyproxy", "squid"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Start:
    return partial(tinyproxy, tmp_path / "proxy") if request.param == "tinyproxy" else squid


def connects(box: Middlebox) -> int:
    """Ways that the proxy has given. tinyproxy notes them when they begin, squid when they end."""
    return box.access.count("CONNECT ")


@pytest.mark.parametrize("credentials", [False, True], ids=["open", "credentials"])
def test_a_link_works_through_a_proxy(lasting: Lasting, start: Start, *, credentials: bool) -> None:
    known = {"user": USER, "password": PASSWORD} if credentials else {}
    with start(**known) as box:
        address = box.url.replace("//", f"//{USER}:{PASSWORD}@") if credentials else box.url
        with client(lasting.relay, lasting.token, env={"DOORSTEP_PROXY": address}, name="proxied") as one:
            assert status(lasting.relay, one.url) == 200
            assert "TOLD" not in one.process.output
            one.process.kill()
            wait_for(lambda: connects(box) >= 3, what="a session and two connections in the proxy's log")
            assert PASSWORD not in one.process.output


@pytest.mark.parametrize(
    ("given", "told"),
    [("", "wants a user and a password.*DOORSTEP_PROXY"), (f"{USER}:wrong-one@", "does not take the user")],
    ids=["none", "wrong"],
)
def test_a_proxy_that_wants_other_credentials_is_told_without_showing_any(
    lasting: Lasting, start: Start, given: str, told: str
) -> None:
    with start(user=USER, password=PASSWORD) as box:
        env = {"DOORSTEP_PROXY": box.url.replace("//", f"//{given}")}
        with client(lasting.relay, lasting.token, wait=False, env=env) as one:
            assert one.refused() == "UnreachableError"
            one.process.wait_for_line(told)
            assert "wrong-one" not in one.process.output
            assert lasting.token not in one.process.output


@pytest.mark.parametrize("variable", ["http_proxy", "ALL_PROXY"])
def test_the_variable_of_all_programs_is_obeyed_and_the_proxy_looks_up_the_name(
    lasting: Lasting, tmp_path: Path, variable: str
) -> None:
    at_its_own_host = UPGRADE.replace("$http_host", "localhost")
    with (
        nginx(tmp_path / "nginx", lasting.relay.url, session=at_its_own_host, elsewhere=UPGRADE) as front,
        squid(hosts={"relay.test": "127.0.0.1"}) as box,
    ):
        env = {variable: box.url, "DOORSTEP_RELAY": f"http://relay.test:{front.port}"}
        with client(lasting.relay, lasting.token, env=env, name="looked-up") as one:
            assert status(lasting.relay, one.url) == 200
            assert "TOLD" not in one.process.output


def test_tls_to_the_proxy_and_tls_through_it_to_the_relay(
    lasting: Lasting, authority: trustme.CA, ca: Path, pem: Path, tmp_path: Path
) -> None:
    port = free_port()
    relay = Relay(tmp_path / "relay", args=["--public-url", f"https://localhost:{port}"])
    token = relay.token("alice")
    relay.start()
    tls = f"ssl_certificate {pem}; ssl_certificate_key {pem};"
    with (
        nginx(tmp_path / "nginx", relay.url, tls=tls, elsewhere=UPGRADE, port=port),
        squid(certificate=pem.read_text()) as box,
    ):
        env = {
            "DOORSTEP_RELAY": f"https://localhost:{port}",
            "DOORSTEP_PROXY": f"https://localhost:{box.port}",
            "DOORSTEP_CA": str(ca),
        }
        with client(relay, token, env=env, name="hello") as one:
            assert one.url == f"https://hello.localhost:{port}"
            assert status(relay, f"http://hello.localhost:{relay.port}") == 200
            assert "TOLD" not in one.process.output
    relay.kill()
