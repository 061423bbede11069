"""`dayuan up`: everything on one machine, from one command, until it is told to stop."""

import argparse

from deploy.configuration import Configuration
from deploy.demo.opening import PEOPLE, open_demo
from deploy.folder import DataFolder
from deploy.forms import WHOLE
from deploy.home import Home
from deploy.house import open_house
from deploy.running import running
from deploy.second_engine import refuse_second_engine


def up(options: argparse.Namespace, configuration: Configuration) -> int:
    """Run until SIGTERM or SIGINT; everything that was started is ended before it returns."""
    with running(configuration, WHOLE) as run:
        stores = open_house(run.settings, was_left_open=True)
        for store in stores.values():
            run.ends.callback(store.close)
        refuse_second_engine(stores["monitor"], run.stop)
        home = run.home(stores["registry"])
        if options.demo:
            home.demo = open_demo(
                run.settings,
                run.folder,
                stores,
                run.clock.now(),
                simulated=not options.no_simulators,
                people=options.people or PEOPLE,
            )
        run.tend(home, lambda: _greet(home, run.folder))
    return 0


def _greet(home: Home, folder: DataFolder) -> None:
    if home.demo is not None:
        home.demo.publish()
    print(f"Dayuan runs at {home.url}", flush=True)  # noqa: T201 - the command's own voice
    if home.demo is not None:
        print(f"Names, passwords and examples of the demo: {folder.demo_file}", flush=True)  # noqa: T201
