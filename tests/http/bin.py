"""httpbin as an ASGI app, for a link that serves it in the client's process."""

from __future__ import annotations

from a2wsgi import WSGIMiddleware
from httpbin import app as httpbin

app = WSGIMiddleware(httpbin)
