"""`dayuan up`: everything on one machine, from one command, until it is told to stop."""

import argparse
from dataclasses import replace

from deploy.configuration import Configuration
from deploy.demo.clock import demo_clock, refuse_real_time, told_of
from deploy.demo.opening import PEOPLE, open_demo
from deploy.folder import DataFolder
from deploy.forms import WHOLE
from deploy.home import Home
from deploy.house import open_house
from deploy.running import running
from deploy.second_engine import refuse_second_engine
from deploy.stopping import cut_off_by_signals
from registry.problems import Refusal


def up(options: argparse.Namespace, configuration: Configuration) -> int:
    """Run until SIGTERM or SIGINT; everything that was started is ended before it returns."""
    _refuse_without_demo(options)
    with running(configuration, WHOLE) as own:
        stores = open_house(own.settings, was_left_open=True)
        for store in stores.values():
            own.ends.callback(store.close)
        refuse_second_engine(stores["monitor"], own.stop)
        if not options.demo:
            refuse_real_time(own.folder, stores, own.clock.now())
        run = replace(own, clock=demo_clock(own.folder, stores, options.speed, own.clock)) if options.demo else own
        told = told_of(run.clock, own.clock)  # now: later it is not known where it began
        home = run.home(stores["registry"])
        if options.demo:
            with cut_off_by_signals():
                home.demo = open_demo(
                    run.settings,
                    run.folder,
                    stores,
                    run.clock,
                    simulated=not options.no_simulators,
                    people=options.people or PEOPLE,
                )
        run.tend(home, lambda: _greet(home, run.folder, told))
    return 0


def _refuse_without_demo(options: argparse.Namespace) -> None:
    given = [f"--{name}" for name in ("people", "speed") if getattr(options, name) is not None and not options.demo]
    if given:
        raise Refusal(f"{given[0]} is for the demo: use it with --demo.")


def _greet(home: Home, folder: DataFolder, of_the_clock: str | None) -> None:
    if home.demo is not None:
        home.demo.publish()
    print(f"Dayuan runs at {home.url}", flush=True)  # noqa: T201 - the command's own voice
    if home.demo is not None:
        if of_the_clock is not None:
            print(of_the_clock, flush=True)  # noqa: T201
        print(f"Names, passwords and examples of the demo: {folder.demo_file}", flush=True)  # noqa: T201
