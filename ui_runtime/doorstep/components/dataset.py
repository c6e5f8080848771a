"""Rows of sample values to choose from: what examples are shown with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Unpack

from doorstep.components import from_shortcut
from doorstep.components.arguments import check_option
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.errors import UsageError
from doorstep.events.listener import EventListener

Passes = Literal["values", "index", "tuple"]


class Dataset(Component):
    """Shows `samples`, each a list with one value for each of `components`.

    Passes the chosen sample (`type="values"`), its index, or both as a tuple; `None` while nothing is chosen.
    One component makes a gallery of cards, several a table with `headers`.
    """

    type: ClassVar[str] = "dataset"
    PROPS: ClassVar = ("headers", "layout", "samples_per_page", "sample_labels")
    is_static: ClassVar[bool] = True

    change = EventListener()
    click = EventListener()
    select = EventListener()

    def __init__(
        self,
        *,
        components: Sequence[Component] | Sequence[str] | None = None,
        component_props: list[dict[str, Any]] | None = None,  # noqa: ARG002  # of a page of Gradio's own
        samples: list[list[Any]] | None = None,
        headers: list[str] | None = None,
        type: Passes = "values",  # noqa: A002  # the public name
        layout: Literal["gallery", "table"] | None = None,
        samples_per_page: int = 10,
        sample_labels: list[str] | None = None,
        proxy_url: str | None = None,  # noqa: ARG002
        **common: Unpack[ComponentProps],
    ) -> None:
        check_option("Dataset", "type", type, ("values", "index", "tuple"))
        self.passes = type
        self.components = [_component(each) for each in components or ()]
        self.samples = [_row(each, len(self.components)) for each in samples or ()]
        self.headers = headers or [each.label or "" for each in self.components]
        self.layout = layout or ("gallery" if len(self.components) == 1 else "table")
        self.samples_per_page = samples_per_page
        self.sample_labels = sample_labels
        self._check()
        super().__init__(None, **common)

    def _check(self) -> None:
        for number, sample in enumerate(self.samples):
            if len(sample) > len(self.components):
                raise UsageError(
                    f"Dataset: sample {number} has {len(sample)} values for {len(self.components)} components"
                )
        if self.sample_labels is not None and len(self.sample_labels) != len(self.samples):
            raise UsageError(
                f"Dataset: {len(self.sample_labels)} sample_labels for {len(self.samples)} samples"
            )

    def preprocess(self, wire: Any, files: Files) -> Any:
        if wire is None:
            return None
        if not isinstance(wire, int) or isinstance(wire, bool) or not 0 <= wire < len(self.samples):
            raise self.refuse(f"there is no sample {wire!r}; they are 0 to {len(self.samples) - 1}")
        passed = {"values": self.samples[wire], "index": wire, "tuple": (wire, self.samples[wire])}
        return passed[self.passes]

    def postprocess(self, value: Any, files: Files) -> int | None:
        if value is None or (isinstance(value, int) and 0 <= value < len(self.samples)):
            return value
        if isinstance(value, list) and value in self.samples:
            return self.samples.index(value)
        raise ValueError("a Dataset's value is the index of a sample, or one of its samples")

    def api_info(self) -> dict[str, Any]:
        return {"type": "integer", "description": "index of selected example", "minimum": 0}

    def file_props(self, files: Files) -> dict[str, Any]:
        """Every sample as its components show it."""
        types = [component.type for component in self.components]
        return {"component_types": types, "samples": [self._shown(each, files) for each in self.samples]}

    def _shown(self, sample: list[Any], files: Files) -> list[Any]:
        return [
            component.postprocess(value, files) if value is not None else None
            for component, value in zip(self.components, sample, strict=False)
        ]


def _component(given: Component | str) -> Component:
    return from_shortcut(given) if isinstance(given, str) else given


def _row(sample: Any, columns: int) -> list[Any]:
    """A sample of one component may be written without its list."""
    if isinstance(sample, list):
        return sample
    if columns == 1:
        return [sample]
    raise UsageError(
        f"Dataset: a sample is a list with a value for each of {columns} components, not {sample!r}"
    )
