"""The relay: hands out public names and carries visitors to the shares behind them."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("doorstep")
except PackageNotFoundError:  # imported from a source tree that nobody installed
    __version__ = "0+source"
