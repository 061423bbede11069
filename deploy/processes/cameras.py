"""The camera worker's process."""

from deploy.processes.orders import CameraOrders, run, say_ready
from monitor.cameras.worker import serve
from registry.clock import SystemClock


def main() -> int:
    orders = CameraOrders.received()
    return serve(orders.group, clock=SystemClock(), ready=say_ready)


if __name__ == "__main__":
    run(main)
