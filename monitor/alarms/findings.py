"""What a rule found: the incident as it ought to stand. The rules of `monitor.anomalies` make findings, alarms take them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from registry.clock import Instant
from registry.ids import AlarmId, DeviceAddress, SiteId, ZoneId
from registry.messages.alarms import AlarmFlag
from registry.messages.events import MediaReference


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalKey:
    """What makes a signal one: its source and its own id."""

    device: DeviceAddress
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A signal that an incident rests on."""

    key: SignalKey
    type: str
    occurred_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture or clip, with the signal that it came with: what the device saw, and when."""

    media: MediaReference
    device: DeviceAddress
    occurred_at: Instant


@dataclass(frozen=True, slots=True)
class Named:
    """A name that stands in a text, in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A sentence: a key of the catalogues and what fills it. The texts are stored with the alarm, as they were said then."""

    key: str
    facts: Mapping[str, str | int | Named | tuple[Named, ...]]
    """A tuple of names is listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An incident as the evidence at hand shows it: the same evidence always gives the same finding."""

    id: AlarmId
    site: SiteId
    zone: ZoneId | None
    rule: str
    rule_version: int
    key: str
    priority: int
    flags: frozenset[AlarmFlag]
    latched: bool
    occurred_at: Instant
    count: int
    evidence: tuple[Evidence, ...]
    pictures: tuple[Picture, ...]
    """The earliest first, each once."""
    explanation: tuple[Words, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An alarm that stands, as far as a rule must know it. `closed_at` None: it is open."""

    id: AlarmId
    occurred_at: Instant
    closed_at: Instant | None
    evidence: Mapping[SignalKey, Evidence] = field(repr=False)
