"""Who signs in through whom, and what people and search engines are told of links."""

from __future__ import annotations

from dataclasses import dataclass

from doorstep_relay.config import values as read
from doorstep_relay.config.setting import setting


@dataclass(frozen=True, kw_only=True)
class People:
    """Sign-in by OpenID Connect, the page before a link, indexing."""

    oidc_issuer: str | None = setting(
        None,
        "OpenID Connect issuer through which people may sign in, exactly as it calls itself: for example "
        "https://accounts.example.org. Its ways back to the relay are /sign-in/openid/callback and, for "
        "visitors of links that ask who they are, /.doorstep/oidc/callback.",
        read.issuer,
    )
    oidc_client_id: str | None = setting(None, "What the issuer knows this relay by.", read.word)
    oidc_client_secret: str = setting(
        "", "The secret that goes with it; none for a public client.", read.word, flag=False, show=False
    )
    oidc_domains: tuple[str, ...] = setting(
        (),
        "Domains of e-mail addresses whose owners get an account when they first sign in, with commas "
        "between; `*` for all that the issuer knows. Others need an invitation.",
        read.words,
    )
    oidc_admins: tuple[str, ...] = setting(
        (), "E-mail addresses whose owners are admins once they sign in, with commas between.", read.words
    )
    interstitial: str = setting(
        "off",
        "`browsers`: people are told first where a page comes from, once for each link. Never shown to "
        "programs, in frames, or for anything but the navigation of a browser. `off`: nobody is.",
        read.interstitial,
    )
    interstitial_exempt: tuple[str, ...] = setting(
        (), "Accounts whose links are shown at once all the same, comma-separated.", read.names
    )
    allow_indexing: bool = setting(
        False,
        "Let search engines keep what links show. Without it every answer says `X-Robots-Tag: noindex`.",
        read.boolean,
    )
