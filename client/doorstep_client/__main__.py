"""The `doorstep` command, also as `python -m doorstep_client`.

Ctrl-C ends it without a traceback from its first moment on: to import the commands takes a while.
"""

from __future__ import annotations

import sys
from typing import Final

INTERRUPTED: Final = 130


def main() -> None:
    """Run the command that was asked for."""
    try:
        from doorstep_client.cli import main as commands

        commands()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
