"""An app's own texts in several languages: `i18n("key")` stands for the one in the visitor's.

The text of `i18n("key")` is a mark that the page replaces, alone or within other text.
"""

from __future__ import annotations

import json
import re
from typing import Final

from doorstep.errors import UsageError

_MARK: Final = "__i18n__"
_MARKED: Final = re.compile(_MARK + r'(\{"__type__": "translation_metadata", "key": "(?:[^"\\]|\\.)*"\})')


class I18n:
    """`I18n(en={"hello": "Hello"}, de={"hello": "Hallo"})`: texts by language and key.

    Languages are named as browsers do: `pt`, `pt_BR` or `"pt-BR"`. A key that the visitor's language does
    not have is looked up in English, then in the first language; without one it is shown itself.
    """

    def __init__(self, **translations: dict[str, str]) -> None:
        for language, texts in translations.items():
            if not hasattr(texts, "items") or not all(isinstance(each, str) for each in texts.values()):
                raise UsageError(f"I18n: {language} is a dict of key and text, not {texts!r}")
        self.translations = {name.replace("_", "-"): texts for name, texts in translations.items()}

    @property
    def translations_dict(self) -> dict[str, dict[str, str]]:
        """The texts by language."""
        return self.translations

    def __call__(self, key: str) -> str:
        """The mark that stands for the text."""
        return _MARK + json.dumps({"__type__": "translation_metadata", "key": key})

    def plain(self, text: str) -> str:
        """The text with its marks replaced, for who has no language: in English, else the first one."""
        order = [self.translations.get("en", {}), *self.translations.values()]

        def lookup(found: re.Match[str]) -> str:
            key = json.loads(found[1])["key"]
            return next((texts[key] for texts in order if key in texts), str(key))

        return _MARKED.sub(lookup, text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, I18n) and self.translations == other.translations

    __hash__ = None  # type: ignore[assignment]  # it can be changed
