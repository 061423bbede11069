"""What waits for a clerk today: each feature says its own lines, the first page gathers them.

How a feature adds a line: in its page's module write `def waiting(desk: Desk) -> Iterable[Waiting]`, one statement that
counts (`desk.session`, only at `desk.sites`, those whose registry the reader reads), and name it in `PROVIDERS` of
`registry/office/overview.py`. `Waiting.text` is a key of the catalogue that continues the number ("… rooms are overdue"),
`facts` fill its placeholders; a count of 0 is not shown. `link` leads to the list that holds just these.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from registry.auth.principal import Principal
from registry.clock import Instant
from registry.ids import SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Whose day it is: the reader, the sites whose registry they read, and the moment."""

    session: Session
    reader: Principal
    sites: frozenset[SiteId]
    today: date
    """At the reader's first site."""
    now: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One line of the first page."""

    text: str
    count: int
    link: str
    facts: Mapping[str, object] = field(default_factory=dict)
    urgent: bool = False
    """Whether it is late already; such lines come first."""


Provider = Callable[[Desk], Iterable[Waiting]]
