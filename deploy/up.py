"""`dayuan up`: everything on one machine, from one command, until it is told to stop."""

import argparse
import os
import signal
import threading
from contextlib import ExitStack
from types import FrameType

import structlog

from deploy.configuration import Configuration
from deploy.demo.opening import open_demo
from deploy.folder import DataFolder
from deploy.home import Home
from deploy.house import open_newest
from registry import logs
from registry.clock import SystemClock

log = structlog.get_logger()

_TEND_SECONDS = 0.2


def up(options: argparse.Namespace, configuration: Configuration) -> int:
    """Run until SIGTERM or SIGINT; everything that was started is ended before it returns."""
    folder = DataFolder(configuration.settings.data_dir.absolute())
    settings = configuration.settings.model_copy(update={"data_dir": folder.path})
    logs.configure(process="supervisor", as_json=settings.log_json)
    stop = _stop_on_signals()
    folder.prepare()
    with ExitStack() as running:
        claim = folder.own()
        running.callback(os.close, claim)
        clock = SystemClock()
        stores = open_newest(settings, folder.key("audit"))
        for store in stores.values():
            running.callback(store.close)
        home = Home(settings=settings, folder=folder, registry=stores["registry"])
        home.claim_ports()
        if options.demo:
            home.demo = open_demo(settings, folder, stores, clock.now(), simulated=not options.no_simulators)
        running.callback(home.stop)
        home.start()
        if home.demo is not None:
            home.demo.publish()
        _greet(home.url, folder if options.demo else None)
        while not stop.wait(_TEND_SECONDS):
            home.tend()
    return 0


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def told_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told_to_stop)
    signal.signal(signal.SIGINT, told_to_stop)
    return stop


def _greet(url: str, demo_folder: DataFolder | None) -> None:
    print(f"Dayuan runs at {url}", flush=True)  # noqa: T201 - the command's own voice
    if demo_folder is not None:
        print(f"Names, passwords and examples of the demo: {demo_folder.demo_file}", flush=True)  # noqa: T201
