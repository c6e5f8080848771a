"""Links through somebody else's SSH server: `relay="ssh://host"` runs the system's `ssh -R`.

`address` reads what the user wrote, `command` makes the arguments of `ssh`, `child` runs it, `reading`
understands what it says, `reasons` tells why it ended, `doorway` is where it brings visitors, and `holder`
keeps the link up as `holding.holder` does with a relay of our own.
"""

from __future__ import annotations

from doorstep_client.ssh_out.address import SshServer, check_asked, parse_server
from doorstep_client.ssh_out.holder import SshHolder

__all__ = ["SshHolder", "SshServer", "check_asked", "parse_server"]
