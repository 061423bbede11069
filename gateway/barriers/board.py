"""The board: how each part of each lane was when it was last heard of. In memory; the guard's console shows it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from threading import Lock

from gateway.barriers.driver import NotOpened, Why
from gateway.passages.models import BarrierPosition
from registry.access.parts import LanePart
from registry.clock import Instant
from registry.web.readiness import PartState

_TOLD_BY_NAME = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PartNews:
    """What is known of one part. `is_there` None: nothing has been heard of it, which is usual for what only listens."""

    part: LanePart
    is_there: bool | None = None
    since: Instant | None = None
    position: BarrierPosition | None = None
    position_at: Instant | None = None
    opened_at: Instant | None = None
    failure: Why | None = None
    """Why the last order failed; None: the last one was carried out, or there was none."""
    failure_detail: str = ""
    failed_at: Instant | None = None

    @property
    def is_well(self) -> bool:
        return self.is_there is not False and self.failure is None and self.position is not BarrierPosition.FAULT


class Board:
    """Written by drivers' threads, read by routes."""

    def __init__(self) -> None:
        self._changing = Lock()
        self._news: dict[str, PartNews] = {}

    def follow(self, parts: Iterable[LanePart]) -> None:
        """Make these the parts there are; of those that stay as they are, what is known stays."""
        with self._changing:
            known = self._news
            self._news = {
                part.name: known[part.name]
                if part.name in known and known[part.name].part == part
                else PartNews(part=part)
                for part in parts
            }

    def opened(self, part: LanePart, at: Instant) -> None:
        self._note(part, lambda news: replace(news, opened_at=at, failure=None, failure_detail="", failed_at=None))

    def failed(self, part: LanePart, error: NotOpened, at: Instant) -> None:
        self._note(part, lambda news: replace(news, failure=error.why, failure_detail=error.detail[:200], failed_at=at))

    def linked(self, part: LanePart, at: Instant, *, is_there: bool) -> None:
        self._note(part, lambda news: news if news.is_there is is_there else replace(news, is_there=is_there, since=at))

    def stands(self, part: LanePart, position: BarrierPosition, at: Instant) -> None:
        self._note(part, lambda news: replace(news, position=position, position_at=at))

    def news(self) -> list[PartNews]:
        with self._changing:
            return list(self._news.values())

    def state(self) -> PartState:
        """For `/readyz`: what does not work is told, and checks are answered all the same."""
        news = self.news()
        ill = [each.part.name for each in news if not each.is_well]
        if not ill:
            return PartState(ready=True, detail=f"{len(news)} parts of lanes", vital=False)
        named = ", ".join(ill[:_TOLD_BY_NAME])
        more = f" and {len(ill) - _TOLD_BY_NAME} more" if len(ill) > _TOLD_BY_NAME else ""
        detail = f"{len(ill)} of {len(news)} parts of lanes do not work: {named}{more}"
        return PartState(ready=False, detail=detail, vital=False)

    def _note(self, part: LanePart, change: Callable[[PartNews], PartNews]) -> None:
        with self._changing:
            known = self._news.get(part.name)
            if known is not None:
                self._news[part.name] = change(known)
