"""The adapters that a device's record can name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from monitor.adapters.told import Read


class Adapter(NamedTuple):
    """One way of speaking. `kinds`: how its messages come, `mqtt` or `push`; `zh` and `en`: its name in a form."""

    read: Read
    kinds: frozenset[str]
    zh: str
    en: str


ADAPTERS: Mapping[str, Adapter] = MappingProxyType({})
"""By the name that stands in a device's record."""
