"""Every component by the published Python client: its value there and back, and the code that is shown."""

from __future__ import annotations

import json
import shlex
import sys
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import doorstep as ds
from tests.support import free_port
from tests.ui.api.conftest import HERE, NODE
from tests.ui.api.every_component import CASES, DEFAULTS, build, count_files, reply

Told = dict[str, Any]


@pytest.fixture(scope="module")
def urls() -> Iterator[list[str]]:
    apps = [build(), ds.ChatInterface(reply), ds.ChatInterface(count_files, multimodal=True)]
    options: Any = {"prevent_thread_lock": True, "quiet": True}
    yield [each.launch(server_port=free_port(), **options).local_url for each in apps]
    for each in apps:
        each.close()


@pytest.fixture(scope="module")
def known(urls: list[str]) -> Told:
    """What `info` says of each function."""
    answer = httpx.get(f"{urls[0]}/gradio_api/info", trust_env=False)
    return {name[1:]: each for name, each in answer.json()["named_endpoints"].items()}


@pytest.fixture(scope="module")
def folder(workplace: Path) -> Path:
    """With one file of each kind."""
    (workplace / "file.txt").write_text("text")
    (workplace / "model.glb").write_bytes(b"glTF")
    (workplace / "video.mp4").write_bytes(b"film")
    with wave.open(str(workplace / "sound.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(1600))
    return workplace


@pytest.fixture(scope="module")
def seen(run: Callable[..., str], urls: list[str], known: Told, folder: Path) -> Told:
    """What one program saw that asked everything."""
    questions: Told = {"url": urls[0], "chats": urls[1:], "defaults": list(DEFAULTS)}
    questions["code"] = {name: each["code_snippets"]["python"] for name, each in known.items()}
    questions["values"] = {name: case.given for name, case in CASES.items()}
    questions["steps"] = {"talk": ["x"], "sing": [], "paint": []}
    (folder / "questions.json").write_text(json.dumps(questions))
    program = (sys.executable, str(HERE / "component_judge.py"), "questions.json")
    answers: Told = json.loads(run(*program, seconds=200).splitlines()[-1])
    return answers


@pytest.mark.parametrize("name", CASES)
def test_a_value_goes_there_and_back(seen: Told, name: str) -> None:
    assert seen["came"][name] == CASES[name].got


@pytest.mark.parametrize("name", DEFAULTS)
def test_what_is_not_given_is_what_the_page_shows_first(seen: Told, name: str) -> None:
    assert seen["defaults"][name] == DEFAULTS[name][1]


def test_only_a_short_default_without_files_is_told(known: Told) -> None:
    told = {name: known[name]["parameters"][0]["parameter_default"] for name in DEFAULTS}
    assert told["small_table"] == DEFAULTS["small_table"][1]
    assert told["big_table"] == told["own_image"] == {"__type__": "default"}
    assert len(json.dumps(known["big_table"])) < 4_000


def test_steps_of_messages_sounds_and_pictures_come_one_by_one(seen: Told) -> None:
    texts = [[turn["content"][0]["text"] for turn in step] for step in seen["steps"]["talk"]]
    assert texts[:3] == [["So"], ["So", "it"], ["So", "it", "goes"]]
    assert set(seen["steps"]["sing"]) == {"@audio.wav"}
    assert seen["steps"]["paint"][:3] == ["@image.webp"] * 3


def test_a_chat_is_asked_under_its_name_and_streams(seen: Told) -> None:
    answer, steps = seen["chat"]
    assert answer == "Hey"
    assert steps[:3] == ["H", "He", "Hey"]
    assert seen["multimodal"] == ["two: 2", "none: 0"]


def test_components_have_the_names_and_types_that_programs_know(known: Told) -> None:
    told = {
        name: (each["parameters"][0]["component"], each["parameters"][0]["python_type"]["type"])
        for name, each in known.items()
        if each["parameters"]
    }
    file = "filepath"
    expected = {
        "integer": ("Number", "int"),
        "checkboxes": ("Checkboxgroup", "list[Literal['a', 'b']]"),
        "dropdown": ("Dropdown", "Literal['a', 'b']"),
        "own_choice": ("Dropdown", "Literal['a'] | str"),
        "json": ("Json", "str | float | bool | list | dict"),
        "image": ("Image", file),
        "pictures": ("File", f"list[{file}]"),
        "upload": ("Uploadbutton", file),
        "model": ("Model3d", file),
        "multimodal": ("Multimodaltextbox", f"dict(text: str, files: list[{file}])"),
        "explorer": ("Fileexplorer", "list[list[str]]"),
        "line": ("Lineplot", "str | float | bool | list | dict"),
        "browser": ("Browserstate", "str | float | bool | list | dict"),
    }
    assert {name: told[name] for name in expected} == expected
    assert told["table"][1].startswith("dict(headers: list[Any], data: list[list[Any]], metadata: ")


def test_the_api_is_printed_for_every_component(seen: Told) -> None:
    for name in [*CASES, *DEFAULTS]:
        assert f'api_name="/{name}")' in seen["printed"]
    assert "any valid json" in seen["printed"]


@pytest.mark.parametrize("name", [*CASES, *DEFAULTS])
def test_the_code_that_is_shown_runs(seen: Told, name: str) -> None:
    assert seen["code"][name] is None


def test_the_code_names_files_of_the_caller(known: Told) -> None:
    code = {name: each["code_snippets"] for name, each in known.items()}
    assert 'handle_file("sound.wav")' in code["audio"]["python"]
    assert '[{"image": handle_file("picture.png"), "caption": None}]' in code["gallery"]["python"]
    assert '[handle_file("picture.png")]' in code["pictures"]["python"]
    assert "row 1999" not in code["big_table"]["python"]


def test_the_code_for_a_shell_runs_for_every_component(known: Told, run: Callable[..., str]) -> None:
    """All in one shell: each result follows its function's name."""
    lines = [
        f"echo; echo {shlex.quote(f'== {name}')}\n{known[name]['code_snippets']['bash']}" for name in CASES
    ]
    told = dict(
        part.split("\n", 1) for part in run("bash", "-c", "\n".join(lines), seconds=120).split("== ")[1:]
    )
    assert {name for name in CASES if "event: complete" not in told[name]} == set()


@pytest.mark.parametrize("name", ["gallery", "multimodal", "table", "chat"])
def test_the_code_for_javascript_runs(known: Told, run: Callable[..., str], folder: Path, name: str) -> None:
    assert (folder / "picture.png").is_file()
    code = known[name]["code_snippets"]["javascript"] + "\nprocess.exit();"
    assert run(NODE, "--input-type=module", "-e", code).strip().startswith("[")


def test_the_config_calls_components_what_programs_do(urls: list[str]) -> None:
    config = httpx.get(f"{urls[0]}/config", trust_env=False).json()
    types = {each["type"] for each in config["components"]}
    assert {"uploadbutton", "multimodaltextbox", "checkboxgroup", "browserstate"} <= types
    assert not any("_" in each for each in types)


def test_the_page_about_the_api_is_small_and_shows_all(urls: list[str]) -> None:
    page = httpx.get(f"{urls[0]}/?view=api", trust_env=False)
    assert all(f'<section id="{name}">' in page.text for name in [*CASES, *DEFAULTS])
    assert "what the page shows first" in page.text
    assert len(page.content) < 250_000
