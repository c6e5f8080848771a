"""The app that programs call in these tests."""

from __future__ import annotations

import time

import doorstep as ds

SLOW_STEP = 0.05


def greet(name: str, times: float) -> str:
    """Say hello.

    Not in the description.
    """
    return f"Hello {name}!" * int(times)


def talk(name: str):  # type: ignore[no-untyped-def]
    said = ""
    for word in ("So", "it", "goes", name):
        said += f"{word} "
        yield said


def fail(how: str) -> str:
    if how == "on purpose":
        raise ds.Error("that was on purpose", title="Sorry")
    raise RuntimeError("an inner secret")


def count(number: int) -> tuple[int, int]:
    return number + 1, number + 1


def endless():  # type: ignore[no-untyped-def]
    for number in range(10_000):
        yield number
        time.sleep(SLOW_STEP)


def who(request: ds.Request) -> str:
    return f"{request.username} {request.session_hash}"


def work(progress=ds.Progress()) -> str:  # type: ignore[no-untyped-def]  # noqa: B008  # how it is written
    progress(0.5, desc="Half")
    ds.Info("nearly there")
    return "done"


def add(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


def build() -> ds.Blocks:
    with ds.Blocks(title="Programs") as app:
        name = ds.Textbox("World", label="Your name")
        times = ds.Slider(1, 5, value=1, step=1, label="Times")
        said, number = ds.Textbox(label="Said"), ds.Number(label="Number")
        picture = ds.Image(type="filepath", label="Picture")
        shown = ds.Image(label="Shown")
        state = ds.State(0)
        go = ds.Button("Go")
        go.click(greet, [name, times], said)
        go.click(talk, name, said)
        go.click(fail, name, said)
        go.click(count, state, [state, number])
        go.click(endless, None, number)
        go.click(who, None, said)
        go.click(work, None, said)
        go.click(lambda path: path, picture, shown, api_name="picture")
        go.click(lambda names: [[f"{each}?" for each in names]], name, said, batch=True, api_name="batch")
        go.click(greet, [name, times], said, api_name="hidden", api_visibility="private")
        go.click(greet, [name, times], said, api_name="quiet", api_visibility="undocumented")
        ds.api(add)
    return app
