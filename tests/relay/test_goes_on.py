"""What fails beside the visitors' requests is said in the log, and ends no relay."""

from __future__ import annotations

import asyncio
import datetime
import logging
from pathlib import Path
from typing import NoReturn

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, NameOID

from doorstep_relay.config import Settings
from doorstep_relay.control import apex
from doorstep_relay.control.apex import Apex
from doorstep_relay.edge import certificates
from doorstep_relay.edge.certificates import Certificates, Pair
from doorstep_relay.errors import ConfigError
from doorstep_relay.server import Relay
from tests.support import eventually


async def test_an_app_that_cannot_be_loaded_ahead_is_loaded_when_somebody_asks(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(apex, "WARM_AFTER", 0.0)

    def make() -> NoReturn:
        raise OSError(24, "Too many open files")

    await Apex(make).warm_up()

    assert "could not be loaded ahead" in caplog.text


def self_signed(folder: Path, names: bytes | None) -> Pair:
    """A certificate of `share.test`, or with `names` for an extension that should have them."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "share.test")])
    now = datetime.datetime.now(datetime.UTC)
    said: x509.ExtensionType = x509.SubjectAlternativeName([x509.DNSName("share.test")])
    if names is not None:
        said = x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, names)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(said, critical=False)
        .sign(key, hashes.SHA256())
    )
    pair = Pair(folder / "cert.pem", folder / "key.pem")
    pair.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pair.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return pair


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(b"\x30\x03\x82\x01\xff", id="not-ascii"),
        pytest.param(b"\x30\x09\xa5\x07\xa1\x05\x0c\x03abc", id="of-a-strange-kind"),
    ],
)
def test_a_certificate_whose_names_cannot_be_read_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, names: bytes
) -> None:
    """OpenSSL takes it."""
    shown = Certificates([self_signed(tmp_path, None)])
    self_signed(tmp_path, names)
    shown.refresh()

    assert "the one before stays in use" in caplog.text
    assert shown.all[0].names == ("share.test",)
    with pytest.raises(ConfigError, match="cert.pem"):
        Certificates([self_signed(tmp_path, names)])


async def test_certificates_are_looked_at_again_after_a_look_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(certificates, "LOOK_EVERY", 0.01)
    looks: list[int] = []

    def fail(_self: Certificates) -> None:
        looks.append(1)
        raise MemoryError

    monkeypatch.setattr(Certificates, "refresh", fail)
    watch = asyncio.create_task(Certificates([self_signed(tmp_path, None)]).watch())
    await eventually(lambda: len(looks) > 1 or watch.done(), what="another look")
    watch.cancel()

    assert "could not look at the certificates" in caplog.text


async def test_a_database_that_is_away_does_not_end_the_handing_over_of_clients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    relay = Relay(Settings(data=tmp_path, secret=b"s" * 32))
    asked: list[object] = []

    async def fail(held: object) -> bool:
        asked.append(held)
        if len(asked) == 1:
            raise OSError("the database is away")
        return False

    monkeypatch.setattr(relay.shares, "any_still_here", fail)
    try:
        assert await relay._any_still_here(), "for all that is known"
        assert not await relay._any_still_here()
    finally:
        await relay.database.close()

    assert "the database is away" in caplog.text
