"""What is tracked fits every machine and gives nothing away."""

from __future__ import annotations

import re

import pytest

from tests.project.tracked import tracked_texts

# Spelt in pieces, so that this file does not trip over itself.
MACHINE_PATHS = [
    re.compile(rf"(?<![\w.}}/-])/{folder}/[\w.-]+")
    for folder in ("wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers", "opt/" + r"(?:pypi|wheels)")
]
REGISTRIES = [
    "pypi" + ".org",
    "files.python" + "hosted.org",
    "registry.npm" + "js.org",
    "registry.yarn" + "pkg.com",
    "deb." + "debian.org",
    "security." + "debian.org",
    "npm" + "mirror.com",
]
SECRETS = {
    "a token of Doorstep": re.compile("dst" + r"_[A-Za-z0-9_-]{20,}"),
    "a private key": re.compile("-----BEGIN " + r"[A-Z ]*PRIVATE KEY-----"),
    "a cloud key": re.compile(r"\bAKIA" + r"[0-9A-Z]{16}\b"),
    "a forge's token": re.compile(r"\bgh[pousr]_" + r"[A-Za-z0-9]{36}\b"),
    "a password in a URL": re.compile(
        r"://[^/\s:@\"'{}<>*]+:(?!hunter2@)[^/\s:@\"'{}<>*]{6,}@(?!localhost|127\.0\.0\.1|\w+\.example)"
    ),  # hunter2 is what the tests call a password
}


def test_no_tracked_file_names_a_place_on_somebodys_machine() -> None:
    found = [
        f"{name}: {match.group()}"
        for name, text in tracked_texts().items()
        for pattern in MACHINE_PATHS
        for match in pattern.finditer(text)
    ]

    assert not found


def test_no_tracked_file_names_a_package_registry() -> None:
    """Lock files too: who installs chooses where packages come from."""
    found = [
        f"{name}: {host}" for name, text in tracked_texts().items() for host in REGISTRIES if host in text
    ]

    assert not found


def test_no_tracked_file_holds_a_secret() -> None:
    found = [
        f"{name}: {what}"
        for name, text in tracked_texts().items()
        for what, pattern in SECRETS.items()
        if pattern.search(text)
    ]

    assert not found


@pytest.mark.parametrize(
    ("secret", "what"),
    [
        ("dst" + "_" + "a1B2" * 8, "a token of Doorstep"),
        ("-----BEGIN " + "OPENSSH PRIVATE KEY-----", "a private key"),
        ("postgresql://relay:" + "c0rrectH0rse" + "@db.internal/relay", "a password in a URL"),
    ],
)
def test_the_scan_would_find_one(secret: str, what: str) -> None:
    assert SECRETS[what].search(f"x = {secret!r}")


def test_every_text_ends_with_a_line_end_and_has_no_conflict_left() -> None:
    found = [
        name
        for name, text in tracked_texts().items()
        if (text and not text.endswith("\n")) or re.search(r"^(<{7}|>{7}) ", text, re.MULTILINE)
    ]

    assert not found
