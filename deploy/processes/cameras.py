"""The camera worker's process."""

import sys

from deploy.processes.orders import Orders, say_ready
from monitor.cameras.tasks import CameraGroup
from monitor.cameras.worker import serve
from registry.clock import SystemClock


class CameraOrders(Orders):
    """The cameras to watch and where they send what they see."""

    group: CameraGroup


def main() -> int:
    orders = CameraOrders.received()
    return serve(orders.group, clock=SystemClock(), ready=say_ready)


if __name__ == "__main__":
    sys.exit(main())
