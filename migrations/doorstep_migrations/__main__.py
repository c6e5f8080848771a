"""For developers: `python -m doorstep_migrations "what changes"` drafts the next revision.

It compares the tables in `doorstep_relay.store.models` with what the revisions so far make of an empty
database, and writes the difference to `versions/`, to be read and put in order by hand.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from doorstep_relay.store import schema


def main() -> None:
    """Draft a revision named by the arguments."""
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(schema.draft(Path(scratch), " ".join(sys.argv[1:]) or "change"))


if __name__ == "__main__":
    main()
