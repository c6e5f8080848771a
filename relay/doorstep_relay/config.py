"""The relay's settings: one frozen object, read once from flags and environment, passed to everything.

A flag (`--max-head`) beats its environment variable (`DOORSTEP_RELAY_MAX_HEAD`), which beats the file that
`--config` names, which beats the default. A value that cannot be used is an error that names its source,
never a default in silence.
Each setting documents itself: flags, help and docs/operations.md follow this class.
"""

from __future__ import annotations

import difflib
import os
import secrets
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from doorstep_relay import config_values as read
from doorstep_relay.config_values import Address
from doorstep_relay.domain.limits import Limits
from doorstep_relay.errors import ConfigError

ENVIRONMENT: Final = "DOORSTEP_RELAY_"
_SECRET_BYTES: Final = 32
_OF_ACCOUNTS: Final = ("limit_requests", "limit_bytes")
"""Defaults that keep one account from taking the relay from the others: none where nobody has one."""


class Source(NamedTuple):
    """How a setting is explained and read from text."""

    about: str
    parse: Callable[[str], Any]
    flag: bool = True
    """Whether there is a command-line flag; a secret has none, since everybody sees a process's arguments."""


def _setting(
    default: Any,
    about: str,
    parse: Callable[[str], Any],
    *,
    flag: bool = True,
    show: bool = True,
) -> Any:
    """A field that knows how it is read and explained. `show=False` keeps its value out of `repr`."""
    return field(default=default, metadata={"source": Source(about, parse, flag)}, repr=show)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that an operator can choose. Times are in seconds, sizes in bytes."""

    listen: Address = _setting(  # noqa: RUF009  # makes a dataclass field
        Address("127.0.0.1", 8080),
        "Address to listen on, host:port. 0.0.0.0 or [::] for every interface.",
        read.address,
    )
    domain: str = _setting(
        "localhost",
        "Domain below which every share gets its host name: NAME.DOMAIN. "
        "The relay's own host is DOMAIN itself.",
        read.domain,
    )
    public_url: str | None = _setting(
        None,
        "Where visitors reach the relay, if not at http://DOMAIN:PORT: for example https://share.example.org.",
        read.url,
    )
    admin_host: str = _setting(
        "auto",
        "Host of the dashboard: auto is admin.DOMAIN, none is no dashboard. It needs an address and a "
        "certificate, as links do.",
        read.admin_host,
    )
    tls_cert: tuple[Path, ...] = _setting(
        (),
        "Certificate file (PEM, with its chain) for TLS on the listening port; several, with commas between, "
        "are chosen by the visitor's server name. New files take effect by themselves.",
        read.paths,
    )
    tls_key: tuple[Path, ...] = _setting(
        (),
        "Key file of each certificate, in the same order; left out when a key is in its certificate's file.",
        read.paths,
    )
    data: Path = _setting(  # noqa: RUF009  # makes a dataclass field
        Path("doorstep-data"),
        "Directory of the relay's secret and its SQLite database; made when missing.",
        read.path,
    )
    database: str | None = _setting(
        None,
        "Database URL, sqlite:///… or postgresql://…; by default relay.db in the data directory. "
        "Set it by environment variable when it has a password.",
        read.database,
        show=False,
    )
    config: Path | None = _setting(  # noqa: RUF009  # makes a dataclass field
        None,
        'File of settings (TOML: `max_head = "64k"`); flags and environment beat it. SIGHUP reads it again.',
        read.path,
    )
    open: bool = _setting(
        False,
        "Let everybody open shares, without a token. Only for networks where you know everybody.",
        read.boolean,
    )
    secret: bytes = _setting(
        b"",
        "Key that signs tickets, at least 32 characters; by default the file `secret` in the data directory, "
        "made when missing. Every node of a fleet has the same one.",
        read.secret,
        flag=False,
        show=False,
    )
    grace: float = _setting(
        3600.0, "How long a share whose client went away keeps its name and waits, offline.", read.duration
    )
    name_hold: float = _setting(
        30 * 86400.0,
        "How long the name of an ended share is kept for the account that had it.",
        read.duration,
    )
    retention: float | None = _setting(
        90 * 86400.0,
        "How long ended shares, the audit trail, closed reports and old invitations are remembered, at least "
        "an hour; `none` for ever. Names that are kept (see name-hold), or revoked and not released, stay.",
        read.retention,
    )
    usage_retention: float | None = _setting(
        400 * 86400.0,
        "How long it is remembered what went through each share on each day; `none` for ever. Months with a "
        "limit need at least 31d.",
        read.duration_or_none,
    )
    default_lifetime: float | None = _setting(
        72 * 3600.0, "When a share ends if its client does not say; `none` for never.", read.duration_or_none
    )
    max_lifetime: float | None = _setting(
        None, "The longest lifetime that a client may ask for; `none` for no limit.", read.duration_or_none
    )
    heartbeat: float = _setting(
        10.0, "Time between a client's signs of life; after twice as long it counts as gone.", read.heartbeat
    )
    spare_tunnels: int = _setting(
        2, "Idle tunnel connections that each share keeps ready for its next visitors.", read.count
    )
    max_tunnels: int = _setting(
        1024,
        "Most tunnel connections of one share, idle and busy: its limit of requests at once.",
        read.count,
    )
    max_sessions: int = _setting(
        1024,
        "Most sessions at once of one account; of one address where no token is needed. It may open as many "
        "shares in one go.",
        read.count,
    )
    open_every: float = _setting(
        0.1,
        "How long it takes until an account or address that opened --max-sessions shares may open one more.",
        read.duration,
    )
    limit_shares: int | None = _setting(
        1024,
        "Most names that an account's shares may hold at a time; `none` for no limit. This and the limits "
        "below are defaults: an account or a share can have its own.",
        read.count_or_none,
    )
    limit_connections: int | None = _setting(
        None,
        "Most requests and WebSockets at a time of all shares of an account (of each share where there are "
        "no accounts).",
        read.count_or_none,
    )
    limit_requests: float | None = _setting(
        5000.0,
        "Most requests a second of all shares of an account; a second's worth may come at once. The default "
        "is a quarter of what one core serves; with --open, where nobody has an account, none.",
        read.rate,
    )
    limit_bytes: int | None = _setting(
        64 * 1024**2,
        "Most bytes a second, both ways together, of all shares of an account: 500k, 10M. The default is "
        "half of a gigabit line; with --open none.",
        read.amount,
    )
    limit_month: int | None = _setting(
        None, "Most bytes in a calendar month (UTC) of all shares of an account: 50G, 1T.", read.amount
    )
    limit_request_size: int | None = _setting(
        None, "Largest body of a request to an account's shares: 50M, 1G.", read.amount
    )
    connect_wait: float = _setting(
        10.0, "How long a visitor waits for a tunnel connection before the answer is 504.", read.duration
    )
    max_visitors: int | None = _setting(
        None,
        "Most connections of visitors at once. Beyond it idle ones are ended, and new ones are answered 503 "
        "(clients are let in). By default half of the files that the process may open: see `ulimit -Hn`.",
        read.count,
    )
    max_head: int = _setting(
        64 * 1024, "Largest head of a request or response (first line and headers).", read.size
    )
    head_timeout: float = _setting(
        10.0, "How long a visitor may take to send the head of a request.", read.duration
    )
    idle_timeout: float = _setting(
        75.0, "How long a visitor's connection may stay open with nothing on it.", read.duration
    )
    body_timeout: float = _setting(
        60.0, "How long a visitor may pause in the middle of a request's body.", read.duration
    )
    app_timeout: float = _setting(
        600.0, "How long an app may take from the end of a request to the start of its answer.", read.duration
    )
    stream_timeout: float = _setting(
        3600.0, "How long an answer or a WebSocket may stay open with nothing on it.", read.duration
    )
    stall_timeout: float = _setting(
        120.0, "How long a visitor may take nothing of what waits for it.", read.duration
    )
    ticket_lifetime: float = _setting(
        60.0, "How long a client has to open the tunnel connections that the relay asked for.", read.duration
    )
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = _setting(
        (),
        "Networks of the proxies in front of the relay, comma-separated, whose X-Forwarded-For is believed; "
        "from everybody else it is overwritten.",
        read.networks,
    )
    oidc_issuer: str | None = _setting(
        None,
        "OpenID Connect issuer through which people may sign in, exactly as it calls itself: for example "
        "https://accounts.example.org. Its ways back to the relay are /sign-in/openid/callback and, for "
        "visitors of links that ask who they are, /.doorstep/oidc/callback.",
        read.issuer,
    )
    oidc_client_id: str | None = _setting(None, "What the issuer knows this relay by.", read.word)
    oidc_client_secret: str = _setting(
        "", "The secret that goes with it; none for a public client.", read.word, flag=False, show=False
    )
    oidc_domains: tuple[str, ...] = _setting(
        (),
        "Domains of e-mail addresses whose owners get an account when they first sign in, with commas "
        "between; `*` for all that the issuer knows. Others need an invitation.",
        read.words,
    )
    oidc_admins: tuple[str, ...] = _setting(
        (), "E-mail addresses whose owners are admins once they sign in, with commas between.", read.words
    )
    interstitial: str = _setting(
        "off",
        "`browsers`: people are told first where a page comes from, once for each link. Never shown to "
        "programs, in frames, or for anything but the navigation of a browser. `off`: nobody is.",
        read.interstitial,
    )
    interstitial_exempt: tuple[str, ...] = _setting(
        (), "Accounts whose links are shown at once all the same, comma-separated.", read.names
    )
    allow_indexing: bool = _setting(
        False,
        "Let search engines keep what links show. Without it every answer says `X-Robots-Tag: noindex`.",
        read.boolean,
    )
    dns_server: Address | None = _setting(  # noqa: RUF009  # makes a dataclass field
        None,
        "Name server that is asked whose a custom domain is, host:port; by default the system's.",
        read.address,
    )
    ssh: Address | None = _setting(  # noqa: RUF009  # makes a dataclass field
        None,
        "Address to listen on for SSH clients, host:port: `ssh -p 2222 -R 80:localhost:8501 RELAY` opens a "
        "share with nothing installed. Nothing else is possible there: no shell, no files, no other "
        "forwarding.",
        read.address,
    )
    ssh_host_key: Path | None = _setting(  # noqa: RUF009  # makes a dataclass field
        None,
        "Private key (OpenSSH or PEM, no passphrase) by which SSH clients know the relay; by default the "
        "file `ssh_host_ed25519_key` in the data directory, made when missing.",
        read.path,
    )
    access_log: str | None = _setting(
        None,
        "File that gets a line of JSON for each request to a share, or - for stdout. SIGHUP opens it anew.",
        read.log_target,
    )
    metrics: Address | None = _setting(  # noqa: RUF009  # makes a dataclass field
        None, "Address of a listener of its own for Prometheus: /metrics.", read.address
    )
    traces: str | None = _setting(
        None,
        "Origin of an OpenTelemetry collector (OTLP over HTTP) that gets a span for each request to a share: "
        "http://127.0.0.1:4318. Needs doorstep[otel].",
        read.url,
    )
    trace_sample: float = _setting(0.1, "Part of the requests that are traced, from 0 to 1.", read.part)
    drain: float = _setting(
        5.0, "How long requests under way get to end when the relay is told to stop.", read.duration
    )
    instead: str | None = _setting(
        None,
        "Address of another relay on the same database, to which clients go when this one stops: they are "
        "live there before this one takes no more requests. https://… unless clients reach this one by http.",
        read.url,
    )
    change_poll: float = _setting(
        0.25, "How often the relay looks for what commands and other nodes changed.", read.duration
    )

    @property
    def limits(self) -> Limits:
        """What accounts are held to, unless they have limits of their own."""
        return Limits(
            max_shares=self.limit_shares,
            max_connections=self.limit_connections,
            requests_per_second=self.limit_requests,
            bytes_per_second=self.limit_bytes,
            bytes_per_month=self.limit_month,
            max_request_bytes=self.limit_request_size,
            max_lifetime=self.max_lifetime,
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


def read_settings(flags: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings from flags (by setting name; `None` was not given) and environment.

    Raises `ConfigError` for a value that cannot be used, and for a variable that looks misspelt.
    """
    _refuse_misspelt(environ)
    found: dict[str, Any] = {}
    file = _file_of(flags, environ)
    for setting in fields(Settings):
        given = _given(setting, flags, environ, file)
        if given is not MISSING:
            found[setting.name] = given
    settings = Settings(**found)
    unasked: dict[str, Any] = {name: None for name in _OF_ACCOUNTS if settings.open and name not in found}
    return _agreed(replace(settings, **unasked), domain_given="domain" in found)


def with_secret(settings: Settings) -> Settings:
    """The settings with the secret that signs tickets: the one given, or the data directory's."""
    return settings if settings.secret else replace(settings, secret=_secret_file(settings.data / "secret"))


def make_data_directory(settings: Settings) -> None:
    """Make the data directory, for its owner alone, unless it is there."""
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"the data directory {str(settings.data)!r} cannot be made ({error.strerror}); "
            "choose another one with --data"
        ) from error


def source(setting: Field[Any]) -> Source:
    """How a field of `Settings` is read and explained."""
    found: Source = setting.metadata["source"]
    return found


NAMES_WITH_FLAGS: Final = tuple(setting.name for setting in fields(Settings) if source(setting).flag)
"""Settings that a command line may give."""


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return ENVIRONMENT + name.upper()


def flag(name: str) -> str:
    """The command-line flag of a setting."""
    return "--" + name.replace("_", "-")


def _file_of(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Mapping[str, str]:
    """What the configuration file says, as text by setting."""
    named = flags.get("config") or environ.get(variable("config"))
    if not named:
        return {}
    try:
        path = read.path(str(named))
    except ValueError:
        return {}  # refused with the other settings
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"the configuration file {str(path)!r} cannot be read: {error}") from None
    known = {setting.name for setting in fields(Settings)} - {"config"}
    for name in found:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ConfigError(f"{path}: there is no setting {name}{hint}")
    return {name: _toml_text(value) for name, value in found.items()}


def _toml_text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _given(
    setting: Field[Any], flags: Mapping[str, Any], environ: Mapping[str, str], file: Mapping[str, str]
) -> Any:
    parse = source(setting).parse
    for where, value in (
        (flag(setting.name), flags.get(setting.name)),
        (variable(setting.name), environ.get(variable(setting.name))),
        (f"{setting.name} in the configuration file", file.get(setting.name)),
    ):
        if value is None:
            continue
        if not isinstance(value, str):
            return value
        try:
            return parse(value)
        except ValueError as error:
            secret = setting.name in {"secret", "database", "oidc_client_secret"}
            shown = "its value" if secret else repr(value)
            raise ConfigError(f"{where}: {shown} cannot be used: {error}") from None
    return MISSING


def _agreed(settings: Settings, *, domain_given: bool) -> Settings:
    """`public_url` and `domain` name the same host, either one is enough; keys belong to certificates."""
    if settings.tls_key and len(settings.tls_key) != len(settings.tls_cert):
        raise ConfigError(
            f"--tls-key names {len(settings.tls_key)} files and --tls-cert {len(settings.tls_cert)}; "
            "give one key for each certificate, in the same order"
        )
    if (settings.oidc_issuer is None) != (settings.oidc_client_id is None):
        raise ConfigError("--oidc-issuer and --oidc-client-id go together; give both")
    if settings.admin_host == settings.domain:
        raise ConfigError("--admin-host is the relay's own host; the dashboard needs another one")
    if settings.public_url is None:
        return settings
    host = urlsplit(settings.public_url).hostname or ""
    if not domain_given:
        return replace(settings, domain=read.domain(host))
    if host != settings.domain:
        raise ConfigError(
            f"--public-url names the host {host!r} and --domain {settings.domain!r}; leave --domain out"
        )
    return settings


def _refuse_misspelt(environ: Mapping[str, str]) -> None:
    """A mistyped variable would be a setting ignored in silence.

    Only near misses are refused: orchestrators put unrelated variables with our prefix there, such as
    DOORSTEP_RELAY_SERVICE_HOST for a service of that name.
    """
    known = [variable(setting.name) for setting in fields(Settings)]
    for name in environ:
        if name.startswith(ENVIRONMENT) and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.93)
            if near:
                raise ConfigError(f"there is no setting {name}; did you mean {near[0]}?")


def _secret_file(path: Path) -> bytes:
    """The secret in `path`, made when missing; of several processes that make it at once, one wins."""
    with suppress(FileExistsError):
        _write_secret(path)
    try:
        secret = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"the relay's secret {str(path)!r} cannot be read: {error.strerror}") from error
    if len(secret) < _SECRET_BYTES:
        raise ConfigError(
            f"the relay's secret {str(path)!r} holds {len(secret)} bytes, not {_SECRET_BYTES}; "
            "remove the file, and the relay makes a new one"
        )
    return secret


def _write_secret(path: Path) -> None:
    if path.exists():
        return
    # Written aside and linked into place, so that nobody ever reads half of it.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_bytes(secrets.token_bytes(_SECRET_BYTES))
        path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)


def _implied_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80
