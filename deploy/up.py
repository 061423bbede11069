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
from deploy.ports import refuse_taken_port
from registry import logs
from registry.clock import SystemClock

log = structlog.get_logger()

_TEND_SECONDS = 0.2
_REGISTER_EVERY = 5
"""Each so many rounds of tending the register is asked whether it changed: a revoked device is out of the broker within
a second and a reload."""


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
        refuse_taken_port(settings.host, settings.port, option="--port")
        if settings.broker_url is None:
            refuse_taken_port(settings.host, settings.mqtt_port, option="--mqtt-port")
        clock = SystemClock()
        stores = open_newest(settings, folder.key("audit"))
        for store in stores.values():
            running.callback(store.close)
        demo = (
            open_demo(settings, folder, stores, clock.now(), simulated=not options.no_simulators)
            if options.demo
            else None
        )
        home = Home(settings=settings, folder=folder, registry=stores["registry"], demo=demo)
        running.callback(home.stop)
        home.start()
        if demo is not None:
            demo.publish()
        _greet(home.url, folder if options.demo else None)
        rounds = 0
        while not stop.wait(_TEND_SECONDS):
            home.tend()
            rounds += 1
            if rounds % _REGISTER_EVERY == 0:
                home.follow_register()
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
