"""A process that reads its orders and refuses."""

from deploy.processes.orders import Orders
from registry.problems import Refusal


def main() -> int:
    Orders.received()
    raise Refusal("The time is not ripe. Come back later.")
