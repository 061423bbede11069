"""Opening the demo: fill an empty store once, write its paper, and get the simulators ready."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.demo.filling import fill_registry, is_empty
from deploy.demo.paper import first_paper, keep_paper, kept_paper, publish_paper
from deploy.demo.patrol import fill_patrol
from deploy.demo.playing import simulator_orders
from deploy.folder import DataFolder
from deploy.simulators.orders import SimulatorOrders
from registry.clock import Instant
from registry.devices.reading import load_register
from registry.settings import Settings
from registry.store import Store


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo of this run."""

    settings: Settings
    folder: DataFolder
    paper: dict[str, Any]
    now: Instant
    is_simulated: bool

    def publish(self) -> None:
        """Write `demo.json`."""
        publish_paper(self.folder, self.settings, self.paper)

    def orders(self, parent: int) -> SimulatorOrders:
        return simulator_orders(self.paper, self.settings, clips=self.folder.demo_clips, parent=parent, now=self.now)


def open_demo(
    settings: Settings, folder: DataFolder, stores: Mapping[str, Store], now: Instant, *, simulated: bool
) -> Demo:
    """Fill what is empty, and give the demo as this run plays it.

    The paper is put away before the registry's commit: passwords that only it knows must not be lost to a crash between.

    Raises:
        Refusal: the store is filled already, but not by the demo.
    """
    registry = stores["registry"]
    if is_empty(registry):
        fill_patrol(stores["monitor"], now)
        with registry.begin(now) as work:
            filled = fill_registry(work, folder)
            keep_paper(folder, first_paper(filled, load_register(work.session), folder))
    return Demo(settings, folder, kept_paper(folder), now, simulated)
