"""Texts that an author may leave to us, such as "Submit": the page says them in the visitor's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from doorstep.graph import Block

WORDS: Final = {
    "Additional Inputs": "additionalInputs",
    "Clear": "clear",
    "Download": "download",
    "Examples": "examples",
    "Flag": "flag",
    "Generate": "generate",
    "Message": "message",
    "Run": "run",
    "Share via Link": "shareLink",
    "Stop": "stop",
    "Submit": "submit",
    "Type a message…": "typeMessage",
    "Upload a File": "uploadFile",
}
"""The texts in English, and the names that the page has for them (`lib/words.ts`, `lib/texts.ts`)."""

AnyBlock = TypeVar("AnyBlock", bound="Block")


def words_of(block: Block, props: dict[str, Any]) -> dict[str, str]:
    """Which of its properties have such a text, and which it is."""
    left = [*(name for name in block.SPOKEN if name not in block.made_with), *block.left_to_us]
    texts = {name: props.get(name) for name in left}
    return {name: WORDS[text] for name, text in texts.items() if isinstance(text, str) and text in WORDS}


def left_to_us(block: AnyBlock, *properties: str) -> AnyBlock:
    """The block, whose `properties` were made by us rather than by the app's author."""
    block.left_to_us = properties
    return block
