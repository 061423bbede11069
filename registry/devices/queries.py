"""Reading devices."""

from collections.abc import Collection, Sequence

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from registry.devices.models import Device
from registry.ids import DeviceAddress, SiteId
from registry.problems import NotFound


class NoSuchDevice(NotFound):
    slug = "no-such-device"
    title = "There is no such device here"


def find_device(session: Session, address: DeviceAddress) -> Device | None:
    return session.scalars(
        select(Device).where(Device.site == address.site, Device.kind == address.kind, Device.name == address.name)
    ).one_or_none()


def device(session: Session, address: DeviceAddress) -> Device:
    found = find_device(session, address)
    if found is None:
        raise NoSuchDevice(f"There is no device {address}.")
    return found


def devices(
    session: Session,
    sites: Collection[SiteId],
    *,
    words: str = "",
    kind: str | None = None,
    after: DeviceAddress | None = None,
    limit: int,
) -> Sequence[Device]:
    """Devices by address or name, in the order of their addresses; `after` is the last one of the page before."""
    address = tuple_(Device.site, Device.kind, Device.name)
    rows = select(Device).where(Device.site.in_(sites))
    if words:
        written = Device.site + "/" + Device.kind + "/" + Device.name
        rows = rows.where(
            or_(
                written.icontains(words, autoescape=True),
                Device.name_zh.icontains(words, autoescape=True),
                Device.name_en.icontains(words, autoescape=True),
            )
        )
    if kind is not None:
        rows = rows.where(Device.kind == kind)
    if after is not None:
        rows = rows.where(address > (after.site, after.kind, after.name))
    return session.scalars(rows.order_by(Device.site, Device.kind, Device.name).limit(limit)).all()


def devices_by_address(session: Session, sites: Collection[SiteId]) -> dict[tuple[str, str, str], Device]:
    """All devices of these sites, by site, kind and name."""
    rows = session.scalars(select(Device).where(Device.site.in_(sites)))
    return {(each.site, each.kind, each.name): each for each in rows}
