"""What a link leads to: an app in this process, somebody else's server, a folder.

`make_target` reads what the user gave. `AppTarget` serves an ASGI app on the tunnel connection itself (a WSGI
app through an adapter, a folder through an app of ours); `ServerTarget` pumps bytes to a server that listens
somewhere, with `Host` and `Origin` rewritten for it unless told otherwise.
"""

from __future__ import annotations

from doorstep_client.targets.addresses import LocalPort, Remote, UnixSocket
from doorstep_client.targets.app import AppTarget
from doorstep_client.targets.base import AsgiApp, Target
from doorstep_client.targets.given import Shareable, make_target
from doorstep_client.targets.server import ServerTarget

__all__ = [
    "AppTarget",
    "AsgiApp",
    "LocalPort",
    "Remote",
    "ServerTarget",
    "Shareable",
    "Target",
    "UnixSocket",
    "make_target",
]
