"""A date, with the time of day or without."""

from __future__ import annotations

import re
import zoneinfo
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Unpack

from doorstep.components.arguments import check_option
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.errors import UsageError
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doorstep.components.button import Button

_DATE: Final = "%Y-%m-%d"
_TIME: Final = "%Y-%m-%d %H:%M:%S"
_FORMATS: Final = (_TIME, "%Y-%m-%d %H:%M", _DATE)
_NOW: Final = re.compile(r"now(?:\s*([-+])\s*(\d{1,9})\s*([smhd]))?")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class DateTime(Component):
    """Passes seconds since 1970 (`type="timestamp"`), a `datetime` or the text; None while there is none.

    Shows any of these. Text is `2024-01-31 13:45:00` (`2024-01-31` without `include_time`), `now`, or
    `now - 5m` with a number of seconds, minutes, hours or days. Times are of `timezone`, the app's own if
    None; a `datetime` is aware when one is given.
    """

    type: ClassVar[str] = "date_time"
    PROPS: ClassVar = ("include_time",)

    change = EventListener()
    submit = EventListener()

    def __init__(
        self,
        value: float | str | datetime | Callable[[], Any] | None = None,
        *,
        include_time: bool = True,
        type: Literal["timestamp", "datetime", "string"] = "timestamp",  # noqa: A002  # the public name
        timezone: str | None = None,
        buttons: Sequence[Button] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        check_option("DateTime", "type", type, ("timestamp", "datetime", "string"))
        self.include_time = include_time
        self.passes = type
        self.timezone = timezone
        self._zone = _zone(timezone)
        if isinstance(value, str):
            _check(value)
        self.buttons = buttons
        common.setdefault("min_width", 240)  # a date and a time can be read whole
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: Files) -> float | datetime | str | None:
        if wire is None or wire == "":
            return None
        if not isinstance(wire, str):
            raise self.refuse_kind("a date", wire)
        when = self._read(wire)
        if when is None:
            example = "2024-01-31 13:45:00" if self.include_time else "2024-01-31"
            raise self.refuse(f"{wire[:60]!r} is not a date such as {example}")
        return self._passed(wire, when)

    def _passed(self, wire: str, when: datetime) -> float | datetime | str:
        if self.passes == "datetime":
            return when
        if self.passes == "timestamp":
            try:
                return when.timestamp()
            except (ValueError, OverflowError, OSError):  # the first and last days of the calendar
                raise self.refuse(f"{wire[:60]!r} is out of the range of timestamps") from None
        return self._written(when) if wire.strip().startswith("now") else wire

    def _read(self, text: str) -> datetime | None:
        text = text.strip().replace("T", " ")
        relative = _NOW.fullmatch(text)
        if relative is None:
            when = _parsed(text)
            return when if when is None or self._zone is None else when.replace(tzinfo=self._zone)
        sign, number, unit = relative.groups()
        step = timedelta(**{_UNITS[unit]: int(number)}) if unit else timedelta()
        try:
            return datetime.now(self._zone) + (step if sign == "+" else -step)
        except OverflowError:
            return None

    def postprocess(self, value: Any, files: Files) -> str | None:
        if value is None or isinstance(value, str):
            return _check(value) if value else None
        if hasattr(value, "astype"):  # a numpy datetime64
            value = value.astype("datetime64[us]").item()
        if isinstance(value, datetime):
            return self._written(value.astimezone(self._zone) if value.tzinfo else value)
        if isinstance(value, date):
            return self._written(datetime(value.year, value.month, value.day))  # noqa: DTZ001  # a day
        return self._written(datetime.fromtimestamp(value, self._zone))

    def _written(self, when: datetime) -> str:
        return when.strftime(_TIME if self.include_time else _DATE)

    def api_info(self) -> dict[str, Any]:
        form = "YYYY-MM-DD HH:MM:SS" if self.include_time else "YYYY-MM-DD"
        return {"type": "string", "description": f"Formatted as {form}"}

    def api_example(self) -> str:
        return "2026-01-31 12:00:00" if self.include_time else "2026-01-31"


def _zone(name: str | None) -> tzinfo | None:
    if name is None:
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"DateTime: timezone={name!r} is not known; 'Europe/Paris' is one") from None


def _parsed(text: str) -> datetime | None:
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  # its zone is the component's
        except ValueError:
            continue
    return None


def _check(text: str) -> str:
    """The text. Raises `UsageError` when it is no date."""
    if _parsed(text.strip().replace("T", " ")) is None and not _NOW.fullmatch(text.strip()):
        raise UsageError(f"DateTime: {text!r} is not a date such as '2024-01-31 13:45:00' or 'now - 1d'")
    return text
