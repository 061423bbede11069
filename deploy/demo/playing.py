"""What the demo's simulators are told."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.addresses import embedded_broker, house_url
from deploy.demo.building import TIMEZONE
from deploy.demo.city import Callers
from deploy.demo.city_map import FIRST, city_map
from deploy.demo.filling import redraw
from deploy.demo.plans import Compound, Use
from deploy.folder import DataFolder
from deploy.outside_broker import with_authority
from deploy.simulators.day import Rhythm
from deploy.simulators.orders import CompoundOrders, DeviceAccount, SimulatorOrders
from registry.bus import BrokerPlace
from registry.clock import Clock, parse_instant
from registry.fast_clock import FastClock
from registry.ids import DeviceAddress
from registry.messages.topics import DeviceClass
from registry.passes.service import NewQrPass
from registry.qr.passes import PassClaims, sign_pass
from registry.settings import Settings

WATCHED_CAMERA = DeviceAddress(FIRST, "camera", "east-01")
WATCHED_BEAM = DeviceAddress(FIRST, "beam", "east-01")
OTHER_CAMERA = DeviceAddress(FIRST, "camera", "car-park-01")
LEFT_ALONE = (DeviceAddress(FIRST, "beam", "north-01"), DeviceAddress(FIRST, "camera", "north-01"))
"""The examples' zone."""

_OFFICE_OF_TWO_THOUSAND, _HOMES_OF_ONE_THOUSAND = 2000, 1000
_OTHERS = 0.35
"""The other office compounds are quieter than the one that people look at."""


def simulator_orders(
    paper: dict[str, Any], settings: Settings, folder: DataFolder, *, clock: Clock, parent: int
) -> SimulatorOrders:
    """Draw the city again from its seed: who may turn up is what was put into the registry."""
    compounds = city_map(paper["people"])
    city, key = redraw(compounds, parse_instant(paper["filled_at"])), folder.pass_key()
    barriers = {
        str(DeviceAddress(each.id, DeviceClass.GATE, gate.name))
        for each in compounds
        for gate in (each.gates if each.has_barriers else ())
    }
    played_elsewhere = {str(WATCHED_CAMERA), str(OTHER_CAMERA), *barriers}
    accounts = tuple(
        DeviceAccount(address=address, **account)
        for address, account in paper["devices"].items()
        if address not in played_elsewhere
    )
    return SimulatorOrders(
        process="simulators",
        parent=parent,
        log_json=settings.log_json,
        fast_clock=clock if isinstance(clock, FastClock) else None,
        url=house_url(settings),
        token=paper["simulators"],
        broker=_broker(settings).url(),
        devices=accounts,
        barriers=tuple(
            DeviceAccount(address=address, **account)
            for address, account in paper["devices"].items()
            if address in barriers
        ),
        timezone=TIMEZONE,
        compounds=tuple(_told(compound, city.callers[compound.id], key) for compound in compounds),
        watched_camera=str(WATCHED_CAMERA),
        watched_beam=str(WATCHED_BEAM),
        other_camera=str(OTHER_CAMERA),
        left_alone=tuple(map(str, LEFT_ALONE)),
        clips=folder.demo_clips,
    )


def _broker(settings: Settings) -> BrokerPlace:
    if settings.broker_url is None:
        return embedded_broker(settings)
    return BrokerPlace.parse(with_authority(settings.broker_url.get_secret_value(), settings.mqtt_ca))


def _told(compound: Compound, callers: Callers, key: Ed25519PrivateKey) -> CompoundOrders:
    is_first, has_offices = compound.id == FIRST, compound.use is Use.OFFICES
    share = compound.people / (_OFFICE_OF_TWO_THOUSAND if has_offices else _HOMES_OF_ONE_THOUSAND)
    return CompoundOrders(
        site=compound.id,
        rhythm=Rhythm.OFFICES if has_offices else Rhythm.HOMES,
        share=1.0 if is_first else share * _OTHERS if has_offices else share,
        gates=tuple(gate.name for gate in compound.gates),
        watched_walls=tuple(segment.side for segment in compound.segments if segment.has_camera),
        plates=tuple(callers.plates),
        cards=tuple(callers.cards),
        passes=tuple(_text(each, key) for each in callers.passes),
        last_year_plates=tuple(callers.last_year_plates),
        stopped_cards=tuple(callers.stopped_cards),
        strangers=tuple(callers.strangers),
        denied_plates=tuple(callers.denied_plates),
    )


def _text(each: NewQrPass, key: Ed25519PrivateKey) -> str:
    begins, ends = (moment.replace(microsecond=0) for moment in (each.valid_from, each.valid_until))
    return sign_pass(key, PassClaims(credential=each.id, sites=each.sites, not_before=begins, not_after=ends))
