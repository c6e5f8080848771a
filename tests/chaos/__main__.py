"""`make chaos`: storms of half a minute, one after the other, until the time is up or one goes wrong."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.facts import Log, new_seed
from tests.chaos.storm import Storm


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1, help="how long in all (1)")
    parser.add_argument("--seconds", type=float, default=30, help="how long each storm rages (30)")
    parser.add_argument("--chaos-seed", help="the first storm's seed; the next ones follow from it")
    options = parser.parse_args()
    first = options.chaos_seed or new_seed()
    until = time.monotonic() + 60 * options.minutes
    outcomes: Counter[str] = Counter()
    events = number = 0
    while number == 0 or time.monotonic() < until:
        log = storm(first if number == 0 else f"{first}.{number}", options.seconds)
        outcomes += log.outcomes
        events += len(log.events)
        number += 1
    print(f"{number} storms, {events} events, {sum(outcomes.values())} visits, no violation")
    for kind, count in sorted(outcomes.items()):
        print(f"{count:8} {kind}")


def storm(seed: str, seconds: float) -> Log:
    print(f"== storm {seed}", flush=True)
    with TemporaryDirectory(prefix="doorstep-chaos-") as place:
        log = asyncio.run(
            Storm(Path(place), seed, seconds, say=lambda text: print("  ", text, flush=True)).run()
        )
    print(f"   {sum(log.outcomes.values())} visits; the relay held {log.base}")
    print(f"   and now {log.left}", flush=True)
    if log.violations:
        print("\n".join(log.violations))
        sys.exit(f"to see this storm again: make chaos ARGS='--chaos-seed {seed}'")
    return log


if __name__ == "__main__":
    main()
