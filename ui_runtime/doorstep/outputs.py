"""`gr.outputs.Textbox(…)` and its kin, which tutorials of the first versions of Gradio show."""

from __future__ import annotations

from typing import Any

from doorstep.older import OUTPUTS, named

__all__ = sorted(OUTPUTS)  # noqa: PLE0605  # a list of texts, though not written as one


def __getattr__(name: str) -> Any:
    return named("outputs", OUTPUTS, name)
