"""How the demo's zones are armed: most always, one compound by night, one by hand at home or away; and one beam is bypassed."""

from collections.abc import Sequence
from datetime import timedelta

from deploy.demo.building import BY
from deploy.demo.plans import Compound
from monitor.arming import service
from monitor.arming.rules import ARMING, HOLIDAY, Group, GroupZone, Mode, Span
from monitor.arming.service import Settings
from registry.auth.permissions import Role
from registry.auth.principal import Grant, Principal
from registry.clock import Instant
from registry.devices.facts import Register
from registry.ids import DeviceAddress, SiteId, UserId, ZoneId, new_id
from registry.messages.topics import DeviceClass
from registry.store import Store, Work

_EVENING, _MORNING = 19 * 60, 31 * 60
"""Minutes of the day on which the night begins (monitor catalogue, head)."""
_SATURDAY = 5


def fill_arming(store: Store, register: Register, compounds: Sequence[Compound], now: Instant) -> None:
    """Set the plans of the last compounds; the first is armed day and night, as it began."""
    officer = Principal(id=UserId(new_id()), name=BY, grants=frozenset({Grant(Role.SECURITY_OFFICER, None)}))
    at_night, by_hand, bypassed = compounds[-1], compounds[-2], compounds[-3]
    with store.begin(now) as work:
        _set(work, register, at_night, officer, modes=ARMING, plan=_nights())
        _set(work, register, by_hand, officer, modes=(Mode.HOME, Mode.AWAY), plan=())
        if service.armed(work.session, register, [bypassed.id], now).bypasses:
            return  # filled before, and cut off before the registry was
        segment = bypassed.segments[0]
        service.bypass(
            work,
            register,
            ZoneId(segment.zone),
            device=DeviceAddress(bypassed.id, DeviceClass.BEAM, segment.side),
            until=now + timedelta(days=2),
            reason="树枝遮挡，待修剪",
            by=officer,
        )


def _set(
    work: Work,
    register: Register,
    compound: Compound,
    officer: Principal,
    *,
    modes: Sequence[Mode],
    plan: tuple[Span, ...],
) -> None:
    group = _perimeter(work, register, compound.id)
    zones = tuple(GroupZone(zone=zone.zone, modes=frozenset(modes)) for zone in group.zones)
    settings = Settings(name_zh=group.name_zh, name_en=group.name_en, exit_seconds=30, zones=zones, plan=plan)
    service.set_up(work, register, group.id, settings, version=group.version, by=officer)


def _perimeter(work: Work, register: Register, site: SiteId) -> Group:
    [group] = service.armed(work.session, register, [site], work.now).groups
    return group


def _nights() -> tuple[Span, ...]:
    """Nights of workdays, whole weekends and holidays; each to the next morning."""
    return tuple(
        Span(
            day=day,
            begins_minute=_EVENING if day < _SATURDAY else 0,
            ends_minute=_MORNING,
            mode=Mode.HOLIDAY if day == HOLIDAY else Mode.NIGHT,
        )
        for day in range(HOLIDAY + 1)
    )
