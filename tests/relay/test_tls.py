"""TLS in the relay itself: links, sessions and tunnel connections, and the handshakes that fail."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme

from tests.support import Relay, clean_env, free_port, run_script, wait_for

DOMAIN = "share.test"
CLIENT = """
from doorstep_client import share
from tests.link.app import app
say = lambda text: print(text + "\\n", end="", flush=True)  # one write: threads say things
link = share(app, name="demo", on_event=say)
say(f"URL {link.url}")
link.wait()
"""
ROOT = str(Path(__file__).parents[2])


class TlsRelay(Relay):
    """A relay with certificates of its own CA. It is dialled by address, which its certificate has."""

    def __init__(self, folder: Path, *domains: str) -> None:
        self.ca = trustme.CA()
        self.folder = folder
        folder.mkdir()
        self.ca.cert_pem.write_to_path(str(folder / "ca.pem"))
        for number, domain in enumerate(domains):
            self.issue(number, domain)
        files = [(str(folder / f"{n}.pem"), str(folder / f"{n}.key")) for n in range(len(domains))]
        args = ["--tls-cert", ",".join(c for c, _ in files), "--tls-key", ",".join(k for _, k in files)]
        args += ["--head-timeout", "1m"]  # who waits for a new certificate has asked for nothing yet
        super().__init__(folder / "data", port=free_port(), args=args)

    def issue(self, number: int, domain: str) -> None:
        made = self.ca.issue_cert(domain, f"*.{domain}", "127.0.0.1")
        (self.folder / f"{number}.key").write_bytes(made.private_key_pem.bytes())
        chain = b"".join(pem.bytes() for pem in made.cert_chain_pems)
        (self.folder / f"{number}.pem").write_bytes(chain)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def client_env(self, token: str | None = None) -> dict[str, str]:
        trust = {"SSL_CERT_FILE": str(self.folder / "ca.pem"), "PYTHONPATH": ROOT}
        return super().client_env(token) | trust

    def _healthy(self) -> bool:
        try:
            return self.get("127.0.0.1", "/healthz")[0] == 200
        except OSError:
            assert self._running.running, self.log
            return False

    def handshake(self, name: str) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return context.wrap_socket(raw, server_hostname=name)

    def get(self, host: str, path: str = "/") -> tuple[int, bytes]:
        connection = http.client.HTTPSConnection(host, self.port, timeout=20)
        connection.sock = self.handshake(host)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": f"{host}:{self.port}"})
            answer = connection.getresponse()
            return answer.status, answer.read()


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[TlsRelay]:
    yield from started(TlsRelay(tmp_path / "relay", DOMAIN), DOMAIN)


def started(relay: TlsRelay, domain: str) -> Iterator[TlsRelay]:
    relay.args += ["--domain", domain]
    relay.token("first")
    relay.start()
    try:
        yield relay
    finally:
        relay.kill()


def test_a_link_with_tls_on_both_legs(relay: TlsRelay) -> None:
    with run_script(CLIENT, env=relay.client_env()) as script:
        url = script.wait_for_line(r"^URL (\S+)").group(1)
        assert url == f"https://demo.{DOMAIN}:{relay.port}"
        status, body = relay.get(f"demo.{DOMAIN}", "/scope")
        assert status == 200
        assert b'"scheme": "https"' in body
        status, body = relay.get(f"demo.{DOMAIN}", "/big?5000000")
        assert (status, len(body)) == (200, 5_000_000)


def test_many_uploads_at_once_all_arrive_whole(relay: TlsRelay) -> None:
    """More than the client reads at a time: its reading is paused and resumed on every connection."""
    body = b"x" * 2_000_000

    def upload(_: int) -> list[int]:
        name = f"demo.{DOMAIN}"
        connection = http.client.HTTPSConnection(name, relay.port, timeout=10)
        connection.sock = relay.handshake(name)
        with contextlib.closing(connection):
            answers = []
            for _ in range(5):
                connection.request("POST", "/upload", body, {"Host": f"{name}:{relay.port}"})
                answers.append(json.loads(connection.getresponse().read())["size"])
            return answers

    with run_script(CLIENT, env=relay.client_env()) as script, ThreadPoolExecutor(8) as visitors:
        script.wait_for_line(r"^URL")
        assert list(visitors.map(upload, range(8))) == [[len(body)] * 5] * 8


def test_a_client_that_does_not_trust_the_certificate_says_so(relay: TlsRelay) -> None:
    env = relay.client_env() | {"SSL_CERT_FILE": ""}
    del env["SSL_CERT_FILE"]
    with run_script(CLIENT, env=env) as script:
        script.wait(20)
        assert "certificate" in script.output
        assert "trusted" in script.output


def test_a_renewed_certificate_is_shown_without_a_restart_and_cuts_nobody(relay: TlsRelay) -> None:
    with relay.handshake(f"x.{DOMAIN}") as old:
        renew(relay)
        old.sendall(f"GET / HTTP/1.1\r\nHost: x.{DOMAIN}\r\n\r\n".encode())
        assert old.recv(65536).startswith(b"HTTP/1.1 404")


def renew(relay: TlsRelay) -> None:
    """Write another certificate over the relay's, and wait until visitors see it."""

    def shown() -> bytes | None:
        with relay.handshake(f"x.{DOMAIN}") as connection:
            return connection.getpeercert(binary_form=True)

    before = shown()
    relay.issue(0, DOMAIN)
    wait_for(lambda: shown() != before, what="the new certificate")


def test_a_half_written_certificate_leaves_the_old_one_in_use(relay: TlsRelay) -> None:
    (relay.folder / "0.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    wait_for(lambda: "the one before stays in use" in relay.log, what="the warning")
    assert relay.get(f"x.{DOMAIN}")[0] == 404


def test_several_certificates_are_chosen_by_server_name(tmp_path: Path) -> None:
    for relay in started(TlsRelay(tmp_path / "relay", DOMAIN, "other.test"), DOMAIN):
        for name in (f"x.{DOMAIN}", "x.other.test"):
            with relay.handshake(name) as connection:
                assert connection.version() == "TLSv1.3"
        with pytest.raises(ssl.SSLCertVerificationError), relay.handshake("x.unknown.test"):
            pass
        with run_script(CLIENT, env=relay.client_env()) as script:
            script.wait_for_line(r"^URL")
            assert relay.get(f"demo.{DOMAIN}", "/scope")[0] == 200


class Returning:
    """A visitor whose browser remembers its sessions."""

    def __init__(self, relay: TlsRelay, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> None:
        self._relay = relay
        self._context = ssl.create_default_context(cafile=str(relay.folder / "ca.pem"))
        self._context.maximum_version = newest
        self._session: ssl.SSLSession | None = None

    def resumes(self, name: str) -> bool:
        """Visit once, and say whether the last session went on."""
        raw = socket.create_connection(("127.0.0.1", self._relay.port), timeout=20)
        with self._context.wrap_socket(raw, server_hostname=name, session=self._session) as connection:
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
            assert connection.recv(65536).startswith(b"HTTP/1.1 404")
            self._session = connection.session
            return bool(connection.session_reused)


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_returning_visitors_resume_their_session_also_after_a_certificate_was_renewed(
    relay: TlsRelay, newest: ssl.TLSVersion
) -> None:
    name = f"x.{DOMAIN}"
    visitor = Returning(relay, newest)
    assert [visitor.resumes(name) for _ in range(3)] == [False, True, True]
    renew(relay)
    assert visitor.resumes(name)
    assert [Returning(relay, newest).resumes(name), visitor.resumes(name)] == [False, True]


def test_with_several_certificates_each_name_resumes_its_own_session(tmp_path: Path) -> None:
    for relay in started(TlsRelay(tmp_path / "relay", DOMAIN, "other.test"), DOMAIN):
        for name in (f"x.{DOMAIN}", "x.other.test"):
            visitor = Returning(relay)
            assert [visitor.resumes(name) for _ in range(3)] == [False, True, True]


def test_a_relay_that_was_restarted_takes_no_session_of_before(relay: TlsRelay) -> None:
    """Its keys are in memory only: nobody who reads its disk can go on with a session."""
    visitor = Returning(relay)
    assert [visitor.resumes(f"x.{DOMAIN}") for _ in range(2)] == [False, True]
    relay.kill()
    relay.start()
    assert [visitor.resumes(f"x.{DOMAIN}") for _ in range(2)] == [False, True]


def test_handshakes_that_fail_leave_no_word_in_the_log_and_no_connection(relay: TlsRelay) -> None:
    quiet = relay.log
    silent = socket.create_connection(("127.0.0.1", relay.port), timeout=15)
    for start in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b"\x00" * 400, b""):
        with socket.create_connection(("127.0.0.1", relay.port), timeout=20) as sock:
            sock.sendall(start)
            if start:
                assert b"HTTP/1.1 200" not in received(sock)
    with pytest.raises(ssl.SSLError), relay.handshake("x.unknown.test"):
        pass
    began = time.monotonic()
    assert received(silent) == b"", "a handshake that never begins has a deadline"
    assert time.monotonic() - began < 14
    silent.close()
    assert relay.get(f"x.{DOMAIN}")[0] == 404
    assert relay.log == quiet


def received(sock: socket.socket) -> bytes:
    try:
        return sock.recv(65536)
    except ConnectionResetError:
        return b""


def test_old_versions_of_tls_are_refused(relay: TlsRelay) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", relay.port), timeout=20) as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw, server_hostname=DOMAIN)


def test_a_relay_whose_certificate_cannot_be_used_does_not_start(tmp_path: Path) -> None:
    relay = TlsRelay(tmp_path / "relay", DOMAIN)
    relay.token("first")
    (relay.folder / "0.key").write_text("")
    with pytest.raises(AssertionError, match="cannot be used") as failed:
        relay.start()
    assert "Traceback" not in str(failed.value)


def test_the_environment_of_these_tests_is_clean() -> None:
    assert "SSL_CERT_FILE" not in clean_env(Path("/"))
