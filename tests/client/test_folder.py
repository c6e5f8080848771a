"""A folder behind a link: what visitors get of it, and what they never do."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from doorstep_client.targets import make_target
from doorstep_client.targets.listing import size_text
from tests.client.tunnels import running, tunnel_to
from tests.support import Answer
from tests.support.http import is_whole, parse


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shared = tmp_path / "shared"
    (shared / "sub" / "deep").mkdir(parents=True)
    (shared / "site").mkdir()
    (shared / "a b%ü.txt").write_text("hello")
    (shared / "<script>.txt").write_text("")
    (shared / "page.html").write_text("<h1>page</h1>")
    (shared / "big.bin").write_bytes(bytes(range(256)) * 4096)
    (shared / "site" / "index.html").write_text("the site")
    (shared / ".secret").write_text("secret")
    (shared / ".git").mkdir()
    (shared / ".git" / "config").write_text("secret")
    (tmp_path / "outside.txt").write_text("secret")
    (shared / "in.txt").symlink_to("page.html")
    (shared / "out.txt").symlink_to(tmp_path / "outside.txt")
    (shared / "out").symlink_to(tmp_path)
    (shared / "hidden").symlink_to(".secret")
    (shared / "loop").symlink_to("loop")
    return shared


async def get(folder: Path, path: str, *fields: str, method: str = "GET") -> Answer:
    async with running(make_target(folder)) as target, tunnel_to(target) as (reader, writer):
        head = "\r\n".join([f"{method} {path} HTTP/1.1", "Host: a.b", *fields, "", ""])
        writer.write(head.encode())
        raw = b""
        while not is_whole(raw, method) and (data := await reader.read(65536)):
            raw += data
        return parse(raw)


async def test_a_file_comes_with_its_kind_and_may_be_kept_as_long_as_it_is_asked_about(folder: Path) -> None:
    answer = await get(folder, "/page.html")

    assert (answer.status, answer.body) == (200, b"<h1>page</h1>")
    assert answer.header("content-type") == "text/html; charset=utf-8"
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("cache-control") == "no-cache"
    again = await get(folder, "/page.html", f"If-None-Match: {answer.header('etag')}")
    assert (again.status, again.body) == (304, b"")
    (folder / "page.html").write_text("another page")
    assert (await get(folder, "/page.html", f"If-None-Match: {answer.header('etag')}")).status == 200


async def test_head_tells_what_get_would(folder: Path) -> None:
    answer = await get(folder, "/big.bin", method="HEAD")

    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("content-length") == str(1024 * 1024)


@pytest.mark.parametrize(
    ("asked", "status", "size"),
    [("bytes=0-9", 206, 10), ("bytes=-5", 206, 5), ("bytes=1048570-", 206, 6), ("bytes=9999999-", 416, 0)],
)
async def test_a_part_of_a_file(folder: Path, asked: str, status: int, size: int) -> None:
    answer = await get(folder, "/big.bin", f"Range: {asked}")

    assert answer.status == status
    if status == 206:
        assert len(answer.body) == size


async def test_a_name_with_anything_in_it_is_found(folder: Path) -> None:
    assert (await get(folder, "/a%20b%25%C3%BC.txt")).body == b"hello"
    raw = os.fsencode(folder) + b"/\xff.txt"
    Path(os.fsdecode(raw)).write_text("bytes")
    assert (await get(folder, "/%FF.txt")).body == b"bytes"
    assert 'href="./%FF.txt"' in (await get(folder, "/")).text


async def test_the_list_has_what_visitors_may_see_and_nothing_else(folder: Path) -> None:
    page = (await get(folder, "/")).text

    for link in ("./a%20b%25%C3%BC.txt", "./sub/", "./site/", "./in.txt", "./%3Cscript%3E.txt"):
        assert f'href="{link}"' in page
    for hidden in ("secret", ".git", "out", "loop", "hidden", "<script>"):
        assert hidden not in page.partition("<body>")[2]
    assert page.index("./sub/") < page.index("./a%20b")


async def test_a_list_further_down_leads_back_up(folder: Path) -> None:
    page = (await get(folder, "/sub/")).text

    assert 'href="../"' in page
    assert 'href="./deep/"' in page


async def test_index_html_is_shown_in_place_of_the_list(folder: Path) -> None:
    assert (await get(folder, "/site/")).body == b"the site"
    (folder / "index.html").write_text("home")
    assert (await get(folder, "/")).body == b"home"


async def test_a_folder_without_its_slash_leads_to_the_one_with_it(folder: Path) -> None:
    answer = await get(folder, "/site?a=b")

    assert (answer.status, answer.header("location")) == (308, "./site/?a=b")
    assert (await get(folder, "//evil.example/..//site")).status == 404
    assert (await get(folder, "//site")).header("location") == "./site/"


@pytest.mark.parametrize(
    "path",
    [
        "/.secret", "/.git/config", "/sub/../.secret", "/../outside.txt", "/sub/%2e%2e/%2e%2e/outside.txt",
        "/sub/..%2f..%2foutside.txt", "/out.txt", "/out/outside.txt", "/out/", "/hidden", "/loop", "/none",
        "/page.html/", "/page.html/x", "/%00", f"/{'x' * 300}", "/sub/..",
    ],
)  # fmt: skip
async def test_what_is_hidden_outside_or_not_there_is_not_found(folder: Path, path: str) -> None:
    answer = await get(folder, path)

    assert answer.status == 404
    assert b"secret" not in answer.body


async def test_a_pipe_or_a_socket_is_no_file(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "sock"))
        assert (await get(folder, "/pipe")).status == 404
        assert (await get(folder, "/sock")).status == 404
    assert "pipe" not in (await get(folder, "/")).text


async def test_nothing_can_be_written(folder: Path) -> None:
    answer = await get(folder, "/page.html", "Content-Length: 0", method="PUT")

    assert (answer.status, answer.header("allow")) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (17_400, "17 kB"), (2_440_000, "2.4 MB")]
)
def test_sizes_are_for_people(size: int, text: str) -> None:
    assert size_text(size) == text
