"""Where a document inside of an HTML component stands (`<iframe srcdoc=…>`, such as a map of folium).

A `srcdoc` of its own would be bound to the page's policy, under which nothing in it runs; and without that
policy it would be the page's own origin. So the page gives its text to this document, which the browser holds
apart from the app: it has an origin of its own, no cookies, and no part in the page around it.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

_SANDBOX: Final = "allow-scripts allow-popups allow-forms"
_SOURCES: Final = "http: https: data: blob: 'unsafe-inline' 'unsafe-eval'"
_POLICY: Final = f"sandbox {_SANDBOX}; default-src {_SOURCES}; object-src 'none'"
_DOCUMENT: Final = b"""<!doctype html>
<meta charset="utf-8"><title>Document</title>
<script>
addEventListener("message", ({ source, data }) => {
  if (source !== parent || typeof data !== "string") return;
  document.open();
  document.write(data);
  document.close();
});
</script>
"""


def frame() -> Response:
    """The empty document, which writes what its parent sends into itself."""
    headers = {
        "Cache-Control": "public, max-age=3600",
        "Content-Security-Policy": _POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(_DOCUMENT, headers=headers, media_type="text/html; charset=utf-8")
