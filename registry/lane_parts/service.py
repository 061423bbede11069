"""Saying what a lane has, and whether a fire alarm opens it."""

from sqlalchemy.orm import Session

from registry.access.parts import TAKES, LanePart, MqttSettings, PartRole, PartSettings
from registry.audit.chain import record
from registry.clock import Instant
from registry.devices.queries import find_device
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import DeviceAddress, GateId, LaneId
from registry.lane_parts import queries
from registry.lane_parts.models import LanePartRow
from registry.problems import NotFound, Unprocessable
from registry.revisions.service import keep, require_unchanged
from registry.sites.models import Lane


class NoSuchPart(NotFound):
    slug = "no-such-lane-part"
    title = "The lane has no such part"


class PartNotTaken(Unprocessable):
    """`driver` and `role` say which do not fit."""

    slug = "lane-part-not-taken"
    title = "This driver does not speak to such a part"


class NoSuchPartDevice(Unprocessable):
    slug = "lane-part-no-device"
    title = "There is no such device at this compound"


def set_part(
    session: Session,
    lane: Lane,
    role: PartRole,
    position: int,
    settings: PartSettings,
    *,
    read: int,
    by: str,
    now: Instant,
) -> None:
    """Say what a part of a lane is; the one in its place is no more. `read`: the revision that was shown.

    Raises:
        PartNotTaken, NoSuchPartDevice: nothing is changed.
        ChangedMeanwhile: somebody else changed the lane's parts.

    """
    if role not in TAKES[settings.driver]:
        raise PartNotTaken(
            f"{settings.driver} does not speak to a {role}.", driver=str(settings.driver), role=str(role)
        )
    if isinstance(settings, MqttSettings):
        device = DeviceAddress.parse(settings.device)
        if device.site != lane.site or find_device(session, device) is None:
            raise NoSuchPartDevice(f"There is no device {settings.device} at {lane.site}.")
    require_unchanged(session, subject_of(lane.id), read)
    before = fields_of(session, lane)
    row = queries.row_of(session, lane.id, role, position)
    if row is None:
        row = LanePartRow(lane=lane.id, role=role, position=position)
        session.add(row)
    row.driver, row.settings = settings.driver, settings.model_dump(mode="json")
    session.flush()
    _keep(session, lane, "lane-part-set", before, by=by, now=now)


def remove_part(
    session: Session, lane: Lane, role: PartRole, position: int, *, read: int, by: str, now: Instant
) -> None:
    """Take a part away.

    Raises:
        NoSuchPart: there is none.
        ChangedMeanwhile: somebody else changed the lane's parts.

    """
    row = queries.row_of(session, lane.id, role, position)
    if row is None:
        raise NoSuchPart
    require_unchanged(session, subject_of(lane.id), read)
    before = fields_of(session, lane)
    session.delete(row)
    session.flush()
    _keep(session, lane, "lane-part-removed", before, by=by, now=now)


def open_on_fire(session: Session, lane: Lane, *, opens: bool, read: int, by: str, now: Instant) -> None:
    """Say whether a fire alarm opens a lane. The hardware's own release does not depend on this."""
    require_unchanged(session, subject_of(lane.id), read)
    before = fields_of(session, lane)
    lane.opens_on_fire = opens
    session.flush()
    _keep(session, lane, "lane-on-fire-set", before, by=by, now=now)


def subject_of(lane: LaneId) -> str:
    """Under which the lane's revisions are kept."""
    return f"lane-parts:{lane}"


def fields_of(session: Session, lane: Lane) -> dict[str, object]:
    """What a lane has, as its history shows it."""
    parts = [part for part in queries.parts_of(session, [GateId(lane.gate)]) if part.lane == lane.id]
    return {"parts": [told(part) for part in parts], "opens_on_fire": lane.opens_on_fire}


def told(part: LanePart) -> str:
    """A part in one line."""
    told = part.settings.model_dump(mode="json")
    driver = told.pop("driver").upper()
    return f"{part.role} {part.position}: {driver}, {', '.join(f'{name} {value}' for name, value in told.items())}"


def _keep(session: Session, lane: Lane, action: str, before: dict[str, object], *, by: str, now: Instant) -> None:
    after = fields_of(session, lane)
    facts: dict[str, object] = {"lane": lane.id, **after}
    record(session, actor=by, action=action, site=lane.site, subject=f"gate:{lane.gate}", facts=facts, now=now)
    keep(session, subject_of(lane.id), action, before, after, by=by, now=now)
    record_change(session, [lane.site], ChangeKind.GATE, lane.gate)
