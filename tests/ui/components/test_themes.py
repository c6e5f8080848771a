"""Themes: what they are made of, and the stylesheet that the page gets."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import pytest

import doorstep as ds
from doorstep import themes
from doorstep.errors import UsageError
from doorstep.server import App
from doorstep.themes.named import NAMED, theme_of
from doorstep.themes.variables import NAMES, RULES, TOKENS


def light(theme: themes.ThemeClass) -> dict[str, str]:
    """The custom properties of the light side."""
    block = re.match(r":root\{(.*?)\}", theme.stylesheet())
    assert block is not None
    return dict(each.split(":", 1) for each in block[1].split(";"))


def test_a_theme_is_made_of_hues_sizes_and_fonts_by_name_or_as_objects() -> None:
    theme = themes.Base(
        primary_hue="purple",
        neutral_hue=themes.colors.slate,
        radius_size=themes.sizes.radius_lg,
        text_size="lg",
        font=[themes.GoogleFont("Inconsolata"), "Arial", "sans-serif"],
    )

    properties = light(theme)

    assert properties["--primary-500"] == themes.colors.purple.c500
    assert properties["--neutral-950"] == themes.colors.slate.c950
    assert properties["--ds-radius"] == "var(--radius-xl)"
    assert properties["--radius-xl"] == "16px"
    assert properties["--text-md"] == "16px"
    assert properties["--font"] == "'Inconsolata', 'Arial', sans-serif"


def test_a_palette_of_ones_own_makes_a_theme() -> None:
    shades = [f"#{shade:02x}0000" for shade in range(250, 30, -20)]

    theme = themes.Base(primary_hue=themes.Color(*shades, name="mine"))

    assert light(theme)["--primary-50"] == "#fa0000"


@pytest.mark.parametrize("wrong", [{"primary_hue": "blurple"}, {"radius_size": "huge"}])
def test_a_hue_or_size_that_there_is_not_is_said_with_those_there_are(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="the names are: "):
        themes.Soft(**wrong)


def test_a_variable_refers_to_others_with_a_star() -> None:
    theme = themes.Base().set(
        button_primary_background_fill="linear-gradient(90deg, *primary_300, *secondary_400)",
        block_title_text_color="*body_text_color",
    )

    sheet = theme.stylesheet()

    assert "linear-gradient(90deg, var(--primary-300), var(--secondary-400))" in sheet
    assert "--block-title-text-color:var(--body-text-color,var(--ds-ink))" in sheet
    assert ".button.primary{background:var(--button-primary-background-fill" in sheet
    assert theme.button_primary_background_fill.startswith("linear-gradient")


def test_a_variable_of_the_light_side_leaves_the_dark_one_alone() -> None:
    sheet = (
        themes.Default().set(body_background_fill="*primary_50", button_primary_text_color="red").stylesheet()
    )

    light_side, _, dark_side = sheet.partition("@media")
    assert "--ds-paper:var(--body-background-fill)" in light_side
    assert "--ds-paper" not in dark_side
    assert "--button-primary-text-color:initial" in dark_side


def test_a_dark_variable_acts_on_the_dark_side_alone() -> None:
    sheet = themes.Default().set(body_background_fill_dark="black").stylesheet()

    light_side, _, dark_side = sheet.partition("@media")
    assert "--ds-paper" not in light_side
    assert dark_side.count("--body-background-fill:black") == 2, "the system's choice, and the address's"


def test_a_variable_that_nobody_knows_is_an_error_and_one_without_use_is_told() -> None:
    with pytest.raises(UsageError, match="buton_primary"):
        themes.Base().set(buton_primary_background_fill="red")
    with pytest.warns(UserWarning, match="radio_circle.*no use"):
        themes.Base().set(radio_circle="none")


def test_every_variable_of_gradio_is_known_once() -> None:
    assert len(NAMES) > 130
    assert not TOKENS.keys() & RULES.keys()


def test_no_value_leaves_its_declaration() -> None:
    sheet = themes.Base().set(body_text_color="red}</style><script>alert(1)</script>").stylesheet()

    assert "<" not in sheet
    assert sheet.count("{") == sheet.count("}")


def test_a_theme_is_kept_as_json_and_read_again(tmp_path: Path) -> None:
    theme = themes.Soft(primary_hue="rose").set(body_text_color_dark="white")

    theme.dump(tmp_path / "theme.json")
    again = ds.Theme.load(tmp_path / "theme.json")

    assert again.to_dict() == theme.to_dict()


def test_a_theme_of_ones_own_is_a_subclass() -> None:
    class Seafoam(themes.Base):
        def __init__(self, **given: Any) -> None:
            super().__init__(primary_hue="emerald", **given)
            super().set(block_shadow="*shadow_drop_lg")

    assert "--primary-500:#10b981" in Seafoam(neutral_hue="gray").stylesheet()


@pytest.mark.parametrize("given", ["soft", "gradio/soft", "Soft"])
def test_a_theme_is_found_by_name(given: str) -> None:
    assert isinstance(theme_of(given), themes.Soft)


def test_a_theme_that_is_not_here_is_told_and_the_app_has_its_own_look() -> None:
    with pytest.warns(UserWarning, match="nothing is fetched from a hub"):
        app = ds.Blocks(theme="somebody/dracula")
    with pytest.raises(UsageError, match=r"write Soft\(\)"):
        ds.Blocks(theme=themes.Soft)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert b"--ds-paper" not in App(app).page.document


@pytest.mark.parametrize("name", sorted(NAMED))
def test_a_named_theme_is_a_small_stylesheet_on_the_page(name: str) -> None:
    app = ds.Interface(str.upper, "text", "text", theme=name)

    document = App(app).page.document.decode()

    sheet = re.search(r"<style>(.*?)</style>", document, re.DOTALL)
    assert sheet is not None
    assert len(sheet[1]) < 8_000
    assert "https://" not in sheet[1]


def test_text_stays_readable_on_a_primary_button_that_a_theme_of_gradios_fills_in_the_dark() -> None:
    filled = themes.Base().set(button_primary_background_fill_dark="*primary_600")
    named = themes.Base().set(
        button_primary_background_fill_dark="black",
        button_primary_text_color="#fed",
        button_primary_text_color_dark="#ded",
    )

    assert "--button-primary-text-color:white" in filled.stylesheet()
    assert "--button-primary-text-color:#ded" in named.stylesheet()
