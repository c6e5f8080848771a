"""Certificates: who is shown which, and new files without a restart."""

from __future__ import annotations

import datetime
import logging
import os
from pathlib import Path

import pytest
import trustme

from doorstep_relay.edge.certificates import Certificates, Pair, warnings_of
from doorstep_relay.errors import ConfigError


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


def write(ca: trustme.CA, folder: Path, *names: str, days: int | None = None) -> Pair:
    folder.mkdir(exist_ok=True)
    until = None if days is None else datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    since = None if days is None else until - datetime.timedelta(days=30)  # type: ignore[operator]
    made = ca.issue_cert(*names, not_before=since, not_after=until)
    pair = Pair(folder / "cert.pem", folder / "key.pem")
    pair.certificate.write_bytes(b"".join(pem.bytes() for pem in made.cert_chain_pems))
    pair.key.write_bytes(made.private_key_pem.bytes())
    return pair


def test_a_wildcard_stands_for_one_whole_label(ca: trustme.CA, tmp_path: Path) -> None:
    certificate = Certificates([write(ca, tmp_path, "share.test", "*.share.test")]).all[0]
    assert certificate.covers("share.test")
    assert certificate.covers("demo.share.test")
    assert not certificate.covers("a.b.share.test")
    assert not certificate.covers("evilshare.test")
    assert not certificate.covers("")


def test_key_and_certificate_may_be_in_one_file(ca: trustme.CA, tmp_path: Path) -> None:
    pair = write(ca, tmp_path, "share.test")
    both = tmp_path / "both.pem"
    both.write_bytes(pair.key.read_bytes() + pair.certificate.read_bytes())
    assert Certificates([Pair(both, both)]).all[0].names == ("share.test",)


@pytest.mark.parametrize("broken", ["missing", "empty", "garbage", "another key"])
def test_files_that_cannot_be_used_are_named_with_the_reason(
    ca: trustme.CA, tmp_path: Path, broken: str
) -> None:
    pair = write(ca, tmp_path, "share.test")
    match broken:
        case "missing":
            pair.key.unlink()
        case "empty":
            pair.certificate.write_bytes(b"")
        case "garbage":
            pair.certificate.write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        case _:
            pair.key.write_bytes(write(ca, tmp_path / "other", "share.test").key.read_bytes())
    with pytest.raises(ConfigError, match=str(tmp_path)):
        Certificates([pair])


def test_new_files_are_shown_and_broken_ones_change_nothing(
    ca: trustme.CA, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    pair = write(ca, tmp_path, "share.test")
    certificates = Certificates([pair])
    certificates.refresh()
    assert not caplog.records, "nothing changed"

    good = pair.certificate.read_bytes()
    pair.certificate.write_bytes(good[: len(good) // 3])
    certificates.refresh()
    assert "the one before stays in use" in caplog.text
    assert certificates.all[0].names == ("share.test",)

    write(ca, tmp_path, "share.test", "new.test")
    certificates.refresh()
    assert certificates.all[0].names == ("share.test", "new.test")


def test_a_file_that_is_replaced_by_one_of_the_same_size_and_time_is_noticed(
    ca: trustme.CA, tmp_path: Path
) -> None:
    pair = write(ca, tmp_path, "aaaa.test")
    certificates = Certificates([pair])
    before = [path.stat() for path in (pair.certificate, pair.key)]
    fresh = write(ca, tmp_path / "fresh", "bbbb.test")
    for path, new, old in zip(
        (pair.certificate, pair.key), (fresh.certificate, fresh.key), before, strict=True
    ):
        os.utime(new, ns=(old.st_atime_ns, old.st_mtime_ns))
        new.replace(path)
    certificates.refresh()
    assert certificates.all[0].names == ("bbbb.test",)


def test_the_operator_is_warned_of_what_visitors_would_meet(ca: trustme.CA, tmp_path: Path) -> None:
    good = Certificates([write(ca, tmp_path / "good", "share.test", "*.share.test")])
    apex_only = Certificates([write(ca, tmp_path / "apex", "share.test")])
    expired = Certificates([write(ca, tmp_path / "old", "share.test", "*.share.test", days=-1)])

    assert warnings_of(good, "share.test") == []
    assert "*.share.test" in warnings_of(apex_only, "share.test")[0]
    assert "expired" in warnings_of(expired, "share.test")[0]
    assert len(warnings_of(good, "other.test")) == 2
