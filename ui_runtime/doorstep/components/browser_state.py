"""BrowserState: a value that stays in the visitor's browser, and is there again the next time."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any, ClassVar

from doorstep.components.base import Component
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from doorstep.components.base import Files


class BrowserState(Component):
    """Keeps a value that JSON can hold in the browser's local storage, under `storage_key`.

    Without a key (and a `secret`) of its own, it is forgotten when the app starts anew. A value kept with
    another `secret` is not taken. Who sits at the browser can read and change it: keep nothing there that
    is secret, and trust it as little as any other input.
    """

    type: ClassVar[str] = "browser_state"
    has_look: ClassVar[bool] = False
    PROPS: ClassVar = ("storage_key",)

    change = EventListener()

    def __init__(
        self,
        default_value: Any = None,
        *,
        storage_key: str | None = None,
        secret: str | None = None,
        render: bool = True,
        **common: Any,
    ) -> None:
        super().__init__(default_value, render=render, **common)
        self.default_value = default_value
        self.secret = secret
        mark = "" if secret is None else "." + hashlib.sha256(secret.encode()).hexdigest()[:16]
        self.storage_key = (storage_key or secrets.token_urlsafe(12)) + mark

    def postprocess(self, value: Any, files: Files) -> Any:  # noqa: ARG002
        return value

    def api_info(self) -> dict[str, Any]:
        return {"type": {}, "description": "any json-serializable value"}

    def api_example(self) -> Any:
        return self.default_value
