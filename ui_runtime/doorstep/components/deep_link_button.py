"""A button that copies a link to the page as it is, with what was typed and what came of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Self, Unpack

from doorstep.components.base import Component, ComponentProps
from doorstep.components.button import Button, Size, Variant
from doorstep.components.textbox import Textbox
from doorstep.events.listener import app_of, listed
from doorstep.events.updates import skip
from doorstep.request import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorstep.blocks import Blocks
    from doorstep.components.base import Files
    from doorstep.events.visit import Visit

_ASIDE: Final[Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}

_COPY: Final = """async (link) => {
  if (!link) return [null, LABEL];
  const url = new URL("?deep_link=" + link, location.href).href;
  try {
    await navigator.clipboard.writeText(url);
  } catch {
    window.prompt("", url);
  }
  await new Promise((done) => setTimeout(done, 2000));
  return ["", LABEL];
}"""
"""Where a browser allows no copying (the page is not on https), it shows the link to be copied by hand."""


class DeepLinkButton(Button):
    """Copies a link that opens the page with the values it has now: of `inputs`, or of all components.

    For a moment it says `copied_value`. The values are kept where the app runs, in `.doorstep/deep_links`.
    """

    def __init__(  # type: ignore[misc]  # `inputs` means here what is shared
        self,
        value: str = "Share via Link",
        copied_value: str = "Link Copied!",
        *,
        inputs: Component | Sequence[Component] | None = None,
        variant: Variant = "secondary",
        size: Size = "lg",
        icon: str | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        super().__init__(value, variant=variant, size=size, icon=icon, **common)
        self.copied_value = copied_value
        self.shared = listed(inputs)
        if self.parent is not None:
            self._connect()

    def render(self) -> Self:
        super().render()
        if hasattr(self, "shared"):  # made with render=False; else the constructor does it
            self._connect()
        return self

    def _connect(self) -> None:
        app = app_of(self)
        copied = Textbox(visible=False)
        self._keeping = self.click(self._keep, self.shared, [copied, self], preprocess=False, **_ASIDE)
        copy = _COPY.replace("LABEL", json.dumps(self.value))
        self._keeping.success(None, copied, [copied, self], js=copy, show_progress="hidden")
        self._opening = app.add_dependency(
            [app.opened()], self._open, None, self.shared, False, postprocess=False, **_ASIDE
        )
        app.before_serving(self._find_components)

    def _find_components(self, app: Blocks, files: Files) -> None:  # noqa: ARG002  # what is done before serving
        """Once the app is whole: all of its components are shared, unless some were named."""
        from doorstep.deep_links import DeepLinks

        if not self.shared:
            mine = app.blocks_of(self._opening.page or "")
            self.shared = [each for each in mine if _has_a_value(each)]
        self._keeping.inputs = list(self.shared)
        self._opening.outputs = list(self.shared)
        self._links = DeepLinks([each.type for each in self.shared])

    def _keep(self, *values: Any) -> tuple[str, str]:
        return self._links.keep(list(values)), self.copied_value

    def _open(self, visit: Visit) -> Any:
        request = Request.of(visit)
        link = request.query_params.get("deep_link") if request is not None else None
        if not link:
            return skip()
        found = self._links.load(link, visit.files)
        if found is None:
            from doorstep.toasts import Warning as Warn

            Warn("This link is of another version of the app, or too old.", title="Link")
            return skip()
        return found[0] if len(found) == 1 else found


def deep_link_button(asked: str | DeepLinkButton | bool) -> DeepLinkButton:
    """The button for what `Interface(deep_link=…)` was given: itself, the text on it, or True."""
    if isinstance(asked, DeepLinkButton):
        return asked
    return DeepLinkButton(asked, render=False) if isinstance(asked, str) else DeepLinkButton(render=False)


def _has_a_value(block: Any) -> bool:
    return isinstance(block, Component) and block.has_look and not isinstance(block, Button)
