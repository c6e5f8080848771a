"""Events a second of the `greet` demo over the page's WebSocket: `python -m bench.ui_events`.

The app runs in a process of its own; each client sends a `run`, waits for its `done`, and sends the next.
Also: a thousand tokens as a growing string, the time of `import doorstep`, the time from a process's start
to its first 200, and what the app costs while nobody uses it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import psutil
from websockets.asyncio.client import ClientConnection, connect

APP = """
import sys
import doorstep as ds

def greet(name):
    return f"Hello {name}!"

def talk(name):
    text = ""
    for number in range(1000):
        text += f"word{number % 10} "
        yield text

limit = None if sys.argv[2] == "none" else int(sys.argv[2])
with ds.Blocks() as app:
    name, said, button = ds.Textbox(), ds.Textbox(), ds.Button()
    button.click(greet, name, said, concurrency_limit=limit)
    button.click(talk, name, said, concurrency_limit=limit)
app.launch(server_port=int(sys.argv[1]), quiet=True)
"""

GREET, TALK = 0, 1
PORT = 7791


@dataclass(frozen=True)
class Figure:
    """One run of a number of clients. Times in seconds."""

    clients: int
    limit: str
    per_second: float
    p50: float
    p99: float
    cpu: float
    """Of the app's process, an event."""


@contextlib.contextmanager
def app(limit: str) -> Iterator[psutil.Process]:
    """The demo on PORT, until the end of the `with`."""
    child = subprocess.Popen([sys.executable, "-c", APP, str(PORT), limit])
    try:
        wait_until_up()
        yield psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait(10)


def wait_until_up(deadline: float = 20.0) -> None:
    end = time.perf_counter() + deadline
    while time.perf_counter() < end:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/config", timeout=5).read()
            return
        time.sleep(0.003)
    raise TimeoutError(f"nothing answers on port {PORT}")


@contextlib.asynccontextmanager
async def page() -> AsyncIterator[ClientConnection]:
    async with connect(f"ws://127.0.0.1:{PORT}/doorstep/session", compression=None, max_size=None) as socket:
        await socket.send('{"type":"hello"}')
        await socket.recv()
        yield socket


async def client(seconds: float) -> list[float]:
    """How long each event took."""
    took = []
    async with page() as socket:
        end = time.perf_counter() + seconds
        job = 0
        while (begun := time.perf_counter()) < end:
            job += 1
            await socket.send(f'{{"type":"run","job":{job},"fn":{GREET},"data":["World"]}}')
            while '"done"' not in await socket.recv(decode=True):
                pass
            took.append(time.perf_counter() - begun)
    return took


async def measure(process: psutil.Process, clients: int, limit: str, seconds: float) -> Figure:
    before = cpu_of(process)
    runs = await asyncio.gather(*(client(seconds) for _ in range(clients)))
    took = sorted(each for run in runs for each in run)
    used = cpu_of(process) - before
    return Figure(
        clients,
        limit,
        per_second=len(took) / seconds,
        p50=statistics.median(took),
        p99=took[int(len(took) * 0.99)],
        cpu=used / len(took),
    )


async def api_client(seconds: float) -> int:
    """Calls of one program by plain HTTP: a POST that starts it, a GET that reads its result."""
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    body = b'{"data":["World"]}'
    start = b"POST /gradio_api/call/greet HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    start += b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    end, count = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        writer.write(start)
        event = json.loads(await answer(reader))["event_id"]
        writer.write(b"GET /gradio_api/call/greet/%b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % event.encode())
        assert b"Hello World!" in await answer(reader)
        count += 1
    writer.close()
    return count


async def answer(reader: asyncio.StreamReader) -> bytes:
    """The body of one answer, of known length or in chunks."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    _, _, length = head.partition(b"content-length: ")
    if length:
        return await reader.readexactly(int(length.split(b"\r\n", 1)[0]))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return body


async def measure_api(process: psutil.Process, clients: int, seconds: float) -> tuple[float, float]:
    """Calls a second by plain HTTP, and the app's seconds of CPU for each."""
    before = cpu_of(process)
    count = sum(await asyncio.gather(*(api_client(seconds) for _ in range(clients))))
    return count / seconds, (cpu_of(process) - before) / count


def cpu_of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def stream() -> tuple[float, int, int]:
    """Seconds, bytes and messages for a thousand tokens."""
    async with page() as socket:
        begun, size, count, text = time.perf_counter(), 0, 0, ""
        await socket.send(f'{{"type":"run","job":1,"fn":{TALK},"data":["World"]}}')
        while True:
            frame = await socket.recv(decode=True)
            size, count = size + len(frame), count + 1
            message = json.loads(frame)
            for _, change in message.get("changes", ()):
                text = change["value"] if "value" in change else text + change["append"]
            if message["type"] == "done":
                assert text.count("word") == 1000, "the tokens did not all arrive"
                return time.perf_counter() - begun, size, count


def startup() -> tuple[float, float]:
    """Seconds of `import doorstep` (with the interpreter), and from start to the first 200."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import doorstep"], check=True)
    imported = time.perf_counter() - begun
    begun = time.perf_counter()
    with app("1"):
        return imported, time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="of each run (default: 3)")
    options = parser.parse_args()
    starts = [startup() for _ in range(5)]
    print(f"import doorstep            {statistics.median(each[0] for each in starts) * 1e3:8.0f} ms")
    print(f"start to first 200         {statistics.median(each[1] for each in starts) * 1e3:8.0f} ms")
    print("clients  limit   events/s   p50 ms   p99 ms   app CPU ms/event")
    for clients, limit in ((1, "1"), (64, "none"), (64, "1")):
        with app(limit) as process:
            asyncio.run(measure(process, clients, limit, 0.5))
            run = asyncio.run(measure(process, clients, limit, options.seconds))
        row = f"{run.per_second:8.0f} {run.p50 * 1e3:8.2f} {run.p99 * 1e3:8.2f} {run.cpu * 1e3:14.3f}"
        print(f"{clients:7}  {limit:>5}   {row}")
    with app("none") as process:
        asyncio.run(measure_api(process, 64, 0.5))
        per_second, cpu = asyncio.run(measure_api(process, 64, options.seconds))
        print(f"64 programs by plain HTTP  {per_second:8.0f} calls/s  {cpu * 1e3:.3f} ms of app CPU a call")
    with app("1") as process:
        streams = [asyncio.run(stream()) for _ in range(7)]
        seconds, size, count = sorted(streams)[3]
        print(f"1,000 tokens               {seconds * 1e3:8.1f} ms  {size / 1e3:.1f} KB  {count} messages")
        before = cpu_of(process)
        time.sleep(options.seconds)
        idle = (cpu_of(process) - before) / options.seconds
        memory = process.memory_info().rss / 1e6
        print(f"idle                       {idle * 100:8.2f} % of a core, {memory:.0f} MB")


if __name__ == "__main__":
    main()
