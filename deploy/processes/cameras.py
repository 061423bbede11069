"""The camera worker's process."""

from deploy.processes.orders import CameraOrders, say_ready
from monitor.cameras.worker import serve


def main() -> int:
    orders = CameraOrders.received()
    return serve(orders.group, clock=orders.clock, ready=say_ready)
