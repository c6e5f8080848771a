"""What `doorstep doctor` advises: the thing that is wrong, by its name; and JSON whatever is wrong."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import trustme

from tests.getting_out.conftest import Lasting
from tests.getting_out.middleboxes import Middlebox, nginx, squid, tinyproxy
from tests.getting_out.test_doctor import Examined, examine
from tests.support import free_port

__all__ = ["examine"]

Examine = Callable[..., Examined]
NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


# -- JSON ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "options", "text"),
    [
        ("", (), "no relay is configured"),
        ("ftp://share.example.org", (), "starts with https://"),
        ("https://share.example.org/path", (), "ends with its host and port"),
        ("http://localhost", ("--ca", "/nowhere/ca.pem"), "there is no such file"),
        ("http://localhost", ("--pin", "md5/x"), "pin is 'md5/x'"),
        ("http://localhost", ("--cert", __file__), "cannot be used"),
        ("http://localhost", ("--ca", __file__), "cannot be read"),
    ],
    ids=["no-relay", "scheme", "path", "no-file", "pin", "no-certificate", "no-authority"],
)
def test_where_there_is_nothing_to_examine_programs_are_told_so(
    examine: Examine, address: str, options: tuple[str, ...], text: str
) -> None:
    found = examine(address, *options)

    assert (found.code, found.report["works"], list(found.steps)) == (1, False, ["settings"])
    assert text in found.steps["settings"]["text"]
    assert found.steps["settings"]["advice"]


# -- proxies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tinyproxy", "squid"])
def test_a_proxy_with_a_wrong_password(lasting: Lasting, examine: Examine, tmp_path: Path, kind: str) -> None:
    start = partial(tinyproxy, tmp_path / "proxy") if kind == "tinyproxy" else squid
    with start(user="me", password="hunter2") as box:
        found = examine(lasting.relay.url, DOORSTEP_PROXY=box.url.replace("//", "//me:wrong-one@"))
        given = examine(lasting.relay.url, "--proxy", box.url.replace("//", "//me:wrong-one@"))

    for each, source in ((found, "DOORSTEP_PROXY"), (given, "the argument proxy")):
        assert each.status("way") == "failed"
        assert each.steps["way"]["advice"].startswith(
            f"it does not take the user and password in {source}: one of them is wrong"
        )
        assert "wrong-one" not in each.output


def test_a_proxy_that_cannot_reach_the_relay_is_not_told_to_allow_it(examine: Examine) -> None:
    with squid() as box:
        found = examine(f"http://127.0.0.1:{free_port()}", "--proxy", box.url)

    assert found.status("way") == "failed"
    assert "is that the relay's address, and does it run?" in found.steps["way"]["advice"]


# -- somebody else answers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("return 302 http://login.hotel.test/;", "a redirect to http://login.hotel.test/"),
        ("default_type text/html; return 200 '<h1>Welcome</h1>';", "a page of its own"),
        ("return 511;", "a page of its own"),
    ],
    ids=["redirect", "page", "511"],
)
def test_a_captive_portal_is_called_one(
    lasting: Lasting, examine: Examine, tmp_path: Path, answer: str, what: str
) -> None:
    with nginx(tmp_path / "nginx", lasting.relay.url, session=answer, elsewhere=answer) as box:
        found = examine(box.url)

    step = found.steps["relay"]
    assert found.code == 1
    assert f"{what}, where a relay refuses: this looks like a captive portal" in step["text"]
    assert "sign in to the network" in step["advice"]
    assert step["facts"]["portal"] is True


def test_a_gateway_whose_relay_is_away(examine: Examine, tmp_path: Path) -> None:
    with nginx(tmp_path / "nginx", f"http://127.0.0.1:{free_port()}") as box:
        found = examine(box.url)

    assert found.steps["relay"]["facts"] == {"status": 502}
    assert "does it run?" in found.steps["relay"]["advice"]


@contextmanager
def with_certificate(folder: Path, lasting: Lasting, issued: trustme.LeafCert) -> Iterator[Middlebox]:
    issued.private_key_and_cert_chain_pem.write_to_path(str(folder / "other.pem"))
    tls = f"ssl_certificate {folder}/other.pem; ssl_certificate_key {folder}/other.pem;"
    with nginx(folder / "nginx", lasting.relay.url, tls=tls) as box:
        yield box


@pytest.mark.parametrize(
    ("begins", "ends"), [(-9 * DAY, -DAY), (DAY, 9 * DAY)], ids=["expired", "not-good-yet"]
)
def test_a_certificate_out_of_its_time_may_be_a_clock_that_is_wrong(
    lasting: Lasting,
    examine: Examine,
    authority: trustme.CA,
    ca: Path,
    tmp_path: Path,
    begins: datetime.timedelta,
    ends: datetime.timedelta,
) -> None:
    issued = authority.issue_cert("localhost", not_before=NOW + begins, not_after=NOW + ends)
    began = datetime.datetime.now(datetime.UTC)
    with with_certificate(tmp_path, lasting, issued) as box:
        found = examine(f"https://localhost:{box.port}", "--ca", str(ca))

    advice = found.steps["tls"]["advice"]
    ended = datetime.datetime.now(datetime.UTC)
    assert any(f"this computer's clock says {at:%Y-%m-%d}" in advice for at in (began, ended))
    assert f"renew its certificate, good until {NOW + ends:%Y-%m-%d}" in advice


def test_a_certificate_of_another_name_may_be_a_captive_portal(
    lasting: Lasting, examine: Examine, authority: trustme.CA, ca: Path, tmp_path: Path
) -> None:
    with with_certificate(tmp_path, lasting, authority.issue_cert("login.hotel.test")) as box:
        found = examine(f"https://localhost:{box.port}", "--ca", str(ca))

    assert "another server answers than 'localhost'" in found.steps["tls"]["advice"]
    assert "sign in to the network" in found.steps["tls"]["advice"]
