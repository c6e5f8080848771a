"""Who may look at a link: what is asked of visitors, changed while the link lives.

Of secrets the page learns that there are some. What was not changed on the form is not sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final
from urllib.parse import quote

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.dashboard.confirming import Confirmation, Question
from doorstep_relay.dashboard.desk import Desk, told
from doorstep_relay.dashboard.listing import LOUD, QUIET
from doorstep_relay.dashboard.pieces import facts, page_of
from doorstep_relay.dashboard.words import minute_text
from doorstep_relay.domain.policy import OPEN, People, Policy, new_key
from doorstep_relay.errors import NoSuchShare, ShareEnded

_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_FIRST_PAGE: Final[dict[str, bool | None]] = {"As the relay has it": None, "Always": True, "Never": False}
_PASSWORD, _KEY = "Password", "Key in the link"
_OPEN_TO_ALL: Final = "open to everybody"


@dataclass(frozen=True, slots=True)
class Written:
    """The form's fields, in the order of the page."""

    password: str
    networks: str
    people: str
    methods: list[str]
    starts: float | None
    ends: float | None
    first_page: str
    one_time: bool
    new_key: bool
    index: bool
    away: list[str]


class PolicyForm:
    """Built where it stands on the page."""

    def __init__(self, desk: Desk, chosen: Any, *, is_admin: bool) -> None:
        self._desk = desk
        self._chosen = chosen
        self.summary = ds.HTML(elem_id="policy")
        with ds.Group():
            self._fields = [*self._who(), *self._when(is_admin=is_admin), *self._how()]
        self._link = ds.Textbox(
            label="Link with its new key: copy it now, it is shown this once",
            interactive=False,
            buttons=["copy"],
            visible=False,
        )
        with ds.Row(elem_classes="dash-actions"):
            self._save = ds.Button("Save who may look", variant="primary")
            self._clear = ds.Button("Let everybody look", variant="stop")
        self._confirm = Confirmation()
        self.question = self._confirm.box
        self._shown = [self.summary, *self._fields, self._link]
        self._save.click(self.save, [chosen, *self._fields], self._shown, **LOUD)
        self._confirm.ask(self._clear, self.ask_clear, [chosen])
        self._confirm.on("clear", self.clear)
        self._confirm.wire(self._shown)

    def _who(self) -> list[Any]:
        with ds.Row(elem_classes="fields"):
            password = ds.Textbox(
                label="Password",
                type="password",
                info="Left empty, it stays as it is",
                max_length=256,
                html_attributes={"autocomplete": "new-password"},
            )
            networks = ds.Textbox(
                label="Networks", info="Like 192.0.2.0/24, with spaces between; none for anywhere"
            )
            people = ds.Textbox(
                label="People who sign in",
                info="Addresses, domains, or * for all; none for no sign-in",
                visible=self._desk.services.visitors_openid is not None,
            )
        return [password, networks, people]

    def _when(self, *, is_admin: bool) -> list[Any]:
        first_pages = [name for name, value in _FIRST_PAGE.items() if is_admin or value is not False]
        with ds.Row(elem_classes="fields"):
            methods = ds.Dropdown(_METHODS, value=[], multiselect=True, label="Methods", info="None for all")
            starts = ds.DateTime(label="From (UTC)", info="None for at once", timezone="UTC")
            ends = ds.DateTime(label="Until (UTC)", info="None for as long as it lives", timezone="UTC")
            first_page = ds.Dropdown(
                first_pages,
                value=first_pages[0],
                label="Page that tells where the link leads",
                info="Shown to people once, before the app",
                filterable=False,
            )
        return [methods, starts, ends, first_page]

    def _how(self) -> list[Any]:
        with ds.Row(elem_classes="fields"):
            one_time = ds.Checkbox(label="One-time: the first browser keeps it")
            made = ds.Checkbox(label="Make a new key for the link")
            index = ds.Checkbox(label="Search engines may keep it")
            away = ds.CheckboxGroup([], label="Ask no more for", visible=False)
        return [one_time, made, index, away]

    def load_after(self, event: Any) -> None:
        """Show it once this has happened."""
        event.success(self.load, self._chosen, self._shown, **QUIET)

    async def load(self, name: str, request: ds.Request) -> Any:
        """What is asked of visitors now."""
        if not name:
            return [ds.skip() for _ in self._shown]
        with told():
            actor = await self._desk.viewer(request)
            return _filled(await self._policy(name, actor))

    async def save(self, request: ds.Request, name: str, *given: Any) -> Any:
        """Ask this of visitors from now on; who is inside and may not any more is turned out."""
        with told():
            actor = await self._desk.viewer(request)
            written = Written(*given)
            key = new_key() if written.new_key else None
            wanted = changes(written, await self._desk.services.policies.of(name, actor), key)
            changed = await self._desk.services.policies.amend(name, actor, wanted)
            await self._desk.obey(changed.change)
            ds.Success(f"Who may look at {name} is saved.")
            return _filled(changed.policy, self._with_key(name, key))

    async def ask_clear(self, _request: ds.Request, name: str) -> Question:
        """Passwords and keys are not to be had back."""
        text = f"Let everybody look at {name}? Its password, key and all other conditions are forgotten."
        return Question(text, f"Yes, open {name} to everybody", "clear", (name,))

    async def clear(self, request: ds.Request, name: str) -> Any:
        """Ask nothing of visitors any more."""
        with told():
            actor = await self._desk.viewer(request)
            changed = await self._desk.services.policies.replace(name, actor, {})
            await self._desk.obey(changed.change)
            ds.Success(f"Everybody may look at {name}.")
            return _filled(changed.policy)

    async def _policy(self, name: str, actor: Actor) -> Policy:
        """Of a link that is over, or is not there any more, there is nothing to show."""
        try:
            return await self._desk.services.policies.of(name, actor)
        except (NoSuchShare, ShareEnded):
            return OPEN

    def _with_key(self, name: str, key: str | None) -> str:
        return f"{self._desk.services.settings.share_url(name)}?k={quote(key)}" if key else ""


def _filled(policy: Policy, link: str = "") -> list[Any]:
    secrets = [name for name, kept in ((_PASSWORD, policy.password), (_KEY, policy.key)) if kept]
    shown = Written(
        password="",
        networks=" ".join(policy.networks),
        people=_people_text(policy.oidc),
        methods=list(policy.methods),
        starts=policy.starts,
        ends=policy.ends,
        first_page=next(name for name, value in _FIRST_PAGE.items() if value is policy.interstitial),
        one_time=bool(policy.one_time),
        new_key=False,
        index=policy.index,
        away=[],
    )
    values = [getattr(shown, field.name) for field in fields(shown)]
    values[-1] = ds.update(choices=secrets, value=[], visible=bool(secrets))
    return [_summary(policy), *values, ds.update(value=link, visible=bool(link))]


def _summary(policy: Policy) -> str:
    asked = [
        ("Password", "asked for" if policy.password else ""),
        ("Key in the link", "asked for" if policy.key else ""),
        ("One-time", ("taken" if policy.taken else "nobody came yet") if policy.one_time else ""),
        ("Networks", ", ".join(policy.networks)),
        ("Methods", ", ".join(policy.methods)),
        ("People", _people_text(policy.oidc)),
        ("From", minute_text(policy.starts)),
        ("Until", minute_text(policy.ends)),
    ]
    return page_of(facts(asked if not policy.is_open else [("Visitors", _OPEN_TO_ALL)]))


def changes(written: Written, before: Policy, key: str | None) -> Mapping[str, Any]:
    """What is to become another thing; None for what is taken away."""
    now = {
        "networks": list(before.networks),
        "oidc": _people(_people_text(before.oidc)),
        "methods": list(before.methods),
        "starts": before.starts,
        "ends": before.ends,
        "interstitial": before.interstitial,
        "one_time": bool(before.one_time),
        "index": before.index,
    }
    asked = {
        "networks": _words(written.networks),
        "oidc": _people(written.people),
        "methods": written.methods or [],
        "starts": written.starts,
        "ends": written.ends,
        "interstitial": _FIRST_PAGE[written.first_page],
        "one_time": bool(written.one_time),
        "index": bool(written.index),
    }
    changed = {field: value for field, value in asked.items() if value != now[field]}
    return {field: None if value in ([], {}) else value for field, value in changed.items()} | _secrets(
        written, key
    )


def _secrets(written: Written, key: str | None) -> dict[str, Any]:
    away = set(written.away or ())
    found: dict[str, Any] = {}
    if written.password or _PASSWORD in away:
        found["password"] = written.password or None
    if key or _KEY in away:
        found["key"] = key
    return found


def _words(text: str) -> list[str]:
    return (text or "").replace(",", " ").split()


def _people(text: str) -> dict[str, list[str]]:
    """Addresses have somebody before the @, domains nobody."""
    words = _words(text)
    emails = [word for word in words if "@" in word.strip("@")]
    domains = [word for word in words if word not in emails]
    return {kind: found for kind, found in (("domains", domains), ("emails", emails)) if found}


def _people_text(people: People | None) -> str:
    return " ".join((*people.domains, *people.emails)) if people else ""
