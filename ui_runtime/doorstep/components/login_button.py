"""Buttons for who is logged in, and buttons of a hosting service that this is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self, Unpack

from doorstep.components.button import Button, LinkTarget, Size, Variant
from doorstep.events.listener import app_of
from doorstep.events.updates import update
from doorstep.report import print_line
from doorstep.request import Request

if TYPE_CHECKING:
    from doorstep.blocks import Blocks
    from doorstep.components.base import ComponentProps, Files

_LOGOUT: Final = "logout"


class LoginButton(Button):
    """Says who is logged in (`logout_value`, with the name for `{}`), and logs out when it is clicked.

    Who may use an app is said by `launch(auth=…)`, whose own page asks for the name and the password. There
    is no login with an account elsewhere: nobody being logged in, the button does nothing but its `click`.
    """

    def __init__(
        self,
        value: str = "Log in",
        logout_value: str = "Logout ({})",
        *,
        variant: Variant = "huggingface",
        **rest: Any,
    ) -> None:
        self.logout_value = logout_value
        super().__init__(value, variant=variant, **rest)
        self.loader = self._of_visitor

    def render(self) -> Self:
        super().render()
        app_of(self).before_serving(_tell)
        return self

    def _of_visitor(self, request: Request) -> dict[str, Any]:
        if not request.username:
            return update()
        return update(value=self.logout_value.format(request.username), link=_LOGOUT)


class LogoutButton(Button):
    """Leads to `/logout`, which ends a login of `launch(auth=…)`."""

    def __init__(self, value: str = "Logout", *, link: str | None = _LOGOUT, **rest: Any) -> None:
        super().__init__(value, link=link, **rest)


class DuplicateButton(Button):
    """A button that copies an app on a hosting service; elsewhere it only fires its `click`."""

    def __init__(
        self,
        value: str = "Duplicate Space",
        *,
        variant: Variant = "huggingface",
        size: Size = "sm",
        link: str | None = None,
        link_target: LinkTarget = "_self",
        _activate: bool = True,
        **common: Unpack[ComponentProps],
    ) -> None:
        self._is_bare = _activate and link is None
        common.setdefault("scale", 0)
        super().__init__(
            value,
            variant=variant,
            size=size,
            link=link,
            link_target=link_target,
            **common,
        )

    def render(self) -> Self:
        super().render()
        if self._is_bare:
            app_of(self).before_serving(_tell_of_copies)
        return self


def _tell(_app: Blocks, _files: Files) -> None:
    print_line(
        "LoginButton: there is no login with an account elsewhere; launch(auth=…) asks for a password."
    )


def _tell_of_copies(_app: Blocks, _files: Files) -> None:
    print_line("DuplicateButton: there is nothing to duplicate here; give it a `link`, or a `click`.")
