"""What stands in for a relay leaves nothing behind, whenever it ends."""

from __future__ import annotations

import asyncio
import gc
import socket

import pytest

from tests.client.fakes import FakeRelay, stay


@pytest.mark.parametrize("turns", range(6))
def test_a_connection_that_comes_while_it_ends_is_closed(turns: int) -> None:
    """What is not would be a warning, and so an error, in whichever test runs then."""

    async def end_in_the_middle(client: socket.socket) -> None:
        async with FakeRelay(stay) as relay:
            client.connect(("127.0.0.1", relay.port))
            for _ in range(turns):
                await asyncio.sleep(0)

    with socket.socket() as client:
        asyncio.run(end_in_the_middle(client))
        client.settimeout(20)
        assert _is_over(client)
    gc.collect()


def _is_over(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True
