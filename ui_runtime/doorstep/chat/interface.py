"""`ChatInterface`: a function's page to chat with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from doorstep.additional_inputs import lay_out_additional
from doorstep.blocks import Blocks
from doorstep.chat.answering import answering
from doorstep.chat.conversations import Conversations
from doorstep.chat.feedback import ChatLog
from doorstep.chat.kept_answers import KeptAnswers
from doorstep.chat.program import offer
from doorstep.chat.undoing import filling, undoing
from doorstep.chat.validating import validating
from doorstep.components import from_shortcut
from doorstep.components.arguments import check_option
from doorstep.components.base import Component
from doorstep.components.chatbot import Chatbot
from doorstep.components.markdown import Markdown
from doorstep.components.multimodal_textbox import MultimodalTextbox
from doorstep.components.panels import Accordion, Sidebar
from doorstep.components.textbox import Textbox
from doorstep.errors import UsageError
from doorstep.events.dependency import name_of
from doorstep.events.injection import parameters_of
from doorstep.events.listener import listed
from doorstep.examples import Examples, mode_of
from doorstep.flag_buttons import FOLDER
from doorstep.later import INTERFACE, note, note_unsupported
from doorstep.look import split_options
from doorstep.words import left_to_us

if TYPE_CHECKING:
    import inspect

    from doorstep.events.trigger import EventOptions, Limit, ShowProgress, Trigger, Visibility
    from doorstep.examples import CacheMode

ComponentLike = str | Component

PLACEHOLDER: Final = "Type a message…"


class ChatInterface(Blocks):
    """Chat with `fn(message, history)`, which returns, or yields as it grows, the answer.

    `message` is a text, or with `multimodal=True` `{"text", "files"}`; `history` the messages before it. The
    answer is a text, a component, a message (a dict with `role` and `content`, or a `ChatMessage`) or a list
    of these; with `additional_outputs` a tuple of it and their values.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        *,
        multimodal: bool = False,
        type: Literal["messages", "tuples"] | None = None,  # noqa: A002  # the older public name
        chatbot: Chatbot | None = None,
        textbox: Textbox | MultimodalTextbox | None = None,
        additional_inputs: ComponentLike | Sequence[ComponentLike] | None = None,
        additional_inputs_accordion: str | Accordion | None = None,
        additional_inputs_accordion_name: str | None = None,
        additional_outputs: Component | Sequence[Component] | None = None,
        editable: bool = False,
        examples: list[Any] | None = None,
        examples_label: str | None = "Examples",
        example_labels: list[str] | None = None,
        example_icons: list[str] | None = None,
        run_examples_on_click: bool = True,
        cache_examples: bool | None = None,
        cache_mode: CacheMode | None = None,
        title: str | None = None,
        description: str | None = None,
        flagging_mode: Literal["never", "manual"] | None = None,
        flagging_options: Sequence[str] | None = ("Like", "Dislike"),
        flagging_dir: str | Path = FOLDER,
        analytics_enabled: bool | None = None,
        autofocus: bool = True,
        autoscroll: bool = True,
        submit_btn: str | bool | None = True,
        stop_btn: str | bool | None = True,
        concurrency_limit: Limit = "default",
        delete_cache: tuple[float, float] | None = None,
        show_progress: ShowProgress = "minimal",
        fill_height: bool = True,
        fill_width: bool = False,
        api_name: str | Literal[False] | None = None,
        api_description: str | Literal[False] | None = None,
        api_visibility: Visibility = "public",
        save_history: bool = False,
        validator: Callable[..., Any] | None = None,
        **later: Any,
    ) -> None:
        if not callable(fn):
            raise UsageError(f"ChatInterface wraps a function, not {fn!r}")
        if flagging_mode is not None:
            check_option("ChatInterface", "flagging_mode", flagging_mode, ("never", "manual"))
        old_buttons = {name: later.pop(name) for name in _OLD_BUTTONS if name in later}
        if any(old_buttons.values()):
            names = ", ".join(old_buttons)
            note(f"ChatInterface: {names}: retry, undo and clear are at the messages now")
        look, later = split_options(later)
        note_unsupported("ChatInterface", INTERFACE, later)
        super().__init__(
            mode="chat_interface",
            title=title or "Doorstep",
            analytics_enabled=analytics_enabled,
            fill_height=fill_height,
            fill_width=fill_width,
            delete_cache=delete_cache,
            **look,
        )
        self.fn = fn
        self.multimodal = multimodal or isinstance(textbox, MultimodalTextbox)
        self.description = description
        self.additional_inputs = [_component(each) for each in listed(additional_inputs)]
        self.additional_outputs: list[Component] = listed(additional_outputs)
        self.run_examples_on_click = run_examples_on_click
        self.chatbot = _chatbot(chatbot, type, autoscroll=autoscroll, grows=fill_height)
        self.textbox: Any = self._textbox(textbox, submit_btn, autofocus=autofocus)
        self.example_rows = [_row(each) for each in examples or ()]
        self.kept_answers = self._open_answers(mode_of(cache_examples, cache_mode))
        self.conversations = Conversations(name_of(fn)) if save_history else None
        self._idle = {"submit_btn": self.textbox.submit_btn, "stop_btn": self.textbox.stop_btn}
        shown = {"submit_btn": False, "stop_btn": stop_btn}
        self.running_buttons: dict[str, Any] = shown if stop_btn else {}
        """What the textbox shows while an answer is on its way."""
        if editable:
            self.chatbot.editable = "user"
        limit: EventOptions = {"concurrency_limit": concurrency_limit, "concurrency_id": f"chat-{self.id}"}
        with self:
            self._lay_out(title, additional_inputs_accordion or additional_inputs_accordion_name)
            started = self._lay_out_examples(examples_label, example_labels, example_icons)
            self._connect(started, validator, {**limit, "show_progress": show_progress})
            if flagging_mode == "manual":
                self._connect_flagging(flagging_options, flagging_dir)
            described: EventOptions = {
                "api_description": api_description,
                "api_visibility": api_visibility,
            }
            offer(self, api_name, {**limit, **described})
        self._check_function()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the wrapped function itself."""
        return self.fn(*args, **kwargs)

    @property
    def chatbot_value(self) -> Chatbot:
        """The chat, for events of the app's own that change it."""
        return self.chatbot

    # -- parts ---------------------------------------------------------------------------------

    def _textbox(self, given: Any, submit_btn: str | bool | None, *, autofocus: bool) -> Any:
        if given is not None:
            if not isinstance(given, (Textbox, MultimodalTextbox)):
                raise UsageError(f"ChatInterface: textbox is a Textbox or a MultimodalTextbox, not {given!r}")
            if given.submit_btn in {False, None}:
                given.submit_btn = submit_btn
            return given
        kind: Any = MultimodalTextbox if self.multimodal else Textbox
        box = kind(
            placeholder=PLACEHOLDER,
            label="Message",
            show_label=False,
            container=False,
            submit_btn=submit_btn,
            autofocus=autofocus,
            render=False,
            **({"file_count": "multiple"} if self.multimodal else {}),
        )
        return left_to_us(box, "label", "placeholder")

    def _lay_out(self, title: str | None, accordion: str | Accordion | None) -> None:
        if self.conversations is not None:
            with Sidebar("Conversations"):
                self.conversations.render()
        if title:
            Markdown(f"# {title}", elem_classes="title")
        if self.description:
            Markdown(self.description)
        for component in (self.chatbot, self.textbox):
            if component.parent is None:
                component.render()
        lay_out_additional(self.additional_inputs, accordion)

    def _lay_out_examples(
        self, label: str | None, labels: list[str] | None, icons: list[str] | None
    ) -> list[Trigger]:
        """Show the examples; returns what asks one of them that stands below the chat."""
        self.examples_handler: Examples | None = None
        if not self.example_rows:
            return []
        if not self.additional_inputs:
            self.chatbot.examples = _shown_examples(self.example_rows, labels, icons)
            if not self.run_examples_on_click and self.kept_answers is None:
                self.chatbot.example_select(filling(self), None, self.textbox, **_ASIDE)
            return []
        self.examples_handler = Examples(
            self.example_rows,
            [self.textbox, *self.additional_inputs],
            label=label,
            example_labels=labels,
        )
        runs = self.run_examples_on_click or self.kept_answers is not None
        return [self.examples_handler.load_input_event.success] if runs else []

    def _open_answers(self, mode: CacheMode | None) -> KeptAnswers | None:
        if mode is None or not self.example_rows:
            return None
        answers = KeptAnswers(self, self.example_rows)
        if mode == "eager":
            self.before_serving(answers.prepare)
        return answers

    # -- events --------------------------------------------------------------------------------

    def _connect(
        self, started: list[Trigger], validator: Callable[..., Any] | None, options: EventOptions
    ) -> None:
        chatbot, textbox = self.chatbot, self.textbox
        triggers = [textbox.submit, chatbot.retry, chatbot.option_select, *started]
        if self.chatbot.editable:
            triggers.append(chatbot.edit)
        if self.chatbot.examples and (self.run_examples_on_click or self.kept_answers is not None):
            triggers.append(chatbot.example_select)
        options["show_progress_on"] = [chatbot]
        options["validator"] = None if validator is None else validating(self, validator)
        run = self.add_dependency(
            triggers,
            answering(self),
            [textbox, chatbot, *self.additional_inputs],
            [chatbot, textbox, *self.additional_outputs],
            False,
            **options,
        )
        self.answer_event = run
        self.add_changes([run.then], [(textbox, self._idle)], "ended")
        self.add_changes([textbox.stop, chatbot.clear], [(textbox, self._idle)], "stop", cancels=run)
        undo = chatbot.undo(
            undoing(self), chatbot, [chatbot, textbox], cancels=run, preprocess=False, **_ASIDE
        )
        self.add_changes([undo.then], [(textbox, self._idle)], "undone")
        if self.conversations is not None:
            self.conversations.connect(chatbot, [run.then, undo.then, chatbot.clear, textbox.stop], run)

    def _connect_flagging(self, options: Sequence[str] | None, folder: str | Path) -> None:
        self.chatbot.feedback_options = list(options or ())
        self.chatbot.like(ChatLog(folder).flag, self.chatbot, None, preprocess=False, **_ASIDE)

    # -- what its functions ask ----------------------------------------------------------------

    def example_question(self, index: Any) -> Any:
        """What the example at `index` asks: what a textbox would pass. None where there is none."""
        if not isinstance(index, int) or not 0 <= index < len(self.example_rows):
            return None
        return self.example_rows[index][0]

    def example_at(self, trigger: int | None, data: list[Any]) -> int | None:
        """Which example below the chat was clicked, when that is what started a job with these values."""
        handler = self.examples_handler
        if handler is None or trigger != handler.dataset.id:
            return None
        text = data[0].get("text") if isinstance(data[0], dict) else data[0]
        found = (number for number, row in enumerate(self.example_rows) if _text_of(row[0]) == (text or ""))
        return next(found, None)

    def parameter_names(self) -> list[str]:
        """The names of the function's parameters that take the message, the history and the inputs."""
        found = [each.name for each in parameters_of(self.fn) if each.supply is None] or _names(self.fn)
        return found[: 2 + len(self.additional_inputs)]

    def _check_function(self) -> None:
        """A function that cannot take a message and a history is told of now, not at the first question."""
        signature = _signature(self.fn)
        supplied = {each.name for each in parameters_of(self.fn) if each.supply is not None}
        if signature is None:
            return
        own = [each for each in signature.parameters.values() if each.name not in supplied]
        wanted = 2 + len(self.additional_inputs)
        try:
            signature.replace(parameters=own).bind(*range(wanted))
        except (TypeError, ValueError):
            note(
                f"{name_of(self.fn)}{signature} cannot be called with a message, the history"
                + (f" and {wanted - 2} additional inputs" if wanted > 2 else "")
            )


_OLD_BUTTONS: Final = ("retry_btn", "undo_btn", "clear_btn")
_ASIDE: Final[Any] = {"api_name": False, "queue": False, "show_progress": "hidden"}


def _chatbot(
    given: Chatbot | None, passes: Literal["messages", "tuples"] | None, *, autoscroll: bool, grows: bool
) -> Chatbot:
    if given is not None:
        if not isinstance(given, Chatbot):
            raise UsageError(f"ChatInterface: chatbot is a Chatbot, not {given!r}")
        if passes is not None and given.passes is None:
            given.passes, given.speaks_pairs = passes, passes == "tuples"
        if grows and given.scale is None:
            given.scale = 1
        return given
    return Chatbot(
        label="Chatbot",
        type=passes,
        scale=1 if grows else None,
        autoscroll=autoscroll,
        buttons=["copy", "copy_all"],
        render=False,
    )


def _component(given: Any) -> Component:
    return from_shortcut(given) if isinstance(given, str) else given


def _row(example: Any) -> list[Any]:
    """An example as its message and the values of the additional inputs."""
    return list(example) if isinstance(example, (list, tuple)) else [example]


def _text_of(message: Any) -> str:
    return str(message.get("text") or "") if isinstance(message, dict) else str(message or "")


def _shown_examples(
    rows: list[list[Any]], labels: list[str] | None, icons: list[str] | None
) -> list[dict[str, Any]]:
    for name, given in (("example_labels", labels), ("example_icons", icons)):
        if given is not None and len(given) != len(rows):
            raise UsageError(f"ChatInterface: {len(given)} {name} for {len(rows)} examples")
    shown = []
    for number, (message, *_) in enumerate(rows):
        example = dict(message) if isinstance(message, dict) else {"text": str(message)}
        example.setdefault("text", "")
        if labels is not None:
            example["display_text"] = labels[number]
        if icons is not None:
            example["icon"] = icons[number]
        shown.append(example)
    return shown


def _signature(fn: Callable[..., Any]) -> inspect.Signature | None:
    from inspect import signature

    try:
        return signature(fn)
    except (TypeError, ValueError):  # some built-in functions have none
        return None


def _names(fn: Callable[..., Any]) -> list[str]:
    found = _signature(fn)
    parameters = [] if found is None else found.parameters.values()
    names = [
        each.name for each in parameters if each.kind in {each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD}
    ]
    return names or ["message", "history"]
