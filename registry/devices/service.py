"""Adding devices, changing them, renewing their secrets."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from sqlalchemy.orm import Session

from registry.audit.chain import record
from registry.clock import Instant
from registry.devices import queries, rules
from registry.devices.facts import Place, RegionFacts
from registry.devices.hearing import Hearing, hearing_of, require_hearing, write_hearing
from registry.devices.models import Device
from registry.devices.secrets import device_secret, hash_secret
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import NAME, DeviceAddress
from registry.messages.topics import DeviceClass
from registry.problems import Conflict, Unprocessable
from registry.sites.models import Gate
from registry.sites.queries import require_sites
from registry.video.address import shown_source


class DeviceExists(Conflict):
    slug = "device-exists"
    title = "There is a device of this address already"


class NoDeviceAddress(Unprocessable):
    slug = "no-device-address"
    title = "That is no device's address"


class SourceNotAllowed(Unprocessable):
    slug = "source-not-allowed"
    title = "That is no source of a camera"


class RegionNotAllowed(Unprocessable):
    slug = "region-not-allowed"
    title = "A region cannot be drawn so"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """A device to be added."""

    address: DeviceAddress
    name_zh: str
    name_en: str
    place: Place | None = None
    source: str | None = None
    regions: tuple[RegionFacts, ...] = ()
    hearing: Hearing = field(default_factory=Hearing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A device with its plain secret, which is told this once."""

    device: Device
    secret: str


def require_address(address: DeviceAddress) -> None:
    """Refuse a class that no device has, and names that cannot be."""
    if address.kind not in set(DeviceClass):
        raise NoDeviceAddress(f"{address.kind[:40]} is no class of devices; there are {', '.join(DeviceClass)}.")
    for name in (address.site, address.name):
        if not NAME.fullmatch(name):
            raise NoDeviceAddress(f"{name[:60]!r} cannot be a name: use a-z, 0-9 and -, at most 40 of them.")


def add_device(session: Session, key: bytes, device: NewDevice, *, by: str, now: Instant) -> Added:
    """Add a device with the first generation of its secret. `key`: the data folder's key for device secrets."""
    address = device.address
    require_address(address)
    require_sites(session, [address.site])
    if queries.find_device(session, address) is not None:
        raise DeviceExists(f"There is a device {address} already.")
    require_hearing(session, address, device.hearing)
    secret = device_secret(key, address, 1)
    row = Device(
        site=address.site,
        kind=DeviceClass(address.kind),
        name=address.name,
        name_zh=device.name_zh,
        name_en=device.name_en,
        enabled=True,
        secret_hash=hash_secret(secret),
        secret_generation=1,
        x=None if device.place is None else device.place.x,
        y=None if device.place is None else device.place.y,
        source=_checked_source(address, device.source),
        regions=_checked_regions(device.regions),
    )
    write_hearing(row, device.hearing)
    session.add(row)
    _record(session, row, "device-added", {}, by=by, now=now)
    return Added(device=row, secret=secret)


def rotate_secret(session: Session, key: bytes, address: DeviceAddress, *, by: str, now: Instant) -> Added:
    """Give a device a new secret; the old one ends when the broker has read the register again."""
    row = queries.device(session, address)
    row.secret_generation += 1
    secret = device_secret(key, address, row.secret_generation)
    row.secret_hash = hash_secret(secret)
    _record(session, row, "device-secret-renewed", {"generation": row.secret_generation}, by=by, now=now)
    return Added(device=row, secret=secret)


def enable_device(session: Session, address: DeviceAddress, *, by: str, now: Instant) -> Device:
    """Let a device in again."""
    row = queries.device(session, address)
    if not row.enabled:
        row.enabled = True
        _record(session, row, "device-enabled", {}, by=by, now=now)
    return row


def disable_device(session: Session, address: DeviceAddress, *, by: str, now: Instant) -> Device:
    """Shut a device out: the broker refuses it, and what still comes of it is a dead letter."""
    row = queries.device(session, address)
    if row.enabled:
        row.enabled = False
        _record(session, row, "device-disabled", {}, by=by, now=now)
    return row


def set_source(session: Session, address: DeviceAddress, source: str | None, *, by: str, now: Instant) -> Device:
    """Say from which file or address a camera's picture comes; None: from none, the camera itself sends events."""
    row = queries.device(session, address)
    before, row.source = row.source, _checked_source(address, source)
    facts: dict[str, object] = {"source_before": shown_source(before), "source": shown_source(row.source)}
    _record(session, row, "device-source-set", facts, by=by, now=now)
    return row


def set_regions(
    session: Session, address: DeviceAddress, regions: Sequence[RegionFacts], *, by: str, now: Instant
) -> Device:
    """Say what is drawn on a camera's picture; takes the place of all that was."""
    row = queries.device(session, address)
    before, row.regions = row.regions, _checked_regions(regions)
    facts: dict[str, object] = {
        "regions_before": [region["id"] for region in before],
        "regions": [region.id for region in regions],
    }
    _record(session, row, "device-regions-set", facts, by=by, now=now)
    return row


def set_hearing(session: Session, address: DeviceAddress, hearing: Hearing, *, by: str, now: Instant) -> Device:
    """Say how a device is heard; takes the place of all that was."""
    row = queries.device(session, address)
    before = hearing_of(row)
    if hearing == before:
        return row
    require_hearing(session, address, hearing)
    write_hearing(row, hearing)
    was, becomes = asdict(before), asdict(hearing)
    changed = [name for name in becomes if becomes[name] != was[name]]
    facts: dict[str, object] = {f"{name}_before": was[name] for name in changed} | {n: becomes[n] for n in changed}
    _record(session, row, "device-hearing-set", facts, by=by, now=now)
    return row


def rename_device(
    session: Session, address: DeviceAddress, *, name_zh: str, name_en: str, by: str, now: Instant
) -> Device:
    """Change what people call a device; its address stays."""
    row = queries.device(session, address)
    before: dict[str, object] = {"name_zh_before": row.name_zh, "name_en_before": row.name_en}
    row.name_zh, row.name_en = name_zh, name_en
    _record(session, row, "device-renamed", {**before, "name_zh": name_zh, "name_en": name_en}, by=by, now=now)
    return row


def place_device(session: Session, address: DeviceAddress, place: Place, *, by: str, now: Instant) -> Device:
    """Say where a device stands on the site plan, in fractions; the gate that it is stands there too."""
    row = queries.device(session, address)
    before: dict[str, object] = {"x_before": row.x, "y_before": row.y}
    row.x, row.y = place.x, place.y
    gate = session.get(Gate, address.name) if address.kind == DeviceClass.GATE else None
    if gate is not None and gate.site == address.site:
        gate.x, gate.y = place.x, place.y
        record_change(session, [gate.site], ChangeKind.GATE, gate.id)
    _record(session, row, "device-placed", {**before, "x": place.x, "y": place.y}, by=by, now=now)
    return row


def _checked_source(address: DeviceAddress, source: str | None) -> str | None:
    if source is None:
        return None
    if address.kind != DeviceClass.CAMERA:
        raise SourceNotAllowed(f"{address} is no camera; only a camera has a picture's source.")
    fault = rules.fault_of_source(source)
    if fault is not None:
        raise SourceNotAllowed(f"This cannot be a camera's source: {fault}.")
    return source.strip()


def _checked_regions(regions: Sequence[RegionFacts]) -> list[dict[str, object]]:
    if len(regions) > rules.MOST_REGIONS:
        raise RegionNotAllowed(f"A picture has at most {rules.MOST_REGIONS} regions.")
    if len({region.id for region in regions}) < len(regions):
        raise RegionNotAllowed("Two regions have the same name.")
    for region in regions:
        fault = rules.fault_of_region(region.polygon, region.rules)
        if not NAME.fullmatch(region.id):
            fault = "its name is written with a-z, 0-9 and -"
        if fault is not None:
            raise RegionNotAllowed(f"Region {region.id[:40]!r}: {fault}.")
    return [
        {"id": region.id, "polygon": [list(point) for point in region.polygon], "rules": list(region.rules)}
        for region in regions
    ]


def _record(session: Session, row: Device, action: str, facts: dict[str, object], *, by: str, now: Instant) -> None:
    address = str(row.address)
    record(session, actor=by, action=action, site=row.site, subject=f"device:{address}", facts=facts, now=now)
    record_change(session, [row.site], ChangeKind.DEVICE, address)
