"""Opening the demo: fill an empty store once, write its paper, and get the simulators ready."""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from deploy.demo.arming import fill_arming
from deploy.demo.city import City
from deploy.demo.city_map import city_map
from deploy.demo.clock import keep_end
from deploy.demo.filling import STEPS, Filled, fill_registry, is_empty, redraw
from deploy.demo.paper import Past, first_paper, keep_paper, kept_paper, publish_paper
from deploy.demo.past import LENGTH
from deploy.demo.patrol import fill_patrol
from deploy.demo.plans import Compound
from deploy.demo.playing import simulator_orders
from deploy.demo.remembering import remember_past
from deploy.folder import DataFolder
from deploy.progress import progress
from deploy.simulators.orders import SimulatorOrders
from registry.clock import Clock, Instant, parse_instant
from registry.devices.reading import load_register
from registry.settings import Settings
from registry.store import Store
from registry.store.planning import count_anew

PEOPLE = 20_000
"""Inhabitants of the city."""


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo of this run."""

    settings: Settings
    folder: DataFolder
    paper: dict[str, Any]
    clock: Clock
    is_simulated: bool

    def publish(self) -> None:
        """Write `demo.json`."""
        publish_paper(self.folder, self.settings, self.paper)

    def keep_end(self, *, is_over: bool) -> None:
        """Write down until when its clock has run. Raises: OSError."""
        keep_end(self.folder, self.clock, is_over=is_over)

    def orders(self, parent: int) -> SimulatorOrders:
        return simulator_orders(self.paper, self.settings, self.folder, clock=self.clock, parent=parent)


def open_demo(
    settings: Settings,
    folder: DataFolder,
    stores: Mapping[str, Store],
    clock: Clock,
    *,
    simulated: bool,
    people: int = PEOPLE,
    out: TextIO = sys.stderr,
) -> Demo:
    """Fill what is empty, and give the demo as this run plays it.

    Args:
        settings: where the house will be found.
        folder: takes the paper.
        stores: those of the three rooms.
        clock: the house's; an empty store is filled at its moment.
        simulated: whether devices and visitors are played.
        people: inhabitants of the city; 20 compounds and 300 devices whatever their number.
        out: where a bar is drawn, or one line is written at the end.

    Raises:
        Refusal: the store is filled already, but not by the demo.

    """
    drawn: City | None = None
    if is_empty(stores["registry"]):
        past = Past.DUE if simulated else Past.NONE
        drawn = _fill(folder, stores, clock.now(), out, people=people, past=past)
    paper = kept_paper(folder)
    if paper["past"] == Past.DUE:
        _remember(folder, stores, paper, drawn, out)
    return Demo(settings, folder, paper, clock, simulated)


def _fill(
    folder: DataFolder, stores: Mapping[str, Store], now: Instant, out: TextIO, *, people: int, past: Past
) -> City:
    """Fill an empty store; cut off at any point, it is empty still, and the next start fills it.

    The paper is put away before the registry's commit: passwords that only it knows must not be lost to a crash between.
    """
    began, compounds = time.monotonic(), city_map(people)
    with progress("The city", STEPS + 2, out) as begin:
        begin("patrols")
        fill_patrol(stores["monitor"], compounds, now, since=now if past is Past.NONE else now - LENGTH)
        with stores["registry"].begin(now) as work:
            filled = fill_registry(work, folder, compounds, begin)
            register = load_register(work.session)
            fill_arming(stores["monitor"], register, compounds, now)
            keep_paper(folder, first_paper(filled, register, folder, people=people, past=past, now=now))
            begin("to disk")
        for store in stores.values():
            count_anew(store)
    print(_summary(compounds, filled, len(register.devices), time.monotonic() - began), file=out, flush=True)
    return filled.city


def _remember(
    folder: DataFolder, stores: Mapping[str, Store], paper: dict[str, Any], drawn: City | None, out: TextIO
) -> None:
    """Let the hours before the filling happen; cut off, the next start draws the city again and does the rest."""
    compounds, filled_at = city_map(paper["people"]), parse_instant(paper["filled_at"])
    with progress("The city", 1, out) as begin:
        begin("yesterday and the night")
        remember_past(stores, folder, compounds, drawn or redraw(compounds, filled_at), filled_at)
    paper["past"] = Past.DONE
    keep_paper(folder, paper)


def _summary(compounds: Sequence[Compound], filled: Filled, devices: int, seconds: float) -> str:
    city = filled.city
    return (
        f"The fictional city is in the store after {seconds:.1f} s: {len(compounds)} compounds, "
        f"{len(city.people):,} people, {len(filled.housing.rooms):,} rooms, {len(filled.housing.tenancies):,} tenancies, "
        f"{len(city.permits):,} permits, {len(city.cards):,} cards, {devices} devices."
    )
