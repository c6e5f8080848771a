"""Words of Gradio 4 and 5 that scripts still use, and what says the same now."""

from __future__ import annotations

from typing import Any

import pytest

import doorstep as ds
from tests.support import free_port


@pytest.mark.parametrize(
    ("component", "given", "buttons"),
    [
        (ds.Textbox, {"show_copy_button": True}, ["copy"]),
        (ds.Textbox, {"show_copy_button": False}, []),
        (ds.Dataframe, {"show_fullscreen_button": False}, ["copy"]),
        (ds.Slider, {"show_reset_button": False}, []),
    ],
)
def test_a_button_that_had_a_parameter_of_its_own_is_one_of_the_buttons(
    component: Any, given: dict[str, bool], buttons: list[str]
) -> None:
    with pytest.warns(UserWarning, match="is now a matter of buttons="):
        made = component(**given)

    assert made.props()["buttons"] == buttons


def test_a_component_without_buttons_takes_no_parameter_of_one() -> None:
    with pytest.warns(UserWarning, match="Radio: `show_copy_button` does nothing yet"):
        ds.Radio(["a"], show_copy_button=True)  # type: ignore[call-arg]


def test_like_may_be_told_that_people_rate_their_own_messages() -> None:
    with ds.Blocks():
        chatbot = ds.Chatbot()
        chatbot.like(lambda: None, None, None, like_user_message=True)  # type: ignore[call-arg]

    assert chatbot.props()["like_user_message"] is True


def test_another_event_knows_no_such_word() -> None:
    with ds.Blocks(), pytest.raises(TypeError, match="no parameter 'like_user_message'"):
        ds.Button().click(print, like_user_message=True)  # type: ignore[call-arg]


def test_show_api_false_leaves_the_link_to_the_api_out() -> None:
    with ds.Blocks() as app:
        ds.Textbox()

    app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port(), show_api=False)
    try:
        assert app.running is not None
        assert app.running.app.page.config["footer_links"] == ["doorstep"]
    finally:
        app.close()


def test_show_api_true_is_what_is_so_anyhow() -> None:
    with ds.Blocks() as app:
        ds.Textbox()

    app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port(), show_api=True)
    try:
        assert app.running is not None
        assert "footer_links" not in app.running.app.page.config
    finally:
        app.close()
