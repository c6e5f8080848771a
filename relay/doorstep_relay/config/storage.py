"""What the relay keeps, and who may come to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from doorstep_relay.config import values as read
from doorstep_relay.config.setting import setting


@dataclass(frozen=True, kw_only=True)
class Storage:
    """Its directory, its database, its file of settings, and the key of its tickets."""

    data: Path = setting(  # noqa: RUF009  # makes a dataclass field
        Path("doorstep-data"),
        "Directory of the relay's secret and its SQLite database; made when missing.",
        read.path,
    )
    database: str | None = setting(
        None,
        "Database URL, sqlite:///… or postgresql://…; by default relay.db in the data directory. "
        "Set it by environment variable when it has a password.",
        read.database,
        show=False,
    )
    config: Path | None = setting(  # noqa: RUF009  # makes a dataclass field
        None,
        'File of settings (TOML: `max_head = "64k"`); flags and environment beat it. SIGHUP reads it again.',
        read.path,
    )
    open: bool = setting(
        False,
        "Let everybody open shares, without a token. Only for networks where you know everybody.",
        read.boolean,
    )
    secret: bytes = setting(
        b"",
        "Key that signs tickets, at least 32 characters; by default the file `secret` in the data directory, "
        "made when missing. Every node of a fleet has the same one.",
        read.secret,
        flag=False,
        show=False,
    )

    @property
    def database_url(self) -> str:
        """The database URL in use."""
        return self.database or f"sqlite:///{self.data.absolute() / 'relay.db'}"

    @property
    def database_file(self) -> str | None:
        """The file of an SQLite database, as its URL has it; None for a server's."""
        scheme, _, rest = self.database_url.partition("://")
        return rest.partition("?")[0].partition("/")[2] if scheme.startswith("sqlite") else None
