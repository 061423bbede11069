"""The week as it is played: who is on the stage."""

import threading
from zoneinfo import ZoneInfo

from deploy.simulators.barrier import MqttBarriers
from deploy.simulators.city import City
from deploy.simulators.crowd import Crowd
from deploy.simulators.duty import close_what_is_old
from deploy.simulators.indoors import air, counters, doors
from deploy.simulators.orders import DeviceAccount, SimulatorOrders
from deploy.simulators.perimeter import animals, crossings_elsewhere, crossings_in_the_picture, showers
from deploy.simulators.rounds import walk_the_rounds
from deploy.simulators.screens import show_clips
from deploy.simulators.speaking import Speaker
from deploy.simulators.stage import Stage, heartbeats
from deploy.simulators.traffic import come_and_go
from registry.bus import BrokerPlace
from registry.clock import Clock
from registry.ids import DeviceAddress, SiteId


def play(orders: SimulatorOrders, stop: threading.Event) -> None:
    """Play the city until `stop`: one thread for all people and devices, and one that draws the clips and ends."""
    clock, speed = orders.clock, orders.fast_clock.speed if orders.fast_clock is not None else 1.0
    speaker = Speaker(orders.url, orders.token)
    drawing = threading.Thread(target=show_clips, args=(orders,), name="clips", daemon=True)
    drawing.start()
    place = BrokerPlace.parse(orders.broker)
    crowd = Crowd(place, orders.devices)
    city = City(
        clock=clock,
        speed=speed,
        timezone=ZoneInfo(orders.timezone),
        speaker=speaker,
        crowd=crowd,
        left_alone=frozenset(map(DeviceAddress.parse, orders.left_alone)),
    )
    barriers = [_arrived(account, place, clock) for account in orders.barriers]
    stage = Stage(clock, crowd, speed=speed)
    watched = DeviceAddress.parse(orders.watched_camera), DeviceAddress.parse(orders.watched_beam)
    stage.enter(
        (
            heartbeats(crowd, speed=speed),
            *(heartbeats(each, speed=speed) for each in barriers),
            crossings_in_the_picture(city, *watched),
            crossings_elsewhere(city, orders.compounds),
            animals(city, watched[1]),
            showers(city),
            counters(city),
            doors(city),
            air(city),
            close_what_is_old(city),
            *(walk_the_rounds(city, SiteId(compound.site)) for compound in orders.compounds),
            *(come_and_go(city, compound) for compound in orders.compounds),
        )
    )
    stage.play(stop)
    for each in barriers:
        each.leave()
    crowd.leave()


def _arrived(account: DeviceAccount, place: BrokerPlace, clock: Clock) -> MqttBarriers:
    device = DeviceAddress.parse(account.address)
    barriers = MqttBarriers(
        device,
        place.signed_in(account.username, account.password),
        clock,
        # Not the session's name of the account: whoever tries the device itself must not be thrown out by us.
        client_id=f"simulated-{device.username.replace('.', '-')}",
    )
    barriers.arrive()
    return barriers
