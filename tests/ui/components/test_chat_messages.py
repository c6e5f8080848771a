"""Messages of a chat: what functions write, what goes over the wire, what they read again."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import doorstep as ds
from doorstep.errors import RefusedError, UsageError
from tests.ui.calls import run, visit_to
from tests.ui.support import FakeFiles


@pytest.fixture
def files(tmp_path: Path) -> FakeFiles:
    (tmp_path / "store").mkdir()
    return FakeFiles(tmp_path / "store")


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "note.txt"
    path.write_text("hello")
    return path


def wire(role: str, *content: Any, metadata: Any = None, options: Any = None) -> dict[str, Any]:
    parts = [{"text": each, "type": "text"} if isinstance(each, str) else each for each in content]
    return {"role": role, "metadata": metadata, "content": parts, "options": options}


def file_part(name: str, alt: str | None = None) -> dict[str, Any]:
    return {"file": {"path": name}, "alt_text": alt, "type": "file"}


@dataclass
class Foreign:
    """As another library's message is."""

    role: str
    content: str


def test_messages_are_dicts_or_objects(files: FakeFiles) -> None:
    shown = ds.Chatbot().postprocess(
        [{"role": "user", "content": "Hi"}, ds.ChatMessage("Hello"), Foreign("assistant", "Hey")], files
    )

    assert shown == [wire("user", "Hi"), wire("assistant", "Hello"), wire("assistant", "Hey")]


def test_content_may_be_texts_files_and_components_together(files: FakeFiles, note: Path) -> None:
    label = ds.Label({"cat": 1.0}, render=False)
    [message] = ds.Chatbot().postprocess(
        [
            {
                "role": "assistant",
                "content": ["See", {"path": str(note), "alt_text": "a note"}, (str(note),), label],
            }
        ],
        files,
    )

    text, described, bare, component = message["content"]
    assert text == {"text": "See", "type": "text"}
    assert described == file_part("note.txt", "a note")
    assert bare == file_part("note.txt")
    assert component["type"] == "component"
    assert component["component"] == "label"
    assert component["value"]["label"] == "cat"
    assert component["props"]["value"] == component["value"]


def test_a_thought_has_a_title_and_options_have_labels(files: FakeFiles) -> None:
    thought = ds.ChatMessage("…", metadata={"title": "Searching", "status": "pending", "duration": 0.5})
    asked = ds.ChatMessage("Which?", options=[{"value": "a"}, {"value": "b", "label": "B"}])

    first, second = ds.Chatbot().postprocess([thought, asked], files)

    assert first["metadata"] == {"title": "Searching", "status": "pending", "duration": 0.5}
    assert second["options"] == [{"value": "a", "label": "a"}, {"value": "b", "label": "B"}]


@pytest.mark.parametrize(
    "value",
    [
        "text",
        [42],
        [{"role": "robot", "content": ""}],
        [{"role": "user"}],
        [{"role": "user", "content": object()}],
    ],
)
def test_what_is_no_message_is_refused_in_words(files: FakeFiles, value: Any) -> None:
    with pytest.raises((ValueError, TypeError), match=r"chat|message|role|content"):
        ds.Chatbot().postprocess(value, files)


def test_a_function_reads_what_it_wrote(files: FakeFiles, note: Path) -> None:
    chatbot = ds.Chatbot()
    shown = chatbot.postprocess(
        [{"role": "user", "content": ["Hi", (str(note),)]}, ds.ChatMessage("?", options=[{"value": "a"}])],
        files,
    )

    read = chatbot.preprocess(shown, files)

    assert read[0]["content"][0] == {"text": "Hi", "type": "text"}
    assert Path(read[0]["content"][1]["file"]["path"]).read_text() == "hello"
    assert chatbot.postprocess(read, files) == shown


def test_a_file_that_is_gone_is_its_name(files: FakeFiles) -> None:
    gone = {"type": "file", "file": {"path": "x", "orig_name": "cat.png"}, "alt_text": None}

    [message] = ds.Chatbot().preprocess([wire("user", gone)], files)

    assert message["content"] == [{"text": "[cat.png]", "type": "text"}]


def test_a_visitor_names_no_path_of_the_app(files: FakeFiles) -> None:
    chatbot = ds.Chatbot()
    read = chatbot.preprocess([wire("user", file_part("/etc/passwd"))], files)
    assert "passwd" not in repr(read)

    inside = {
        "component": "image",
        "value": {"path": "/etc/passwd", "meta": {}},
        "constructor_args": {},
        "props": {},
    }
    assert "passwd" not in repr(chatbot.preprocess([wire("user", inside)], files))


@pytest.mark.parametrize(
    "sent", ["text", [1], [{"role": "robot"}], [wire("user", 3)], [wire("user", {"file": 1})]]
)
def test_a_page_that_sends_nonsense_is_refused_by_name(files: FakeFiles, sent: Any) -> None:
    with pytest.raises(RefusedError, match="Chatbot"):
        ds.Chatbot().preprocess(sent, files)


def test_programs_may_send_content_as_plain_text(files: FakeFiles) -> None:
    assert ds.Chatbot().preprocess([{"role": "user", "content": "Hi"}], files) == [wire("user", "Hi")]


def test_type_messages_gives_each_part_as_older_scripts_read_it(files: FakeFiles, note: Path) -> None:
    chatbot = ds.Chatbot(type="messages")
    shown = chatbot.postprocess([{"role": "user", "content": ["Hi", (str(note), "alt")]}], files)

    text, file = chatbot.preprocess(shown, files)

    assert (text["role"], text["content"]) == ("user", "Hi")
    assert file["content"] == (str(files.folder / "note.txt"), "alt")


def test_pairs_are_shown_with_a_note_and_read_as_pairs(files: FakeFiles) -> None:
    chatbot = ds.Chatbot()
    with pytest.warns(UserWarning, match="old form"):
        shown = chatbot.postprocess([("Hi", "Hello"), ("And?", None)], files)

    assert shown == [wire("user", "Hi"), wire("assistant", "Hello"), wire("user", "And?")]
    assert chatbot.preprocess(shown, files) == [["Hi", "Hello"], ["And?", None]]


def test_type_tuples_is_taken_with_a_note(files: FakeFiles) -> None:
    with pytest.warns(UserWarning, match="tuples"):
        chatbot = ds.Chatbot(type="tuples")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert chatbot.postprocess([["a", "b"]], files) == [wire("user", "a"), wire("assistant", "b")]


def test_reasoning_between_tags_is_a_thought_of_its_own(files: FakeFiles) -> None:
    chatbot = ds.Chatbot(reasoning_tags=[("<think>", "</think>")])

    over = chatbot.postprocess([ds.ChatMessage("<think>2+2</think>It is 4.")], files)
    open_yet = chatbot.postprocess([ds.ChatMessage("<think>2+")], files)

    assert over == [
        wire("assistant", "2+2", metadata={"title": "Reasoning", "status": "done"}),
        wire("assistant", "It is 4."),
    ]
    assert open_yet == [wire("assistant", "2+", metadata={"title": "Reasoning", "status": "pending"})]


def test_mistakes_in_parameters_are_told_at_once() -> None:
    with pytest.raises(UsageError, match="layout"):
        ds.Chatbot(layout="round")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(UsageError, match="avatar_images"):
        ds.Chatbot(avatar_images="me.png")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(UsageError, match="example"):
        ds.Chatbot(examples=[{"label": "x"}])
    with pytest.raises(UsageError, match="latex_delimiters"):
        ds.Chatbot(latex_delimiters=[{"left": "$"}])


def test_a_multimodal_textbox_passes_text_and_paths(files: FakeFiles, note: Path) -> None:
    box = ds.MultimodalTextbox()
    shown = box.postprocess({"text": "see", "files": [str(note)]}, files)

    assert shown == {"text": "see", "files": [{"path": "note.txt"}]}
    assert box.preprocess(shown, files) == {"text": "see", "files": [str(files.folder / "note.txt")]}
    assert box.postprocess("words", files) == {"text": "words", "files": []}
    assert box.preprocess("words", files) == {"text": "words", "files": []}
    assert box.preprocess(None, files) is None


def test_a_multimodal_textbox_takes_only_its_kinds_of_files(files: FakeFiles) -> None:
    box = ds.MultimodalTextbox(file_types=["image"])
    (files.folder / "a.pdf").write_bytes(b"%PDF")
    (files.folder / "a.png").write_bytes(b"x")

    assert box.preprocess({"files": [{"path": "a.png"}]}, files) is not None
    with pytest.raises(RefusedError, match=r"a\.pdf"):
        box.preprocess({"files": [{"path": "a.pdf"}]}, files)
    with pytest.raises(UsageError, match="file_types"):
        ds.MultimodalTextbox(file_types=["pictures"])


def test_a_script_that_was_written_for_pairs_goes_on_working() -> None:
    def user(message: str, history: list[Any]) -> tuple[str, list[Any]]:
        return "", [*history, [message, None]]

    def bot(history: list[Any]) -> list[Any]:
        history[-1][1] = f"{history[-1][0]}!"
        return history

    with ds.Blocks() as app:
        chatbot, message = ds.Chatbot(), ds.Textbox()
        asked = message.submit(user, [message, chatbot], [message, chatbot])
        answered = asked.then(bot, chatbot, chatbot)
    visit = visit_to(app)

    with pytest.warns(UserWarning, match="old form"):
        shown = run(visit, asked, "Hi", [])[chatbot.id]["value"]
    shown = run(visit, answered, shown)[chatbot.id]["value"]

    assert shown == [wire("user", "Hi"), wire("assistant", "Hi!")]


def test_a_component_inside_of_a_message_stands_there_alone() -> None:
    with ds.Blocks() as app:
        label = ds.Label({"cat": 1.0})
        ds.Chatbot([{"role": "assistant", "content": ["See", label]}])

    assert label not in list(app.walk())


def test_an_update_changes_pictures_and_examples(tmp_path: Path) -> None:
    (tmp_path / "bot.png").write_bytes(b"x")
    with ds.Blocks() as app:
        chatbot = ds.Chatbot()
        click = ds.Button().click(
            lambda: ds.Chatbot(avatar_images=(None, tmp_path / "bot.png"), examples=[{"text": "Hi"}]),
            None,
            chatbot,
        )

    changes = run(visit_to(app), click)[chatbot.id]

    assert changes == {"avatar_images": [None, {"path": "bot.png"}], "examples": [{"text": "Hi"}]}
