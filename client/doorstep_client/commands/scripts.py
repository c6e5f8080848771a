"""`doorstep share app.py`: runs a script so that its `launch()` gives a link, as the command line wants."""

from __future__ import annotations

import ast
import os
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from doorstep_client.errors import BadTargetError
from doorstep_client.wishes import wishes

ALWAYS: Final = "always"
"""As DOORSTEP_SHARE: even where the script says `share=False`."""

_SERVERS: Final = {
    "streamlit": ("streamlit run {script}", 8501),
    "gradio": ("python {script}", 7860),
    "panel": ("panel serve {script}", 5006),
    "nicegui": ("python {script}", 8080),
    "bokeh": ("bokeh serve {script}", 5006),
    "dash": ("python {script}", 8050),
    "marimo": ("marimo run {script}", 2718),
    "tornado": ("python {script}", 8888),
}
"""What brings a server of its own: how it is started, and where it listens unless told otherwise."""
_APPS: Final = ("fastapi", "starlette", "flask", "quart", "litestar", "django", "bottle", "falcon", "sanic")
_OURS: Final = ("doorstep", "doorstep_client")


def run(script: Path, asked: dict[str, Any]) -> None:
    """Run it as Python would, until it ends. What is `asked` as arguments of `share` goes before its own.

    Raises `BadTargetError` for a script that gives no link, with what to do.
    """
    _check(script)
    os.environ["DOORSTEP_SHARE"] = ALWAYS
    wishes.arguments.update(asked)
    sys.argv = [str(script)]
    sys.path.insert(0, str(script.parent.resolve()))
    before = wishes.links
    made = runpy.run_path(str(script), run_name="__main__")
    if wishes.links == before:
        raise BadTargetError(_no_link(script, made))


def show_traceback(error: Exception, script: str) -> None:
    """As Python shows it, from the script on: what ran the script is not the user's business."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != script:
        trace = trace.tb_next
    sys.excepthook(
        type(error), error.with_traceback(trace or error.__traceback__), trace or error.__traceback__
    )


def _check(script: Path) -> None:
    """What has no launch() of ours is not run: it would serve without a link, and say nothing of it."""
    tree = _parse(script)
    modules = set(_imports(tree))
    if modules & set(_OURS):
        return
    for module, (command, port) in _SERVERS.items():
        if module in modules:
            raise BadTargetError(_own_server(script, module, command, port))
    for module in _APPS:
        if module in modules:
            raise BadTargetError(_own_app(script, module, tree))


def _parse(script: Path) -> ast.Module:
    try:
        return ast.parse(script.read_bytes(), str(script))
    except SyntaxError as error:
        raise BadTargetError(f"{script} is no Python that this version reads: {error}") from error
    except OSError as error:
        raise BadTargetError(f"cannot read {script}: {error.strerror}") from error


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _own_server(script: Path, module: str, command: str, port: int) -> str:
    text = (
        f"{script} uses {module}, which brings a server of its own: start it with "
        f"`{command.format(script=script)}` and share its port beside it, with `doorstep share {port}`"
    )
    if module == "gradio":
        text += ". Or write `import doorstep as gr` in place of `import gradio as gr`"
    return text


def _own_app(script: Path, module: str, tree: ast.Module) -> str:
    return (
        f"{script} makes a {module} app, and does not call launch(): share the app itself, with "
        f"`doorstep share {script.stem}:{_app_name(tree)}`, or the port that its server has"
    )


def _app_name(tree: ast.Module) -> str:
    """The name at the module's top level that an app most likely has."""
    names = [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    return next((name for name in names if name in ("app", "application")), names[0] if names else "app")


def _no_link(script: Path, made: dict[str, Any]) -> str:
    launchable = next((name for name, value in made.items() if hasattr(value, "launch")), None)
    if launchable is not None:
        what = f"it makes `{launchable}`, but does not call {launchable}.launch()"
        return f"{script} has ended without a link: {what}"
    return f"{script} has ended without a link: only what calls launch() or share() gets one"
