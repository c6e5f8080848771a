"""Themes: hues, sizes and fonts that the page's design tokens are made of, and variables set beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from doorstep.errors import UsageError
from doorstep.later import note
from doorstep.themes import stylesheet
from doorstep.themes.utils import colors, fonts, sizes
from doorstep.themes.variables import KEPT, NAMES, base_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    FontLike = fonts.Font | str | Iterable[fonts.Font | str]

Kind = TypeVar("Kind", colors.Color, sizes.Size)


class ThemeClass:
    """What a theme is to the page: palettes, scales, fonts and variables, written as a stylesheet."""

    name: str = "base"
    primary: colors.Color
    secondary: colors.Color
    neutral: colors.Color
    text: sizes.Size
    spacing: sizes.Size
    radius: sizes.Size
    font_stack: list[fonts.Font]
    mono_stack: list[fonts.Font]

    keeps_palette: ClassVar[bool] = False
    """Colours that were not chosen are the page's own."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        """What was set, by name."""
        self.chosen: frozenset[str] = frozenset()
        """Which of the constructor's arguments were given."""

    def set(self, **variables: str | None) -> Self:
        """Set variables such as `button_primary_background_fill`; `…_dark` is for the dark side alone.

        A value is CSS; in it `*primary_500`, `*radius_lg` or `*body_text_color` stand for other values.
        None unsets. Raises `UsageError` for a name that nobody knows.
        """
        for name, value in variables.items():
            if base_of(name) not in NAMES:
                raise UsageError(f"theme.set: there is no variable {name!r}")
            if value is None:
                self.variables.pop(name, None)
                continue
            if not isinstance(value, str):
                raise UsageError(f"theme.set: {name} is text such as '12px' or '*primary_500', not {value!r}")
            self.variables[name] = value
        idle = [name for name in variables if base_of(name) in KEPT and variables[name] is not None]
        if idle:
            note(f"theme.set: {', '.join(idle)}: kept for your own CSS, the page has no use for it")
        return self

    def stylesheet(self) -> str:
        """The theme as CSS: custom properties, and a rule for each variable that is none of the tokens."""
        return stylesheet.text_of(self)

    def __getattr__(self, name: str) -> str:
        """A variable that was set; a palette's or a scale's value (`primary_500`, `radius_lg`)."""
        if not name.startswith("_"):
            value = self.__dict__.get("variables", {}).get(name) or self._values().get(name)
            if value is not None:
                return str(value)
            if base_of(name) in NAMES:
                return ""
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _values(self) -> dict[str, str]:
        return stylesheet.palette_of(self) if "mono_stack" in self.__dict__ else {}

    # -- keeping -------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """All that makes it: `{"theme": {"primary_500": "#…", …}, "version": "…"}`."""
        return {"theme": {"name": self.name, **self._values(), **self.variables}, "version": "0.0.1"}

    def dump(self, filename: str | Path) -> None:
        """Write `to_dict()` as JSON."""
        Path(filename).write_text(json.dumps(self.to_dict(), indent=2), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> ThemeClass:
        """Read what `dump` wrote. Raises `OSError` or `ValueError`."""
        return cls.from_dict(json.loads(Path(path).read_text(encoding="utf-8")))

    @classmethod
    def from_dict(cls, theme: dict[str, Any]) -> ThemeClass:
        """The theme that `to_dict` told of. Raises `UsageError` when it tells of something else."""
        given = theme.get("theme")
        if not isinstance(given, dict):
            raise UsageError('a theme is {"theme": {"primary_500": "#…", …}}')
        made = Base(**_arguments_of(given))
        made.name = str(given.get("name", "base"))
        known = {name: each for name, each in given.items() if base_of(name) in NAMES}
        made.variables.update({name: each for name, each in known.items() if isinstance(each, str)})
        return made

    @classmethod
    def from_hub(cls, repo_name: str, **_token: Any) -> ThemeClass:
        raise UsageError(
            f"themes are not fetched from a hub: save {repo_name!r} as JSON and Theme.load(path) it"
        )

    def push_to_hub(self, *_args: Any, **_options: Any) -> None:
        raise UsageError("themes are not sent to a hub: theme.dump('theme.json') writes one to a file")


class Base(ThemeClass):
    """A theme made of three hues, three scales and two fonts: names, or objects of `themes.utils`."""

    hues: ClassVar = ("blue", "blue", "zinc")
    scales: ClassVar = ("md", "md", "md")
    """Of text, space and corners."""
    families: ClassVar[tuple[str, ...]] = ("IBM Plex Sans", "ui-sans-serif", "system-ui", "sans-serif")
    mono_families: ClassVar[tuple[str, ...]] = ("IBM Plex Mono", "ui-monospace", "Consolas", "monospace")

    def __init__(
        self,
        *,
        primary_hue: colors.Color | str | None = None,
        secondary_hue: colors.Color | str | None = None,
        neutral_hue: colors.Color | str | None = None,
        text_size: sizes.Size | str | None = None,
        spacing_size: sizes.Size | str | None = None,
        radius_size: sizes.Size | str | None = None,
        font: FontLike | None = None,
        font_mono: FontLike | None = None,
    ) -> None:
        """Raises `UsageError` for a hue or a size that there is not."""
        super().__init__()
        self.name = type(self).__name__.lower()
        given = {
            "primary_hue": primary_hue,
            "secondary_hue": secondary_hue,
            "neutral_hue": neutral_hue,
            "text_size": text_size,
            "spacing_size": spacing_size,
            "radius_size": radius_size,
            "font": font,
            "font_mono": font_mono,
        }
        self.chosen = frozenset(name for name, value in given.items() if value is not None)
        self.primary = _color("primary_hue", primary_hue or self.hues[0])
        self.secondary = _color("secondary_hue", secondary_hue or self.hues[1])
        self.neutral = _color("neutral_hue", neutral_hue or self.hues[2])
        self.text = _size("text_size", "text", text_size or self.scales[0])
        self.spacing = _size("spacing_size", "spacing", spacing_size or self.scales[1])
        self.radius = _size("radius_size", "radius", radius_size or self.scales[2])
        self.font_stack = fonts.stack(font or self.families)
        self.mono_stack = fonts.stack(font_mono or self.mono_families)


def _color(parameter: str, given: colors.Color | str) -> colors.Color:
    if isinstance(given, colors.Color):
        return given
    found = getattr(colors, str(given), None)
    if not isinstance(found, colors.Color):
        known = ", ".join(sorted(str(each.name) for each in colors.Color.all if each.name))
        raise UsageError(f"{parameter}={given!r}: there is no such hue; the names are: {known}")
    return found


def _size(parameter: str, scale: str, given: sizes.Size | str) -> sizes.Size:
    if isinstance(given, sizes.Size):
        return given
    name = f"{scale}_{str(given).removeprefix(f'{scale}_')}"
    found = getattr(sizes, name, None)
    if not isinstance(found, sizes.Size):
        known = ", ".join(each.split("_")[1] for each in vars(sizes) if each.startswith(f"{scale}_"))
        raise UsageError(f"{parameter}={given!r}: there is no such size; the names are: {known}")
    return found


def _arguments_of(given: dict[str, Any]) -> dict[str, Any]:
    """The constructor's arguments, from values such as `primary_500`, `radius_lg` and `font`."""
    made: dict[str, Any] = {}
    for hue in ("primary", "secondary", "neutral"):
        if shades := _all_of(given, [f"{hue}_{shade}" for shade in colors.SHADES]):
            made[f"{hue}_hue"] = colors.Color(*shades)
    for scale in ("text", "spacing", "radius"):
        if steps := _all_of(given, [f"{scale}_{step}" for step in sizes.STEPS]):
            made[f"{scale}_size"] = sizes.Size(*steps)
    for name in ("font", "font_mono"):
        if isinstance(given.get(name), str):
            made[name] = [each.strip().strip("'\"") for each in given[name].split(",")]
    return made


def _all_of(given: dict[str, Any], names: list[str]) -> list[str] | None:
    found = [given.get(name) for name in names]
    return [str(each) for each in found] if all(found) else None
