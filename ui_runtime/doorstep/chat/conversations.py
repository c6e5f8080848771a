"""The chats of one visitor, kept in the visitor's browser: open one, start a new one, delete one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from doorstep.components.base import Component
from doorstep.components.chat_messages import Wired, is_in_web
from doorstep.errors import FileRefusedError
from doorstep.events.listener import EventListener
from doorstep.events.updates import skip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorstep.components.base import Files
    from doorstep.components.chatbot import Chatbot
    from doorstep.events.dependency import Dependency
    from doorstep.events.trigger import Trigger

MOST: int = 100
"""Chats that are kept; the oldest go first."""

_OPEN = "(kept) => [(kept?.items ?? []).find(({ id }) => id === kept.current)?.messages ?? []]"

_REOPEN = """(kept) => {
  const messages = (kept?.items ?? []).find(({ id }) => id === kept.current)?.messages;
  return new URLSearchParams(location.search).has("deep_link") ? [null] : [messages ?? null];
}"""
"""What the visitor saw last; a deep link brings a chat of its own."""

_KEEP = f"""(messages, kept) => {{
  const {{ current = null, items = [] }} = kept ?? {{}};
  if (!messages?.length) return {{ current: null, items: items.filter(({{ id }}) => id !== current) }};
  const id = current ?? crypto.randomUUID?.() ?? `${{Date.now()}}-${{Math.random()}}`;
  const asked = messages.find(({{ role }}) => role === "user")?.content ?? [];
  const words = asked.map((part) => part.text ?? part.file?.orig_name);
  const title = words.filter(Boolean).join(" ").slice(0, 80);
  const rest = items.filter((item) => item.id !== id);
  return {{ current: id, items: [{{ id, title, messages }}, ...rest].slice(0, {MOST}) }};
}}"""


class Conversations(Component):
    """A list of chats in the browser's local storage: the app never sees those that are not open."""

    type: ClassVar[str] = "conversations"
    PROPS: ClassVar = ("storage_key",)

    select = EventListener()

    def __init__(self, name: str) -> None:
        self.storage_key = f"doorstep.conversations.{name}"
        super().__init__(None, label="Conversations", render=False, interactive=True)

    def connect(self, chatbot: Chatbot, ends: Sequence[Trigger], run: Dependency) -> None:
        """Keep the chat at each of `ends`; show the one that is chosen, whatever is being answered."""
        app: Any = run.app
        app.add_dependency(
            list(ends), None, [chatbot, self], self, "keep", js=_KEEP, trigger_mode="always_last"
        )
        app.add_changes([self.select], [], "leave", cancels=run)
        for trigger, js in ((self.select, _OPEN), (app.opened(), _REOPEN)):
            app.add_dependency(
                [trigger], _shown, self, chatbot, False, js=js, trigger_mode="always_last", **_ASIDE
            )

    def preprocess(self, wire: Any, files: Files) -> list[Any] | None:
        """The messages of the chat that is opened, which the page's script picks; None for none.

        Files of an earlier visit went with that: each is marked, so that the page says so.
        """
        if wire is None:
            return None
        if not isinstance(wire, list) or not all(isinstance(each, dict) for each in wire):
            raise self.refuse_kind("the messages of a chat", wire)
        return [{**each, "content": _marked(each.get("content"), files)} for each in wire]


_ASIDE: Any = {"queue": False, "show_progress": "hidden"}


def _shown(messages: list[Any] | None) -> Any:
    return skip() if messages is None else [Wired(each) for each in messages]


def _marked(content: Any, files: Files) -> list[Any]:
    parts = content if isinstance(content, list) else []
    return [_gone(part) if _is_gone(part, files) else part for part in parts]


def _is_gone(value: Any, files: Files) -> bool:
    """Whether it holds a file that this session does not have."""
    if isinstance(value, list):
        return any(_is_gone(each, files) for each in value)
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("path"), str) and "meta" in value and not is_in_web(value["path"]):
        return not _has(value, files)
    return any(_is_gone(each, files) for each in value.values())


def _has(file: dict[str, Any], files: Files) -> bool:
    try:
        files.path_of(file)
    except FileRefusedError:
        return False
    return True


def _gone(part: dict[str, Any]) -> dict[str, Any]:
    file = part.get("file")
    name = file.get("orig_name") if isinstance(file, dict) else part.get("component")
    value = {"path": "", "url": None, "orig_name": str(name or "file")[:200], "gone": True}
    return {"type": "file", "file": value, "alt_text": None}
