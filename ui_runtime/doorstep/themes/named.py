"""The themes that come with Doorstep."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from doorstep.errors import UsageError
from doorstep.later import note
from doorstep.themes.base import Base, ThemeClass


class Default(Base):
    """Doorstep's own look; a hue, size or font that is given takes the place of its own."""

    hues: ClassVar = ("teal", "teal", "stone")
    families: ClassVar = ("ui-sans-serif", "system-ui", "sans-serif")
    mono_families: ClassVar = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
    keeps_palette: ClassVar[bool] = True


class Soft(Base):
    """Rounded and light: indigo on soft grey."""

    hues: ClassVar = ("indigo", "indigo", "gray")
    families: ClassVar = ("Montserrat", "ui-sans-serif", "system-ui", "sans-serif")

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.set(
            body_background_fill="*neutral_100",
            input_background_fill="white",
            block_radius="18px",
            input_radius="12px",
            block_shadow="0 1px 2px rgb(0 0 0/5%),0 10px 30px -12px rgb(0 0 0/12%)",
            button_large_radius="999px",
            button_medium_radius="999px",
            button_small_radius="999px",
            button_primary_shadow="0 4px 12px -4px *primary_400",
            button_primary_shadow_dark="none",
            block_border_width="0px",
        )


class Monochrome(Base):
    """Black on white like a printed page, with square corners."""

    hues: ClassVar = ("neutral", "neutral", "neutral")
    scales: ClassVar = ("md", "lg", "none")
    families: ClassVar = ("Lora", "ui-serif", "Georgia", "serif")

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.set(
            body_background_fill="white",
            body_text_color="black",
            border_color_primary="*neutral_900",
            border_color_primary_dark="*neutral_600",
            block_shadow="none",
            input_background_fill="white",
            button_primary_background_fill="*neutral_900",
            button_primary_background_fill_hover="*neutral_700",
            button_primary_text_color="white",
            button_primary_background_fill_dark="white",
            button_primary_background_fill_hover_dark="*neutral_200",
            button_primary_text_color_dark="black",
            button_primary_shadow="none",
            button_secondary_shadow="none",
        )


class Glass(Base):
    """Small and clear: panes over a cool gradient."""

    hues: ClassVar = ("blue", "slate", "slate")
    scales: ClassVar = ("sm", "sm", "sm")
    families: ClassVar = ("Optima", "Candara", "Noto Sans", "sans-serif")

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.set(
            body_background_fill="linear-gradient(160deg,*neutral_100,*primary_50) fixed",
            body_background_fill_dark="linear-gradient(160deg,*neutral_950,*neutral_900) fixed",
            input_background_fill="white",
            block_shadow="inset 0 1px 0 white,0 1px 3px rgb(15 23 42/10%)",
            button_secondary_background_fill="linear-gradient(white,*neutral_100)",
            button_secondary_shadow="inset 0 1px 0 white",
            button_secondary_shadow_dark="none",
        )


class Origin(Base):
    """Plain boxes and warm buttons, as the first apps of this kind looked."""

    hues: ClassVar = ("orange", "blue", "gray")

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.set(
            body_background_fill="white",
            input_background_fill="white",
            block_shadow="none",
            button_primary_background_fill="linear-gradient(to bottom right,*primary_100,*primary_300)",
            button_primary_background_fill_hover="*primary_200",
            button_primary_text_color="*primary_900",
            button_primary_border_color="*primary_300",
            button_primary_shadow="none",
            button_secondary_background_fill="linear-gradient(to bottom right,*neutral_100,*neutral_200)",
            button_secondary_shadow="none",
        )


class Citrus(Base):
    """Roomy and sunny, with buttons that stand up."""

    hues: ClassVar = ("amber", "amber", "stone")
    scales: ClassVar = ("md", "lg", "md")
    families: ClassVar = ("Ubuntu", "ui-sans-serif", "system-ui", "sans-serif")
    mono_families: ClassVar = ("Roboto Mono", "ui-monospace", "Consolas", "monospace")

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.set(
            button_primary_background_fill="*primary_400",
            button_primary_background_fill_hover="*primary_300",
            button_primary_text_color="*neutral_950",
            button_primary_border_color="*primary_500",
            button_primary_shadow="0 3px 0 *primary_600",
            button_primary_shadow_active="0 1px 0 *primary_600",
            button_secondary_shadow="0 3px 0 *neutral_300",
            button_secondary_shadow_dark="0 3px 0 *neutral_700",
        )


class Ocean(Base):
    """Round and fresh: emerald that runs into sky blue."""

    hues: ClassVar = ("emerald", "sky", "zinc")
    scales: ClassVar = ("md", "md", "xxl")

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.set(
            button_primary_background_fill="linear-gradient(120deg,*primary_700,*secondary_700)",
            button_primary_background_fill_hover="linear-gradient(120deg,*primary_800,*secondary_800)",
            button_primary_text_color="white",
            button_primary_background_fill_dark="linear-gradient(120deg,*primary_400,*secondary_400)",
            button_primary_background_fill_hover_dark="linear-gradient(120deg,*primary_300,*secondary_300)",
            button_primary_text_color_dark="*neutral_950",
        )


NAMED: Final[dict[str, type[Base]]] = {
    kind.__name__.lower(): kind for kind in (Default, Base, Soft, Monochrome, Glass, Origin, Citrus, Ocean)
}


def theme_of(given: Any) -> ThemeClass | None:
    """The theme that `theme=` stands for: an object, or a name such as `"soft"` or `"gradio/soft"`.

    A name that is not here is told of, and None; anything else raises `UsageError`.
    """
    if given is None or isinstance(given, ThemeClass):
        return given
    if isinstance(given, type) and issubclass(given, ThemeClass):
        raise UsageError(f"{given.__name__} is a class; write {given.__name__}() to make a theme of it")
    if not isinstance(given, str):
        raise UsageError(f"theme is an object of doorstep.themes or a name, not {given!r}")
    name = given.lower().removeprefix("gradio/")
    if name in NAMED:
        return NAMED[name]()
    note(
        f"theme={given!r} is not here, and nothing is fetched from a hub: the page has its own look. "
        f"There are {', '.join(sorted(NAMED))}; Theme.load(path) reads a theme that was saved as JSON"
    )
    return None
