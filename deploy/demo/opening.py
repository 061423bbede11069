"""Opening the demo: fill an empty store once, write its paper, and get the simulators ready."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.demo.filling import fill_registry, is_empty
from deploy.demo.paper import first_paper, keep_paper, kept_paper
from deploy.demo.patrol import fill_patrol
from deploy.demo.playing import simulator_orders
from deploy.folder import DataFolder
from deploy.simulators.orders import SimulatorOrders
from registry.clock import Instant
from registry.devices.reading import load_register
from registry.problems import Refusal
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

    def orders(self, parent: int) -> SimulatorOrders:
        return simulator_orders(self.paper, self.settings, clips=self.folder.demo_clips, parent=parent, now=self.now)


def open_demo(
    settings: Settings, folder: DataFolder, stores: Mapping[str, Store], now: Instant, *, simulated: bool
) -> Demo:
    """Fill what is empty, and give the demo as this run plays it.

    The paper is written before the registry's commit: passwords that only it knows must not be lost to a crash between.

    Raises:
        Refusal: the store is filled already and its paper is gone, so nobody knows the passwords.
    """
    registry = stores["registry"]
    if is_empty(registry):
        fill_patrol(stores["monitor"], now)
        with registry.begin(now) as work:
            filled = fill_registry(work, folder)
            paper = first_paper(filled, load_register(work.session), folder)
            keep_paper(folder, settings, paper)
    kept = kept_paper(folder)
    if kept is None:
        raise Refusal(
            f"The store in {folder.path} is filled already, but {folder.demo_file.name} is missing. "
            "Leave out --demo, or begin anew with another --data-dir."
        )
    return Demo(settings, folder, keep_paper(folder, settings, kept), now, simulated)
