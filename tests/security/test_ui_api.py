"""Classes of vulnerability in what programs may do, each test by its row in the list of them."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import doorstep as ds
from doorstep.files import MAX_FILES, Paths, set_static_paths
from doorstep.multipart import MultipartError, MultipartParser
from tests.support import eventually, raw_request
from tests.ui.support import Served, served

API = "/gradio_api"
SECRET = "top secret"
FILE = {"_type": "gradio.FileData"}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    for folder in ("work", "open", "open/.git", "open/closed", "static"):
        (tmp_path / folder).mkdir()
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "work" / "app.py").write_text(SECRET)
    (tmp_path / "open" / "a.txt").write_text("open")
    (tmp_path / "open" / "page.html").write_text("<script>alert(1)</script>")
    (tmp_path / "open" / ".env").write_text(SECRET)
    (tmp_path / "open" / ".git" / "config").write_text(SECRET)
    (tmp_path / "open" / "closed" / "b.txt").write_text(SECRET)
    (tmp_path / "open" / "link.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "static" / "logo.svg").write_text("<svg onload='alert(1)'/>")
    monkeypatch.chdir(tmp_path / "work")
    set_static_paths([tmp_path / "static"])
    with ds.Blocks() as app:
        picture, said = ds.Image(type="filepath"), ds.Textbox()
        ds.Button().click(str, picture, said, api_name="where")
        ds.Button().click(lambda: SECRET, None, said, api_name="hidden", api_visibility="private")
    paths = {"allowed_paths": [tmp_path / "open"], "blocked_paths": [tmp_path / "open" / "closed"]}
    with served(app, max_file_size="1mb", **paths) as server:
        yield server
    set_static_paths([])


@pytest.fixture
async def client(server: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        yield client


async def where(client: httpx.AsyncClient, **value: Any) -> tuple[int, str]:
    answer = await client.post(f"{API}/run/where", json={"data": [{**value, "meta": FILE}]})
    return answer.status_code, answer.text


@pytest.mark.parametrize("route", [f"{API}/file=", "/file="])
@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "%2fetc%2fpasswd", "//etc/passwd", "../../etc/passwd", "/proc/self/environ", ""),
        *(
            "app.py",
            "./app.py",
            "..%2fsecret.txt",
            "{tmp}/secret.txt",
            "{tmp}/open/../secret.txt",
            "{tmp}/open",
        ),
        *(
            "{tmp}/open/link.txt",
            "{tmp}/open/.env",
            "{tmp}/open/.git/config",
            "{tmp}/open/a.txt%00",
            "{tmp}/open/",
        ),
        *("C:/windows/win.ini", "\\\\host\\share", "file:///etc/passwd", "%5c%5chost%5cshare", "x" * 5000),
    ],
)
def test_row_36_a_path_leads_to_nothing_that_is_not_allowed(
    server: Served, tmp_path: Path, route: str, path: str
) -> None:
    target = route + path.format(tmp=tmp_path)
    request = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    answer = raw_request(server.port, request.encode())
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))
    assert SECRET.encode() not in answer


async def test_row_36_what_is_allowed_or_static_is_served(client: httpx.AsyncClient, tmp_path: Path) -> None:
    assert (await client.get(f"{API}/file={tmp_path}/open/a.txt")).text == "open"
    assert (await client.get(f"{API}/file={tmp_path}/static/logo.svg")).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../secret.txt",
        "app.py",
        "",
        "\0",
        "a/b",
        "/proc/self/environ",
        "{tmp}/open/a.txt",
        "x" * 5000,
    ],
)
async def test_row_37_a_program_can_name_only_what_it_uploaded(
    client: httpx.AsyncClient, tmp_path: Path, path: str
) -> None:
    status, said = await where(client, path=path.format(tmp=tmp_path))
    assert (status, "neither uploaded nor shown in this session" in said) == (422, True)


async def test_row_37_nor_what_a_page_uploaded(server: Served, client: httpx.AsyncClient) -> None:
    async with server.page() as page:
        form = {"files": ("a.png", b"x")}
        upload = await client.post("/doorstep/upload", params={"session": page.session}, files=form)
        assert (await where(client, path=upload.json()[0]["path"]))[0] == 422


@pytest.mark.parametrize(
    "name", ["hidden", "finish", "__init__", "launch", "../info", "close", "where%2f..%2fhidden"]
)
async def test_row_38_only_functions_meant_for_programs_are_called(
    client: httpx.AsyncClient, name: str
) -> None:
    for way in ("call", "call/v2", "run", "api"):
        answer = await client.post(f"{API}/{way}/{name}", json={"data": []})
        assert answer.status_code == 404
        assert SECRET not in answer.text
    for number in (1, 2, -1):
        body = {"data": [], "fn_index": number, "session_hash": "a"}
        assert (await client.post(f"{API}/queue/join", json=body)).status_code == 404


@pytest.mark.parametrize(
    "name", ["../../evil", "/etc/cron.d/evil", "a\0b", "..", ".", "", "CON", "a" * 5000, "x/../y"]
)
async def test_row_39_an_uploads_name_decides_nothing_about_its_place(
    client: httpx.AsyncClient, server: Served, name: str
) -> None:
    body = f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\nabc\r\n--x--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    (path,) = (await client.post(f"{API}/upload", content=body.encode(), headers=headers)).json()
    stored = server.app.files.get(path.partition("/")[0])
    assert stored is not None
    assert stored.path.parent.parent == server.app.files._root
    assert len(stored.path.name) < 100


async def test_row_39_an_upload_over_the_limit_leaves_nothing(
    client: httpx.AsyncClient, server: Served
) -> None:
    answer = await client.post(f"{API}/upload", files={"files": ("a", b"a" * (2 << 20))})
    assert answer.status_code == 413
    await eventually(lambda: not server.app.files._files)


async def test_row_39_programs_hold_no_more_files_than_they_may(
    client: httpx.AsyncClient, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorstep.files.MAX_FILES", 10)
    for _ in range(3):
        files = [("files", (f"{number}.txt", b"a")) for number in range(5)]
        assert (await client.post(f"{API}/upload", files=files)).status_code == 200
    assert len(server.app.files._files) <= 10 < MAX_FILES


@pytest.mark.parametrize(
    "spelling",
    ["closed/b.txt", "./closed/b.txt", "closed//b.txt", "x/../closed/b.txt", "alias/b.txt", "CLOSED/b.txt"],
)
async def test_row_40_what_is_blocked_is_blocked_under_any_spelling(
    client: httpx.AsyncClient, tmp_path: Path, spelling: str
) -> None:
    (tmp_path / "open" / "alias").symlink_to(tmp_path / "open" / "closed")
    answer = await client.get(f"{API}/file={tmp_path}/open/{spelling}")
    assert answer.status_code == 404
    stream = await client.get(f"{API}/file={tmp_path}/open/closed/b.txt::$DATA")
    assert stream.status_code == 404


def test_row_40_static_beats_no_block(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    set_static_paths(tmp_path)
    try:
        assert Paths().served(str(tmp_path / "a.txt")) is not None
        assert Paths(blocked=[tmp_path]).served(str(tmp_path / "a.txt")) is None
    finally:
        set_static_paths([])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "[::1]", "2130706433", "127.1"])
async def test_row_41_the_app_asks_no_address_for_a_visitor(client: httpx.AsyncClient, host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.3)
        url = f"http://{host}:{listener.getsockname()[1]}/a.png"
        for value in ({"path": url}, {"path": url, "url": url}, {"path": "x", "url": url}):
            assert (await where(client, **value))[0] == 422
        with pytest.raises(TimeoutError):
            await asyncio.to_thread(listener.accept)


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
@pytest.mark.parametrize(
    "path", ["call/where", "run/where", "queue/join", "upload", "cancel", "reset", "call/v2/where"]
)
async def test_row_42_another_site_changes_nothing(
    client: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    answer = await client.post(f"{API}/{path}", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (403, "foreign-origin")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["open/page.html", "static/logo.svg"])
async def test_row_43_the_apps_own_files_run_nothing_either(
    client: httpx.AsyncClient, tmp_path: Path, path: str
) -> None:
    headers = (await client.get(f"{API}/file={tmp_path}/{path}")).headers
    assert "sandbox" in headers["content-security-policy"]
    assert headers["content-disposition"].startswith("attachment")
    assert headers["x-content-type-options"] == "nosniff"


async def test_row_45_two_hosts_at_once_each_see_their_own_address(client: httpx.AsyncClient) -> None:
    async def root(host: str) -> str:
        return str((await client.get("/config", headers={"Host": host})).json()["root"])

    hosts = [f"{number}.example" for number in range(20)]
    assert await asyncio.gather(*map(root, hosts)) == [f"http://{host}" for host in hosts]


@pytest.mark.parametrize("host", ["a b", 'x"><script>', "evil.example/../", "a@b", "x:99999999"])
async def test_row_45_a_strange_host_is_not_repeated(server: Served, host: str) -> None:
    request = f"GET /config HTTP/1.1\r\nHost: x\r\nX-Forwarded-Host: {host}\r\nConnection: close\r\n\r\n"
    answer = raw_request(server.port, request.encode())
    assert f'"root":"http://{host}"'.encode() not in answer


async def test_row_47_what_is_private_is_nowhere(client: httpx.AsyncClient) -> None:
    for path in ("/gradio_api/info?all_endpoints=true", "/gradio_api/openapi.json", "/?view=api"):
        assert "hidden" not in (await client.get(path)).text


@pytest.mark.parametrize(
    "header", ["bytes=0-", "bytes=5-2", "bytes=99999999999-", "bytes=-0", "bytes=" + "0-1," * 5000]
)
async def test_row_48_no_range_is_more_than_the_file(
    client: httpx.AsyncClient, tmp_path: Path, header: str
) -> None:
    answer = await client.get(f"{API}/file={tmp_path}/open/a.txt", headers={"Range": header})
    assert answer.status_code in {200, 206, 416}
    assert len(answer.content) <= 4


@pytest.mark.parametrize(
    "body",
    [
        b"--x\r\n" * 100_000,
        b"--x\r\nContent-Disposition: form-data; name=files; filename=" + b'"' * 8000,
        b"--x\r\nContent-Disposition: form-data" + b"; a=b" * 1500 + b"\r\n\r\n",
        b"\r\n" * 100_000,
        b"--x" + b"-" * 100_000,
    ],
)
def test_row_48_a_hostile_body_costs_no_more_than_its_size(body: bytes) -> None:
    parser = MultipartParser("multipart/form-data; boundary=x")
    began = os.times().user
    with contextlib.suppress(MultipartError):
        for start in range(0, len(body), 7):
            list(parser.feed(body[start : start + 7]))
    assert os.times().user - began < 1


async def test_row_49_a_program_of_one_browser_finds_no_session_of_another(client: httpx.AsyncClient) -> None:
    body = {"data": [None], "fn_index": 0, "session_hash": "shared-name"}
    await client.post(f"{API}/queue/join", json=body, headers={"Cookie": f"doorstep_visitor={'a' * 24}"})
    other = await client.get(
        f"{API}/queue/data?session_hash=shared-name", headers={"Cookie": f"doorstep_visitor={'b' * 24}"}
    )
    assert "session_not_found" in other.text


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=cmd()"])
def test_row_50_no_logged_cell_is_a_formula(tmp_path: Path, cell: str) -> None:
    log = ds.CSVLogger(verbose=False)
    log.setup([ds.Textbox(label="said")], tmp_path)
    log.flag([cell])
    with (tmp_path / "dataset1.csv").open(newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["said", f"'{cell}"]
