"""`ChatInterface`: a page to chat with a function."""

from doorstep.chat.interface import ChatInterface

__all__ = ["ChatInterface"]
