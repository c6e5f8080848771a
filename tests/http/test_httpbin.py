"""httpbin behind a link, asked by requests, httpx and aiohttp: the same answer as without the link.

The link `bin` leads to pytest-httpbin's own server on a port, `wsgi` to httpbin in the client's process.
Both are asked beside the same server without a link, with the same `Host`.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import brotlicffi
import httpx
import pytest
import requests

from tests.http.stage import Stage

HOP_BY_HOP = {
    "connection", "content-length", "date", "keep-alive", "proxy-authenticate", "server", "transfer-encoding"
}  # fmt: skip
"""What may differ: for one hop only, how a body is framed (it is compared itself), or told by the clock."""
KEPT_FROM_SEARCH_ENGINES = ("x-robots-tag", "noindex")
"""What the relay adds to every answer of a link whose owner did not say `index`."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    chunked: bool = False


@dataclass
class Seen:
    """An answer as a library shows it, with its body as it was sent (still compressed)."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @classmethod
    def of(cls, status: int, headers: Any, body: bytes) -> Seen:
        kept = [(key.lower(), value) for key, value in headers if key.lower() not in HOP_BY_HOP]
        return cls(status, kept, body)


Ask = Callable[[str, str, Request], Seen]
"""Asks the server at an address for a host, and follows nothing."""


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 1000):
        yield body[start : start + 1000]


def by_requests(address: str, host: str, asked: Request) -> Seen:
    body = _pieces(asked.body or b"") if asked.chunked else asked.body
    headers = {"Host": host, "Accept-Encoding": "identity", "User-Agent": "test", **asked.headers}
    with requests.Session() as session:
        session.trust_env = False
        how: Any = {"stream": True, "allow_redirects": False, "timeout": 20}
        answer = session.request(asked.method, address + asked.path, data=body, headers=headers, **how)
        raw = answer.raw.read(decode_content=False)
        return Seen.of(answer.status_code, answer.raw.headers.iteritems(), raw)


def by_httpx(address: str, host: str, asked: Request) -> Seen:
    body = _pieces(asked.body or b"") if asked.chunked else asked.body
    headers = {"Host": host, "Accept-Encoding": "identity", "User-Agent": "test", **asked.headers}
    with (
        httpx.Client(trust_env=False, timeout=20) as client,
        client.stream(asked.method, address + asked.path, content=body, headers=headers) as answer,
    ):
        return Seen.of(answer.status_code, answer.headers.multi_items(), b"".join(answer.iter_raw()))


def by_aiohttp(address: str, host: str, asked: Request) -> Seen:
    async def pieces() -> Any:
        for piece in _pieces(asked.body or b""):
            yield piece

    async def ask() -> Seen:
        body: Any = pieces() if asked.chunked else asked.body
        headers = {"Host": host, "Accept-Encoding": "identity", "User-Agent": "test", **asked.headers}
        timeout = aiohttp.ClientTimeout(total=20)
        async with (
            aiohttp.ClientSession(auto_decompress=False, timeout=timeout) as session,
            session.request(
                asked.method, address + asked.path, data=body, headers=headers, allow_redirects=False
            ) as answer,
        ):
            return Seen.of(answer.status, answer.headers.items(), await answer.read())

    return asyncio.run(ask())


LIBRARIES = {"requests": by_requests, "httpx": by_httpx, "aiohttp": by_aiohttp}


@pytest.fixture(params=LIBRARIES)
def ask(request: pytest.FixtureRequest) -> Ask:
    chosen: Ask = LIBRARIES[request.param]
    return chosen


@pytest.fixture(params=["bin", "wsgi"])
def served(request: pytest.FixtureRequest) -> str:
    """A link to httpbin."""
    chosen: str = request.param
    return chosen


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=cut"}
FILE = (
    b'--cut\r\nContent-Disposition: form-data; name="f"; filename="n.bin"\r\n\r\n%b\r\n--cut--\r\n'
    % bytes(range(256))
)
CASES = [
    *(
        Request(method, f"/{method.lower()}", body=b'{"a": 1}')
        for method in ("PUT", "POST", "PATCH", "DELETE")
    ),
    *(Request(method, "/anything/a%20b/c;d", body=b"x" * 5000) for method in ("PUT", "POST", "TRACE")),
    Request("GET", "/get?a=1&a=2&b=%C3%A9&c"),
    Request("HEAD", "/get"),
    Request("OPTIONS", "/get"),
    Request("GET", "/headers", {"X-One": "1", "X-Two": "zwei", "Cookie": "a=1; b=2"}),
    Request("GET", "/ip"),
    Request("GET", "/user-agent"),
    Request("POST", "/post", FORM, b"a=1&b=2&b=%C3%A9"),
    Request("POST", "/post", MULTIPART, FILE),
    Request("POST", "/post", {"Content-Type": "application/octet-stream"}, bytes(range(256)) * 2000),
    *(
        Request("GET", f"/status/{status}")
        for status in (200, 204, 301, 304, 307, 400, 401, 402, 404, 406, 407)
    ),
    *(Request("GET", f"/status/{status}") for status in (410, 418, 429, 451, 500, 501, 502, 503, 504)),
    *(Request("DELETE", f"/status/{status}") for status in (200, 202, 204, 404)),
    Request("GET", "/redirect/3"),
    Request("GET", "/absolute-redirect/2"),
    Request("GET", "/relative-redirect/2"),
    Request("GET", "/redirect-to?url=http%3A%2F%2Fother.example%2F&status_code=308"),
    Request("GET", "/cookies/set?one=1&two=2"),
    Request("GET", "/cookies/delete?one"),
    Request("GET", "/cookies", {"Cookie": "one=1; two=2"}),
    Request("GET", "/gzip"),
    Request("GET", "/deflate"),
    Request("GET", "/brotli"),
    Request("GET", "/encoding/utf8"),
    Request("GET", "/html"),
    Request("GET", "/json"),
    Request("GET", "/xml"),
    Request("GET", "/robots.txt"),
    Request("GET", "/image/png"),
    Request("GET", "/image/jpeg"),
    Request("GET", "/stream/5"),
    Request("GET", "/stream-bytes/100000?seed=1&chunk_size=7000"),
    Request("GET", "/bytes/100000?seed=7"),
    Request("GET", "/drip?duration=1&numbytes=5&code=200&delay=0"),
    Request("GET", "/delay/1"),
    Request("GET", "/range/2048"),
    Request("GET", "/range/2048?duration=0&chunk_size=100", {"Range": "bytes=10-1023"}),
    Request("GET", "/range/2048", {"Range": "bytes=-100"}),
    Request("GET", "/range/2048", {"Range": "bytes=5000-"}),
    Request("GET", "/cache"),
    Request("GET", "/cache", {"If-None-Match": '"x"'}),
    Request("GET", "/cache", {"If-Modified-Since": "Sat, 29 Oct 1994 19:43:31 GMT"}),
    Request("GET", "/cache/60"),
    Request("GET", "/etag/one", {"If-None-Match": '"one"'}),
    Request("GET", "/etag/one", {"If-None-Match": "one"}),
    Request("GET", "/etag/one", {"If-Match": "other"}),
    Request(
        "GET", "/response-headers?X-One=1&X-One=2&Content-Type=text/plain%3B%20charset%3DUTF-8&X-U=%C3%A9"
    ),
    Request("GET", "/basic-auth/me/secret"),
    Request("GET", "/basic-auth/me/secret", {"Authorization": "Basic bWU6c2VjcmV0"}),
    Request("GET", "/hidden-basic-auth/me/secret"),
    Request("GET", "/bearer", {"Authorization": "Bearer made-up"}),
    Request("GET", "/deny"),
    Request("GET", "/links/5/0"),
    Request("GET", "/forms/post"),
    Request("GET", "/base64/RG9vcnN0ZXA="),
    Request("GET", "/nothing/here"),
]


def _id(case: Request) -> str:
    return f"{case.method} {case.path[:40]} {' '.join(case.headers)[:20]}"


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_an_answer_through_a_link_is_the_apps_own_answer(
    stage: Stage, ask: Ask, served: str, case: Request
) -> None:
    host = stage.host(served)
    forwarding = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": host, "X-Forwarded-Proto": "http"}
    through = ask(stage.urls[served], host, case)
    direct = ask(
        f"http://127.0.0.1:{stage.direct[served]}", host, replace(case, headers=case.headers | forwarding)
    )

    through.headers.remove(KEPT_FROM_SEARCH_ENGINES)
    assert _comparable(through) == _comparable(direct)


def _comparable(seen: Seen) -> Seen:
    """Without what a server makes up anew each time, and what a visitor said to the next hop only."""
    fields = dict(seen.headers)
    if "allow" in fields:
        fields["allow"] = ",".join(sorted(fields["allow"].split(", ")))
        seen.headers = list(fields.items())
    elif "last-modified" in fields and len(fields["etag"]) == 32:
        seen.headers = [pair for pair in seen.headers if pair[0] not in ("etag", "last-modified")]
    decode = DECODERS.get(fields.get("content-encoding", ""), bytes)
    seen.body = re.sub(rb'"Connection": ?"keep-alive", *\s*', b"", decode(seen.body))
    if seen.body.startswith(
        b'{"url"'
    ):  # a stream of JSON lines, each with the header in its order of arrival
        seen.body = json.dumps([json.loads(line) for line in seen.body.splitlines()], sort_keys=True).encode()
    return seen


DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "br": brotlicffi.decompress,
}


def test_chunked_uploads_arrive_whole(stage: Stage, ask: Ask) -> None:
    body = bytes(range(256)) * 400
    seen = ask(stage.urls["app"], stage.host("app"), Request("POST", "/upload", body=body, chunked=True))

    assert json.loads(seen.body) == {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}


# -- what a library does over several requests -----------------------------------------------------


def test_requests_follows_redirects_and_keeps_cookies(stage: Stage, served: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(stage.urls[served] + "/redirect/4", timeout=20)
        session.get(stage.urls[served] + "/cookies/set?one=1&two=2", timeout=20)

        assert (answer.status_code, len(answer.history)) == (200, 4)
        assert answer.url == stage.urls[served] + "/get"
        assert session.get(stage.urls[served] + "/cookies", timeout=20).json() == {
            "cookies": {"one": "1", "two": "2"}
        }


def test_an_absolute_redirect_stays_on_the_link(stage: Stage, served: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(stage.urls[served] + "/absolute-redirect/2", timeout=20)

    assert answer.url == stage.urls[served] + "/get"


def test_digest_authentication_works(stage: Stage, served: str) -> None:
    for qop in ("auth", "auth-int"):
        url = f"{stage.urls[served]}/digest-auth/{qop}/me/secret"
        with httpx.Client(trust_env=False, timeout=20) as client:
            assert client.get(url).status_code == 401
            if qop == "auth":
                assert client.get(url, auth=httpx.DigestAuth("me", "secret")).status_code == 200
        with requests.Session() as session:
            session.trust_env = False
            auth = requests.auth.HTTPDigestAuth("me", "secret")
            if qop == "auth":
                assert session.get(url, auth=auth, timeout=20).json()["authenticated"] is True


@pytest.mark.parametrize("coding", ["gzip", "deflate", "brotli"])
def test_compressed_answers_are_understood(stage: Stage, served: str, coding: str) -> None:
    with httpx.Client(trust_env=False, timeout=20) as client:
        facts = client.get(f"{stage.urls[served]}/{coding}").json()

    assert facts["deflated" if coding == "deflate" else "gzipped" if coding == "gzip" else coding] is True


async def test_fifty_requests_at_once_by_aiohttp(stage: Stage) -> None:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:

        async def one(number: int) -> int:
            async with session.get(f"{stage.urls['wsgi']}/get?n={number}") as answer:
                return int((await answer.json())["args"]["n"])

        assert await asyncio.gather(*map(one, range(50))) == list(range(50))
