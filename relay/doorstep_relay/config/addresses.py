"""Where the relay listens, and what it is called."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from doorstep_relay.config import values as read
from doorstep_relay.config.setting import setting
from doorstep_relay.config.values import Address


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Listener, names and certificates, and the addresses that follow from them."""

    listen: Address = setting(  # noqa: RUF009  # makes a dataclass field
        Address("127.0.0.1", 8080),
        "Address to listen on, host:port. 0.0.0.0 or [::] for every interface.",
        read.address,
    )
    domain: str = setting(
        "localhost",
        "Domain below which every share gets its host name: NAME.DOMAIN. "
        "The relay's own host is DOMAIN itself.",
        read.domain,
    )
    public_url: str | None = setting(
        None,
        "Where visitors reach the relay, if not at http://DOMAIN:PORT: for example https://share.example.org.",
        read.url,
    )
    admin_host: str = setting(
        "auto",
        "Host of the dashboard: auto is admin.DOMAIN, none is no dashboard. It needs an address and a "
        "certificate, as links do.",
        read.admin_host,
    )
    tls_cert: tuple[Path, ...] = setting(
        (),
        "Certificate file (PEM, with its chain) for TLS on the listening port; several, with commas between, "
        "are chosen by the visitor's server name. New files take effect by themselves.",
        read.paths,
    )
    tls_key: tuple[Path, ...] = setting(
        (),
        "Key file of each certificate, in the same order; left out when a key is in its certificate's file.",
        read.paths,
    )

    @property
    def public_scheme(self) -> str:
        """`http` or `https`, as visitors type it."""
        if self.public_url:
            return urlsplit(self.public_url).scheme
        return "https" if self.tls_cert else "http"

    @property
    def public_port(self) -> int:
        """The port that visitors type, or that their scheme implies."""
        if not self.public_url:
            return self.listen.port
        return urlsplit(self.public_url).port or _implied_port(self.public_scheme)

    def share_host(self, name: str) -> str:
        """What visitors' browsers send as Host for this share."""
        return self._host(f"{name}.{self.domain}")

    def share_url(self, name: str) -> str:
        """The link of this share."""
        return f"{self.public_scheme}://{self.share_host(name)}"

    @property
    def relay_url(self) -> str:
        """Where the relay's own pages and API are."""
        return f"{self.public_scheme}://{self._host(self.domain)}"

    @property
    def dashboard_host(self) -> str | None:
        """Where the dashboard is, without a port; None where there is none."""
        if self.admin_host == "none":
            return None
        return f"admin.{self.domain}" if self.admin_host == "auto" else self.admin_host

    @property
    def dashboard_url(self) -> str | None:
        """What admins type."""
        host = self.dashboard_host
        return None if host is None else f"{self.public_scheme}://{self._host(host)}"

    def _host(self, host: str) -> str:
        port = self.public_port
        return host if port == _implied_port(self.public_scheme) else f"{host}:{port}"


def _implied_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80
