"""What the muster's pages show, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from gateway.checks.snapshot import Snapshot
from gateway.musters.models import MusterLine
from gateway.presence import wording
from gateway.presence.lines import Inside, Limit, LimitBy, Line
from gateway.presence.rules import Doubt, Kind
from registry.clock import Instant
from registry.i18n import Translator
from registry.ids import AreaId, GateId


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What people call gates and areas, in one language."""

    t: Translator
    snapshot: Snapshot | None
    areas: Mapping[AreaId, str]

    def gate(self, gate: GateId) -> str:
        return wording.gate_name(self.t, self.snapshot, gate)

    def area(self, area: AreaId | str | None) -> str:
        if not area:
            return self.t("muster.no_area")
        return self.areas.get(AreaId(area), area)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One line of a list: who, where last, and every doubt."""

    number: int
    subject: str
    name: str
    shown: str
    is_vehicle: bool
    kind: Kind
    unit: str
    area: str
    gate: str
    since: Instant
    doubts: Sequence[str]
    ground: str = ""
    forgiven_at: Instant | None = None
    mark: str | None = None
    marked_by: str | None = None
    marked_at: Instant | None = None
    can_be_forgiven: bool = False

    @classmethod
    def of(cls, number: int, line: Line, inside: Inside, names: Names) -> Self:
        """A line of who is inside now."""
        t = names.t
        return cls(
            number=number,
            subject=line.subject,
            name=line.name or ("" if line.shown else t("muster.unknown_person")),
            shown=line.shown if line.is_vehicle or not line.name else "",
            is_vehicle=line.is_vehicle,
            kind=line.kind,
            unit=_unit(t, line.unit_zh, line.unit_en),
            area=names.area(line.area),
            gate=names.gate(line.gate),
            since=line.since,
            doubts=wording.doubts(t, line, inside.limits),
            ground=wording.ground(t, line, names.gate(line.gate), wording.timezone_of(names.snapshot, inside.site)),
            forgiven_at=line.forgiven_at,
            can_be_forgiven=line.is_named,
        )

    @classmethod
    def called(cls, line: MusterLine, names: Names) -> Self:
        """A line of a muster."""
        t = names.t
        return cls(
            number=line.number,
            subject=line.subject,
            name=line.name or ("" if line.shown else t("muster.unknown_person")),
            shown=line.shown if line.kind is Kind.VEHICLE or not line.name else "",
            is_vehicle=line.kind is Kind.VEHICLE,
            kind=line.kind,
            unit=_unit(t, line.unit_zh, line.unit_en),
            area=names.area(line.area),
            gate=names.gate(line.gate),
            since=line.since,
            doubts=[_doubt_then(t, Doubt(one)) for one in line.doubts],
            mark=line.mark,
            marked_by=line.marked_by,
            marked_at=line.marked_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitView:
    """For how long one of a kind is surely inside; `said`: what the officer said, empty: nothing."""

    kind: Kind
    hours: str
    said: str
    by: LimitBy

    @classmethod
    def of(cls, kind: Kind, limit: Limit) -> Self:
        hours = f"{limit.lasts.total_seconds() / 3600:.1f}".removesuffix(".0")
        return cls(kind=kind, hours=hours, said=hours if limit.by is LimitBy.SAID else "", by=limit.by)


def _unit(t: Translator, zh: str | None, en: str | None) -> str:
    """The unit in the reader's language, else in the other."""
    return (zh or en or "") if t.language == "zh" else (en or zh or "")


def _doubt_then(t: Translator, doubt: Doubt) -> str:
    """A doubt that was written down; how long was too long then is not."""
    return t("doubt.stayed_longer") if doubt is Doubt.STAYED_LONG else t(f"doubt.{doubt}")
