"""The process of the demo's simulated people and devices."""

from deploy.processes.orders import say_ready
from deploy.simulators.orders import SimulatorOrders
from deploy.simulators.playing import play
from deploy.stopping import stop_on_signals


def main() -> int:
    orders = SimulatorOrders.received()
    stop = stop_on_signals()
    say_ready()
    play(orders, stop)
    return int(not stop.is_set())  # the supervisor starts us anew
