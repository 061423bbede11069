"""Why somebody is counted inside, and why that is doubted, in the words of the catalogues."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from gateway.checks.snapshot import Snapshot
from gateway.presence.lines import Limit, Line
from gateway.presence.rules import Doubt, Kind
from registry.clock import DEFAULT_TIMEZONE
from registry.i18n import Translator
from registry.ids import GateId, SiteId


def ground(t: Translator, line: Line, gate: str, timezone: ZoneInfo) -> str:
    """The record by which one is counted inside; `gate`: as people call it."""
    if not line.is_named or line.shown_kind is None:
        return t("ground.unnamed", gate=gate, time=_at(line, timezone))
    return t(f"ground.{line.shown_kind}", gate=gate, time=_at(line, timezone))


def doubts(t: Translator, line: Line, limits: Mapping[Kind, Limit]) -> list[str]:
    """Each doubt as a sentence."""
    hours = limits[line.kind].lasts.total_seconds() / 3600
    return [doubt_words(t, doubt, hours) for doubt in line.standing.doubts]


def doubt_words(t: Translator, doubt: Doubt, hours: float) -> str:
    """One doubt; `hours`: how long one of that kind is surely inside."""
    return t(f"doubt.{doubt}", hours=f"{hours:.1f}".removesuffix(".0"))


def gate_name(t: Translator, snapshot: Snapshot | None, gate: GateId) -> str:
    """What people call a gate; of one that is no more, its id."""
    found = None if snapshot is None else snapshot.gate(gate)
    if found is None:
        return gate
    return found.name_zh if t.language == "zh" else found.name_en


def timezone_of(snapshot: Snapshot | None, site: SiteId) -> ZoneInfo:
    known = None if snapshot is None else snapshot.timezones.get(site)
    return known or ZoneInfo(DEFAULT_TIMEZONE)


def _at(line: Line, timezone: ZoneInfo) -> str:
    return f"{line.since.astimezone(timezone):%m-%d %H:%M}"
