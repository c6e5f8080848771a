"""`TabbedInterface`: several apps as the tabs of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from doorstep.blocks import Blocks
from doorstep.components.markdown import Markdown
from doorstep.components.tabs import Tab, Tabs
from doorstep.errors import UsageError


class TabbedInterface(Blocks):
    """Shows each app of `interface_list` in a tab called as `tab_names` says."""

    def __init__(
        self,
        interface_list: Sequence[Blocks],
        tab_names: Sequence[str] | None = None,
        title: str | None = None,
        analytics_enabled: bool | None = None,
        tabs_kwargs: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        names = list(tab_names) if tab_names is not None else _names(len(interface_list))
        if len(names) != len(interface_list):
            raise UsageError(
                f"TabbedInterface: {len(interface_list)} interfaces need as many tab_names, not {len(names)}"
            )
        super().__init__(analytics_enabled, "tabbed_interface", title or "Doorstep", **options)
        with self:
            if title:
                Markdown(f"# {title}", elem_classes="title")
            with Tabs(**tabs_kwargs or {}):
                for name, interface in zip(names, interface_list, strict=True):
                    with Tab(name):
                        interface.render()


def _names(count: int) -> list[str]:
    return [f"Tab {number}" for number in range(count)]
