"""The relay's settings: one frozen object, read once from flags and environment, passed to everything.

A flag (`--max-head`) beats its environment variable (`DOORSTEP_RELAY_MAX_HEAD`), which beats the file that
`--config` names, which beats the default. A value that cannot be used is an error that names its source,
never a default in silence.
Each setting documents itself: flags, help and docs/operations.md follow the classes that have them, one a
file, by what they are about. `setting` says what a setting is, `values` how one is read from text.
"""

from doorstep_relay.config.data_directory import make_data_directory, with_secret
from doorstep_relay.config.reading import read_settings
from doorstep_relay.config.reloading import LIVE, RESTART, changed
from doorstep_relay.config.setting import ENVIRONMENT, flag, source, variable
from doorstep_relay.config.settings import NAMES_WITH_FLAGS, Settings
from doorstep_relay.config.text import as_text, shown
from doorstep_relay.config.values import Address

__all__ = [
    "ENVIRONMENT",
    "LIVE",
    "NAMES_WITH_FLAGS",
    "RESTART",
    "Address",
    "Settings",
    "as_text",
    "changed",
    "flag",
    "make_data_directory",
    "read_settings",
    "shown",
    "source",
    "variable",
    "with_secret",
]
