"""How a device is heard: whose topics are its own, who understands it, and what it hangs on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.devices import queries
from registry.devices.models import Device
from registry.ids import DeviceAddress
from registry.messages.foreign import is_below, is_grantable
from registry.messages.topics import DeviceClass
from registry.problems import Conflict, Unprocessable

ADAPTER = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
"""How an adapter is called; which there are, the monitor knows."""
MOST_PREFIXES = 20
BEAMS = (1, 2, 4)
MIN_INTERRUPTION_MS = (20, 700)
"""A beam can be set so (reference: monitor B01)."""
HEARTBEAT_SECONDS = (1, 86_400)


class PrefixNotAllowed(Unprocessable):
    slug = "prefix-not-allowed"
    title = "A device cannot own this topic"


class PrefixTaken(Conflict):
    slug = "prefix-taken"
    title = "Another device owns this topic"


class HearingNotAllowed(Unprocessable):
    """`field` says which."""

    slug = "hearing-not-allowed"
    title = "A device cannot be heard so"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """How a device is heard. The words are those of `DeviceFacts`."""

    foreign_prefixes: tuple[str, ...] = ()
    adapter: str | None = None
    foreign_id: str | None = None
    gateway: str | None = None
    is_wireless: bool = False
    heartbeat_seconds: int | None = None
    beams: int | None = None
    min_interruption_ms: int | None = None


def hearing_of(device: Device) -> Hearing:
    """As its record has it."""
    return Hearing(
        foreign_prefixes=tuple(device.foreign_prefixes),
        adapter=device.adapter,
        foreign_id=device.foreign_id,
        gateway=device.gateway,
        is_wireless=device.is_wireless,
        heartbeat_seconds=device.heartbeat_seconds,
        beams=device.beams,
        min_interruption_ms=device.min_interruption_ms,
    )


def require_hearing(session: Session, address: DeviceAddress, hearing: Hearing) -> None:
    """Refuse what cannot be.

    Raises:
        PrefixNotAllowed: a prefix is a pattern, or lies in our own tree.
        PrefixTaken: another device owns it.
        HearingNotAllowed: anything else.

    """
    _require_prefixes(session, address, hearing.foreign_prefixes)
    if hearing.adapter is not None and not ADAPTER.fullmatch(hearing.adapter):
        raise _refused("adapter", "the name of an adapter is written with a-z, 0-9, - and _")
    if hearing.foreign_id is not None and ("\x00" in hearing.foreign_id or not 0 < len(hearing.foreign_id) <= 200):  # noqa: PLR2004 - the column's length
        raise _refused("foreign_id", "what its gateway calls it has 1 to 200 signs")
    if hearing.gateway is not None:
        gateway = DeviceAddress(address.site, DeviceClass.GW, hearing.gateway)
        if address.kind == DeviceClass.GW or queries.find_device(session, gateway) is None:
            raise _refused("gateway", "there is no such gateway for it at its site")
    if hearing.heartbeat_seconds is not None and not _is_within(hearing.heartbeat_seconds, HEARTBEAT_SECONDS):
        raise _refused("heartbeat_seconds", "a heartbeat comes every second to once a day")
    if address.kind != DeviceClass.BEAM and (hearing.beams, hearing.min_interruption_ms) != (None, None):
        raise _refused("beams", "only a beam has beams")
    if hearing.beams is not None and hearing.beams not in BEAMS:
        raise _refused("beams", "it has 1, 2 or 4 beams")
    if hearing.min_interruption_ms is not None and not _is_within(hearing.min_interruption_ms, MIN_INTERRUPTION_MS):
        raise _refused("min_interruption_ms", "a beam can be set to 20 to 700 ms")


def write_hearing(device: Device, hearing: Hearing) -> None:
    """Put what was required into its record."""
    device.foreign_prefixes = list(hearing.foreign_prefixes)
    device.adapter = hearing.adapter
    device.foreign_id = hearing.foreign_id
    device.gateway = hearing.gateway
    device.is_wireless = hearing.is_wireless
    device.heartbeat_seconds = hearing.heartbeat_seconds
    device.beams = hearing.beams
    device.min_interruption_ms = hearing.min_interruption_ms


def _require_prefixes(session: Session, address: DeviceAddress, prefixes: Sequence[str]) -> None:
    if len(prefixes) > MOST_PREFIXES:
        raise PrefixNotAllowed(f"A device owns {MOST_PREFIXES} topics at most.")
    for prefix in prefixes:
        if not is_grantable(prefix):
            raise PrefixNotAllowed(
                f"{prefix[:80]} cannot be a device's topic: write it like frigate/front, without blanks, wildcards and "
                "a $ at its beginning, and not below our own."
            )
    if not prefixes:
        return
    for device in session.scalars(select(Device)):
        if device.address != address:
            taken = {prefix.rstrip("/") for prefix in device.foreign_prefixes} & {one.rstrip("/") for one in prefixes}
            strange = [
                one
                for one in prefixes
                if device.site != address.site
                and any(is_below(one, other) or is_below(other.rstrip("/"), one) for other in device.foreign_prefixes)
            ]
            if taken or strange:
                raise PrefixTaken(f"{min(taken or strange)[:80]} is another device's already.")


def _is_within(number: int, limits: tuple[int, int]) -> bool:
    return limits[0] <= number <= limits[1]


def _refused(field: str, why: str) -> HearingNotAllowed:
    return HearingNotAllowed(f"{why[0].upper()}{why[1:]}.", field=field)
