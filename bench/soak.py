"""`make soak`: half an hour of a mixed, ordinary day, and whether anything grows meanwhile.

    make soak                          30 minutes
    make soak ARGS="--minutes 5"       shorter
    make soak ARGS="--scale 2"         twice as many requests a second
    make soak ARGS=--tls               with TLS on both legs, by the relay

A relay, a client that stays (`steady`), one that is killed and comes back (`mortal`), and shares that open
and are closed, revoked or expire (`churn-…`), each with visitors of every kind. Memory, descriptors and CPU
of the relay and of the steady client, and the visitors' latencies, go to a CSV file and a plot.
Exit status 1 says that something grew, or that a visitor saw what nobody may see.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import uvloop

from bench import soak_report
from bench.processes import free_port, listens, running, wait_for
from bench.soak_load import Tally, Visitors
from bench.soak_report import Sample, Watched
from bench.ways import DOMAIN, RELAY_COMMAND, certificates, environment, trust

CHURN_EVERY = 15.0
"""Seconds from one passing share's start to the next one's."""
KILL_EVERY = 60.0
"""Seconds between two deaths of the mortal client."""


@dataclass(frozen=True)
class World:
    """One relay, and what a client needs for it. `ca` is whom clients and visitors trust, with TLS."""

    port: int
    relay: int
    token: str
    place: Path
    ca: Path | None

    @property
    def url(self) -> str:
        return f"{'http' if self.ca is None else 'https'}://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        settings = {"DOORSTEP_RELAY": self.url, "DOORSTEP_TOKEN": self.token}
        trusted = {} if self.ca is None else {"SSL_CERT_FILE": str(self.ca)}
        return environment(**settings, **trusted)

    def visitors(self, name: str, *, scale: float) -> Visitors:
        return Visitors(self.url, self.host(name), trust(self.ca), scale=scale)

    def host(self, name: str) -> str:
        return f"{name}.{DOMAIN}:{self.port}"


def main() -> None:
    options = arguments()
    with uvloop_runner() as runner, TemporaryDirectory(prefix="doorstep-soak-") as folder:
        samples, tallies = runner.run(soak(Path(folder), options))
    soak_report.write_csv(options.csv, samples)
    soak_report.draw(options.plot, samples)
    print(soak_report.table(samples))
    tell(tallies)
    print(f"every sample: {options.csv}; the plot: {options.plot}")
    if wrong := soak_report.faults(samples, *tallies.values()):
        sys.exit("\n".join(wrong))


def uvloop_runner() -> asyncio.Runner:
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="how long (30)")
    parser.add_argument("--scale", type=float, default=1, help="the visitors' pace (1)")
    parser.add_argument("--tls", action="store_true", help="with TLS, visitor to relay and relay to client")
    parser.add_argument("--every", type=float, default=5, help="seconds between two samples (5)")
    parser.add_argument("--csv", type=Path, default=Path("build/soak.csv"), help="file for every sample")
    parser.add_argument("--plot", type=Path, default=Path("build/soak.svg"), help="file for the plot")
    return parser.parse_args()


def tell(tallies: dict[str, Tally]) -> None:
    for name, tally in tallies.items():
        print(f"\n{name}: {sum(tally.done.values())} visits in order, {sum(tally.failed.values())} not")
        for kind, count in tally.done.most_common():
            print(f"  {count:8} {kind}")
        for kind, count in tally.failed.most_common():
            print(f"  {count:8} {kind}  (not in order)")


# -- the cast ------------------------------------------------------------------------------------


async def soak(place: Path, options: argparse.Namespace) -> tuple[list[Sample], dict[str, Tally]]:
    with contextlib.ExitStack() as stack:
        world = start_relay(stack, place, tls=options.tls)
        steady = stack.enter_context(client(world, "steady"))
        watched = [Watched("relay", world.relay), Watched("client", steady.pid)]
        visitors = {
            "steady": world.visitors("steady", scale=options.scale),
            "mortal": world.visitors("mortal", scale=options.scale / 4),
        }
        passing: Counter[str] = Counter()
        jobs = [
            *(asyncio.ensure_future(group.run()) for group in visitors.values()),
            asyncio.ensure_future(mortal(world)),
            asyncio.ensure_future(churn(world, passing)),
        ]
        try:
            samples = await watch(watched, visitors["steady"].tally, options, jobs)
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
    print(f"\npassing shares: {dict(passing)}")
    return samples, {name: group.tally for name, group in visitors.items()}


def start_relay(stack: contextlib.ExitStack, place: Path, *, tls: bool) -> World:
    port, data, log = free_port(), str(place / "relay"), place / "relay.log"
    create = [RELAY_COMMAND, "token", "create", "soak", "--data", data]
    token = subprocess.run(create, check=True, capture_output=True, text=True).stdout.strip()
    serve = [RELAY_COMMAND, "serve", "--listen", f"127.0.0.1:{port}", "--domain", DOMAIN, "--data", data]
    serve += ["--limit-requests", "none", "--limit-bytes", "none"]
    certificate, ca = certificates(place) if tls else (None, None)
    if certificate is not None:
        serve += ["--tls-cert", str(certificate)]
    relay = stack.enter_context(running([*serve, "--grace", "1m", "--name-hold", "1m"], log=log))
    wait_for(lambda: listens(port), "the relay", log)
    return World(port, relay.pid, token, place, ca)


@contextlib.contextmanager
def client(world: World, name: str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A client process whose link works."""
    log = world.place / f"{name}.log"
    command = [sys.executable, "-m", "bench.client", "--name", name, *options]
    with running(command, log=log, env=world.env) as process:
        wait_for(lambda: re.search(r"https?://\S+", log.read_text()) is not None, "the link", log)
        yield process


async def mortal(world: World) -> None:
    """A client that dies without a word, again and again, and takes its name back."""
    while True:
        async with started(world, "mortal") as process:
            await asyncio.sleep(KILL_EVERY)
            process.kill()
        await asyncio.sleep(2)


async def churn(world: World, passing: Counter[str]) -> None:
    """Shares that come and go, by each of the ways in which a share can end."""
    for number, end in enumerate(itertools.cycle(("closed", "revoked", "expired"))):
        name = f"churn-{number}"
        lifetime = ("--expires", "5") if end == "expired" else ()
        async with started(world, name, *lifetime) as process:
            load = asyncio.ensure_future(world.visitors(name, scale=0.25).run())
            await asyncio.sleep(CHURN_EVERY / 2)
            if end == "revoked":
                await revoke(world, name)
            elif end == "closed":
                process.terminate()
            await asyncio.sleep(CHURN_EVERY / 2)
            load.cancel()
            await asyncio.gather(load, return_exceptions=True)
            passing[f"{end}: {await code_of(world, name)}"] += 1


@contextlib.asynccontextmanager
async def started(world: World, name: str, *options: str) -> AsyncIterator[subprocess.Popen[bytes]]:
    """`client`, without holding up the visitors while it starts and ends."""
    context = client(world, name, *options)
    process = await asyncio.to_thread(context.__enter__)
    try:
        yield process
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)


async def revoke(world: World, name: str) -> None:
    headers = {"Authorization": f"Bearer {world.token}"}
    async with asked(world) as http, http.delete(f"/api/v1/shares/{name}", headers=headers) as answer:
        answer.raise_for_status()


async def code_of(world: World, name: str) -> str:
    """What a visitor of the share gets now."""
    async with asked(world) as http, http.get("/", headers={"Host": world.host(name)}) as answer:
        return answer.headers.get("Doorstep-Error", "still works")


def asked(world: World) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(ssl=trust(world.ca) or True)
    return aiohttp.ClientSession(world.url, connector=connector)


# -- watching ------------------------------------------------------------------------------------


async def watch(
    watched: list[Watched], tally: Tally, options: argparse.Namespace, jobs: Sequence[asyncio.Future[None]]
) -> list[Sample]:
    """A sample every few seconds; ends early when one of the jobs ended, which none should."""
    began = time.monotonic()
    samples: list[Sample] = []
    while (elapsed := time.monotonic() - began) < 60 * options.minutes:
        done, _ = await asyncio.wait(jobs, timeout=options.every, return_when=asyncio.FIRST_COMPLETED)
        for job in done:
            job.result()
        facts = [fact for process in watched for fact in process.look()]
        sample = soak_report.sample(time.monotonic() - began, facts, tally.take_latencies())
        samples.append(sample)
        if int(elapsed / 60) != int(sample.at / 60):
            print(sample, flush=True)
    return samples


if __name__ == "__main__":
    main()
