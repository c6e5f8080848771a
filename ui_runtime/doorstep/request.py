"""`Request`: who asks, for a function that wants to know: `def greet(name, request: ds.Request)`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import URL, Address, Headers, QueryParams
    from starlette.requests import HTTPConnection

    from doorstep.events.visit import Visit

_OF_SESSION = "/doorstep/session"
_OF_STREAM = frozenset({"session", "seen"})


class Request:
    """The request that a session came with.

    `headers`, `cookies`, `query_params` and `path_params` are mappings; `client.host` is the visitor's
    address; `url` is the page's; `session_hash` names the session; `username` is who logged in, if anybody.
    """

    def __init__(
        self,
        scope: Mapping[str, Any],
        username: str | None = None,
        session_hash: str | None = None,
    ) -> None:
        self.username = username
        self.session_hash = session_hash
        self._scope = scope

    @classmethod
    def of(cls, visit: Visit) -> Request | None:
        """The request behind a visit; None when nobody asked (an example computed ahead of time, say)."""
        return None if visit.scope is None else cls(visit.scope, visit.username, visit.session_hash)

    @cached_property
    def request(self) -> HTTPConnection:
        """Starlette's view of the same."""
        from starlette.requests import HTTPConnection

        return HTTPConnection(_as_page(self._scope))

    @property
    def headers(self) -> Headers:
        return self.request.headers

    @property
    def cookies(self) -> dict[str, str]:
        return self.request.cookies

    @property
    def query_params(self) -> QueryParams:
        return self.request.query_params

    @property
    def path_params(self) -> dict[str, Any]:
        return self.request.path_params

    @property
    def client(self) -> Address | None:
        return self.request.client

    @property
    def url(self) -> URL:
        return self.request.url

    @property
    def state(self) -> Any:
        return self.request.state

    def __repr__(self) -> str:
        return f"<Request {self.url}>"


def _as_page(scope: Mapping[str, Any]) -> dict[str, Any]:
    """The scope as if the page itself asked: a session is opened from a path of its own."""
    path, _, rest = scope["path"].partition(_OF_SESSION)
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", "http"), scope.get("scheme", "http"))
    changed = {**scope, "scheme": scheme}
    if rest or scope["path"].endswith(_OF_SESSION):
        changed["path"] = f"{path}/"
    if rest:  # the session as a stream, which says which one it is
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        changed["query_string"] = urlencode([each for each in pairs if each[0] not in _OF_STREAM]).encode()
    return changed
