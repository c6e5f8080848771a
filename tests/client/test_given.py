"""What `share` makes of what it is given: words, numbers, paths, objects."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from doorstep_client.errors import BadTargetError, UsageError
from doorstep_client.targets import AppTarget, ServerTarget, Target, make_target
from tests.client.fakes import hello_app
from tests.client.tunnels import ask, running, tunnel_to


def _takes_four(a: object, b: object, c: object, d: object) -> None: ...


@pytest.mark.parametrize(
    ("given", "label"),
    [
        (8501, "http://localhost:8501"),
        ("8501", "http://localhost:8501"),
        (":8501", "http://localhost:8501"),
        ("localhost:8501", "http://localhost:8501"),
        ("127.0.0.1:8501", "http://127.0.0.1:8501"),
        ("[::1]:8501", "http://[::1]:8501"),
        ("http://localhost:3000/", "http://localhost:3000"),
        ("http://intranet", "http://intranet"),
        ("https://intranet.example", "https://intranet.example"),
        ("https://intranet.example:8443/", "https://intranet.example:8443"),
        ("unix:/run/app.sock", "unix:/run/app.sock"),
        ("unix:///run/app.sock", "unix:/run/app.sock"),
    ],
)
def test_a_server_is_named_in_many_ways(given: Any, label: str) -> None:
    target = make_target(given)

    assert isinstance(target, ServerTarget)
    assert target.label == label


def test_a_folder_and_a_socket_may_be_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site").mkdir()
    for given in (Path("site"), "site", "./site", str(tmp_path / "site")):
        assert make_target(given).label == str(tmp_path / "site")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("app.sock")
        for socket_path in (Path("app.sock"), "app.sock", "unix:app.sock"):
            assert make_target(socket_path).label == "unix:app.sock"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (0, "not a port"), (65536, "not a port"), ("99999", "not a port"), ("localhost:0", "not a port"),
        (None, "give an ASGI"), (True, "give an ASGI"), (b"app", "give an ASGI"), (3.5, "give an ASGI"),
        ("no such thing", "give an ASGI"), ("", "give an ASGI"),
        ("ftp://a.b", "http:// or https://"), ("http://", "http:// or https://"),
        ("http://a.b/path", "leave out '/path'"), ("http://a.b:x", "no URL"),
        ("http://" + "me:secret@a.b", "no user name"), (Path("none/there"), "there is no none/there"),
        ("no_such_module:app", "no module 'no_such_module'"), ("json:app", "has no 'app'"),
        (object(), "give an ASGI"), (_takes_four, "called with"),
        ("x" * 64 + ".example:80", "name of a computer"), ("http://\u2028.example", "name of a computer"),
    ],
    ids=lambda each: str(each).split(" at 0x")[0],
)  # fmt: skip
def test_what_cannot_be_shared_is_refused_with_what_can(given: Any, says: str) -> None:
    with pytest.raises(BadTargetError, match=says) as caught:
        make_target(given)
    assert "secret" not in str(caught.value)


def test_a_script_and_a_file_are_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("")
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(BadTargetError, match="doorstep share"):
        make_target(tmp_path / "app.py")
    with pytest.raises(BadTargetError, match="share the folder"):
        make_target(tmp_path / "a.txt")


def test_what_has_a_launch_of_its_own_is_to_be_launched() -> None:
    class Demo:
        def launch(self, share: bool = False) -> None: ...

        def __call__(self, *args: object) -> None: ...

    with pytest.raises(BadTargetError, match=r"launch\(share=True\)"):
        make_target(Demo())


@pytest.mark.parametrize(
    ("target", "options", "says"),
    [
        (8501, {"host": "a b"}, "'a b'"),
        (8501, {"host": "a\r\nX: b"}, "host is"),
        (8501, {"host": 5}, "type int"),
        (8501, {"verify": False}, "https://"),
        ("http://a.b", {"verify": False}, "https://"),
        (hello_app, {"host": "visitor"}, "servers"),
        (".", {"verify": False}, "servers"),
    ],
)
def test_an_option_that_means_nothing_there_is_refused(
    target: Any, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        make_target(target, **options)


# -- apps by name and of other kinds ---------------------------------------------------------------

MODULE = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        raise RuntimeError
    headers = [(b"content-length", b"3")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": name.encode()})

class Space:
    inner = app

def make():
    global name
    name = "two"
    return app

def old(scope):
    async def call(receive, send):
        await app(scope, receive, send)
    return call

def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Length", "3")])
    return [name.encode()]

name = "one"
"""


@pytest.mark.parametrize(
    ("word", "body"),
    [
        ("a_module:app", b"one"),
        ("a_module:Space.inner", b"one"),
        ("a_module:make()", b"two"),
        ("a_module:old", b"one"),
        ("a_module:wsgi", b"one"),
    ],
)
async def test_an_app_is_imported_by_its_name_from_the_current_folder(
    word: str, body: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_module.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "a_module", raising=False)
    async with running(make_target(word)) as target:
        assert isinstance(target, AppTarget)
        assert target.label == word
        assert await _get(target) == body


async def test_a_module_that_lacks_something_says_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b_module.py").write_text("import no_such_package")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        make_target("b_module:app")


async def _get(target: Target) -> bytes:
    async with tunnel_to(target) as tunnel:
        return (await ask(tunnel, "GET / HTTP/1.1\nHost: a.b"))[1]
