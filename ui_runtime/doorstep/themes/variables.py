"""The names that `theme.set(…)` takes, and what each does to the page.

A variable either stands for a token of the design system (`styles/tokens.css`) or is a declaration of its
own. Those that do neither are kept for the app's own CSS, as `var(--the-name)`, and `set` says so.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Rule(NamedTuple):
    """A declaration: what has which property, and the value that it has by itself."""

    selector: str
    property: str
    fallback: str


TOKENS: Final = {
    "body_background_fill": "--ds-paper",
    "body_text_color": "--ds-ink",
    "body_text_color_subdued": "--ds-muted",
    "body_text_size": "--ds-text",
    "background_fill_primary": "--ds-surface",
    "background_fill_secondary": "--ds-sunken",
    "block_background_fill": "--ds-surface",
    "block_padding": "--ds-pad",
    "block_radius": "--ds-radius",
    "block_shadow": "--ds-shadow",
    "border_color_primary": "--ds-line",
    "block_border_color": "--ds-line",
    "color_accent": "--ds-accent",
    "color_accent_soft": "--ds-accent-soft",
    "error_background_fill": "--ds-danger-soft",
    "error_icon_color": "--ds-danger",
    "error_text_color": "--ds-danger-ink",
    "input_background_fill": "--ds-sunken",
    "input_border_color": "--ds-line-strong",
    "input_border_color_focus": "--ds-focus",
    "input_radius": "--ds-radius-small",
    "layout_gap": "--ds-gap",
    "shadow_drop": "--ds-shadow",
    "shadow_drop_lg": "--ds-shadow-high",
}
"""Variable -> token. Where two name one token, the later of those that are set wins."""

_CARD: Final = ":is(.card,.row-panel,.column-panel)"
_LABEL: Final = ".block .label"
_OPTION: Final = ".option"
_CHECKED: Final = ".option:has(:checked)"
_TICK: Final = ":is(.check,.option) input"


def _button(variant: str, selector: str, fill: str, ink: str) -> dict[str, Rule]:
    hover = f"{selector}:hover:not(:disabled)"
    pressed = f"{selector}:active:not(:disabled)"
    name = f"button_{variant}"
    return {
        f"{name}_background_fill": Rule(selector, "background", f"var({fill})"),
        f"{name}_background_fill_hover": Rule(hover, "background", f"var({fill}-hover,var(--ds-hover))"),
        f"{name}_border_color": Rule(selector, "border-color", "var(--ds-line-strong)"),
        f"{name}_border_color_hover": Rule(hover, "border-color", "var(--ds-line-strong)"),
        f"{name}_text_color": Rule(selector, "color", f"var({ink})"),
        f"{name}_text_color_hover": Rule(hover, "color", f"var({ink})"),
        f"{name}_shadow": Rule(selector, "box-shadow", "none"),
        f"{name}_shadow_hover": Rule(hover, "box-shadow", "none"),
        f"{name}_shadow_active": Rule(pressed, "box-shadow", "none"),
    }


def _button_size(size: str, css: str) -> dict[str, Rule]:
    selector = f".button.size-{css}"
    name = f"button_{size}"
    return {
        f"{name}_padding": Rule(selector, "padding", "8px 20px"),
        f"{name}_radius": Rule(selector, "border-radius", "var(--ds-radius-small)"),
        f"{name}_text_size": Rule(selector, "font-size", "inherit"),
        f"{name}_text_weight": Rule(selector, "font-weight", "600"),
    }


RULES: Final = {
    "body_text_weight": Rule("body", "font-weight", "400"),
    "link_text_color": Rule(".prose a", "color", "var(--ds-accent)"),
    "link_text_color_active": Rule(".prose a:active", "color", "var(--ds-accent)"),
    "link_text_color_hover": Rule(".prose a:hover", "color", "var(--ds-accent)"),
    "link_text_color_visited": Rule(".prose a:visited", "color", "var(--ds-accent)"),
    "prose_text_size": Rule(".prose", "font-size", "inherit"),
    "prose_text_weight": Rule(".prose", "font-weight", "inherit"),
    "prose_header_text_weight": Rule(".prose :is(h1,h2,h3,h4,h5,h6)", "font-weight", "700"),
    "code_background_fill": Rule(".prose :is(code,pre)", "background", "var(--ds-hover)"),
    "block_border_width": Rule(_CARD, "border-width", "1px"),
    "block_info_text_color": Rule(".info", "color", "var(--ds-muted)"),
    "block_info_text_size": Rule(".info", "font-size", "13px"),
    "block_info_text_weight": Rule(".info", "font-weight", "400"),
    "block_label_background_fill": Rule(_LABEL, "background", "none"),
    "block_label_border_color": Rule(_LABEL, "border-color", "transparent"),
    "block_label_border_width": Rule(_LABEL, "border-style:solid;border-width", "0"),
    "block_label_margin": Rule(_LABEL, "margin", "0"),
    "block_label_padding": Rule(_LABEL, "padding", "0"),
    "block_label_radius": Rule(_LABEL, "border-radius", "0"),
    "block_label_shadow": Rule(_LABEL, "box-shadow", "none"),
    "block_label_text_color": Rule(_LABEL, "color", "inherit"),
    "block_label_text_size": Rule(_LABEL, "font-size", "14px"),
    "block_label_text_weight": Rule(_LABEL, "font-weight", "600"),
    "block_title_background_fill": Rule(_LABEL, "background", "none"),
    "block_title_border_color": Rule(_LABEL, "border-color", "transparent"),
    "block_title_border_width": Rule(_LABEL, "border-style:solid;border-width", "0"),
    "block_title_padding": Rule(_LABEL, "padding", "0"),
    "block_title_radius": Rule(_LABEL, "border-radius", "0"),
    "block_title_text_color": Rule(_LABEL, "color", "inherit"),
    "block_title_text_size": Rule(_LABEL, "font-size", "14px"),
    "block_title_text_weight": Rule(_LABEL, "font-weight", "600"),
    "container_radius": Rule(_CARD, "border-radius", "var(--ds-radius)"),
    "embed_radius": Rule(".gradio-container", "border-radius", "0"),
    "form_gap_width": Rule(".form", "gap", "20px"),
    "panel_background_fill": Rule(":is(.row-panel,.column-panel)", "background", "var(--ds-surface)"),
    "panel_border_color": Rule(":is(.row-panel,.column-panel)", "border-color", "var(--ds-line)"),
    "panel_border_width": Rule(":is(.row-panel,.column-panel)", "border-width", "1px"),
    "accordion_text_color": Rule(".accordion summary", "color", "inherit"),
    "table_text_color": Rule("table", "color", "inherit"),
    "table_border_color": Rule(":is(th,td)", "border-color", "var(--ds-line)"),
    "table_even_background_fill": Rule("tbody tr:nth-child(even)", "background", "none"),
    "table_odd_background_fill": Rule("tbody tr:nth-child(odd)", "background", "none"),
    "table_radius": Rule(".table", "border-radius", "0"),
    "checkbox_background_color_selected": Rule(_TICK, "accent-color", "var(--ds-accent)"),
    "checkbox_label_background_fill": Rule(_OPTION, "background", "var(--ds-sunken)"),
    "checkbox_label_background_fill_hover": Rule(f"{_OPTION}:hover", "background", "var(--ds-hover)"),
    "checkbox_label_background_fill_selected": Rule(_CHECKED, "background", "var(--ds-accent-soft)"),
    "checkbox_label_border_color": Rule(_OPTION, "border-color", "var(--ds-line-strong)"),
    "checkbox_label_border_color_hover": Rule(f"{_OPTION}:hover", "border-color", "var(--ds-line-strong)"),
    "checkbox_label_border_color_selected": Rule(_CHECKED, "border-color", "var(--ds-accent)"),
    "checkbox_label_border_width": Rule(_OPTION, "border-width", "1px"),
    "checkbox_label_gap": Rule(".options", "gap", "8px"),
    "checkbox_label_padding": Rule(_OPTION, "padding", "6px 14px 6px 11px"),
    "checkbox_label_shadow": Rule(_OPTION, "box-shadow", "none"),
    "checkbox_label_shadow_hover": Rule(f"{_OPTION}:hover", "box-shadow", "none"),
    "checkbox_label_shadow_active": Rule(f"{_OPTION}:active", "box-shadow", "none"),
    "checkbox_label_text_color": Rule(_OPTION, "color", "inherit"),
    "checkbox_label_text_color_selected": Rule(_CHECKED, "color", "inherit"),
    "checkbox_label_text_size": Rule(_OPTION, "font-size", "14px"),
    "checkbox_label_text_weight": Rule(_OPTION, "font-weight", "400"),
    "error_border_color": Rule(".failure", "border-color", "transparent"),
    "error_border_width": Rule(".failure", "border-style:solid;border-width", "0"),
    "input_background_fill_focus": Rule(".input:focus", "background", "var(--ds-sunken)"),
    "input_background_fill_hover": Rule(".input:hover", "background", "var(--ds-sunken)"),
    "input_border_color_hover": Rule(".input:hover", "border-color", "var(--ds-muted)"),
    "input_border_width": Rule(".input", "border-width", "1px"),
    "input_padding": Rule(".input", "padding", "9px 12px"),
    "input_placeholder_color": Rule(".input::placeholder", "color", "var(--ds-muted)"),
    "input_shadow": Rule(".input", "box-shadow", "none"),
    "input_shadow_focus": Rule(".input:focus", "box-shadow", "none"),
    "input_text_size": Rule(".input", "font-size", "inherit"),
    "input_text_weight": Rule(".input", "font-weight", "inherit"),
    "loader_color": Rule(":is(.bar,.sliding)::after", "background", "var(--ds-accent)"),
    "slider_color": Rule(".slider", "--ds-accent", "inherit"),
    "stat_background_fill": Rule(".confidence-bar::after", "background", "var(--ds-accent)"),
    "button_border_width": Rule(".button", "border-width", "1px"),
    "button_transform_hover": Rule(".button:hover", "transform", "none"),
    "button_transform_active": Rule(".button:active", "transform", "none"),
    "button_transition": Rule(".button", "transition", "none"),
    **_button_size("large", "lg"),
    **_button_size("medium", "md"),
    **_button_size("small", "sm"),
    **_button("primary", ".button.primary", "--ds-accent", "--ds-on-accent"),
    **_button("secondary", ".button.secondary", "--ds-surface", "--ds-ink"),
    **_button("cancel", ".button.stop", "--ds-surface", "--ds-danger"),
}
"""Variable -> the declaration that it is the value of."""

KEPT: Final = frozenset(
    {
        *("border_color_accent", "border_color_accent_subdued", "shadow_inset", "shadow_spread"),
        *("block_label_right_radius", "section_header_text_size", "section_header_text_weight"),
        *("checkbox_background_color", "chatbot_text_size", "checkbox_background_color_focus"),
        *("checkbox_background_color_hover", "checkbox_border_color", "checkbox_border_color_focus"),
        *("checkbox_border_color_hover", "checkbox_border_color_selected", "checkbox_border_radius"),
        *("checkbox_border_width", "checkbox_check", "radio_circle", "checkbox_shadow", "table_row_focus"),
    }
)
"""Variables that change nothing by themselves."""

NAMES: Final = frozenset({*TOKENS, *RULES, *KEPT})


def base_of(name: str) -> str:
    """`body_text_color_dark` is the dark side of `body_text_color`."""
    return name.removesuffix("_dark")


def property_of(name: str) -> str:
    """`body_text_color` -> `--body-text-color`."""
    return "--" + name.replace("_", "-")
