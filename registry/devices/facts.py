"""Sites, devices and zones as the monitor, the broker and the camera workers are told them. Immutable, without a database behind them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from registry.access.facts import SiteCalendar
from registry.clock import Instant
from registry.ids import DeviceAddress, SiteId, ZoneId


class ZoneKind(StrEnum):
    """What a zone is for; a 24-hour zone cannot be disarmed."""

    PERIMETER = "perimeter"
    INTERIOR = "interior"
    ALWAYS = "24h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands on the site plan, in fractions of its width and height."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionFacts:
    """A polygon drawn on one camera's picture, in fractions of its width and height; `rules` as in the camera config."""

    id: str
    polygon: tuple[tuple[float, float], ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """A device. `secret_hash` is bcrypt; `enabled` false: it is refused by the broker and its events are dead letters."""

    address: DeviceAddress
    name_zh: str
    name_en: str
    enabled: bool
    secret_hash: str
    secret_generation: int
    foreign_prefixes: tuple[str, ...] = ()
    place: Place | None = None
    source: str | None = field(default=None, repr=False)
    """A camera's file or RTSP address; it may hold a password, so it is never logged."""
    regions: tuple[RegionFacts, ...] = ()
    adapter: str | None = None
    """Who turns into events what comes on its foreign prefixes, or is pushed in its name; None: it speaks as we do."""
    foreign_id: str | None = None
    """What the gateway that speaks for it calls it."""
    gateway: str | None = None
    """The name of the gateway of its site (class `gw`) that it hangs on."""
    is_wireless: bool = False
    heartbeat_seconds: int | None = None
    """How often it says that it lives; None: 60 s."""
    beams: int | None = None
    """Of a beam: 1, 2 or 4; None: nobody said."""
    min_interruption_ms: int | None = None
    """Of a beam: what is shorter is a bird or a leaf; None: as the rules have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneMember:
    """A device, or one region of a camera, that belongs to a zone; region None: the whole device."""

    device: DeviceAddress
    region: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFacts:
    """A thing one arms. `outline`: where it lies on the site plan, in fractions, or empty."""

    id: ZoneId
    site: SiteId
    name_zh: str
    name_en: str
    kind: ZoneKind
    armed: bool
    members: tuple[ZoneMember, ...]
    adjacent: tuple[ZoneId, ...] = ()
    outline: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingFacts:
    """A building of a compound. `outline`: where it stands on the site plan, in fractions."""

    name_zh: str
    name_en: str
    outline: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawingFacts:
    """A drawing that was uploaded for a compound's plan. `aspect`: its width by its height; `set_at` is another for each."""

    aspect: float
    set_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """A compound. `outline`: its wall on the site plan, in fractions, or empty; `drawing` stands in place of it and the buildings."""

    id: SiteId
    name_zh: str
    name_en: str
    timezone: str
    outline: tuple[tuple[float, float], ...] = ()
    buildings: tuple[BuildingFacts, ...] = ()
    drawing: DrawingFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Register:
    """All sites, devices and zones at one version, and the days of the sites.

    It is equal to itself alone: what is made of one is kept for that object.
    """

    version: int
    sites: Mapping[SiteId, SiteFacts]
    devices: Mapping[DeviceAddress, DeviceFacts]
    zones: Mapping[ZoneId, ZoneFacts]
    calendars: Mapping[SiteId, SiteCalendar] = field(default_factory=dict, repr=False)
    """The days of each site that are not what their weekday says."""
