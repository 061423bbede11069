"""What the patrol page shows: the rounds of a day as the guard who walks them needs them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from monitor.patrols.rules import LIMITS, JudgedRound, JudgedVisit, Judgement
from registry.clock import Instant
from registry.devices.facts import SiteFacts


class Standing(StrEnum):
    """How a checkpoint stands for the guard: a pending one is due once its window is open."""

    PENDING = "pending"
    DUE = "due"
    ON_TIME = "on_time"
    LATE = "late"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopLine:
    """A checkpoint of the round, in the site's time. `number` counts from 1.

    A scan in `opens <= scan < closes` is on time: the plan's window with the tolerance on both sides.
    """

    number: int
    name: str
    opens: datetime
    closes: datetime
    standing: Standing
    scanned: datetime | None
    is_next: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundLine:
    """A round in the list of the day."""

    starts: datetime
    starts_at: Instant
    tour: str
    done: int
    total: int
    missed: int
    shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The page at one moment. `stops` are those of the round that is shown; `following` is the checkpoint to go to."""

    site: SiteFacts
    sites: tuple[SiteFacts, ...]
    rounds: tuple[RoundLine, ...]
    shown: RoundLine | None
    stops: tuple[StopLine, ...]
    following: StopLine | None
    now: datetime


def sheet(
    site: SiteFacts,
    sites: Sequence[SiteFacts],
    rounds: Sequence[JudgedRound],
    now: Instant,
    *,
    wanted: Instant | None,
    lang: str,
) -> Sheet:
    """Lay out the rounds of a site. `rounds` are in the order of their starts; `wanted`: the start of the one to show."""
    timezone = ZoneInfo(site.timezone)
    chosen = next((each for each in rounds if each.round.starts_at == wanted), None) or current(rounds, now)
    lines = tuple(_round(each, timezone, lang, shown=each is chosen) for each in rounds)
    stops = _stops(chosen, timezone, now, lang) if chosen else ()
    return Sheet(
        site=site,
        sites=tuple(sites),
        rounds=lines,
        shown=next((line for line in lines if line.shown), None),
        stops=stops,
        following=next((stop for stop in stops if stop.is_next), None),
        now=now.astimezone(timezone),
    )


def current(rounds: Sequence[JudgedRound], now: Instant) -> JudgedRound | None:
    """The round that is walked now; else the next one; else the last of the day."""
    walked = [each for each in rounds if each.round.starts_at - LIMITS.tolerance <= now < ends_at(each)]
    ahead = [each for each in rounds if each.round.starts_at > now]
    return next(iter([*walked, *ahead, *reversed(rounds)]), None)


def ends_at(judged: JudgedRound) -> Instant:
    """When the last checkpoint of a round can no longer be visited in time."""
    return max((visit.visit.missed_at() for visit in judged.visits), default=judged.round.starts_at)


def standing_of(judged: JudgedVisit, now: Instant) -> Standing:
    if judged.judgement is Judgement.PENDING and now >= judged.visit.opens_at - LIMITS.tolerance:
        return Standing.DUE
    return Standing(judged.judgement)


def _round(judged: JudgedRound, timezone: ZoneInfo, lang: str, *, shown: bool) -> RoundLine:
    tour = judged.round.tour
    return RoundLine(
        starts=judged.round.starts_at.astimezone(timezone),
        starts_at=judged.round.starts_at,
        tour=tour.name_en if lang == "en" else tour.name_zh,
        done=sum(visit.scan is not None for visit in judged.visits),
        total=len(judged.visits),
        missed=sum(visit.judgement is Judgement.MISSED for visit in judged.visits),
        shown=shown,
    )


def _stops(judged: JudgedRound, timezone: ZoneInfo, now: Instant, lang: str) -> tuple[StopLine, ...]:
    first_open = next(
        (index for index, visit in enumerate(judged.visits) if visit.judgement is Judgement.PENDING), None
    )
    return tuple(
        StopLine(
            number=index + 1,
            name=visit.visit.stop.checkpoint.name_en if lang == "en" else visit.visit.stop.checkpoint.name_zh,
            opens=(visit.visit.opens_at - LIMITS.tolerance).astimezone(timezone),
            closes=(visit.visit.closes_at + LIMITS.tolerance).astimezone(timezone),
            standing=standing_of(visit, now),
            scanned=visit.scan.occurred_at.astimezone(timezone) if visit.scan else None,
            is_next=index == first_open,
        )
        for index, visit in enumerate(judged.visits)
    )
