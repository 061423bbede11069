"""The process of the demo's simulated visitors, beams and patrol."""

import threading

from deploy.processes.orders import run, say_ready
from deploy.simulators.orders import SimulatorOrders
from deploy.simulators.perimeter import guard_the_walls
from deploy.simulators.rounds import walk_the_rounds
from deploy.simulators.screens import show_clips
from deploy.simulators.traffic import come_and_go
from deploy.stopping import stop_on_signals
from registry.clock import SystemClock

_STOP_SECONDS = 3.0


def main() -> int:
    orders = SimulatorOrders.received()
    stop = stop_on_signals()
    threads = [
        threading.Thread(target=body, args=(orders, SystemClock(), stop), name=body.__name__, daemon=True)
        for body in (come_and_go, guard_the_walls, walk_the_rounds)
    ]
    for thread in threads:
        thread.start()
    say_ready()
    show_clips(orders)
    while not stop.wait(1.0) and all(thread.is_alive() for thread in threads):
        pass
    failed = not stop.is_set()  # the supervisor starts us anew
    stop.set()
    for thread in threads:
        thread.join(_STOP_SECONDS)
    return int(failed)


if __name__ == "__main__":
    run(main)
