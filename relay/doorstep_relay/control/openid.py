"""OpenID Connect: a provider of the operator's own says who somebody is (authorization code, PKCE, nonce).

Knows nothing of accounts, pages or cookies: an `Attempt` in, where to send the browser out; the code that
comes back in, `Claims` out. Authlib speaks OAuth 2.0, joserfc checks the ID token.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from doorstep_relay.errors import SignInFailed

if TYPE_CHECKING:
    import httpx
    from authlib.integrations.httpx_client import AsyncOAuth2Client

SCOPE: Final = "openid email profile"
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Of ID tokens: signed with a key that only the provider has. `none` and shared secrets are refused."""
_TIMEOUT: Final = 10.0
_KNOWN_FOR: Final = 3600.0
_LEEWAY: Final = 60
_PURPOSE: Final = b"doorstep openid 1\0"


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider, and what it knows this relay by."""

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    """Empty for a public client, which has PKCE alone."""

    @property
    def host(self) -> str:
        """For people."""
        return urlsplit(self.issuer).hostname or self.issuer


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to sign in: three secrets that nobody can guess, nor use for another try."""

    state: str
    nonce: str
    verifier: str

    @staticmethod
    def of(secret: bytes, seed: str) -> Attempt:
        """The attempt of a seed: all that has to be kept meanwhile, and nothing worth without `secret`."""

        def derive(purpose: bytes) -> str:
            digest = hmac.digest(secret, _PURPOSE + purpose + b"\0" + seed.encode(), "sha256")
            return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

        return Attempt(derive(b"state"), derive(b"nonce"), derive(b"verifier"))


@dataclass(frozen=True, slots=True)
class Claims:
    """What the provider says of somebody. `issuer` and `subject` together are who it is, for ever."""

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False
    name: str = ""

    @property
    def identity(self) -> str:
        """Issuer and subject, as they are stored."""
        return f"{self.issuer} {self.subject}"


class OpenId:
    """Signs people in through one provider. `clock` gives unix seconds."""

    def __init__(self, provider: Provider, redirect_uri: str, clock: Callable[[], float]) -> None:
        self.provider = provider
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._metadata: dict[str, Any] = {}
        self._keys: Any = None
        self._known_until = 0.0

    @property
    def host(self) -> str:
        """The provider's name for people."""
        return self.provider.host

    async def authorize_url(self, attempt: Attempt) -> str:
        """Where the browser goes to sign in. Raises `SignInFailed`."""
        metadata = await self._discover()
        async with self._client(metadata) as client:
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        return str(url)

    async def claims(self, code: str, attempt: Attempt) -> Claims:
        """Who came back with this code. Raises `SignInFailed` for anything that is not as it should be."""
        from authlib.common.errors import AuthlibBaseError
        from httpx import HTTPError
        from joserfc.errors import JoseError

        try:
            return await self._claims(code, attempt)
        except (HTTPError, AuthlibBaseError, JoseError, KeyError, TypeError, ValueError) as error:
            raise SignInFailed(self.host, type(error).__name__) from error

    async def _claims(self, code: str, attempt: Attempt) -> Claims:
        metadata = await self._discover()
        async with self._client(metadata) as client:
            token = await client.fetch_token(
                metadata["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=attempt.verifier,
            )
            claims = await self._checked(token["id_token"], attempt)
            if "email" not in claims and "userinfo_endpoint" in metadata:
                claims |= await _userinfo(client, metadata["userinfo_endpoint"], claims["sub"])
        return Claims(
            issuer=claims["iss"],
            subject=claims["sub"],
            email=str(claims.get("email", "")),
            email_verified=claims.get("email_verified") is True,
            name=str(claims.get("name", "")),
        )

    async def _checked(self, id_token: str, attempt: Attempt) -> dict[str, Any]:
        """The ID token's claims (OpenID Connect Core 3.1.3.7). Raises `JoseError`."""
        from joserfc import jwt
        from joserfc.errors import InvalidClaimError, InvalidKeyIdError

        try:
            token = jwt.decode(id_token, self._keys, algorithms=ALGORITHMS)
        except InvalidKeyIdError:  # the provider has new keys
            await self._discover(again=True)
            token = jwt.decode(id_token, self._keys, algorithms=ALGORITHMS)
        rules = jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": self.provider.issuer},
            aud={"essential": True, "value": self.provider.client_id},
            nonce={"essential": True, "value": attempt.nonce},
            sub={"essential": True},
            exp={"essential": True},
        )
        rules.validate(token.claims)
        if token.claims.get("azp", self.provider.client_id) != self.provider.client_id:
            raise InvalidClaimError("azp")
        return dict(token.claims)

    def _client(self, metadata: dict[str, Any]) -> AsyncOAuth2Client:
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        return AsyncOAuth2Client(
            self.provider.client_id,
            self.provider.client_secret or None,
            token_endpoint_auth_method=self._method(metadata),
            scope=SCOPE,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=_TIMEOUT,
        )

    def _method(self, metadata: dict[str, Any]) -> str:
        """How this relay proves itself to the provider (Discovery 3: basic, unless it says otherwise)."""
        if not self.provider.client_secret:
            return "none"
        known = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"

    async def _discover(self, *, again: bool = False) -> dict[str, Any]:
        """The provider's own description and its keys, remembered for an hour. Raises `SignInFailed`."""
        import httpx
        from joserfc.errors import JoseError

        if self._metadata and self._clock() < self._known_until and not again:
            return self._metadata
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT) as client:
                await self._read(client)
        except (httpx.HTTPError, httpx.InvalidURL, JoseError, KeyError, TypeError, ValueError) as error:
            raise SignInFailed(self.host, type(error).__name__) from error
        self._known_until = self._clock() + _KNOWN_FOR
        return self._metadata

    async def _read(self, client: httpx.AsyncClient) -> None:
        from joserfc.jwk import KeySet

        where = self.provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
        metadata = (await client.get(where)).raise_for_status().json()
        if metadata["issuer"] != self.provider.issuer:  # Discovery 4.3: or else one could speak for another
            raise ValueError(f"it calls itself {metadata['issuer']!r}")
        keys = (await client.get(metadata["jwks_uri"])).raise_for_status().json()
        self._keys = KeySet.import_key_set(keys)
        self._metadata = metadata


async def _userinfo(client: AsyncOAuth2Client, where: str, subject: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(where)).raise_for_status().json()
    if found["sub"] != subject:  # Core 5.3.2: or else the answer may be about somebody else
        raise ValueError("the user info is about another subject")
    return {name: found[name] for name in ("email", "email_verified", "name") if name in found}
