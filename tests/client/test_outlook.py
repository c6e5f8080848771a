"""Whether an address is this computer's: no is said only where the system says it."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

from doorstep_client.network.outlook import exists


@contextmanager
def no_descriptors_left() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_an_address_of_another_computer_is_not_there() -> None:
    assert exists("127.0.0.1")
    assert not exists("192.0.2.1")


def test_a_program_without_descriptors_does_not_take_its_own_address_for_gone() -> None:
    with no_descriptors_left():
        is_there = exists("127.0.0.1")

    assert is_there


def test_an_address_of_a_link_alone_is_not_looked_for() -> None:
    """Which link that is its text does not say; a relay in the same network may be reached from there."""
    assert exists("fe80::1")
