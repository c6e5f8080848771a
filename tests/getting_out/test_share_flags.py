"""`doorstep share` is told on its command line how the relay is reached."""

from __future__ import annotations

import sys
from pathlib import Path

import trustme

from tests.getting_out.conftest import Lasting
from tests.getting_out.middleboxes import UPGRADE, haproxy, nginx, tinyproxy
from tests.getting_out.test_trust import OTHER_PIN, pin_of
from tests.link.clients import becomes
from tests.support import Process, clean_env, wait_for

DOORSTEP = str(Path(sys.executable).parent / "doorstep")


def shared(lasting: Lasting, folder: Path, address: str, *flags: str) -> Process:
    """The command, which shares the relay's own port as `hello`."""
    command = [DOORSTEP, "share", str(lasting.relay.port), "--name", "hello", "--relay", address, *flags]
    env = clean_env(folder, {"DOORSTEP_TOKEN": lasting.token})
    return Process(command, log=folder / "share.log", env=env, cwd=folder)


def works(lasting: Lasting, process: Process) -> None:
    process.wait_for_line(r"http://hello\.localhost")
    becomes(lasting.relay, lasting.relay.share_url("hello", "/healthz"), 200)
    assert "cannot be served" not in process.output
    assert process.stop() == 0


def test_authority_pin_and_proxy(lasting: Lasting, ca: Path, pem: Path, tmp_path: Path) -> None:
    tls = f"ssl_certificate {pem}; ssl_certificate_key {pem};"
    with (
        nginx(tmp_path / "nginx", lasting.relay.url, tls=tls, elsewhere=UPGRADE) as front,
        tinyproxy(tmp_path / "proxy") as proxy,
    ):
        address = f"https://localhost:{front.port}"
        flags = ("--ca", str(ca), "--proxy", proxy.url)
        works(lasting, shared(lasting, tmp_path, address, *flags, "--pin", pin_of(pem)))
        wait_for(lambda: proxy.access.count("CONNECT ") >= 3, what="all connections in the proxy's log")
        refused = shared(lasting, tmp_path, address, *flags, "--pin", OTHER_PIN)
        refused.wait_for_line("not the one that was pinned")
        assert refused.wait() == 1


def test_certificate_and_key(
    lasting: Lasting, authority: trustme.CA, ca: Path, pem: Path, tmp_path: Path
) -> None:
    mine = authority.issue_cert("me@example.org")
    mine.private_key_pem.write_to_path(str(tmp_path / "me.key"))
    mine.cert_chain_pems[0].write_to_path(str(tmp_path / "me.crt"))
    with haproxy(tmp_path / "haproxy", lasting.relay.port, pem=pem, ca=ca) as front:
        address = f"https://localhost:{front.port}"
        shown = ("--cert", str(tmp_path / "me.crt"), "--cert-key", str(tmp_path / "me.key"))
        works(lasting, shared(lasting, tmp_path, address, "--ca", str(ca), *shown))
        refused = shared(lasting, tmp_path, address, "--ca", str(ca), *shown[2:])
        refused.wait_for_line("give --cert too")
        assert refused.wait() == 2
