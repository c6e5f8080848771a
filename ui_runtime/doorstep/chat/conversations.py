"""The chats of one visitor, kept in the visitor's browser: open one, start a new one, delete one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from doorstep.components.base import Component
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorstep.components.base import Files
    from doorstep.components.chatbot import Chatbot
    from doorstep.events.dependency import Dependency
    from doorstep.events.trigger import Trigger

MOST: int = 100
"""Chats that are kept; the oldest go first."""

_OPEN = "(kept) => (kept?.items ?? []).find(({id}) => id === kept.current)?.messages ?? []"

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
        app.add_dependency([self.select], None, self, chatbot, "open", js=_OPEN, trigger_mode="always_last")

    def preprocess(self, wire: Any, files: Files) -> None:
        """No function gets it."""
