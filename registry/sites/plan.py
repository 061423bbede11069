"""The plan of a compound: its drawing, and where its gates and devices stand on it.

A gate is also a device of class `gate` that has its name; both stand at one place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.audit.chain import record
from registry.clock import Instant
from registry.devices.facts import Place
from registry.devices.models import Device
from registry.devices.queries import NoSuchDevice
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import SiteId
from registry.messages.topics import DeviceClass
from registry.problems import Conflict
from registry.sites import queries
from registry.sites.drawing import clean_drawing
from registry.sites.models import Gate, Site, SitePlan

WIDTH = 1000.0
HEIGHT = 400.0
"""Of a plan that is drawn from the compound's outline, as the control room draws it."""
_SAME = 2e-6
"""Of a plan's width: places that differ by less are one."""


class ThingKind(StrEnum):
    """What the registry places on a plan."""

    GATE = "gate"
    DEVICE = "device"


class MovedMeanwhile(Conflict):
    """`place`: where it stands now; None: nowhere."""

    slug = "moved-meanwhile"
    title = "Somebody else has moved it meanwhile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A gate by its id, or a device by `class/name`, and where it stands; None: nowhere yet."""

    kind: ThingKind
    key: str
    name_zh: str
    name_en: str
    device_class: DeviceClass
    place: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A compound as it is drawn; `width` and `height` in units of the drawing, which places are fractions of."""

    site: Site
    width: float
    height: float
    uploaded: SitePlan | None
    """None: it is drawn from the outline and the buildings."""
    things: Sequence[Thing]


def plan(session: Session, site: SiteId) -> Plan:
    """The plan of a compound with all that may stand on it, gates first.

    Raises:
        NoSuchSite: there is none.

    """
    row = queries.site(session, site)
    uploaded = session.get(SitePlan, site)
    gates = session.scalars(select(Gate).where(Gate.site == site).order_by(Gate.id)).all()
    devices = session.scalars(select(Device).where(Device.site == site).order_by(Device.kind, Device.name)).all()
    names = {str(gate.id) for gate in gates}
    others = [device for device in devices if device.kind != DeviceClass.GATE or device.name not in names]
    return Plan(
        site=row,
        width=WIDTH,
        height=HEIGHT if uploaded is None else WIDTH * uploaded.height / uploaded.width,
        uploaded=uploaded,
        things=[*(_thing(gate) for gate in gates), *(_thing(device) for device in others)],
    )


def put(
    session: Session,
    site: SiteId,
    kind: ThingKind,
    key: str,
    place: Place | None,
    *,
    was: Place | None,
    by: str,
    now: Instant,
) -> Thing:
    """Say where a gate or a device stands; None takes it off the plan. `was`: where whoever moves it saw it.

    Raises:
        NoSuchGate, NoSuchDevice: the compound has none of this name.
        MovedMeanwhile: it is not where it was seen; nothing is changed.

    """
    row = _gate(session, site, key) if kind is ThingKind.GATE else _device(session, site, key)
    before = _place(row)
    if not is_where(before, was):
        shown = None if before is None else {"x": before.x, "y": before.y}
        raise MovedMeanwhile("Somebody else has moved it meanwhile: look where it stands now.", place=shown)
    if is_where(before, place):
        return _thing(row)
    _move(row, place)
    subject = f"gate:{key}" if kind is ThingKind.GATE else f"device:{site}/{key}"
    facts = {**_told("_before", before), **_told("", place)}
    record(session, actor=by, action=f"{kind}-placed", site=site, subject=subject, facts=facts, now=now)
    if isinstance(row, Gate):
        record_change(session, [site], ChangeKind.GATE, key)
        device = _twin(session, row)
        if device is not None:
            _move(device, place)
            record_change(session, [site], ChangeKind.DEVICE, str(device.address))
    else:
        record_change(session, [site], ChangeKind.DEVICE, str(row.address))
    return _thing(row)


def set_drawing(session: Session, site: SiteId, svg: bytes, *, by: str, now: Instant) -> SitePlan:
    """Draw the compound by an uploaded SVG, in the place of what was; what stands on it keeps its fractions.

    Raises:
        DrawingRefused, DrawingTooLarge: it cannot be drawn; nothing is changed.

    """
    queries.site(session, site)
    drawing = clean_drawing(svg)
    row = session.get(SitePlan, site)
    if row is None:
        row = SitePlan(site=site)
        session.add(row)
    row.svg, row.width, row.height = drawing.svg, drawing.width, drawing.height
    row.set_by, row.set_at = by, now
    facts: dict[str, object] = {"width": drawing.width, "height": drawing.height}
    record(session, actor=by, action="site-plan-set", site=site, subject=f"site:{site}", facts=facts, now=now)
    record_change(session, [site], ChangeKind.SITE, site)
    return row


def remove_drawing(session: Session, site: SiteId, *, by: str, now: Instant) -> None:
    """Draw the compound by its outline again."""
    row = session.get(SitePlan, site)
    if row is None:
        return
    session.delete(row)
    record(session, actor=by, action="site-plan-removed", site=site, subject=f"site:{site}", now=now)
    record_change(session, [site], ChangeKind.SITE, site)


def drawing(session: Session, site: SiteId) -> SitePlan | None:
    """The uploaded drawing of a compound."""
    return session.get(SitePlan, site)


def is_where(place: Place | None, told: Place | None) -> bool:
    """Whether these are one place; a page tells places to six digits."""
    if place is None or told is None:
        return place is told
    return abs(place.x - told.x) < _SAME and abs(place.y - told.y) < _SAME


def _gate(session: Session, site: SiteId, key: str) -> Gate:
    row = session.scalars(select(Gate).where(Gate.id == key, Gate.site == site).with_for_update()).one_or_none()
    if row is None:
        raise queries.NoSuchGate(f"There is no gate {key[:40]} at {site}.")
    return row


def _device(session: Session, site: SiteId, key: str) -> Device:
    kind, _, name = key.partition("/")
    if kind not in set(DeviceClass):
        raise NoSuchDevice("There is no such device.")
    rows = select(Device).where(Device.site == site, Device.kind == kind, Device.name == name).with_for_update()
    row = session.scalars(rows).one_or_none()
    if row is None:
        raise NoSuchDevice("There is no such device.")
    return row


def _twin(session: Session, gate: Gate) -> Device | None:
    return session.get(Device, (gate.site, DeviceClass.GATE, str(gate.id)))


def _move(row: Gate | Device, place: Place | None) -> None:
    row.x, row.y = (None, None) if place is None else (place.x, place.y)


def _place(row: Gate | Device) -> Place | None:
    return None if row.x is None or row.y is None else Place(x=row.x, y=row.y)


def _thing(row: Gate | Device) -> Thing:
    return Thing(
        kind=ThingKind.GATE if isinstance(row, Gate) else ThingKind.DEVICE,
        key=str(row.id) if isinstance(row, Gate) else f"{row.kind}/{row.name}",
        name_zh=row.name_zh,
        name_en=row.name_en,
        device_class=DeviceClass.GATE if isinstance(row, Gate) else row.kind,
        place=_place(row),
    )


def _told(when: str, place: Place | None) -> dict[str, object]:
    return {f"x{when}": place.x if place else None, f"y{when}": place.y if place else None}
