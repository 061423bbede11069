"""The plate reader's process."""

from deploy.folder import DataFolder
from deploy.processes.orders import PlateOrders, say_ready
from deploy.stopping import stop_on_signals
from gateway.plates.reader import Reader


def main() -> int:
    orders = PlateOrders.received()
    stop = stop_on_signals()
    Reader(orders.models_dir).serve(DataFolder(orders.data_dir).plate_reader, ready=say_ready, stop=stop)
    return 0
