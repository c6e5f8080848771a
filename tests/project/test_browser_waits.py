"""What the tests of pages wait for is a function: an app's page refuses to evaluate a string."""

from __future__ import annotations

import ast

from tests.project.tracked import tracked_texts


def test_what_is_waited_for_on_a_page_is_written_as_a_function() -> None:
    """A string is evaluated by `eval` when it is not true at once, which is rare on a quiet machine."""
    waits = [
        f"{name}:{call.lineno}"
        for name, text in tracked_texts().items()
        if name.startswith("tests/") and "wait_for_function" in text
        for call in calls_of_wait(text)
        if "=>" not in ast.unparse(call.args[0]) and not isinstance(call.args[0], ast.Name)
    ]

    assert not waits


def calls_of_wait(text: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "wait_for_function"
    ]
