"""Whom a client trusts, and what it shows of itself: with nginx and HAProxy in front of the relay."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from doorstep_client.errors import UnreachableError, UsageError
from doorstep_client.network.certificate import read_certificate
from doorstep_client.network.options import make_pin
from doorstep_client.rest import call
from doorstep_client.sessions.handshake import check
from doorstep_client.settings import RelaySettings, find_relay
from tests.getting_out.conftest import Lasting
from tests.getting_out.middleboxes import UPGRADE, Middlebox, haproxy, nginx
from tests.support import clean_env, eventually

OTHER_PIN = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOORSTEP_CONFIG", str(tmp_path / "login.json"))
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "DOORSTEP_CA", "DOORSTEP_PIN", "DOORSTEP_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def front(lasting: Lasting, pem: Path, tmp_path: Path) -> Iterator[Middlebox]:
    """The relay behind TLS, with a certificate of the authority that nobody knows."""
    tls = f"ssl_certificate {pem}; ssl_certificate_key {pem};"
    with nginx(tmp_path / "nginx", lasting.relay.url, tls=tls, elsewhere=UPGRADE) as box:
        yield box


def relay(box: Middlebox, lasting: Lasting, **network: object) -> RelaySettings:
    return find_relay(f"https://localhost:{box.port}", lasting.token, {}, network=network)


def pin_of(pem: Path) -> str:
    """As people make it, with openssl."""
    found = b""
    for command in (
        f"x509 -in {pem} -pubkey -noout",
        "pkey -pubin -outform der",
        "dgst -sha256 -binary",
        "base64",
    ):
        done = subprocess.run(["openssl", *command.split()], input=found, capture_output=True, check=True)
        found = done.stdout
    return f"sha256/{found.decode().strip()}"


async def test_row_28_an_authority_that_is_not_known_is_named_with_what_to_do(
    front: Middlebox, lasting: Lasting
) -> None:
    with pytest.raises(UnreachableError) as caught:
        await check(relay(front, lasting))

    told = str(caught.value)
    assert "issued by 'Acme Web Gateway'" in told
    assert "DOORSTEP_CA" in told
    assert lasting.token not in told


async def test_an_authority_that_was_given_is_trusted_as_file_and_as_folder(
    front: Middlebox, lasting: Lasting, ca: Path, tmp_path: Path
) -> None:
    await check(relay(front, lasting, ca=ca))
    folder = tmp_path / "authorities"
    folder.mkdir()
    (folder / "acme.pem").write_bytes(ca.read_bytes())
    rehash = ["openssl", "rehash", str(folder)]
    await asyncio.to_thread(subprocess.run, rehash, check=True, capture_output=True)
    await check(relay(front, lasting, ca=str(folder)))


def test_commands_go_the_same_way(front: Middlebox, lasting: Lasting, ca: Path) -> None:
    found = call(relay(front, lasting, ca=ca), "GET", "/api/v1/whoami")

    assert found["account"] == "alice"
    with pytest.raises(UnreachableError, match="not to be trusted"):
        call(relay(front, lasting), "GET", "/api/v1/whoami")


async def test_a_pinned_key_is_taken_and_another_one_is_refused_before_anything_is_said(
    front: Middlebox, lasting: Lasting, ca: Path, pem: Path
) -> None:
    await check(relay(front, lasting, ca=ca, pin=pin_of(pem)))
    await check(relay(front, lasting, ca=ca, pin=f"{OTHER_PIN},{pin_of(pem).replace('sha256/', 'sha256//')}"))
    await eventually(
        lambda: front.access.count("GET ") == 2, what="both in nginx's log, where they come last"
    )
    with pytest.raises(UnreachableError, match="not the one that was pinned") as caught:
        await check(relay(front, lasting, ca=ca, pin=OTHER_PIN))

    assert pin_of(pem) in str(caught.value)
    assert front.access.count("GET ") == 2


async def test_a_pin_is_no_reason_to_trust_an_authority(
    front: Middlebox, lasting: Lasting, pem: Path
) -> None:
    with pytest.raises(UnreachableError, match="not to be trusted"):
        await check(relay(front, lasting, pin=pin_of(pem)))


async def test_a_front_that_wants_a_certificate_gets_the_one_that_was_given(
    lasting: Lasting, authority: trustme.CA, ca: Path, pem: Path, tmp_path: Path
) -> None:
    mine = authority.issue_cert("me@example.org")
    mine.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "me.pem"))
    mine.private_key_pem.write_to_path(str(tmp_path / "me.key"))
    mine.cert_chain_pems[0].write_to_path(str(tmp_path / "me.crt"))
    with haproxy(tmp_path / "haproxy", lasting.relay.port, pem=pem, ca=ca) as box:
        await check(relay(box, lasting, ca=ca, cert=tmp_path / "me.pem"))
        await check(relay(box, lasting, ca=ca, cert=tmp_path / "me.crt", key=tmp_path / "me.key"))
        with pytest.raises(UnreachableError, match="certificate of yours: .*DOORSTEP_CLIENT_CERT"):
            await check(relay(box, lasting, ca=ca))


def test_files_that_are_no_good_are_told_by_name(lasting: Lasting, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(UsageError, match=r"DOORSTEP_CA names .*nowhere"):
        find_relay("https://localhost", "t", {"DOORSTEP_CA": "/nowhere/ca.pem"})
    settings = find_relay("https://localhost", "t", {}, network={"cert": tmp_path / "empty.pem"})
    with pytest.raises(UsageError, match="empty.pem cannot be used"):
        call(settings, "GET", "/")
    with pytest.raises(UsageError, match="pin is 'md5/x'"):
        find_relay("https://localhost", "t", {}, network={"pin": "md5/x"})


# -- doorstep login and doorstep doctor -------------------------------------------------------------


@contextlib.contextmanager
def saved(front: Middlebox, lasting: Lasting, ca: Path, home: Path, *more: str) -> Iterator[dict[str, str]]:
    """The environment of a computer that was logged in with this authority."""
    env = clean_env(home)
    done = subprocess.run(
        [*DOORSTEP, "login", f"https://localhost:{front.port}", "--with-token", "--ca", str(ca), *more],
        input=lasting.token,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    yield env


DOORSTEP = [str(Path(sys.executable).parent / "doorstep")]


def test_login_keeps_the_authority_and_the_pin_for_its_relay(
    front: Middlebox, lasting: Lasting, ca: Path, pem: Path, tmp_path: Path
) -> None:
    with saved(front, lasting, ca, tmp_path, "--pin-now") as env:
        written = next(tmp_path.rglob("login.json")).read_text()
        done = subprocess.run(
            [*DOORSTEP, "doctor"], env=env, capture_output=True, text=True, check=False, timeout=60
        )

    assert pin_of(pem) in written
    assert str(ca) in written
    assert pin_of(pem) in done.stdout
    assert done.returncode in (0, 1)  # links need a name in the certificate that this one lacks
    assert "certificate of 'Acme Web Gateway'" in done.stdout


def test_what_is_read_of_a_certificate_is_what_openssl_reads(authority: trustme.CA) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    pem = authority.issue_cert("a.test", common_name="ä é").cert_chain_pems[0].bytes()
    known = x509.load_pem_x509_certificate(pem)
    key = known.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key)

    seen = read_certificate(known.public_bytes(serialization.Encoding.DER))
    assert make_pin(seen.key) == make_pin(digest.finalize())
    assert seen.ends == known.not_valid_after_utc
    assert seen.subject == "ä é"
    for broken in (b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", bytes(100)):
        with pytest.raises(ValueError, match="not a certificate"):
            read_certificate(broken)
