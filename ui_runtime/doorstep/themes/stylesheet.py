"""A theme as text: a small stylesheet of custom properties.

The light values stand on `:root`; the dark ones twice, for the system's choice and for `?__theme=dark`,
because CSS has no way to say both at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doorstep.themes.contrast import first_readable
from doorstep.themes.utils import colors, sizes
from doorstep.themes.variables import RULES, TOKENS, base_of, property_of

if TYPE_CHECKING:
    from doorstep.themes.base import ThemeClass

Declarations = dict[str, str]

_REFERENCE: Final = re.compile(r"\*([a-z][a-z0-9_]*)")
_LIGHT: Final = ":root"
_DARK: Final = (
    "@media(prefers-color-scheme:dark){{:root:not([data-theme=light]){}}}",
    ":root[data-theme=dark]{}",
)


def text_of(theme: ThemeClass) -> str:
    """The stylesheet of a theme."""
    light, dark = _tokens(theme)
    _add_variables(theme, light, dark)
    parts = [_LIGHT + _block({**_properties(palette_of(theme)), **light})]
    if dark:
        parts += [each.format(_block(dark)) for each in _DARK]
    parts += [_rule(name) for name in RULES if name in theme.variables or f"{name}_dark" in theme.variables]
    return "".join(parts).replace("<", "\\3c ")  # nothing in it ends the <style> around it


def aliases() -> str:
    """The variables as the page itself has them, for an app's own CSS: `var(--body-text-color)`."""
    return ":where(:root)" + _block({property_of(name): f"var({token})" for name, token in TOKENS.items()})


def palette_of(theme: ThemeClass) -> Declarations:
    """The values that variables refer to, by name: `primary_500`, `radius_lg`, `font`."""
    values: Declarations = {}
    hues = {"primary": theme.primary, "secondary": theme.secondary, "neutral": theme.neutral}
    for hue, color in hues.items():
        values |= {f"{hue}_{n}": each for n, each in zip(colors.SHADES, color.expand(), strict=True)}
    for scale, size in (("text", theme.text), ("spacing", theme.spacing), ("radius", theme.radius)):
        values |= {f"{scale}_{step}": each for step, each in zip(sizes.STEPS, size.expand(), strict=True)}
    values["font"] = ", ".join(map(str, theme.font_stack))
    values["font_mono"] = ", ".join(map(str, theme.mono_stack))
    return values


# -- tokens ------------------------------------------------------------------------------------


def _tokens(theme: ThemeClass) -> tuple[Declarations, Declarations]:
    """The design tokens, light and dark. Of a theme that keeps the page's own look only what was chosen."""
    light: Declarations = {}
    dark: Declarations = {}
    if _gives(theme, "neutral_hue"):
        light |= _grounds_light(theme.neutral)
        dark |= _grounds_dark(theme.neutral)
    if _gives(theme, "primary_hue"):
        light |= _accents_light(theme.primary)
        dark |= _accents_dark(theme.primary)
    if _gives(theme, "secondary_hue"):
        light |= {"--ds-focus": first_readable(theme.secondary.expand()[6:], "#ffffff")}
        dark |= {"--ds-focus": theme.secondary.c400}
    return light | _measures(theme), dark


def _gives(theme: ThemeClass, argument: str) -> bool:
    return argument in theme.chosen or not theme.keeps_palette


def _grounds_light(neutral: colors.Color) -> Declarations:
    return {
        "--ds-paper": neutral.c50,
        "--ds-surface": "#ffffff",
        "--ds-sunken": neutral.c50,
        "--ds-hover": neutral.c100,
        "--ds-line": neutral.c200,
        "--ds-line-strong": neutral.c500,
        "--ds-ink": neutral.c900,
        "--ds-muted": first_readable(neutral.expand()[6:], neutral.c100),
    }


def _grounds_dark(neutral: colors.Color) -> Declarations:
    ground = (
        f"color-mix(in srgb,{neutral.c950} 60%,{neutral.c900})"  # the darkest alone is a hole in the screen
    )
    return {
        "--ds-paper": ground,
        "--ds-surface": neutral.c900,
        "--ds-sunken": ground,
        "--ds-hover": neutral.c800,
        "--ds-line": neutral.c800,
        "--ds-line-strong": neutral.c500,
        "--ds-ink": neutral.c100,
        "--ds-muted": first_readable([neutral.c400, neutral.c300], neutral.c800),
    }


def _accents_light(primary: colors.Color) -> Declarations:
    shades = primary.expand()
    accent = first_readable(shades[5:], "#ffffff", primary.c50, primary.c100)
    return {
        "--ds-accent": accent,
        "--ds-accent-hover": shades[min(shades.index(accent) + 1, 10)],
        "--ds-accent-soft": primary.c100,
        "--ds-on-accent": "#ffffff",
    }


def _accents_dark(primary: colors.Color) -> Declarations:
    accent = first_readable([primary.c400, primary.c300, primary.c200], primary.c950, "#27272a")
    return {
        "--ds-accent": accent,
        "--ds-accent-hover": primary.c200,
        "--ds-accent-soft": primary.c950,
        "--ds-on-accent": primary.c950,
    }


def _measures(theme: ThemeClass) -> Declarations:
    given: Declarations = {}
    if _gives(theme, "text_size"):
        given["--ds-text"] = "calc(var(--text-md) + 1px)"
    if _gives(theme, "spacing_size"):
        given |= {"--ds-gap": "calc(var(--spacing-xl)*1.6)", "--ds-pad": "calc(var(--spacing-xl)*1.9)"}
    if _gives(theme, "radius_size"):
        given |= {"--ds-radius": "var(--radius-xl)", "--ds-radius-small": "var(--radius-lg)"}
    if _gives(theme, "font"):
        given["--ds-font"] = "var(--font)"
    if _gives(theme, "font_mono"):
        given["--ds-mono"] = "var(--font-mono)"
    return given


# -- variables ---------------------------------------------------------------------------------


def _add_variables(theme: ThemeClass, light: Declarations, dark: Declarations) -> None:
    """What was set. What is set for the light side alone leaves the dark one as it was."""
    for name, value in theme.variables.items():
        side = dark if name.endswith("_dark") else light
        base = base_of(name)
        side[property_of(base)] = _resolved(value, is_dark=name.endswith("_dark"), theme=theme)
        if base in TOKENS:
            side[TOKENS[base]] = f"var({property_of(base)})"
        elif side is light and f"{base}_dark" not in theme.variables and base.endswith(_COLOURED):
            dark[property_of(base)] = "initial"
    _keep_readable(theme, dark)


def _keep_readable(theme: ThemeClass, dark: Declarations) -> None:
    """Themes count on Gradio's light text on a primary button in the dark; ours is dark there."""
    given = theme.variables
    name = "button_primary_text_color"
    if "button_primary_background_fill_dark" in given and f"{name}_dark" not in given:
        dark[property_of(name)] = _resolved(given.get(name, "white"), is_dark=True, theme=theme)


_COLOURED: Final = ("color", "fill", "_hover", "_focus", "_selected", "_active", "_shadow", "_border_width")
"""How the names of variables end that have a dark side of their own."""


def _resolved(value: str, *, is_dark: bool, theme: ThemeClass) -> str:
    """`*primary_500` -> `var(--primary-500)`. A reference to a variable is one to its side's."""

    def refer(found: re.Match[str]) -> str:
        name = base_of(found[1])
        if found[1].endswith("_dark") and not is_dark:
            return _resolved(theme.variables.get(found[1], ""), is_dark=False, theme=theme) or found[0]
        token = TOKENS.get(name)
        return f"var({property_of(name)},var({token}))" if token else f"var({property_of(name)})"

    return _REFERENCE.sub(refer, value)


def _rule(name: str) -> str:
    selector, declared, fallback = RULES[name]
    return f"{selector}{{{declared}:var({property_of(name)},{fallback})}}"


def _properties(values: Declarations) -> Declarations:
    return {property_of(name): value for name, value in values.items()}


def _block(declarations: Declarations) -> str:
    return "{" + ";".join(f"{name}:{_one(value)}" for name, value in declarations.items()) + "}"


def _one(value: str) -> str:
    """A value that stays one: no `;` or brace in it ends it early."""
    return re.sub(r"[;{}]", " ", value)
