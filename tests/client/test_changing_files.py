"""A folder behind a link whose files change while they are sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from doorstep_client.targets import make_target
from tests.client.tunnels import running, to_the_end, tunnel_to

SIZE = 8 * 1024 * 1024
"""More than the system keeps for a reader that does not read yet."""


async def get_while(folder: Path, path: str, change: Callable[[], object]) -> bytes:
    """The body of a file that changes once its answer has begun."""
    async with running(make_target(folder)) as target, tunnel_to(target) as (reader, writer):
        writer.write(f"GET {path} HTTP/1.1\r\nHost: a.b\r\nConnection: close\r\n\r\n".encode())
        async with asyncio.timeout(20):
            head = await reader.readuntil(b"\r\n\r\n")
            assert f"content-length: {SIZE}" in head.decode().lower()
            change()
            return await to_the_end(reader)


async def test_a_log_that_is_written_meanwhile_is_sent_as_long_as_it_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(b"x" * SIZE)

    def write() -> None:
        with log.open("ab") as end:
            end.write(b"y" * SIZE)

    assert await get_while(tmp_path, "/app.log", write) == b"x" * SIZE
    assert caplog.text == ""


async def test_a_file_that_is_cut_meanwhile_breaks_off_without_a_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = tmp_path / "data.bin"
    data.write_bytes(b"x" * SIZE)

    assert len(await get_while(tmp_path, "/data.bin", lambda: data.write_bytes(b""))) < SIZE
    assert "Traceback" not in caplog.text
