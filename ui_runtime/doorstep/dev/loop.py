"""The loop itself: run, watch, run again; an error leaves the app as it was and is told on the page too."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Final

from doorstep.blocks import Blocks
from doorstep.dev.current import set_stage
from doorstep.dev.script import Script, format_script_error
from doorstep.dev.stage import Stage
from doorstep.dev.watch import Watcher
from doorstep.ending import Ending

LOOK: Final = 0.15
"""Seconds between two looks at the files."""
SETTLE: Final = 0.05
"""Seconds without another change before the script runs again: editors save several files at once."""


def develop(path: Path, arguments: list[str], extra: list[Path], demo_name: str) -> int:
    """Run the script at `path` until Ctrl-C; the process's exit code."""
    stage = Stage()
    set_stage(stage)
    script = Script(path, arguments, [path.parent, *extra])
    watcher = Watcher(path, [path.parent, *extra], extra)  # before it runs: that may take long
    try:
        if _run(script, stage, demo_name) and not stage.places:
            print(f"{path.name} launched no app: nothing to watch.", file=sys.stderr)  # noqa: T201
            return 0
        return _watch(script, stage, watcher, demo_name)
    except KeyboardInterrupt:
        return 130
    finally:
        stage.close()
        set_stage(None)


def _watch(script: Script, stage: Stage, watcher: Watcher, demo_name: str) -> int:
    watcher.take_up_new()  # what it imported
    _say("* Watching for changes. Ctrl-C ends.")
    with Ending() as ending:
        while not ending.asked_for:
            ending.wait(LOOK)
            changed = watcher.changed()
            if not changed:
                continue
            while more := _settled(watcher):
                changed |= more
            started = time.perf_counter()
            if _run(script, stage, demo_name):
                names = ", ".join(sorted(each.name for each in changed))
                _say(f"* {names} changed: reloaded in {time.perf_counter() - started:.2f} s")
            watcher.take_up_new()
    _say("Stopping.")
    return 0


def _settled(watcher: Watcher) -> set[Path]:
    time.sleep(SETTLE)
    return watcher.changed()


def _run(script: Script, stage: Stage, demo_name: str) -> bool:
    """Run the script. An error is printed, the user's own line first."""
    stage.begin()
    try:
        script.run()
        _launch_unlaunched(script, stage, demo_name)
    except SystemExit as error:
        if not stage.places:
            raise
        _say(f"* {script.path.name} ended itself ({error.code}); the app before it goes on.")
        return False
    except Exception as error:  # noqa: BLE001  # whatever the script raises is its developer's
        print(format_script_error(script.path, error), file=sys.stderr, flush=True)  # noqa: T201
        _say("* The app before it goes on." if stage.places else "* Mend it, and it runs.")
        stage.tell(f"{script.path.name} has an error", f"{type(error).__name__}: {error}")
        return False
    return True


def _launch_unlaunched(script: Script, stage: Stage, demo_name: str) -> None:
    """A script that only makes its app is as good as one that launches it."""
    demo = script.globals.get(demo_name)
    if isinstance(demo, Blocks) and not stage.has_launched:
        demo.launch()


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # for the terminal
