"""`gr.inputs.Textbox(…)` and its kin, which tutorials of the first versions of Gradio show."""

from __future__ import annotations

from typing import Any

from doorstep.older import INPUTS, named

__all__ = sorted(INPUTS)  # noqa: PLE0605  # a list of texts, though not written as one


def __getattr__(name: str) -> Any:
    return named("inputs", INPUTS, name)
